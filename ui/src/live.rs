//! The WebSocket: rows of all feeds to a browser, as they come.
//!
//! Each browser has a cursor into each feed and gets what is new since then in one message, a line for each feed, at most
//! twenty-five times a second. Pings tell how far it has read: a slow one is sent nothing until it has caught up, and then
//! only the newest rows. Nobody waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use twinflow_engine::record::Value;
use twinflow_engine::runtime::{FeedRows, Watched};

use crate::shown::Current;
use crate::status::Status;

/// The shortest time between two sends to one browser.
const PACE: Duration = Duration::from_millis(40);
/// What belongs to one reading reaches the feeds of its widgets one after the other: it is sent, and drawn, at once.
const GATHERING: Duration = Duration::from_millis(4);
/// How many rows of a feed one send carries at most.
const ROWS_A_SEND: usize = 6_000;
/// A message of so many bytes goes out, even if more belongs to it: the page reads one while the next comes.
const MOST_WRITTEN: usize = 64 << 10;
/// How often a browser is asked how far it has read: at a ping it answers by itself, after all that was sent before.
const PING_EVERY: Duration = Duration::from_millis(250);
/// A browser that takes so long to read what was sent lags: more would only make what it shows older.
const LAG: Duration = Duration::from_secs(2);
/// How many rows of a feed go to one that lagged. The history has the others, where somebody looks at them.
const ROWS_AFTER_LAG: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum FromBrowser {
    /// The last sequence number that the browser has of each stream.
    Subscribe {
        #[serde(default)]
        since: BTreeMap<String, u64>,
    },
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum ToBrowser<'a> {
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

/// Where a browser is in each feed: the sequence number that it needs next.
type Cursors = BTreeMap<Arc<str>, u64>;

/// Serves one browser until it goes away.
pub async fn serve(socket: WebSocket, mut current: Current) {
    let (outgoing, mut incoming) = socket.split();
    let mut outgoing = Outgoing::new(outgoing);
    let mut cursors: Option<Cursors> = None;
    let mut watched = Arc::clone(&current.borrow_and_update().watched);
    let mut pulse = watched.pulse();
    let mut status = interval(Duration::from_secs(1));
    status.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut earliest = Instant::now();
    loop {
        let sent = tokio::select! {
            message = incoming.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    // What cannot be read is ignored: it can only come from something that is not our page.
                    let Ok(FromBrowser::Subscribe { since }) = serde_json::from_str(&text) else { continue };
                    begin(&mut outgoing, &current, &since, &mut cursors).await
                }
                Some(Ok(Message::Pong(_))) => {
                    outgoing.has_read();
                    continue;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
            changed = async { sleep_until(earliest).await; pulse.changed().await }, if cursors.is_some() && !outgoing.lags() => {
                if changed.is_err() {
                    return;
                }
                earliest = Instant::now() + PACE;
                sleep(GATHERING).await;
                pulse.borrow_and_update();
                match &mut cursors {
                    Some(cursors) => send_new(&mut outgoing, &watched, cursors).await,
                    None => continue,
                }
            }
            shows = current.changed(), if cursors.is_some() => {
                if shows.is_err() {
                    return;
                }
                let now = Arc::clone(&current.borrow_and_update().watched);
                if Arc::ptr_eq(&now, &watched) {
                    send_status(&mut outgoing, &current).await
                } else {
                    // The flow was reloaded: the browser goes on where it is, with another layout if there is one.
                    watched = now;
                    let had = |(id, next): (&Arc<str>, &u64)| Some((id.to_string(), next.checked_sub(1)?));
                    let since = cursors.iter().flatten().filter_map(had).collect();
                    begin(&mut outgoing, &current, &since, &mut cursors).await
                }
            }
            _ = status.tick(), if cursors.is_some() && !outgoing.lags() => send_status(&mut outgoing, &current).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

/// The way to a browser, and how far it has read.
struct Outgoing {
    socket: SplitSink<WebSocket, Message>,
    written: String,
    /// When the last ping was sent, and whether it was answered.
    pinged: Instant,
    answered: bool,
    lagged: bool,
}

impl Outgoing {
    fn new(socket: SplitSink<WebSocket, Message>) -> Self {
        Self {
            socket,
            written: String::new(),
            pinged: Instant::now(),
            answered: true,
            lagged: false,
        }
    }

    /// Adds a message to those that are sent as one, a line each: there are no line feeds within our JSON.
    async fn write(&mut self, message: &ToBrowser<'_>) -> Result<(), axum::Error> {
        if let Ok(line) = serde_json::to_string(message) {
            if !self.written.is_empty() {
                self.written.push('\n');
            }
            self.written.push_str(&line);
        }
        match self.written.len() < MOST_WRITTEN {
            true => Ok(()),
            false => self.send().await,
        }
    }

    /// Sends what was written.
    async fn send(&mut self) -> Result<(), axum::Error> {
        if self.written.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.written);
        self.socket.send(Message::Text(text.into())).await?;
        if self.answered && self.pinged.elapsed() >= PING_EVERY {
            (self.pinged, self.answered) = (Instant::now(), false);
            self.socket.send(Message::Ping(Bytes::new())).await?;
        }
        Ok(())
    }

    fn has_read(&mut self) {
        self.lagged |= self.lags();
        self.answered = true;
    }

    fn lags(&self) -> bool {
        !self.answered && self.pinged.elapsed() >= LAG
    }

    /// How many rows of a feed the next send may carry.
    fn most_rows(&mut self) -> usize {
        match std::mem::take(&mut self.lagged) {
            true => ROWS_AFTER_LAG,
            false => ROWS_A_SEND,
        }
    }
}

/// Greets the browser and sends what it lacks, so that history comes before anything live.
async fn begin(
    outgoing: &mut Outgoing,
    current: &Current,
    since: &BTreeMap<String, u64>,
    cursors: &mut Option<Cursors>,
) -> Result<(), axum::Error> {
    let (watched, revision) = {
        let shown = current.borrow();
        (Arc::clone(&shown.watched), shown.dashboard.revision.clone())
    };
    let watched = &*watched;
    let hello = ToBrowser::Hello {
        revision: &revision,
        now: watched.clock.now().as_millis(),
        replay: watched.clock.replay_rate(),
    };
    outgoing.write(&hello).await?;
    let mut begun = Cursors::new();
    for (id, feed) in watched.feeds() {
        let had = since.get(&**id).map_or(0, |last| last.saturating_add(1));
        // Ahead of us, it has seen another start of the flow.
        let reset = had > feed.next_sequence();
        let from = if reset { 0 } else { had };
        let next = match feed.rows_since(from, ROWS_A_SEND) {
            Some(rows) => {
                let next = after(&rows);
                outgoing.write(&rows_message(watched, id, rows, reset)).await?;
                next
            }
            None => from,
        };
        begun.insert(Arc::clone(id), next);
    }
    *cursors = Some(begun);
    send_status(outgoing, current).await
}

async fn send_status(outgoing: &mut Outgoing, current: &Current) -> Result<(), axum::Error> {
    let status = Status::of(&current.borrow());
    outgoing.write(&ToBrowser::Status(status)).await?;
    outgoing.send().await
}

async fn send_new(
    outgoing: &mut Outgoing,
    watched: &Watched,
    cursors: &mut Cursors,
) -> Result<(), axum::Error> {
    let most = outgoing.most_rows();
    for (id, next) in cursors {
        let Some(feed) = watched.feed(id) else { continue };
        if feed.next_sequence() > *next
            && let Some(rows) = feed.rows_since(*next, most)
        {
            *next = after(&rows);
            outgoing.write(&rows_message(watched, id, rows, false)).await?;
        }
    }
    outgoing.send().await
}

/// The sequence number that comes after rows.
fn after(rows: &FeedRows) -> u64 {
    rows.first + rows.rows.len() as u64
}

fn rows_message<'a>(watched: &Watched, stream: &'a str, rows: FeedRows, reset: bool) -> ToBrowser<'a> {
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
