//! Labelled runs of the simulated fan, with the KPIs of the fan flow.

use std::error::Error;

use twinflow_models::{Classes, CleaningReport, Dataset, FeatureSpec};
use twinflow_plant::{Experiment, Reading};

const READING_S: f32 = 0.2;
/// One reading a second is kept: neighbours say the same, and many short runs teach more than many rows of few runs.
const READINGS_A_ROW: usize = 5;

/// As many experiments as asked for.
pub fn dataset(runs: u32) -> Result<(Dataset, CleaningReport), Box<dyn Error>> {
    let features = [
        ("temp", Some("°C")),
        ("rpm", Some("rpm")),
        ("current", Some("A")),
        ("vibration", Some("g")),
        ("power", Some("W")),
        ("cooling_rate", Some("°C/s")),
        ("thermal_efficiency", None),
    ];
    let features = features.map(|(name, unit)| FeatureSpec::new(name, unit));
    let mut builder = Dataset::builder(features.into(), Classes::fan())?;
    for number in 0..runs {
        let mut last_c = None;
        for (at, labelled) in (1..).zip(Experiment::of_series(1, number)?.readings()?) {
            let before = last_c.replace(labelled.reading.temp_c);
            if let (Some(before), true) = (before, at % READINGS_A_ROW == 0) {
                let code = u32::from(labelled.fault.class().code());
                builder.push(&row(labelled.reading, before), code, &format!("run {number}"));
            }
        }
    }
    Ok(builder.finish())
}

/// The readings and the KPIs of the fan flow.
fn row(reading: Reading, last_c: f32) -> [f32; 7] {
    let power_w = reading.power_w();
    let cooling_rate = (last_c - reading.temp_c) / READING_S;
    let thermal_efficiency = cooling_rate.abs() / power_w.max(1.0) * 100_000.0;
    [
        reading.temp_c,
        reading.rpm,
        reading.current_a,
        reading.vibration_g,
        power_w,
        cooling_rate,
        thermal_efficiency,
    ]
}
