use proptest::prelude::*;
use serde_json::{Value, json};
use twinflow_models::{Model, ModelError};

use crate::small_model::{FILE, MODEL};

fn error(bytes: &[u8]) -> ModelError {
    Model::from_json(bytes).unwrap_err()
}

/// The model file with one value replaced.
fn with(pointer: &str, value: Value) -> Vec<u8> {
    let mut file: Value = serde_json::from_slice(&FILE).unwrap();
    *file.pointer_mut(pointer).unwrap() = value;
    serde_json::to_vec(&file).unwrap()
}

#[test]
fn a_model_survives_its_file() {
    let read = Model::from_json(&FILE).unwrap();
    assert_eq!(read, *MODEL);
    assert_eq!(read.to_json().unwrap(), *FILE);
}

#[test]
fn the_file_says_what_it_is() {
    let file: Value = serde_json::from_slice(&FILE).unwrap();
    assert_eq!(file["format"], "twinflow-model");
    assert_eq!(file["version"], 2);
    assert_eq!(file["features"][0]["name"], "vibration");
    assert_eq!(file["classes"][1]["label"], "Overcurrent Fault");
    assert_eq!(file["severity"], json!({"medium_from": 0.7, "high_from": 0.9}));
    assert_eq!(file["training"]["seed"], 42);
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let whole = FILE.trim_ascii_end().len();
    for end in (0..whole).step_by(97).chain([whole - 1]) {
        assert!(matches!(error(&FILE[..end]), ModelError::Json(_)), "cut at {end}");
    }
}

#[test]
fn other_files_are_told_from_damaged_ones() {
    assert!(matches!(error(b"temp,rpm\n1,2\n"), ModelError::Json(_)));
    assert!(matches!(error(b"{}"), ModelError::Foreign { found: None }));
    assert!(matches!(
        error(&with("/format", json!("onnx"))),
        ModelError::Foreign { found: Some(_) }
    ));
    assert!(matches!(
        error(&with("/version", json!(1))),
        ModelError::Version { found: Some(1) }
    ));
    let message = error(b"{\"format\": \"onnx\"}").to_string();
    assert!(message.contains("twinflow train"), "{message}");
}

#[test]
fn values_that_make_no_sense_are_refused() {
    assert!(matches!(
        error(&with("/features", json!([]))),
        ModelError::Features(_)
    ));
    assert!(matches!(
        error(&with("/features/0/min", json!(1e39))),
        ModelError::Json(_)
    ));
    assert!(matches!(
        error(&with("/features/0/max", json!(-5))),
        ModelError::Range { .. }
    ));
    assert!(matches!(
        error(&with("/severity/medium_from", json!(0.95))),
        ModelError::Severity
    ));
    assert!(matches!(
        error(&with("/classes/0/normal", json!(false))),
        ModelError::Json(_)
    ));
    assert!(matches!(
        error(&with("/classes/0/code", json!(-1))),
        ModelError::Json(_)
    ));
    assert!(matches!(
        error(&with("/forest/nodes", json!("not base64!"))),
        ModelError::Packed { field: "nodes" }
    ));
    assert!(matches!(
        error(&with("/forest/thresholds", json!("AAAA"))),
        ModelError::Packed { field: "thresholds" }
    ));
    assert!(matches!(
        error(&with("/forest/nodes", json!("AAAA"))),
        ModelError::Forest(_)
    ));
    assert!(matches!(
        error(&with("/forest/trees", json!(u32::MAX))),
        ModelError::Forest(_)
    ));
    assert!(matches!(
        error(&with("/forest/covers", json!("AAAA"))),
        ModelError::Packed { field: "covers" }
    ));
    // A class more than the leaves have shares for.
    let class = json!({"code": 9, "label": "", "advice": "", "normal": false});
    let mut classes = serde_json::from_slice::<Value>(&FILE).unwrap()["classes"].clone();
    classes.as_array_mut().unwrap().push(class);
    assert!(matches!(error(&with("/classes", classes)), ModelError::Forest(_)));
}

/// Reads the bytes; when they still make a model, it must work.
fn read_and_use(bytes: &[u8]) {
    if let Ok(model) = Model::from_json(bytes) {
        let mut probabilities = vec![0.0; model.classes().count()];
        let row = vec![0.5; model.features().len()];
        let verdict = model.classify(&row, &mut probabilities).unwrap();
        let _ = model.answer(&verdict);
        let explained = model.explain(&row, verdict.class).unwrap();
        let sum = explained.base + explained.contributions.iter().sum::<f32>();
        assert!(
            (sum - verdict.confidence).abs() < 1e-4,
            "{sum} is not {}",
            verdict.confidence
        );
    }
}

proptest! {
    #[test]
    fn no_corrupted_byte_does_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = FILE.clone();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        read_and_use(&bytes);
    }

    #[test]
    fn no_forest_does_harm(
        trees in 0_u64..6,
        nodes in "([A-Za-z0-9+/]{4}){0,12}",
        thresholds in "([A-Za-z0-9+/]{16}){0,6}",
        shares in "(/wAAAAD/AAAAAP8AAAAA){0,8}",
        covers in "([A-Za-z0-9+/]{8}){0,8}",
    ) {
        let forest =
            json!({"trees": trees, "nodes": nodes, "thresholds": thresholds, "shares": shares, "covers": covers});
        read_and_use(&with("/forest", forest));
    }

    #[test]
    fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_and_use(&bytes);
    }
}
