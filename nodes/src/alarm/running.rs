//! An alarm node at work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use twinflow_engine::formula::Evaluator;
use twinflow_engine::node::{Emitter, Memory, NodeContext, Operable, Operation, Transform};
use twinflow_engine::record::{Batch, BatchBuilder, Column, EventTime, Key, Receipt, Value};
use twinflow_engine::runtime::Feed;
use twinflow_engine::schema::Schema;

use super::condition::{Condition, Sign};
use super::lifecycle::{Delays, Life, State};
use super::slope::Slope;
use crate::number_field::number_at;

/// Silence and the end of a shelf are looked for so often.
const TICK: Duration = Duration::from_millis(250);
/// Nobody forgets an alarm on the shelf for longer than a shift or two.
const LONGEST_SHELF_MINUTES: f64 = 24.0 * 60.0;

pub(super) struct Alarming {
    pub context: NodeContext,
    pub feed: Arc<Feed>,
    pub conditions: Arc<[Condition]>,
    /// The slot of the value that is told.
    pub value_slot: Option<usize>,
    pub when: Option<Evaluator>,
    pub suppress: Option<Evaluator>,
    pub delays: Delays,
    pub schema: Arc<Schema>,
    pub machines: BTreeMap<Key, Machine>,
    /// How many alarms of all machines are not normal.
    pub standing: usize,
}

/// The alarms of one machine.
#[derive(Default)]
pub(super) struct Machine {
    /// By condition; fewer than there are conditions while nothing has happened.
    pub lives: Vec<Life>,
    /// What tells how fast the field changes.
    slope: Slope,
    /// Those that changed since they were saved.
    pub changed: BTreeSet<usize>,
    /// Whether a record has come since the last tick, and when one that saw some was.
    has_reported: bool,
    reported: Option<EventTime>,
}

impl Machine {
    pub fn life(&mut self, condition: usize) -> &mut Life {
        if self.lives.len() <= condition {
            self.lives.resize_with(condition + 1, Life::default);
        }
        #[allow(clippy::indexing_slicing, reason = "it has just been made long enough")]
        &mut self.lives[condition]
    }
}

/// A change of an alarm, as it was when it happened: the same batch may bring the next.
struct Change {
    time: EventTime,
    key: Key,
    /// In the order of [`super::events`].
    values: Vec<Value>,
}

/// The values of an event, in the order of [`super::events`].
fn event(condition: &Condition, life: &Life, by: Option<Arc<str>>, value_slot: Option<usize>) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.into());
    let mut values = vec![
        text(condition.name),
        text(life.state().name()),
        text(condition.priority.name()),
        text(&condition.message),
        Value::Boolean(life.is_active()),
        Value::Boolean(life.is_first),
        by.map_or(Value::Missing, Value::Text),
    ];
    if value_slot.is_some() {
        values.push(life.value.map_or(Value::Missing, Value::number));
    }
    values
}

/// How many alarms stand after one of them has changed.
fn standing(count: usize, before: State, after: State) -> usize {
    match (before == State::Normal, after == State::Normal) {
        (true, false) => count + 1,
        (false, true) => count.saturating_sub(1),
        _ => count,
    }
}

fn is_true(column: Option<&Column>, row: usize) -> Option<bool> {
    match column?.value(row) {
        Value::Boolean(holds) => Some(holds),
        _ => None,
    }
}

impl Transform for Alarming {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let evaluate = |evaluator: &mut Option<Evaluator>| {
            let columns = evaluator.as_mut().map(|evaluator| evaluator.evaluate(&batch));
            columns.and_then(|columns| columns.into_iter().next())
        };
        let (when, suppress) = (evaluate(&mut self.when), evaluate(&mut self.suppress));
        let conditions = Arc::clone(&self.conditions);
        let mut changes = Vec::new();
        for (row, (time, key)) in batch.times().iter().zip(batch.keys()).enumerate() {
            let suppressed = is_true(suppress.as_ref(), row);
            self.machines.entry(*key).or_default().has_reported = true;
            for (number, condition) in conditions.iter().enumerate() {
                let is_first = self.standing == 0;
                let Some(machine) = self.machines.get_mut(key) else {
                    continue;
                };
                let is_active = machine.life(number).is_active();
                let holds = match &condition.sign {
                    Sign::Beyond(limit) => limit.is_broken(&batch, row, is_active),
                    Sign::Apart(deviation) => deviation.is_broken(&batch, row, is_active),
                    Sign::Changing(rate) => number_at(&batch, rate.slot, row)
                        .and_then(|value| machine.slope.add(*time, value, rate.over))
                        .map(|per_s| per_s.abs() > rate.most_per_s),
                    Sign::True => is_true(when.as_ref(), row),
                    // That is for the clock to say; but a record ends it.
                    Sign::Silence(_) => is_active.then_some(false),
                };
                let life = machine.life(number);
                let before = life.state();
                if let Some(suppressed) = suppressed {
                    life.suppress(suppressed);
                }
                life.expire(*time);
                if let Some(holds) = holds
                    && life.see(holds, *time, self.delays)
                {
                    life.value = self.value_slot.and_then(|slot| number_at(&batch, slot, row));
                    life.is_first = is_first;
                }
                if life.state() != before {
                    life.mark(*time);
                    self.standing = standing(self.standing, before, life.state());
                    changes.push(Change {
                        time: *time,
                        key: *key,
                        values: event(condition, life, None, self.value_slot),
                    });
                    machine.changed.insert(number);
                }
            }
        }
        self.tell(changes, batch.receipt().clone(), out);
    }

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }

    fn operable(&mut self) -> Option<&mut dyn Operable> {
        Some(self)
    }

    fn tick_interval(&self) -> Option<Duration> {
        Some(TICK)
    }

    fn tick(&mut self, now: EventTime, out: &mut Emitter) {
        let conditions = Arc::clone(&self.conditions);
        let mut changes = Vec::new();
        let keys: Vec<Key> = self.machines.keys().copied().collect();
        for key in keys {
            let is_first = self.standing == 0;
            let Some(machine) = self.machines.get_mut(&key) else {
                continue;
            };
            if std::mem::take(&mut machine.has_reported) || machine.reported.is_none() {
                machine.reported = Some(now);
            }
            let silent = machine
                .reported
                .map_or(0.0, |reported| now.seconds_since(reported));
            for (number, condition) in conditions.iter().enumerate() {
                let life = machine.life(number);
                let before = life.state();
                life.expire(now);
                if let Sign::Silence(longest) = condition.sign
                    && silent >= longest.as_secs_f64()
                    // The silence itself has lasted.
                    && life.see(true, now, Delays::default())
                {
                    life.is_first = is_first;
                }
                if life.state() != before {
                    life.mark(now);
                    self.standing = standing(self.standing, before, life.state());
                    changes.push(Change {
                        time: now,
                        key,
                        values: event(condition, life, None, self.value_slot),
                    });
                    machine.changed.insert(number);
                }
            }
        }
        self.tell(changes, Receipt::none(), out);
    }
}

impl Alarming {
    fn tell(&self, changes: Vec<Change>, receipt: Receipt, out: &mut Emitter) {
        if changes.is_empty() {
            return;
        }
        let mut builder = BatchBuilder::new(Arc::clone(&self.schema), changes.len());
        for Change { time, key, values } in changes {
            builder.push(time, key, values);
        }
        let batch = builder.finish(receipt);
        let columns = (0..self.schema.width()).map(|slot| batch.column(slot).map(|column| &**column));
        self.feed.push(&batch, columns);
        out.emit(0, batch);
    }

    /// What stands, for whoever has just come.
    fn list(&self) -> Json {
        let mut all = Vec::new();
        for (key, machine) in &self.machines {
            let name = self.context.keys.name(*key);
            let alarms = machine.lives.iter().zip(self.conditions.iter());
            for (life, condition) in alarms.filter(|(life, _)| life.state() != State::Normal) {
                all.push(json!({
                    "alarm": condition.name,
                    "key": &*name,
                    "state": life.state().name(),
                    "priority": condition.priority.name(),
                    "message": condition.message,
                    "active": life.is_active(),
                    "since": life.since().as_millis(),
                    "value": life.value,
                    "first": life.is_first,
                    "shelvedUntil": life.shelved_until().map(EventTime::as_millis),
                }));
            }
        }
        Json::Array(all)
    }

    /// The alarms that an operation means: those of the named condition and machine, or all.
    fn meant(&self, arguments: &Json) -> Result<Vec<(Key, usize)>, String> {
        let text = |name: &str| match arguments.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.as_str())),
            Some(other) => Err(format!("`{name}` is a text, found `{other}`")),
        };
        let (alarm, key) = (text("alarm")?, text("key")?);
        if let Some(alarm) = alarm
            && !self.conditions.iter().any(|condition| condition.name == alarm)
        {
            let known: Vec<&str> = self.conditions.iter().map(|condition| condition.name).collect();
            return Err(format!(
                "there is no alarm `{alarm}`; there is {}",
                known.join(", ")
            ));
        }
        let keys = self.machines.keys().copied();
        let keys: Vec<Key> = keys
            .filter(|known| key.is_none_or(|key| *self.context.keys.name(*known) == *key))
            .collect();
        match (keys.is_empty(), key) {
            (true, Some(key)) => Err(format!("there is no machine `{key}`")),
            _ => Ok(keys
                .into_iter()
                .flat_map(|key| {
                    let numbers = self.conditions.iter().enumerate();
                    let numbers =
                        numbers.filter(|(_, condition)| alarm.is_none_or(|alarm| condition.name == alarm));
                    numbers.map(move |(number, _)| (key, number)).collect::<Vec<_>>()
                })
                .collect()),
        }
    }

    /// Does something to alarms, and tells of those that it changed; how many these are.
    fn change(
        &mut self,
        operation: &Operation,
        now: EventTime,
        out: &mut Emitter,
        what: impl Fn(&mut Life) -> bool,
    ) -> Result<usize, String> {
        let mut changes = Vec::new();
        let conditions = Arc::clone(&self.conditions);
        for (key, number) in self.meant(&operation.arguments)? {
            let (Some(machine), Some(condition)) = (self.machines.get_mut(&key), conditions.get(number))
            else {
                continue;
            };
            let life = machine.life(number);
            let before = life.state();
            if what(life) {
                life.mark(now);
                self.standing = standing(self.standing, before, life.state());
                changes.push(Change {
                    time: now,
                    key,
                    values: event(condition, life, Some(Arc::clone(&operation.by)), self.value_slot),
                });
                machine.changed.insert(number);
            }
        }
        let count = changes.len();
        self.tell(changes, Receipt::none(), out);
        Ok(count)
    }
}

impl Operable for Alarming {
    fn operate(&mut self, operation: &Operation, now: EventTime, out: &mut Emitter) -> Result<Json, String> {
        match operation.name.as_str() {
            "list" => Ok(self.list()),
            "acknowledge" => match self.change(operation, now, out, Life::acknowledge)? {
                0 => Err("nothing is unacknowledged here".to_owned()),
                count => Ok(json!({ "acknowledged": count })),
            },
            "shelve" => {
                let minutes = operation.arguments.get("minutes").and_then(Json::as_f64);
                let Some(minutes) = minutes.filter(|m| *m > 0.0 && *m <= LONGEST_SHELF_MINUTES) else {
                    return Err(format!(
                        "`minutes` says for how long, above 0 and up to {LONGEST_SHELF_MINUTES}"
                    ));
                };
                let until = EventTime(now.0.saturating_add((minutes * 60e6) as i64));
                let shelved = self.change(operation, now, out, |life| {
                    life.shelve(until);
                    true
                })?;
                Ok(json!({ "shelved": shelved }))
            }
            "unshelve" => match self.change(operation, now, out, Life::unshelve)? {
                0 => Err("nothing is shelved here".to_owned()),
                count => Ok(json!({ "unshelved": count })),
            },
            other => Err(format!(
                "an alarm can be asked to `list`, `acknowledge`, `shelve` and `unshelve`, not to `{other}`"
            )),
        }
    }
}
