//! How a feature is spread in each class: whether it alone tells classes apart.

use serde::Serialize;

use crate::dataset::Dataset;

/// The spread of a feature, class by class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureSpread {
    /// The feature.
    pub feature: String,
    /// Its unit, when it has one.
    pub unit: Option<String>,
    /// The classes that have rows.
    pub classes: Vec<ClassSpread>,
}

/// Values of a feature in the rows of one class, by the share of the rows that lie up to them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassSpread {
    /// Label of the class.
    pub class: String,
    /// 5 % of the rows.
    pub p5: f32,
    /// 25 % of the rows.
    pub p25: f32,
    /// Half of the rows.
    pub median: f32,
    /// 75 % of the rows.
    pub p75: f32,
    /// 95 % of the rows.
    pub p95: f32,
}

impl FeatureSpread {
    /// The spreads of all features.
    pub fn of(dataset: &Dataset) -> Vec<FeatureSpread> {
        let spread = |(index, feature): (usize, &crate::FeatureSpec)| FeatureSpread {
            feature: feature.name.clone(),
            unit: feature.unit.clone(),
            classes: classes(dataset, index),
        };
        dataset.features().iter().enumerate().map(spread).collect()
    }
}

fn classes(dataset: &Dataset, feature: usize) -> Vec<ClassSpread> {
    let mut columns = vec![Vec::new(); dataset.classes().count()];
    for (row, label) in dataset.rows().zip(dataset.labels()) {
        if let (Some(column), Some(value)) = (columns.get_mut(*label), row.get(feature)) {
            column.push(*value);
        }
    }
    let classes = dataset.classes().iter().zip(columns);
    let spread = |(class, mut values): (&crate::Class, Vec<f32>)| {
        values.sort_unstable_by(f32::total_cmp);
        let last = values.len().checked_sub(1)?;
        let up_to = |share: f64| values.get((last as f64 * share).round() as usize).copied();
        Some(ClassSpread {
            class: class.label.clone(),
            p5: up_to(0.05)?,
            p25: up_to(0.25)?,
            median: up_to(0.5)?,
            p75: up_to(0.75)?,
            p95: up_to(0.95)?,
        })
    };
    classes.filter_map(spread).collect()
}
