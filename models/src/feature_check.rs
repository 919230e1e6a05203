//! Features that tell something else than the machine's condition.
//!
//! What only grows within every run, such as an energy counter, tells how long the run has lasted. Runs that begin
//! normal and end with a fault make it look like the best feature of all, and on the plant it is worth nothing.

use std::fmt;

use serde::Serialize;

use crate::dataset::Dataset;
use crate::sequence::sequences;

/// Changes that a feature needs in a run before anything is said about its direction.
const CHANGES: usize = 10;
/// The share of a run's changes that must go one way.
const ONE_WAY: f64 = 0.99;

/// What is wrong with a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// It goes one way in every run: it tells the time.
    Cumulative,
    /// It has the same value in every row: it tells nothing.
    Constant,
}

/// A feature with what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlawedFeature {
    /// The feature.
    pub name: String,
    /// What is wrong with it.
    pub flaw: Flaw,
}

impl fmt::Display for FlawedFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.flaw {
            Flaw::Cumulative => write!(
                f,
                "{name} is left out: it goes one way in every run, so it tells the time and not the fault"
            ),
            Flaw::Constant => write!(
                f,
                "{name} has the same value in every row: nothing can be learnt from it"
            ),
        }
    }
}

impl Dataset {
    /// The features that should not be learnt from, in the order of the features.
    pub fn flawed_features(&self) -> Vec<FlawedFeature> {
        let flaw = |index: usize| {
            if self.is_constant(index) {
                Some(Flaw::Constant)
            } else if self.is_cumulative(index) {
                Some(Flaw::Cumulative)
            } else {
                None
            }
        };
        let flawed = |(index, feature): (usize, &crate::FeatureSpec)| {
            flaw(index).map(|flaw| FlawedFeature {
                name: feature.name.clone(),
                flaw,
            })
        };
        self.features().iter().enumerate().filter_map(flawed).collect()
    }

    fn is_constant(&self, feature: usize) -> bool {
        let mut values = self.rows().filter_map(|row| row.get(feature));
        match values.next() {
            Some(first) => values.all(|value| value == first),
            None => false,
        }
    }

    /// Whether every run in which the feature changes enough takes it the same way, and most runs do change it.
    fn is_cumulative(&self, feature: usize) -> bool {
        let (mut up, mut down, mut runs) = (0_usize, 0_usize, 0_usize);
        for sequence in sequences(self) {
            runs += 1;
            let values = |rows: &[usize]| -> Vec<f32> {
                rows.iter()
                    .filter_map(|row| self.row(*row).get(feature))
                    .copied()
                    .collect()
            };
            let values = values(&sequence.rows);
            let (mut rises, mut falls) = (0_usize, 0_usize);
            for (value, next) in values.iter().zip(values.iter().skip(1)) {
                rises += usize::from(next > value);
                falls += usize::from(next < value);
            }
            let changes = rises + falls;
            if changes < CHANGES {
                continue;
            }
            let needed = ONE_WAY * changes as f64;
            if rises as f64 >= needed {
                up += 1;
            } else if falls as f64 >= needed {
                down += 1;
            } else {
                return false;
            }
        }
        (up == 0 || down == 0) && (up + down) * 2 > runs
    }
}
