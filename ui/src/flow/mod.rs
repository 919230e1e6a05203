//! The flow itself on the dashboard: its graph, and its text for those who may change it.

mod graph;
mod text;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use graph::{FlowGraph, FlowNode, NodeInput, NodeOutput};
pub use text::{FlowText, FlowTextFile, NotSaved, Saved, Suggestion};

use crate::access::{Role, Who};
use crate::shown::{Current, FlowFault};

/// `GET /api/flow`.
#[derive(Serialize)]
struct Answer<'a> {
    revision: &'a str,
    #[serde(flatten)]
    graph: &'a FlowGraph,
    editable: bool,
    files: Vec<FlowTextFile>,
    fault: Option<&'a FlowFault>,
}

pub async fn flow(State(current): State<Current>, who: Who) -> Response {
    // The text is for those who may change it: others need not know what is in it.
    let text = current
        .borrow()
        .text
        .clone()
        .filter(|_| who.role >= Role::Engineer);
    // Reading files may wait for a disk.
    let files = match text.clone() {
        Some(text) => tokio::task::spawn_blocking(move || text.files())
            .await
            .unwrap_or_default(),
        None => Vec::new(),
    };
    let shown = current.borrow();
    Json(Answer {
        revision: &shown.dashboard.revision,
        graph: &shown.graph,
        editable: text.is_some(),
        files,
        fault: shown.fault.as_ref(),
    })
    .into_response()
}

/// A text as somebody is writing it.
#[derive(Deserialize)]
pub struct Draft {
    path: String,
    text: String,
}

/// A place in a text, from 0; columns in UTF-16 units, as browsers count.
#[derive(Deserialize)]
pub struct DraftAt {
    path: String,
    text: String,
    line: usize,
    column: usize,
}

/// A text that is to be saved.
#[derive(Deserialize)]
pub struct Edit {
    path: String,
    text: String,
    /// That of the text which was changed.
    revision: String,
}

pub async fn check(State(current): State<Current>, Json(draft): Json<Draft>) -> Response {
    with_text(current, move |text| {
        let diagnostics = text.check(&draft.path, &draft.text);
        Json(json!({ "ok": is_good(&diagnostics), "diagnostics": diagnostics })).into_response()
    })
    .await
}

pub async fn complete(State(current): State<Current>, Json(at): Json<DraftAt>) -> Response {
    with_text(current, move |text| {
        let items = text.complete(&at.path, &at.text, at.line, at.column);
        Json(json!({ "items": items })).into_response()
    })
    .await
}

pub async fn hover(State(current): State<Current>, Json(at): Json<DraftAt>) -> Response {
    with_text(current, move |text| {
        let markdown = text.hover(&at.path, &at.text, at.line, at.column);
        Json(markdown.map_or_else(|| json!({}), |markdown| json!({ "markdown": markdown }))).into_response()
    })
    .await
}

pub async fn save(State(current): State<Current>, Json(edit): Json<Edit>) -> Response {
    with_text(current, move |text| {
        match text.save(&edit.path, &edit.text, &edit.revision) {
            Ok(saved) => Json(saved).into_response(),
            Err(NotSaved::Changed { text }) => {
                let error = "the file has been changed by somebody else meanwhile";
                (
                    StatusCode::CONFLICT,
                    Json(json!({ "error": error, "text": text })),
                )
                    .into_response()
            }
            Err(NotSaved::Mistakes { diagnostics }) => {
                let error = "the text has mistakes: nothing was written";
                let body = json!({ "error": error, "diagnostics": diagnostics });
                (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
            }
            Err(NotSaved::Failed { error }) => {
                (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": error }))).into_response()
            }
        }
    })
    .await
}

/// Does something with the flow's text, on a thread that may wait.
async fn with_text(
    current: Current,
    what: impl FnOnce(&dyn FlowText) -> Response + Send + 'static,
) -> Response {
    let Some(text) = current.borrow().text.clone() else {
        let error = "this flow is not one of a file that could be changed";
        return (StatusCode::FORBIDDEN, Json(json!({ "error": error }))).into_response();
    };
    let done = tokio::task::spawn_blocking(move || what(&*text)).await;
    done.unwrap_or_else(|_| {
        let error = "it failed; the program's log tells why";
        (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": error }))).into_response()
    })
}

fn is_good(diagnostics: &[Value]) -> bool {
    diagnostics
        .iter()
        .all(|diagnostic| diagnostic["severity"] != "error")
}

/// Shared by the handlers.
pub(crate) type SharedText = Arc<dyn FlowText>;
