//! `simulate:` in a flow's test: the readings of a simulated fan, without a broker and without waiting.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Span, Spanned, Yaml, check_shape, from_yaml};
use twinflow_engine::record::EventTime;
use twinflow_engine::testing::SimulatedPayload;
use twinflow_engine::unit::{Quantity, Unit};
use twinflow_plant::{Fault, FaultClass, Plant, STEP_MS};

use crate::fan_payload::Sent;

/// What a test can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// For how long the fan sends, such as `60 s`.
    duration: Spanned<String>,
    /// The time between two readings, 200 ms by default.
    every: Option<Spanned<String>>,
    /// The fault that it has: none, overcurrent, cooling_degradation, imbalance or thermal_overload.
    fault: Option<Spanned<String>>,
    /// How bad the fault is, from 0 to 1.
    severity: Option<Spanned<f64>>,
    /// When the fault begins; at once by default.
    after: Option<Spanned<String>>,
    /// The temperature around the fan, 22 °C by default.
    ambient: Option<Spanned<String>>,
    /// The machine's name.
    asset_id: Option<String>,
    /// The same seed gives the same readings.
    #[serde(default)]
    seed: u32,
}

/// How long the plant has been running before the first reading: it is warm then.
const WARM_UP: Duration = Duration::from_secs(180);
const STEP: Duration = Duration::from_millis(STEP_MS as u64);
/// A test that simulates more than a day is one that never ends.
const MAX_DURATION: Duration = Duration::from_secs(86_400);

/// The payloads of a fan with these settings.
pub(crate) fn simulate(settings: &Yaml, start: EventTime) -> Result<Vec<SimulatedPayload>, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let schema = schemars::schema_for!(Settings).to_value();
    check_shape(settings, &schema, "`simulate`", &mut diagnostics);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let wrong = |span: Span, reason: String| vec![Diagnostic::new(Code::WrongValue, span, reason)];
    let settings: Settings = from_yaml(settings)
        .map_err(|mismatch| wrong(mismatch.span.unwrap_or(settings.span), mismatch.message))?;
    let duration = |text: &Option<Spanned<String>>, otherwise: Duration| match text {
        Some(text) => Quantity::parse_duration(text).map_err(|reason| wrong(text.span, reason)),
        None => Ok(otherwise),
    };
    let whole = duration(&Some(settings.duration.clone()), Duration::ZERO)?;
    if whole > MAX_DURATION {
        let reason = "a test simulates at most a day".to_owned();
        return Err(wrong(settings.duration.span, reason));
    }
    let every = duration(&settings.every, Duration::from_millis(200))?;
    let after = duration(&settings.after, Duration::ZERO)?;
    let ambient_c = match &settings.ambient {
        Some(text) => Unit::parse("°C")
            .map_err(|error| error.to_string())
            .and_then(|celsius| Quantity::parse_in(text, &celsius))
            .map_err(|reason| wrong(text.span, reason))?,
        None => 22.0,
    };
    let fault = fault(&settings)?;
    let place = settings.ambient.as_ref().unwrap_or(&settings.duration).span;
    let mut plant = Plant::new(u64::from(settings.seed), ambient_c as f32)
        .map_err(|error| wrong(place, error.to_string()))?;
    for _ in 0..WARM_UP.as_millis() / STEP.as_millis() {
        plant.step();
    }
    let steps_a_reading = (every.as_millis() / STEP.as_millis()).max(1);
    let readings = whole.as_millis() / (STEP.as_millis() * steps_a_reading);
    let mut payloads = Vec::with_capacity(usize::try_from(readings).unwrap_or_default());
    let asset_id = settings.asset_id.as_deref().unwrap_or("virtual");
    let mut passed = Duration::ZERO;
    for sequence in 1..=readings as u64 {
        let mut run = 0;
        if passed >= after {
            plant.inject(fault);
            run = 1;
        }
        for _ in 0..steps_a_reading {
            plant.step();
            passed += STEP;
        }
        let micros = i64::try_from(passed.as_micros()).unwrap_or_default();
        let sent = Sent {
            time: EventTime(start.0 + micros),
            asset_id,
            sequence,
            run,
        };
        payloads.push(SimulatedPayload {
            after: passed,
            payload: sent.payload(&plant),
        });
    }
    Ok(payloads)
}

fn fault(settings: &Settings) -> Result<Fault, Vec<Diagnostic>> {
    let wrong = |span: Span, reason: String| vec![Diagnostic::new(Code::WrongValue, span, reason)];
    let class = match &settings.fault {
        None => FaultClass::None,
        Some(name) => {
            let known = FaultClass::ALL
                .into_iter()
                .find(|class| class.name() == name.value);
            known.ok_or_else(|| {
                let names =
                    twinflow_engine::language::listed(FaultClass::ALL.iter().map(|class| class.name()));
                wrong(
                    name.span,
                    format!("there is no fault `{}`; the faults are {names}", name.value),
                )
            })?
        }
    };
    let default_severity = if class == FaultClass::None { 0.0 } else { 1.0 };
    let severity = settings
        .severity
        .as_ref()
        .map_or(default_severity, |severity| severity.value);
    let place = settings.severity.as_ref().map(|severity| severity.span);
    let place = place.or(settings.fault.as_ref().map(|fault| fault.span));
    Fault::new(class, severity as f32)
        .map_err(|error| wrong(place.unwrap_or(settings.duration.span), error.to_string()))
}
