//! Which rows were left out of a data set, and why.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Why a row was left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// Too few or too many values.
    Width {
        /// Number of values in the row.
        found: usize,
        /// Number of features.
        expected: usize,
    },
    /// A class code that the classes do not have.
    UnknownClass {
        /// The code in the row.
        code: u32,
    },
    /// NaN, infinite, or larger than [`crate::Dataset::MAX_MAGNITUDE`].
    NotFinite {
        /// The first feature whose value is so.
        feature: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Width { found, expected } => write!(f, "{found} values instead of {expected}"),
            Refusal::UnknownClass { code } => write!(f, "unknown class code {code}"),
            Refusal::NotFinite { feature } => write!(f, "{feature} is missing or not a finite number"),
        }
    }
}

/// How many rows were kept, and how many were left out for which reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CleaningReport {
    kept: usize,
    refusals: BTreeMap<Refusal, usize>,
}

impl CleaningReport {
    pub(crate) fn keep(&mut self) {
        self.kept += 1;
    }

    pub(crate) fn refuse(&mut self, reason: Refusal) {
        *self.refusals.entry(reason).or_default() += 1;
    }

    /// Rows kept.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Rows left out.
    pub fn refused(&self) -> usize {
        self.refusals.values().sum()
    }

    /// Reasons with the number of rows left out for them, in a fixed order.
    pub fn refusals(&self) -> impl ExactSizeIterator<Item = (&Refusal, usize)> {
        self.refusals.iter().map(|(reason, count)| (reason, *count))
    }
}

impl fmt::Display for CleaningReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows kept, {} left out", self.kept, self.refused())?;
        for (reason, count) in self.refusals() {
            write!(f, "\n  {count} × {reason}")?;
        }
        Ok(())
    }
}
