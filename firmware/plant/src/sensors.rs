//! What the fan's four sensors report.

/// Supply voltage in V: electrical power is this times the current.
pub const SUPPLY_V: f32 = 230.0;

/// One reading of the four sensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Temperature in °C.
    pub temp_c: f32,
    /// Fan speed in revolutions per minute.
    pub rpm: f32,
    /// Current in A.
    pub current_a: f32,
    /// Vibration in g.
    pub vibration_g: f32,
}

impl Reading {
    /// Electrical power in W, at a power factor of 1 as in the first version of the original system.
    pub fn power_w(&self) -> f32 {
        SUPPLY_V * self.current_a
    }
}

/// Standard deviations of the sensors' noise. Own choice: 0.012 °C keeps the cooling rate between two
/// readings at 5 Hz well inside its gauge of ±0.5 °C/s.
pub(crate) const TEMP_NOISE_C: f32 = 0.012;
pub(crate) const SPEED_NOISE_RPM: f32 = 12.0;
pub(crate) const CURRENT_NOISE_A: f32 = 0.010;
pub(crate) const VIBRATION_NOISE_G: f32 = 0.002;
