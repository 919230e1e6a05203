//! What happens when: the checked form of a timeline.

use twinflow_plant::{ControlMode, Fault};

/// Events in the order of their times.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Timeline {
    pub events: Vec<Event>,
    /// When it begins anew, in ms; nothing when it is played once.
    pub repeat_ms: Option<u64>,
}

/// A change at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Event {
    /// Milliseconds since the timeline began.
    pub at_ms: u64,
    /// How long it lasts in ms; nothing for what stays until something else comes.
    pub for_ms: Option<u64>,
    pub change: Change,
}

/// One thing that changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Change {
    Loads(Loads),
    Fault(Fault),
    Network(Network),
    Sensor {
        sensor: usize,
        failure: Failure,
    },
    /// A sensor that wanders, in its unit a second.
    Drift {
        sensor: usize,
        per_second: f64,
    },
}

/// New loads; what is not named stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Loads {
    pub heat_w: Option<f32>,
    pub mechanical: Option<f32>,
    pub speed_pct: Option<f32>,
    pub control: Option<ControlMode>,
    /// How long the way to them takes, in ms.
    pub over_ms: u64,
}

/// How the machine's connection is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Network {
    Up,
    /// It is there, and loses this share of the readings, 0 to 1.
    Poor(f32),
    /// There is none.
    Lost,
}

/// What is wrong with a sensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Failure {
    /// Nothing: it was mended, its drift too.
    None,
    /// It says for ever what it said last.
    Stuck,
    /// It says nothing.
    Missing,
    /// Its values scatter by this standard deviation, in its unit.
    Noise(f64),
    /// Its values are off by this, in its unit.
    Offset(f64),
}

impl Event {
    /// When all of it is over, in ms since the timeline began.
    pub fn end_ms(&self) -> u64 {
        let over_ms = match self.change {
            Change::Loads(loads) => loads.over_ms,
            _ => 0,
        };
        self.at_ms.saturating_add(self.for_ms.unwrap_or(over_ms))
    }
}
