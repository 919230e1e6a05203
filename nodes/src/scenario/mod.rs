//! Scenarios: what happens to simulated machines, and when.
//!
//! A scenario is a YAML file of its own. [`Scenario::read`] turns its text into checked types, or tells everything that is
//! wrong with it; `Course` plays it for one machine, step by step.

mod course;
mod entry;
mod quantities;
mod read;
mod sensor;
mod text;
mod timeline;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use siphasher::sip::SipHasher13;
use twinflow_engine::language::nearest;

pub(crate) use course::Course;
pub(crate) use sensor::Sensors;
pub use text::scenario_schema;
pub(crate) use timeline::{Network, Timeline};

/// The version of the scenario language, as files name it: `twinflow-scenario: 1`.
pub const SCENARIO_VERSION: i64 = 1;

/// A checked scenario, for any number of machines.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    name: Option<String>,
    seed: u64,
    ambient_c: f32,
    spread: Spread,
    timeline: Arc<Timeline>,
    own: Vec<(MachineRef, Own)>,
}

/// By how much machines differ from each other.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Spread {
    /// Greatest delay of the timeline, in ms.
    start_ms: u64,
    /// How far the room may be from the common one, in °C.
    ambient_c: f32,
    /// How far the heat may be from what is set, as a share from 0 to 1.
    heat_share: f32,
    /// The same of the mechanical load.
    load_share: f32,
}

/// Which machine an entry under `machines` means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum MachineRef {
    /// From 1.
    Number(u32),
    Name(String),
}

/// What one machine has of its own.
#[derive(Debug, Clone, PartialEq)]
struct Own {
    seed: Option<u64>,
    ambient_c: Option<f32>,
    timeline: Option<Arc<Timeline>>,
}

/// The part of a scenario that one machine plays.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Role {
    /// Seed of its noise.
    pub seed: u64,
    /// °C around it.
    pub ambient_c: f32,
    /// What its heat load is multiplied by.
    pub heat_factor: f32,
    /// What its mechanical load is multiplied by.
    pub load_factor: f32,
    /// When its timeline begins, in ms since the machine's own start.
    pub delay_ms: u64,
    /// What happens.
    pub timeline: Arc<Timeline>,
}

impl Scenario {
    /// What the scenario is called, if its file says so.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The machines that `machines:` names and that are none of `names`, each with the one that may be meant.
    pub fn strangers<'s>(&'s self, names: &'s [Arc<str>]) -> Vec<(&'s str, Option<&'s str>)> {
        let known = || names.iter().map(|name| &**name);
        let named = self.own.iter().filter_map(|(machine, _)| match machine {
            MachineRef::Name(name) => Some(name.as_str()),
            MachineRef::Number(_) => None,
        });
        named
            .filter(|name| !known().any(|known| known == *name))
            .map(|name| (name, nearest(name, known())))
            .collect()
    }

    /// The part of a machine, which counts from 1.
    pub(crate) fn role(&self, number: u32, name: &str) -> Role {
        let own = self.own.iter().find(|(machine, _)| match machine {
            MachineRef::Number(wanted) => *wanted == number,
            MachineRef::Name(wanted) => wanted == name,
        });
        let own = own.map(|(_, own)| own);
        let seed = own
            .and_then(|own| own.seed)
            .unwrap_or_else(|| self.seed.wrapping_add(u64::from(number.saturating_sub(1))));
        // Each property by itself: a machine in a warm room is not also the one with much heat.
        let share = |property: &str| share(self.seed, number, property);
        let around = |property: &str, most: f32| (2.0 * share(property) - 1.0) * most;
        Role {
            seed,
            ambient_c: own
                .and_then(|own| own.ambient_c)
                .unwrap_or_else(|| self.ambient_c + around("ambient", self.spread.ambient_c)),
            heat_factor: 1.0 + around("heat_load", self.spread.heat_share),
            load_factor: 1.0 + around("mechanical_load", self.spread.load_share),
            delay_ms: (self.spread.start_ms as f64 * f64::from(share("start"))) as u64,
            timeline: own
                .and_then(|own| own.timeline.as_ref())
                .map_or_else(|| Arc::clone(&self.timeline), Arc::clone),
        }
    }
}

/// A number from 0 to 1 that is always the same for a machine and a property.
fn share(seed: u64, number: u32, property: &str) -> f32 {
    let mut hasher = SipHasher13::new();
    (seed, number, property).hash(&mut hasher);
    (hasher.finish() >> 40) as f32 / 16_777_216.0
}
