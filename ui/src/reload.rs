//! `POST /api/reload`: reads the flow file again.

use std::fmt;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

/// What a reload did, by the names of nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadReport {
    /// Those that are new.
    pub added: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
    /// Those that were started anew.
    pub changed: Vec<String>,
    /// What became of what nodes remembered, a sentence each.
    pub state: Vec<String>,
}

impl fmt::Display for ReloadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes = [
            ("added", &self.added),
            ("removed", &self.removed),
            ("changed", &self.changed),
        ];
        let changes = changes.into_iter().filter(|(_, nodes)| !nodes.is_empty());
        let changes: Vec<String> = changes
            .map(|(word, nodes)| format!("{word} {}", nodes.join(", ")))
            .collect();
        if changes.is_empty() {
            f.write_str("no node is another")
        } else {
            f.write_str(&changes.join("; "))
        }
    }
}

/// A wish for a reload. The answer is what it did, or why nothing was changed.
pub type ReloadRequest = oneshot::Sender<Result<ReloadReport, String>>;

/// Why nothing was changed.
#[derive(Debug, Serialize)]
struct Refused {
    error: String,
}

pub(crate) async fn reload(State(requests): State<mpsc::Sender<ReloadRequest>>) -> Response {
    let (answer, answered) = oneshot::channel();
    let refused = |status: StatusCode, error: String| (status, Json(Refused { error })).into_response();
    if requests.send(answer).await.is_err() {
        let error = "this flow is not one of a file, or is being stopped".to_owned();
        return refused(StatusCode::CONFLICT, error);
    }
    match answered.await {
        Ok(Ok(report)) => Json(report).into_response(),
        Ok(Err(error)) => refused(StatusCode::UNPROCESSABLE_ENTITY, error),
        Err(_) => refused(StatusCode::CONFLICT, "the flow is being stopped".to_owned()),
    }
}
