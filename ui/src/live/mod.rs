//! The WebSocket: rows of all feeds to a browser, as they come.
//!
//! Each browser has a place in each feed and gets what is new since then in one message, a line for each feed, at most
//! twenty-five times a second. One that is new gets the newest rows first, and those before them bit by bit. Pings tell how
//! far it has read: a slow one is sent nothing until it has caught up, and then only the newest rows. Nobody waits for it.

mod message;
mod outgoing;
mod places;

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

pub use self::message::ToBrowser;
use self::message::{hello, rows_message};
use self::outgoing::Outgoing;
use self::places::{Places, share};
use crate::shown::{Current, Shown};
use crate::status::Status;

/// The shortest time between two sends to one browser.
const PACE: Duration = Duration::from_millis(40);
/// What belongs to one reading reaches the feeds of its widgets one after the other: it is sent, and drawn, at once.
const GATHERING: Duration = Duration::from_millis(4);

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum FromBrowser {
    /// The last sequence number that the browser has of each stream.
    Subscribe {
        #[serde(default)]
        since: BTreeMap<String, u64>,
    },
}

/// Serves one browser until it goes away.
pub async fn serve(socket: WebSocket, mut current: Current) {
    let (outgoing, mut incoming) = socket.split();
    let mut outgoing = Outgoing::new(outgoing);
    let mut places: Option<Places> = None;
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
                    begin(&mut outgoing, &current, &since, &mut places).await
                }
                Some(Ok(Message::Pong(_))) => {
                    outgoing.has_read();
                    continue;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
            changed = async { sleep_until(earliest).await; pulse.changed().await }, if places.is_some() && !outgoing.lags() => {
                if changed.is_err() {
                    return;
                }
                earliest = Instant::now() + PACE;
                sleep(GATHERING).await;
                pulse.borrow_and_update();
                match &mut places {
                    Some(places) => places.send_new(&mut outgoing, &watched).await,
                    None => continue,
                }
            }
            shows = current.changed(), if places.is_some() => {
                if shows.is_err() {
                    return;
                }
                let now = Arc::clone(&current.borrow_and_update().watched);
                if Arc::ptr_eq(&now, &watched) {
                    send_status(&mut outgoing, &current).await
                } else {
                    // The flow was reloaded: the browser goes on where it is, with another layout if there is one.
                    watched = now;
                    let since = places.as_ref().map(Places::since).unwrap_or_default();
                    begin(&mut outgoing, &current, &since, &mut places).await
                }
            }
            () = ready(()), if outgoing.has_caught_up() && places.as_ref().is_some_and(Places::owe_earlier) => match &mut places {
                Some(places) => places.send_earlier(&mut outgoing, &watched).await,
                None => continue,
            },
            _ = status.tick(), if places.is_some() && !outgoing.lags() => send_status(&mut outgoing, &current).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

/// What stands in the page itself, so that its first picture has values in it: the newest rows of its widgets, `rows` of them at most.
pub fn first_messages(shown: &Shown, rows: usize) -> Vec<ToBrowser<'_>> {
    let watched = &shown.watched;
    // Of alarms the page asks for a list of its own.
    let is_alarms = |id: &str| shown.dashboard.alarms.iter().any(|node| node.stream == id);
    let feeds: Vec<_> = watched.feeds().iter().filter(|(id, _)| !is_alarms(id)).collect();
    let most = share(rows, feeds.len());
    let newest = feeds
        .iter()
        .filter_map(|(id, feed)| Some(rows_message(watched, id, feed.rows_since(0, most)?, false)));
    let mut messages = vec![hello(shown)];
    messages.extend(newest);
    messages.push(ToBrowser::Status(Status::of(shown)));
    messages
}

/// Greets the browser, and sends what it lacks and how things stand.
async fn begin(
    outgoing: &mut Outgoing,
    current: &Current,
    since: &BTreeMap<String, u64>,
    places: &mut Option<Places>,
) -> Result<(), axum::Error> {
    let watched = {
        let shown = current.borrow();
        outgoing.add(&hello(&shown));
        Arc::clone(&shown.watched)
    };
    let before = places.take().unwrap_or_default();
    *places = Some(before.begin(outgoing, &watched, since).await?);
    send_status(outgoing, current).await
}

async fn send_status(outgoing: &mut Outgoing, current: &Current) -> Result<(), axum::Error> {
    let status = Status::of(&current.borrow());
    outgoing.write(&ToBrowser::Status(status)).await?;
    outgoing.send().await
}
