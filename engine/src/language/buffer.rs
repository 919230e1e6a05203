//! A buffer on disk before a sink: `buffer: disk`, or `buffer: { disk: 500 MB }`.

use serde_json::{Value, json};

use super::span::Spanned;
use super::yaml::{Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, shortened};

/// How much a buffer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskBuffer {
    /// In bytes.
    pub capacity: u64,
}

impl Default for DiskBuffer {
    fn default() -> Self {
        Self {
            capacity: 256 * 1_000_000,
        }
    }
}

/// Less holds not even a second of a busy plant.
const LEAST: u64 = 1_000_000;
const UNITS: [(&str, u64); 6] = [
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];
const HELP: &str = "write `buffer: disk`, or a size of at least 1 MB: `buffer: { disk: 500 MB }`";

impl DiskBuffer {
    /// Reads `buffer:` of a node; reports what means nothing.
    pub(crate) fn read(buffer: &Yaml, diagnostics: &mut Vec<Diagnostic>) -> Option<Spanned<Self>> {
        let wrong = |place: &Yaml, message: String| {
            Diagnostic::new(Code::WrongValue, place.span, message).with_help(HELP)
        };
        if buffer.scalar_text() == Some("disk") {
            return Some(Spanned::new(Self::default(), buffer.span));
        }
        let size = match &buffer.value {
            YamlValue::Mapping(entries) if entries.len() == 1 => buffer.get("disk"),
            _ => None,
        };
        let Some(size) = size else {
            let found = buffer.scalar_text().map(shortened);
            let found = found.map_or_else(|| buffer.kind().to_owned(), |text| format!("`{text}`"));
            diagnostics.push(wrong(buffer, format!("{found} is no value of `buffer`")));
            return None;
        };
        let text = size.scalar_text().unwrap_or_default();
        match bytes(text) {
            Some(capacity) if capacity >= LEAST => Some(Spanned::new(Self { capacity }, buffer.span)),
            Some(_) => {
                let message = format!("a buffer of {} is too small", shortened(text));
                diagnostics.push(wrong(size, message));
                None
            }
            None => {
                let message = format!("`{}` is no size", shortened(text));
                diagnostics.push(wrong(size, message));
                None
            }
        }
    }

    /// As a flow says it in short: `disk`, or `disk 500 MB`.
    #[must_use]
    pub fn written(self) -> String {
        if self == Self::default() {
            return "disk".to_owned();
        }
        let mut units = UNITS.iter().rev();
        match units.find(|(_, factor)| self.capacity.is_multiple_of(*factor)) {
            Some((unit, factor)) => format!("disk {} {unit}", self.capacity / factor),
            None => format!("disk {} bytes", self.capacity),
        }
    }

    /// The shape of `buffer:` in a flow file.
    pub(crate) fn schema() -> Value {
        json!({
            "description": "keeps records on disk until this sink has them: an outage of its target and a crash lose nothing",
            "anyOf": [
                { "const": "disk", "description": "a buffer of 256 MB in the folder `data` beside the flow" },
                {
                    "type": "object",
                    "properties": {
                        "disk": { "type": "string", "description": "how much it holds, such as `500 MB` or `2 GB`" }
                    },
                    "required": ["disk"],
                    "additionalProperties": false
                }
            ]
        })
    }
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    let (_, factor) = UNITS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(unit.trim()))?;
    let bytes = number * (*factor as f64);
    // No disk holds more; and it is a whole number then.
    (bytes <= 1e15).then_some(bytes as u64)
}
