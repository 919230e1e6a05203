//! Models of other tools.

use twinflow_models::{CardTemplate, ClassifyError, Model, ModelError, ModelStore, Severity};

use crate::onnx_file::{self, CARD, file, numbers, operator};

fn probabilities(model: &Model, row: &[f32]) -> Vec<f32> {
    let mut probabilities = vec![0.0; model.classes().count()];
    model.classify(row, &mut probabilities).unwrap();
    probabilities
}

fn softmax(logits: [f64; 3]) -> Vec<f64> {
    let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
    logits.iter().map(|logit| logit.exp() / sum).collect()
}

fn assert_near(found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (f64::from(*found) - expected).abs() < 1e-5,
            "{found} for {expected}"
        );
    }
}

#[test]
fn a_network_gives_its_probabilities() {
    let model = Model::from_onnx(&onnx_file::layer(true), CARD).unwrap();
    let found = probabilities(&model, &[2.0, 1.0]);
    assert_near(&found, &softmax([2.0, 1.0, 1.5]));
    let mut room = vec![0.0; 3];
    let verdict = model.classify(&[1.0, 3.0], &mut room).unwrap();
    let answer = model.answer(&verdict);
    assert_eq!(
        (answer.fault_code, answer.fault_label, answer.advice),
        (1, "Shaken", "Balance it.")
    );
    assert_eq!(answer.severity, Severity::Medium);
    let names: Vec<_> = model
        .features()
        .iter()
        .map(|feature| feature.name.as_str())
        .collect();
    assert_eq!(names, ["temp", "vibration"]);
    assert_eq!(model.features()[0].range(), Some((20.0, 60.0)));
    assert_eq!(model.features()[1].range(), None);
}

#[test]
fn logits_become_probabilities_and_must_be_named() {
    let card = format!("{CARD}output: logits\n");
    let model = Model::from_onnx(&onnx_file::layer(false), &card).unwrap();
    assert_near(&probabilities(&model, &[2.0, 1.0]), &softmax([2.0, 1.0, 1.5]));
    // A softmax of numbers that large overflows, unless it is done with care.
    assert_near(&probabilities(&model, &[2000.0, 0.0]), &[1.0, 0.0, 0.0]);
    let refused = Model::from_onnx(&onnx_file::layer(false), CARD)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("no probabilities") && refused.contains("`output: logits`"),
        "{refused}"
    );
}

#[test]
fn a_pipeline_scales_its_features() {
    let model = Model::from_onnx(&onnx_file::scaled_layer(), CARD).unwrap();
    let found = probabilities(&model, &[24.0, 0.2]);
    assert_near(&found, &softmax([2.0, 1.0, 1.5]));
}

#[test]
fn an_output_that_is_not_needed_may_be_unknown() {
    let guess = operator("Guess", "", &["x"], &["label"], &[]);
    let layer = operator("Softmax", "", &["x"], &["p"], &[]);
    let bytes = file(3, &[guess, layer], &[], &[numbers("label", 1), numbers("p", 3)]);
    let card = CARD.replace("classes:", "  - { name: more }\nclasses:");
    let model = Model::from_onnx(&bytes, &card).unwrap();
    assert_near(
        &probabilities(&model, &[2.0, 1.0, 1.5]),
        &softmax([2.0, 1.0, 1.5]),
    );
}

#[test]
fn a_single_sigmoid_tells_two_classes_apart() {
    let card = "
features: [{ name: a }, { name: b }]
classes: [{ code: 0, label: Fine, normal: true }, { code: 1, label: Broken }]
";
    let model = Model::from_onnx(&onnx_file::sigmoid(), card).unwrap();
    let second = 1.0 / (1.0 + (-1.0_f64).exp());
    assert_near(&probabilities(&model, &[3.0, 2.0]), &[1.0 - second, second]);
}

#[test]
fn a_tree_of_scikit_learn_needs_no_other_export() {
    let model = Model::from_onnx(&onnx_file::tree(), CARD).unwrap();
    assert_near(&probabilities(&model, &[40.0, 0.5]), &[0.9, 0.1, 0.0]);
    assert_near(&probabilities(&model, &[30.0, 0.6]), &[0.0, 1.0, 0.0]);
    assert_near(&probabilities(&model, &[31.0, 0.6]), &[0.0, 0.25, 0.75]);
    let mut verdicts = Vec::new();
    model
        .classify_batch(&[40.0, 0.5, 31.0, 0.6], &mut verdicts)
        .unwrap();
    let classes: Vec<_> = verdicts.iter().map(|verdict| verdict.class).collect();
    assert_eq!(classes, [0, 2]);
}

#[test]
fn rows_that_no_model_can_take_are_refused() {
    let model = Model::from_onnx(&onnx_file::tree(), CARD).unwrap();
    let refused = |row: &[f32]| model.classify(row, &mut [0.0; 3]).unwrap_err().to_string();
    assert_eq!(refused(&[1.0]), "1 values do not make up rows of 2 features");
    assert_eq!(
        refused(&[1.0, f32::NAN]),
        "feature `vibration` is not a finite number"
    );
    assert_eq!(model.explain(&[1.0, 2.0], 1), Err(ClassifyError::Unexplainable));
    assert!(matches!(model.to_json(), Err(ModelError::NotAForest)));
    assert!(model.training().is_none());
}

#[test]
fn files_that_cannot_be_run_are_refused_with_the_reason() {
    let refused = |bytes: &[u8], card: &str| Model::from_onnx(bytes, card).unwrap_err().to_string();
    let whole = onnx_file::layer(true);
    for length in 0..whole.len() {
        refused(&whole[..length], CARD);
    }
    assert!(refused(b"{}", CARD).contains("not an ONNX file"));
    let two_classes = CARD.replace("  - { code: 7, label: Hot, advice: Clean the filter. }\n", "");
    let told = refused(&whole, &two_classes);
    assert!(
        told.starts_with("the card has 2 classes, but no output of the model has that many"),
        "{told}"
    );
    let three_features = CARD.replace("classes:", "  - { name: more }\nclasses:");
    let told = refused(&whole, &three_features);
    assert!(told.starts_with("this ONNX model cannot be run"), "{told}");
    let unknown = file(
        2,
        &[operator("Guess", "", &["x"], &["p"], &[])],
        &[],
        &[numbers("p", 3)],
    );
    let told = refused(&unknown, CARD);
    assert!(told.contains("Guess"), "{told}");
    // Back to the root for ever; to a node that is not there; to one that hangs below another already.
    for children in [[1, 0, 0, 0, 0], [1, 0, 5, 0, 0], [1, 0, 1, 0, 0]] {
        let told = refused(&onnx_file::tree_with_children(&children), CARD);
        assert!(told.contains("trees do not hang together"), "{told}");
    }
    // The graph gives something that no operator makes.
    let told = refused(&file(2, &[], &[], &[numbers("p", 3)]), CARD);
    assert!(told.starts_with("this ONNX model cannot be run"), "{told}");
}

#[test]
fn damaged_bytes_do_no_harm() {
    for original in [onnx_file::layer(true), onnx_file::tree()] {
        for at in 0..original.len() {
            let mut bytes = original.clone();
            bytes[at] ^= 0x55;
            if let Ok(model) = Model::from_onnx(&bytes, CARD) {
                let _ = model.classify(&[30.0, 0.6], &mut [0.0; 3]);
            }
        }
    }
}

#[test]
fn the_card_lies_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fan.onnx");
    std::fs::write(&path, onnx_file::tree()).unwrap();
    let store = ModelStore::new();
    let told = store.load(&path).unwrap_err().to_string();
    assert!(
        told.contains("fan.onnx.yaml") && told.contains("`twinflow model card`"),
        "{told}"
    );
    let template = CardTemplate::of(&path).unwrap();
    assert_eq!((template.features, template.classes), (Some(2), Some(3)));

    let card = folder.path().join("fan.onnx.yaml");
    std::fs::write(&card, CARD.replace("Hot", "Cold")).unwrap();
    let first = store.load(&path).unwrap();
    std::fs::write(&card, CARD).unwrap();
    let second = store.load(&path).unwrap();
    assert_ne!(first.classes(), second.classes());

    std::fs::write(&card, "features: 5").unwrap();
    let told = store.load(&path).unwrap_err().to_string();
    assert!(
        told.contains("fan.onnx.yaml") && told.contains("line 1"),
        "{told}"
    );
}
