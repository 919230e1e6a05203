//! What an operator sets: control mode, speed, loads, and a fault to inject.

use crate::error::{PlantError, in_range};
use crate::fault::Fault;

/// Who sets the fan's speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControlMode {
    /// The controller, from the temperature.
    Automatic,
    /// The operator, by `speed_command_pct`.
    Manual,
}

impl ControlMode {
    /// The name on the command topic: `automatic` or `manual`.
    pub const fn name(self) -> &'static str {
        match self {
            ControlMode::Automatic => "automatic",
            ControlMode::Manual => "manual",
        }
    }

    /// The mode of a name.
    ///
    /// # Errors
    /// [`PlantError::UnknownControlMode`] for any other name.
    pub fn from_name(name: &str) -> Result<Self, PlantError> {
        match name {
            "automatic" => Ok(ControlMode::Automatic),
            "manual" => Ok(ControlMode::Manual),
            _ => Err(PlantError::UnknownControlMode),
        }
    }
}

/// A complete set of commands, every value in its range.
///
/// A message on the command topic may hold any of the fields: start from
/// [`Plant::command`](crate::Plant::command) and replace those that came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Command {
    control_mode: ControlMode,
    speed_command_pct: f32,
    process_heat_load_w: f32,
    mechanical_load: f32,
    fault: Fault,
}

impl Default for Command {
    /// Automatic control of a process of 100 W with mechanical load 0.3 and no fault: about 31 °C, 1850 rpm
    /// and 1 A in a room of 22 °C. The manual speed is 50 %.
    fn default() -> Self {
        Command {
            control_mode: ControlMode::Automatic,
            speed_command_pct: 50.0,
            process_heat_load_w: 100.0,
            mechanical_load: 0.3,
            fault: Fault::NONE,
        }
    }
}

impl Command {
    /// Sets who controls the speed.
    pub fn with_control_mode(self, control_mode: ControlMode) -> Self {
        Command { control_mode, ..self }
    }

    /// Sets the manual speed in percent of 3000 rpm, 0 to 100; 0 switches the drive off.
    ///
    /// # Errors
    /// [`PlantError::OutOfRange`] outside the range.
    pub fn with_speed_command_pct(self, speed_command_pct: f32) -> Result<Self, PlantError> {
        let speed_command_pct = in_range("speed_command_pct", speed_command_pct, 0.0, 100.0)?;
        Ok(Command {
            speed_command_pct,
            ..self
        })
    }

    /// Sets the heat the process gives off, 0 to 500 W.
    ///
    /// # Errors
    /// [`PlantError::OutOfRange`] outside the range.
    pub fn with_process_heat_load_w(self, process_heat_load_w: f32) -> Result<Self, PlantError> {
        let process_heat_load_w = in_range("process_heat_load_w", process_heat_load_w, 0.0, 500.0)?;
        Ok(Command {
            process_heat_load_w,
            ..self
        })
    }

    /// Sets the mechanical load of the fan, 0 to 1.
    ///
    /// # Errors
    /// [`PlantError::OutOfRange`] outside the range.
    pub fn with_mechanical_load(self, mechanical_load: f32) -> Result<Self, PlantError> {
        let mechanical_load = in_range("mechanical_load", mechanical_load, 0.0, 1.0)?;
        Ok(Command {
            mechanical_load,
            ..self
        })
    }

    /// Sets the injected fault.
    pub fn with_fault(self, fault: Fault) -> Self {
        Command { fault, ..self }
    }

    /// Who controls the speed.
    pub const fn control_mode(&self) -> ControlMode {
        self.control_mode
    }

    /// The manual speed in percent of 3000 rpm.
    pub const fn speed_command_pct(&self) -> f32 {
        self.speed_command_pct
    }

    /// The heat the process gives off, in W.
    pub const fn process_heat_load_w(&self) -> f32 {
        self.process_heat_load_w
    }

    /// The mechanical load, 0 to 1.
    pub const fn mechanical_load(&self) -> f32 {
        self.mechanical_load
    }

    /// The injected fault.
    pub const fn fault(&self) -> Fault {
        self.fault
    }
}
