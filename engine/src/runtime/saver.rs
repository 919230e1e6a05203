//! Saving what nodes remember, in groups: whatever waits is saved together, in one transaction.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::backoff::Backoff;
use super::problems::Problems;
use super::task::Task;
use crate::node::Remembered;

/// Where memories are kept over restarts. Its calls may wait for the disk.
pub trait StateStore: Send + Sync {
    /// Everything that was saved.
    ///
    /// # Errors
    /// Why it cannot be read, in a user's words.
    fn load(&self) -> Result<Vec<Remembered>, String>;

    /// Saves all of these or none, over what was saved of the same node, part and key. They are safe when it returns.
    ///
    /// # Errors
    /// Why it cannot be written, in a user's words.
    fn save(&self, remembered: &[Remembered]) -> Result<(), String>;

    /// Notes that a flow of these nodes runs: what other nodes remember may be forgotten some day.
    ///
    /// # Errors
    /// Why it cannot be written, in a user's words.
    fn keep_for(&self, nodes: &[&str]) -> Result<(), String>;
}

struct Request {
    remembered: Vec<Remembered>,
    saved: oneshot::Sender<()>,
}

/// The way to the task that saves.
#[derive(Clone, Debug)]
pub(super) struct Saver {
    requests: mpsc::UnboundedSender<Request>,
    is_ending: watch::Receiver<bool>,
    /// Whether records were given up while the flow ended.
    gave_up: Arc<AtomicBool>,
}

impl Saver {
    /// Starts the task. It ends when all ways to it are gone, or at the first failure after `is_ending` became true.
    pub fn start(
        store: Arc<dyn StateStore>,
        problems: Problems,
        is_ending: watch::Receiver<bool>,
    ) -> (Self, Task<()>) {
        let (sender, requests) = mpsc::unbounded_channel();
        let task = Task::spawn(save_all(store, problems, is_ending.clone(), requests));
        let saver = Self {
            requests: sender,
            is_ending,
            gave_up: Arc::default(),
        };
        (saver, task)
    }

    /// Notes that records were given up; true when the flow is ending. Then what is remembered of them must not be saved:
    /// they come again at the next start.
    pub fn give_up(&self) -> bool {
        let is_ending = *self.is_ending.borrow();
        self.gave_up.fetch_or(is_ending, Ordering::AcqRel);
        is_ending
    }

    /// Whether records were given up while the flow ended.
    pub fn gave_up(&self) -> bool {
        self.gave_up.load(Ordering::Acquire)
    }

    /// Saves; true when it is safe, false when that was given up.
    pub async fn save(&self, remembered: Vec<Remembered>) -> bool {
        if remembered.is_empty() {
            return true;
        }
        let (saved, done) = oneshot::channel();
        self.requests.send(Request { remembered, saved }).is_ok() && done.await.is_ok()
    }

    /// Saves without waiting for it.
    pub fn save_later(&self, remembered: Vec<Remembered>) {
        let (saved, _) = oneshot::channel();
        // Without its task, the flow is over.
        let _ = self.requests.send(Request { remembered, saved });
    }
}

async fn save_all(
    store: Arc<dyn StateStore>,
    problems: Problems,
    mut is_ending: watch::Receiver<bool>,
    mut requests: mpsc::UnboundedReceiver<Request>,
) {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    let mut group = Group::default();
    while let Some(request) = requests.recv().await {
        group.add(request);
        loop {
            // After a failure, too: what came meanwhile replaces what it is newer than, so a full disk fills no memory.
            while let Ok(request) = requests.try_recv() {
                group.add(request);
            }
            let Err(reason) = group.save(&store).await else {
                break;
            };
            problems.report("state not saved", reason);
            if *is_ending.borrow() {
                return;
            }
            tokio::select! {
                _ = is_ending.wait_for(|is_ending| *is_ending) => {}
                () = tokio::time::sleep(backoff.next_delay()) => {}
            }
        }
        backoff.reset();
        group.tell_saved();
    }
}

/// Node, part and key of a memory.
type Place = (Arc<str>, Arc<str>, Arc<str>);

/// What is saved together.
#[derive(Default)]
struct Group {
    /// As they are lastly.
    remembered: HashMap<Place, Vec<u8>>,
    waiting: Vec<oneshot::Sender<()>>,
}

impl Group {
    fn add(&mut self, Request { remembered, saved }: Request) {
        for Remembered {
            node,
            part,
            key,
            bytes,
        } in remembered
        {
            self.remembered.insert((node, part, key), bytes);
        }
        self.waiting.push(saved);
    }

    async fn save(&self, store: &Arc<dyn StateStore>) -> Result<(), String> {
        let remembered = self
            .remembered
            .iter()
            .map(|((node, part, key), bytes)| Remembered {
                node: Arc::clone(node),
                part: Arc::clone(part),
                key: Arc::clone(key),
                bytes: bytes.clone(),
            });
        let (store, remembered): (_, Vec<Remembered>) = (Arc::clone(store), remembered.collect());
        // The disk may take its time: not on the threads that serve the flow.
        let work = tokio::task::spawn_blocking(move || store.save(&remembered));
        work.await.unwrap_or_else(|error| Err(error.to_string()))
    }

    fn tell_saved(&mut self) {
        self.remembered.clear();
        for saved in self.waiting.drain(..) {
            // Whoever does not wait has dropped the other end.
            let _ = saved.send(());
        }
    }
}
