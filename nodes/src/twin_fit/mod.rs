//! Fitting the twin's parameters to what a fan has done.

mod course;
mod least_squares;
mod observing;
mod speed;
mod thermal;

use nalgebra::Vector3;
use twinflow_plant::{Inputs, Parameters, Reading};

use least_squares::Equation;

pub use course::{Misses, misses};
pub use least_squares::Estimate;
pub use observing::Observer;

/// As finely as the twin itself moves, in s.
const STEP_S: f64 = 0.1;
/// A stretch is so long at most, in s: the room may have changed by then.
const STRETCH_S: f64 = 600.0;
/// Behind such a silence, in s, another stretch begins.
const SILENCE_S: f64 = 60.0;
/// Fewer readings make no stretch.
const LEAST_READINGS: usize = 50;

/// A reading of a sound fan, with what its model is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Time since the reading before, in s; nothing for the first one of a run.
    pub after_s: Option<f64>,
    /// The four sensors.
    pub measured: Reading,
    /// The loads and the commanded speed.
    pub inputs: Inputs,
    /// The temperature of the room in °C, where it is known.
    pub ambient_c: Option<f32>,
}

/// A reading as the equations see it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Observation {
    after_s: f64,
    /// Number of the minute, by which neighbours are told from strangers.
    stretch: usize,
    temp_c: f64,
    rpm: f64,
    /// Speed in fractions of full speed.
    n: f64,
    current_a: f64,
    vibration_g: f64,
    commanded: f64,
    heat_w: f64,
    load: f64,
    ambient_c: Option<f64>,
}

/// What was fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The parameters. What the log leaves open is near the usual: a load that never changes, for example, tells only what it
    /// adds to the idle current.
    pub parameters: Parameters,
    /// Each by its name in the flow, in the order of the documentation.
    pub estimates: Vec<(&'static str, Estimate)>,
}

/// Fits all parameters to runs of a sound fan, beginning at the usual ones. Nothing when there is no stretch of readings long
/// enough.
#[must_use]
pub fn fit(runs: &[Vec<Seen>]) -> Option<Fitted> {
    let usual = Parameters::default();
    let usual_rpm = f64::from(usual.full_speed_rpm);
    let mut whole = observations(runs, usual_rpm);
    let speeds = {
        let stretches: Vec<&[Observation]> = whole.iter().map(Vec::as_slice).collect();
        if stretches.is_empty() {
            return None;
        }
        speed::fit(&stretches, [usual_rpm, f64::from(usual.speed_time_s)])
    };
    let [full_speed, speed_time] = speeds;
    for seen in whole.iter_mut().flatten() {
        seen.n = seen.rpm / full_speed.value;
    }
    let stretches: Vec<&[Observation]> = whole.iter().map(Vec::as_slice).collect();
    let [capacity, passive, active] = thermal::fit(
        &stretches,
        [
            usual.heat_capacity_j_per_c,
            usual.passive_cooling_w_per_c,
            usual.active_cooling_w_per_c,
        ]
        .map(f64::from),
    );
    let shares = |of: fn(&Observation) -> f64, usual: [f32; 3]| {
        // A fan at rest draws nothing, and shakes by its speed alone.
        let runs = whole.iter().flatten().filter(|seen| seen.commanded > 0.0);
        let equations: Vec<Equation<3>> = runs
            .map(|seen| Equation {
                factors: Vector3::new(1.0, seen.n, seen.load),
                value: of(seen),
                stretch: seen.stretch,
            })
            .collect();
        least_squares::solve(&equations, Vector3::from(usual.map(f64::from)))
    };
    let current = shares(
        |seen| seen.current_a,
        [usual.idle_current_a, usual.speed_current_a, usual.load_current_a],
    );
    let vibration = shares(
        |seen| seen.vibration_g,
        [
            usual.idle_vibration_g,
            usual.speed_vibration_g,
            usual.load_vibration_g,
        ],
    );
    let [idle_current, speed_current, load_current] = current;
    let [idle_vibration, speed_vibration, load_vibration] = vibration;
    let parameters = Parameters {
        heat_capacity_j_per_c: capacity.value as f32,
        passive_cooling_w_per_c: passive.value as f32,
        active_cooling_w_per_c: active.value as f32,
        full_speed_rpm: full_speed.value as f32,
        speed_time_s: speed_time.value as f32,
        idle_current_a: idle_current.value as f32,
        speed_current_a: speed_current.value as f32,
        load_current_a: load_current.value as f32,
        idle_vibration_g: idle_vibration.value as f32,
        speed_vibration_g: speed_vibration.value as f32,
        load_vibration_g: load_vibration.value as f32,
    };
    Some(Fitted {
        parameters,
        estimates: vec![
            ("heat_capacity", capacity),
            ("passive_cooling", passive),
            ("active_cooling", active),
            ("full_speed", full_speed),
            ("speed_time", speed_time),
            ("idle_current", idle_current),
            ("speed_current", speed_current),
            ("load_current", load_current),
            ("idle_vibration", idle_vibration),
            ("speed_vibration", speed_vibration),
            ("load_vibration", load_vibration),
        ],
    })
}

/// Runs as stretches of one length at most, with the speed in fractions of the usual full one.
fn observations(runs: &[Vec<Seen>], full_speed_rpm: f64) -> Vec<Vec<Observation>> {
    let mut stretches = Vec::new();
    let mut minutes = 0;
    for run in runs {
        let mut stretch: Vec<Observation> = Vec::new();
        let (mut since_s, mut minute_s) = (0.0, 0.0);
        minutes += 1;
        for seen in run {
            let after_s = seen.after_s.filter(|after_s| (0.0..=SILENCE_S).contains(after_s));
            since_s += after_s.unwrap_or_default();
            minute_s += after_s.unwrap_or_default();
            if after_s.is_none() || since_s > STRETCH_S {
                stretches.push(std::mem::take(&mut stretch));
                since_s = 0.0;
            }
            if after_s.is_none() || minute_s > 60.0 {
                minutes += 1;
                minute_s = 0.0;
            }
            // The twin refuses such a command as well.
            let Ok(commanded) = seen.inputs.commanded_speed(seen.measured.temp_c) else {
                continue;
            };
            stretch.push(Observation {
                after_s: after_s.unwrap_or_default(),
                stretch: minutes,
                temp_c: f64::from(seen.measured.temp_c),
                rpm: f64::from(seen.measured.rpm),
                n: f64::from(seen.measured.rpm) / full_speed_rpm,
                current_a: f64::from(seen.measured.current_a),
                vibration_g: f64::from(seen.measured.vibration_g),
                commanded: f64::from(commanded),
                heat_w: f64::from(seen.inputs.heat_load_w),
                load: f64::from(seen.inputs.mechanical_load),
                ambient_c: seen.ambient_c.map(f64::from),
            });
        }
        stretches.push(stretch);
    }
    stretches.retain(|stretch| stretch.len() >= LEAST_READINGS);
    stretches
}
