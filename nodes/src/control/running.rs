//! A control at work.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;
use twinflow_engine::node::{Emitter, NodeContext, Operable, Operation, Transform};
use twinflow_engine::record::{Batch, BatchBuilder, EventTime, Key, Receipt};
use twinflow_engine::runtime::Feed;
use twinflow_engine::schema::Schema;

use super::allowed::Allowed;
use crate::meant_machine::meant_machine;

/// The operation that a control takes: `{"value": …}`, with `"key"` where there are several machines.
pub(super) const SET: &str = "set";

pub(super) struct Controlling {
    pub context: NodeContext,
    pub feed: Arc<Feed>,
    /// Where the records tell what the machine has now; nothing when they do not tell.
    pub slot: Option<usize>,
    pub allowed: Allowed,
    /// Of the records that go out: one field.
    pub schema: Arc<Schema>,
    /// The machines that have reported.
    pub machines: BTreeSet<Key>,
}

impl Transform for Controlling {
    fn process(&mut self, batch: Batch, _: &mut Emitter) {
        self.machines.extend(batch.keys());
        if let Some(column) = self.slot.and_then(|slot| batch.column(slot)) {
            self.feed.push(&batch, [Some(&**column)]);
        }
    }

    fn operable(&mut self) -> Option<&mut dyn Operable> {
        Some(self)
    }
}

impl Operable for Controlling {
    fn operate(&mut self, operation: &Operation, now: EventTime, out: &mut Emitter) -> Result<Json, String> {
        if operation.name != SET {
            return Err(format!(
                "a control can be asked to `{SET}`, not to `{}`",
                operation.name
            ));
        }
        let wish = operation.arguments.get("value").unwrap_or(&Json::Null);
        let field = self.schema.get(0).ok_or("it sends nothing")?;
        let value = self.allowed.check(wish, &field.field_type)?;
        let named = operation.arguments.get("key");
        let keys = &self.context.keys;
        let key = match meant_machine(named, self.machines.iter().copied(), keys)? {
            Some(key) => key,
            // Before the first record, it is the flow's only machine or none of them.
            None => keys.intern("").ok_or("the flow has too many machines")?,
        };
        let mut builder = BatchBuilder::new(Arc::clone(&self.schema), 1);
        builder.push(now, key, [value]);
        let batch = builder.finish(Receipt::none());
        if self.slot.is_none() {
            // Nothing else tells what holds now.
            self.feed.push(&batch, [batch.column(0).map(|column| &**column)]);
        }
        out.emit(0, batch);
        Ok(serde_json::json!({ "value": wish }))
    }
}
