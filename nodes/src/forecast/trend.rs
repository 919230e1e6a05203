//! The line through the readings so far: level and slope, by least squares with weights that halve with every half-life.
//!
//! This is Brown's double exponential smoothing for readings at any distance from each other (R. G. Brown, Smoothing,
//! Forecasting and Prediction of Discrete Time Series, 1963: discounted least squares). A few sums hold all of it, so a
//! reading costs the same however long the half-life is.

/// Sums over the readings, each with its weight. Times are in half-lives, counted from the newest reading, so those of all
/// others are negative.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sums {
    pub weight: f64,
    pub time: f64,
    pub time_squared: f64,
    pub value: f64,
    pub time_value: f64,
    /// The same of times, with the squares of the weights: they tell how uncertain the line is.
    pub squared_weight: f64,
    pub squared_time: f64,
    pub squared_time_squared: f64,
}

impl Sums {
    /// Lets so many half-lives pass.
    pub fn advance(&mut self, passed: f64) {
        let faded = (-passed).exp2();
        let moved = |[one, time, squared]: [f64; 3], faded: f64| {
            [
                faded * one,
                faded * (time - passed * one),
                faded * (squared - 2.0 * passed * time + passed * passed * one),
            ]
        };
        [self.weight, self.time, self.time_squared] =
            moved([self.weight, self.time, self.time_squared], faded);
        self.time_value = faded * (self.time_value - passed * self.value);
        self.value *= faded;
        [self.squared_weight, self.squared_time, self.squared_time_squared] = moved(
            [self.squared_weight, self.squared_time, self.squared_time_squared],
            faded * faded,
        );
    }

    /// Adds a reading of now.
    pub fn push(&mut self, value: f64) {
        self.weight += 1.0;
        self.value += value;
        self.squared_weight += 1.0;
    }

    /// The line; nothing until two readings of different times are there.
    pub fn line(&self) -> Option<Line> {
        let determinant = self.weight * self.time_squared - self.time * self.time;
        // What is below is rounding of readings of one moment.
        if determinant.is_nan() || determinant <= 1e-12 * self.weight * self.time_squared {
            return None;
        }
        Some(Line {
            level: (self.time_squared * self.value - self.time * self.time_value) / determinant,
            slope: (self.weight * self.time_value - self.time * self.value) / determinant,
            sums: *self,
            determinant,
        })
    }
}

/// Where the readings are, and where they go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    /// The value now.
    pub level: f64,
    /// Its change in a half-life.
    pub slope: f64,
    sums: Sums,
    determinant: f64,
}

impl Line {
    /// The variance of the line at a time, in half-lives from now, when each reading scatters about the true line with
    /// variance 1 and by itself. With A the sums of the weights and B those of their squares, it is x'A⁻¹BA⁻¹x: what
    /// weighted least squares makes of independent errors.
    pub fn variance(&self, at: f64) -> f64 {
        let sums = &self.sums;
        let constant = (sums.time_squared - sums.time * at) / self.determinant;
        let linear = (sums.weight * at - sums.time) / self.determinant;
        constant * constant * sums.squared_weight
            + 2.0 * constant * linear * sums.squared_time
            + linear * linear * sums.squared_time_squared
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Level, slope and variance at `at` from all readings, as the definition has it.
    fn from_scratch(readings: &[(f64, f64)], at: f64) -> [f64; 3] {
        let now = readings.last().unwrap().0;
        let weighted: Vec<[f64; 3]> = readings
            .iter()
            .map(|(time, value)| [(time - now).exp2(), time - now, *value])
            .collect();
        let sum = |of: &dyn Fn(&[f64; 3]) -> f64| weighted.iter().map(of).sum::<f64>();
        let weight = sum(&|[w, ..]| *w);
        let (time, value) = (sum(&|[w, t, _]| w * t) / weight, sum(&|[w, _, y]| w * y) / weight);
        let scatter = sum(&|[w, t, _]| w * (t - time).powi(2));
        let slope = sum(&|[w, t, y]| w * (t - time) * (y - value)) / scatter;
        // What a single reading's deviation does to the line at `at`.
        let effect = |w: f64, t: f64| w / weight + (at - time) * w * (t - time) / scatter;
        [
            value - slope * time,
            slope,
            sum(&|[w, t, _]| effect(*w, *t).powi(2)),
        ]
    }

    proptest! {
        #[test]
        fn sums_give_what_all_readings_give(
            steps in prop::collection::vec((0.01_f64..2.0, -50.0_f64..50.0), 2..40),
            at in 0.0_f64..4.0,
        ) {
            let (mut sums, mut readings, mut time) = (Sums::default(), Vec::new(), 0.0);
            for (step, value) in steps {
                time += step;
                sums.advance(step);
                sums.push(value);
                readings.push((time, value));
            }
            let line = sums.line().unwrap();
            let found = [line.level, line.slope, line.variance(at)];
            for (found, expected) in found.into_iter().zip(from_scratch(&readings, at)) {
                prop_assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{found} {expected}");
            }
        }
    }

    #[test]
    fn readings_of_one_moment_have_no_slope() {
        let mut sums = Sums::default();
        sums.push(1.0);
        sums.push(2.0);
        assert_eq!(sums.line(), None);
    }
}
