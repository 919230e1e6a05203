//! Labelled runs of the simulated fan.

use std::error::Error;

use twinflow_models::{Classes, CleaningReport, Dataset, FeatureSpec};
use twinflow_plant::{Command, Fault, FaultClass, Plant, PlantError, Protocol, Reading};

/// Readings at 5 Hz: every second step of 100 ms.
const STEPS_A_READING: u32 = 2;
const READING_S: f32 = 0.2;
/// One reading a second is kept: neighbours say the same, and many short runs teach more than many rows of
/// few runs.
const STEPS_A_ROW: u32 = 10;
/// The fan has settled after three thermal time constants of about 60 s.
const WARM_UP_STEPS: u32 = 1800;

/// As many runs as asked for: the four faults at three severities, each run in a room and under loads of its
/// own.
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
    for run in 0..runs {
        let name = format!("run {run}");
        simulate(run, |row, code| {
            builder.push(&row, code, &name);
        })?;
    }
    Ok(builder.finish())
}

/// Warming up, then 30 s baseline, 90 s fault and 20 s recovery.
fn simulate(run: u32, mut emit: impl FnMut([f32; 7], u32)) -> Result<(), PlantError> {
    // Coprime moduli: the combinations of room and loads do not repeat for 13 * 11 * 9 runs.
    let spread = |places: u32| (run * 7 % places) as f32 / (places - 1) as f32;
    let class = FaultClass::ALL
        .into_iter()
        .cycle()
        .nth(run as usize % 4 + 1)
        .unwrap_or(FaultClass::None);
    let severity = [0.3, 0.6, 0.9]
        .into_iter()
        .cycle()
        .nth(run as usize / 4)
        .unwrap_or(0.6);
    let mut plant = Plant::new(u64::from(run) + 1, 18.0 + 12.0 * spread(13))?;
    plant.set_command(
        Command::default()
            .with_process_heat_load_w(80.0 + 40.0 * spread(11))?
            .with_mechanical_load(0.2 + 0.2 * spread(9))?,
    );
    for _ in 0..WARM_UP_STEPS {
        plant.step();
    }
    let protocol = Protocol {
        fault: Fault::new(class, severity)?,
        baseline_s: 30,
        fault_s: 90,
        recovery_s: 20,
    };
    let mut last_c = plant.reading().temp_c;
    for (step, episode) in (1..).zip(protocol.schedule()) {
        plant.inject(episode.fault);
        plant.step();
        if step % STEPS_A_READING == 0 {
            let row = features(plant.reading(), last_c);
            last_c = plant.reading().temp_c;
            if step % STEPS_A_ROW == 0 {
                emit(row, u32::from(plant.fault().class().code()));
            }
        }
    }
    Ok(())
}

/// The readings and the KPIs of the fan flow.
fn features(reading: Reading, last_c: f32) -> [f32; 7] {
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
