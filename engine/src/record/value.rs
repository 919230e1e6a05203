//! Single values, where a batch's columns are too wide a view.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};

/// A point in time in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EventTime(pub i64);

impl EventTime {
    /// From milliseconds since 1970; clamped to the range.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Now, by the machine's clock.
    #[must_use]
    pub fn now() -> Self {
        Self(Utc::now().timestamp_micros())
    }

    /// From an ISO 8601 / RFC 3339 text; one without an offset is taken as UTC.
    #[must_use]
    pub fn parse_iso(text: &str) -> Option<Self> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Self(time.timestamp_micros()));
        }
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
            .iter()
            .find_map(|format| chrono::NaiveDateTime::parse_from_str(text, format).ok())
            .map(|time| Self(time.and_utc().timestamp_micros()))
    }

    /// As ISO 8601 in UTC with milliseconds: `2026-11-24T05:23:09.200Z`; with microseconds where it has some.
    #[must_use]
    pub fn to_iso(self) -> String {
        match Utc.timestamp_micros(self.0).single() {
            Some(time) if self.0 % 1000 == 0 => time.to_rfc3339_opts(SecondsFormat::Millis, true),
            Some(time) => time.to_rfc3339_opts(SecondsFormat::Micros, true),
            None => self.0.to_string(),
        }
    }

    /// Seconds from `earlier` to this; negative when the clock went back.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        (self.0.saturating_sub(earlier.0)) as f64 / 1e6
    }
}

/// One value of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The record lacks the field.
    Missing,
    /// A number in the field's unit; never NaN or infinite.
    Number(f64),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// Text.
    Text(Arc<str>),
    /// A point in time.
    Time(EventTime),
    /// Anything.
    Json(Arc<serde_json::Value>),
}

impl Value {
    /// A number, or missing when it is NaN or infinite.
    #[must_use]
    pub fn number(number: f64) -> Self {
        if number.is_finite() {
            Self::Number(number)
        } else {
            Self::Missing
        }
    }

    /// As JSON; missing is null, times are ISO 8601.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Missing => serde_json::Value::Null,
            Self::Number(number) => serde_json::Value::from(*number),
            Self::Integer(number) => serde_json::Value::from(*number),
            Self::Boolean(value) => serde_json::Value::from(*value),
            Self::Text(text) => serde_json::Value::from(&**text),
            Self::Time(time) => serde_json::Value::from(time.to_iso()),
            Self::Json(json) => (**json).clone(),
        }
    }
}
