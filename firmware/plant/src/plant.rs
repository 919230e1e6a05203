//! The physics of the fan and of the process it cools.

use crate::command::Command;
use crate::control::speed_command;
use crate::drift::Drift;
use crate::error::{PlantError, in_range};
use crate::fault::{Fault, FaultLevels};
use crate::mode::Mode;
use crate::noise::Pcg32;
use crate::sensors::{CURRENT_NOISE_A, Reading, SPEED_NOISE_RPM, TEMP_NOISE_C, VIBRATION_NOISE_G};

/// Length of a step in ms.
pub const STEP_MS: u32 = 100;
const STEP_S: f32 = 0.1;

// The figures of the original system's later virtual plant; n is the speed as a fraction of 3000 rpm.
pub(crate) const RATED_RPM: f32 = 3000.0;
pub(crate) const SPEED_TAU_S: f32 = 1.8;
pub(crate) const HEAT_CAPACITY_J_PER_C: f32 = 650.0;
pub(crate) const PASSIVE_RESISTANCE_C_PER_W: f32 = 0.18;
pub(crate) const ACTIVE_COOLING_W_PER_C: f32 = 8.0;
pub(crate) const IDLE_CURRENT_A: f32 = 0.18;
pub(crate) const SPEED_CURRENT_A: f32 = 1.05;
pub(crate) const LOAD_CURRENT_A: f32 = 0.55;
const START_UP_CURRENT_FACTOR: f32 = 1.15;
pub(crate) const IDLE_VIBRATION_G: f32 = 0.010;
pub(crate) const SPEED_VIBRATION_G: f32 = 0.020;
pub(crate) const LOAD_VIBRATION_G: f32 = 0.008;

// Effects of the faults at level 1. Own choices, so strong that a fault of severity 0.9 stands out and one of
// 0.3 drowns in the spread of loads and rooms.
/// A winding or bearing fault draws more for the same speed, turns a little slower, and its losses heat the
/// process.
const OVERCURRENT_CURRENT_SHARE: f32 = 0.6;
const OVERCURRENT_SPEED_LOSS: f32 = 0.06;
const OVERCURRENT_HEAT_W: f32 = 20.0;
/// A clogged air path carries less heat off; with less air to move the motor draws less, and the flow gets
/// rough.
const DEGRADATION_COOLING_LOSS: f32 = 0.8;
const DEGRADATION_CURRENT_SHARE: f32 = -0.45;
const DEGRADATION_VIBRATION_G: f32 = 0.012;
/// The centrifugal force of an unbalanced mass grows with the square of the speed; the bearings rub a little.
const IMBALANCE_VIBRATION_G: f32 = 0.11;
const IMBALANCE_CURRENT_SHARE: f32 = 0.03;
const IMBALANCE_SPIKE_CHANCE: f32 = 0.12;
const IMBALANCE_SPIKE_G: f32 = 0.07;
/// An overloaded process gives off more heat and loads the fan's drive more.
const OVERLOAD_HEAT_W: f32 = 220.0;
const OVERLOAD_LOAD: f32 = 0.6;

/// Knocks from outside, which a sound fan gets too.
const KNOCK_CHANCE: f32 = 0.004;
const KNOCK_G: f32 = 0.03;

/// The random numbers of one step. All are drawn in every step, so that two plants of one seed meet the same
/// noise whatever they are told to do.
struct Draws {
    heat: f32,
    load: f32,
    ambient: f32,
    temp: f32,
    speed: f32,
    current: f32,
    vibration: f32,
    unbalance: f32,
    spike: f32,
    knock: f32,
}

impl Draws {
    fn new(rng: &mut Pcg32) -> Self {
        // Fields are evaluated in the order written here: part of the bit-exact definition of the plant.
        Draws {
            heat: rng.gaussian(),
            load: rng.gaussian(),
            ambient: rng.gaussian(),
            temp: rng.gaussian(),
            speed: rng.gaussian(),
            current: rng.gaussian(),
            vibration: rng.gaussian(),
            unbalance: rng.uniform(),
            spike: rng.uniform(),
            knock: rng.uniform(),
        }
    }
}

/// What is really the case, without the sensors' noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrueState {
    /// Temperature of the process in °C.
    pub temp_c: f32,
    /// Fan speed in revolutions per minute.
    pub rpm: f32,
    /// Current in A.
    pub current_a: f32,
    /// Vibration in g.
    pub vibration_g: f32,
    /// Heat that flows into the process, in W.
    pub heat_w: f32,
    /// Room temperature in °C.
    pub ambient_c: f32,
    /// Share of the active cooling that is left: 1 without fault.
    pub cooling_efficiency: f32,
}

/// The simulated fan. Deterministic: equal seeds, ambient temperatures and commands give equal readings.
#[derive(Debug, Clone, PartialEq)]
pub struct Plant {
    command: Command,
    levels: FaultLevels,
    mode: Mode,
    ambient_c: f32,
    heat_drift: Drift,
    load_drift: Drift,
    ambient_drift: Drift,
    speed: f32,
    state: TrueState,
    reading: Reading,
    rng: Pcg32,
    steps: u64,
}

impl Plant {
    /// A fan at rest in a room of `ambient_c` °C (-20 to 50), under [`Command::default`]. It starts with the
    /// first step.
    ///
    /// # Errors
    /// [`PlantError::OutOfRange`] for an ambient temperature outside the range.
    pub fn new(seed: u64, ambient_c: f32) -> Result<Self, PlantError> {
        let ambient_c = in_range("ambient_c", ambient_c, -20.0, 50.0)?;
        Ok(Plant {
            command: Command::default(),
            levels: FaultLevels::NONE,
            mode: Mode::Off,
            ambient_c,
            heat_drift: Drift::HEAT_SHARE,
            load_drift: Drift::LOAD,
            ambient_drift: Drift::AMBIENT_C,
            speed: 0.0,
            state: TrueState {
                temp_c: ambient_c,
                rpm: 0.0,
                current_a: 0.0,
                vibration_g: 0.0,
                heat_w: 0.0,
                ambient_c,
                cooling_efficiency: 1.0,
            },
            reading: Reading {
                temp_c: ambient_c,
                rpm: 0.0,
                current_a: 0.0,
                vibration_g: 0.0,
            },
            rng: Pcg32::new(seed, 1),
            steps: 0,
        })
    }

    /// Sets everything an operator can set, from the next step on.
    pub fn set_command(&mut self, command: Command) {
        self.command = command;
    }

    /// Replaces only the injected fault, from the next step on.
    pub fn inject(&mut self, fault: Fault) {
        self.command = self.command.with_fault(fault);
    }

    /// Moves on by [`STEP_MS`].
    pub fn step(&mut self) {
        let draws = Draws::new(&mut self.rng);
        self.levels.follow(self.command.fault(), STEP_S);
        let levels = self.levels;

        let ambient_c = self.ambient_c + self.ambient_drift.step(draws.ambient);
        let set_heat_w = self.command.process_heat_load_w() * (1.0 + self.heat_drift.step(draws.heat));
        let heat_w = set_heat_w.max(0.0)
            + OVERLOAD_HEAT_W * levels.thermal_overload
            + OVERCURRENT_HEAT_W * levels.overcurrent;
        let set_load = self.command.mechanical_load() + self.load_drift.step(draws.load);
        let load = (set_load + OVERLOAD_LOAD * levels.thermal_overload).clamp(0.0, 1.0);

        let command = speed_command(&self.command, self.reading.temp_c);
        let reachable = command * (1.0 - OVERCURRENT_SPEED_LOSS * levels.overcurrent);
        self.speed += (reachable - self.speed) * (STEP_S / SPEED_TAU_S);
        let n = self.speed;
        self.mode = self.mode.next(reachable, n, heat_w);

        let cooling_efficiency = 1.0 - DEGRADATION_COOLING_LOSS * levels.cooling_degradation;
        let above_ambient_c = self.state.temp_c - ambient_c;
        let passive_w = above_ambient_c / PASSIVE_RESISTANCE_C_PER_W;
        let active_w = ACTIVE_COOLING_W_PER_C * n * cooling_efficiency * above_ambient_c;
        let temp_c = self.state.temp_c + (heat_w - passive_w - active_w) * (STEP_S / HEAT_CAPACITY_J_PER_C);

        self.state = TrueState {
            temp_c,
            rpm: RATED_RPM * n,
            current_a: current_a(self.mode, n, load, &levels),
            vibration_g: vibration_g(self.mode, n, load, &levels, &draws),
            heat_w,
            ambient_c,
            cooling_efficiency,
        };
        self.reading = Reading {
            temp_c: temp_c + TEMP_NOISE_C * draws.temp,
            rpm: (self.state.rpm + SPEED_NOISE_RPM * draws.speed).max(0.0),
            current_a: (self.state.current_a + CURRENT_NOISE_A * draws.current).max(0.0),
            vibration_g: (self.state.vibration_g + VIBRATION_NOISE_G * draws.vibration).max(0.0),
        };
        self.steps += 1;
    }

    /// The sensors' reading after the last step.
    pub const fn reading(&self) -> Reading {
        self.reading
    }

    /// The command in force.
    pub const fn command(&self) -> Command {
        self.command
    }

    /// The injected fault: the label of the reading.
    pub const fn fault(&self) -> Fault {
        self.command.fault()
    }

    /// The operating mode.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// What the sensors would report without noise.
    pub const fn true_state(&self) -> TrueState {
        self.state
    }

    /// Simulated time in ms since the plant was made.
    pub const fn time_ms(&self) -> u64 {
        self.steps * STEP_MS as u64
    }
}

/// Current in A; a drive that is off draws none.
fn current_a(mode: Mode, n: f32, load: f32, levels: &FaultLevels) -> f32 {
    let sound = IDLE_CURRENT_A + SPEED_CURRENT_A * n + LOAD_CURRENT_A * load;
    let share = 1.0
        + OVERCURRENT_CURRENT_SHARE * levels.overcurrent
        + DEGRADATION_CURRENT_SHARE * levels.cooling_degradation
        + IMBALANCE_CURRENT_SHARE * levels.imbalance;
    match mode {
        Mode::Off => 0.0,
        Mode::StartUp => sound * share * START_UP_CURRENT_FACTOR,
        Mode::Normal | Mode::HighLoad => sound * share,
    }
}

/// Vibration in g; the idle part comes from the drive's electronics and stays away when it is off.
fn vibration_g(mode: Mode, n: f32, load: f32, levels: &FaultLevels, draws: &Draws) -> f32 {
    let idle = if mode == Mode::Off {
        0.0
    } else {
        IDLE_VIBRATION_G + LOAD_VIBRATION_G * load
    };
    let square = n * n;
    // The amplitude beats: the sensor meets the rotor at another angle each time.
    let unbalance = IMBALANCE_VIBRATION_G * levels.imbalance * square * (0.6 + 0.4 * draws.unbalance);
    let spike = if draws.spike < IMBALANCE_SPIKE_CHANCE {
        IMBALANCE_SPIKE_G * levels.imbalance * square
    } else {
        0.0
    };
    let knock = if draws.knock < KNOCK_CHANCE { KNOCK_G } else { 0.0 };
    idle + SPEED_VIBRATION_G * n
        + DEGRADATION_VIBRATION_G * levels.cooling_degradation * n
        + unbalance
        + spike
        + knock
}
