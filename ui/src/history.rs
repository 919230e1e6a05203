//! What was before: values, alarms, and what people did.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use twinflow_engine::record::EventTime;
use twinflow_storage::history::{AlarmStatistics, Excerpt, Plan, Question, RecorderHandle, Store};

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
    /// As what it is answered.
    #[serde(default)]
    format: Format,
}

/// As what the history is answered.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    /// A line for each time; of sums, mean, least and greatest.
    Csv,
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
        Ok(excerpt) => match part.format {
            Format::Json => Json(excerpt).into_response(),
            Format::Csv => csv(&excerpt, stream),
        },
        Err(error) => failed(error),
    }
}

/// The curves as a table for other programs: times in ISO 8601, numbers with points.
fn csv(excerpt: &Excerpt, stream: &str) -> Response {
    let is_summed = excerpt.step_ms > 0;
    let mut text = "time".to_owned();
    for name in excerpt.fields.keys() {
        text.push_str(&match is_summed {
            true => format!(",{name}_mean,{name}_min,{name}_max"),
            false => format!(",{name}"),
        });
    }
    text.push('\n');
    for (at, time) in excerpt.times.iter().enumerate() {
        text.push_str(&EventTime::from_millis(*time).to_iso());
        for curve in excerpt.fields.values() {
            let columns = [&curve.mean, &curve.min, &curve.max];
            for column in columns.into_iter().take(if is_summed { 3 } else { 1 }) {
                let value = column.get(at).copied().flatten();
                text.push_str(&value.map_or_else(|| ",".to_owned(), |value| format!(",{value}")));
            }
        }
        text.push('\n');
    }
    // A node's name has nothing in it that a header could not say.
    let name = format!("attachment; filename=\"{stream}.csv\"");
    (
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        text,
    )
        .into_response()
}

/// Which part of the journal.
#[derive(Debug, Deserialize)]
pub struct Span {
    /// From this time, in milliseconds since 1970; a day before its end by default.
    from: Option<i64>,
    /// Up to this time, which is left out; now by default.
    to: Option<i64>,
    /// So many entries at most, the newest.
    #[serde(default = "default_entries")]
    most: u32,
}

fn default_entries() -> u32 {
    1_000
}

/// More entries than anybody reads.
const MOST_ENTRIES: u32 = 100_000;
const DAY_MS: i64 = 86_400_000;

/// Answers from the journal, which may have to wait for a disk.
async fn from_journal<T: Serialize + Send + 'static>(
    current: Current,
    span: Span,
    read: impl FnOnce(&Store, i64, i64, u32) -> Result<T, String> + Send + 'static,
) -> Response {
    let Some(history) = current.borrow().history.clone() else {
        return refused(StatusCode::NOT_FOUND, "this flow keeps no journal");
    };
    let answer = tokio::task::spawn_blocking(move || {
        let to_ms = span
            .to
            .unwrap_or_else(|| EventTime::now().as_millis().saturating_add(1));
        let from_ms = span.from.unwrap_or_else(|| to_ms.saturating_sub(DAY_MS));
        read(
            history.recorder.caught_up(),
            from_ms,
            to_ms,
            span.most.min(MOST_ENTRIES),
        )
    });
    match answer.await {
        Ok(Ok(entries)) => Json(entries).into_response(),
        Ok(Err(error)) => refused(StatusCode::SERVICE_UNAVAILABLE, &error),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "reading the journal failed"),
    }
}

/// `GET /api/alarms/journal`: every change of an alarm, the newest first.
pub async fn alarms(State(current): State<Current>, Query(span): Query<Span>) -> Response {
    from_journal(current, span, Store::alarms).await
}

/// `GET /api/alarms/statistics`: how often alarms came, which most often, and which chatter.
pub async fn alarm_statistics(State(current): State<Current>, Query(span): Query<Span>) -> Response {
    let statistics = |store: &Store, from_ms: i64, to_ms: i64, _: u32| {
        let changes = store.alarms(from_ms, to_ms, MOST_ENTRIES)?;
        Ok(AlarmStatistics::of(&changes, from_ms, to_ms))
    };
    from_journal(current, span, statistics).await
}

/// `GET /api/audit`: who did what, the newest first.
pub async fn audit(State(current): State<Current>, Query(span): Query<Span>) -> Response {
    from_journal(current, span, Store::deeds).await
}

fn refused(code: StatusCode, error: &str) -> Response {
    (code, Json(json!({ "error": error }))).into_response()
}
