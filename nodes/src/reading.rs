//! A JSON payload into the values of a record, by the declared fields.

use std::sync::Arc;

use serde_json::Value as Json;
use twinflow_engine::diagnostic::shortened;
use twinflow_engine::node::{Decoded, Refusal};
use twinflow_engine::record::{EventTime, Value};
use twinflow_engine::schema::{Field, FieldType, Schema};

use crate::json_members::WantedMembers;
use crate::json_path::JsonPath;

fn refusal(kind: &'static str, reason: impl Into<String>) -> Refusal {
    Refusal {
        kind,
        reason: reason.into(),
    }
}

/// Larger payloads are refused before they are parsed.
pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024;

/// How the payloads of a topic become records.
#[derive(Clone, Debug)]
pub struct ReadingFormat {
    /// One for each field of the schema.
    places: Vec<Place>,
    /// The record that comes of it.
    pub schema: Arc<Schema>,
    time: Option<Place>,
    key: Option<Place>,
    members: WantedMembers,
}

/// Where in a payload a value stands.
#[derive(Clone, Debug)]
struct Place {
    /// Position among the wanted members; none for a path that leads nowhere.
    member: Option<usize>,
    path: JsonPath,
}

impl Place {
    fn find<'v>(&self, members: &'v [Option<Json>]) -> Option<&'v Json> {
        let member = members.get(self.member?)?.as_ref()?;
        self.path.find_in(member)
    }
}

impl ReadingFormat {
    /// Records of `schema`, with a path for each of its fields, and where the event time and the machine's name stand.
    pub fn new(
        schema: Arc<Schema>,
        fields: Vec<JsonPath>,
        time: Option<JsonPath>,
        key: Option<JsonPath>,
    ) -> Self {
        let mut members = WantedMembers::default();
        let mut place = |path: JsonPath| Place {
            member: path.member().map(|name| members.want(name)),
            path,
        };
        Self {
            places: fields.into_iter().map(&mut place).collect(),
            time: time.map(&mut place),
            key: key.map(&mut place),
            schema,
            members,
        }
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// The first thing about it that is wrong.
    pub fn read(&self, payload: &[u8]) -> Result<Decoded, Refusal> {
        if payload.len() > MAX_PAYLOAD_BYTES {
            let reason = format!("{} bytes, at most {MAX_PAYLOAD_BYTES} are read", payload.len());
            return Err(refusal("too large", reason));
        }
        let members = self.members.read(payload).map_err(|_| not_an_object(payload))?;
        let time = match self.time.as_ref().and_then(|time| time.find(&members)) {
            Some(value) => Some(event_time(value)?),
            None => None,
        };
        let key = match self.key.as_ref().map(|key| key.find(&members)) {
            None => None,
            Some(Some(Json::String(name))) => Some(name.clone()),
            Some(Some(Json::Number(number))) => Some(number.to_string()),
            Some(Some(other)) => {
                return Err(refusal(
                    "bad key",
                    format!("expected a name, found {}", shown(other)),
                ));
            }
            Some(None) => {
                return Err(refusal(
                    "missing key",
                    "the payload does not say which machine it is of",
                ));
            }
        };
        let values = self
            .schema
            .fields()
            .iter()
            .zip(&self.places)
            .map(|(field, place)| match place.find(&members) {
                Some(value) => typed(field, value),
                None if field.optional => Ok(Value::Missing),
                None => Err(refusal("missing field", format!("`{}` is not there", field.name))),
            });
        Ok(Decoded {
            time,
            key,
            values: values.collect::<Result<_, _>>()?,
        })
    }
}

/// Why a payload could not be read: it is no JSON, or JSON of something else.
fn not_an_object(payload: &[u8]) -> Refusal {
    match serde_json::from_slice::<Json>(payload) {
        Ok(json) => refusal("not an object", format!("expected {{…}}, found {}", shown(&json))),
        Err(error) => not_json(payload, &error),
    }
}

fn not_json(payload: &[u8], error: &serde_json::Error) -> Refusal {
    let text = String::from_utf8_lossy(payload);
    if error.is_syntax() && stands_at_number_word(payload, error) {
        return refusal(
            "not a number",
            format!("JSON has no NaN or infinity: `{}`", shortened(&text)),
        );
    }
    refusal("not JSON", format!("{error}: `{}`", shortened(&text)))
}

/// Whether the parser stumbled over the word that some devices send for a failed measurement.
fn stands_at_number_word(payload: &[u8], error: &serde_json::Error) -> bool {
    const WORDS: [&[u8]; 2] = [b"nan", b"inf"];
    let line = payload
        .split(|byte| *byte == b'\n')
        .nth(error.line().saturating_sub(1));
    // The column counts bytes, and may be one or two letters into the word.
    let before = error.column().saturating_sub(3);
    let near = line.and_then(|line| line.get(before..)).unwrap_or_default();
    let near = near
        .get(..near.len().min(8))
        .unwrap_or_default()
        .to_ascii_lowercase();
    WORDS
        .iter()
        .any(|word| near.windows(word.len()).any(|part| part == *word))
}

fn typed(field: &Field, value: &Json) -> Result<Value, Refusal> {
    let wrong = |expected: &str| {
        Err(refusal(
            "wrong type",
            format!("`{}` must be {expected}, found {}", field.name, shown(value)),
        ))
    };
    match (&field.field_type, value) {
        (FieldType::Number(_), Json::Number(number)) => {
            match number.as_f64().filter(|number| number.is_finite()) {
                Some(number) => Ok(Value::Number(number)),
                None => wrong("a finite number"),
            }
        }
        (FieldType::Number(_), _) => wrong("a number"),
        (FieldType::Integer, Json::Number(number)) => {
            whole(number).map_or_else(|| wrong("a whole number"), |n| Ok(Value::Integer(n)))
        }
        (FieldType::Integer, _) => wrong("a whole number"),
        (FieldType::Boolean, Json::Bool(value)) => Ok(Value::Boolean(*value)),
        // Microcontrollers often send flags as 0 and 1.
        (FieldType::Boolean, Json::Number(number)) if number.as_i64() == Some(0) => Ok(Value::Boolean(false)),
        (FieldType::Boolean, Json::Number(number)) if number.as_i64() == Some(1) => Ok(Value::Boolean(true)),
        (FieldType::Boolean, _) => wrong("true or false"),
        (FieldType::Text, Json::String(text)) => Ok(Value::Text(text.as_str().into())),
        (FieldType::Text, _) => wrong("text"),
        (FieldType::Time, value) => event_time(value).map(Value::Time),
        (FieldType::Json, value) => Ok(Value::Json(Arc::new(value.clone()))),
    }
}

/// `3` and `3.0` are whole, `3.5` is not.
fn whole(number: &serde_json::Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        let value = number.as_f64()?;
        (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
    })
}

/// Numbers are seconds, milliseconds or microseconds since 1970, told apart by their size; text is ISO 8601.
fn event_time(value: &Json) -> Result<EventTime, Refusal> {
    let wrong = || {
        let reason = format!(
            "expected a time as ISO 8601 or as a number since 1970, found {}",
            shown(value)
        );
        Err(refusal("bad time", reason))
    };
    match value {
        Json::String(text) => EventTime::parse_iso(text).map_or_else(wrong, Ok),
        Json::Number(number) => {
            let Some(number) = number.as_f64().filter(|number| *number >= 0.0) else {
                return wrong();
            };
            // 1e11 s is the year 5138, 1e11 ms is 1973; 1e14 ms is the year 5138, 1e14 µs is 1973, 1e17 µs the
            // year 5138 again: no machine measures then.
            let micros = match number {
                n if n < 1e11 => n * 1e6,
                n if n < 1e14 => n * 1e3,
                n if n < 1e17 => n,
                _ => return wrong(),
            };
            Ok(EventTime(micros as i64))
        }
        _ => wrong(),
    }
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => format!("the text \"{}\"", shortened(text)),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
        other => format!("`{other}`"),
    }
}
