//! What was before: values, alarms, and what people did.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use twinflow_engine::record::EventTime;
use twinflow_storage::history::{AlarmStatistics, Plan, Question, RecorderHandle, Series, Store};

use crate::refusal::{Refusal, from_disk};
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
    /// The same for programs that read columns.
    Parquet,
}

fn default_points() -> u32 {
    800
}

/// `GET /api/history/{stream}`.
pub async fn history(
    State(current): State<Current>,
    Path(stream): Path<String>,
    Query(part): Query<Part>,
) -> Result<Response, Refusal> {
    let (history, now_ms) = {
        let shown = current.borrow();
        (shown.history.clone(), shown.watched.clock.now().as_millis())
    };
    let history = history.ok_or_else(|| Refusal::not_found("this flow keeps no history"))?;
    from_disk(move || answer(&history, &stream, &part, now_ms)).await
}

fn answer(history: &ShownHistory, stream: &str, part: &Part, now_ms: i64) -> Result<Response, Refusal> {
    let fields = history.plan.stream(stream).ok_or_else(|| {
        Refusal::not_found(format!(
            "the dashboard has no widget of the node `{stream}` with a history"
        ))
    })?;
    let to_ms = part.to.unwrap_or(now_ms);
    if part.from >= to_ms {
        return Err(Refusal::unprocessable(format!(
            "`from` ({}) must be before `to` ({to_ms}), both in milliseconds since 1970",
            part.from
        )));
    }
    if !(1..=MOST_POINTS).contains(&part.points) {
        let text = format!("`points` is 1 to {MOST_POINTS}, found {}", part.points);
        return Err(Refusal::unprocessable(text));
    }
    let store = history.recorder.caught_up();
    let machine = machine(store, fields, part.key.as_deref())?;
    let question = Question {
        fields,
        machine: &machine,
        from_ms: part.from,
        to_ms,
        points: part.points,
        now_ms: EventTime::now().as_millis().max(now_ms),
    };
    let excerpt = store.read(&question).map_err(Refusal::unavailable)?;
    match part.format {
        Format::Json => Ok(Json(excerpt).into_response()),
        Format::Csv => Ok(attached(stream, "csv", "text/csv; charset=utf-8", excerpt.csv())),
        Format::Parquet => {
            let table = excerpt.parquet().map_err(Refusal::unavailable)?;
            Ok(attached(
                stream,
                "parquet",
                "application/vnd.apache.parquet",
                table,
            ))
        }
    }
}

/// The machine that is meant: the only one, if none is named.
pub(crate) fn machine(
    store: &Store,
    fields: &[(String, Series)],
    named: Option<&str>,
) -> Result<String, Refusal> {
    if let Some(name) = named {
        return Ok(name.to_owned());
    }
    let machines = store.machines(fields).map_err(Refusal::unavailable)?;
    if machines.len() > 1 {
        let names: Vec<&str> = machines.iter().map(String::as_str).collect();
        let text = format!("say which machine is meant by `key`: {}", names.join(", "));
        return Err(Refusal::unprocessable(text));
    }
    Ok(machines.into_iter().next().unwrap_or_default())
}

/// A table to take away. A node's name has nothing in it that a header could not say.
fn attached(stream: &str, ending: &str, kind: &str, table: impl Into<Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{stream}.{ending}\""),
        ),
    ];
    (headers, table.into()).into_response()
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
) -> Result<Response, Refusal> {
    let history = current.borrow().history.clone();
    let history = history.ok_or_else(|| Refusal::not_found("this flow keeps no journal"))?;
    from_disk(move || {
        let to_ms = span
            .to
            .unwrap_or_else(|| EventTime::now().as_millis().saturating_add(1));
        let from_ms = span.from.unwrap_or_else(|| to_ms.saturating_sub(DAY_MS));
        let most = span.most.min(MOST_ENTRIES);
        let entries = read(history.recorder.caught_up(), from_ms, to_ms, most);
        Ok(Json(entries.map_err(Refusal::unavailable)?).into_response())
    })
    .await
}

/// `GET /api/alarms/journal`: every change of an alarm, the newest first.
pub async fn alarms(State(current): State<Current>, Query(span): Query<Span>) -> Result<Response, Refusal> {
    from_journal(current, span, Store::alarms).await
}

/// `GET /api/alarms/statistics`: how often alarms came, which most often, and which chatter.
pub async fn alarm_statistics(
    State(current): State<Current>,
    Query(span): Query<Span>,
) -> Result<Response, Refusal> {
    let statistics = |store: &Store, from_ms: i64, to_ms: i64, _: u32| {
        let changes = store.alarms(from_ms, to_ms, MOST_ENTRIES)?;
        Ok(AlarmStatistics::of(&changes, from_ms, to_ms))
    };
    from_journal(current, span, statistics).await
}

/// `GET /api/audit`: who did what, the newest first.
pub async fn audit(State(current): State<Current>, Query(span): Query<Span>) -> Result<Response, Refusal> {
    from_journal(current, span, Store::deeds).await
}
