//! What a fan's board sends of a reading.

use serde_json::json;
use twinflow_engine::record::EventTime;
use twinflow_plant::{ControlMode, Plant};

/// What a payload says beside the plant's own state.
pub(crate) struct Sent<'s> {
    /// When the reading was taken.
    pub time: EventTime,
    /// The machine's name.
    pub asset_id: &'s str,
    /// Counts its readings.
    pub sequence: u64,
    /// Counts the stretches between changes of the fault.
    pub run: u64,
}

impl Sent<'_> {
    /// The reading of the plant as JSON, with as many digits as the sensors have.
    pub fn payload(&self, plant: &Plant) -> Vec<u8> {
        let reading = plant.reading();
        let fault = plant.fault();
        let command = plant.command();
        let rounded = |value: f32, digits: i32| {
            let scale = 10_f64.powi(digits);
            (f64::from(value) * scale).round() / scale
        };
        let mut inputs = json!({
            "control_mode": command.control_mode().name(),
            "process_heat_load_w": rounded(command.process_heat_load_w(), 1),
            "mechanical_load": rounded(command.mechanical_load(), 3),
        });
        // In automatic mode the controller chooses the speed, and nobody has set one.
        if command.control_mode() == ControlMode::Manual
            && let Some(inputs) = inputs.as_object_mut()
        {
            let speed_pct = rounded(command.speed_command_pct(), 1);
            inputs.insert("speed_command_pct".to_owned(), speed_pct.into());
        }
        json!({
            "timestamp": self.time.as_millis(),
            "asset_id": self.asset_id,
            "sequence_id": self.sequence,
            "temp": rounded(reading.temp_c, 2),
            "rpm": rounded(reading.rpm, 0),
            "current": rounded(reading.current_a, 3),
            "vibration": rounded(reading.vibration_g, 4),
            "mode": plant.mode().name(),
            "inputs": inputs,
            "run": self.run,
            "fault": { "code": fault.class().code(), "severity": rounded(fault.severity(), 2) },
        })
        .to_string()
        .into_bytes()
    }
}
