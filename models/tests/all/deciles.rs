use serde_json::{Value, json};
use twinflow_models::{Classes, Dataset, Decile, FeatureSpec, Model, ModelError, TrainConfig, train};

use crate::small_model::FILE;

/// Deciles of values in normal operation, beside a fault with others.
fn deciles(values: &[f32]) -> Vec<Decile> {
    let mut builder = Dataset::builder(vec![FeatureSpec::new("x", None)], Classes::fan()).unwrap();
    for run in ["a", "b", "c", "d"] {
        for value in values {
            builder.push(&[*value], 0, run);
            builder.push(&[*value + 1e6], 3, run);
        }
    }
    let config = TrainConfig {
        trees: 1,
        ..TrainConfig::default()
    };
    let (model, _) = train(&builder.finish().0, &config, &|_| {}).unwrap();
    model.features()[0].deciles.clone()
}

fn parts(deciles: &[Decile]) -> Vec<(f32, f32)> {
    deciles
        .iter()
        .map(|decile| (decile.up_to, decile.share))
        .collect()
}

#[test]
fn normal_operation_is_parted_into_ten() {
    let values: Vec<f32> = (1..=100_u8).rev().map(f32::from).collect();
    let expected: Vec<(f32, f32)> = (1..=9_u8).map(|tenth| (f32::from(tenth) * 10.0, 0.1)).collect();
    assert_eq!(parts(&deciles(&values)), expected);
}

#[test]
fn values_that_repeat_are_one_part() {
    let values: Vec<f32> = (0..20)
        .map(|number| if number < 7 { 0.0 } else { number as f32 })
        .collect();
    let found = parts(&deciles(&values));
    assert_eq!(found[0], (0.0, 0.35));
    let all: f32 = found.iter().map(|(_, share)| share).sum();
    assert!((0.85..0.95).contains(&all), "{found:?}");
    assert_eq!(parts(&deciles(&[5.0, 5.0])), [(5.0, 1.0)]);
}

#[test]
fn files_without_deciles_are_read() {
    let mut file: Value = serde_json::from_slice(&FILE).unwrap();
    for feature in file["features"].as_array_mut().unwrap() {
        assert_eq!(feature["deciles"].as_array().unwrap().len(), 9);
        feature.as_object_mut().unwrap().remove("deciles");
    }
    let old = Model::from_json(&serde_json::to_vec(&file).unwrap()).unwrap();
    assert!(old.features().iter().all(|feature| feature.deciles.is_empty()));
    // Written again, it says no more than it knows.
    let again = String::from_utf8(old.to_json().unwrap()).unwrap();
    assert!(!again.contains("deciles"), "{again}");
}

#[test]
fn deciles_that_make_no_sense_are_refused() {
    let wrong = [
        json!([{ "up_to": 2.0, "share": 0.1 }, { "up_to": 1.0, "share": 0.1 }]),
        json!([{ "up_to": 1.0, "share": 0.6 }, { "up_to": 2.0, "share": 0.6 }]),
        json!([{ "up_to": 1.0, "share": -0.1 }]),
        json!([{ "up_to": 1.0, "share": 0.0 }]),
    ];
    for deciles in wrong {
        let mut file: Value = serde_json::from_slice(&FILE).unwrap();
        file["features"][0]["deciles"] = deciles.clone();
        let error = Model::from_json(&serde_json::to_vec(&file).unwrap()).unwrap_err();
        assert!(
            matches!(&error, ModelError::Deciles { feature } if feature == "vibration"),
            "{deciles}: {error}"
        );
    }
}
