//! How the speed follows the command.

use super::least_squares::{Equation, Estimate, solve};
use super::{Observation, STEP_S};
use nalgebra::Vector1;

/// Fits the speed at full command in rpm, and the time constant in s.
pub(super) fn fit(stretches: &[&[Observation]], usual: [f64; 2]) -> [Estimate; 2] {
    let [usual_rpm, usual_s] = usual;
    // The time by the golden section, in logarithms: the cost has one valley.
    let cost = |log: f64| least_cost(&equations(stretches, log.exp()));
    let (mut low, mut high) = (SHORTEST_S.ln(), LONGEST_S.ln());
    for _ in 0..ROUNDS {
        let (left, right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if cost(left) < cost(right) {
            high = right;
        } else {
            low = left;
        }
    }
    let best = f64::midpoint(low, high);
    // The error from how much the cost rises beside the valley: the curvature of half the cost over the noise.
    let (here, step) = (cost(best), 0.05);
    let count = stretches.iter().map(|stretch| stretch.len()).sum::<usize>() as f64;
    let curvature = (cost(best + step) + cost(best - step) - 2.0 * here) / (step * step) / 2.0;
    let neighbours = READINGS_THAT_COUNT_AS_ONE;
    let error = (here * neighbours / (count * curvature).max(f64::MIN_POSITIVE)).sqrt();
    let is_told = curvature > 0.0 && error < 0.3;
    let time = if is_told {
        Estimate {
            value: best.exp(),
            error: best.exp() * error,
            is_told,
        }
    } else {
        Estimate::open(usual_s)
    };
    let [rpm] = solve(&equations(stretches, time.value), Vector1::new(usual_rpm));
    [rpm, time]
}

const SHORTEST_S: f64 = 0.1;
const LONGEST_S: f64 = 120.0;
const ROUNDS: usize = 30;
/// The inverse of the golden ratio.
const GOLDEN: f64 = 0.618_033_988_749_895;
/// Neighbours resemble each other.
const READINGS_THAT_COUNT_AS_ONE: f64 = 10.0;

/// The speed in rpm of each reading, less what is left of the speed that the stretch began with, as a multiple of the
/// command that has arrived by then.
fn equations(stretches: &[&[Observation]], time_s: f64) -> Vec<Equation<1>> {
    let mut equations = Vec::new();
    for stretch in stretches {
        let begin_rpm = stretch.first().map_or(0.0, |seen| seen.rpm);
        let (mut arrived, mut left) = (0.0, 1.0);
        for (number, seen) in stretch.iter().enumerate() {
            let mut left_s = if number == 0 { 0.0 } else { seen.after_s };
            while left_s > 0.0 {
                let dt_s = left_s.min(STEP_S);
                left_s -= dt_s;
                arrived += (seen.commanded - arrived) * (dt_s / time_s).min(1.0);
                left -= left * (dt_s / time_s).min(1.0);
            }
            equations.push(Equation {
                factors: Vector1::new(arrived),
                value: seen.rpm - begin_rpm * left,
                stretch: seen.stretch,
            });
        }
    }
    equations
}

/// The mean square that is left at the best full speed.
fn least_cost(equations: &[Equation<1>]) -> f64 {
    let products = |of: fn(&Equation<1>) -> f64| equations.iter().map(of).sum::<f64>();
    let squares = products(|equation| equation.factors.x * equation.factors.x);
    let rpm = products(|equation| equation.factors.x * equation.value) / squares.max(f64::MIN_POSITIVE);
    let squares = equations.iter().map(|equation| {
        let left = equation.value - equation.factors.x * rpm;
        left * left
    });
    squares.sum::<f64>() / (equations.len().max(1) as f64)
}
