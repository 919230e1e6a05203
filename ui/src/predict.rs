//! `POST /predict`: asks the flow's model about one reading.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::shown::Current;

/// A feature that the model wants.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureInfo {
    /// Its name in the request.
    pub name: String,
    /// Its unit.
    pub unit: Option<String>,
    /// The least and the greatest value that the model has seen.
    pub range: (f64, f64),
}

/// The model's answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// The fault's code; 0 is normal operation.
    pub fault_code: u32,
    /// Its name.
    pub fault_label: String,
    /// How sure the model is, 0 to 1.
    pub confidence: f64,
    /// None, Low, Medium or High.
    pub severity: String,
    /// What to do.
    pub advice: String,
}

/// Answers for single readings.
pub trait Predictor: Send + Sync {
    /// The features in the order of [`Predictor::predict`].
    fn features(&self) -> Vec<FeatureInfo>;

    /// The answer for finite values of all features; nothing when the model refuses them.
    fn predict(&self, values: &[f64]) -> Option<Prediction>;
}

/// What is wrong with a request, in the form that the original server's clients know.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Fault {
    loc: Vec<String>,
    msg: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Fault {
    fn body(kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            loc: vec!["body".to_owned()],
            msg: message.into(),
            kind,
        }
    }

    fn field(name: &str, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            loc: vec!["body".to_owned(), name.to_owned()],
            msg: message.into(),
            kind,
        }
    }
}

#[derive(Serialize)]
struct Refusal {
    detail: Vec<Fault>,
}

/// The handler.
pub async fn predict(State(current): State<Current>, body: Bytes) -> Response {
    let predictor = current.borrow().predictor.clone();
    let Some(predictor) = predictor else {
        let detail = "this flow has no model: add a `classify` node to it";
        return (
            StatusCode::NOT_FOUND,
            Json(serde_json::json!({ "detail": detail })),
        )
            .into_response();
    };
    let features = predictor.features();
    let answer = read(&body)
        .and_then(|object| values(&features, &object))
        .and_then(|values| {
            predictor
                .predict(&values)
                .ok_or_else(|| vec![Fault::body("value_error", "the model cannot take these values")])
        });
    match answer {
        Ok(prediction) => Json(prediction).into_response(),
        Err(detail) => (StatusCode::UNPROCESSABLE_ENTITY, Json(Refusal { detail })).into_response(),
    }
}

fn read(body: &[u8]) -> Result<Map<String, Value>, Vec<Fault>> {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(vec![Fault::body(
            "dict_type",
            "expected a JSON object with the features",
        )]),
        Err(error) => Err(vec![syntax_fault(body, &error)]),
    }
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
