//! What a browser is told.

use serde::Serialize;
use serde_json::Value as Json;
use twinflow_engine::record::Value;
use twinflow_engine::runtime::{FeedRows, Watched};

use crate::shown::Shown;
use crate::status::Status;

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ToBrowser<'a> {
    Hello {
        revision: &'a str,
        now: i64,
        /// How often as fast as the browser's clock the flow's goes, when it shows a log again.
        #[serde(skip_serializing_if = "Option::is_none")]
        replay: Option<f64>,
    },
    Rows {
        stream: &'a str,
        first: u64,
        rows: Vec<Json>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        reset: bool,
    },
    Status(Status),
}

/// What comes first: which layout there is, and what time it is.
pub fn hello(shown: &Shown) -> ToBrowser<'_> {
    ToBrowser::Hello {
        revision: &shown.dashboard.revision,
        now: shown.watched.clock.now().as_millis(),
        replay: shown.watched.clock.replay_rate(),
    }
}

/// Rows of a feed.
pub fn rows_message<'a>(watched: &Watched, stream: &'a str, rows: FeedRows, reset: bool) -> ToBrowser<'a> {
    let cells = rows.rows.into_iter().map(|(time, key, values)| {
        let head = [Json::from(time.as_millis()), Json::from(&*watched.keys.name(key))];
        Json::Array(head.into_iter().chain(values.iter().map(cell)).collect())
    });
    ToBrowser::Rows {
        stream,
        first: rows.first,
        rows: cells.collect(),
        reset,
    }
}

/// Cells are scalars: JSON goes as text.
fn cell(value: &Value) -> Json {
    match value {
        Value::Json(json) => Json::from(json.to_string()),
        other => other.to_json(),
    }
}
