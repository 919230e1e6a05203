//! `dedupe`: lets a record through that did not come before.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hasher;
use std::num::NonZeroU32;

use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor, value::SeqAccessDeserializer};
use siphasher::sip128::{Hasher128, SipHasher13};
use tokio::sync::oneshot::{Receiver, error::TryRecvError};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, Checked, Emitter, NodeContext, NodeType, Output, Part, Role, Transform};
use twinflow_engine::record::{Batch, Delivery, Key, Receipt, Value};

use crate::seen::{Identity, Seen};

/// The node type.
pub struct Dedupe;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The field, or the fields, that tell one record from another, such as `seq`; by default its time and all fields.
    by: Option<Spanned<By>>,
    /// How many records of a machine are remembered; 1,024 by default.
    #[schemars(range(min = 1, max = 100_000))]
    window: Option<NonZeroU32>,
}

/// Names of fields.
#[derive(Debug)]
pub enum By {
    /// A single one, whose place the outer span has.
    One(String),
    /// Several.
    All(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for By {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByVisitor;

        impl<'de> Visitor<'de> for ByVisitor {
            type Value = By;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field, or a list of names")
            }

            fn visit_str<E>(self, name: &str) -> Result<By, E> {
                Ok(By::One(name.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, names: A) -> Result<By, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(names)).map(By::All)
            }
        }

        deserializer.deserialize_any(ByVisitor)
    }
}

impl JsonSchema for By {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DedupeBy".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> JsonSchemaValue {
        json_schema!({
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }]
        })
    }
}

const DEFAULT_WINDOW: NonZeroU32 = match NonZeroU32::new(1024) {
    Some(window) => window,
    None => NonZeroU32::MIN,
};

impl NodeType for Dedupe {
    const NAME: &'static str = "dedupe";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Drops records that came already, for each machine by itself. Readings come twice after a restart or a lost connection: the
broker sends again what was not acknowledged.

With `by: seq` a record came already when one with the same `seq` did; `by: [boot, seq]` compares both fields. Without `by`,
its time and all its fields must be the same: good for devices that send their own time (`time:` of `mqtt-in`). A record that
lacks a field of `by` is let through. What the node dropped is the difference of its counters `in` and `out`.

Of each machine the last `window` records are remembered, 1,024 by default. Choose it larger than what can come again, and
smaller than the numbers of a counter that begins again (0 to 255, say). When a device starts and counts from 0 again, its
first readings can be among those that are remembered, and would be dropped; with a field that changes with each start, as
in `by: [boot, seq]`, they are not. In any case a value is forgotten `window` records later, whether those were dropped
or not: no device is silenced for good. When most of a window is dropped in a row, Problems tells it.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    fields: { seq: { type: integer }, temp: { unit: °C } }
  once: { type: dedupe, from: fan, by: seq }
  log: { type: csv-sink, from: once, file: data/fan.csv }

tests:
  what the broker sends again is dropped:
    given: { fan: [{ seq: 1, temp: 20 }, { seq: 2, temp: 21 }, { seq: 1, temp: 20 }, { seq: 3, temp: 21 }] }
    expect: { once: [{ seq: 1 }, { seq: 2 }, { seq: 3 }] }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let compared = match &config.by {
            None => Compared::Everything,
            Some(by) => {
                let names = match &by.value {
                    By::One(name) => vec![Spanned::new(name.clone(), by.span)],
                    By::All(names) => names.clone(),
                };
                let slots: Vec<_> = names.iter().map(|name| check.field(name)).collect();
                let slots: Option<Vec<_>> = slots.into_iter().map(|found| Some(found?.0)).collect();
                Compared::Fields(slots?)
            }
        };
        let window = config.window.unwrap_or(DEFAULT_WINDOW);
        let make = move |context: &NodeContext| {
            Ok(Deduping {
                compared: compared.clone(),
                window: window.get(),
                machines: HashMap::new(),
                under_way: Vec::new(),
                context: context.clone(),
            })
        };
        Some(Checked {
            outputs: vec![Output::main((*check.input()).clone())],
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}

/// What makes two records the same.
#[derive(Clone)]
enum Compared {
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
struct Machine {
    seen: Seen,
    /// How many were dropped since the last that was let through.
    dropped_in_a_row: u32,
}

/// Records that were let through, and the end at which one learns that they are safe.
type UnderWay = (Receiver<Delivery>, Vec<(Key, Identity)>);

/// The run-time part.
struct Deduping {
    compared: Compared,
    window: u32,
    machines: HashMap<Key, Machine>,
    under_way: Vec<UnderWay>,
    context: NodeContext,
}

impl Deduping {
    /// What a sink lost is not acknowledged and comes again: then it must not be taken for what came already.
    fn settle(&mut self) {
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
