//! `POST /models/{name}/predict`, and `/score`, which is the same: asks a model of the flow about one reading or many.
//! `GET /models/{name}`: what the model is. `/predict`, `/score` and `/model` are those of the flow's first model.

mod fault;
mod reading;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use twinflow_engine::diagnostic::shortened;
use twinflow_engine::language::listed;

use crate::shown::Current;
use fault::{Fault, refusal};
pub(crate) use reading::MAX_READINGS;
use reading::{Readings, read};

/// Larger bodies are refused: room for [`MAX_READINGS`] of a model with some dozens of features.
pub(crate) const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// Most readings of one request that are explained: an explanation takes a thousand times as long as an answer.
pub(crate) const MAX_EXPLAINED: usize = 1000;

/// A feature that the model wants.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeatureInfo {
    /// Its name in the request.
    pub name: String,
    /// Its unit.
    pub unit: Option<String>,
    /// The least and the greatest value that the model has seen, where it tells.
    pub range: Option<(f64, f64)>,
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
    /// Why, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explained>,
}

/// Why a reading got its answer: the base and all contributions add up to the confidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// The probability of the class before any feature is known.
    pub base: f64,
    /// What each feature adds, the greatest first.
    pub contributions: Vec<Contribution>,
}

/// What a feature adds to the probability of a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contribution {
    /// Its name.
    pub feature: String,
    /// Its value in the reading.
    pub value: f64,
    /// What it adds; negative where it speaks against the class.
    pub contribution: f64,
}

/// Answers for single readings.
pub trait Predictor: Send + Sync {
    /// The features in the order of [`Predictor::predict`].
    fn features(&self) -> Vec<FeatureInfo>;

    /// Whether it can tell why.
    fn explains(&self) -> bool;

    /// The answer for finite values of all features, explained or not; nothing when the model refuses them.
    fn predict(&self, values: &[f64], explain: bool) -> Option<Prediction>;

    /// What `GET /model` tells, as JSON: features, classes, training and figures.
    fn model(&self) -> String;
}

/// A model by the name of its node.
#[derive(Clone)]
pub struct NamedModel {
    /// The node's name.
    pub name: String,
    /// What answers.
    pub predictor: Arc<dyn Predictor>,
}

/// What can stand behind the `?`.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    explain: bool,
}

/// The model of that name, or the first one where the address has none; or the answer that there is no such model.
fn named(current: &Current, name: Option<Path<String>>) -> Result<Arc<dyn Predictor>, Box<Response>> {
    let shown = current.borrow();
    let found = match &name {
        Some(Path(name)) => shown.models.iter().find(|model| model.name == *name),
        None => shown.models.first(),
    };
    if let Some(found) = found {
        return Ok(Arc::clone(&found.predictor));
    }
    let detail = match name {
        Some(Path(name)) if !shown.models.is_empty() => {
            let known = listed(shown.models.iter().map(|model| model.name.as_str()));
            format!("this flow has no model `{}`: it has {known}", shortened(&name))
        }
        _ => "this flow has no model: add a `classify` node to it".to_owned(),
    };
    let body = Json(serde_json::json!({ "detail": detail }));
    Err(Box::new((StatusCode::NOT_FOUND, body).into_response()))
}

/// The handler of `GET /models`.
pub async fn models(State(current): State<Current>) -> Response {
    let shown = current.borrow();
    let models = shown.models.iter().map(|NamedModel { name, predictor }| {
        let features = predictor.features();
        serde_json::json!({ "name": name, "features": features })
    });
    Json(models.collect::<Vec<_>>()).into_response()
}

/// The handler of `GET /models/{name}` and `GET /model`.
pub async fn model(State(current): State<Current>, name: Option<Path<String>>) -> Response {
    match named(&current, name) {
        Ok(predictor) => ([(CONTENT_TYPE, "application/json")], predictor.model()).into_response(),
        Err(none) => *none,
    }
}

/// The handler of `POST /models/{name}/predict` and `/score`, and of `POST /predict` and `/score`.
pub async fn predict(
    State(current): State<Current>,
    name: Option<Path<String>>,
    asked: Result<Query<Asked>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let predictor = match named(&current, name) {
        Ok(predictor) => predictor,
        Err(none) => return *none,
    };
    let Ok(Query(asked)) = asked else {
        let fault = Fault::query(
            "explain",
            "bool_parsing",
            "expected `explain=true` or `explain=false`",
        );
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, &[fault]);
    };
    if asked.explain && !predictor.explains() {
        let fault = Fault::query("explain", "value_error", "an ONNX model cannot be explained");
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, &[fault]);
    }
    let body = match body {
        Ok(body) => body,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let mib = MAX_BODY_BYTES / (1024 * 1024);
            let message = format!("the body is larger than {mib} MiB: send fewer readings at once");
            return refusal(
                StatusCode::PAYLOAD_TOO_LARGE,
                &[Fault::body("too_large", message)],
            );
        }
        Err(error) => return refusal(error.status(), &[Fault::body("body_read", error.body_text())]),
    };
    // Thousands of readings would hold the dashboard up.
    let answering = tokio::task::spawn_blocking(move || answer(&*predictor, &body, asked.explain));
    match answering.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(faults)) => refusal(StatusCode::UNPROCESSABLE_ENTITY, &faults),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn answer(predictor: &dyn Predictor, body: &[u8], explain: bool) -> Result<Response, Vec<Fault>> {
    let refused = || Fault::body("value_error", "the model cannot take these values");
    match read(&predictor.features(), body)? {
        Readings::One(values) => {
            let prediction = predictor.predict(&values, explain);
            Ok(Json(prediction.ok_or_else(|| vec![refused()])?).into_response())
        }
        Readings::Batch(rows) if explain && rows.len() > MAX_EXPLAINED => {
            let found = rows.len();
            let message = format!("{found} readings, at most {MAX_EXPLAINED} are explained in one request");
            Err(vec![Fault::body("too_long", message)])
        }
        Readings::Batch(rows) => {
            let predictions = rows.iter().enumerate().map(|(index, values)| {
                let prediction = predictor.predict(values, explain);
                prediction.ok_or_else(|| vec![refused().in_reading(index)])
            });
            Ok(Json(predictions.collect::<Result<Vec<_>, _>>()?).into_response())
        }
    }
}
