//! Delivering by HTTP.

use std::sync::Arc;
use std::time::Duration;

use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::courier::Undelivered;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether a text is an address to post to, or a report.
pub(crate) fn check_url(url: &Spanned<String>, check: &mut Check<'_>) -> Option<()> {
    let scheme = url.split_once("://").filter(|(_, rest)| !rest.is_empty());
    if let Some(("http" | "https", _)) = scheme {
        return Some(());
    }
    check.report(
        Diagnostic::new(Code::WrongValue, url.span, "this is no web address")
            .with_help("such as `https://example.com/hook`"),
    );
    None
}

/// A client that trusts what the system trusts.
pub(crate) fn agent() -> Agent {
    let certificates: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&certificates))
        // The provider is named, as the process-wide default is not ours to set.
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .tls_config(tls)
        .build();
    config.into()
}

/// Posts a body, on a thread that may wait.
pub(crate) async fn post(
    agent: &Agent,
    url: &str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
) -> Result<(), Undelivered> {
    let (agent, url) = (agent.clone(), url.to_owned());
    let posted = tokio::task::spawn_blocking(move || {
        let mut request = agent.post(&url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.send(&body[..])
    });
    match posted.await {
        Ok(Ok(answer)) => match answer.status().as_u16() {
            200..300 => Ok(()),
            // Too many requests, or a server in trouble: it may take them later.
            code @ (408 | 425 | 429 | 500..) => {
                Err(Undelivered::Later(format!("the server answered {code}")))
            }
            code => Err(Undelivered::Never(format!("the server answered {code}"))),
        },
        Ok(Err(error)) => Err(Undelivered::Later(error.to_string())),
        Err(error) => Err(Undelivered::Later(error.to_string())),
    }
}
