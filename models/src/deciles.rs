//! How a feature is spread in normal operation: what live values can be compared with.

use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;

/// A part of a feature's values: those above the decile before, up to this one.
///
/// With values that repeat, such as set points, several deciles can be the same value; they are one then, and the share says
/// how many rows it holds. What lies above the last one is the rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decile {
    /// The greatest value of this part, in the feature's unit.
    pub up_to: f32,
    /// The share of the rows in it, 0 to 1.
    pub share: f32,
}

/// Whether these are deciles: at most nine, rising, with shares above 0 that do not make more than all.
pub(crate) fn are_in_order(deciles: &[Decile]) -> bool {
    let rises = deciles
        .iter()
        .zip(deciles.iter().skip(1))
        .all(|(one, next)| one.up_to < next.up_to);
    let sound = |decile: &Decile| decile.up_to.is_finite() && decile.share > 0.0;
    let all: f32 = deciles.iter().map(|decile| decile.share).sum();
    deciles.len() <= 9 && rises && deciles.iter().all(sound) && all <= 1.000_1
}

/// The deciles of a feature in the rows of normal operation.
///
/// The other rows are left out: a training set is mostly faults, so that a model learns them, and a plant is mostly not. Empty
/// where there is no row of normal operation.
pub(crate) fn deciles(dataset: &Dataset, feature: usize) -> Vec<Decile> {
    let normal = dataset.classes().normal_index();
    let rows = dataset.rows().zip(dataset.labels());
    let rows = rows.filter(|(_, label)| **label == normal);
    let mut values: Vec<f32> = rows.filter_map(|(row, _)| row.get(feature)).copied().collect();
    values.sort_unstable_by(f32::total_cmp);
    let count = values.len();
    let mut deciles: Vec<Decile> = Vec::new();
    let mut before = 0;
    for tenth in 1..=9 {
        let place = (count * tenth).div_ceil(10).checked_sub(1);
        let Some(&up_to) = place.and_then(|place| values.get(place)) else {
            break;
        };
        let within = values.partition_point(|value| *value <= up_to);
        if within > before {
            let share = (within - before) as f32 / count as f32;
            deciles.push(Decile { up_to, share });
            before = within;
        }
    }
    deciles
}
