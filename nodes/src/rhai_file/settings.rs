//! What a flow sets of a node type that is a file.

use rhai::Dynamic;
use serde_json::{Value as Json, json};
use twinflow_engine::language::{Span, Yaml, YamlValue, listed};
use twinflow_engine::unit::{Quantity, Unit};

use super::header::{Setting, SettingType};

/// A scalar that a flow gives, with its place.
pub(super) fn given_value(given: &Yaml) -> Option<(Json, Span)> {
    let value = match &given.value {
        YamlValue::Boolean(value) => json!(value),
        YamlValue::Integer(number, _) => json!(number),
        YamlValue::Number(number, _) => json!(number),
        YamlValue::Text(text) => json!(text),
        YamlValue::Null | YamlValue::Sequence(_) | YamlValue::Mapping(_) => return None,
    };
    Some((value, given.span))
}

impl Setting {
    /// The shape of its value in a flow.
    pub fn schema(&self) -> Json {
        let mut schema = match self.type_name {
            SettingType::Number => json!({ "type": ["number", "string"] }),
            SettingType::Integer => json!({ "type": "integer" }),
            SettingType::Boolean => json!({ "type": "boolean" }),
            SettingType::Text if self.choices.is_empty() => json!({ "type": "string" }),
            SettingType::Text => json!({ "type": "string", "enum": self.choices }),
        };
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), json!(self.doc));
            if let Some(default) = &self.default {
                schema.insert("default".to_owned(), default.value.clone());
            }
            if let (SettingType::Integer, Some(range)) = (self.type_name, &self.range) {
                let [least, most] = range.value;
                schema.insert("minimum".to_owned(), json!(least));
                schema.insert("maximum".to_owned(), json!(most));
            }
        }
        schema
    }

    /// What the script gets, in `unit` if it is a number, or what is wrong with what the flow or the header gives.
    pub fn value(&self, given: &Json, unit: &Unit) -> Result<Dynamic, String> {
        let wrong = |expected: &str| Err(format!("expected {expected}, found `{given}`"));
        let within = |number: f64| match self.range.as_ref().map(|range| range.value) {
            Some([least, most]) if !(least..=most).contains(&number) => {
                Err(format!("expected {least} to {most}, found {number}"))
            }
            _ => Ok(number),
        };
        match (self.type_name, given) {
            (SettingType::Number, Json::Number(number)) => {
                Ok(within(number.as_f64().unwrap_or(f64::NAN))?.into())
            }
            (SettingType::Number, Json::String(text)) => Ok(within(Quantity::parse_in(text, unit)?)?.into()),
            (SettingType::Number, _) => wrong("a number"),
            (SettingType::Integer, Json::Number(number)) => match number.as_i64() {
                Some(whole) => within(whole as f64).map(|_| whole.into()),
                None => wrong("a whole number"),
            },
            (SettingType::Integer, _) => wrong("a whole number"),
            (SettingType::Boolean, Json::Bool(value)) => Ok((*value).into()),
            (SettingType::Boolean, _) => wrong("true or false"),
            (SettingType::Text, Json::String(text)) => {
                if self.choices.is_empty() || self.choices.contains(text) {
                    Ok(text.clone().into())
                } else {
                    wrong(&listed(self.choices.iter().map(String::as_str)))
                }
            }
            (SettingType::Text, _) => wrong("text"),
        }
    }
}
