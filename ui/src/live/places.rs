//! How far a browser is in each feed, and what it is sent of them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use twinflow_engine::runtime::{FeedRows, Watched};

use super::message::rows_message;
use super::outgoing::Outgoing;

/// How many rows of a feed one send carries at most.
const ROWS_A_SEND: usize = 6_000;
/// How many rows of all feeds go to one that lagged. The history has the others, where somebody looks at them.
const ROWS_AFTER_LAG: usize = 400;
/// How many rows of all feeds a browser gets that has none, before it gets anything earlier.
const FIRST_ROWS: usize = 1_500;
/// How many earlier rows go out before the browser has read them.
const EARLIER_ROWS: usize = 500;

/// Where a browser is in a feed, by sequence numbers.
#[derive(Debug)]
struct Place {
    /// The one that it needs next.
    next: u64,
    /// From before those that it has, what it is still to be sent.
    earlier: Range<u64>,
}

/// Where a browser is in all feeds.
#[derive(Debug, Default)]
pub struct Places(BTreeMap<Arc<str>, Place>);

impl Places {
    /// Sends what a browser lacks that has the rows until those of `since`: all of it where it goes on, the newest where it
    /// begins. `self` is where it was, if it was anywhere.
    pub async fn begin(
        mut self,
        outgoing: &mut Outgoing,
        watched: &Watched,
        since: &BTreeMap<String, u64>,
    ) -> Result<Self, axum::Error> {
        let mut begun = BTreeMap::new();
        for (id, feed) in watched.feeds() {
            let had = since.get(&**id).map_or(0, |last| last.saturating_add(1));
            // Ahead of us, it has seen another start of the flow.
            let reset = had > feed.next_sequence();
            let from = if reset { 0 } else { had };
            let (most, owed) = match (from, self.0.remove(id)) {
                (0, _) => (share(FIRST_ROWS, watched.feeds().len()), None),
                (_, before) => (ROWS_A_SEND, before.map(|place| place.earlier)),
            };
            let rows = feed.rows_since(from, most);
            let first = rows.as_ref().map_or(0, |rows| rows.first);
            let place = Place {
                next: rows.as_ref().map_or(from, after),
                earlier: owed.unwrap_or(0..if from == 0 { first } else { 0 }),
            };
            if let Some(rows) = rows {
                outgoing.write(&rows_message(watched, id, rows, reset)).await?;
            }
            begun.insert(Arc::clone(id), place);
        }
        Ok(Self(begun))
    }

    /// The last row of each feed that the browser has.
    pub fn since(&self) -> BTreeMap<String, u64> {
        let had = |(id, place): (&Arc<str>, &Place)| Some((id.to_string(), place.next.checked_sub(1)?));
        self.0.iter().filter_map(had).collect()
    }

    /// Sends what is new.
    pub async fn send_new(&mut self, outgoing: &mut Outgoing, watched: &Watched) -> Result<(), axum::Error> {
        let most = match outgoing.take_lagged() {
            true => share(ROWS_AFTER_LAG, self.0.len()),
            false => ROWS_A_SEND,
        };
        for (id, place) in &mut self.0 {
            let Some(feed) = watched.feed(id) else { continue };
            if feed.next_sequence() > place.next
                && let Some(rows) = feed.rows_since(place.next, most)
            {
                place.next = after(&rows);
                outgoing.write(&rows_message(watched, id, rows, false)).await?;
            }
        }
        outgoing.send().await
    }

    /// Whether rows are owed from before those that the browser has.
    pub fn owe_earlier(&self) -> bool {
        self.0.values().any(|place| !place.earlier.is_empty())
    }

    /// Sends some of them, the newest first, and asks to be told when they are read.
    pub async fn send_earlier(
        &mut self,
        outgoing: &mut Outgoing,
        watched: &Watched,
    ) -> Result<(), axum::Error> {
        let mut left = EARLIER_ROWS;
        for (id, place) in &mut self.0 {
            if place.earlier.is_empty() || left == 0 {
                continue;
            }
            let numbers = place.earlier.clone();
            let rows = watched.feed(id).and_then(|feed| feed.rows_within(numbers, left));
            // What is not kept any more can be had from nobody.
            place.earlier.end = rows.as_ref().map_or(0, |rows| rows.first);
            if let Some(rows) = rows {
                left = left.saturating_sub(rows.rows.len());
                outgoing.write(&rows_message(watched, id, rows, false)).await?;
            }
        }
        outgoing.send().await?;
        outgoing.ask().await
    }
}

/// How many of so many rows each of the feeds gets.
pub fn share(rows: usize, feeds: usize) -> usize {
    (rows / feeds.max(1)).max(1)
}

/// The sequence number that comes after rows.
fn after(rows: &FeedRows) -> u64 {
    rows.first + rows.rows.len() as u64
}
