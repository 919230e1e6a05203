//! `/api/tap/NODE`: what leaves a node, live, one JSON object a line.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use twinflow_engine::record::{Batch, Keys};
use twinflow_engine::runtime::{NodeInfo, TapPlace, TapReader, Tapped};

use crate::shown::Current;

/// Newline-delimited JSON.
pub const NDJSON: &str = "application/x-ndjson";

/// What the address can say behind its `?`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wishes {
    /// End after so many records.
    records: Option<u64>,
    /// Only those of this machine.
    key: Option<String>,
}

/// A line.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Line<'r> {
    Record {
        time: String,
        key: &'r str,
        node: &'r str,
        /// Nothing for what arrives at a node without outputs.
        output: Option<&'r str>,
        fields: Map<String, Value>,
    },
    Missed {
        missed: u64,
    },
}

/// Begins a stream of lines that ends with the wish, with the reader, or with the node.
pub async fn tap(
    State(current): State<Current>,
    Path(name): Path<String>,
    Query(wishes): Query<Wishes>,
) -> Response {
    // Not held on to: the tap of a node that a reload takes away ends with it.
    let watched = Arc::clone(&current.borrow().watched);
    let (node, reader) = match watched.tap(&name) {
        Ok(found) => found,
        Err(unknown) => {
            return (
                StatusCode::NOT_FOUND,
                Json(json!({ "error": unknown.to_string() })),
            )
                .into_response();
        }
    };
    let lines = Lines {
        node,
        reader,
        keys: Arc::clone(&watched.keys),
        left: wishes.records,
        key: wishes.key,
        ready: VecDeque::new(),
    };
    let stream = unfold(lines, |mut lines| async {
        let line = lines.next().await?;
        Some((Ok::<_, std::convert::Infallible>(line), lines))
    });
    let headers = [(CONTENT_TYPE, NDJSON), (CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(stream)).into_response()
}

struct Lines {
    node: NodeInfo,
    reader: TapReader,
    keys: Arc<Keys>,
    /// How many records are still wanted, if that was said.
    left: Option<u64>,
    key: Option<String>,
    ready: VecDeque<String>,
}

impl Lines {
    /// Waits for the next line; nothing at the end.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Some(line);
            }
            if self.left == Some(0) {
                return None;
            }
            let tapped = self.reader.next().await?;
            self.take(&tapped);
        }
    }

    fn take(&mut self, tapped: &Tapped) {
        if tapped.missed > 0 {
            self.ready.push_back(written(&Line::Missed {
                missed: tapped.missed,
            }));
        }
        let Some((place, batch)) = &tapped.batch else {
            return;
        };
        for row in 0..batch.len() {
            if self.left == Some(0) {
                return;
            }
            let Some(line) = self.record(*place, batch, row) else {
                continue;
            };
            self.ready.push_back(line);
            self.left = self.left.map(|left| left - 1);
        }
    }

    /// The line of a record, if its machine is wanted.
    fn record(&self, place: TapPlace, batch: &Batch, row: usize) -> Option<String> {
        let key = self.keys.name(batch.keys().get(row).copied()?);
        if self.key.as_deref().is_some_and(|wanted| wanted != &*key) {
            return None;
        }
        let fields = batch.schema().fields().iter().enumerate();
        let fields = fields.map(|(slot, field)| (field.name.to_string(), batch.value(row, slot).to_json()));
        Some(written(&Line::Record {
            time: batch.times().get(row)?.to_iso(),
            key: &key,
            node: &self.node.id,
            output: self.node.output(place),
            fields: fields.collect(),
        }))
    }
}

fn written(line: &Line<'_>) -> String {
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    text
}
