//! From the body of a request to the values of the features.

use serde_json::{Map, Value};

use super::FeatureInfo;
use super::fault::Fault;

/// Most readings in one request.
pub(crate) const MAX_READINGS: usize = 10_000;
/// Who sends thousands of bad readings needs no list of all.
const MAX_FAULTS: usize = 100;

/// What a body holds: the features' values of each reading.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Readings {
    /// A JSON object.
    One(Vec<f64>),
    /// A JSON array of objects.
    Batch(Vec<Vec<f64>>),
}

/// Reads a body.
pub(super) fn read(features: &[FeatureInfo], body: &[u8]) -> Result<Readings, Vec<Fault>> {
    let expected = "expected a JSON object with the features, or a list of them";
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(object)) => values(features, &object).map(Readings::One),
        Ok(Value::Array(list)) if list.is_empty() => {
            let message = "this list is empty: send at least one reading";
            Err(vec![Fault::body("too_short", message)])
        }
        Ok(Value::Array(list)) if list.len() > MAX_READINGS => {
            let found = list.len();
            let message =
                format!("this list has {found} readings, allowed are {MAX_READINGS} in one request");
            Err(vec![Fault::body("too_long", message)])
        }
        Ok(Value::Array(list)) => batch(features, &list).map(Readings::Batch),
        Ok(_) => Err(vec![Fault::body("dict_type", expected)]),
        Err(error) => Err(vec![syntax_fault(body, &error)]),
    }
}

fn batch(features: &[FeatureInfo], list: &[Value]) -> Result<Vec<Vec<f64>>, Vec<Fault>> {
    let mut rows = Vec::with_capacity(list.len());
    let mut faults = Vec::new();
    for (index, reading) in list.iter().enumerate() {
        let row = match reading {
            Value::Object(object) => values(features, object),
            _ => Err(vec![Fault::body(
                "dict_type",
                "expected a JSON object with the features",
            )]),
        };
        match row {
            Ok(row) => rows.push(row),
            Err(of_row) => faults.extend(of_row.into_iter().map(|fault| fault.in_reading(index))),
        }
        if faults.len() >= MAX_FAULTS {
            break;
        }
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

/// JSON has no NaN, infinity or 1e999, but clients send them: the field before the place of the error is the culprit.
fn syntax_fault(body: &[u8], error: &serde_json::Error) -> Fault {
    let text = String::from_utf8_lossy(body);
    let lines_before: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let at = lines_before + error.column().saturating_sub(1);
    let before = text.get(..at.min(text.len())).unwrap_or_default();
    let value_start = before
        .rfind(':')
        .map(|colon| (colon, before.get(..colon).unwrap_or_default().trim_end()));
    let key = value_start.and_then(|(colon, head)| {
        let inner = head.strip_suffix('"')?;
        let key = inner.get(inner.rfind('"')? + 1..)?;
        let value = text.get(colon + 1..)?.trim_start();
        let value = value.split([',', '}', '\n']).next().unwrap_or_default().trim();
        Some((key.to_owned(), value.to_owned()))
    });
    match key {
        Some((key, value)) if looks_like_no_number(&value) => {
            let shown = twinflow_engine::diagnostic::shortened(&value);
            Fault::field(
                &key,
                "finite_number",
                format!("expected a finite number, found {shown}"),
            )
        }
        _ => Fault::body("json_invalid", format!("this is not JSON: {error}")),
    }
}

fn looks_like_no_number(value: &str) -> bool {
    let word = value.trim_start_matches(['-', '+']).to_ascii_lowercase();
    word == "nan" || word.starts_with("inf") || word.parse::<f64>().is_ok_and(f64::is_infinite)
}

fn values(features: &[FeatureInfo], object: &Map<String, Value>) -> Result<Vec<f64>, Vec<Fault>> {
    let mut faults = Vec::new();
    for name in object.keys() {
        if !features.iter().any(|feature| feature.name == *name) {
            let known =
                twinflow_engine::language::listed(features.iter().map(|feature| feature.name.as_str()));
            faults.push(Fault::field(
                name,
                "extra_forbidden",
                format!("the model has no such feature; it has {known}"),
            ));
        }
    }
    let mut values = Vec::with_capacity(features.len());
    for feature in features {
        match object.get(&feature.name).map(|value| (value, value.as_f64())) {
            Some((_, Some(value))) if value.is_finite() => values.push(value),
            Some((value, _)) => {
                let shown = twinflow_engine::diagnostic::shortened(&value.to_string());
                faults.push(Fault::field(
                    &feature.name,
                    "float_type",
                    format!("expected a finite number, found {shown}"),
                ));
            }
            None => {
                let unit = feature
                    .unit
                    .as_deref()
                    .map(|unit| format!(" in {unit}"))
                    .unwrap_or_default();
                faults.push(Fault::field(
                    &feature.name,
                    "missing",
                    format!("this feature{unit} is required"),
                ));
            }
        }
    }
    if faults.is_empty() {
        Ok(values)
    } else {
        Err(faults)
    }
}
