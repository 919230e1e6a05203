//! The fault classes, and how strongly each one acts at the moment.

use crate::error::{PlantError, in_range};

/// What can be wrong with the fan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultClass {
    /// Nothing: normal operation.
    None,
    /// The motor draws more than its speed and load explain, and sags a little.
    Overcurrent,
    /// The air path clogs: less heat is carried off at the same speed (thermal drift).
    CoolingDegradation,
    /// The rotor is out of balance: vibration that grows with the square of the speed, with spikes.
    Imbalance,
    /// The process gives off more heat than it was set to.
    ThermalOverload,
}

impl FaultClass {
    /// All classes in the order of their codes.
    pub const ALL: [FaultClass; 5] = [
        FaultClass::None,
        FaultClass::Overcurrent,
        FaultClass::CoolingDegradation,
        FaultClass::Imbalance,
        FaultClass::ThermalOverload,
    ];

    /// The code on the wire: 0 normal, 1 overcurrent, 2 cooling degradation, 3 imbalance, 4 thermal overload.
    pub const fn code(self) -> u8 {
        match self {
            FaultClass::None => 0,
            FaultClass::Overcurrent => 1,
            FaultClass::CoolingDegradation => 2,
            FaultClass::Imbalance => 3,
            FaultClass::ThermalOverload => 4,
        }
    }

    /// The class of a code.
    ///
    /// # Errors
    /// [`PlantError::UnknownFaultCode`] for a code above 4.
    pub fn from_code(code: u32) -> Result<Self, PlantError> {
        match code {
            0 => Ok(FaultClass::None),
            1 => Ok(FaultClass::Overcurrent),
            2 => Ok(FaultClass::CoolingDegradation),
            3 => Ok(FaultClass::Imbalance),
            4 => Ok(FaultClass::ThermalOverload),
            found => Err(PlantError::UnknownFaultCode { found }),
        }
    }

    /// The class's name in snake case, as it stands in logs and commands.
    pub const fn name(self) -> &'static str {
        match self {
            FaultClass::None => "none",
            FaultClass::Overcurrent => "overcurrent",
            FaultClass::CoolingDegradation => "cooling_degradation",
            FaultClass::Imbalance => "imbalance",
            FaultClass::ThermalOverload => "thermal_overload",
        }
    }
}

/// A fault class with its severity. [`FaultClass::None`] always has severity 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fault {
    class: FaultClass,
    severity: f32,
}

impl Fault {
    /// No fault.
    pub const NONE: Fault = Fault {
        class: FaultClass::None,
        severity: 0.0,
    };

    /// A fault of a severity from 0 to 1; 0.3, 0.6 and 0.9 are the usual ones.
    ///
    /// # Errors
    /// [`PlantError::OutOfRange`] for a severity outside 0 to 1.
    pub fn new(class: FaultClass, severity: f32) -> Result<Self, PlantError> {
        let severity = in_range("severity", severity, 0.0, 1.0)?;
        Ok(Self::clamped(class, severity))
    }

    /// For severities that are computed, and in range but for rounding.
    pub(crate) fn clamped(class: FaultClass, severity: f32) -> Self {
        match class {
            FaultClass::None => Fault::NONE,
            _ => Fault {
                class,
                severity: severity.clamp(0.0, 1.0),
            },
        }
    }

    /// The class.
    pub const fn class(self) -> FaultClass {
        self.class
    }

    /// The severity, 0 to 1.
    pub const fn severity(self) -> f32 {
        self.severity
    }

    fn severity_of(self, class: FaultClass) -> f32 {
        if self.class == class { self.severity } else { 0.0 }
    }
}

/// How strongly each fault acts now, 0 to 1. A fault does not come or go at once: each level follows the
/// injected severity with a time constant of its own, so that one fault can still fade while the next one
/// grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FaultLevels {
    pub overcurrent: f32,
    pub cooling_degradation: f32,
    pub imbalance: f32,
    pub thermal_overload: f32,
}

impl FaultLevels {
    pub const NONE: FaultLevels = FaultLevels {
        overcurrent: 0.0,
        cooling_degradation: 0.0,
        imbalance: 0.0,
        thermal_overload: 0.0,
    };

    /// Time constants in seconds. Own choice: an electrical fault is there within a second, dust settles over
    /// tens.
    const OVERCURRENT_TAU_S: f32 = 1.0;
    const COOLING_DEGRADATION_TAU_S: f32 = 8.0;
    const IMBALANCE_TAU_S: f32 = 2.0;
    const THERMAL_OVERLOAD_TAU_S: f32 = 3.0;

    /// Moves every level towards the injected fault over `dt_s` seconds.
    pub fn follow(&mut self, fault: Fault, dt_s: f32) {
        let approach = |level: &mut f32, class: FaultClass, tau_s: f32| {
            *level += (fault.severity_of(class) - *level) * (dt_s / tau_s);
        };
        approach(
            &mut self.overcurrent,
            FaultClass::Overcurrent,
            Self::OVERCURRENT_TAU_S,
        );
        approach(
            &mut self.cooling_degradation,
            FaultClass::CoolingDegradation,
            Self::COOLING_DEGRADATION_TAU_S,
        );
        approach(&mut self.imbalance, FaultClass::Imbalance, Self::IMBALANCE_TAU_S);
        approach(
            &mut self.thermal_overload,
            FaultClass::ThermalOverload,
            Self::THERMAL_OVERLOAD_TAU_S,
        );
    }
}
