//! What an alarm looks at.

use std::time::Duration;

use twinflow_engine::node::AlarmPriority;
use twinflow_engine::record::Batch;

use crate::number_field::number_at;

/// A condition of an alarm node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    /// Its name: `high`, `when`.
    pub name: &'static str,
    pub priority: AlarmPriority,
    /// What is told when it holds.
    pub message: String,
    pub sign: Sign,
}

/// What tells that it holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sign {
    /// The value of a slot is beyond a limit.
    Beyond(Limit),
    /// The value of a slot is too far from that of another.
    Apart(Deviation),
    /// The value of a slot changes too fast.
    Changing(Rate),
    /// The condition that the flow gives is true.
    True,
    /// No record has come for so long.
    Silence(Duration),
}

/// A limit, in the field's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limit {
    pub slot: usize,
    pub side: Side,
    pub value: f64,
    /// So far the value has to come back before the condition ends.
    pub deadband: f64,
}

/// How far a value may be from what is expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Deviation {
    pub slot: usize,
    /// The slot of what is expected.
    pub expected: usize,
    /// Both in the field's unit.
    pub most: f64,
    pub deadband: f64,
}

impl Deviation {
    /// Whether the value in a row is too far off; nothing where the record lacks one of both.
    pub fn is_broken(&self, batch: &Batch, row: usize, was_broken: bool) -> Option<bool> {
        let off = number_at(batch, self.slot, row)? - number_at(batch, self.expected, row)?;
        let back = if was_broken { self.deadband } else { 0.0 };
        Some(off.abs() > self.most - back)
    }
}

/// How fast a value may change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    pub slot: usize,
    /// In the field's unit a second, in either direction.
    pub most_per_s: f64,
    /// Over which time it is measured.
    pub over: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Above,
    Below,
}

impl Limit {
    /// Whether the value in a row is beyond it; nothing where the record has no value.
    pub fn is_broken(&self, batch: &Batch, row: usize, was_broken: bool) -> Option<bool> {
        let value = number_at(batch, self.slot, row)?;
        let back = if was_broken { self.deadband } else { 0.0 };
        Some(match self.side {
            Side::Above => value > self.value - back,
            Side::Below => value < self.value + back,
        })
    }
}
