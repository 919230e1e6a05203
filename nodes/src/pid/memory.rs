//! What `pid` remembers over restarts: of each machine the mode, the output, and the set-point that somebody has set.
//!
//! The integral is none of it: the loop goes on from the output that stands, whatever its gain is then.

use serde::{Deserialize, Serialize};
use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::Key;
use twinflow_engine::unit::{Conversion, Unit};

use super::machine::{Machine, Mode};
use super::running::Looping;

const PART: &str = "loop";

/// As it is saved.
#[derive(Serialize, Deserialize)]
struct Saved {
    mode: Mode,
    output: Option<f64>,
    output_unit: String,
    setpoint: Option<f64>,
    /// What the flow said when it was set: a flow that says something else now is the newer wish.
    of: Option<f64>,
    setpoint_unit: String,
}

impl Memory for Looping {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        for (key, machine) in &mut self.machines {
            if extent == Extent::Changes && !std::mem::take(&mut machine.is_changed) {
                continue;
            }
            let saved = Saved {
                mode: machine.mode,
                output: machine.output,
                output_unit: self.subject.output_unit.symbol().to_owned(),
                setpoint: machine.setpoint,
                of: self.rules.setpoint,
                setpoint_unit: self.subject.measured.unit.symbol().to_owned(),
            };
            if let Ok(bytes) = serde_json::to_vec(&saved) {
                save(PART, *key, bytes);
            }
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let saved: Option<Saved> = serde_json::from_slice(bytes).ok();
        let Some(saved) = saved.filter(|_| part == PART) else {
            return Restored::Unknown;
        };
        let outputs = conversion(&saved.output_unit, &self.subject.output_unit);
        let setpoints = conversion(&saved.setpoint_unit, &self.subject.measured.unit);
        let (Some(outputs), Some(setpoints)) = (outputs, setpoints) else {
            return Restored::Unknown;
        };
        let mut machine = Machine::new(&self.rules);
        machine.mode = saved.mode;
        let output = saved.output.map(|output| outputs.apply(output));
        machine.output = output.map(|output| self.rules.law.limited(output));
        let (low, high) = self
            .rules
            .setpoint_range
            .unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let set = saved.setpoint.map(|setpoint| setpoints.apply(setpoint));
        let is_same_flow = match (saved.of, self.rules.setpoint) {
            (Some(of), Some(now)) => (setpoints.apply(of) - now).abs() <= 1e-9 * now.abs().max(1.0),
            (of, now) => of.is_some() == now.is_some(),
        };
        if let Some(set) = set.filter(|set| is_same_flow && (low..=high).contains(set)) {
            machine.setpoint = Some(set);
        }
        self.machines.insert(key, machine);
        match outputs.is_identity() && setpoints.is_identity() {
            true => Restored::Kept,
            false => Restored::Converted,
        }
    }
}

fn conversion(saved: &str, now: &Unit) -> Option<Conversion> {
    if saved == now.symbol() {
        return Some(Conversion::IDENTITY);
    }
    Unit::parse(saved).ok()?.conversion_to(now)
}
