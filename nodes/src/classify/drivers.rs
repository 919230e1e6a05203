//! `explain`: which features a fault was told by, for people and for machines.

use std::fmt::Write;
use std::sync::Arc;

use twinflow_engine::record::Column;
use twinflow_engine::schema::{Field, FieldType};
use twinflow_models::Explanation;

use super::features::FeatureInput;

/// A contribution that rounds to nothing moved nothing.
const LEAST: f32 = 0.005;

/// The fields that `count` drivers add, in the order of [`Drivers::columns`].
pub(super) fn fields(count: u8) -> Vec<Field> {
    let text = |name: String, title: String| Field::new(name, FieldType::Text).titled(title).optional();
    let mut fields = vec![text("drivers".to_owned(), "Drivers".to_owned())];
    for number in 1..=count {
        fields.push(text(format!("driver_{number}"), format!("Driver {number}")));
        let share = Field::new(format!("driver_{number}_share"), FieldType::plain_number());
        let share = share
            .titled(format!("Share of driver {number}"))
            .ranged(-1.0, 1.0);
        fields.push(share.optional());
    }
    fields
}

/// The columns of the drivers, row by row.
pub(super) struct Drivers {
    texts: Vec<Option<Arc<str>>>,
    each: Vec<Driver>,
}

/// The columns of the first, the second, … driver.
struct Driver {
    names: Vec<Option<Arc<str>>>,
    shares: Vec<f64>,
}

impl Drivers {
    /// Empty columns of `count` drivers.
    pub fn new(count: u8, rows: usize) -> Self {
        Self {
            texts: Vec::with_capacity(rows),
            each: (0..count)
                .map(|_| Driver {
                    names: Vec::with_capacity(rows),
                    shares: Vec::with_capacity(rows),
                })
                .collect(),
        }
    }

    /// A row that has none.
    pub fn push_none(&mut self) {
        self.texts.push(None);
        for Driver { names, shares } in &mut self.each {
            names.push(None);
            shares.push(f64::NAN);
        }
    }

    /// A row with an explanation; `values` are those of the features as the record has them.
    pub fn push(&mut self, explanation: &Explanation, inputs: &[FeatureInput], values: &[f64]) {
        let by_size = explanation.by_size();
        let mut drivers = by_size.iter().filter(|(_, share)| share.abs() >= LEAST);
        let mut text = String::new();
        for Driver { names, shares } in &mut self.each {
            let driver = drivers
                .next()
                .and_then(|(feature, share)| Some((inputs.get(*feature)?, values.get(*feature)?, *share)));
            if let Some((input, value, share)) = driver {
                if !text.is_empty() {
                    text.push_str(", ");
                }
                // Writing into a text does not fail.
                let _ = write!(text, "{} {} ({})", input.name, signed(share), input.shown(*value));
            }
            names.push(driver.map(|(input, ..)| Arc::clone(&input.name)));
            shares.push(driver.map_or(f64::NAN, |(.., share)| f64::from(share)));
        }
        self.texts.push((!text.is_empty()).then(|| text.into()));
    }

    /// As many columns as [`fields`].
    pub fn columns(self) -> Vec<Column> {
        let mut columns = vec![Column::Text(self.texts)];
        for Driver { names, shares } in self.each {
            columns.extend([Column::Text(names), Column::Number(shares)]);
        }
        columns
    }
}

/// Two digits, with its sign.
fn signed(share: f32) -> String {
    let sign = if share < 0.0 { '−' } else { '+' };
    format!("{sign}{:.2}", share.abs())
}

/// About three digits: what a gauge shows.
pub(super) fn rounded(value: f64) -> String {
    let decimals = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        _ => 4,
    };
    let text = format!("{:.decimals$}", value.abs());
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    let sign = if value < 0.0 && text != "0" { "−" } else { "" };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_long_as_they_say_something() {
        let shown = [1513.0, 44.26, 1.0, 0.12, 0.0956, -0.034, 0.00001, -0.00001, 0.0].map(rounded);
        assert_eq!(
            shown,
            ["1513", "44.3", "1", "0.12", "0.0956", "−0.034", "0", "0", "0"]
        );
        assert_eq!([0.414, -0.05].map(signed), ["+0.41", "−0.05"]);
    }
}
