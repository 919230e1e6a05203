//! The machine's four sensors, and what goes wrong with them.

use twinflow_plant::{Pcg32, Reading};

use super::timeline::Failure;

/// A sensor as a scenario names it.
#[derive(Debug)]
pub(crate) struct Sensor {
    pub name: &'static str,
    /// The unit of its values.
    pub unit: &'static str,
}

/// The sensors in the order of a reading.
pub(crate) const SENSORS: [Sensor; 4] = [
    Sensor {
        name: "temp",
        unit: "°C",
    },
    Sensor {
        name: "rpm",
        unit: "rpm",
    },
    Sensor {
        name: "current",
        unit: "A",
    },
    Sensor {
        name: "vibration",
        unit: "g",
    },
];

/// The values that the sensors give, in the order of [`SENSORS`]; nothing for one that gives none.
pub(crate) type Values = [Option<f32>; SENSORS.len()];

/// The state of all sensors of a machine.
#[derive(Debug, Clone)]
pub(crate) struct Sensors {
    states: [State; SENSORS.len()],
    rng: Pcg32,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    failure: Option<Failing>,
    drift: Option<Drifting>,
    /// How far it has wandered, in its unit.
    drifted: f64,
    /// What it said last.
    last: Option<f32>,
}

#[derive(Debug, Clone, Copy)]
struct Failing {
    failure: Failure,
    until_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Drifting {
    per_ms: f64,
    since_ms: u64,
    until_ms: Option<u64>,
}

/// The stream of random numbers that sensors take; the plant takes 1, the random faults 2.
const STREAM: u64 = 3;

impl Sensors {
    /// Sound sensors. The same seed gives the same noise.
    pub fn new(seed: u64) -> Self {
        Self {
            states: [State::default(); SENSORS.len()],
            rng: Pcg32::new(seed, STREAM),
        }
    }

    /// All are mended.
    pub fn mend(&mut self) {
        self.states = [State::default(); SENSORS.len()];
    }

    /// A failure begins, or ends with [`Failure::None`].
    pub fn fail(&mut self, sensor: usize, failure: Failure, until_ms: Option<u64>) {
        let Some(state) = self.states.get_mut(sensor) else {
            return;
        };
        if failure == Failure::None {
            *state = State::default();
        } else {
            state.failure = Some(Failing { failure, until_ms });
        }
    }

    /// A sensor begins to wander, from where it is.
    pub fn drift(&mut self, sensor: usize, per_second: f64, now_ms: u64, until_ms: Option<u64>) {
        let Some(state) = self.states.get_mut(sensor) else {
            return;
        };
        state.drifted = state.drifted_at(now_ms);
        state.drift = Some(Drifting {
            per_ms: per_second / 1000.0,
            since_ms: now_ms,
            until_ms,
        });
    }

    /// What the sensors say of a reading.
    pub fn say(&mut self, reading: &Reading, now_ms: u64) -> Values {
        let measured = [
            reading.temp_c,
            reading.rpm,
            reading.current_a,
            reading.vibration_g,
        ];
        let rng = &mut self.rng;
        let mut said = [None; SENSORS.len()];
        for (sensor, (slot, value)) in said.iter_mut().zip(measured).enumerate() {
            let Some(state) = self.states.get_mut(sensor) else {
                continue;
            };
            let shifted = |by: f64| {
                let value = (f64::from(value) + by) as f32;
                // A temperature can be below zero, a speed, a current and a vibration cannot.
                if sensor == 0 { value } else { value.max(0.0) }
            };
            let drifted = state.drifted_at(now_ms);
            *slot = match state.failure_at(now_ms) {
                Failure::None => Some(shifted(drifted)),
                Failure::Stuck => Some(state.last.unwrap_or_else(|| shifted(drifted))),
                Failure::Missing => None,
                Failure::Noise(deviation) => Some(shifted(drifted + deviation * f64::from(rng.gaussian()))),
                Failure::Offset(by) => Some(shifted(drifted + by)),
            };
            state.last = slot.or(state.last);
        }
        said
    }

    /// A number from 0 to 1, of the machine's own luck.
    pub fn chance(&mut self) -> f32 {
        self.rng.uniform()
    }
}

impl State {
    fn drifted_at(&self, now_ms: u64) -> f64 {
        let drift = self.drift.map_or(0.0, |drift| {
            let end_ms = drift.until_ms.map_or(now_ms, |until_ms| until_ms.min(now_ms));
            drift.per_ms * end_ms.saturating_sub(drift.since_ms) as f64
        });
        self.drifted + drift
    }

    fn failure_at(&self, now_ms: u64) -> Failure {
        match self.failure {
            Some(Failing { failure, until_ms }) if until_ms.is_none_or(|until_ms| now_ms < until_ms) => {
                failure
            }
            _ => Failure::None,
        }
    }
}
