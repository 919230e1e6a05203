//! A small model that several tests read.

use std::sync::LazyLock;

use twinflow_models::{Classes, Dataset, FeatureSpec, Model, TrainConfig, train};

/// Vibration and current of a fan: both rise by themselves, and each with the fault it shows.
pub fn dataset() -> Dataset {
    let features = vec![
        FeatureSpec::new("vibration", Some("g")),
        FeatureSpec::new("current", Some("A")),
    ];
    let mut builder = Dataset::builder(features, Classes::fan()).unwrap();
    for run in 0..8 {
        for step in 0..60 {
            let wobble = ((step * 37 + run * 11) % 60) as f32 / 60.0;
            let name = format!("run {run}");
            builder.push(&[0.02 + 0.02 * wobble, 0.9 + 0.2 * wobble], 0, &name);
            if run % 2 == 0 {
                builder.push(&[0.02 + 0.02 * wobble, 1.05 + 0.4 * wobble], 1, &name);
            } else {
                builder.push(&[0.035 + 0.06 * wobble, 0.9 + 0.2 * wobble], 3, &name);
            }
        }
    }
    builder.finish().0
}

pub fn config() -> TrainConfig {
    TrainConfig {
        trees: 25,
        ..TrainConfig::default()
    }
}

pub static MODEL: LazyLock<Model> = LazyLock::new(|| train(&dataset(), &config(), &|_| {}).unwrap().0);
pub static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| MODEL.to_json().unwrap());
