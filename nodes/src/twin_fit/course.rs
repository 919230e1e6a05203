//! How far a twin with given parameters is off.

use twinflow_plant::{Parameters, Twin};

use super::Seen;

/// Root mean square of measured minus expected, by sensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Misses {
    /// In °C.
    pub temp_c: f64,
    /// In rpm.
    pub rpm: f64,
    /// In A.
    pub current_a: f64,
    /// In g.
    pub vibration_g: f64,
    /// From how many readings.
    pub readings: usize,
}

/// Runs a twin beside the runs, as the node does, and tells how far it is off once it has settled.
#[must_use]
pub fn misses(runs: &[Vec<Seen>], parameters: &Parameters) -> Misses {
    let mut sums = [0.0; 4];
    let mut readings = 0;
    for run in runs {
        let mut twin = Twin::default();
        for seen in run {
            let after_s = seen.after_s.unwrap_or_default() as f32;
            let expected = twin.follow(parameters, seen.measured, &seen.inputs, seen.ambient_c, after_s);
            let Some(expected) = expected.ok().filter(|_| twin.is_settled()) else {
                continue;
            };
            let (measured, expected) = (seen.measured, expected.reading);
            let left = [
                measured.temp_c - expected.temp_c,
                measured.rpm - expected.rpm,
                measured.current_a - expected.current_a,
                measured.vibration_g - expected.vibration_g,
            ];
            if left.iter().all(|left| left.is_finite()) {
                readings += 1;
                for (sum, left) in sums.iter_mut().zip(left) {
                    *sum += f64::from(left) * f64::from(left);
                }
            }
        }
    }
    let [temp_c, rpm, current_a, vibration_g] = sums.map(|sum| (sum / f64::from(readings.max(1))).sqrt());
    Misses {
        temp_c,
        rpm,
        current_a,
        vibration_g,
        readings: readings as usize,
    }
}
