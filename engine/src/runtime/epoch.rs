//! Epochs: the records of a source between two barriers, acknowledged together.
//!
//! When every sink has the records of an epoch safely and the memories after them are collected, the memories are saved,
//! and only then the source learns that its records are settled. So what is saved never lacks a record that was
//! acknowledged, and never knows one that a sink could still lose.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::barrier::Barrier;
use super::saver::Saver;
use super::task::Task;
use crate::node::Remembered;
use crate::record::{Batch, Delivery, Receipt};

/// How long records wait for their epoch to end when a broker waits for their acknowledgement.
const AWAITED: Duration = Duration::from_millis(100);
/// How long the memories after records that nobody waits for may be unsaved.
const NOT_AWAITED: Duration = Duration::from_secs(1);
/// A source that has this many records open and gets no more is taken to be at the end of its broker's window: Mosquitto
/// has 20 messages under way by default.
const WINDOW: usize = 16;
/// How long it gets no more then.
const QUIET: Duration = Duration::from_millis(2);

/// The part of a memory that is the position of a source.
pub(super) const POSITION: &str = "position";

/// The epochs of a source.
pub(super) struct Epochs {
    node: Arc<str>,
    saver: Option<Saver>,
    open: Option<Epoch>,
    /// How often the source was made anew.
    made_anew: u64,
    closed: Option<mpsc::UnboundedSender<Closed>>,
    committer: Task<()>,
}

/// The epoch that is under way.
struct Epoch {
    receipt: Receipt,
    settled: oneshot::Receiver<Delivery>,
    held: Vec<Receipt>,
    records: usize,
    is_awaited: bool,
    first: Instant,
    last: Instant,
}

/// One that has ended.
struct Closed {
    settled: oneshot::Receiver<Delivery>,
    collected: oneshot::Receiver<Vec<Remembered>>,
    position: Option<Remembered>,
    /// Let go of when everything is saved.
    held: Vec<Receipt>,
    saver: Saver,
    made_anew: u64,
}

impl Epochs {
    /// The epochs of the source `node`. Without a saver, they only tell sinks when their source waits.
    pub fn new(node: &Arc<str>) -> Self {
        let (closed, epochs) = mpsc::unbounded_channel();
        let committer = Task::spawn(commit(epochs));
        Self {
            node: Arc::clone(node),
            saver: None,
            made_anew: 0,
            open: None,
            closed: Some(closed),
            committer,
        }
    }

    /// Saves what nodes remember by `saver` from now on.
    pub fn save_by(&mut self, saver: Option<Saver>) {
        self.saver = saver;
    }

    /// Another source takes over, to which the records come again that were not delivered.
    pub fn begin_anew(&mut self) {
        self.made_anew += 1;
    }

    /// Takes a batch into the epoch that is under way.
    pub fn add(&mut self, batch: &mut Batch) {
        let now = Instant::now();
        let epoch = self.open.get_or_insert_with(|| {
            let (receipt, settled) = Receipt::issue();
            Epoch {
                receipt,
                settled,
                held: Vec::new(),
                records: 0,
                is_awaited: false,
                first: now,
                last: now,
            }
        });
        epoch.records += batch.len();
        epoch.last = now;
        if batch.receipt().is_awaited() {
            epoch.is_awaited = true;
            if self.saver.is_some() {
                epoch.held.push(batch.receipt().clone());
                batch.attach(epoch.receipt.clone());
            }
        }
    }

    /// When the epoch is to end; nothing when none is under way.
    pub fn due(&self) -> Option<Instant> {
        let epoch = self.open.as_ref()?;
        match (epoch.is_awaited, &self.saver) {
            (true, _) if epoch.records >= WINDOW => Some((epoch.first + AWAITED).min(epoch.last + QUIET)),
            (true, _) => Some(epoch.first + AWAITED),
            (false, Some(_)) => Some(epoch.first + NOT_AWAITED),
            (false, None) => None,
        }
    }

    /// Ends the epoch; gives the barrier to send behind its records, if anyone behind the source needs one.
    pub fn end(&mut self, position: Option<Vec<u8>>) -> Option<Barrier> {
        let epoch = self.open.take()?;
        let is_urgent = epoch.is_awaited && epoch.records >= WINDOW && epoch.last.elapsed() >= QUIET;
        let Some(saver) = &self.saver else {
            return is_urgent.then(|| Barrier::issue(true).0);
        };
        let (barrier, collected) = Barrier::issue(is_urgent);
        let position = position.map(|bytes| Remembered {
            node: Arc::clone(&self.node),
            part: POSITION.into(),
            key: "".into(),
            bytes,
        });
        if let Some(closed) = &self.closed {
            // The committer lives as long as this sender.
            let _ = closed.send(Closed {
                settled: epoch.settled,
                collected,
                position,
                held: epoch.held,
                saver: saver.clone(),
                made_anew: self.made_anew,
            });
        }
        Some(barrier)
    }

    /// Waits until all epochs that have ended are settled and saved.
    pub async fn finish(mut self) {
        self.closed = None;
        self.committer.join().await;
    }
}

/// Settles epochs one after the other, in their order.
async fn commit(mut epochs: mpsc::UnboundedReceiver<Closed>) {
    let mut failed = None;
    while let Some(epoch) = epochs.recv().await {
        if epoch.settled.await != Ok(Delivery::Done) {
            failed = Some(epoch.made_anew);
            if epoch.saver.give_up() {
                continue;
            }
        }
        let mut remembered = epoch.collected.await.unwrap_or_default();
        // A position tells of the epochs before, too: of one that failed, records must not be taken for delivered. Where
        // nothing is remembered, records that come again do no harm to it.
        if failed != Some(epoch.made_anew) && !remembered.is_empty() {
            remembered.extend(epoch.position);
        }
        if !epoch.saver.save(remembered).await {
            epoch.held.iter().for_each(Receipt::fail);
        }
    }
}
