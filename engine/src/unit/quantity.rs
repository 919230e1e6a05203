//! A number with its unit as a flow writes it: `5 min`, `200 ms`.

use std::time::Duration;

use super::{Dimension, Unit};

/// A number and its unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
}

impl Quantity {
    /// Reads a quantity.
    ///
    /// # Errors
    /// What cannot be read, in a user's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let value: f64 = number
            .parse()
            .map_err(|_| format!("`{text}` does not begin with a number"))?;
        let unit = match unit.trim() {
            "" => Unit::none(),
            unit => Unit::parse(unit).map_err(|error| error.to_string())?,
        };
        Ok(Self { value, unit })
    }

    /// Reads a number in `unit`; a text with another unit is converted, one without is in `unit` already.
    ///
    /// # Errors
    /// What cannot be read, or does not fit.
    pub fn parse_in(text: &str, unit: &Unit) -> Result<f64, String> {
        let quantity = Self::parse(text)?;
        if quantity.unit.is_none() {
            return Ok(quantity.value);
        }
        match quantity.unit.conversion_to(unit) {
            Some(conversion) => Ok(conversion.apply(quantity.value)),
            None => Err(format!(
                "`{}` is {}, not {}",
                text.trim(),
                quantity.unit.described(),
                unit.described()
            )),
        }
    }

    /// Reads a time in seconds, of whatever sign.
    ///
    /// # Errors
    /// What cannot be read, or is no time.
    pub fn parse_seconds(text: &str) -> Result<f64, String> {
        let quantity = Self::parse(text)?;
        if quantity.unit.dimension() != Dimension::TIME {
            return Err(format!(
                "`{}` is not a time; write one such as `5 min` or `200 ms`",
                text.trim()
            ));
        }
        Ok(quantity.value * quantity.unit.factor())
    }

    /// Reads a duration.
    ///
    /// # Errors
    /// What cannot be read, or is not a time of more than zero.
    pub fn parse_duration(text: &str) -> Result<Duration, String> {
        match Duration::try_from_secs_f64(Self::parse_seconds(text)?) {
            Ok(duration) if !duration.is_zero() => Ok(duration),
            _ => Err(format!("`{}` must be more than zero", text.trim())),
        }
    }
}
