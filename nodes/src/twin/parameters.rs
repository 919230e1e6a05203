//! The figures of the machine, as the flow gives them.

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;
use twinflow_engine::unit::{Quantity, Unit};
use twinflow_plant::Parameters;

/// The machine's own figures; those of the simulated fan by default. `twinflow fit` finds them in a log.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParametersConfig {
    /// Heat that warms the process up by a degree, such as `650 J/°C`.
    heat_capacity: Option<Spanned<String>>,
    /// Heat that leaves without the fan for each degree above the room, such as `5.6 W/°C`.
    passive_cooling: Option<Spanned<String>>,
    /// What the fan adds to it at full speed, such as `8 W/°C`.
    active_cooling: Option<Spanned<String>>,
    /// The speed at a command of 100 %, such as `3000 rpm`.
    full_speed: Option<Spanned<String>>,
    /// The time constant in which the speed follows the command, such as `1.8 s`.
    speed_time: Option<Spanned<String>>,
    /// The current of a fan that runs slowest, without load, such as `0.18 A`.
    idle_current: Option<Spanned<String>>,
    /// The current that full speed adds, such as `1.05 A`.
    speed_current: Option<Spanned<String>>,
    /// The current that full load adds, such as `0.55 A`.
    load_current: Option<Spanned<String>>,
    /// The vibration of a fan that runs slowest, without load, such as `0.01 g`.
    idle_vibration: Option<Spanned<String>>,
    /// The vibration that full speed adds, such as `0.02 g`.
    speed_vibration: Option<Spanned<String>>,
    /// The vibration that full load adds, such as `0.008 g`.
    load_vibration: Option<Spanned<String>>,
}

impl ParametersConfig {
    /// The parameters, or reports of all that cannot be. The bounds keep the model's steps stable.
    pub(super) fn read(&self, check: &mut Check<'_>) -> Option<Parameters> {
        let mut parameters = Parameters::default();
        let given = [
            (
                &self.heat_capacity,
                "J/°C",
                (100.0, 1e7),
                &mut parameters.heat_capacity_j_per_c,
            ),
            (
                &self.passive_cooling,
                "W/°C",
                (0.001, 100.0),
                &mut parameters.passive_cooling_w_per_c,
            ),
            (
                &self.active_cooling,
                "W/°C",
                (0.0, 400.0),
                &mut parameters.active_cooling_w_per_c,
            ),
            (
                &self.full_speed,
                "rpm",
                (10.0, 100_000.0),
                &mut parameters.full_speed_rpm,
            ),
            (&self.speed_time, "s", (0.1, 600.0), &mut parameters.speed_time_s),
            (
                &self.idle_current,
                "A",
                (-10.0, 1000.0),
                &mut parameters.idle_current_a,
            ),
            (
                &self.speed_current,
                "A",
                (-10.0, 1000.0),
                &mut parameters.speed_current_a,
            ),
            (
                &self.load_current,
                "A",
                (-10.0, 1000.0),
                &mut parameters.load_current_a,
            ),
            (
                &self.idle_vibration,
                "g",
                (-10.0, 100.0),
                &mut parameters.idle_vibration_g,
            ),
            (
                &self.speed_vibration,
                "g",
                (-10.0, 100.0),
                &mut parameters.speed_vibration_g,
            ),
            (
                &self.load_vibration,
                "g",
                (-10.0, 100.0),
                &mut parameters.load_vibration_g,
            ),
        ];
        let mut whole = true;
        for (text, unit, (low, high), parameter) in given {
            let Some(text) = text else {
                continue;
            };
            let value = Unit::parse(unit)
                .map_err(|error| error.to_string())
                .and_then(|unit| Quantity::parse_in(text, &unit.difference()));
            let reason = match value {
                Ok(value) if (low..=high).contains(&value) => {
                    *parameter = value as f32;
                    continue;
                }
                Ok(_) => format!("`{}` is outside what the model can follow", text.trim()),
                Err(reason) => reason,
            };
            whole = false;
            let help =
                format!("write a quantity from {low} to {high} {unit}; `twinflow fit` finds it in a log");
            check.report(Diagnostic::new(Code::WrongValue, text.span, reason).with_help(help));
        }
        whole.then_some(parameters)
    }
}
