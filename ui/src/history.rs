//! `GET /api/history/{stream}`: what a widget showed before.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use twinflow_engine::record::EventTime;
use twinflow_storage::history::{Plan, Question, RecorderHandle};

use crate::shown::Current;

/// The history of a flow, and what of it each widget shows.
#[derive(Clone, Debug)]
pub struct ShownHistory {
    /// Where it is.
    pub recorder: RecorderHandle,
    /// What is kept.
    pub plan: Arc<Plan>,
}

/// More points than any screen has pixels.
const MOST_POINTS: u32 = 10_000;

/// Which part of it.
#[derive(Debug, Deserialize)]
pub struct Part {
    /// From this time, in milliseconds since 1970.
    from: i64,
    /// Up to this time, which is left out; now by default.
    to: Option<i64>,
    /// About so many points a curve.
    #[serde(default = "default_points")]
    points: u32,
    /// The machine; it need not be named where there is only one.
    key: Option<String>,
}

fn default_points() -> u32 {
    800
}

pub async fn history(
    State(current): State<Current>,
    Path(stream): Path<String>,
    Query(part): Query<Part>,
) -> Response {
    let (history, now_ms) = {
        let shown = current.borrow();
        (shown.history.clone(), shown.watched.clock.now().as_millis())
    };
    let Some(history) = history else {
        return refused(StatusCode::NOT_FOUND, "this flow keeps no history");
    };
    // Reading may wait for a disk.
    let read = tokio::task::spawn_blocking(move || answer(&history, &stream, &part, now_ms));
    match read.await {
        Ok(response) => response,
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "reading the history failed"),
    }
}

fn answer(history: &ShownHistory, stream: &str, part: &Part, now_ms: i64) -> Response {
    let Some(fields) = history.plan.stream(stream) else {
        return refused(
            StatusCode::NOT_FOUND,
            &format!("the dashboard has no widget of the node `{stream}` with a history"),
        );
    };
    let to_ms = part.to.unwrap_or(now_ms);
    if part.from >= to_ms {
        return refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            &format!(
                "`from` ({}) must be before `to` ({to_ms}), both in milliseconds since 1970",
                part.from
            ),
        );
    }
    if !(1..=MOST_POINTS).contains(&part.points) {
        return refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            &format!("`points` is 1 to {MOST_POINTS}, found {}", part.points),
        );
    }
    let store = history.recorder.caught_up();
    let failed = |error: String| refused(StatusCode::SERVICE_UNAVAILABLE, &error);
    let machine = match &part.key {
        Some(name) => name.clone(),
        None => match store.machines(fields) {
            Ok(machines) if machines.len() > 1 => {
                let names: Vec<&str> = machines.iter().map(String::as_str).collect();
                let text = format!("say which machine is meant by `key`: {}", names.join(", "));
                return refused(StatusCode::UNPROCESSABLE_ENTITY, &text);
            }
            Ok(machines) => machines.into_iter().next().unwrap_or_default(),
            Err(error) => return failed(error),
        },
    };
    let question = Question {
        fields,
        machine: &machine,
        from_ms: part.from,
        to_ms,
        points: part.points,
        now_ms: EventTime::now().as_millis().max(now_ms),
    };
    match store.read(&question) {
        Ok(excerpt) => Json(excerpt).into_response(),
        Err(error) => failed(error),
    }
}

fn refused(code: StatusCode, error: &str) -> Response {
    (code, Json(json!({ "error": error }))).into_response()
}
