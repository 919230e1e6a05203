//! `history:` of a flow: how long what its dashboard shows is kept.

use std::time::Duration;

use serde_json::{Value, json};

use super::yaml::Yaml;
use crate::diagnostic::{Code, Diagnostic};
use crate::unit::Quantity;

const DAY: Duration = Duration::from_secs(86_400);

/// How long readings and their sums are kept. The defaults take some 25 MB for a value that comes five times a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Readings as they came.
    pub readings: Duration,
    /// Least, mean and greatest of each second.
    pub seconds: Duration,
    /// Those of each minute, and the changes of states.
    pub minutes: Duration,
    /// Those of each hour.
    pub hours: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            readings: DAY,
            seconds: 3 * DAY,
            minutes: 366 * DAY,
            hours: 20 * 366 * DAY,
        }
    }
}

/// Less would not fill a chart.
const LEAST: Duration = Duration::from_secs(600);
/// Longer than any plant lives.
const MOST: Duration = Duration::from_secs(100 * 366 * 86_400);
const KEYS: [(&str, &str); 4] = [
    (
        "readings",
        "how long readings are kept as they came: 1 d by default",
    ),
    (
        "seconds",
        "how long least, mean and greatest of each second are kept: 3 d by default",
    ),
    (
        "minutes",
        "how long those of each minute are kept, and the changes of states: 366 d by default",
    ),
    ("hours", "how long those of each hour are kept: 7320 d by default"),
];

impl Retention {
    /// Reads `history:`; reports what means nothing. What is coarser is kept at least as long as what is finer: a chart that looks
    /// back further has to find something.
    pub(crate) fn read(history: &Yaml, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let default = Self::default();
        let mut of = |key: &str, otherwise: Duration| {
            let Some(value) = history.get(key) else {
                return otherwise;
            };
            let text = value.scalar_text().unwrap_or_default();
            let reason = match Quantity::parse_duration(text) {
                Ok(kept) if (LEAST..=MOST).contains(&kept) => return kept,
                Ok(_) => format!("`{}` is not between 10 min and 100 years", text.trim()),
                // The shape of the file says so already.
                Err(_) if value.scalar_text().is_none() => return otherwise,
                Err(reason) => reason,
            };
            diagnostics.push(
                Diagnostic::new(Code::WrongValue, value.span, reason)
                    .with_help(format!("write how long, such as `{key}: 30 d` or `{key}: 12 h`")),
            );
            otherwise
        };
        let readings = of("readings", default.readings);
        let seconds = of("seconds", default.seconds).max(readings);
        let minutes = of("minutes", default.minutes).max(seconds);
        let hours = of("hours", default.hours).max(minutes);
        Self {
            readings,
            seconds,
            minutes,
            hours,
        }
    }

    /// As a flow could say it, in whole days or hours.
    #[must_use]
    pub fn written(&self) -> String {
        let time = |kept: Duration| match kept.as_secs() {
            seconds if seconds.is_multiple_of(86_400) => format!("{} d", seconds / 86_400),
            seconds => format!("{} h", seconds as f64 / 3_600.0),
        };
        format!(
            "readings {}, seconds {}, minutes {}, hours {}",
            time(self.readings),
            time(self.seconds),
            time(self.minutes),
            time(self.hours)
        )
    }

    /// The shape of `history:` in a flow file.
    pub(crate) fn schema() -> Value {
        let properties = KEYS.iter().map(|(key, about)| {
            let time = json!({ "type": "string", "description": about });
            ((*key).to_owned(), time)
        });
        json!({
            "description": "how long what the dashboard shows is kept on disk",
            "type": "object",
            "properties": properties.collect::<serde_json::Map<_, _>>(),
            "additionalProperties": false
        })
    }
}
