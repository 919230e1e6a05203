//! What is known of some values together: enough for mean, deviation, slope and extremes.

/// Of values and their times. Two join into that of all their values without a loss: so nothing is ever taken away from a
/// sum, and a value that was a million times the others leaves no trace when it is gone.
///
/// T. F. Chan, G. H. Golub, R. J. LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances,
/// COMPSTAT 1982.
#[derive(Clone, Copy, Debug)]
pub(super) struct Summary {
    pub count: f64,
    /// The sum of the times, in seconds from the origin.
    times: f64,
    /// The sum of the values, from the origin.
    values: f64,
    /// The sums of squares and of products, from the means.
    time_squares: f64,
    value_squares: f64,
    products: f64,
    pub low: f64,
    pub high: f64,
}

impl Summary {
    /// Of no values.
    pub const EMPTY: Self = Self {
        count: 0.0,
        times: 0.0,
        values: 0.0,
        time_squares: 0.0,
        value_squares: 0.0,
        products: 0.0,
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
    };

    /// Of one value, so many seconds and so much from the origin.
    pub fn of(seconds: f64, offset: f64, value: f64) -> Self {
        Self {
            count: 1.0,
            times: seconds,
            values: offset,
            low: value,
            high: value,
            ..Self::EMPTY
        }
    }

    /// Of the values of both.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        if self.count == 0.0 {
            return other;
        }
        if other.count == 0.0 {
            return self;
        }
        let count = self.count + other.count;
        let weight = self.count * other.count / count;
        let time = other.times / other.count - self.times / self.count;
        let value = other.values / other.count - self.values / self.count;
        Self {
            count,
            times: self.times + other.times,
            values: self.values + other.values,
            time_squares: self.time_squares + other.time_squares + time * time * weight,
            value_squares: self.value_squares + other.value_squares + value * value * weight,
            products: self.products + other.products + time * value * weight,
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

    /// The sum of the values, which were taken from `origin`.
    pub fn sum(&self, origin: f64) -> f64 {
        self.count * origin + self.values
    }

    /// Their mean.
    pub fn mean(&self, origin: f64) -> f64 {
        origin + self.values / self.count
    }

    /// The sample standard deviation; NaN for fewer than two values.
    pub fn deviation(&self) -> f64 {
        if self.count < 2.0 {
            return f64::NAN;
        }
        (self.value_squares / (self.count - 1.0)).sqrt()
    }

    /// The root of the mean square.
    pub fn root_mean_square(&self, origin: f64) -> f64 {
        let mean = self.mean(origin);
        (mean * mean + self.value_squares / self.count).sqrt()
    }

    /// The largest value without its sign by the root of the mean square; NaN where all are zero.
    pub fn crest(&self, origin: f64) -> f64 {
        self.low.abs().max(self.high.abs()) / self.root_mean_square(origin)
    }

    /// The slope of the line of least squares, per second; NaN where all have one time.
    pub fn slope(&self) -> f64 {
        self.products / self.time_squares
    }
}
