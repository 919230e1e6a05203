//! Reading units: `kWh`, `m/s²`, `g/Wh`, `m^3/h`, `€/kWh`.

use thiserror::Error;

use super::table::{Named, PREFIXES, STANDARD_GRAVITY_M_PER_S2, UNITS};
use super::{Dimension, Scale, Unit};
use crate::language::nearest;

/// A unit that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnitError {
    /// A part that no table has.
    #[error("`{part}` is not a known unit{}", .suggestion.as_ref().map(|s| format!("; did you mean `{s}`?")).unwrap_or_default())]
    Unknown {
        /// The part.
        part: String,
        /// The nearest known unit.
        suggestion: Option<String>,
    },
    /// Nothing where a part is due: `m/`.
    #[error("the unit `{text}` ends in the middle, or has two operators in a row")]
    Incomplete {
        /// The whole text.
        text: String,
    },
    /// Exponents too large to mean anything.
    #[error("the unit `{text}` has an exponent that is not a small whole number")]
    Exponent {
        /// The whole text.
        text: String,
    },
    /// `°C·m` or `°C²`: degrees count from a zero of their own.
    #[error("`{text}` multiplies a temperature scale that has a zero of its own; use K")]
    ScaledDegrees {
        /// The whole text.
        text: String,
    },
}

/// Longer texts are no units; the bound keeps hostile input cheap.
const MAX_LENGTH: usize = 40;

pub(super) fn parse(text: &str) -> Result<Unit, UnitError> {
    let text = text.trim();
    if text == "g" {
        let unit = Unit::linear("g", Dimension::ACCELERATION, STANDARD_GRAVITY_M_PER_S2);
        return Ok(Unit {
            ambiguous: true,
            ..unit
        });
    }
    if text.is_empty() || text.len() > MAX_LENGTH {
        return Err(UnitError::Unknown {
            part: crate::diagnostic::shortened(text),
            suggestion: None,
        });
    }
    let incomplete = || UnitError::Incomplete {
        text: text.to_owned(),
    };
    let mut dimension = Dimension::NONE;
    let mut factor = 1.0;
    let mut offset;
    let mut parts = 0;
    let mut rest = text;
    let mut divide = false;
    loop {
        let end = rest.find(['/', '*', '·', ' ']).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        let (symbol, exponent) = split_exponent(part).ok_or_else(|| UnitError::Exponent {
            text: text.to_owned(),
        })?;
        if symbol.is_empty() {
            return Err(incomplete());
        }
        let (named, prefix) = find(symbol).ok_or_else(|| unknown(symbol))?;
        if named.offset != 0.0 && exponent != 1 {
            return Err(UnitError::ScaledDegrees {
                text: text.to_owned(),
            });
        }
        let too_large = || UnitError::Exponent {
            text: text.to_owned(),
        };
        let exponent = if divide {
            exponent.checked_neg().ok_or_else(too_large)?
        } else {
            exponent
        };
        let power = named.dimension.power(exponent).ok_or_else(too_large)?;
        dimension = dimension.times(power).ok_or_else(too_large)?;
        factor *= (named.scale * prefix).powi(exponent.into());
        if !f64::is_normal(factor) {
            return Err(too_large());
        }
        offset = named.offset;
        parts += 1;
        let Some(operator) = after.chars().next() else {
            break;
        };
        divide = operator == '/';
        rest = after.get(operator.len_utf8()..).unwrap_or_default();
    }
    // Alone, degrees are an absolute scale; in `°C/s` or `W/°C` they can only be differences.
    let scale = if parts == 1 && offset != 0.0 {
        Scale::Absolute { offset }
    } else {
        Scale::Linear
    };
    Ok(Unit {
        symbol: text.into(),
        dimension,
        factor,
        scale,
        ambiguous: false,
    })
}

/// `m²`, `m^2`, `s⁻¹`, `s^-1`: the symbol and its exponent.
fn split_exponent(part: &str) -> Option<(&str, i8)> {
    if let Some((symbol, exponent)) = part.split_once('^') {
        return Some((symbol, exponent.parse().ok()?));
    }
    let digit = |c: char| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|d| d == c);
    let at = part
        .find(|c| digit(c).is_some() || c == '⁻')
        .unwrap_or(part.len());
    let (symbol, raised) = part.split_at(at);
    if raised.is_empty() {
        return Some((symbol, 1));
    }
    let (negative, digits) = match raised.strip_prefix('⁻') {
        Some(digits) => (true, digits),
        None => (false, raised),
    };
    let mut exponent: i8 = 0;
    for c in digits.chars() {
        exponent = exponent
            .checked_mul(10)?
            .checked_add(i8::try_from(digit(c)?).ok()?)?;
    }
    Some((symbol, if negative { -exponent } else { exponent }))
}

/// The unit behind a symbol, whole or with a prefix: `min` is minutes, not milli-inches.
fn find(symbol: &str) -> Option<(&'static Named, f64)> {
    if let Some(named) = UNITS.iter().find(|named| named.symbol == symbol) {
        return Some((named, 1.0));
    }
    PREFIXES.iter().find_map(|(prefix, scale)| {
        let bare = symbol.strip_prefix(prefix)?;
        let named = UNITS
            .iter()
            .find(|named| named.prefixes && named.symbol == bare)?;
        Some((named, *scale))
    })
}

fn unknown(symbol: &str) -> UnitError {
    const SPELT: [(&str, &str); 24] = [
        ("C", "°C"),
        ("celsius", "°C"),
        ("fahrenheit", "°F"),
        ("kelvin", "K"),
        ("volt", "V"),
        ("volts", "V"),
        ("ampere", "A"),
        ("amps", "A"),
        ("amp", "A"),
        ("watt", "W"),
        ("watts", "W"),
        ("percent", "%"),
        ("sec", "s"),
        ("second", "s"),
        ("seconds", "s"),
        ("minute", "min"),
        ("minutes", "min"),
        ("hour", "h"),
        ("hours", "h"),
        ("day", "d"),
        ("hertz", "Hz"),
        ("liter", "L"),
        ("litre", "L"),
        ("joule", "J"),
    ];
    let lower = symbol.to_lowercase();
    let by_word = SPELT
        .iter()
        .find(|(word, _)| *word == lower)
        .map(|(_, unit)| *unit);
    let by_case = || {
        UNITS
            .iter()
            .find(|named| named.symbol.to_lowercase() == lower)
            .map(|named| named.symbol)
    };
    let prefixed_case = || {
        PREFIXES.iter().find_map(|(prefix, _)| {
            let bare = lower.strip_prefix(&prefix.to_lowercase())?;
            let named = UNITS
                .iter()
                .find(|named| named.prefixes && named.symbol.to_lowercase() == bare)?;
            Some(format!("{prefix}{}", named.symbol))
        })
    };
    let suggestion = by_word
        .or_else(by_case)
        .map(str::to_owned)
        .or_else(prefixed_case)
        .or_else(|| nearest(symbol, UNITS.iter().map(|named| named.symbol)).map(str::to_owned));
    UnitError::Unknown {
        part: crate::diagnostic::shortened(symbol),
        suggestion,
    }
}

/// How many bytes at the start of `text` are a unit, written without spaces: 4 of `g/Wh * 2`, 0 of `current`.
///
/// A formula uses it behind a number, where `V/current` must end at `V`.
#[must_use]
pub fn longest_unit_prefix(text: &str) -> usize {
    let is_symbol = |c: char| c.is_alphanumeric() || "°%‰Ω€$£⁻²³¹⁴".contains(c);
    let mut taken = 0;
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let mut end = rest.find(|c| !is_symbol(c)).unwrap_or(rest.len());
        if let Some(raised) = rest.get(end..).and_then(|r| r.strip_prefix('^')) {
            let digits = raised.len()
                - raised
                    .trim_start_matches('-')
                    .trim_start_matches(|c: char| c.is_ascii_digit())
                    .len();
            end += 1 + digits;
        }
        let candidate = text.get(..at + end).unwrap_or_default();
        if end == 0 || parse(candidate).is_err() {
            return taken;
        }
        taken = at + end;
        match text.get(taken..).and_then(|r| r.chars().next()) {
            Some(operator @ ('/' | '*' | '·')) => at = taken + operator.len_utf8(),
            _ => return taken,
        }
    }
}
