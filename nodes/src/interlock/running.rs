//! An interlock at work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use twinflow_engine::formula::Evaluator;
use twinflow_engine::node::{Emitter, Memory, NodeContext, Operable, Operation, Refusal, Transform};
use twinflow_engine::record::{Batch, BatchBuilder, EventTime, Key, Receipt, Value};
use twinflow_engine::schema::{Field, Schema};

use crate::meant_machine::meant_machine;
use crate::silence::{Passing, Patience, Silence};

/// A field of commands.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    /// In the records that arrive.
    pub slot: usize,
    /// With the range that holds here.
    pub field: Field,
    /// Whether a value out of range becomes the nearest one within.
    pub clamps: bool,
    /// The condition that permits it, as the flow has it.
    pub permit: Option<Arc<str>>,
}

/// A condition that forces values.
#[derive(Clone, Debug)]
pub(super) struct Trip {
    pub name: Arc<str>,
    /// As the flow has it.
    pub when: Arc<str>,
    /// By guard; missing where nothing is forced.
    pub force: Vec<Value>,
    pub latches: bool,
}

#[derive(Debug)]
pub(super) struct Rules {
    pub guards: Vec<Guard>,
    pub trips: Vec<Trip>,
    pub patience: Option<Patience>,
    /// Of the commands that leave.
    pub schema: Arc<Schema>,
}

pub(super) struct Guarding {
    pub context: NodeContext,
    pub rules: Arc<Rules>,
    /// First those that permit, then those of the trips.
    pub evaluator: Evaluator,
    pub machines: BTreeMap<Key, Machine>,
    pub ticked: Passing,
}

/// What is known of a machine.
#[derive(Clone, Debug, Default)]
pub(super) struct Machine {
    /// What each condition was lastly, in the order of the evaluator; fewer while nothing is known.
    holds: Vec<Option<bool>>,
    /// The trips that are active, by number.
    pub tripped: Vec<bool>,
    silence: Silence,
    pub is_changed: bool,
}

impl Machine {
    fn holds(&self, condition: usize) -> Option<bool> {
        self.holds.get(condition).copied().flatten()
    }

    /// Whether a trip is active.
    pub fn has_tripped(&self, trip: usize) -> bool {
        self.tripped.get(trip).copied().unwrap_or_default()
    }

    /// Makes a trip active or not; whether that changes something.
    pub fn set_tripped(&mut self, trip: usize, active: bool) -> bool {
        if self.tripped.len() <= trip {
            self.tripped.resize(trip + 1, false);
        }
        let before = self
            .tripped
            .get_mut(trip)
            .map(|tripped| std::mem::replace(tripped, active));
        let is_new = before.is_some_and(|before| before != active);
        self.is_changed |= is_new;
        is_new
    }

    /// Lets the trips follow their conditions: those that have become active.
    fn judge(&mut self, rules: &Rules) -> Vec<usize> {
        let first = rules.permits();
        let mut new = Vec::new();
        for (number, trip) in rules.trips.iter().enumerate() {
            let holds = match self.silence.is_too_long() {
                true => Some(true),
                false => self.holds(first + number),
            };
            match holds {
                Some(true) if self.set_tripped(number, true) => new.push(number),
                Some(false) if !trip.latches => drop(self.set_tripped(number, false)),
                _ => {}
            }
        }
        new
    }

    /// What is forced now, by guard; missing where nothing is.
    fn forced(&self, rules: &Rules) -> Vec<Value> {
        let mut forced = vec![Value::Missing; rules.guards.len()];
        let active = rules.trips.iter().enumerate();
        for (_, trip) in active.filter(|(number, _)| self.has_tripped(*number)) {
            for (forced, value) in forced.iter_mut().zip(&trip.force) {
                // Of two trips the first one has its way.
                if *forced == Value::Missing {
                    *forced = value.clone();
                }
            }
        }
        forced
    }

    /// The command in a row as it may leave, or why it may not.
    fn admit(&self, batch: &Batch, row: usize, rules: &Rules) -> Result<Vec<Value>, String> {
        let forced = self.forced(rules);
        let mut permits = 0..;
        let mut values = Vec::with_capacity(rules.guards.len());
        for (guard, forced) in rules.guards.iter().zip(forced) {
            let permit = guard
                .permit
                .as_ref()
                .and_then(|permit| Some((permit, permits.next()?)));
            let value = batch.value(row, guard.slot);
            if value == Value::Missing || forced != Value::Missing {
                values.push(forced);
                continue;
            }
            if let Some((permit, condition)) = permit
                && (self.holds(condition) != Some(true) || self.silence.is_too_long())
            {
                return Err(format!(
                    "`{}` may be commanded only while `{permit}`",
                    guard.field.name
                ));
            }
            values.push(match (beyond(&value, guard.field.range), guard.field.range) {
                (Some(nearest), _) if guard.clamps => nearest,
                (Some(_), Some((low, high))) => {
                    let found = value.to_json();
                    return Err(format!(
                        "`{}` is {found}, allowed is {low} to {high}",
                        guard.field.name
                    ));
                }
                _ => value,
            });
        }
        Ok(values)
    }
}

impl Rules {
    fn permits(&self) -> usize {
        self.guards.iter().filter(|guard| guard.permit.is_some()).count()
    }
}

/// Of a number out of range, the nearest within.
pub(super) fn beyond(value: &Value, range: Option<(f64, f64)>) -> Option<Value> {
    let (low, high) = range?;
    match value {
        Value::Number(number) if !(low..=high).contains(number) => {
            Some(Value::number(number.max(low).min(high)))
        }
        // Whole numbers stay whole.
        Value::Integer(number) if (*number as f64) < low => Some(Value::Integer(low.ceil() as i64)),
        Value::Integer(number) if (*number as f64) > high => Some(Value::Integer(high.floor() as i64)),
        _ => None,
    }
}

impl Transform for Guarding {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let rules = Arc::clone(&self.rules);
        let conditions = self.evaluator.evaluate(&batch);
        let mut leaving = BatchBuilder::new(Arc::clone(&rules.schema), batch.len());
        for (row, (time, key)) in batch.times().iter().zip(batch.keys()).enumerate() {
            let machine = self.machines.entry(*key).or_default();
            machine.holds.resize(conditions.len(), None);
            let mut is_judged = false;
            for (known, condition) in machine.holds.iter_mut().zip(&conditions) {
                if let Value::Boolean(holds) = condition.value(row) {
                    *known = Some(holds);
                    is_judged = true;
                }
            }
            if is_judged {
                machine.silence.end();
                let new = machine.judge(&rules);
                if !new.is_empty() {
                    leaving.push(*time, *key, machine.forced(&rules));
                    tell(&self.context, &rules, *key, &new, false);
                }
            }
            let is_command = |guard: &Guard| batch.value(row, guard.slot) != Value::Missing;
            if !rules.guards.iter().any(is_command) {
                continue;
            }
            match machine.admit(&batch, row, &rules) {
                Ok(values) => leaving.push(*time, *key, values),
                Err(reason) => out.reject(
                    &batch,
                    row,
                    Refusal {
                        kind: "interlock",
                        reason,
                    },
                ),
            }
        }
        out.emit(0, leaving.finish(batch.receipt().clone()));
    }

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }

    fn operable(&mut self) -> Option<&mut dyn Operable> {
        Some(self)
    }

    fn tick_interval(&self) -> Option<Duration> {
        let tick_s = self.rules.patience?.tick_s();
        Some(Duration::from_secs_f64(tick_s))
    }

    fn tick(&mut self, now: EventTime, out: &mut Emitter) {
        let rules = Arc::clone(&self.rules);
        let Some(patience) = rules.patience else { return };
        let passed_s = self.ticked.since(now, patience.tick_s());
        let mut leaving = BatchBuilder::new(Arc::clone(&rules.schema), self.machines.len());
        for (key, machine) in &mut self.machines {
            if !machine.silence.wait(passed_s, patience) {
                continue;
            }
            let new = machine.judge(&rules);
            if !new.is_empty() {
                leaving.push(now, *key, machine.forced(&rules));
                tell(&self.context, &rules, *key, &new, true);
            }
        }
        out.emit(0, leaving.finish(Receipt::none()));
    }
}

fn tell(context: &NodeContext, rules: &Rules, key: Key, trips: &[usize], is_silent: bool) {
    for trip in trips.iter().filter_map(|number| rules.trips.get(*number)) {
        let name = context.keys.name(key);
        let of = match &*name {
            "" => String::new(),
            name => format!(" of `{name}`"),
        };
        let why = match is_silent {
            true => "no reading comes",
            false => &*trip.when,
        };
        context
            .problems
            .report("tripped", format!("`{}`{of}: {why}", trip.name));
    }
}

impl Operable for Guarding {
    fn operate(&mut self, operation: &Operation, _: EventTime, _: &mut Emitter) -> Result<Json, String> {
        if operation.name != "reset" {
            return Err(format!(
                "an interlock can be asked to `reset`, not to `{}`",
                operation.name
            ));
        }
        let named = operation.arguments.get("key");
        let key = meant_machine(named, self.machines.keys().copied(), &self.context.keys)?;
        let machine = key.and_then(|key| self.machines.get_mut(&key));
        let machine = machine.ok_or("no machine has reported yet")?;
        let first = self.rules.permits();
        let active: Vec<usize> = (0..self.rules.trips.len())
            .filter(|trip| machine.has_tripped(*trip))
            .collect();
        let stands =
            |trip: &&usize| machine.silence.is_too_long() || machine.holds(first + **trip) != Some(false);
        if let Some(trip) = active
            .iter()
            .find(stands)
            .and_then(|trip| self.rules.trips.get(*trip))
        {
            return Err(format!(
                "`{}` cannot be reset: `{}` is not known to be over",
                trip.name, trip.when
            ));
        }
        let names = active.iter().filter_map(|trip| self.rules.trips.get(*trip));
        let names: Vec<&str> = names.map(|trip| &*trip.name).collect();
        for trip in &active {
            machine.set_tripped(*trip, false);
        }
        match names.is_empty() {
            true => Err("nothing has tripped here".to_owned()),
            false => Ok(json!({ "reset": names })),
        }
    }
}
