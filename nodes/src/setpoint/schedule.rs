//! Which value holds when in the week.

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Span, Spanned};
use twinflow_engine::node::Check;
use twinflow_engine::unit::Unit;

use crate::quantity_text::{QuantityText, quantity};

const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

const EVERY_DAY: [Day; 7] = [
    Day::Mon,
    Day::Tue,
    Day::Wed,
    Day::Thu,
    Day::Fri,
    Day::Sat,
    Day::Sun,
];

/// A value for a part of the day.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// When it begins, by the clock on the wall: `06:00`.
    from: Spanned<String>,
    /// When it ends; before `from` means on the next day.
    to: Spanned<String>,
    /// The days on which it begins; every day by default.
    days: Option<Vec<Day>>,
    /// What the value is to be then.
    value: Spanned<QuantityText>,
}

/// A value from a minute of the week on, for some minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    begin: u32,
    length: u32,
    value: f64,
}

impl Part {
    fn holds(&self, minute: u32) -> bool {
        (minute + WEEK - self.begin) % WEEK < self.length
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.holds(other.begin) || other.holds(self.begin)
    }
}

/// Values by the minute of the week. No two of them hold at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Schedule(Vec<Part>);

impl Schedule {
    /// Reads entries in `unit`, or reports all that is wrong with them.
    pub fn read(entries: &[Spanned<Entry>], unit: &Unit, field: &str, check: &mut Check<'_>) -> Option<Self> {
        let mut whole = true;
        let mut read: Vec<(Span, String, Vec<Part>)> = Vec::new();
        for entry in entries {
            let Some(parts) = parts(entry, unit, field, check) else {
                whole = false;
                continue;
            };
            let name = format!("{} to {}", entry.from.trim(), entry.to.trim());
            for (place, known, others) in &read {
                let overlaps = |part: &Part| others.iter().any(|other| other.overlaps(part));
                if parts.iter().any(overlaps) {
                    let message = format!("`{name}` overlaps with `{known}`: two values would hold at once");
                    check.report(
                        Diagnostic::new(Code::WrongValue, entry.span, message)
                            .with_related(*place, "the other one")
                            .with_help("end one where the other begins, or give them different `days`"),
                    );
                    whole = false;
                }
            }
            read.push((entry.span, name, parts));
        }
        whole.then(|| Self(read.into_iter().flat_map(|(_, _, parts)| parts).collect()))
    }

    /// The value at a minute of the week, which begins on Monday at 00:00; nothing where none is scheduled.
    pub fn at(&self, minute: u32) -> Option<f64> {
        self.0
            .iter()
            .find(|part| part.holds(minute))
            .map(|part| part.value)
    }

    /// All values.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        self.0.iter().map(|part| part.value)
    }
}

fn parts(entry: &Entry, unit: &Unit, field: &str, check: &mut Check<'_>) -> Option<Vec<Part>> {
    let from = minute_of_day(&entry.from, DAY - 1, check);
    let to = minute_of_day(&entry.to, DAY, check);
    let value = quantity(&entry.value, unit, "value", field, check);
    let (from, to, value) = (from?, to?, value?);
    if from == to {
        let message = format!("it ends at {} when it begins", entry.to.trim());
        check.report(
            Diagnostic::new(Code::WrongValue, entry.to.span, message)
                .with_help("a whole day goes from \"00:00\" to \"24:00\""),
        );
        return None;
    }
    let length = if to > from { to - from } else { to + DAY - from };
    let days = entry.days.as_deref().unwrap_or(&EVERY_DAY);
    let part = |day: &Day| Part {
        begin: *day as u32 * DAY + from,
        length,
        value,
    };
    // A day that stands twice is one.
    let days = EVERY_DAY.iter().filter(|day| days.contains(day));
    Some(days.map(part).collect())
}

/// `06:30`, up to `latest`, or a report.
fn minute_of_day(text: &Spanned<String>, latest: u32, check: &mut Check<'_>) -> Option<u32> {
    let two = |digits: &str| {
        let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse::<u32>().ok()).flatten()
    };
    let read = || {
        let (hour, minute) = text.trim().split_once(':')?;
        let (hour, minute) = (two(hour)?, two(minute)?);
        let whole = hour * 60 + minute;
        (minute < 60 && whole <= latest).then_some(whole)
    };
    let found = read();
    if found.is_none() {
        let shown = twinflow_engine::diagnostic::shortened(text);
        check.report(
            Diagnostic::new(
                Code::WrongValue,
                text.span,
                format!("`{shown}` is no time of the day"),
            )
            .with_help("write hours and minutes, such as \"06:00\""),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(day: u32, hour: u32, hours: u32, value: f64) -> Part {
        Part {
            begin: day * DAY + hour * 60,
            length: hours * 60,
            value,
        }
    }

    #[test]
    fn a_night_goes_on_into_the_next_day_and_the_next_week() {
        let schedule = Schedule(vec![part(0, 22, 8, 1.0), part(6, 22, 8, 2.0)]);
        assert_eq!(schedule.at(22 * 60 - 1), None);
        assert_eq!(schedule.at(22 * 60), Some(1.0));
        assert_eq!(schedule.at(DAY + 6 * 60 - 1), Some(1.0));
        assert_eq!(schedule.at(DAY + 6 * 60), None);
        assert_eq!(schedule.at(0), Some(2.0), "Sunday's night ends on Monday");
        assert_eq!(schedule.at(WEEK - 1), Some(2.0));
    }

    proptest! {
        /// Two parts overlap exactly where some minute is in both.
        #[test]
        fn an_overlap_is_a_minute_in_both(a in 0..WEEK, b in 0..WEEK, long in 1..=DAY, short in 1..=DAY) {
            let one = Part { begin: a, length: long, value: 0.0 };
            let two = Part { begin: b, length: short, value: 0.0 };
            let shared = (0..WEEK).any(|minute| one.holds(minute) && two.holds(minute));
            prop_assert_eq!(one.overlaps(&two), shared);
        }
    }
}
