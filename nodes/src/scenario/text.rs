//! A scenario file as it is written.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_plant::{ControlMode, FaultClass};

use super::quantities::Text;

/// What happens to simulated machines, and when.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioText {
    /// The version of the scenario language: 1.
    #[serde(rename = "twinflow-scenario")]
    pub version: Spanned<i64>,
    /// What the scenario is called.
    pub name: Option<String>,
    /// A sentence about it; it changes nothing.
    #[serde(rename = "description")]
    pub _description: Option<String>,
    /// Seed of all that is random; the same seed gives the same readings. 1 by default.
    pub seed: Option<u64>,
    /// The temperature around the machines, such as `22 °C` (the default), from −20 to 50 °C.
    pub ambient: Option<Text>,
    /// Whether the timeline begins anew when it is over; if not, the machine stays as the last line left it.
    #[serde(default)]
    pub repeat: bool,
    /// How long the timeline is, such as `10 min`; by default it is over when the last of its lines is.
    pub lasts: Option<Text>,
    /// What happens: one thing a line, each at its time.
    #[serde(default)]
    pub timeline: Vec<Spanned<EntryText>>,
    /// By how much machines differ from each other.
    pub spread: Option<SpreadText>,
    /// Machines that differ from the others, by name or by number (from 1).
    #[serde(default)]
    pub machines: Ordered<Spanned<MachineText>>,
}

/// A line of a timeline: when, and one of loads, `fault`, `network`, `sensor` and `drift`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryText {
    /// When it happens, from the beginning of the timeline: `90 s`, `2 min`.
    pub at: Text,
    /// A load: the heat that the process gives off, from 0 to 500 W.
    pub heat_load: Option<Text>,
    /// A load: how hard the fan turns, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub mechanical_load: Option<Spanned<f32>>,
    /// A load: the fan's speed by hand, from 0 to 100 %.
    pub speed: Option<Text>,
    /// Who sets the speed: the controller, or `speed`.
    pub control: Option<Control>,
    /// How long the way to the new loads takes; at once by default.
    pub over: Option<Text>,
    /// A fault that begins; `none` ends the one that is there.
    pub fault: Option<Spanned<FaultName>>,
    /// How bad the fault is, from 0 to 1; 0.9 by default.
    #[schemars(range(min = 0, max = 1))]
    pub severity: Option<Spanned<f32>>,
    /// What becomes of the connection to the broker.
    pub network: Option<Spanned<NetworkName>>,
    /// The share of the readings that a poor network loses, such as `20 %`.
    pub loss: Option<Text>,
    /// The sensor that fails.
    pub sensor: Option<Spanned<SensorName>>,
    /// How the sensor fails; `none` mends it, its drift too.
    pub failure: Option<Spanned<FailureName>>,
    /// The sensor that wanders slowly.
    pub drift: Option<Spanned<SensorName>>,
    /// By how much the sensor is off or scatters, such as `2 K`; how fast it drifts, such as `0.5 K/h`.
    pub by: Option<Text>,
    /// How long it lasts; by default until another line ends it.
    #[serde(rename = "for")]
    pub duration: Option<Text>,
}

/// By how much machines differ from each other: each by a part of this that is its own, and always the same for a seed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SpreadText {
    /// The timeline begins up to so much later, such as `60 s`.
    pub start: Option<Text>,
    /// The room is up to so much warmer or colder, such as `3 K`.
    pub ambient: Option<Text>,
    /// Heat loads are up to so much higher or lower, such as `10 %`.
    pub heat_load: Option<Text>,
    /// Mechanical loads are up to so much higher or lower, such as `10 %`.
    pub mechanical_load: Option<Text>,
}

/// What one machine has of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MachineText {
    /// Its own seed.
    pub seed: Option<u64>,
    /// The temperature around it.
    pub ambient: Option<Text>,
    /// What happens to it, in place of the common timeline.
    pub timeline: Option<Vec<Spanned<EntryText>>>,
}

/// Who sets the fan's speed.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Control {
    Automatic,
    Manual,
}

impl From<Control> for ControlMode {
    fn from(control: Control) -> Self {
        match control {
            Control::Automatic => Self::Automatic,
            Control::Manual => Self::Manual,
        }
    }
}

/// A fault by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FaultName {
    None,
    Overcurrent,
    CoolingDegradation,
    Imbalance,
    ThermalOverload,
}

impl From<FaultName> for FaultClass {
    fn from(name: FaultName) -> Self {
        match name {
            FaultName::None => Self::None,
            FaultName::Overcurrent => Self::Overcurrent,
            FaultName::CoolingDegradation => Self::CoolingDegradation,
            FaultName::Imbalance => Self::Imbalance,
            FaultName::ThermalOverload => Self::ThermalOverload,
        }
    }
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum NetworkName {
    Lost,
    Poor,
    Back,
}

/// A sensor by its name in the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum SensorName {
    Temp,
    Rpm,
    Current,
    Vibration,
}

/// How a sensor fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FailureName {
    None,
    Stuck,
    Missing,
    Noise,
    Offset,
}

/// The JSON Schema of scenario files, for the check and for completion in editors.
#[must_use]
pub fn scenario_schema() -> Value {
    schemars::schema_for!(ScenarioText).to_value()
}
