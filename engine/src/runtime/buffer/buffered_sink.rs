//! A sink with a buffer before it: the tasks of the two sides and of the sink itself.

use std::sync::Arc;

use tokio::sync::watch;

use super::drain::Drain;
use super::{BufferLevel, BufferStore, Filling, OpenBuffer};
use crate::language::{DiskBuffer, Overflow};
use crate::node::{MakePart, NodeContext, Sink, StartError};
use crate::runtime::latency::Written;
use crate::runtime::metrics::NodeMetrics;
use crate::runtime::queue::queue;
use crate::runtime::sink_task::SinkTask;
use crate::runtime::task::Task;
use crate::schema::Schema;

/// A buffer before its tasks are started.
pub(in crate::runtime) struct BufferInHand {
    /// Writes into it; nothing when it could not be opened, and is to be tried again.
    fill: Option<Box<dyn Sink>>,
    make: MakePart<dyn Sink>,
    level: BufferLevel,
    /// What the sink takes.
    schema: Arc<Schema>,
    store: watch::Receiver<Option<Arc<dyn BufferStore>>>,
    more: watch::Receiver<()>,
    room: watch::Sender<()>,
}

impl BufferInHand {
    /// A buffer for records of this schema, not open yet.
    pub fn new(open: &OpenBuffer, buffer: DiskBuffer, schema: &Arc<Schema>) -> Self {
        let level = BufferLevel::new(buffer.capacity);
        let (opened, store) = watch::channel(None);
        let (more, has_more) = watch::channel(());
        let room = watch::Sender::new(());
        let filling = Filling {
            open: Arc::clone(open),
            level: level.clone(),
            store: Arc::new(opened),
            more: Arc::new(more),
            room: room.subscribe(),
        };
        Self {
            fill: None,
            make: filling.part(),
            level,
            schema: Arc::clone(schema),
            store,
            more: has_more,
            room,
        }
    }

    /// Opens it.
    pub fn open(&mut self, context: &NodeContext) -> Result<(), StartError> {
        self.fill = Some((self.make)(context)?);
        Ok(())
    }

    /// A look at it.
    pub fn level(&self) -> BufferLevel {
        self.level.clone()
    }

    /// Runs the buffer, and the sink of `task` behind it, until the queue of `task` is closed and what can be handed on is.
    pub async fn run(self, task: SinkTask) {
        let (sender, receiver) = queue(Overflow::Block, Arc::default(), task.context.problems.clone());
        let (context, errors, orders) = (task.context.clone(), task.errors.clone(), task.orders.clone());
        let (schema, more, room, mut store) = (self.schema, self.more, self.room, self.store);
        let drain = async move {
            let opened = store.wait_for(Option::is_some).await;
            // Nothing when the flow ended before it could be opened.
            let Some(store) = opened.ok().and_then(|opened| opened.clone()) else {
                return;
            };
            let drain = Drain {
                store,
                context,
                schema,
                sink: sender,
                errors,
                more,
                room,
                orders,
            };
            drain.run().await;
        };
        let fill = SinkTask {
            is_waiting: self.fill.is_none(),
            written: Written::default(),
            sink: self.fill,
            make: self.make,
            context: task.context.clone(),
            // The sink's own count what it gets.
            metrics: Arc::<NodeMetrics>::default(),
            queue: task.queue,
            is_buffered: false,
            errors: task.errors.clone(),
            orders: task.orders.clone(),
        };
        let sink = SinkTask {
            queue: receiver,
            is_buffered: true,
            ..task
        };
        let sides = [
            Task::spawn(fill.run()),
            Task::spawn(drain),
            Task::spawn(sink.run()),
        ];
        for side in sides {
            side.join().await;
        }
    }
}
