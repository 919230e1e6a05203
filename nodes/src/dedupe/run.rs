//! Telling what came already while records run through.

use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::Arc;

use siphasher::sip128::{Hasher128, SipHasher13};
use tokio::sync::oneshot::{Receiver, error::TryRecvError};
use tokio::time::Instant;
use twinflow_engine::node::{Emitter, Memory, NodeContext, Transform};
use twinflow_engine::record::{Batch, Delivery, Key, Receipt, Value};

use crate::seen::{Identity, Seen};

/// What makes two records the same.
#[derive(Clone)]
pub(super) enum Compared {
    /// Their time and all their fields.
    Everything,
    /// The fields in these slots.
    Fields(Vec<usize>),
}

impl Compared {
    /// Nothing for a record that lacks a field.
    fn identity(&self, batch: &Batch, row: usize) -> Option<Identity> {
        // Without keys of its own: what is saved means the same in the next run.
        let mut hasher = SipHasher13::new();
        match self {
            Self::Everything => {
                hasher.write_i64(batch.times().get(row)?.0);
                (0..batch.schema().width()).for_each(|slot| hash(&batch.value(row, slot), &mut hasher));
            }
            Self::Fields(slots) => {
                for slot in slots {
                    let value = batch.value(row, *slot);
                    if value == Value::Missing {
                        return None;
                    }
                    hash(&value, &mut hasher);
                }
            }
        }
        Some(hasher.finish128().as_u128())
    }
}

fn hash(value: &Value, hasher: &mut SipHasher13) {
    let mut text = |kind: u8, text: &str| {
        hasher.write_u8(kind);
        hasher.write_u64(text.len() as u64);
        hasher.write(text.as_bytes());
    };
    match value {
        Value::Text(value) => text(1, value),
        Value::Json(value) => text(2, &value.to_string()),
        Value::Missing => hasher.write_u8(0),
        Value::Boolean(value) => hasher.write(&[3, u8::from(*value)]),
        Value::Integer(value) => {
            hasher.write_u8(4);
            hasher.write_i64(*value);
        }
        Value::Time(value) => {
            hasher.write_u8(5);
            hasher.write_i64(value.0);
        }
        Value::Number(value) => {
            hasher.write_u8(6);
            // -0 is 0.
            hasher.write_u64((value + 0.0).to_bits());
        }
    }
}

/// What is known of one machine.
#[derive(Default)]
pub(super) struct Machine {
    pub seen: Seen,
    /// Whether it differs from what was saved.
    pub is_changed: bool,
    /// How many were dropped since the last that was let through.
    dropped_in_a_row: u32,
}

/// Records that were let through, and the end at which one learns that they are safe.
type UnderWay = (Receiver<Delivery>, Vec<(Key, Identity)>);

/// The run-time part.
pub(super) struct Deduping {
    compared: Compared,
    /// What its memory is saved as.
    pub part: Arc<str>,
    window: u32,
    pub machines: HashMap<Key, Machine>,
    under_way: Vec<UnderWay>,
    /// When its memory was saved lastly.
    pub saved: Option<Instant>,
    context: NodeContext,
}

impl Deduping {
    /// One that has seen nothing.
    pub fn new(compared: Compared, part: &Arc<str>, window: u32, context: &NodeContext) -> Self {
        Self {
            compared,
            part: Arc::clone(part),
            window,
            machines: HashMap::new(),
            under_way: Vec::new(),
            saved: None,
            context: context.clone(),
        }
    }

    /// What a sink lost is not acknowledged and comes again: then it must not be taken for what came already.
    pub fn settle(&mut self) {
        let machines = &mut self.machines;
        self.under_way.retain_mut(|(settled, records)| {
            let is_lost = match settled.try_recv() {
                Ok(delivery) => delivery == Delivery::Failed,
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Closed) => true,
            };
            for (key, identity) in records {
                let Some(machine) = machines.get_mut(key) else {
                    continue;
                };
                if is_lost {
                    machine.seen.forget(*identity);
                } else {
                    machine.seen.keep(*identity);
                    machine.is_changed = true;
                }
            }
            false
        });
    }

    fn is_new(&mut self, key: Key, identity: Identity) -> bool {
        let machine = self.machines.entry(key).or_default();
        if machine.seen.is_new(identity, self.window) {
            machine.dropped_in_a_row = 0;
            return true;
        }
        machine.dropped_in_a_row += 1;
        if machine.dropped_in_a_row == (self.window / 2).max(LONG_RUN) {
            let name = self.context.keys.name(key);
            let of = if name.is_empty() {
                String::new()
            } else {
                format!(" of `{name}`")
            };
            self.context.problems.report(
                "long repeat",
                format!(
                    "{} records{of} in a row came already and were dropped: if its numbers begin again, add a field \
                     to `by` that tells its starts apart, or make `window` smaller",
                    machine.dropped_in_a_row
                ),
            );
        }
        false
    }
}

/// Fewer repeats in a row than this are never worth telling.
const LONG_RUN: u32 = 10;

impl Transform for Deduping {
    fn memory(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }

    fn process(&mut self, mut batch: Batch, out: &mut Emitter) {
        self.settle();
        let mut kept = Vec::with_capacity(batch.len());
        let mut noted = Vec::with_capacity(batch.len());
        for row in 0..batch.len() {
            let key = batch.keys().get(row).copied().unwrap_or_default();
            match self.compared.identity(&batch, row) {
                None => kept.push(row),
                Some(identity) if self.is_new(key, identity) => {
                    kept.push(row);
                    noted.push((key, identity));
                }
                Some(_) => {}
            }
        }
        if !noted.is_empty() {
            let (receipt, settled) = Receipt::issue();
            batch.attach(receipt);
            self.under_way.push((settled, noted));
        }
        out.emit(0, batch.select(&kept));
    }
}
