//! Which column of a log is what.

use std::collections::{BTreeMap, BTreeSet};

use twinflow_engine::language::listed;
use twinflow_engine::record::EventTime;

/// What a log's header does not say in the flow's words. Empty for logs that the flow has written itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogColumns {
    /// The column of the time; `time` by default.
    pub time: Option<String>,
    /// Columns of fields, by the names of the fields.
    pub fields: BTreeMap<String, String>,
    /// Units of fields' columns, by the names of the fields; they go before a unit in the header.
    pub units: BTreeMap<String, String>,
    /// Columns that somebody else reads, such as the names of faults where the flow has numbers: a cell that is no value of
    /// the field is missing, and no mistake.
    pub lenient: BTreeSet<String>,
}

impl LogColumns {
    /// The name of a field's column.
    pub fn of_field<'c>(&'c self, field: &'c str) -> &'c str {
        self.fields.get(field).map_or(field, String::as_str)
    }

    /// The name of the column of the time.
    pub fn of_time(&self) -> &str {
        self.time.as_deref().unwrap_or("time")
    }
}

/// The header of a log: names, and units in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHeader(Vec<Heading>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Heading {
    whole: String,
    name: String,
    unit: Option<String>,
}

impl LogHeader {
    /// Takes the first record of a log.
    pub fn new<'h>(cells: impl IntoIterator<Item = &'h str>) -> Self {
        Self(cells.into_iter().map(heading).collect())
    }

    /// The column of a name: the header's text, with or without its unit.
    pub fn position(&self, name: &str) -> Option<usize> {
        let by_name = self.0.iter().position(|heading| heading.name == name);
        by_name.or_else(|| self.0.iter().position(|heading| heading.whole == name))
    }

    /// The unit in brackets behind the name of a column.
    pub fn unit(&self, column: usize) -> Option<&str> {
        self.0.get(column)?.unit.as_deref()
    }

    /// The names of all columns, without their units.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|heading| heading.name.as_str())
    }

    /// The names, for a message.
    pub fn listed(&self) -> String {
        listed(self.names())
    }
}

/// `temp [°C]` is `temp` in °C.
fn heading(cell: &str) -> Heading {
    // Spreadsheets put a byte order mark before the first name.
    let whole = cell.trim_start_matches('\u{feff}').trim().to_owned();
    let (name, unit) = match whole.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
        Some((name, unit)) => (name.trim().to_owned(), Some(unit.trim().to_owned())),
        None => (whole.clone(), None),
    };
    Heading { whole, name, unit }
}

/// Greatest number that is seconds since 1970 and not milliseconds: the year 5138, or 3rd March 1973.
const MOST_SECONDS: f64 = 1e11;

/// The time in a cell: ISO 8601, or a number of seconds (below 10¹¹) or milliseconds since 1970, or since any other
/// moment: only differences count.
pub fn parse_time(cell: &str) -> Option<EventTime> {
    let number = |cell: &str| {
        let number: f64 = cell.parse().ok()?;
        let micros = if number.abs() < MOST_SECONDS {
            number * 1e6
        } else {
            number * 1e3
        };
        (micros.abs() < 9e18).then(|| EventTime(micros.round() as i64))
    };
    EventTime::parse_iso(cell).or_else(|| number(cell.trim()))
}

/// Whether a cell says that there is no value: empty, or one of the words that other programs write.
pub fn is_missing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.is_empty()
        || ["nan", "na", "n/a", "null"]
            .iter()
            .any(|word| cell.eq_ignore_ascii_case(word))
}
