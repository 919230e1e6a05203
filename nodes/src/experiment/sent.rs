//! What phases send: constants of the flow, and parameters by `$name`, also within an object.

use serde_json::Value as Json;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Span, Spanned, listed, nearest};
use twinflow_engine::node::Check;
use twinflow_engine::record::Value;
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::{Quantity, Unit};

use super::parameter::{Chosen, Parameter};
use crate::allowed::as_value;

/// The name of the parameter that a text stands for.
fn meant(text: &str) -> Option<&str> {
    text.strip_prefix('$')
}

/// What is sent, with what was chosen in the places of the parameters.
pub(super) fn filled(sent: &Json, parameters: &[Parameter], chosen: &[Chosen]) -> Json {
    match sent {
        Json::String(text) => {
            let known = parameters.iter().zip(chosen);
            let mut named = known.filter(|(parameter, _)| meant(text) == Some(&parameter.info.name));
            match named.next() {
                Some((_, chosen)) => chosen.value.clone(),
                None => sent.clone(),
            }
        }
        Json::Array(items) => items
            .iter()
            .map(|item| filled(item, parameters, chosen))
            .collect(),
        Json::Object(members) => {
            let members = members
                .iter()
                .map(|(name, member)| (name.clone(), filled(member, parameters, chosen)));
            Json::Object(members.collect())
        }
        other => other.clone(),
    }
}

/// A value as a field of this type, which [`field_type`] found for it.
pub(super) fn value(json: &Json, field_type: &FieldType) -> Value {
    match (field_type, json) {
        (FieldType::Number(unit), Json::String(text)) => {
            Quantity::parse_in(text, unit).map_or(Value::Missing, Value::number)
        }
        _ => as_value(json, field_type),
    }
}

/// Reports parameters that there are not.
pub(super) fn check_names(
    sent: &Spanned<Json>,
    parameters: &[&Spanned<String>],
    check: &mut Check<'_>,
) -> Option<()> {
    let mut unknown = Vec::new();
    collect_unknown(sent, parameters, &mut unknown);
    for name in &unknown {
        let known = || parameters.iter().map(|known| known.value.as_str());
        let message = format!("the experiment has no parameter `{name}`");
        let mut diagnostic = Diagnostic::new(Code::WrongValue, sent.span, message);
        if let Some(near) = nearest(name, known()) {
            diagnostic = diagnostic.with_label(format!("did you mean `${near}`?"));
            if sent.as_str().is_some() {
                diagnostic = diagnostic.with_fix(sent.span, format!("${near}"));
            }
        }
        check.report(diagnostic.with_help(match parameters {
            [] => format!("add it: `parameters: {{ {name}: {{ range: [0, 100], default: 0 }} }}`"),
            _ => format!("`parameters:` defines {}", listed(known())),
        }));
    }
    unknown.is_empty().then_some(())
}

fn collect_unknown<'s>(sent: &'s Json, parameters: &[&Spanned<String>], unknown: &mut Vec<&'s str>) {
    match sent {
        Json::String(text) => {
            if let Some(name) = meant(text)
                && parameters.iter().all(|known| known.value != name)
            {
                unknown.push(name);
            }
        }
        Json::Array(items) => items
            .iter()
            .for_each(|item| collect_unknown(item, parameters, unknown)),
        Json::Object(members) => members
            .values()
            .for_each(|member| collect_unknown(member, parameters, unknown)),
        _ => {}
    }
}

/// What one phase sends in a field.
pub(super) struct Sent<'c> {
    pub json: &'c Json,
    pub span: Span,
}

/// The kind of a value that may be sent.
enum Kind {
    Number { unit: Option<Unit>, is_whole: bool },
    Boolean,
    Text,
    Other,
}

impl Kind {
    fn of(json: &Json) -> Option<Self> {
        Some(match json {
            Json::Null => return None,
            Json::Bool(_) => Self::Boolean,
            Json::Number(number) => Self::Number {
                unit: None,
                is_whole: number.is_i64(),
            },
            // `60 %` is a number; a text without a unit is a text.
            Json::String(text) => match Quantity::parse(text) {
                Ok(Quantity { unit, .. }) if !unit.is_none() => Self::Number {
                    unit: Some(unit),
                    is_whole: false,
                },
                _ => Self::Text,
            },
            Json::Array(_) | Json::Object(_) => Self::Other,
        })
    }

    fn described(&self) -> String {
        match self {
            Self::Number { unit: Some(unit), .. } => unit.described(),
            Self::Number { unit: None, .. } => "a number".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Other => "a list or an object".to_owned(),
        }
    }
}

/// The kinds that a phase may send in a field: of a parameter with options, those of all of them.
fn kinds(sent: &Sent<'_>, parameters: &[Parameter]) -> Vec<Option<Kind>> {
    let name = sent.json.as_str().and_then(meant);
    let parameter = parameters.iter().find(|known| Some(&*known.info.name) == name);
    match parameter.map(|parameter| (parameter, &parameter.info.options)) {
        None => vec![Kind::of(sent.json)],
        Some((_, Some(options))) => options.iter().map(|option| Kind::of(&option.value)).collect(),
        Some((parameter, None)) => vec![Some(Kind::Number {
            unit: parameter.unit.clone().filter(|unit| !unit.is_none()),
            is_whole: false,
        })],
    }
}

/// The field that holds all that the phases send in it, or reports of what does not fit together.
///
/// A unit anywhere is the unit of the field: numbers without one are in it.
pub(super) fn field(
    name: &str,
    all: &[Sent<'_>],
    parameters: &[Parameter],
    check: &mut Check<'_>,
) -> Option<Field> {
    let mut found = Vec::new();
    let mut is_empty_somewhere = false;
    for sent in all {
        for kind in kinds(sent, parameters) {
            match kind {
                Some(kind) => found.push((kind, sent.span)),
                None => {
                    let message = format!("`{name}` cannot be sent as nothing");
                    check.report(
                        Diagnostic::new(Code::WrongValue, sent.span, message)
                            .with_help("a phase that leaves a field out sends nothing of it"),
                    );
                    is_empty_somewhere = true;
                }
            }
        }
    }
    if is_empty_somewhere {
        return None;
    }
    let unit = found.iter().find_map(|(kind, _)| match kind {
        Kind::Number { unit, .. } => unit.clone(),
        _ => None,
    });
    let field_type = match unit {
        Some(unit) => {
            let misfits: Vec<_> = found
                .iter()
                .filter(|(kind, _)| match kind {
                    Kind::Number { unit: own, .. } => {
                        own.as_ref().is_some_and(|own| own.conversion_to(&unit).is_none())
                    }
                    _ => true,
                })
                .collect();
            for (kind, span) in &misfits {
                let message = format!(
                    "`{name}` is sent in {} elsewhere, this is {}",
                    unit.described(),
                    kind.described()
                );
                check.report(
                    Diagnostic::new(Code::UnitMismatch, *span, message)
                        .with_help("a field of a command has one kind of values in all phases"),
                );
            }
            misfits.is_empty().then_some(FieldType::Number(unit))?
        }
        None => common(found.iter().map(|(kind, _)| kind)),
    };
    Some(Field::new(name, field_type).optional())
}

/// The type of values without units.
fn common<'k>(kinds: impl Iterator<Item = &'k Kind> + Clone) -> FieldType {
    let all = |is: fn(&Kind) -> bool| kinds.clone().all(is);
    if all(|kind| matches!(kind, Kind::Number { is_whole: true, .. })) {
        FieldType::Integer
    } else if all(|kind| matches!(kind, Kind::Number { .. })) {
        FieldType::plain_number()
    } else if all(|kind| matches!(kind, Kind::Boolean)) {
        FieldType::Boolean
    } else if all(|kind| matches!(kind, Kind::Text)) {
        FieldType::Text
    } else {
        FieldType::Json
    }
}
