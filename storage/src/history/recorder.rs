//! The recorder: a thread that reads the feeds of the running flow and writes them down in groups.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::types::Value as Cell;
use twinflow_engine::record::{EventTime, Key, Value};
use twinflow_engine::runtime::{FeedRows, Watched};

use super::journal::AlarmChange;
use super::plan::{AlarmStream, Plan, Recorded, Series, SeriesKind};
use super::store::{Sample, SampleValue, SeriesId, Store};

/// How often groups are written. A feed holds 6,000 rows: at up to 24,000 a second none is missed.
const GROUP: Duration = Duration::from_millis(250);
/// How often what is old is deleted.
const TIDYING: Duration = Duration::from_secs(60);
/// Whoever wants to read waits so long for what came last to be written.
const CATCH_UP: Duration = Duration::from_millis(500);

enum Order {
    /// Another flow, or another version of it.
    Follow(Arc<Watched>, Plan),
    /// Write what there is, then answer.
    CatchUp(Sender<()>),
    Stop,
}

/// Writes the history of a running flow. Dropping it writes the last group.
#[derive(Debug)]
pub struct Recorder {
    handle: RecorderHandle,
    thread: Option<JoinHandle<()>>,
}

/// How to reach the recorder.
#[derive(Clone, Debug)]
pub struct RecorderHandle {
    store: Arc<Store>,
    orders: Sender<Order>,
}

impl Recorder {
    /// Starts to write into `store`; nothing is followed yet.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(store: Store) -> std::io::Result<Self> {
        let store = Arc::new(store);
        let (orders, received) = channel();
        let work = Work {
            store: Arc::clone(&store),
            followed: None,
            is_failing: false,
        };
        let thread = std::thread::Builder::new()
            .name("history".to_owned())
            .spawn(move || work.run(&received))?;
        Ok(Self {
            handle: RecorderHandle { store, orders },
            thread: Some(thread),
        })
    }

    /// Follows this flow from now on.
    pub fn follow(&self, watched: Arc<Watched>, plan: Plan) {
        // It ends only with this recorder.
        let _ = self.handle.orders.send(Order::Follow(watched, plan));
    }

    /// For whoever wants to read.
    #[must_use]
    pub fn handle(&self) -> RecorderHandle {
        self.handle.clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.handle.orders.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl RecorderHandle {
    /// The history, without what is about to be written.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The history, with all that has come so far. It blocks for as long as the disk takes.
    #[must_use]
    pub fn caught_up(&self) -> &Store {
        let (done, is_done) = channel();
        if self.orders.send(Order::CatchUp(done)).is_ok() {
            let _ = is_done.recv_timeout(CATCH_UP);
        }
        &self.store
    }
}

struct Work {
    store: Arc<Store>,
    followed: Option<Followed>,
    is_failing: bool,
}

struct Followed {
    watched: Arc<Watched>,
    streams: Vec<Stream>,
    alarms: Vec<AlarmFeed>,
}

/// A feed of changes of alarms.
struct AlarmFeed {
    columns: AlarmStream,
    next: u64,
}

/// A feed that is read.
struct Stream {
    id: Arc<str>,
    next: u64,
    columns: Vec<(usize, Series)>,
    ids: HashMap<(usize, Key), SeriesId>,
}

impl Work {
    fn run(mut self, orders: &Receiver<Order>) {
        let mut tidied: Option<Instant> = None;
        loop {
            match orders.recv_timeout(GROUP) {
                Ok(Order::Follow(watched, plan)) => {
                    self.write();
                    self.store.retain(plan.retention());
                    self.follow(watched, &plan);
                }
                Ok(Order::CatchUp(done)) => {
                    self.write();
                    let _ = done.send(());
                }
                Err(RecvTimeoutError::Timeout) => self.write(),
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return self.write(),
            }
            if tidied.is_none_or(|tidied| tidied.elapsed() >= TIDYING) {
                tidied = Some(Instant::now());
                let forgotten = self.store.forget_old(EventTime::now().as_millis());
                // That deleting works says nothing of whether a full disk takes what is new.
                if forgotten.is_err() {
                    self.tell(forgotten);
                }
            }
        }
    }

    /// Feeds that stay over a reload go on where they are.
    fn follow(&mut self, watched: Arc<Watched>, plan: &Plan) {
        let before = self.followed.take();
        let next = |id: &str| {
            let before = before.as_ref()?;
            let stream = before.streams.iter().map(|stream| (&stream.id, stream.next));
            let alarms = before
                .alarms
                .iter()
                .map(|alarms| (&alarms.columns.stream, alarms.next));
            let (_, next) = stream.chain(alarms).find(|(known, _)| &***known == id)?;
            let is_same = Arc::ptr_eq(before.watched.feed(id)?, watched.feed(id)?);
            is_same.then_some(next)
        };
        let mut streams: Vec<Stream> = Vec::new();
        for Recorded {
            stream,
            column,
            series,
        } in plan.recorded()
        {
            let column = (*column, series.clone());
            match streams.iter_mut().find(|known| known.id == *stream) {
                Some(known) => known.columns.push(column),
                None => streams.push(Stream {
                    next: next(stream).unwrap_or(0),
                    id: Arc::clone(stream),
                    columns: vec![column],
                    ids: HashMap::new(),
                }),
            }
        }
        let alarms = plan.alarms().iter().map(|columns| AlarmFeed {
            next: next(&columns.stream).unwrap_or(0),
            columns: columns.clone(),
        });
        self.followed = Some(Followed {
            alarms: alarms.collect(),
            watched,
            streams,
        });
    }

    /// Writes what has come since. What cannot be written stays in the feeds, and is tried again as long as they have it.
    fn write(&mut self) {
        let alarms = self.write_alarms();
        let values = self.write_values();
        if let Some(result) = [alarms, values].into_iter().flatten().reduce(Result::and) {
            self.tell(result);
        }
    }

    /// Nothing when nothing has come.
    fn write_alarms(&mut self) -> Option<Result<(), String>> {
        let Followed { watched, alarms, .. } = self.followed.as_mut()?;
        let mut changes = Vec::new();
        let mut reached = Vec::new();
        for feed in alarms.iter() {
            let rows = watched
                .feed(&feed.columns.stream)
                .and_then(|rows| rows.rows_since(feed.next, usize::MAX));
            let Some(rows) = rows else {
                reached.push(feed.next);
                continue;
            };
            reached.push(rows.first + rows.rows.len() as u64);
            changes.extend(rows.rows.iter().map(|(time, key, values)| {
                alarm_change(&feed.columns, *time, &watched.keys.name(*key), values)
            }));
        }
        if changes.is_empty() {
            return None;
        }
        let noted = self.store.note_alarms(&changes);
        if noted.is_ok() {
            for (feed, next) in alarms.iter_mut().zip(reached) {
                feed.next = next;
            }
        }
        Some(noted)
    }

    /// Nothing when nothing has come.
    fn write_values(&mut self) -> Option<Result<(), String>> {
        let Followed { watched, streams, .. } = self.followed.as_mut()?;
        let mut samples = Vec::new();
        let mut reached = Vec::new();
        let mut failed = None;
        for (number, stream) in streams.iter_mut().enumerate() {
            let Some(feed) = watched
                .feed(&stream.id)
                .filter(|feed| feed.next_sequence() > stream.next)
            else {
                continue;
            };
            let Some(rows) = feed.rows_since(stream.next, usize::MAX) else {
                continue;
            };
            if rows.first > stream.next && stream.next > 0 {
                let missed = rows.first - stream.next;
                tracing::warn!(
                    "the history lacks {missed} records of `{}`: they came too fast",
                    stream.id
                );
            }
            reached.push((number, rows.first + rows.rows.len() as u64));
            if let Err(error) = stream.samples(&self.store, watched, rows, &mut samples) {
                failed = Some(error);
                break;
            }
        }
        if samples.is_empty() && failed.is_none() {
            return None;
        }
        let written = match failed {
            Some(error) => Err(error),
            None => self.store.append(samples),
        };
        if written.is_ok() {
            for (number, next) in reached {
                if let Some(stream) = streams.get_mut(number) {
                    stream.next = next;
                }
            }
        }
        Some(written)
    }

    /// Tells once that the disk takes nothing, and once that it does again.
    fn tell(&mut self, result: Result<(), String>) {
        match (&result, self.is_failing) {
            (Err(error), false) => tracing::error!("the history cannot be written: {error}"),
            (Ok(()), true) => tracing::info!("the history is written again"),
            _ => {}
        }
        self.is_failing = result.is_err();
    }
}

impl Stream {
    fn samples(
        &mut self,
        store: &Store,
        watched: &Watched,
        rows: FeedRows,
        samples: &mut Vec<Sample>,
    ) -> Result<(), String> {
        for (time, key, values) in rows.rows {
            for (column, series) in &self.columns {
                let Some(value) = values
                    .get(*column)
                    .and_then(|value| sample_value(value, series.kind))
                else {
                    continue;
                };
                let series = match self.ids.get(&(*column, key)) {
                    Some(id) => *id,
                    None => {
                        let id = store.series(series, &watched.keys.name(key))?;
                        self.ids.insert((*column, key), id);
                        id
                    }
                };
                samples.push(Sample {
                    series,
                    time_ms: time.as_millis(),
                    value,
                });
            }
        }
        Ok(())
    }
}

fn alarm_change(columns: &AlarmStream, time: EventTime, machine: &str, values: &[Value]) -> AlarmChange {
    let value = |name: &str| {
        let slot = columns.columns.iter().position(|column| &**column == name)?;
        values.get(slot)
    };
    let text = |name: &str| match value(name) {
        Some(Value::Text(text)) => Some(text.to_string()),
        _ => None,
    };
    let is_true = |name: &str| matches!(value(name), Some(Value::Boolean(true)));
    AlarmChange {
        time_ms: time.as_millis(),
        node: columns.stream.to_string(),
        machine: machine.to_owned(),
        alarm: text("alarm").unwrap_or_default(),
        state: text("state").unwrap_or_default(),
        priority: text("priority").unwrap_or_default(),
        message: text("message").unwrap_or_default(),
        active: is_true("active"),
        first: is_true("first"),
        by: text("by"),
        value: match value("value") {
            Some(Value::Number(value)) => Some(*value),
            _ => None,
        },
    }
}

/// Nothing where the record lacks the value.
fn sample_value(value: &Value, kind: SeriesKind) -> Option<SampleValue> {
    if kind == SeriesKind::Measured {
        return match value {
            Value::Number(number) => Some(SampleValue::Measured(*number)),
            Value::Integer(number) => Some(SampleValue::Measured(*number as f64)),
            _ => None,
        };
    }
    let state = match value {
        Value::Missing => return None,
        Value::Boolean(on) => Cell::Integer(i64::from(*on)),
        Value::Integer(code) => Cell::Integer(*code),
        Value::Number(number) => Cell::Real(*number),
        Value::Text(text) => Cell::Text(text.to_string()),
        Value::Time(time) => Cell::Text(time.to_iso()),
        Value::Json(json) => Cell::Text(json.to_string()),
    };
    Some(SampleValue::State(state))
}
