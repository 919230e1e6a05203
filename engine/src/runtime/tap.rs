//! Taps: what leaves a node, live, for whoever wants to look.
//!
//! While nobody looks, a tap costs one load of an atomic per batch. A reader that is too slow misses records and is told
//! how many; the flow never waits for it, and no acknowledgement does, since readers get batches without their receipts.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::record::Batch;

/// How many batches wait for a reader before it misses some.
const WAITING_BATCHES: usize = 64;

/// Where at a node a batch was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapPlace {
    /// Leaving by the output of this number.
    Output(usize),
    /// Leaving by the output `error`.
    Error,
    /// Arriving at a node without outputs.
    Arriving,
}

/// What a reader gets.
#[derive(Debug)]
pub struct Tapped {
    /// How many records it missed just before these.
    pub missed: u64,
    /// Where these were seen; nothing when there are none, at the end of the flow.
    pub batch: Option<(TapPlace, Batch)>,
}

/// The tap of one node.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    is_watched: AtomicBool,
    listeners: Mutex<Vec<Listener>>,
}

#[derive(Debug)]
struct Listener {
    only: Option<TapPlace>,
    sender: Sender<Tapped>,
    missed: Arc<AtomicU64>,
}

/// One reader's end of a tap; letting go of it ends the reading.
#[derive(Debug)]
pub struct TapReader {
    receiver: Receiver<Tapped>,
    missed: Arc<AtomicU64>,
}

impl Tap {
    /// Lets everyone who looks have the batch.
    pub fn show(&self, place: TapPlace, batch: &Batch) {
        if self.is_watched.load(Ordering::Relaxed) && !batch.is_empty() {
            self.send(place, batch);
        }
    }

    #[cold]
    fn send(&self, place: TapPlace, batch: &Batch) {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|listener| listener.is_open_after(place, batch));
        if listeners.is_empty() {
            self.is_watched.store(false, Ordering::Relaxed);
        }
    }

    /// A new reader: of one place, or of all that leaves the node.
    pub fn read(&self, only: Option<TapPlace>) -> TapReader {
        let (sender, receiver) = channel(WAITING_BATCHES);
        let missed = Arc::new(AtomicU64::new(0));
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.push(Listener {
            only,
            sender,
            missed: Arc::clone(&missed),
        });
        // Under the lock, or a batch that finds no listeners could clear it afterwards.
        self.is_watched.store(true, Ordering::Relaxed);
        TapReader { receiver, missed }
    }

    /// Ends all reading.
    pub fn end(&self) {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.clear();
        self.is_watched.store(false, Ordering::Relaxed);
    }
}

impl Listener {
    /// Gives its reader the batch if it wants it; whether it still reads.
    fn is_open_after(&self, place: TapPlace, batch: &Batch) -> bool {
        if self.only.is_some_and(|only| only != place) {
            return !self.sender.is_closed();
        }
        match self.sender.try_reserve() {
            Ok(room) => {
                room.send(Tapped {
                    missed: self.missed.swap(0, Ordering::Relaxed),
                    batch: Some((place, batch.without_receipt())),
                });
                true
            }
            Err(TrySendError::Full(())) => {
                self.missed.fetch_add(batch.len() as u64, Ordering::Relaxed);
                true
            }
            Err(TrySendError::Closed(())) => false,
        }
    }
}

impl TapReader {
    /// Waits for the next batch; nothing once the flow or the node is gone.
    pub async fn next(&mut self) -> Option<Tapped> {
        if let Some(tapped) = self.receiver.recv().await {
            return Some(tapped);
        }
        match self.missed.swap(0, Ordering::Relaxed) {
            0 => None,
            missed => Some(Tapped { missed, batch: None }),
        }
    }
}
