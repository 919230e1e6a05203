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
