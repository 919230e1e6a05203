//! What very simple rules reach on the same rows: a model that is no better than these is worth nothing.

use super::{Course, FalseAlarms, detection};
use crate::dataset::Dataset;
use crate::evaluate::{Baseline, Scores};
use crate::split::Fold;

/// The threshold is sought on at most so many rows, spread evenly.
const STUMP_ROWS: usize = 50_000;

/// A rule that looks at one feature at most.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Always(usize),
    /// A class above the threshold, and another one up to it.
    Threshold {
        feature: usize,
        threshold: f32,
        above: usize,
        below: usize,
    },
}

impl Rule {
    fn answer(self, row: &[f32]) -> usize {
        match self {
            Rule::Always(class) => class,
            Rule::Threshold {
                feature,
                threshold,
                above,
                below,
            } => {
                if row.get(feature).is_some_and(|value| *value > threshold) {
                    above
                } else {
                    below
                }
            }
        }
    }

    fn told(self, dataset: &Dataset) -> String {
        match self {
            Rule::Always(class) => format!("always {}", dataset.classes().at(class).label),
            Rule::Threshold {
                feature,
                threshold,
                above,
                ..
            } => {
                let (name, unit) = dataset.features().get(feature).map_or(("", None), |feature| {
                    (feature.name.as_str(), feature.unit.as_deref())
                });
                let is_above = above != dataset.classes().normal_index();
                let side = if is_above { "above" } else { "up to" };
                let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
                format!("fault when {name} is {side} {threshold:.4}{unit}")
            }
        }
    }
}

/// The commonest class, and the best threshold of one feature between fault and normal operation. Both are found
/// anew for each fold, in the rows that its model is trained on; the threshold that is told is that of all rows.
pub(crate) fn baselines(dataset: &Dataset, folds: &[Fold], course: Option<&Course>) -> Vec<Baseline> {
    let all: Vec<usize> = (0..dataset.row_count()).collect();
    [commonest as fn(&Dataset, &[usize]) -> Rule, best_threshold]
        .into_iter()
        .map(|find| {
            let mut named = vec![None; dataset.row_count()];
            for fold in folds {
                let rule = find(dataset, &fold.training);
                for row in &fold.judged {
                    if let Some(named) = named.get_mut(*row) {
                        *named = Some(rule.answer(dataset.row(*row)));
                    }
                }
            }
            let pairs = named.iter().enumerate();
            let pairs = pairs.filter_map(|(row, class)| Some((dataset.label(row), (*class)?)));
            let scores = Scores::of(dataset.classes(), pairs);
            Baseline {
                rule: find(dataset, &all).told(dataset),
                accuracy: scores.accuracy,
                macro_f1: scores.macro_f1,
                fault: scores.fault,
                detected: course.and_then(|course| detection::named_share(dataset, course, &named)),
                false_alarms: course.and_then(|course| FalseAlarms::count(dataset, course, &named)),
            }
        })
        .collect()
}

/// The class of the most rows among those that are wanted, the first of equals.
fn commonest_of(dataset: &Dataset, rows: &[usize], is_wanted: impl Fn(usize) -> bool) -> Option<usize> {
    let mut counts = vec![0_usize; dataset.classes().count()];
    for row in rows {
        if let Some(count) = counts.get_mut(dataset.label(*row)) {
            *count += 1;
        }
    }
    (0..counts.len())
        .filter(|class| is_wanted(*class) && counts.get(*class).is_some_and(|count| *count > 0))
        .rev()
        .max_by_key(|class| counts.get(*class))
}

fn commonest(dataset: &Dataset, rows: &[usize]) -> Rule {
    let normal = dataset.classes().normal_index();
    Rule::Always(commonest_of(dataset, rows, |_| true).unwrap_or(normal))
}

/// The threshold that tells faults from normal operation best; the fault that it names is the commonest.
fn best_threshold(dataset: &Dataset, rows: &[usize]) -> Rule {
    let normal = dataset.classes().normal_index();
    let Some(fault) = commonest_of(dataset, rows, |class| class != normal) else {
        return Rule::Always(normal);
    };
    let step = rows.len().div_ceil(STUMP_ROWS).max(1);
    let mut best = (0.0_f64, Rule::Always(fault));
    for feature in 0..dataset.features().len() {
        let mut values: Vec<(f32, bool)> = rows
            .iter()
            .step_by(step)
            .filter_map(|row| Some((*dataset.row(*row).get(feature)?, dataset.label(*row) != normal)))
            .collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let faults = values.iter().filter(|(_, is_fault)| *is_fault).count();
        let (mut seen, mut faults_seen) = (0_usize, 0_usize);
        for ((value, is_fault), (next, _)) in values.iter().zip(values.iter().skip(1)) {
            seen += 1;
            faults_seen += usize::from(*is_fault);
            if value == next {
                continue;
            }
            let threshold = value + (next - value) / 2.0;
            let normal_seen = seen - faults_seen;
            let normals = values.len() - faults;
            // The mean of the shares of faults and of normal rows that are told rightly. F1 would be best with "always a
            // fault" wherever faults are common.
            let balance = |faults_hit: usize, normals_hit: usize| {
                (faults_hit as f64 / faults.max(1) as f64 + normals_hit as f64 / normals.max(1) as f64) / 2.0
            };
            let up_to = balance(faults_seen, normals - normal_seen);
            let beyond = balance(faults - faults_seen, normal_seen);
            for (balance, above, below) in [(up_to, normal, fault), (beyond, fault, normal)] {
                if balance > best.0 {
                    let rule = Rule::Threshold {
                        feature,
                        threshold,
                        above,
                        below,
                    };
                    best = (balance, rule);
                }
            }
        }
    }
    best.1
}
