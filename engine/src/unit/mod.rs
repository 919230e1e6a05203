//! Units of measure: what they are, how they are read, and what converts into what.

mod dimension;
mod parse;
mod quantity;
mod table;

use std::fmt;
use std::sync::Arc;

pub use dimension::Dimension;
pub use parse::{UnitError, longest_unit_prefix};
pub use quantity::Quantity;

/// What a message says of units beside one that it does not know.
pub const KNOWN_UNITS: &str =
    "units are SI symbols with prefixes, °C, rpm, %, bar, min, h, Wh, €, …, combined as in `m/s²` or `g/kWh`";

/// The units that have names of their own, each with what it measures and whether prefixes such as `k` may stand before it.
pub fn named_units() -> impl Iterator<Item = (&'static str, Dimension, bool)> {
    table::UNITS
        .iter()
        .map(|named| (named.symbol, named.dimension, named.prefixes))
}

/// How a unit's numbers relate to the zero of its dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Zero is zero: A, W, K, and everything but degrees.
    Linear,
    /// The number counts from somewhere else: °C begins at 273.15 K.
    Absolute {
        /// Base units at this scale's zero.
        offset: f64,
    },
    /// A difference of two values of an absolute scale: it converts without the offset.
    Difference,
}

/// A unit of measure.
#[derive(Clone, Debug)]
pub struct Unit {
    symbol: Arc<str>,
    dimension: Dimension,
    factor: f64,
    scale: Scale,
    /// `g` alone is standard gravity or gram; the place where it is used tells which.
    ambiguous: bool,
}

/// From numbers of one unit to numbers of another: `value · factor + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conversion {
    /// What to multiply by.
    pub factor: f64,
    /// What to add then.
    pub offset: f64,
}

impl Conversion {
    /// Leaves a number as it is.
    pub const IDENTITY: Self = Self {
        factor: 1.0,
        offset: 0.0,
    };

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_identity(self) -> bool {
        self == Self::IDENTITY
    }

    /// Converts one number.
    #[must_use]
    pub fn apply(self, value: f64) -> f64 {
        value * self.factor + self.offset
    }
}

impl Unit {
    /// Reads a unit: `kWh`, `m/s²`, `°C/s`, `g/Wh`, `m^3/h`.
    ///
    /// # Errors
    /// The part that is not known, with the nearest known unit.
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        parse::parse(text)
    }

    /// No unit: a plain number.
    #[must_use]
    pub fn none() -> Self {
        Self::linear("1", Dimension::NONE, 1.0)
    }

    pub(crate) fn linear(symbol: impl Into<Arc<str>>, dimension: Dimension, factor: f64) -> Self {
        Self {
            symbol: symbol.into(),
            dimension,
            factor,
            scale: Scale::Linear,
            ambiguous: false,
        }
    }

    /// As it was written, or as a computed one is spelt.
    #[must_use]
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// What it measures.
    #[must_use]
    pub fn dimension(&self) -> Dimension {
        self.dimension
    }

    /// How many base units it is.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Where its zero lies.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Whether values of it are plain numbers without any factor.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.dimension == Dimension::NONE && (self.factor - 1.0).abs() < f64::EPSILON
    }

    /// Whether it counts from a zero of its own, as °C does.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        matches!(self.scale, Scale::Absolute { .. })
    }

    /// The unit of differences: °C stays °C but loses its offset.
    #[must_use]
    pub fn difference(&self) -> Self {
        let scale = match self.scale {
            Scale::Absolute { .. } => Scale::Difference,
            _ if self.dimension == Dimension::TEMPERATURE => Scale::Difference,
            other => other,
        };
        Self {
            scale,
            ..self.clone()
        }
    }

    /// The same unit with the reading of an ambiguous `g` that fits `dimension`.
    #[must_use]
    pub fn read_as(&self, dimension: Dimension) -> Self {
        if self.ambiguous && dimension == Dimension::MASS {
            return Self::linear("g", Dimension::MASS, 1e-3);
        }
        self.clone()
    }

    /// How numbers of `self` become numbers of `target`; nothing when the dimensions do not fit.
    #[must_use]
    pub fn conversion_to(&self, target: &Self) -> Option<Conversion> {
        let (from, to) = (self.read_as(target.dimension), target.read_as(self.dimension));
        if !from.dimension.fits(to.dimension) {
            return None;
        }
        let factor = if from.factor == to.factor {
            1.0
        } else {
            from.factor / to.factor
        };
        let offset = match (from.scale, to.scale) {
            // A difference in °C becomes a difference in K or °F: no zero is involved.
            (Scale::Difference, _) | (_, Scale::Difference) | (Scale::Linear, Scale::Linear) => 0.0,
            (from_scale, to_scale) => (from_scale.offset() - to_scale.offset()) / to.factor,
        };
        Some(Conversion { factor, offset })
    }

    /// The unit of a product. The factors must not be absolute scales.
    pub(crate) fn times(&self, other: &Self) -> Option<Self> {
        computed(self.dimension.times(other.dimension)?, self.factor * other.factor)
    }

    /// The unit of a quotient; nothing when it is too far from any unit. Of an absolute scale, the [`difference`](Self::difference)
    /// is meant.
    #[must_use]
    pub fn per(&self, other: &Self) -> Option<Self> {
        computed(self.dimension.per(other.dimension)?, self.factor / other.factor)
    }

    /// The unit of a whole power.
    pub(crate) fn power(&self, exponent: i8) -> Option<Self> {
        computed(self.dimension.power(exponent)?, self.factor.powi(exponent.into()))
    }

    /// The unit of a square root.
    pub(crate) fn root(&self) -> Option<Self> {
        computed(self.dimension.root()?, self.factor.sqrt())
    }

    /// The unit of a rate of change: per second, spelt with the user's own symbol (`°C/s`); nothing when it is too far from
    /// any unit.
    #[must_use]
    pub fn per_second(&self) -> Option<Self> {
        let dimension = self.dimension.per(Dimension::TIME)?;
        let symbol: Arc<str> = if self.is_none() {
            "1/s".into()
        } else {
            format!("{}/s", self.symbol).into()
        };
        Some(Self {
            symbol,
            ..computed(dimension, self.factor)?
        })
    }

    /// The coherent SI unit of the same dimension.
    pub(crate) fn coherent(&self) -> Self {
        computed(self.dimension, 1.0).unwrap_or_else(|| self.clone())
    }

    /// Whether the symbol is one that a table knows, rather than spelt from base units with a factor left over.
    pub(crate) fn has_honest_symbol(&self) -> bool {
        Self::parse(&self.symbol).is_ok_and(|same| {
            let same = same.read_as(self.dimension);
            same.dimension.fits(self.dimension) && (same.factor / self.factor - 1.0).abs() < 1e-9
        })
    }

    /// The same unit where its symbol says what it is, the coherent SI unit of its dimension otherwise: a `g/s` that is
    /// standard gravity per second would be read as grams.
    #[must_use]
    pub fn readable(&self) -> Self {
        if self.has_honest_symbol() {
            self.clone()
        } else {
            self.coherent()
        }
    }

    /// As a message names it: `°C (temperature)`.
    #[must_use]
    pub fn described(&self) -> String {
        if self.is_none() {
            return "a plain number".to_owned();
        }
        match self.dimension.name() {
            Some("a plain number") | None => format!("`{}`", self.symbol),
            Some(name) if matches!(self.scale, Scale::Difference) => {
                format!("`{}` ({name} difference)", self.symbol)
            }
            Some(name) => format!("`{}` ({name})", self.symbol),
        }
    }
}

impl Scale {
    fn offset(self) -> f64 {
        match self {
            Scale::Absolute { offset } => offset,
            Scale::Linear | Scale::Difference => 0.0,
        }
    }
}

/// Units are the same when their numbers mean the same; the spelling may differ.
impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        self.dimension == other.dimension && self.factor == other.factor && self.scale == other.scale
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.symbol)
    }
}

/// The unit with this dimension and factor, by the best name there is; nothing when the factor is too large or small for
/// a number.
///
/// It is never spelt with centi, deci or hecto: half of 230 V is `115 V`, not `11500 cV`.
fn computed(dimension: Dimension, factor: f64) -> Option<Unit> {
    if !factor.is_normal() {
        return None;
    }
    let exact = |named: &&table::Named| named.dimension == dimension;
    let but_for_angle = |named: &&table::Named| !exact(named) && named.dimension.fits(dimension);
    let units = table::UNITS.iter().filter(exact);
    let symbol = units
        .chain(table::UNITS.iter().filter(but_for_angle))
        .filter(|named| named.offset == 0.0)
        .find_map(|named| {
            let ratio = factor / named.scale;
            let close = |to: f64| (ratio / to - 1.0).abs() < 1e-9;
            if close(1.0) {
                return Some(named.symbol.to_owned());
            }
            let prefix = table::PREFIXES.iter().find(|(symbol, scale)| {
                named.prefixes && close(*scale) && !matches!(*symbol, "c" | "d" | "h")
            })?;
            Some(format!("{}{}", prefix.0, named.symbol))
        })
        .unwrap_or_else(|| dimension.to_string());
    Some(Unit::linear(symbol, dimension, factor))
}
