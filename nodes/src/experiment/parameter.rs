//! What can be chosen for a run: one of some options, or a number within a range.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, ParameterInfo, SettingOption};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::{Quantity, Unit};

use crate::allowed::{OptionConfig, number};
use crate::field_spec::{check_field_name, ordered};

/// A parameter as the flow file has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ParameterConfig {
    /// What people call it.
    title: Option<String>,
    /// What can be chosen.
    options: Option<Spanned<Vec<OptionConfig>>>,
    /// Least and greatest number that can be chosen, where there are no options.
    range: Option<Spanned<[f64; 2]>>,
    /// Unit of the number.
    unit: Option<Spanned<String>>,
    /// The number goes in steps of this size.
    step: Option<Spanned<f64>>,
    /// What holds when nothing is chosen: the value or the label of an option, the first one by default; a number needs one.
    default: Option<Spanned<Json>>,
}

/// A parameter.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub info: ParameterInfo,
    /// The unit of a number; nothing where there are options.
    pub unit: Option<Unit>,
}

/// What was chosen for a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chosen {
    /// What is sent.
    pub value: Json,
    /// What people read: the label of an option, or the number.
    pub shown: Json,
}

impl Parameter {
    /// What a wish means: a number, also as a text with its unit; or an option, by its value or its label.
    ///
    /// # Errors
    /// Why it cannot be chosen, for a person.
    pub fn choose(&self, wish: &Json) -> Result<Chosen, String> {
        let name = &self.info.name;
        match (&self.info.options, &self.unit) {
            (Some(options), _) => {
                let found = wish.as_str().map_or_else(|| wish.to_string(), str::to_owned);
                let meant = options
                    .iter()
                    .find(|option| option.value == *wish)
                    .or_else(|| options.iter().find(|option| option.label == found));
                meant.map(Chosen::option).ok_or_else(|| {
                    let labels: Vec<String> = options
                        .iter()
                        .map(|option| format!("`{}`", option.label))
                        .collect();
                    format!("`{name}`: `{found}` is none of {}", labels.join(", "))
                })
            }
            (None, unit) => {
                let plain = Unit::none();
                let unit = unit.as_ref().unwrap_or(&plain);
                let found = match wish {
                    Json::String(text) => Quantity::parse_in(text, unit).map(Json::from),
                    other => Ok(other.clone()),
                };
                let symbol = self.info.unit.as_deref().unwrap_or_default();
                let checked =
                    found.and_then(|found| number(&found, false, self.info.range, symbol).map(|_| found));
                let value = checked.map_err(|reason| format!("`{name}`: {reason}"))?;
                Ok(Chosen {
                    shown: value.clone(),
                    value,
                })
            }
        }
    }
}

impl Chosen {
    fn option(option: &SettingOption) -> Self {
        Self {
            value: option.value.clone(),
            shown: option.label.as_str().into(),
        }
    }
}

/// The parameter called `name`, or reports of what does not fit.
pub(super) fn parameter(
    name: &Spanned<String>,
    config: &Spanned<ParameterConfig>,
    check: &mut Check<'_>,
) -> Option<Parameter> {
    let is_name = check_field_name(name, check);
    let title = config.title.clone();
    let title = title.unwrap_or_else(|| Field::new(name.value.as_str(), FieldType::Json).display_title());
    let mut info = ParameterInfo {
        name: name.value.clone(),
        title,
        unit: None,
        range: None,
        step: None,
        options: None,
        default: Json::Null,
    };
    let unit = match &config.options {
        Some(options) => {
            info.options = Some(choices(options, config, check)?);
            None
        }
        None => {
            let unit = match &config.unit {
                Some(unit) => check.unit(unit)?,
                None => Unit::none(),
            };
            let Some(range) = &config.range else {
                let message = format!("the parameter `{}` needs `options` or `range`", name.value);
                check.report(
                    Diagnostic::new(Code::MissingField, name.span, message).with_help(
                        "such as `options: [{ value: 1, label: One }]`, or `range: [0, 500]` with a `unit` and a `default`",
                    ),
                );
                return None;
            };
            info.range = Some(ordered(range, check)?);
            info.step = step(config, check)?;
            info.unit = (!unit.is_none()).then(|| unit.symbol().to_owned());
            Some(unit)
        }
    };
    let mut parameter = Parameter { info, unit };
    parameter.info.default = default(&parameter, name, config, check)?;
    is_name.map(|()| parameter)
}

fn choices(
    options: &Spanned<Vec<OptionConfig>>,
    config: &ParameterConfig,
    check: &mut Check<'_>,
) -> Option<Vec<SettingOption>> {
    let of_numbers = [
        ("range", config.range.as_ref().map(|range| range.span)),
        ("unit", config.unit.as_ref().map(|unit| unit.span)),
        ("step", config.step.as_ref().map(|step| step.span)),
    ];
    for (setting, place) in of_numbers {
        if let Some(place) = place {
            let message = format!("a parameter with `options` has no `{setting}`");
            check.report(
                Diagnostic::new(Code::WrongValue, place, message)
                    .with_help(format!("remove `{setting}`, or `options`")),
            );
        }
    }
    let options_shown: Vec<SettingOption> = options.iter().map(OptionConfig::shown).collect();
    if options_shown.is_empty() {
        let message = "a choice needs at least one option";
        check.report(
            Diagnostic::new(Code::MissingField, options.span, message)
                .with_help("such as `options: [{ value: 1, label: One }]`"),
        );
        return None;
    }
    Some(options_shown)
}

fn step(config: &ParameterConfig, check: &mut Check<'_>) -> Option<Option<f64>> {
    match &config.step {
        Some(step) if !(step.is_finite() && step.value > 0.0) => {
            let message = format!("a step is above 0, found {}", step.value);
            check.report(Diagnostic::new(Code::WrongValue, step.span, message));
            None
        }
        step => Some(step.as_ref().map(|step| step.value)),
    }
}

/// What holds when nothing is chosen, as it is sent.
fn default(
    parameter: &Parameter,
    name: &Spanned<String>,
    config: &ParameterConfig,
    check: &mut Check<'_>,
) -> Option<Json> {
    match (&config.default, &parameter.info.options) {
        (Some(given), _) => match parameter.choose(given) {
            Ok(chosen) => Some(chosen.value),
            Err(reason) => {
                check.report(Diagnostic::new(Code::WrongValue, given.span, reason));
                None
            }
        },
        (None, Some(options)) => options.first().map(|option| option.value.clone()),
        (None, None) => {
            let message = format!("the parameter `{}` needs a `default`", name.value);
            let (low, _) = parameter.info.range.unwrap_or_default();
            check.report(
                Diagnostic::new(Code::MissingField, name.span, message)
                    .with_help(format!("a number of its range, such as `default: {low}`")),
            );
            None
        }
    }
}
