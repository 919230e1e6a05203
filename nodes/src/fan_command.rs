//! Commands to a fan, as JSON on its command topic.

use std::ops::RangeInclusive;

use serde::Deserialize;
use twinflow_plant::{Command, ControlMode, Fault, FaultClass};

/// What a command can carry; what it does not stays as it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    control_mode: Option<String>,
    speed_command_pct: Option<f32>,
    process_heat_load_w: Option<f32>,
    mechanical_load: Option<f32>,
    fault: Option<FaultWish>,
    /// Readings a second.
    publish_rate_hz: Option<f32>,
    /// When it was sent.
    #[serde(rename = "timestamp")]
    _timestamp: Option<f64>,
    /// The machine that is meant; without it, all that listen.
    key: Option<String>,
}

/// A fault by class or code; the class "none" ends one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultWish {
    class: Option<String>,
    code: Option<u32>,
    #[serde(default = "full_severity")]
    severity: f32,
}

fn full_severity() -> f32 {
    0.9
}

/// What a command asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// What the plant is told from now on.
    pub command: Command,
    /// Whether it says something of faults, be it that there is none.
    pub names_fault: bool,
    /// Readings a second, 1 to 20; nothing when they stay as they are.
    pub publish_rate_hz: Option<f32>,
}

/// Readings a second that a command may ask for, as on the board.
const PUBLISH_RATE_HZ: RangeInclusive<f32> = 1.0..=20.0;

/// What `payload` makes of `current`; nothing when another machine is meant than that of `asset_id`.
///
/// # Errors
/// The field that is wrong, what was found, and what is allowed. Nothing of the command is used then.
pub fn apply_command(current: Command, payload: &[u8], asset_id: &str) -> Result<Option<Asked>, String> {
    let wish: Wish = serde_json::from_slice(payload).map_err(|error| error.to_string())?;

    let said = |error: twinflow_plant::PlantError| error.to_string();
    let mut command = current;
    if let Some(mode) = &wish.control_mode {
        command = command.with_control_mode(ControlMode::from_name(mode).map_err(said)?);
    }
    if let Some(percent) = wish.speed_command_pct {
        command = command.with_speed_command_pct(percent).map_err(said)?;
    }
    if let Some(watts) = wish.process_heat_load_w {
        command = command.with_process_heat_load_w(watts).map_err(said)?;
    }
    if let Some(load) = wish.mechanical_load {
        command = command.with_mechanical_load(load).map_err(said)?;
    }
    if let Some(fault) = &wish.fault {
        let class = match (&fault.class, fault.code) {
            (Some(name), None) => class_by_name(name)?,
            (None, Some(code)) => FaultClass::from_code(code).map_err(said)?,
            _ => return Err("`fault` needs either `class` or `code`".to_owned()),
        };
        let fault = if class == FaultClass::None {
            Fault::NONE
        } else {
            Fault::new(class, fault.severity).map_err(said)?
        };
        command = command.with_fault(fault);
    }
    if let Some(rate_hz) = wish.publish_rate_hz
        && !PUBLISH_RATE_HZ.contains(&rate_hz)
    {
        let (least, most) = (PUBLISH_RATE_HZ.start(), PUBLISH_RATE_HZ.end());
        return Err(format!(
            "publish_rate_hz is {rate_hz}; give a number from {least} to {most}"
        ));
    }
    let is_meant = wish.key.is_none_or(|key| key.is_empty() || key == asset_id);
    Ok(is_meant.then_some(Asked {
        command,
        names_fault: wish.fault.is_some(),
        publish_rate_hz: wish.publish_rate_hz,
    }))
}

fn class_by_name(name: &str) -> Result<FaultClass, String> {
    FaultClass::ALL
        .into_iter()
        .find(|class| class.name() == name)
        .ok_or_else(|| {
            let known: Vec<&str> = FaultClass::ALL.iter().map(|class| class.name()).collect();
            format!("`fault.class` is one of {}, found `{name}`", known.join(", "))
        })
}
