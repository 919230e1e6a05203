//! The process by its step response, and a tuning that follows from it.

use std::fmt;

use serde_json::json;
use twinflow_plant::Plant;

use crate::closed_loop::{ClosedLoop, Fan, READING_S};

/// The process as a gain, a time constant and a delay.
pub struct Model {
    /// K for each percent of speed; more speed makes it colder.
    gain_k_per_pct: f64,
    time_s: f64,
    delay_s: f64,
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "gain {:.3} K/%, time constant {:.0} s, delay {:.1} s",
            self.gain_k_per_pct, self.time_s, self.delay_s
        )
    }
}

const BEFORE_PCT: f64 = 40.0;
const STEP_PCT: f64 = 10.0;

/// Sets the speed by hand in two runs that meet the same noise, once with a step, and reads gain, time constant and delay from the
/// difference: where it is at 28.3 and at 63.2 % of its end (Smith's two points, e.g. Seborg, Edgar, Mellichamp: "Process Dynamics and Control").
pub fn identify(flow: &str, plant: fn(u64) -> Plant) -> Model {
    let run = |step_pct: f64| {
        let mut bench = ClosedLoop::new(flow, vec![Fan::new("fan", plant(1))]);
        bench.run(1.0);
        bench.ask("manual", json!({ "output": BEFORE_PCT })).unwrap();
        bench.run(900.0);
        bench
            .ask("manual", json!({ "output": BEFORE_PCT + step_pct }))
            .unwrap();
        let mut temps = Vec::new();
        for _ in 0..4500 {
            bench.step();
            temps.push(bench.fans[0].temp_c());
        }
        temps
    };
    let (with, without) = (run(STEP_PCT), run(0.0));
    let differences: Vec<f64> = with
        .iter()
        .zip(&without)
        .map(|(with, without)| with - without)
        .collect();
    // The heat wanders and with it the gain: the end is a mean.
    let end = &differences[differences.len() / 2..];
    let end = end.iter().sum::<f64>() / end.len() as f64;
    let reaches = |share: f64| {
        let at = differences
            .iter()
            .position(|difference| (difference / end) >= share);
        (at.unwrap() + 1) as f64 * READING_S
    };
    let time_s = 1.5 * (reaches(0.632) - reaches(0.283));
    Model {
        gain_k_per_pct: end / STEP_PCT,
        time_s,
        delay_s: (reaches(0.632) - time_s).max(0.0),
    }
}

/// Gain in %/K and integral time in s by the SIMC rule for a closed loop of the time constant `closed_s`: S. Skogestad, "Simple analytic
/// rules for model reduction and PID controller tuning", Journal of Process Control 13 (2003) 291–309. Half of the second between two
/// commands counts as delay.
pub fn simc(model: &Model, closed_s: f64) -> (f64, f64) {
    let delay_s = model.delay_s + 0.5;
    let gain = model.time_s / (model.gain_k_per_pct.abs() * (closed_s + delay_s));
    (gain, model.time_s.min(4.0 * (closed_s + delay_s)))
}
