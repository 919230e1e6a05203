//! Barriers: marks between records, at which every node on the way says what it remembers.
//!
//! A source sends one every now and then to all nodes behind it. What lies before it in the queues is older than it, so
//! the memories that it collects are those after exactly the records before it (at a join: after these at least). Like a
//! receipt it works by ownership: whoever passes it on holds a share, and it is through when the last share is gone.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::node::Remembered;

/// A share of a mark.
#[derive(Clone, Debug)]
pub(super) struct Barrier(Arc<Mark>);

#[derive(Debug)]
struct Mark {
    is_urgent: bool,
    collected: Mutex<Vec<Remembered>>,
    through: Option<oneshot::Sender<Vec<Remembered>>>,
}

impl Drop for Mark {
    fn drop(&mut self) {
        let collected = std::mem::take(self.collected.get_mut().unwrap_or_else(PoisonError::into_inner));
        if let Some(through) = self.through.take() {
            // The source may be gone: then nobody saves.
            let _ = through.send(collected);
        }
    }
}

impl Barrier {
    /// A barrier, and the end at which its source gets what it collected. With `is_urgent`, the source waits for the
    /// acknowledgement of the records before it.
    pub fn issue(is_urgent: bool) -> (Self, oneshot::Receiver<Vec<Remembered>>) {
        let (through, collected) = oneshot::channel();
        let mark = Mark {
            is_urgent,
            collected: Mutex::default(),
            through: Some(through),
        };
        (Self(Arc::new(mark)), collected)
    }

    pub fn is_urgent(&self) -> bool {
        self.0.is_urgent
    }

    /// Adds what a node remembers.
    pub fn collect(&self, remembered: impl IntoIterator<Item = Remembered>) {
        let mut collected = self.0.collected.lock().unwrap_or_else(PoisonError::into_inner);
        collected.extend(remembered);
    }
}
