//! The KPI chain as a programmer would write it for this one machine: records with fields, one loop, state in an array.
//!
//! It keeps what the engine promises: a missing value stays missing, late readings change nothing, an integral does not
//! run across a silence. A pipeline without that would be faster and wrong.

use super::memory_nodes::Reading;

/// A reading and what was computed of it.
#[derive(Clone, Copy)]
pub struct Computed {
    pub reading: Reading,
    pub power: f64,
    pub energy: f64,
    pub co2: f64,
    pub cooling_rate: f64,
    pub thermal_efficiency: f64,
    pub hot: Option<bool>,
}

/// What is remembered of each fan.
#[derive(Default)]
pub struct Fans(Vec<Fan>);

#[derive(Clone, Copy, Default)]
struct Fan {
    power: Option<(i64, f64)>,
    temp: Option<(i64, f64)>,
    /// W·s.
    energy: f64,
}

const MAX_GAP_SECONDS: f64 = 60.0;

impl Fans {
    /// All of it, for a batch.
    pub fn compute(&mut self, readings: &[Reading], computed: &mut Vec<Computed>) {
        computed.clear();
        for reading in readings {
            let mut record = self.fan(reading).next(reading);
            record.judge();
            computed.push(record);
        }
    }

    /// The KPIs alone.
    pub fn compute_kpis(&mut self, readings: &[Reading], computed: &mut Vec<Computed>) {
        computed.clear();
        for reading in readings {
            computed.push(self.fan(reading).next(reading));
        }
    }

    fn fan(&mut self, reading: &Reading) -> &mut Fan {
        let at = reading.key as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, Fan::default());
        }
        &mut self.0[at]
    }
}

impl Computed {
    /// Whether it is hot: missing when it is not known.
    #[inline(always)]
    pub fn judge(&mut self) {
        let warm = known(self.reading.temp, |temp| temp > 30.0);
        let busy = known(self.power, |power| power > 229.0);
        self.hot = match (warm, busy) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
    }
}

fn known(value: f64, holds: impl FnOnce(f64) -> bool) -> Option<bool> {
    (!value.is_nan()).then(|| holds(value))
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

impl Fan {
    #[inline(always)]
    fn next(&mut self, reading: &Reading) -> Computed {
        let power = finite(230.0 * reading.current);
        let energy = finite(self.integrate(reading.time, power) * (1.0 / 3600.0));
        let cooling_rate = -self.rate(reading.time, reading.temp);
        let at_least_1_w = if power.is_nan() { power } else { power.max(1.0) };
        Computed {
            reading: *reading,
            power,
            energy,
            co2: finite(energy * 0.233),
            cooling_rate,
            thermal_efficiency: finite(finite(cooling_rate.abs() / at_least_1_w) * 100_000.0),
            hot: None,
        }
    }

    #[inline(always)]
    fn integrate(&mut self, time: i64, power: f64) -> f64 {
        if power.is_nan() {
            return self.power.map_or(f64::NAN, |_| self.energy);
        }
        let Some((last_time, last)) = self.power else {
            self.power = Some((time, power));
            return self.energy;
        };
        let seconds = (time - last_time) as f64 / 1e6;
        if !(-MAX_GAP_SECONDS..=0.0).contains(&seconds) {
            self.power = Some((time, power));
            if seconds > 0.0 && seconds <= MAX_GAP_SECONDS {
                self.energy += (last / 2.0 + power / 2.0) * seconds;
            }
        }
        self.energy
    }

    #[inline(always)]
    fn rate(&mut self, time: i64, temp: f64) -> f64 {
        if temp.is_nan() {
            return f64::NAN;
        }
        let Some((last_time, last)) = self.temp else {
            self.temp = Some((time, temp));
            return f64::NAN;
        };
        let seconds = (time - last_time) as f64 / 1e6;
        if (-MAX_GAP_SECONDS..=0.0).contains(&seconds) {
            return f64::NAN;
        }
        self.temp = Some((time, temp));
        if seconds > 0.0 && seconds <= MAX_GAP_SECONDS {
            finite((temp - last) / seconds)
        } else {
            f64::NAN
        }
    }
}
