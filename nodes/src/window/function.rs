//! What can be said of a window, and in which unit.

use twinflow_engine::unit::Unit;

/// A statistic of a field over a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Mean,
    Median,
    Min,
    Max,
    Range,
    Sd,
    Rms,
    Crest,
    Slope,
    Rate,
    Change,
    Lag,
    Sum,
    Count,
}

/// Why a statistic has no unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoUnit {
    /// The zero of °C is not zero.
    ZeroElsewhere,
    /// Its numbers would be too large or small.
    OutOfRange,
}

const NAMES: [(Function, &str); 14] = [
    (Function::Mean, "mean"),
    (Function::Median, "median"),
    (Function::Min, "min"),
    (Function::Max, "max"),
    (Function::Range, "range"),
    (Function::Sd, "sd"),
    (Function::Rms, "rms"),
    (Function::Crest, "crest"),
    (Function::Slope, "slope"),
    (Function::Rate, "rate"),
    (Function::Change, "change"),
    (Function::Lag, "lag"),
    (Function::Sum, "sum"),
    (Function::Count, "count"),
];

impl Function {
    /// The function that flows call `name`.
    pub fn named(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(_, known)| *known == name);
        found.map(|(function, _)| *function)
    }

    /// What flows can call.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, name)| *name)
    }

    /// The unit of the result for a field in `of`.
    pub fn unit(self, of: &Unit) -> Result<Unit, NoUnit> {
        match self {
            Self::Sum | Self::Rms | Self::Crest if of.is_absolute() => Err(NoUnit::ZeroElsewhere),
            Self::Mean | Self::Median | Self::Min | Self::Max | Self::Lag | Self::Sum | Self::Rms => {
                Ok(of.clone())
            }
            Self::Range | Self::Sd | Self::Change => Ok(of.difference()),
            Self::Slope | Self::Rate => of.per_second().ok_or(NoUnit::OutOfRange),
            Self::Crest | Self::Count => Ok(Unit::none()),
        }
    }

    /// How far the result can go for a field within `low` and `high`.
    pub fn reach(self, (low, high): (f64, f64)) -> (f64, f64) {
        let width = high - low;
        let furthest = low.abs().max(high.abs());
        match self {
            Self::Mean | Self::Median | Self::Min | Self::Max | Self::Lag => (low, high),
            Self::Range => (0.0, width),
            // Two values, one at each end.
            Self::Sd => (0.0, width / std::f64::consts::SQRT_2),
            Self::Rms => (low.max(-high).max(0.0), furthest),
            Self::Change => (-width, width),
            Self::Crest => (1.0, f64::INFINITY),
            Self::Count => (0.0, f64::INFINITY),
            Self::Slope | Self::Rate | Self::Sum => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    /// Whether it is one of the field's own values, or lies among them: then the field's range is drawn for it, too.
    pub fn is_among_values(self) -> bool {
        matches!(
            self,
            Self::Mean | Self::Median | Self::Min | Self::Max | Self::Lag
        )
    }

    /// Whether it can be missing although the window has a value.
    pub fn needs_more_than_one(self) -> bool {
        matches!(
            self,
            Self::Sd | Self::Crest | Self::Slope | Self::Rate | Self::Change | Self::Lag
        )
    }

    /// Whether it comes from a [`super::sliding::Sliding`].
    pub fn is_summary(self) -> bool {
        !matches!(
            self,
            Self::Median | Self::Rate | Self::Change | Self::Lag | Self::Count
        )
    }
}
