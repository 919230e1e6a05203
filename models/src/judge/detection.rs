//! How long a fault goes on before it is named.
//!
//! A fault begins with the first row of its class in a run. It counts as named with the third row in a row that is
//! given its very class: so long does an operator wait who does not trust a single reading. A fault that ends before
//! is never named.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Course, PERSISTENCE};
use crate::dataset::Dataset;

/// How soon faults of one class and severity are named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    /// Code of the class.
    pub code: u32,
    /// Label of the class.
    pub label: String,
    /// The greatest severity in the course of the fault, in tenths; nothing when it is not known.
    pub severity: Option<f64>,
    /// Faults of this kind.
    pub faults: u64,
    /// How many of them were named.
    pub named: u64,
    /// Seconds until half of the faults were named; nothing when fewer were.
    pub median_s: Option<f64>,
    /// Seconds until nine of ten were named; nothing when fewer were.
    pub p90_s: Option<f64>,
}

/// Delays of all judged faults, by class and severity. `named` is the class that each row was given.
pub(crate) fn detections(dataset: &Dataset, course: &Course, named: &[Option<usize>]) -> Vec<Detection> {
    let mut groups: BTreeMap<(usize, Option<i64>), Vec<Option<f64>>> = BTreeMap::new();
    for (class, fault) in faults(dataset, course, named) {
        let severities = fault
            .iter()
            .filter_map(|row| dataset.severities().get(*row).copied().flatten());
        let greatest = severities.fold(None, |greatest: Option<f32>, severity| {
            Some(greatest.map_or(severity, |greatest| greatest.max(severity)))
        });
        let tenths = greatest.map(|severity| (f64::from(severity) * 10.0).round() as i64);
        let delay = delay_s(dataset, fault, |row| {
            named.get(row).copied().flatten() == Some(class)
        });
        groups.entry((class, tenths)).or_default().push(delay);
    }
    let detection = |((class, tenths), mut delays): ((usize, Option<i64>), Vec<Option<f64>>)| {
        let class = dataset.classes().at(class);
        // Those never named come last: they are later than any other.
        delays.sort_by(|a, b| a.unwrap_or(f64::INFINITY).total_cmp(&b.unwrap_or(f64::INFINITY)));
        let reached_by = |share: f64| {
            let rank = (delays.len() as f64 * share).ceil() as usize;
            delays.get(rank.max(1) - 1).copied().flatten()
        };
        Detection {
            code: class.code,
            label: class.label.clone(),
            severity: tenths.map(|tenths| tenths as f64 / 10.0),
            faults: delays.len() as u64,
            named: delays.iter().flatten().count() as u64,
            median_s: reached_by(0.5),
            p90_s: reached_by(0.9),
        }
    };
    groups.into_iter().map(detection).collect()
}

/// The share of the judged faults that are named; nothing when there are none.
pub(crate) fn named_share(dataset: &Dataset, course: &Course, named: &[Option<usize>]) -> Option<f64> {
    let (mut faults_there, mut faults_named) = (0_u64, 0_u64);
    for (class, fault) in faults(dataset, course, named) {
        faults_there += 1;
        let is_named = |row: usize| named.get(row).copied().flatten() == Some(class);
        faults_named += u64::from(delay_s(dataset, fault, is_named).is_some());
    }
    (faults_there > 0).then(|| faults_named as f64 / faults_there as f64)
}

fn faults<'c>(
    dataset: &'c Dataset,
    course: &'c Course,
    named: &'c [Option<usize>],
) -> impl Iterator<Item = (usize, &'c [usize])> {
    course
        .stretches(dataset, named)
        .filter_map(|stretch| Some((dataset.label(*stretch.first()?), stretch)))
        .filter(|(class, _)| *class != dataset.classes().normal_index())
}

/// Seconds from the first row to the last of the first rows in a row that are right.
fn delay_s(dataset: &Dataset, fault: &[usize], is_right: impl Fn(usize) -> bool) -> Option<f64> {
    let begin = dataset.time_us(*fault.first()?)?;
    let right = fault
        .windows(PERSISTENCE)
        .find(|rows| rows.iter().all(|row| is_right(*row)))?;
    let end = dataset.time_us(*right.last()?)?;
    Some(end.saturating_sub(begin) as f64 / 1e6)
}
