//! What a message says of a record.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;
use twinflow_engine::record::{Batch, Keys, Value};
use twinflow_engine::schema::Schema;

/// A message about one record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// What a person reads.
    pub text: String,
    /// What a program reads: time, machine and all fields.
    pub record: Json,
    /// How soon somebody has to act, where the record says so: `low` to `critical`.
    pub priority: Option<String>,
}

/// How records become messages.
#[derive(Clone)]
pub(crate) struct MessageText {
    parts: Vec<Part>,
    schema: Arc<Schema>,
    keys: Arc<Keys>,
}

/// A piece of the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Text(String),
    Field(usize),
    Machine,
}

/// The field of alarms in which they say how urgent they are.
const PRIORITY: &str = "priority";

/// The pieces of `text`, in which `{temp}` stands for a field and `{key}` for the machine; or a report. Without a text, all
/// fields are told.
pub(crate) fn fields_of(text: Option<&Spanned<String>>, check: &mut Check<'_>) -> Option<Vec<Part>> {
    let Some(text) = text else {
        return Some(of_all(&check.input()));
    };
    let mut parts = Vec::new();
    let mut rest = text.value.as_str();
    let mut whole = true;
    while let Some((before, behind)) = rest.split_once('{') {
        parts.push(Part::Text(before.to_owned()));
        let Some((name, after)) = behind.split_once('}') else {
            let at = text.value.len() - behind.len() - 1;
            let place = check.within(text, at..text.value.len());
            check.report(
                Diagnostic::new(Code::WrongValue, place, "this `{` is never closed")
                    .with_help("a field stands in braces: `{temp}`"),
            );
            return None;
        };
        rest = after;
        if name == "key" {
            parts.push(Part::Machine);
            continue;
        }
        let at = text.value.len() - behind.len();
        let place = check.within(text, at..at + name.len());
        match check.field(&Spanned::new(name.to_owned(), place)) {
            Some((slot, _)) => parts.push(Part::Field(slot)),
            None => whole = false,
        }
    }
    parts.push(Part::Text(rest.to_owned()));
    whole.then_some(parts)
}

/// An alarm in its own words, anything else field by field.
fn of_all(schema: &Schema) -> Vec<Part> {
    if let (Some(message), Some(state)) = (schema.slot("message"), schema.slot("state")) {
        return vec![
            Part::Field(message),
            Part::Text(" (".to_owned()),
            Part::Field(state),
            Part::Text(")".to_owned()),
        ];
    }
    let fields = schema.fields().iter().enumerate();
    let pieces = fields.flat_map(|(slot, field)| {
        let comma = if slot > 0 { ", " } else { "" };
        [
            Part::Text(format!("{comma}{} ", field.display_title())),
            Part::Field(slot),
        ]
    });
    pieces.collect()
}

impl MessageText {
    /// Of records of this schema.
    pub fn new(parts: Vec<Part>, schema: Arc<Schema>, keys: Arc<Keys>) -> Self {
        Self { parts, schema, keys }
    }

    /// The message about the record in a row.
    pub fn message(&self, batch: &Batch, row: usize) -> Message {
        let machine = batch
            .keys()
            .get(row)
            .map(|key| self.keys.name(*key))
            .unwrap_or_default();
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Machine => text.push_str(&machine),
                Part::Field(slot) => text.push_str(&self.shown(batch.value(row, *slot), *slot)),
            }
        }
        let mut record = Map::new();
        if let Some(time) = batch.times().get(row) {
            record.insert("time".to_owned(), time.to_iso().into());
        }
        if !machine.is_empty() {
            record.insert("key".to_owned(), (*machine).into());
        }
        for (slot, field) in self.schema.fields().iter().enumerate() {
            record.insert(field.name.to_string(), batch.value(row, slot).to_json());
        }
        let priority = self.schema.slot(PRIORITY).map(|slot| batch.value(row, slot));
        Message {
            text,
            record: Json::Object(record),
            priority: match priority {
                Some(Value::Text(priority)) => Some(priority.to_string()),
                _ => None,
            },
        }
    }

    fn shown(&self, value: Value, slot: usize) -> String {
        let field = self.schema.get(slot);
        let unit = field
            .and_then(|field| field.field_type.unit())
            .map_or("", |unit| unit.symbol());
        match value {
            Value::Missing => "–".to_owned(),
            Value::Number(number) => format!("{} {unit}", sensible(number)).trim_end().to_owned(),
            Value::Integer(code) => {
                let label = field.and_then(|field| field.labels.get(&code));
                label.cloned().unwrap_or_else(|| code.to_string())
            }
            Value::Text(text) => text.to_string(),
            other => other.to_json().to_string(),
        }
    }
}

/// Four digits are more than a message needs.
fn sensible(number: f64) -> String {
    let digits = 3 - (number.abs().max(1e-12).log10().floor() as i32);
    let text = format!("{number:.*}", digits.clamp(0, 9) as usize);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits() {
        let shown = [45.25, 0.012_345, 123_456.0, 0.0, -3.0].map(sensible);
        assert_eq!(shown, ["45.25", "0.01235", "123456", "0", "-3"]);
    }
}
