//! What real logs suffer from: readings that get lost, values that are missing, sensors that drift.

use fastrand::Rng;
use twinflow_plant::Reading;

use crate::cli::FlawOptions;

/// How long nothing arrives at a time, in readings: 1 to 30 s.
const SHORTEST_DROPOUT: u32 = 5;
const LONGEST_DROPOUT: u32 = 150;

/// What a sensor can show: °C, rpm, A, g. A drift is a share of it.
const SPANS: [f32; 4] = [60.0, 3200.0, 2.0, 0.15];

/// A reading as it arrives: nothing for a value that is missing.
pub type Arriving = [Option<f32>; 4];

/// The flaws of a data set.
pub struct Flaws<'o> {
    options: &'o FlawOptions,
    seed: u64,
    rng: Rng,
    /// Readings that get lost still.
    dropped: u32,
}

impl<'o> Flaws<'o> {
    /// Those of a data set of that seed.
    pub fn new(options: &'o FlawOptions, seed: u64) -> Self {
        Self {
            options,
            seed,
            rng: Rng::with_seed(seed),
            dropped: 0,
        }
    }

    /// What arrives of a reading of a machine, when a share of 0 to 1 of the data set's time has passed; nothing while its
    /// connection is lost.
    pub fn arriving(&mut self, machine: u32, passed: f32, reading: &Reading) -> Option<Arriving> {
        if self.is_dropped() {
            return None;
        }
        let drift = self.drift(machine);
        let values = [
            reading.temp_c,
            reading.rpm,
            reading.current_a,
            reading.vibration_g,
        ];
        let mut arriving = [None; 4];
        for (((slot, value), drift), span) in arriving.iter_mut().zip(values).zip(drift).zip(SPANS) {
            let is_missing = self.rng.f64() * 100.0 < self.options.missing;
            *slot = (!is_missing).then_some((value + drift * passed * span).max(0.0));
        }
        Some(arriving)
    }

    fn is_dropped(&mut self) -> bool {
        if self.dropped > 0 {
            self.dropped -= 1;
            return true;
        }
        let mean = f64::from(SHORTEST_DROPOUT + LONGEST_DROPOUT) / 2.0;
        let share = self.options.dropouts / 100.0;
        // So often a dropout begins among the readings that arrive.
        let chance = share / (mean * (1.0 - share).max(f64::EPSILON));
        if self.rng.f64() >= chance {
            return false;
        }
        self.dropped = self.rng.u32(SHORTEST_DROPOUT..=LONGEST_DROPOUT) - 1;
        true
    }

    /// Where the sensors of a machine go, as shares of their spans: up or down, each by itself.
    fn drift(&self, machine: u32) -> [f32; 4] {
        let mut rng = Rng::with_seed(self.seed ^ u64::from(machine).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let most = (self.options.drift / 100.0) as f32;
        std::array::from_fn(|_| (2.0 * rng.f32() - 1.0) * most)
    }
}
