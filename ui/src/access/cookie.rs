//! The cookie that holds the key of a browser's session.

use axum::http::{HeaderMap, HeaderValue, header};

/// The cookie of this server. Browsers do not part cookies by port: its name does, for machines on which several flows run.
#[derive(Clone, Debug)]
pub(crate) struct SessionCookie {
    name: String,
    is_secure: bool,
}

impl SessionCookie {
    pub fn new(port: u16, has_tls: bool) -> Self {
        // By this beginning browsers see to it that no other host can set it, which needs TLS.
        let host_only = if has_tls { "__Host-" } else { "" };
        Self {
            name: format!("{host_only}twinflow-{port}"),
            is_secure: has_tls,
        }
    }

    /// The key that a browser sent.
    pub fn key<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let values = headers.get_all(header::COOKIE).iter();
        let mut pairs = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(';'));
        pairs.find_map(|pair| {
            let (name, key) = pair.trim().split_once('=')?;
            (name == self.name && !key.is_empty()).then_some(key)
        })
    }

    /// Gives a browser the key. It ends with the browser, and never leaves it for another site.
    pub fn given(&self, key: &str, is_tls_at_proxy: bool) -> Option<HeaderValue> {
        self.value(key, is_tls_at_proxy, "")
    }

    /// Takes it away again.
    pub fn taken(&self, is_tls_at_proxy: bool) -> Option<HeaderValue> {
        self.value("", is_tls_at_proxy, "; Max-Age=0")
    }

    fn value(&self, key: &str, is_tls_at_proxy: bool, more: &str) -> Option<HeaderValue> {
        let secure = if self.is_secure || is_tls_at_proxy {
            "; Secure"
        } else {
            ""
        };
        let text = format!(
            "{}={key}; HttpOnly; SameSite=Strict; Path=/{secure}{more}",
            self.name
        );
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}
