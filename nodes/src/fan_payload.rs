//! What a fan's board sends of a reading.

use serde_json::json;
use twinflow_engine::record::EventTime;
use twinflow_plant::{ControlMode, Plant};

/// The sensors in the order of a reading, with their digits behind the point.
const SENSORS: [(&str, i32); 4] = [("temp", 2), ("rpm", 0), ("current", 3), ("vibration", 4)];

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
        let values = [
            reading.temp_c,
            reading.rpm,
            reading.current_a,
            reading.vibration_g,
        ];
        self.payload_of(plant, values.map(Some))
    }

    /// The same with what the four sensors say of it: °C, rpm, A and g. One that says nothing has no place in the payload.
    pub fn payload_of(&self, plant: &Plant, values: [Option<f32>; 4]) -> Vec<u8> {
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
        let mut payload = json!({
            "timestamp": self.time.as_millis(),
            "asset_id": self.asset_id,
            "sequence_id": self.sequence,
            "mode": plant.mode().name(),
            "inputs": inputs,
            "run": self.run,
            "fault": { "code": fault.class().code(), "severity": rounded(fault.severity(), 2) },
        });
        if let Some(payload) = payload.as_object_mut() {
            let said = SENSORS.into_iter().zip(values);
            let said = said.filter_map(|((name, digits), value)| Some((name, rounded(value?, digits))));
            payload.extend(said.map(|(name, value)| (name.to_owned(), value.into())));
        }
        payload.to_string().into_bytes()
    }
}
