//! What is wrong with a request, in the form that the original server's clients know.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A step of the way to what is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Place {
    Name(String),
    /// A reading's number in a batch, from 0.
    Index(usize),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Fault {
    loc: Vec<Place>,
    msg: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Fault {
    /// With the body as a whole.
    pub fn body(kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            loc: vec![Place::Name("body".to_owned())],
            msg: message.into(),
            kind,
        }
    }

    /// With a field of the reading.
    pub fn field(name: &str, kind: &'static str, message: impl Into<String>) -> Self {
        let mut fault = Self::body(kind, message);
        fault.loc.push(Place::Name(name.to_owned()));
        fault
    }

    /// With a parameter of the address.
    pub fn query(name: &str, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            loc: vec![Place::Name("query".to_owned()), Place::Name(name.to_owned())],
            msg: message.into(),
            kind,
        }
    }

    /// The same in the reading of that number.
    pub fn in_reading(mut self, index: usize) -> Self {
        self.loc.insert(1.min(self.loc.len()), Place::Index(index));
        self
    }
}

/// The answer to a request that something is wrong with.
pub(super) fn refusal(code: StatusCode, faults: &[Fault]) -> Response {
    (code, Json(serde_json::json!({ "detail": faults }))).into_response()
}
