//! The thread that writes a run: a disk may take its time, and the flow must not wait for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use twinflow_engine::record::EventTime;

use super::folder::{RunFolder, RunLock};
use super::record::{Outcome, RunRecord};
use crate::csv_file::CsvFile;

/// Rows may wait so long to be synced as a group.
const SYNC: Duration = Duration::from_secs(1);
/// So many batches may wait for the disk.
const MOST_WAITING: usize = 4096;
/// A node that goes waits so long for its run to be closed.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a run that its node left behind ended by.
const NODE_ENDED: &str = "the flow ended, or the experiment was changed, during the run";
const TOO_SLOW: &str = "the disk does not take the rows as fast as they come";

enum Order {
    /// Rows as text, and how many they are.
    Rows(Vec<u8>, u64),
    /// A phase is over: everything up to here is to be safe.
    Phase(Box<RunRecord>),
}

/// What the thread and the node tell each other beside the orders.
#[derive(Debug, Default)]
struct Shared {
    /// Why no more rows can be written.
    failure: OnceLock<String>,
    /// Rows that are safely on the disk.
    rows: AtomicU64,
    /// The record to close with; without one, the node has gone without a word.
    last_word: Mutex<Option<RunRecord>>,
    closed: Mutex<Option<Closed>>,
    is_closed: Condvar,
}

/// A run that is over, and safe as far as it can be.
#[derive(Clone, Debug)]
pub(super) struct Closed {
    pub record: RunRecord,
    /// What went wrong with the closing itself.
    pub problem: Option<String>,
}

/// The node's side.
pub(super) struct RunWriter {
    orders: Option<SyncSender<Order>>,
    shared: Arc<Shared>,
}

/// A run that is being closed.
pub(super) struct Closing {
    /// As it will be.
    pub record: RunRecord,
    shared: Arc<Shared>,
}

impl RunWriter {
    /// Begins a run's files. Whether there is room for them is seen at once; that they are safe is seen to by the thread.
    pub fn start(
        folder: RunFolder,
        record: RunRecord,
        lock: RunLock,
        header: Arc<[u8]>,
    ) -> Result<Self, String> {
        let (orders, receiver) = sync_channel(MOST_WAITING);
        let shared = Arc::<Shared>::default();
        let run = record.run.clone();
        let failed = |reason: String| {
            folder.discard(&run);
            format!("the run cannot be kept: {reason}")
        };
        folder.begin(&record).map_err(failed)?;
        let mut writing = Writing {
            csv: CsvFile::new(folder.partial_csv(&record.run), header),
            record,
            waiting_rows: 0,
            folder: folder.clone(),
            shared: Arc::clone(&shared),
            _lock: lock,
        };
        let spawned = std::thread::Builder::new()
            .name("run".to_owned())
            .spawn(move || writing.work(&receiver));
        spawned.map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            orders: Some(orders),
            shared,
        })
    }

    /// Adds rows.
    pub fn rows(&self, rows: Vec<u8>, count: u64) {
        self.order(Order::Rows(rows, count));
    }

    /// Notes that a phase has begun.
    pub fn phase(&self, record: RunRecord) {
        self.order(Order::Phase(Box::new(record)));
    }

    fn order(&self, order: Order) {
        let sent = self.orders.as_ref().map(|orders| orders.try_send(order));
        if let Some(Err(TrySendError::Full(_))) = sent {
            let _ = self.shared.failure.set(TOO_SLOW.to_owned());
        }
    }

    /// Why no more rows can be written, if that is so.
    pub fn failure(&self) -> Option<&str> {
        self.shared.failure.get().map(String::as_str)
    }

    /// How many rows are safe.
    pub fn safe_rows(&self) -> u64 {
        self.shared.rows.load(Ordering::Relaxed)
    }

    /// Ends the run as `record` says.
    pub fn close(mut self, record: RunRecord) -> Closing {
        let mut last_word = self
            .shared
            .last_word
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last_word = Some(record.clone());
        drop(last_word);
        self.orders = None;
        Closing {
            record,
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Drop for RunWriter {
    fn drop(&mut self) {
        // Closed already, or left by a node that ends: then the process may end next.
        if self.orders.take().is_some() {
            let closed = self.shared.closed.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = self
                .shared
                .is_closed
                .wait_timeout_while(closed, PATIENCE, |closed| closed.is_none());
        }
    }
}

impl Closing {
    /// The run, once it is closed.
    pub fn closed(&self) -> Option<Closed> {
        self.shared
            .closed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How many rows are safe so far.
    pub fn safe_rows(&self) -> u64 {
        self.shared.rows.load(Ordering::Relaxed)
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        let closed = self.shared.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self
            .shared
            .is_closed
            .wait_timeout_while(closed, PATIENCE, |closed| closed.is_none());
    }
}

/// The thread's side.
struct Writing {
    csv: CsvFile,
    record: RunRecord,
    waiting_rows: u64,
    folder: RunFolder,
    shared: Arc<Shared>,
    /// Held until everything is closed.
    _lock: RunLock,
}

impl Writing {
    fn work(&mut self, orders: &Receiver<Order>) {
        let begun = self.csv.begin().map_err(|error| error.to_string());
        if let Err(reason) = begun.and_then(|()| self.folder.write(&self.record)) {
            let _ = self.shared.failure.set(reason);
        }
        let mut due = Instant::now() + SYNC;
        loop {
            match orders.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(Order::Rows(rows, count)) => {
                    self.csv.append(&rows);
                    self.waiting_rows += count;
                }
                Ok(Order::Phase(record)) => {
                    self.record = *record;
                    self.sync();
                    self.record.rows = self.shared.rows.load(Ordering::Relaxed);
                    if let Err(reason) = self.folder.write(&self.record) {
                        let _ = self.shared.failure.set(reason);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if Instant::now() >= due {
                self.sync();
                due = Instant::now() + SYNC;
            }
        }
        let closed = self.close();
        *self.shared.closed.lock().unwrap_or_else(PoisonError::into_inner) = Some(closed);
        self.shared.is_closed.notify_all();
    }

    fn sync(&mut self) {
        match self.csv.sync() {
            Ok(()) => {
                let rows = std::mem::take(&mut self.waiting_rows);
                self.shared.rows.fetch_add(rows, Ordering::Relaxed);
            }
            Err(error) => {
                let _ = self.shared.failure.set(error.to_string());
            }
        }
    }

    fn close(&mut self) -> Closed {
        self.sync();
        let cut = self.csv.give_up_waiting().map_err(|error| error.to_string());
        let last_word = self
            .shared
            .last_word
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let mut record = last_word.unwrap_or_else(|| {
            let mut record = self.record.clone();
            record.end(Outcome::Stopped, Some(NODE_ENDED.to_owned()), EventTime::now());
            record
        });
        record.rows = self.shared.rows.load(Ordering::Relaxed);
        if let (Some(failure), Outcome::Complete) = (self.shared.failure.get(), record.outcome) {
            record.outcome = Outcome::Interrupted;
            record.reason = Some(failure.clone());
        }
        let written = self.folder.write(&record);
        let named = self.folder.complete_csv(&record.run);
        let problem = cut.and(written).and(named).err();
        Closed { record, problem }
    }
}
