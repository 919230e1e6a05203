//! What is seen of a machine while it is taken to be sound: means, how values scatter together, how alike readings are that
//! follow each other, and to which digit a sensor tells its values.

use twinflow_engine::record::EventTime;

use super::triangle::{Triangle, zeros};
use crate::lapse::Lapse;

/// So many readings in all, and for each value, must have been seen, however long that takes.
const LEAST: u64 = 30;
const LEAST_FOR_EACH: u64 = 10;
/// The finest digit that is looked for is a billionth.
const MOST_DECIMALS: i32 = 9;
/// What a single-precision number leaves of a decimal one.
const SINGLE_PRECISION: f64 = 1e-7;

/// How long to learn.
#[derive(Clone, Copy, Debug)]
pub(super) struct LearnTime {
    pub seconds: f64,
    lapse: Lapse,
}

impl LearnTime {
    pub fn new(seconds: f64) -> Self {
        Self {
            seconds,
            lapse: Lapse::of((seconds * 1e6) as i64),
        }
    }
}

/// What is known of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen {
    pub mean: f64,
    pub last: f64,
    /// The sum of the squares of the steps from reading to reading.
    pub steps: f64,
    /// The finest decimal digit that was seen, such as 0.01; infinite while only zeros came, 0 when it is none.
    pub digit: f64,
}

/// The readings of a machine so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Learning {
    pub first: EventTime,
    pub newest: EventTime,
    pub count: u64,
    pub seen: Vec<Seen>,
    /// The sums of products of the distances from the means.
    pub products: Triangle,
}

impl Learning {
    /// Of nothing, at the time of the first reading.
    pub fn new(width: usize, first: EventTime) -> Self {
        let seen = Seen {
            mean: 0.0,
            last: 0.0,
            steps: 0.0,
            digit: f64::INFINITY,
        };
        Self {
            first,
            newest: first,
            count: 0,
            seen: vec![seen; width],
            products: zeros(width),
        }
    }

    /// Takes a reading in, by Welford's rule for means and products of distances from them (B. P. Welford, Note on a method
    /// for calculating corrected sums of squares and products, Technometrics 4, 1962). What came late counts as well; behind
    /// a lapse it begins anew.
    pub fn take(&mut self, learn: &LearnTime, time: EventTime, values: &[f64]) {
        if learn.lapse.has_passed(self.newest, time) {
            *self = Self::new(self.seen.len(), time);
        }
        let is_late = time < self.newest;
        self.newest = self.newest.max(time);
        self.count = self.count.saturating_add(1);
        let count = self.count as f64;
        let mut distances = Vec::with_capacity(values.len());
        for (seen, value) in self.seen.iter_mut().zip(values) {
            let distance = value - seen.mean;
            seen.mean += distance / count;
            if self.count > 1 && !is_late {
                seen.steps += (value - seen.last).powi(2);
            }
            if !is_late {
                seen.last = *value;
            }
            seen.digit = seen.digit.min(digit(*value));
            distances.push(distance);
        }
        let weight = (count - 1.0) / count;
        for (row, one) in self.products.iter_mut().zip(&distances) {
            for (sum, other) in row.iter_mut().zip(&distances) {
                *sum += one * other * weight;
            }
        }
    }

    /// Whether it has been long enough, with enough readings.
    pub fn is_enough(&self, learn: &LearnTime) -> bool {
        let least = (self.seen.len() as u64 * LEAST_FOR_EACH).max(LEAST);
        self.count >= least && self.newest.seconds_since(self.first) >= learn.seconds
    }

    /// How many independent readings tell as much about the means as these do.
    ///
    /// Readings that resemble the ones before tell less: with a correlation ρ from one to the next, n of them are worth
    /// n(1−ρ)/(1+ρ) (G. V. Bayley and J. M. Hammersley, The "effective" number of independent observations in an
    /// autocorrelated time series, 1946; that of a first-order autoregression). ρ comes of the steps: half their mean square by
    /// the variance is 1−ρ (J. von Neumann, 1941). The value whose readings are most alike counts.
    pub fn worth(&self) -> f64 {
        let count = self.count as f64;
        let squares = self.products.iter().filter_map(|row| row.last());
        let share = |(seen, squares): (&Seen, &f64)| {
            let unlike = (seen.steps / (2.0 * squares)).clamp(0.0, 1.0);
            unlike / (2.0 - unlike)
        };
        let shares = self.seen.iter().zip(squares).map(share);
        // A value that never changed divides 0 by 0, and `min` leaves it out.
        count * shares.fold(1.0, f64::min)
    }
}

/// The finest decimal digit of a value: 0.1 of 22.1. Infinite for 0, which shows none; 0 where a decimal number of so few digits
/// is not to be seen.
fn digit(value: f64) -> f64 {
    if value == 0.0 {
        return f64::INFINITY;
    }
    let is_whole = |scaled: f64| (scaled - scaled.round()).abs() <= SINGLE_PRECISION * scaled.abs();
    (0..=MOST_DECIMALS)
        .find(|decimals| is_whole(value * 10_f64.powi(*decimals)))
        .map_or(0.0, |decimals| 10_f64.powi(-decimals))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_digit_is_found() {
        let known = [
            (22.1, 0.1),
            (f64::from(22.1_f32), 0.1),
            (-0.034, 0.001),
            (1500.0, 1.0),
            (1e12, 1.0),
            (0.0, f64::INFINITY),
            (1.0 / 3.0, 1e-7),
            (3.2e-11, 0.0),
        ];
        for (value, expected) in known {
            let found = digit(value);
            assert!(
                found == expected || (found / expected - 1.0).abs() < 1e-9,
                "{value}: {found}"
            );
        }
    }

    proptest! {
        #[test]
        fn means_and_products_are_those_of_all_readings(
            readings in prop::collection::vec(prop::collection::vec(-50.0_f64..50.0, 3), 2..60),
        ) {
            let learn = LearnTime::new(60.0);
            let mut learning = Learning::new(3, EventTime(0));
            for (second, values) in (0_i64..).zip(&readings) {
                learning.take(&learn, EventTime(second * 1_000_000), values);
            }
            let count = readings.len() as f64;
            let mean = |i: usize| readings.iter().map(|values| values[i]).sum::<f64>() / count;
            for i in 0..3 {
                prop_assert!((learning.seen[i].mean - mean(i)).abs() < 1e-9);
                for j in 0..=i {
                    let products = readings.iter().map(|values| (values[i] - mean(i)) * (values[j] - mean(j)));
                    let expected = products.sum::<f64>();
                    prop_assert!((learning.products[i][j] - expected).abs() < 1e-6, "{i} {j}");
                }
            }
        }
    }
}
