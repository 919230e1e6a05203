//! A control at work.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;
use twinflow_engine::node::{Emitter, NodeContext, Operable, Operation, Transform};
use twinflow_engine::record::{Batch, BatchBuilder, EventTime, Key, Receipt};
use twinflow_engine::runtime::Feed;
use twinflow_engine::schema::Schema;

use super::allowed::Allowed;

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
        let key = self.machine(operation.arguments.get("key"))?;
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

impl Controlling {
    /// The machine that is meant: it need not be named as long as there is only one.
    fn machine(&self, named: Option<&Json>) -> Result<Key, String> {
        let known = || {
            let names = self.machines.iter().map(|key| self.context.keys.name(*key));
            names
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        match named {
            Some(Json::String(name)) => {
                let mut keys = self.machines.iter().copied();
                keys.find(|key| *self.context.keys.name(*key) == **name)
                    .ok_or_else(|| match self.machines.is_empty() {
                        true => format!("no machine has reported yet, `{name}` neither"),
                        false => format!("there is no machine `{name}`; there is {}", known()),
                    })
            }
            Some(Json::Null) | None => {
                let mut keys = self.machines.iter().copied();
                match (keys.next(), keys.next()) {
                    (Some(only), None) => Ok(only),
                    (Some(_), Some(_)) => Err(format!("say which machine is meant: {}", known())),
                    // Before the first record, it is the flow's only machine or none of them.
                    (None, _) => self
                        .context
                        .keys
                        .intern("")
                        .ok_or_else(|| "the flow has too many machines".to_owned()),
                }
            }
            Some(other) => Err(format!("`key` is the name of a machine, found `{other}`")),
        }
    }
}
