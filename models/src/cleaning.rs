//! Which rows were left out of a data set, and why.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

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
    /// Beyond the range of its field by more than the range is wide.
    Impossible {
        /// The first feature whose value is so.
        feature: String,
    },
    /// Nobody knows its class.
    Unlabelled,
    /// Another row of the run has the same time and the same values.
    Twice,
    /// A sensor told the same value for longer than sensors do, while others moved.
    Stuck {
        /// The feature that stood still.
        feature: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Width { found, expected } => write!(f, "{found} values instead of {expected}"),
            Refusal::UnknownClass { code } => write!(f, "unknown class code {code}"),
            Refusal::NotFinite { feature } => write!(f, "{feature} is missing or not a finite number"),
            Refusal::Impossible { feature } => {
                write!(
                    f,
                    "{feature} is impossible: beyond its range by more than the range is wide"
                )
            }
            Refusal::Unlabelled => write!(f, "no label"),
            Refusal::Twice => write!(f, "the same row again (run, time and values)"),
            Refusal::Stuck { feature } => write!(f, "{feature} was stuck while others moved"),
        }
    }
}

/// Where a log has holes. They are told, nothing is left out for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Gaps {
    /// How many there are.
    pub count: usize,
    /// The longest, in seconds.
    pub longest_s: f64,
}

/// How many rows were kept, and how many were left out for which reason.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CleaningReport {
    kept: usize,
    #[serde(serialize_with = "as_list")]
    refusals: BTreeMap<Refusal, usize>,
    gaps: Gaps,
}

/// A reason with its count.
#[derive(Serialize)]
struct Counted<'r> {
    #[serde(flatten)]
    reason: &'r Refusal,
    rows: usize,
}

fn as_list<S: Serializer>(refusals: &BTreeMap<Refusal, usize>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(
        refusals
            .iter()
            .map(|(reason, rows)| Counted { reason, rows: *rows }),
    )
}

impl CleaningReport {
    pub(crate) fn keep(&mut self, rows: usize) {
        self.kept = rows;
    }

    pub(crate) fn refuse(&mut self, reason: Refusal, rows: usize) {
        *self.refusals.entry(reason).or_default() += rows;
    }

    pub(crate) fn note_gaps(&mut self, gaps: Gaps) {
        self.gaps = gaps;
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

    /// The holes in the runs.
    pub fn gaps(&self) -> Gaps {
        self.gaps
    }
}

impl fmt::Display for CleaningReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows kept, {} left out", self.kept, self.refused())?;
        for (reason, count) in self.refusals() {
            write!(f, "\n  {count} × {reason}")?;
        }
        let Gaps { count, longest_s } = self.gaps;
        if count > 0 {
            write!(
                f,
                "\n  {count} gaps within runs, the longest {longest_s:.1} s; nothing was left out for them"
            )?;
        }
        Ok(())
    }
}
