//! People operate nodes: they set values and acknowledge alarms.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use twinflow_engine::node::Operation;
use twinflow_engine::record::EventTime;
use twinflow_engine::runtime::OperationError;
use twinflow_storage::history::Deed;

use crate::access::Who;
use crate::shown::Current;

/// `POST /api/controls/{node}` with `{"value": …}`, and `"key"` where there are several machines.
pub async fn set(
    State(current): State<Current>,
    Path(node): Path<String>,
    who: Who,
    arguments: Result<Json<Value>, JsonRejection>,
) -> Response {
    operate(&current, &node, "set".to_owned(), arguments, who.name).await
}

/// `POST /api/nodes/{node}/{operation}`, with whatever the operation needs.
pub async fn ask(
    State(current): State<Current>,
    Path((node, operation)): Path<(String, String)>,
    who: Who,
    arguments: Result<Json<Value>, JsonRejection>,
) -> Response {
    operate(&current, &node, operation, arguments, who.name).await
}

/// `POST /api/nodes/{node}/list`: what a node has to tell, such as its alarms or the runs of an experiment. That changes nothing, and is
/// noted nowhere.
pub async fn list(State(current): State<Current>, Path(node): Path<String>, who: Who) -> Response {
    let watched = Arc::clone(&current.borrow().watched);
    let operation = Operation {
        name: "list".to_owned(),
        arguments: Value::Null,
        by: who.name,
    };
    answered(watched.operate(&node, operation).await)
}

/// `GET /api/alarms`: all alarms that are not normal, each with the node that raised it.
pub async fn alarms(State(current): State<Current>) -> Response {
    let (watched, nodes) = {
        let shown = current.borrow();
        let nodes = shown.dashboard.alarms.iter().map(|alarms| alarms.node.clone());
        (Arc::clone(&shown.watched), nodes.collect::<Vec<_>>())
    };
    let mut all = Vec::new();
    for node in nodes {
        let operation = Operation {
            name: "list".to_owned(),
            arguments: Value::Null,
            by: "server".into(),
        };
        match watched.operate(&node, operation).await {
            Ok(Value::Array(alarms)) => {
                all.extend(alarms.into_iter().map(|mut alarm| {
                    if let Value::Object(members) = &mut alarm {
                        members.insert("node".to_owned(), node.as_str().into());
                    }
                    alarm
                }));
            }
            Ok(_) => {}
            Err(error) => {
                let body = json!({ "error": error.to_string() });
                return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
            }
        }
    }
    Json(all).into_response()
}

async fn operate(
    current: &Current,
    node: &str,
    name: String,
    arguments: Result<Json<Value>, JsonRejection>,
    by: Arc<str>,
) -> Response {
    let arguments = match arguments {
        Ok(Json(arguments)) => arguments,
        Err(rejection) => {
            let body = json!({ "error": rejection.body_text() });
            return (rejection.status(), Json(body)).into_response();
        }
    };
    let (watched, history) = {
        let shown = current.borrow();
        (Arc::clone(&shown.watched), shown.history.clone())
    };
    let mut deed = Deed {
        time_ms: EventTime::now().as_millis(),
        by: by.to_string(),
        node: node.to_owned(),
        operation: name.clone(),
        arguments: arguments.to_string(),
        refused: None,
    };
    let operation = Operation { name, arguments, by };
    let answer = watched.operate(node, operation).await;
    deed.refused = answer.as_ref().err().map(OperationError::to_string);
    tracing::info!(
        by = deed.by,
        node,
        operation = deed.operation,
        arguments = deed.arguments,
        refused = deed.refused,
        "operated"
    );
    if let Some(history) = history {
        // Whether it could be noted changes nothing for whoever asked.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = history.recorder.store().note_deed(&deed) {
                tracing::error!("what was done could not be noted: {error}");
            }
        });
    }
    answered(answer)
}

fn answered(answer: Result<Value, OperationError>) -> Response {
    match answer {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => {
            let code = match error {
                OperationError::UnknownNode(_) => StatusCode::NOT_FOUND,
                OperationError::NotOperable(_) => StatusCode::METHOD_NOT_ALLOWED,
                OperationError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
                OperationError::NoAnswer(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            (code, Json(json!({ "error": error.to_string() }))).into_response()
        }
    }
}
