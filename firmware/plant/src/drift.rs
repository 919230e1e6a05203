//! The slow wandering of loads and room temperature that hides small faults.

/// A value that wanders around 0: each step keeps a share of the last value and adds Gaussian noise (a
/// first-order autoregressive process), held within three standard deviations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Drift {
    value: f32,
    keep: f32,
    kick: f32,
    limit: f32,
}

// For a step of 0.1 s and a time constant tau, keep = exp(-0.1 / tau) and kick = deviation * sqrt(1 - keep²).
impl Drift {
    /// Process heat, as a share of its set value: deviation 0.08, time constant 60 s.
    pub const HEAT_SHARE: Drift = Drift {
        value: 0.0,
        keep: 0.998_334_7,
        kick: 0.08 * 0.057_687,
        limit: 0.24,
    };
    /// Mechanical load: deviation 0.03, time constant 20 s.
    pub const LOAD: Drift = Drift {
        value: 0.0,
        keep: 0.995_012_5,
        kick: 0.04 * 0.099_750,
        limit: 0.12,
    };
    /// Room temperature in °C: deviation 0.4, time constant 300 s.
    pub const AMBIENT_C: Drift = Drift {
        value: 0.0,
        keep: 0.999_666_7,
        kick: 0.4 * 0.025_816,
        limit: 1.2,
    };

    /// Moves on by one step with a Gaussian number, and gives the new value.
    pub fn step(&mut self, gaussian: f32) -> f32 {
        self.value = (self.value * self.keep + self.kick * gaussian).clamp(-self.limit, self.limit);
        self.value
    }
}
