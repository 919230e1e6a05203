//! Labelled experiments: what a training set is made of.

use crate::command::Command;
use crate::error::PlantError;
use crate::fault::{Fault, FaultClass};
use crate::plant::{Plant, STEP_MS};
use crate::schedule::{Protocol, Schedule};
use crate::sensors::Reading;

/// Every second step gives a reading: 5 Hz.
const STEPS_A_READING: u32 = 2;
/// The fan has settled after three thermal time constants of about 60 s.
const WARM_UP_STEPS: u32 = 1800;

/// One of a series of experiments. The four faults come in turn, at three severities, each experiment in a room and under
/// loads of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Experiment {
    /// Its number in the series.
    pub number: u32,
    /// The room's temperature in °C.
    pub ambient_c: f32,
    /// Loads.
    pub command: Command,
    /// The fault and the lengths of the phases.
    pub protocol: Protocol,
    seed: u64,
}

/// A reading with what was wrong with the fan while it was taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelledReading {
    /// Milliseconds since the experiment began.
    pub time_ms: u64,
    /// The four sensors.
    pub reading: Reading,
    /// The fault that was injected.
    pub fault: Fault,
}

impl Experiment {
    /// Experiment `number` of the series that `seed` begins: 30 s baseline, 90 s fault, 20 s recovery.
    ///
    /// # Errors
    /// None in practice: the figures lie within the allowed ranges.
    pub fn of_series(seed: u64, number: u32) -> Result<Self, PlantError> {
        // Coprime moduli: the combinations of room and loads do not repeat for 13 * 11 * 9 experiments.
        let spread = |places: u32| (number.wrapping_mul(7) % places) as f32 / (places - 1) as f32;
        let class = match number % 4 {
            0 => FaultClass::Overcurrent,
            1 => FaultClass::CoolingDegradation,
            2 => FaultClass::Imbalance,
            _ => FaultClass::ThermalOverload,
        };
        let severity = match number / 4 % 3 {
            0 => 0.3,
            1 => 0.6,
            _ => 0.9,
        };
        let command = Command::default()
            .with_process_heat_load_w(80.0 + 40.0 * spread(11))?
            .with_mechanical_load(0.2 + 0.2 * spread(9))?;
        let fault = Fault::new(class, severity)?;
        Ok(Self {
            number,
            ambient_c: 18.0 + 12.0 * spread(13),
            command,
            protocol: Protocol {
                fault,
                baseline_s: 30,
                fault_s: 90,
                recovery_s: 20,
            },
            seed: seed.wrapping_add(u64::from(number)),
        })
    }

    /// The same experiment with the phases of another protocol.
    pub fn lasting(self, baseline_s: u32, fault_s: u32, recovery_s: u32) -> Self {
        Self {
            protocol: Protocol {
                baseline_s,
                fault_s,
                recovery_s,
                ..self.protocol
            },
            ..self
        }
    }

    /// Warms the fan up, then gives the readings of the experiment.
    ///
    /// # Errors
    /// When the room is outside the plant's limits.
    pub fn readings(&self) -> Result<Readings, PlantError> {
        let mut plant = Plant::new(self.seed, self.ambient_c)?;
        plant.set_command(self.command);
        for _ in 0..WARM_UP_STEPS {
            plant.step();
        }
        Ok(Readings {
            plant,
            schedule: self.protocol.schedule(),
            steps: 0,
        })
    }
}

/// The readings of one experiment, 5 a second.
pub struct Readings {
    plant: Plant,
    schedule: Schedule<core::array::IntoIter<crate::schedule::Episode, 3>>,
    steps: u32,
}

impl Iterator for Readings {
    type Item = LabelledReading;

    fn next(&mut self) -> Option<LabelledReading> {
        for _ in 0..STEPS_A_READING {
            let episode = self.schedule.next()?;
            self.plant.inject(episode.fault);
            self.plant.step();
            self.steps += 1;
        }
        Some(LabelledReading {
            time_ms: u64::from(self.steps) * u64::from(STEP_MS),
            reading: self.plant.reading(),
            fault: self.plant.fault(),
        })
    }
}
