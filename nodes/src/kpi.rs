//! `kpi`: formulas with units.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::formula::syntax::Expression;
use twinflow_engine::formula::{Compiler, Evaluator};
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_engine::node::{
    Check, Checked, Emitter, Memory, NodeContext, NodeType, Output, Part, Role, Transform,
};
use twinflow_engine::record::Batch;
use twinflow_engine::schema::{Field, Schema};

use crate::field_spec::{check_field_name, ordered, warn_if_exceeded};

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
        if config.values.iter().next().is_none() {
            let diagnostic =
                Diagnostic::new(Code::MissingField, check.span(), "`kpi` needs at least one value");
            check.report(diagnostic.with_help("such as `values: { power: 230 V * current }`"));
            return None;
        }
        let mut compiler = Compiler::new(&input);
        let mut entries: Vec<Entry<'_>> = Vec::new();
        let mut whole = true;
        for (name, value) in config.values.iter() {
            match parse(name, value, check) {
                Some(entry) => entries.push(entry),
                None => {
                    compiler.add_unknown(name);
                    whole = false;
                }
            }
        }
        let (order, stuck) = in_order(&entries);
        if !stuck.is_empty() {
            report_cycles(&stuck, check);
            whole = false;
        }
        for entry in &stuck {
            compiler.add_unknown(entry.name);
        }
        let mut schema = (*input).clone();
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
            decode: None,
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

/// The values so that each comes after those it uses, in the order of the text where that leaves a choice; and those
/// that cannot be ordered so, since they need each other.
fn in_order<'e, 'c>(entries: &'e [Entry<'c>]) -> (Vec<&'e Entry<'c>>, Vec<&'e Entry<'c>>) {
    let by_name: HashMap<&str, usize> = entries
        .iter()
        .enumerate()
        .map(|(number, entry)| (entry.name.value.as_str(), number))
        .collect();
    let mut missing: Vec<usize> = vec![0; entries.len()];
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); entries.len()];
    for ((number, entry), missing) in entries.iter().enumerate().zip(&mut missing) {
        entry.expression.names(&mut |name, _| {
            if let Some(users) = by_name.get(name).and_then(|needed| users.get_mut(*needed)) {
                users.push(number);
                *missing += 1;
            }
        });
    }
    let free = missing.iter().enumerate().filter(|(_, missing)| **missing == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = free.map(|(number, _)| Reverse(number)).collect();
    let mut order = Vec::with_capacity(entries.len());
    while let Some(Reverse(number)) = ready.pop() {
        order.extend(entries.get(number));
        for user in users.get(number).into_iter().flatten() {
            if let Some(missing) = missing.get_mut(*user) {
                *missing -= 1;
                if *missing == 0 {
                    ready.push(Reverse(*user));
                }
            }
        }
    }
    let stuck = entries.iter().zip(&missing).filter(|(_, missing)| **missing > 0);
    (order, stuck.map(|(entry, _)| entry).collect())
}

/// Reports every ring among values that could not be ordered, as a path.
fn report_cycles(stuck: &[&Entry<'_>], check: &mut Check<'_>) {
    let by_name: HashMap<&str, &Entry<'_>> = stuck
        .iter()
        .map(|entry| (entry.name.value.as_str(), *entry))
        .collect();
    let mut seen: HashSet<&str> = HashSet::new();
    for start in stuck {
        // Each of them needs another one of them: following the needs leads into a ring.
        let mut path: Vec<&Entry<'_>> = Vec::new();
        let mut next = Some(*start);
        while let Some(entry) = next.filter(|entry| seen.insert(&entry.name.value)) {
            path.push(entry);
            next = None;
            entry
                .expression
                .names(&mut |name, _| next = next.or(by_name.get(name).copied()));
        }
        let Some(again) = next else { continue };
        let Some(from) = path.iter().position(|entry| std::ptr::eq(*entry, again)) else {
            continue;
        };
        let ring = path
            .get(from..)
            .unwrap_or_default()
            .iter()
            .copied()
            .chain([again]);
        let names: Vec<&str> = ring.map(|entry| entry.name.value.as_str()).collect();
        let message = format!("these values need themselves: {}", names.join(" → "));
        check.report(
            Diagnostic::new(Code::Cycle, again.name.span, message)
                .with_help("a value from the reading before comes with `previous(x)` of a field"),
        );
    }
}

fn compile(
    entry: &Entry<'_>,
    compiler: &mut Compiler<'_>,
    schema: &mut Schema,
    check: &mut Check<'_>,
) -> Option<()> {
    let unit = entry.value.unit.as_ref().map(|unit| check.unit(unit));
    let range = entry.value.range.as_ref().map(|range| ordered(range, check));
    let result = match compiler.add(entry.name, &entry.expression, unit.clone().flatten().as_ref()) {
        Ok(result) => result,
        Err(errors) => {
            check.report_formula(&entry.text, errors);
            return None;
        }
    };
    if unit == Some(None) {
        // What the formula gives is known, but not in which unit the others get it.
        compiler.add_unknown(entry.name);
        return None;
    }
    // A formula that uses what was reported before has no type yet, and is no field of the record that can be told.
    let Some(result) = result else { return Some(()) };
    let mut field = Field::new(entry.name.value.as_str(), result.field_type);
    field.optional = result.optional;
    field.range = match range {
        Some(range) => Some(range?),
        None => None,
    };
    if let (Some(range), Some(place)) = (field.range, &entry.value.range) {
        let whose = format!("`{}`", entry.name.value);
        warn_if_exceeded(range, compiler.bounds(), &field, &whose, place.span, check);
    }
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

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        self.evaluator
            .remembers()
            .then_some(&mut self.evaluator as &mut dyn Memory)
    }
}
