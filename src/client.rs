//! Asking a running flow over HTTP.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use serde::de::DeserializeOwned;
use twinflow_ui::ReloadReport;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body, RequestBuilder};

/// How long the server of a running flow may take to answer; it is on this machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// The token by which a flow that asks for a log-in knows us. A token in an argument could be read by every account of the machine.
const TOKEN: &str = "TWINFLOW_TOKEN";

/// The HTTP interface of a running flow.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    /// Without a slash at its end.
    url: String,
    token: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing listens there.
    #[error(
        "no flow runs at {url} ({reason}); start one with `twinflow run FLOW`, or name its dashboard with `--url`"
    )]
    NothingRuns {
        /// Where.
        url: String,
        /// What was found.
        reason: String,
    },
    /// The flow's own answer, in its words.
    #[error("{0}")]
    Refused(String),
    /// What was asked of the flow cannot be done with its files as they are: the whole report.
    #[error("{0}")]
    Unfit(String),
    /// Something listens, and is no flow.
    #[error("what answers at {url} is no flow of this version of twinflow ({reason})")]
    Foreign {
        /// Where.
        url: String,
        /// What was found.
        reason: String,
    },
}

impl Client {
    /// A client of the flow whose dashboard is at `url`.
    pub fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .http_status_as_error(false)
            // A proxy would look for the flow on a machine of its own.
            .proxy(None);
        Self {
            agent: config.build().new_agent(),
            url: url.trim_end_matches('/').to_owned(),
            token: std::env::var(TOKEN).ok().filter(|token| !token.is_empty()),
        }
    }

    /// A request that says who asks.
    fn signed<T>(&self, request: RequestBuilder<T>) -> RequestBuilder<T> {
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    /// Where the flow is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What `path` answers.
    pub fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.parsed(self.call(path, &[])?)
    }

    /// Lets the flow read its file again.
    pub fn reload(&self) -> Result<ReloadReport, ClientError> {
        let path = "/api/reload";
        let request = self.signed(self.agent.post(format!("{}{path}", self.url)));
        // Checking a flow takes its time, and so does a source that waits for its last acknowledgements.
        let request = request.config().timeout_recv_response(None).build();
        self.parsed(self.answer(path, request.send_empty())?)
    }

    /// Asks a node to do something, with what it needs for that.
    pub fn operate<T: DeserializeOwned>(
        &self,
        node: &str,
        operation: &str,
        arguments: &serde_json::Value,
    ) -> Result<T, ClientError> {
        let path = format!("/api/nodes/{}/{operation}", in_path(node));
        let request = self.signed(self.agent.post(format!("{}{path}", self.url)));
        let request = request.content_type("application/json");
        self.parsed(self.answer(&path, request.send(arguments.to_string()))?)
    }

    fn parsed<T: DeserializeOwned>(&self, mut response: Response<Body>) -> Result<T, ClientError> {
        let text = response.body_mut().read_to_string();
        let text = text.map_err(|error| self.nothing_runs(&error))?;
        serde_json::from_str(&text).map_err(|error| self.foreign(&error.to_string()))
    }

    /// The lines of a tap, as they come.
    pub fn tap(
        &self,
        node: &str,
        records: Option<u64>,
        key: Option<&str>,
    ) -> Result<impl Iterator<Item = std::io::Result<String>> + use<>, ClientError> {
        let records = records.map(|records| ("records", records.to_string()));
        let key = key.map(|key| ("key", key.to_owned()));
        let wishes: Vec<(&str, String)> = records.into_iter().chain(key).collect();
        let response = self.call(&format!("/api/tap/{}", in_path(node)), &wishes)?;
        // Without the bound that bodies have: a tap may run for days.
        let body = response.into_body().into_with_config().limit(u64::MAX).reader();
        Ok(BufReader::new(body).lines())
    }

    fn call(&self, path: &str, wishes: &[(&str, String)]) -> Result<Response<Body>, ClientError> {
        let request = self.signed(self.agent.get(format!("{}{path}", self.url)));
        let request = request.query_pairs(wishes.iter().map(|(name, value)| (*name, value.as_str())));
        self.answer(path, request.call())
    }

    /// The answer of `path` to a request, if it was done.
    fn answer(
        &self,
        path: &str,
        answer: Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, ClientError> {
        let mut response = answer.map_err(|error| self.nothing_runs(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let text = response.body_mut().read_to_string().unwrap_or_default();
        let told = serde_json::from_str::<serde_json::Value>(&text).ok();
        let told = told.and_then(|answer| Some(answer.get("error")?.as_str()?.to_owned()));
        Err(match told {
            Some(told) if response.status() == StatusCode::UNPROCESSABLE_ENTITY => ClientError::Unfit(told),
            Some(told) if response.status() == StatusCode::UNAUTHORIZED => ClientError::Refused(format!(
                "the flow at {} asks who one is: put a token of `twinflow user token` into the variable {TOKEN} ({told})",
                self.url
            )),
            Some(told) => ClientError::Refused(told),
            None => self.foreign(&format!("it answers {path} with {}", response.status())),
        })
    }

    fn nothing_runs(&self, error: &ureq::Error) -> ClientError {
        let reason = match error {
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                "nothing listens there".to_owned()
            }
            other => other.to_string(),
        };
        ClientError::NothingRuns {
            url: self.url.clone(),
            reason,
        }
    }

    fn foreign(&self, reason: &str) -> ClientError {
        ClientError::Foreign {
            url: self.url.clone(),
            reason: reason.to_owned(),
        }
    }
}

/// A name as a part of a path.
fn in_path(name: &str) -> String {
    let mut path = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => path.push(char::from(byte)),
            other => path.push_str(&format!("%{other:02X}")),
        }
    }
    path
}
