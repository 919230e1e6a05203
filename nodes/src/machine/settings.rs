//! What makes a machine.

use std::sync::Arc;
use std::time::Duration;

use crate::scenario::{Role, Scenario};

/// °C around a machine that has no scenario.
const AMBIENT_C: f32 = 22.0;

/// One of several simulated machines.
#[derive(Debug, Clone)]
pub struct MachineSettings {
    /// Its name in its readings.
    pub name: Arc<str>,
    /// Its place among the machines, from 1.
    pub number: u32,
    /// The time between its readings.
    pub period: Duration,
    /// What happens to it.
    pub behaviour: Behaviour,
}

/// What happens to machines by itself.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// Nothing.
    Steady {
        /// Of the noise; each machine has the one behind that of the machine before.
        seed: u64,
    },
    /// One fault after the other at random, with normal operation between.
    RandomFaults {
        /// Of the noise and the faults.
        seed: u64,
    },
    /// What a scenario says.
    Scenario(Arc<Scenario>),
}

impl MachineSettings {
    /// The machine's part in what happens.
    pub(super) fn role(&self) -> Role {
        match &self.behaviour {
            Behaviour::Scenario(scenario) => scenario.role(self.number, &self.name),
            Behaviour::Steady { seed } | Behaviour::RandomFaults { seed } => Role {
                seed: seed.wrapping_add(u64::from(self.number.saturating_sub(1))),
                ambient_c: AMBIENT_C,
                heat_factor: 1.0,
                load_factor: 1.0,
                delay_ms: 0,
                timeline: Arc::default(),
            },
        }
    }
}
