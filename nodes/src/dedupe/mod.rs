//! `dedupe`: lets a record through that did not come before.

mod memory;
mod run;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor, value::SeqAccessDeserializer};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Output, Part, Role};

use run::{Compared, Deduping};

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
    const DOC: &'static str = r#"Drops records that came already, for each machine by itself. It is for devices that send a reading twice, as after a lost
connection, and for what slips through a chain of brokers. (What its own broker sends again after a crash, `mqtt-in` knows
by itself.)

With `by: seq` a record came already when one with the same `seq` did; `by: [boot, seq]` compares both fields. Without `by`,
its time and all its fields must be the same: good for devices that send their own time (`time:` of `mqtt-in`). A record that
lacks a field of `by` is let through. What the node dropped is the difference of its counters `in` and `out`.

Of each machine the last `window` records are remembered, 1,024 by default. Choose it larger than what can come again, and
smaller than the numbers of a counter that begins again (0 to 255, say). When a device starts and counts from 0 again, its
first readings can be among those that are remembered, and would be dropped; with a field that changes with each start, as
in `by: [boot, seq]`, they are not. In any case a value is forgotten `window` records later, whether those were dropped
or not: no device is silenced for good. When most of a window is dropped in a row, Problems tells it.

What came is remembered over restarts, under the names in `by`: with other names it begins anew. Only what every sink has
safely is saved, every 10 seconds and when the flow stops. So a record that gets lost behind the node is let through when it
comes again; and a device that sends twice can get through once more after a crash, never after an orderly stop.

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
        let (compared, part) = match &config.by {
            None => (Compared::Everything, "records".to_owned()),
            Some(by) => {
                let names = match &by.value {
                    By::One(name) => vec![Spanned::new(name.clone(), by.span)],
                    By::All(names) => names.clone(),
                };
                let slots: Vec<_> = names.iter().map(|name| check.field(name)).collect();
                let slots: Option<Vec<_>> = slots.into_iter().map(|found| Some(found?.0)).collect();
                let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
                (Compared::Fields(slots?), names.join(", "))
            }
        };
        let window = config.window.unwrap_or(DEFAULT_WINDOW);
        let part: Arc<str> = part.into();
        let make =
            move |context: &NodeContext| Ok(Deduping::new(compared.clone(), &part, window.get(), context));
        Some(Checked {
            outputs: vec![Output::main((*check.input()).clone())],
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}
