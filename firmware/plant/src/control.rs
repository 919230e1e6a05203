//! The speed controller.

use crate::command::{Command, ControlMode};

/// Temperature the controller aims at, in °C. Own choice: it puts the usual loads between 25 and 35 °C.
const SETPOINT_C: f32 = 28.0;
/// Speed at the setpoint, as a fraction of 3000 rpm.
const SPEED_AT_SETPOINT: f32 = 0.5;
/// Proportional gain in fractions of full speed per °C.
const GAIN_PER_C: f32 = 0.035;
/// An automatic fan never stops: still air over the sensor would read the wrong temperature.
const MIN_AUTOMATIC_SPEED: f32 = 0.2;

/// The commanded speed as a fraction of 3000 rpm, 0 to 1, from the measured temperature in °C.
pub(crate) fn speed_command(command: &Command, measured_c: f32) -> f32 {
    match command.control_mode() {
        ControlMode::Manual => command.speed_command_pct() / 100.0,
        ControlMode::Automatic => {
            let proportional = SPEED_AT_SETPOINT + GAIN_PER_C * (measured_c - SETPOINT_C);
            proportional.clamp(MIN_AUTOMATIC_SPEED, 1.0)
        }
    }
}
