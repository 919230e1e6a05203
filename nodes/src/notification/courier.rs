//! The task that delivers messages, in its own time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::Instant;
use twinflow_engine::node::NodeContext;
use twinflow_engine::runtime::{Backoff, Problems, ReadinessReporter};

use super::message::Message;

/// So many messages wait at most; of more, the oldest are given up.
const MOST_WAITING: usize = 1_000;
/// So many go out as one at most.
const MOST_AT_ONCE: usize = 50;
/// How long a delivery may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why messages were not delivered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Undelivered {
    /// They may be later.
    Later(String),
    /// They never will: whoever is asked does not want them.
    Never(String),
}

/// How messages are delivered.
#[async_trait]
pub(crate) trait Delivery: Send + 'static {
    /// Delivers messages as one. There is at least one.
    async fn deliver(&mut self, messages: &[Message]) -> Result<(), Undelivered>;
}

/// Where messages are given to be delivered.
pub(crate) struct Courier {
    waiting: Arc<Waiting>,
    problems: Problems,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Waiting {
    messages: Mutex<VecDeque<Message>>,
    more: Notify,
}

impl Courier {
    /// Starts to deliver, at most once in `every`.
    pub fn start(context: &NodeContext, every: Duration, delivery: impl Delivery) -> Self {
        let waiting = Arc::<Waiting>::default();
        let work = Work {
            waiting: Arc::clone(&waiting),
            every,
            problems: context.problems.clone(),
            readiness: context.readiness.reporter(),
        };
        Self {
            waiting,
            problems: context.problems.clone(),
            task: tokio::spawn(work.run(delivery)),
        }
    }

    /// Takes a message. It never waits.
    pub fn send(&self, message: Message) {
        let mut messages = self
            .waiting
            .messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if messages.len() >= MOST_WAITING {
            messages.pop_front();
            self.problems.report(
                "message given up",
                format!("{MOST_WAITING} messages wait to be delivered already"),
            );
        }
        messages.push_back(message);
        drop(messages);
        self.waiting.more.notify_one();
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Work {
    waiting: Arc<Waiting>,
    every: Duration,
    problems: Problems,
    readiness: ReadinessReporter,
}

impl Work {
    async fn run(self, mut delivery: impl Delivery) {
        let backoff = || Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
        let mut delays = backoff();
        let mut earliest = Instant::now();
        loop {
            let messages = self.gathered();
            if messages.is_empty() {
                self.waiting.more.notified().await;
                continue;
            }
            if Instant::now() < earliest {
                // More may gather meanwhile.
                tokio::time::sleep_until(earliest).await;
                continue;
            }
            let delivered = tokio::time::timeout(PATIENCE, delivery.deliver(&messages)).await;
            let delivered = delivered.unwrap_or_else(|_| {
                Err(Undelivered::Later(format!(
                    "no answer within {} s",
                    PATIENCE.as_secs()
                )))
            });
            match delivered {
                Ok(()) => {
                    self.readiness.ready();
                    delays = backoff();
                    self.take_out(&messages);
                }
                Err(Undelivered::Never(reason)) => {
                    // It is there, and has answered.
                    self.readiness.ready();
                    delays = backoff();
                    self.problems.report("message refused", reason);
                    self.take_out(&messages);
                }
                Err(Undelivered::Later(reason)) => {
                    self.readiness.not_ready(&*reason);
                    self.problems.report("message not delivered yet", reason);
                    tokio::time::sleep(delays.next_delay()).await;
                    continue;
                }
            }
            earliest = Instant::now() + self.every;
        }
    }

    fn gathered(&self) -> Vec<Message> {
        let messages = self
            .waiting
            .messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        messages.iter().take(MOST_AT_ONCE).cloned().collect()
    }

    /// Takes out what was dealt with; meanwhile, the oldest may have been given up.
    fn take_out(&self, dealt_with: &[Message]) {
        let mut messages = self
            .waiting
            .messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for message in dealt_with {
            if messages.front() == Some(message) {
                messages.pop_front();
            }
        }
    }
}
