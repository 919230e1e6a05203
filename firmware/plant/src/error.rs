//! What the plant refuses, and why.

use thiserror::Error;

/// A value that the plant does not accept.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum PlantError {
    /// A number outside its allowed range, or not a number at all.
    #[error("{field} is {found}; give a number from {min} to {max}")]
    OutOfRange {
        /// Name of the field, as on the command topic.
        field: &'static str,
        /// The value that was given.
        found: f32,
        /// Smallest value allowed.
        min: f32,
        /// Largest value allowed.
        max: f32,
    },
    /// A control mode of an unknown name.
    #[error("unknown control_mode; give \"automatic\" or \"manual\"")]
    UnknownControlMode,
    /// A fault code that stands for no class.
    #[error(
        "fault code {found} stands for no class; give a whole number from 0 (normal) to 4 (thermal overload)"
    )]
    UnknownFaultCode {
        /// The code that was given.
        found: u32,
    },
}

/// Gives `found` back when it lies in `min..=max`; NaN does not.
pub(crate) fn in_range(field: &'static str, found: f32, min: f32, max: f32) -> Result<f32, PlantError> {
    if found >= min && found <= max {
        Ok(found)
    } else {
        Err(PlantError::OutOfRange {
            field,
            found,
            min,
            max,
        })
    }
}
