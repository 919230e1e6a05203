//! What makes one fan differ from another of its kind.

use crate::plant::{
    ACTIVE_COOLING_W_PER_C, HEAT_CAPACITY_J_PER_C, IDLE_CURRENT_A, IDLE_VIBRATION_G, LOAD_CURRENT_A,
    LOAD_VIBRATION_G, PASSIVE_RESISTANCE_C_PER_W, RATED_RPM, SPEED_CURRENT_A, SPEED_TAU_S, SPEED_VIBRATION_G,
};

/// The figures of a sound fan and of the process it cools. With n as the speed in fractions of full speed and the load from 0
/// to 1:
///
/// - `heat capacity × d temp/dt = heat − (passive + active × n) × (temp − room)`
/// - `d speed/dt = (commanded − speed) / speed time`
/// - `current = idle + speed × n + load × mechanical load`, and vibration likewise
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// Heat that warms the process up by a degree, in J/°C.
    pub heat_capacity_j_per_c: f32,
    /// Heat that leaves without the fan, in W/°C above the room.
    pub passive_cooling_w_per_c: f32,
    /// What the fan adds to it at full speed, in W/°C.
    pub active_cooling_w_per_c: f32,
    /// Speed in rpm at a command of 100 %.
    pub full_speed_rpm: f32,
    /// Time constant in which the speed follows the command, in s.
    pub speed_time_s: f32,
    /// Current in A of a fan that runs slowest, without load.
    pub idle_current_a: f32,
    /// Current in A that full speed adds.
    pub speed_current_a: f32,
    /// Current in A that full load adds.
    pub load_current_a: f32,
    /// Vibration in g of a fan that runs slowest, without load.
    pub idle_vibration_g: f32,
    /// Vibration in g that full speed adds.
    pub speed_vibration_g: f32,
    /// Vibration in g that full load adds.
    pub load_vibration_g: f32,
}

impl Default for Parameters {
    /// Those of the simulated plant.
    fn default() -> Self {
        Parameters {
            heat_capacity_j_per_c: HEAT_CAPACITY_J_PER_C,
            passive_cooling_w_per_c: 1.0 / PASSIVE_RESISTANCE_C_PER_W,
            active_cooling_w_per_c: ACTIVE_COOLING_W_PER_C,
            full_speed_rpm: RATED_RPM,
            speed_time_s: SPEED_TAU_S,
            idle_current_a: IDLE_CURRENT_A,
            speed_current_a: SPEED_CURRENT_A,
            load_current_a: LOAD_CURRENT_A,
            idle_vibration_g: IDLE_VIBRATION_G,
            speed_vibration_g: SPEED_VIBRATION_G,
            load_vibration_g: LOAD_VIBRATION_G,
        }
    }
}

impl Parameters {
    /// Heat in W that leaves for each °C above the room, at a fraction `n` of full speed.
    pub fn cooling_w_per_c(&self, n: f32) -> f32 {
        self.passive_cooling_w_per_c + self.active_cooling_w_per_c * n
    }

    /// Current in A at a fraction `n` of full speed; nothing flows where nothing is `commanded`.
    pub fn current_a(&self, commanded: f32, n: f32, load: f32) -> f32 {
        if commanded <= 0.0 {
            return 0.0;
        }
        self.idle_current_a + self.speed_current_a * n + self.load_current_a * load
    }

    /// Vibration in g at a fraction `n` of full speed.
    pub fn vibration_g(&self, commanded: f32, n: f32, load: f32) -> f32 {
        let idle = if commanded <= 0.0 {
            0.0
        } else {
            self.idle_vibration_g + self.load_vibration_g * load
        };
        idle + self.speed_vibration_g * n
    }
}
