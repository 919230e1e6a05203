//! What a run goes through, and what it sends on the way.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Ordered, Spanned, listed};
use twinflow_engine::node::{Check, ExperimentInfo, PhaseInfo};
use twinflow_engine::record::Value;
use twinflow_engine::schema::Schema;

use super::parameter::{Chosen, Parameter, ParameterConfig, parameter};
use super::sent::{Sent, check_names, field, filled, value};
use crate::field_spec::check_field_name;
use crate::time_span::seconds;

/// A phase as the flow file has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PhaseConfig {
    /// How long it lasts, such as `30 s`.
    #[serde(rename = "for")]
    lasts: Spanned<String>,
    /// What is sent when it begins: fields of a command with their values. `$name` is what was chosen for a parameter, `60 %`
    /// a number with its unit. What is not said here is not sent.
    #[serde(default)]
    send: Ordered<Spanned<Json>>,
}

/// Longer than a week is no experiment that anybody waits for.
const LONGEST_PHASE_S: u64 = 7 * 86_400;

/// A phase.
#[derive(Clone, Debug)]
pub(super) struct Phase {
    pub name: Arc<str>,
    pub seconds: f64,
    /// What is sent when it begins, by slot of the commands.
    sends: Vec<Option<Json>>,
}

impl Phase {
    pub fn micros(&self) -> i64 {
        (self.seconds * 1e6) as i64
    }
}

/// An experiment's parameters and phases.
#[derive(Clone, Debug)]
pub(super) struct Protocol {
    parameters: Vec<Parameter>,
    /// One at least.
    phases: Vec<Phase>,
    /// Of the commands.
    pub commands: Arc<Schema>,
}

impl Protocol {
    pub fn phase(&self, number: usize) -> Option<&Phase> {
        self.phases.get(number)
    }

    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    pub fn last(&self) -> usize {
        self.phases.len().saturating_sub(1)
    }

    /// For the dashboard.
    pub fn info(&self) -> ExperimentInfo {
        ExperimentInfo {
            phases: self
                .phases
                .iter()
                .map(|phase| PhaseInfo {
                    name: phase.name.to_string(),
                    seconds: phase.seconds,
                })
                .collect(),
            parameters: self
                .parameters
                .iter()
                .map(|parameter| parameter.info.clone())
                .collect(),
        }
    }

    /// What the wishes for a run mean, in the order of the parameters.
    ///
    /// # Errors
    /// Everything that cannot be chosen, for a person.
    pub fn choose(&self, wishes: Option<&Json>) -> Result<Vec<Chosen>, String> {
        let none = Map::new();
        let wishes = match wishes {
            None | Some(Json::Null) => &none,
            Some(Json::Object(wishes)) => wishes,
            Some(other) => return Err(format!("`parameters` gives values by name, found `{other}`")),
        };
        let mut wrong = Vec::new();
        let names = || self.parameters.iter().map(|parameter| &*parameter.info.name);
        for name in wishes.keys().filter(|name| names().all(|known| known != *name)) {
            wrong.push(format!(
                "there is no parameter `{name}`; there is {}",
                listed(names())
            ));
        }
        let mut chosen = Vec::new();
        for parameter in &self.parameters {
            let wish = wishes.get(&parameter.info.name).filter(|wish| !wish.is_null());
            match parameter.choose(wish.unwrap_or(&parameter.info.default)) {
                Ok(choice) => chosen.push(choice),
                Err(reason) => wrong.push(reason),
            }
        }
        match wrong.is_empty() {
            true => Ok(chosen),
            false => Err(wrong.join("; ")),
        }
    }

    /// What was chosen for a run of an earlier version of the flow, as far as it can still be chosen.
    pub fn chosen_once(&self, shown: &Map<String, Json>) -> Vec<Chosen> {
        let once = |parameter: &Parameter| {
            let wish = shown.get(&parameter.info.name).unwrap_or(&parameter.info.default);
            let chosen = parameter.choose(wish);
            chosen.or_else(|_| parameter.choose(&parameter.info.default)).ok()
        };
        self.parameters.iter().filter_map(once).collect()
    }

    /// What was chosen, as people read it.
    pub fn shown(&self, chosen: &[Chosen]) -> Map<String, Json> {
        let all = self.parameters.iter().zip(chosen);
        all.map(|(parameter, chosen)| (parameter.info.name.clone(), chosen.shown.clone()))
            .collect()
    }

    /// What a phase sends, by slot of the commands; nothing when it sends nothing.
    pub fn values(&self, phase: usize, chosen: &[Chosen]) -> Option<Vec<Value>> {
        let sends = &self.phases.get(phase)?.sends;
        let values: Vec<Value> = sends
            .iter()
            .zip(self.commands.fields())
            .map(|(sent, field)| match sent {
                Some(sent) => value(&filled(sent, &self.parameters, chosen), &field.field_type),
                None => Value::Missing,
            })
            .collect();
        sends.iter().any(Option::is_some).then_some(values)
    }
}

/// The protocol, or reports of what does not fit.
pub(super) fn protocol(
    parameters: &Ordered<Spanned<ParameterConfig>>,
    phases: &Spanned<Ordered<PhaseConfig>>,
    check: &mut Check<'_>,
) -> Option<Protocol> {
    let names: Vec<&Spanned<String>> = parameters.iter().map(|(name, _)| name).collect();
    let parameters: Vec<Option<Parameter>> = parameters
        .iter()
        .map(|(name, config)| parameter(name, config, check))
        .collect();
    let lengths: Vec<Option<f64>> = phases
        .iter()
        .map(|(_, phase)| seconds(&phase.lasts, 0..=LONGEST_PHASE_S, "such as `for: 30 s`", check))
        .collect();
    let mut is_sound = true;
    for (name, sent) in phases.iter().flat_map(|(_, phase)| phase.send.iter()) {
        is_sound &= check_field_name(name, check).is_some();
        is_sound &= check_names(sent, &names, check).is_some();
    }
    if phases.iter().all(|(_, phase)| phase.send.iter().next().is_none()) {
        let message = match phases.iter().next() {
            None => "an experiment needs at least one phase",
            Some(_) => "no phase of this experiment sends anything",
        };
        check.report(
            Diagnostic::new(Code::MissingField, phases.span, message)
                .with_help("such as `fault: { for: 60 s, send: { fault: { class: imbalance } } }`"),
        );
        return None;
    }
    let parameters: Vec<Parameter> = parameters.into_iter().collect::<Option<_>>()?;
    let lengths: Vec<f64> = lengths.into_iter().collect::<Option<_>>()?;
    if !is_sound {
        return None;
    }
    let commands = commands(phases, &parameters, check)?;
    let phases = phases.iter().zip(lengths).map(|((name, phase), seconds)| Phase {
        name: name.value.as_str().into(),
        seconds,
        sends: commands
            .names()
            .map(|field| {
                let mut sent = phase.send.iter();
                let found = sent.find(|(name, _)| name.value == field);
                found.map(|(_, sent)| sent.value.clone())
            })
            .collect(),
    });
    Some(Protocol {
        phases: phases.collect(),
        parameters,
        commands: Arc::new(commands),
    })
}

/// The fields of all phases' commands.
fn commands(
    phases: &Ordered<PhaseConfig>,
    parameters: &[Parameter],
    check: &mut Check<'_>,
) -> Option<Schema> {
    let mut fields: Vec<(&str, Vec<Sent<'_>>)> = Vec::new();
    for (name, sent) in phases.iter().flat_map(|(_, phase)| phase.send.iter()) {
        let sent = Sent {
            json: &sent.value,
            span: sent.span,
        };
        match fields.iter_mut().find(|(known, _)| *known == name.value) {
            Some((_, all)) => all.push(sent),
            None => fields.push((&name.value, vec![sent])),
        }
    }
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, all)| field(name, all, parameters, check))
        .collect();
    Some(Schema::new(fields.into_iter().collect::<Option<Vec<_>>>()?))
}
