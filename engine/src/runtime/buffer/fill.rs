//! The side of a buffer that the flow writes to.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::stored::encode;
use super::{BufferEntry, BufferLevel, BufferStore, OpenBuffer};
use crate::node::{MakePart, NodeContext, Sink, SinkError};
use crate::record::Batch;

/// How long a full buffer holds a batch before it says so.
const PATIENCE: Duration = Duration::from_secs(1);

/// What makes the sink that writes into the store. The first one opens it; one that is made anew after a failure goes on
/// with it.
#[derive(Clone)]
pub(in crate::runtime) struct Filling {
    pub open: OpenBuffer,
    pub level: BufferLevel,
    /// The store, for the side that feeds the sink; closed when none will be opened any more.
    pub store: Arc<watch::Sender<Option<Arc<dyn BufferStore>>>>,
    /// Changes when the store got more; closed when no more will come.
    pub more: Arc<watch::Sender<()>>,
    /// Changes when the store has room again.
    pub room: watch::Receiver<()>,
}

impl Filling {
    /// As the part of a node.
    pub fn part(self) -> MakePart<dyn Sink> {
        Arc::new(move |context: &NodeContext| {
            let opened = self.store.borrow().clone();
            let store = match opened {
                Some(store) => store,
                None => {
                    let store = (self.open)(context)?;
                    self.level.set(&*store);
                    self.store.send_replace(Some(Arc::clone(&store)));
                    store
                }
            };
            Ok(Box::new(Fill {
                store,
                filling: self.clone(),
                context: context.clone(),
                waiting: Vec::new(),
            }) as Box<dyn Sink>)
        })
    }
}

struct Fill {
    store: Arc<dyn BufferStore>,
    filling: Filling,
    context: NodeContext,
    /// What the store has not got yet.
    waiting: Vec<BufferEntry>,
}

impl Fill {
    fn has_room_for(&self, entry: &BufferEntry) -> bool {
        let depth = self.filling.level.depth();
        let waiting: usize = self.waiting.iter().map(|entry| entry.bytes.len()).sum();
        let needed = depth.bytes + (waiting + entry.bytes.len()) as u64;
        // A batch that is larger than the whole buffer goes through by itself.
        needed <= depth.capacity_bytes || (depth.records == 0 && self.waiting.is_empty())
    }
}

#[async_trait]
impl Sink for Fill {
    async fn write(&mut self, batch: &Batch) -> Result<(), SinkError> {
        let entry = encode(batch, &self.context.keys).map_err(|error| SinkError::Never(error.to_string()))?;
        if !self.has_room_for(&entry) {
            // What waits here takes room, too, and only the store gives it on.
            self.flush().await?;
            let deadline = Instant::now() + PATIENCE;
            while !self.has_room_for(&entry) {
                if !matches!(
                    timeout_at(deadline, self.filling.room.changed()).await,
                    Ok(Ok(()))
                ) {
                    let message = format!(
                        "the buffer on disk is full: {} records wait for the target, and the flow waits for room",
                        self.filling.level.depth().records
                    );
                    // Of a kind of its own: why the target takes nothing is told beside it.
                    self.context.problems.report("buffer full", message.as_str());
                    return Err(SinkError::Later(message));
                }
            }
        }
        self.waiting.push(entry);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let appended = self.store.append(self.waiting.clone()).await;
        appended.map_err(|error| SinkError::Later(error.to_string()))?;
        self.waiting.clear();
        self.filling.more.send_replace(());
        Ok(())
    }
}
