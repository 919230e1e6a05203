//! How the process warms up and cools down.
//!
//! Three figures are looked for: heat capacity, passive and active cooling. The room of each stretch of time, where it is not
//! known, and the temperature that the stretch begins with are unknown as well, but the course of the temperature depends on
//! them in a straight line: for each trial of the three they are found at once (variable projection, Golub and Pereyra 1973).

use std::collections::BTreeMap;

use nalgebra::{Matrix2, SMatrix, SVector, Vector2};

use super::least_squares::{Estimate, Told, USUAL_SHARE, estimates, tempered};
use super::{Observation, STEP_S};

/// The logarithms of heat capacity, passive and active cooling: figures that cannot be negative.
type Logs = SVector<f64, 3>;

/// Fits the three figures to stretches of readings, with what is usual as a prior.
pub(super) fn fit(stretches: &[&[Observation]], usual: [f64; 3]) -> [Estimate; 3] {
    let prior = Logs::from(usual).map(f64::ln);
    let weight = SMatrix::<f64, 3, 3>::identity() / (USUAL_SHARE * USUAL_SHARE);
    let (mut logs, mut temper) = (prior, 1.0);
    let mut told = Told::default();
    for _ in 0..ROUNDS {
        logs = descend(stretches, &prior, prior, temper);
        told = Slopes::at(stretches, &logs).told;
        let next = tempered(&told, &weight, temper);
        let settled = (next / temper - 1.0).abs() < 0.05;
        temper = next;
        if settled {
            break;
        }
    }
    let inverse = (told.normal / temper + weight).try_inverse();
    let variances = inverse.map_or_else(|| Logs::repeat(1.0), |inverse| inverse.diagonal());
    let of_logs = estimates(&logs, &variances, &Logs::repeat(USUAL_SHARE));
    if let [capacity, ..] = of_logs
        && !capacity.is_told
    {
        // The three hang together, and a temperature that hardly moves is explained by anything.
        return usual.map(Estimate::open);
    }
    of_logs.map(|log| Estimate {
        value: log.value.exp(),
        error: log.value.exp() * log.error,
        is_told: log.is_told,
    })
}

const ROUNDS: usize = 8;
const MOST_STEPS: usize = 40;

/// Goes down to the mode from `logs` on: Gauss and Newton's steps, damped as Levenberg and Marquardt do.
fn descend(stretches: &[&[Observation]], prior: &Logs, mut logs: Logs, temper: f64) -> Logs {
    let weight = 1.0 / (USUAL_SHARE * USUAL_SHARE);
    let mut damping = 1e-3;
    let mut slopes = Slopes::at(stretches, &logs);
    let mut variance = slopes.variance;
    for _ in 0..MOST_STEPS {
        let mut normal = slopes.told.normal / temper + SMatrix::identity() * weight;
        normal.set_diagonal(&(normal.diagonal() * (1.0 + damping)));
        let Some(inverse) = normal.try_inverse() else {
            break;
        };
        let step = inverse * (slopes.pull / temper + (prior - logs) * weight);
        let trial = logs + step.map(|step| step.clamp(-1.0, 1.0));
        let objective = |logs: &Logs| {
            let off = logs - prior;
            sum_of_squares(&residuals(stretches, logs)) / (variance * temper) + off.dot(&off) * weight
        };
        if objective(&trial) > objective(&logs) {
            damping *= 10.0;
            if damping > 1e6 {
                break;
            }
            continue;
        }
        logs = trial;
        damping = (damping / 10.0).max(1e-9);
        slopes = Slopes::at(stretches, &logs);
        variance = slopes.variance;
        if step.amax() < 1e-5 {
            break;
        }
    }
    logs
}

/// How the residuals change with the three figures, by differences.
struct Slopes {
    told: Told<3>,
    /// The sum of what the stretches pull with.
    pull: Logs,
    variance: f64,
}

impl Slopes {
    fn at(stretches: &[&[Observation]], logs: &Logs) -> Self {
        const DIFFERENCE: f64 = 1e-4;
        let here = residuals(stretches, logs);
        let count = here.iter().map(Vec::len).sum::<usize>().max(1) as f64;
        let variance = (sum_of_squares(&here) / count).max(f64::MIN_POSITIVE);
        let beside: [Vec<Vec<f64>>; 3] = std::array::from_fn(|which| {
            let mut moved = *logs;
            if let Some(log) = moved.get_mut(which) {
                *log += DIFFERENCE;
            }
            residuals(stretches, &moved)
        });
        let [first, second, third] = &beside;
        let mut slopes = Slopes {
            told: Told::default(),
            pull: Logs::zeros(),
            variance,
        };
        let rows = here.iter().zip(first).zip(second).zip(third).zip(stretches);
        for ((((here, first), second), third), stretch) in rows {
            let mut pulls: BTreeMap<usize, Logs> = BTreeMap::new();
            let rows = here.iter().zip(first).zip(second).zip(third).zip(*stretch);
            for ((((here, first), second), third), seen) in rows {
                // The residual is measured minus computed: a slope downwards pulls upwards.
                let slope = Logs::new(here - first, here - second, here - third) / DIFFERENCE;
                slopes.told.normal += slope * slope.transpose() / variance;
                *pulls.entry(seen.stretch).or_insert_with(Logs::zeros) += slope * (*here / variance);
            }
            for pull in pulls.values() {
                slopes.pull += pull;
                slopes.told.pulls += pull * pull.transpose();
            }
        }
        slopes
    }
}

fn sum_of_squares(residuals: &[Vec<f64>]) -> f64 {
    residuals.iter().flatten().map(|left| left * left).sum()
}

fn residuals(stretches: &[&[Observation]], logs: &Logs) -> Vec<Vec<f64>> {
    stretches
        .iter()
        .map(|stretch| of_stretch(stretch, logs))
        .collect()
}

/// Measured minus computed temperature over a stretch, with the room and the beginning that suit it best.
fn of_stretch(stretch: &[Observation], logs: &Logs) -> Vec<f64> {
    let [capacity, passive, active] = logs.map(f64::exp).into();
    // What comes of the heat and of a room that is known; of a room of 1 °C; of a beginning at 1 °C.
    let (mut driven, mut room, mut begin) = (0.0, 0.0, 1.0);
    let mut courses = Vec::with_capacity(stretch.len());
    for (number, seen) in stretch.iter().enumerate() {
        let mut left_s = if number == 0 { 0.0 } else { seen.after_s };
        let conductance = passive + active * seen.n;
        while left_s > 0.0 {
            let dt_s = left_s.min(STEP_S);
            left_s -= dt_s;
            let share = dt_s / capacity;
            let known = seen.ambient_c.unwrap_or(0.0);
            let unknown = if seen.ambient_c.is_some() { 0.0 } else { 1.0 };
            driven += (seen.heat_w - (driven - known) * conductance) * share;
            room += (unknown - room) * conductance * share;
            begin -= begin * conductance * share;
        }
        courses.push((seen.temp_c - driven, Vector2::new(room, begin)));
    }
    let mut normal = Matrix2::zeros();
    let mut right = Vector2::zeros();
    for (left, both) in &courses {
        normal += both * both.transpose();
        right += both * *left;
    }
    // Where the room is known its column is empty, and a short stretch cannot tell it from the beginning: a room near what is
    // usual for rooms decides then.
    let weight = 1e-6 * courses.len() as f64;
    normal += Matrix2::identity() * weight;
    right += Vector2::new(ROOM_C, stretch.first().map_or(ROOM_C, |seen| seen.temp_c)) * weight;
    let best = normal
        .try_inverse()
        .map_or_else(Vector2::zeros, |inverse| inverse * right);
    courses
        .into_iter()
        .map(|(left, both)| left - both.dot(&best))
        .collect()
}

const ROOM_C: f64 = 20.0;
