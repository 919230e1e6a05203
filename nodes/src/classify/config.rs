//! What the flow file can set.

use std::fmt;

use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;
use twinflow_engine::unit::Quantity;

use super::smooth::Smoothing;
use crate::steady::Hold;

/// The settings of `classify`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The model's file: one that `twinflow train` has written, or an ONNX file with its card beside it.
    pub(super) model: Spanned<String>,
    /// The fields that `twinflow train` lets the model learn from; all numbers that arrive, by default.
    pub(super) features: Option<Vec<Spanned<String>>>,
    /// How many features to name that a fault was told by; none by default.
    #[schemars(range(min = 1, max = 8))]
    pub(super) explain: Option<Spanned<u8>>,
    /// The age at which a reading counts half in the verdict, such as `2 s`; by default only the reading itself counts.
    pub(super) smooth: Option<Spanned<String>>,
    /// How long a class must be on top before it is told, such as `1 s`, or a mapping with a confidence as well; by default
    /// every verdict is told at once.
    pub(super) steady: Option<Spanned<Steady>>,
}

/// When a class is told.
#[derive(Debug)]
pub enum Steady {
    /// The scalar itself, whose place the outer span has.
    For(String),
    /// With more settings.
    Rule(SteadyRule),
}

/// The long form of `steady`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SteadyRule {
    /// How long the class must be on top; 1 s by default.
    #[serde(rename = "for")]
    duration: Option<Spanned<String>>,
    /// The confidence, 0 to 1, that it must have then; 0.5 by default, which is as likely as all others together.
    #[schemars(range(min = 0, max = 1))]
    confidence: Option<f32>,
}

impl<'de> Deserialize<'de> for Steady {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SteadyVisitor;

        impl<'de> Visitor<'de> for SteadyVisitor {
            type Value = Steady;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time such as `1 s`, or a mapping with `for` and `confidence`")
            }

            fn visit_str<E>(self, text: &str) -> Result<Steady, E> {
                Ok(Steady::For(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Steady, A::Error> {
                SteadyRule::deserialize(MapAccessDeserializer::new(map)).map(Steady::Rule)
            }
        }

        deserializer.deserialize_any(SteadyVisitor)
    }
}

impl JsonSchema for Steady {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ClassifySteady".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> JsonSchemaValue {
        let long = generator.subschema_for::<SteadyRule>();
        json_schema!({ "anyOf": [{ "type": "string" }, long] })
    }
}

/// What makes a verdict calmer than the single reading.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Calm {
    pub smoothing: Option<Smoothing>,
    pub hold: Option<Hold>,
}

const DEFAULT_HOLD_MICROS: i64 = 1_000_000;
const DEFAULT_CONFIDENCE: f32 = 0.5;

impl Config {
    /// Reads the times, or reports what is wrong with them.
    pub(super) fn calm(&self, check: &mut Check<'_>) -> Option<Calm> {
        let smoothing = self
            .smooth
            .as_ref()
            .map(|text| Some(Smoothing::new(micros(text, check)?)));
        let hold = self.steady.as_ref().map(|steady| match &steady.value {
            Steady::For(text) => {
                let text = Spanned::new(text.clone(), steady.span);
                Some(Hold::new(micros(&text, check)?, DEFAULT_CONFIDENCE))
            }
            Steady::Rule(rule) => {
                let micros = match &rule.duration {
                    Some(text) => micros(text, check)?,
                    None => DEFAULT_HOLD_MICROS,
                };
                Some(Hold::new(micros, rule.confidence.unwrap_or(DEFAULT_CONFIDENCE)))
            }
        });
        Some(Calm {
            smoothing: match smoothing {
                Some(smoothing) => Some(smoothing?),
                None => None,
            },
            hold: match hold {
                Some(hold) => Some(hold?),
                None => None,
            },
        })
    }
}

/// A day: who waits longer has mistaken the unit.
const LONGEST_MICROS: i64 = 86_400_000_000;

fn micros(text: &Spanned<String>, check: &mut Check<'_>) -> Option<i64> {
    let reason = match Quantity::parse_duration(text) {
        Ok(time) => match i64::try_from(time.as_micros()) {
            Ok(0) => format!("`{}` is too short: a microsecond is the least", text.trim()),
            Ok(micros) if micros <= LONGEST_MICROS => return Some(micros),
            _ => format!("`{}` is too long: a day is the most", text.trim()),
        },
        Err(reason) => reason,
    };
    let diagnostic = Diagnostic::new(Code::WrongValue, text.span, reason);
    check.report(diagnostic.with_help("write a time such as `500 ms` or `2 s`"));
    None
}
