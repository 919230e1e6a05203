//! `kpi`: formulas with units.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::formula::syntax::Expression;
use twinflow_engine::formula::{Compiler, Evaluator};
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_engine::node::{Check, Checked, Emitter, NodeContext, NodeType, Output, Part, Role, Transform};
use twinflow_engine::record::Batch;
use twinflow_engine::schema::{Field, Schema};

use crate::field_spec::{check_field_name, ordered};

/// The node type.
pub struct Kpi;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The values to compute by name: a formula each, or a formula with unit, range and title.
    values: Ordered<Spanned<Value>>,
}

/// A value to compute.
#[derive(Debug)]
pub struct Value {
    /// Nothing when it is the scalar itself, whose place the outer span has.
    formula: Formula,
    unit: Option<Spanned<String>>,
    range: Option<Spanned<[f64; 2]>>,
    title: Option<String>,
}

#[derive(Debug)]
enum Formula {
    Whole(String),
    Part(Spanned<String>),
}

/// The long form of a value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LongValue {
    /// The formula, such as `230 V * current`.
    formula: Spanned<String>,
    /// The unit of the result; the formula's own by default.
    unit: Option<Spanned<String>>,
    /// Least and greatest value that is meant to be reached.
    range: Option<Spanned<[f64; 2]>>,
    /// What people call it.
    title: Option<String>,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl ValueVisitor {
            fn short(text: impl ToString) -> Value {
                Value {
                    formula: Formula::Whole(text.to_string()),
                    unit: None,
                    range: None,
                    title: None,
                }
            }
        }

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a formula, or a mapping with a formula")
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Self::short(text))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Self::short(number))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                Ok(Self::short(number))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
                let LongValue {
                    formula,
                    unit,
                    range,
                    title,
                } = LongValue::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Value {
                    formula: Formula::Part(formula),
                    unit,
                    range,
                    title,
                })
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

impl JsonSchema for Value {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "KpiValue".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> JsonSchemaValue {
        let long = generator.subschema_for::<LongValue>();
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "number" }, long] })
    }
}

impl NodeType for Kpi {
    const NAME: &'static str = "kpi";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Computes values by formulas. Units are checked and carried along: `230 V * current` is a power in W, and adding a
current to a temperature is an error before the flow starts.

A formula uses the fields of the record and the other values of the node, in any order. `+ - * / ^`, comparisons, `and`,
`or`, `not`; `x in kWh` converts. Over time, for each machine by itself: `rate(x)` is the change per second, `integral(x)`
the sum of value and time, `delta(x)` and `previous(x)` look at the reading before. The others: `abs`, `min`, `max`,
`clamp`, `round`, `floor`, `ceil`, `sign`, `sqrt`, `exp`, `ln`, `log10`, `sin`, `cos`, `if(condition, then, otherwise)`,
`default(x, otherwise)`, `is_missing(x)`.

An integral does not run across a silence of more than a minute, and a late reading does not change it.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { current: { unit: A }, temp: { unit: °C } } }
  kpis:
    type: kpi
    from: fan
    values:
      power:        230 V * current
      energy:       integral(power) in Wh
      cooling_rate: { formula: -rate(temp), range: [-0.5, 0.5] }
      too_hot:      temp > 45 °C and power > 300 W
  show: { type: dashboard-widget, from: kpis, widget: value, group: Fan, fields: [power, energy] }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let input = check.input();
        let parsed: Vec<Option<Entry<'_>>> = config
            .values
            .iter()
            .map(|(name, value)| parse(name, value, check))
            .collect();
        let entries: Vec<Entry<'_>> = parsed.into_iter().collect::<Option<_>>()?;
        let order = in_order(&entries, check)?;
        let mut compiler = Compiler::new(&input);
        let mut schema = (*input).clone();
        let mut whole = true;
        for entry in order {
            whole &= compile(entry, &mut compiler, &mut schema, check).is_some();
        }
        if !whole {
            return None;
        }
        let program = compiler.finish();
        let output = Output::main(schema);
        let extended = Arc::clone(&output.schema);
        let make = move |_: &NodeContext| {
            Ok(Computing {
                evaluator: Evaluator::new(program.clone()),
                schema: Arc::clone(&extended),
            })
        };
        Some(Checked {
            outputs: vec![output],
            part: Part::transform(make),
            view: None,
        })
    }
}

/// A value whose formula could be read.
struct Entry<'c> {
    name: &'c Spanned<String>,
    value: &'c Value,
    text: Spanned<String>,
    expression: Expression,
}

fn parse<'c>(
    name: &'c Spanned<String>,
    value: &'c Spanned<Value>,
    check: &mut Check<'_>,
) -> Option<Entry<'c>> {
    let text = match &value.formula {
        Formula::Whole(text) => Spanned::new(text.clone(), value.span),
        Formula::Part(text) => text.clone(),
    };
    let expression = check.formula(&text);
    check_field_name(name, check)?;
    Some(Entry {
        name,
        value: &value.value,
        text,
        expression: expression?,
    })
}

/// The values so that each comes after those it uses; a report when some use each other.
fn in_order<'e, 'c>(entries: &'e [Entry<'c>], check: &mut Check<'_>) -> Option<Vec<&'e Entry<'c>>> {
    let by_name: HashMap<&str, usize> = entries
        .iter()
        .enumerate()
        .map(|(number, entry)| (entry.name.value.as_str(), number))
        .collect();
    let mut placed = vec![false; entries.len()];
    let mut order: Vec<&Entry<'c>> = Vec::new();
    // As many rounds as values: each places all whose needs are there, in the order of the text.
    while order.len() < entries.len() {
        let before = order.len();
        for (number, entry) in entries.iter().enumerate() {
            let mut ready = placed.get(number) == Some(&false);
            entry.expression.names(&mut |name, _| {
                let needed = by_name.get(name).and_then(|number| placed.get(*number));
                ready &= needed.is_none_or(|placed| *placed);
            });
            if ready {
                order.push(entry);
                if let Some(placed) = placed.get_mut(number) {
                    *placed = true;
                }
            }
        }
        if order.len() == before {
            let stuck: Vec<&Entry<'_>> = entries
                .iter()
                .zip(&placed)
                .filter(|(_, placed)| !**placed)
                .map(|(entry, _)| entry)
                .collect();
            let names: Vec<&str> = stuck.iter().map(|entry| entry.name.value.as_str()).collect();
            let span = stuck.first().map_or(check.span(), |entry| entry.name.span);
            let message = format!("these values need each other: {}", names.join(", "));
            check.report(
                Diagnostic::new(Code::Cycle, span, message)
                    .with_help("a value from the reading before comes with `previous(x)` of a field"),
            );
            return None;
        }
    }
    Some(order)
}

fn compile(
    entry: &Entry<'_>,
    compiler: &mut Compiler<'_>,
    schema: &mut Schema,
    check: &mut Check<'_>,
) -> Option<()> {
    let unit = match &entry.value.unit {
        Some(unit) => Some(check.unit(unit)?),
        None => None,
    };
    let range = match &entry.value.range {
        Some(range) => Some(ordered(range, check)?),
        None => None,
    };
    let result = match compiler.add(entry.name, &entry.expression, unit.as_ref()) {
        Ok(result) => result,
        Err(errors) => {
            check.report_formula(&entry.text, errors);
            return None;
        }
    };
    let mut field = Field::new(entry.name.value.as_str(), result.field_type);
    field.optional = result.optional;
    field.range = range;
    field.title.clone_from(&entry.value.title);
    check.extend(schema, field, entry.name.span)?;
    Some(())
}

/// The run-time part.
struct Computing {
    evaluator: Evaluator,
    schema: Arc<Schema>,
}

impl Transform for Computing {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let columns = self.evaluator.evaluate(&batch);
        out.emit(0, batch.extended(&self.schema, columns));
    }
}
