//! The quantities of a scenario, each read in the unit that is due or reported.

use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::unit::{Dimension, Quantity, Unit};

use super::sensor::Sensor;
use crate::quantity_text::QuantityText;

/// A text with the place of the whole.
pub(super) type Text = Spanned<QuantityText>;

/// No scenario is longer than a year, in seconds: who writes more has mistaken the unit.
const LONGEST_S: f64 = 366.0 * 86_400.0;

/// A time from zero on, in ms.
pub(super) fn time_ms(text: &Text, found: &mut Vec<Diagnostic>) -> Option<u64> {
    let shown = text.value.as_str().trim();
    let seconds = if shown == "0" {
        Ok(0.0)
    } else {
        Quantity::parse_seconds(shown)
    };
    let reason = match seconds {
        Ok(seconds) if seconds < 0.0 => format!("`{shown}` lies before the beginning"),
        Ok(seconds) if seconds > LONGEST_S => format!("`{shown}` is too long: a year is the most"),
        Ok(seconds) => return Some((seconds * 1000.0).round() as u64),
        Err(reason) => reason,
    };
    report(
        text,
        reason,
        "a time counts from the beginning, such as `90 s` or `2 min`",
        found,
    )
}

/// How long something lasts in ms: more than zero.
pub(super) fn duration_ms(text: &Text, found: &mut Vec<Diagnostic>) -> Option<u64> {
    match time_ms(text, found)? {
        0 => report(
            text,
            format!("`{}` must be more than zero", text.value.as_str().trim()),
            "such as `30 s`",
            found,
        ),
        ms => Some(ms),
    }
}

/// A number in `unit` between two limits.
pub(super) fn number_in(
    text: &Text,
    unit: &str,
    limits: (f32, f32),
    found: &mut Vec<Diagnostic>,
) -> Option<f32> {
    let (least, most) = limits;
    let number = Unit::parse(unit)
        .map_err(|error| error.to_string())
        .and_then(|unit| Quantity::parse_in(text.value.as_str(), &unit));
    let reason = match number {
        Ok(number) if number >= f64::from(least) && number <= f64::from(most) => return Some(number as f32),
        Ok(_) => format!(
            "`{}` is not from {least} to {most} {unit}",
            text.value.as_str().trim()
        ),
        Err(reason) => reason,
    };
    report(text, reason, &format!("such as `{most} {unit}`"), found)
}

/// A share in percent, as a number from 0 to 1.
pub(super) fn share(text: &Text, found: &mut Vec<Diagnostic>) -> Option<f32> {
    number_in(text, "%", (0.0, 100.0), found).map(|percent| percent / 100.0)
}

/// By how much a room differs from another one, in °C.
pub(super) fn temperature_difference(text: &Text, most: f32, found: &mut Vec<Diagnostic>) -> Option<f32> {
    let reason = match difference(text, "°C") {
        Ok(kelvin) if (0.0..=f64::from(most)).contains(&kelvin) => return Some(kelvin as f32),
        Ok(_) => format!("`{}` is not from 0 to {most} K", text.value.as_str().trim()),
        Err(reason) => reason,
    };
    report(text, reason, "such as `3 K`", found)
}

/// By how much a sensor is off, in its unit.
pub(super) fn offset(text: &Text, sensor: &Sensor, found: &mut Vec<Diagnostic>) -> Option<f64> {
    match difference(text, sensor.unit) {
        Ok(offset) => Some(offset),
        Err(reason) => {
            let help = format!("`{}` is in {}", sensor.name, sensor.unit);
            report(text, reason, &help, found)
        }
    }
}

/// How fast a sensor wanders, in its unit a second.
pub(super) fn wandering(text: &Text, sensor: &Sensor, found: &mut Vec<Diagnostic>) -> Option<f64> {
    let shown = text.value.as_str().trim();
    let per_second = Unit::parse(sensor.unit)
        .map_err(|error| error.to_string())
        .and_then(|unit| {
            let quantity = Quantity::parse(shown)?;
            let wanted = unit.difference().per_second();
            let conversion = wanted.and_then(|wanted| quantity.unit.conversion_to(&wanted));
            conversion
                .filter(|_| quantity.unit.dimension() != Dimension::NONE)
                .map(|to| to.factor * quantity.value)
                .ok_or_else(|| format!("`{shown}` is no change of `{}` with the time", sensor.name))
        });
    match per_second {
        Ok(per_second) => Some(per_second),
        Err(reason) => {
            let unit = if sensor.unit == "°C" { "K" } else { sensor.unit };
            report(text, reason, &format!("such as `0.5 {unit}/h`"), found)
        }
    }
}

/// A difference in `unit`; a text without a unit is in it already.
fn difference(text: &Text, unit: &str) -> Result<f64, String> {
    let shown = text.value.as_str().trim();
    let unit = Unit::parse(unit).map_err(|error| error.to_string())?;
    let quantity = Quantity::parse(shown)?;
    if quantity.unit.is_none() {
        return Ok(quantity.value);
    }
    let conversion = quantity.unit.difference().conversion_to(&unit.difference());
    conversion.map(|to| to.apply(quantity.value)).ok_or_else(|| {
        format!(
            "`{shown}` is {}, not {}",
            quantity.unit.described(),
            unit.described()
        )
    })
}

fn report<T>(text: &Text, reason: String, help: &str, found: &mut Vec<Diagnostic>) -> Option<T> {
    found.push(Diagnostic::new(Code::WrongValue, text.span, reason).with_help(help));
    None
}
