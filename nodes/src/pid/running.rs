//! Loops at work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use twinflow_engine::node::{Emitter, Memory, NodeContext, Operable, Operation, Transform};
use twinflow_engine::record::{Batch, BatchBuilder, EventTime, Key, Receipt, Value};
use twinflow_engine::runtime::Feed;
use twinflow_engine::schema::Schema;
use twinflow_engine::unit::{Conversion, Unit};

use super::machine::{Danger, Machine, Rules};
use crate::meant_machine::meant_machine;
use crate::number_field::{NumberField, number_at};
use crate::silence::Passing;

/// What the records bring, where the set-point comes with them.
#[derive(Clone, Copy, Debug)]
pub(super) struct SetpointField {
    pub slot: usize,
    /// Into the unit of the measured value.
    pub conversion: Conversion,
}

/// What a loop is about.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub measured: NumberField,
    /// Nothing where people set the set-point.
    pub setpoint: Option<SetpointField>,
    pub output_unit: Unit,
    /// What a command has beside the output.
    pub beside: Vec<Value>,
    /// Of the commands.
    pub commands: Arc<Schema>,
    /// Of the feed.
    pub faceplate: Arc<Schema>,
    /// How long the sensor may be silent, as the flow writes it.
    pub stale: Arc<str>,
}

pub(super) struct Looping {
    pub context: NodeContext,
    pub feed: Arc<Feed>,
    pub subject: Arc<Subject>,
    pub rules: Rules,
    pub machines: BTreeMap<Key, Machine>,
    pub ticked: Passing,
}

/// What comes of a record, a tick or an operation: commands, and rows of the faceplate.
struct Told<'l> {
    subject: &'l Subject,
    commands: BatchBuilder,
    faceplate: BatchBuilder,
}

impl<'l> Told<'l> {
    fn new(subject: &'l Subject, rows: usize) -> Self {
        Self {
            subject,
            commands: BatchBuilder::new(Arc::clone(&subject.commands), rows),
            faceplate: BatchBuilder::new(Arc::clone(&subject.faceplate), rows),
        }
    }

    fn command(&mut self, time: EventTime, key: Key, output: Option<f64>) {
        if let Some(output) = output {
            let values = std::iter::once(Value::number(output)).chain(self.subject.beside.iter().cloned());
            self.commands.push(time, key, values);
        }
    }

    fn show(&mut self, time: EventTime, key: Key, machine: &Machine) {
        let number = |number: Option<f64>| number.map_or(Value::Missing, Value::number);
        let reason = match machine.danger {
            None => String::new(),
            Some(Danger::Silence) => format!("no reading for {}", self.subject.stale),
            Some(Danger::NoSetpoint) => "no set-point has come yet".to_owned(),
        };
        let values = [
            number(machine.measured),
            number(machine.setpoint),
            number(machine.output),
            Value::Text(machine.state().into()),
            Value::Text(reason.into()),
        ];
        self.faceplate.push(time, key, values);
    }

    fn finish(self, feed: &Feed, receipt: Receipt, out: &mut Emitter) {
        if !self.faceplate.is_empty() {
            let rows = self.faceplate.finish(Receipt::none());
            let columns = (0..rows.schema().width()).map(|slot| rows.column(slot).map(|column| &**column));
            feed.push(&rows, columns);
        }
        out.emit(0, self.commands.finish(receipt));
    }
}

impl Transform for Looping {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let subject = Arc::clone(&self.subject);
        let mut told = Told::new(&subject, batch.len());
        for (row, (time, key)) in batch.times().iter().zip(batch.keys()).enumerate() {
            let measured = subject.measured.value(&batch, row);
            let setpoint = subject.setpoint.and_then(|field| {
                let value = number_at(&batch, field.slot, row)?;
                Some(self.within(field.conversion.apply(value)))
            });
            let rules = &self.rules;
            let machine = self.machines.entry(*key).or_insert_with(|| Machine::new(rules));
            if machine.read(measured, setpoint, *time, rules) {
                told.command(*time, *key, machine.output);
            }
            told.show(*time, *key, machine);
        }
        told.finish(&self.feed, batch.receipt().clone(), out);
    }

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }

    fn operable(&mut self) -> Option<&mut dyn Operable> {
        Some(self)
    }

    fn tick_interval(&self) -> Option<Duration> {
        Some(Duration::from_secs_f64(self.rules.patience.tick_s()))
    }

    fn tick(&mut self, now: EventTime, out: &mut Emitter) {
        let passed_s = self.ticked.since(now, self.rules.patience.tick_s());
        let subject = Arc::clone(&self.subject);
        let mut told = Told::new(&subject, self.machines.len());
        for (key, machine) in &mut self.machines {
            let before = machine.danger;
            if machine.wait(passed_s, &self.rules) {
                told.command(now, *key, machine.output);
                told.show(now, *key, machine);
            }
            if before != machine.danger && machine.danger == Some(Danger::Silence) {
                let name = self.context.keys.name(*key);
                let of = match &*name {
                    "" => String::new(),
                    name => format!(" of `{name}`"),
                };
                self.context.problems.report(
                    "sensor lost",
                    format!(
                        "no reading of `{}`{of} for {}: the output is the safe one, {}",
                        subject.measured.name,
                        subject.stale,
                        with_unit(self.rules.safe, &subject.output_unit)
                    ),
                );
            }
        }
        told.finish(&self.feed, Receipt::none(), out);
    }
}

impl Looping {
    /// A set-point that comes with the records, held within what it may be.
    fn within(&self, setpoint: f64) -> f64 {
        let Some((low, high)) = self.rules.setpoint_range else {
            return setpoint;
        };
        if setpoint < low || setpoint > high {
            let unit = &self.subject.measured.unit;
            let message = format!(
                "{} is not within {} to {}",
                with_unit(setpoint, unit),
                with_unit(low, unit),
                with_unit(high, unit)
            );
            self.context.problems.report("set-point out of range", message);
        }
        setpoint.max(low).min(high)
    }

    fn wish(&self, operation: &Operation) -> Result<Wish, String> {
        let arguments = &operation.arguments;
        match operation.name.as_str() {
            "setpoint" if self.subject.setpoint.is_some() => {
                Err("the set-point of this loop comes with the records: a schedule leads it".to_owned())
            }
            "setpoint" => {
                let value = arguments.get("value").unwrap_or(&Json::Null);
                let unit = &self.subject.measured.unit;
                within(value, self.rules.setpoint_range, unit).map(Wish::Setpoint)
            }
            "manual" => match arguments.get("output") {
                None | Some(Json::Null) => Ok(Wish::Manual(None)),
                Some(value) => {
                    let unit = &self.subject.output_unit;
                    within(value, Some(self.rules.law.range), unit).map(|output| Wish::Manual(Some(output)))
                }
            },
            "automatic" => Ok(Wish::Automatic),
            other => Err(format!(
                "a loop can be asked for `setpoint`, `manual` and `automatic`, not for `{other}`"
            )),
        }
    }
}

/// What somebody asks of a loop.
enum Wish {
    Setpoint(f64),
    /// With this output, or the present one.
    Manual(Option<f64>),
    Automatic,
}

fn with_unit(number: f64, unit: &Unit) -> String {
    match unit.is_none() {
        true => format!("{number}"),
        false => format!("{number} {unit}"),
    }
}

/// A number within a range, or why it is not, for a person.
fn within(value: &Json, range: Option<(f64, f64)>, unit: &Unit) -> Result<f64, String> {
    let Some(number) = value.as_f64().filter(|number| number.is_finite()) else {
        return Err(format!("expected a number, found `{value}`"));
    };
    let (low, high) = range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
    if number < low {
        let (number, low) = (with_unit(number, unit), with_unit(low, unit));
        return Err(format!("{number} is below {low}, the least that is allowed"));
    }
    if number > high {
        let (number, high) = (with_unit(number, unit), with_unit(high, unit));
        return Err(format!("{number} is above {high}, the most that is allowed"));
    }
    Ok(number)
}

impl Operable for Looping {
    fn operate(&mut self, operation: &Operation, now: EventTime, out: &mut Emitter) -> Result<Json, String> {
        let wish = self.wish(operation)?;
        let named = operation.arguments.get("key");
        let key = meant_machine(named, self.machines.keys().copied(), &self.context.keys)?;
        let key = key.ok_or("no machine has reported yet")?;
        let machine = self.machines.get_mut(&key).ok_or("no machine has reported yet")?;
        let sends = match wish {
            Wish::Setpoint(setpoint) => {
                machine.aim(setpoint);
                false
            }
            Wish::Manual(output) => {
                let output = output.or(machine.output).ok_or(
                    "the loop has no output yet that could be held: give one, such as `{\"output\": 50}`",
                )?;
                machine.take_by_hand(output);
                true
            }
            Wish::Automatic => machine.take_automatically(&self.rules),
        };
        let subject = Arc::clone(&self.subject);
        let mut told = Told::new(&subject, 1);
        if sends {
            told.command(now, key, machine.output);
        }
        told.show(now, key, machine);
        let answer = json!({
            "key": &*self.context.keys.name(key),
            "mode": machine.state(),
            "setpoint": machine.setpoint,
            "output": machine.output,
        });
        told.finish(&self.feed, Receipt::none(), out);
        Ok(answer)
    }
}
