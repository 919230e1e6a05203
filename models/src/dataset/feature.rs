//! The columns of a data set.

use thiserror::Error;

use super::Dataset;

/// Name and unit of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureSpec {
    /// Name, as in the record that is classified.
    pub name: String,
    /// Unit, when it has one.
    pub unit: Option<String>,
    /// The least and the greatest value that the plant is meant to reach, when that is known.
    pub range: Option<(f32, f32)>,
    /// Whether it is computed from others rather than measured.
    pub is_computed: bool,
}

impl FeatureSpec {
    /// A column of a name and, unless it is a bare number, a unit.
    pub fn new(name: &str, unit: Option<&str>) -> Self {
        FeatureSpec {
            name: name.to_owned(),
            unit: unit.map(str::to_owned),
            range: None,
            is_computed: false,
        }
    }

    /// The same column as one that no sensor measures: it may stand still.
    #[must_use]
    pub fn computed(mut self) -> Self {
        self.is_computed = true;
        self
    }

    /// The same column with the range that the plant is meant to keep. A value beyond it by more than the range is
    /// wide is impossible: a broken machine leaves its range, a broken sensor leaves the plant.
    #[must_use]
    pub fn ranged(mut self, least: f32, greatest: f32) -> Self {
        self.range = Some((least, greatest));
        self
    }

    pub(super) fn is_possible(&self, value: f32) -> bool {
        self.range.is_none_or(|(least, greatest)| {
            let width = greatest - least;
            (least - width..=greatest + width).contains(&value)
        })
    }
}

/// Why a list of features was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeaturesError {
    /// No features, or too many.
    #[error("a model needs 1 to {max} features, found {found}", max = Dataset::MAX_FEATURES)]
    Count {
        /// How many were given.
        found: usize,
    },
    /// Two features share a name.
    #[error("feature `{name}` is given twice; every feature needs a name of its own")]
    NameTwice {
        /// The shared name.
        name: String,
    },
}

pub(crate) fn check_features<'a>(
    names: impl ExactSizeIterator<Item = &'a str> + Clone,
) -> Result<(), FeaturesError> {
    if !(1..=Dataset::MAX_FEATURES).contains(&names.len()) {
        return Err(FeaturesError::Count { found: names.len() });
    }
    for (index, name) in names.clone().enumerate() {
        if names.clone().skip(index + 1).any(|other| other == name) {
            return Err(FeaturesError::NameTwice {
                name: name.to_owned(),
            });
        }
    }
    Ok(())
}
