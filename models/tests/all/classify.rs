use proptest::prelude::*;
use twinflow_models::{ClassifyError, Severity};

use crate::small_model::MODEL;

#[test]
fn answers_have_the_original_shape() {
    let verdict = MODEL.classify(&[0.025, 1.4], &mut [0.0; 5]).unwrap();
    let answer = serde_json::to_value(MODEL.answer(&verdict)).unwrap();
    let fields: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        ["advice", "confidence", "fault_code", "fault_label", "severity"]
    );
    assert_eq!(answer["fault_code"], 1);
    assert_eq!(answer["fault_label"], "Overcurrent Fault");
    assert_eq!(answer["severity"], "High");
    assert!(answer["confidence"].as_f64().unwrap() > 0.9);
}

#[test]
fn severity_follows_confidence_unless_all_is_well() {
    let answer = |row: [f32; 2]| {
        MODEL
            .answer(&MODEL.classify(&row, &mut [0.0; 5]).unwrap())
            .severity
    };
    assert_eq!(answer([0.021, 0.91]), Severity::None);
    assert_eq!(answer([0.09, 1.0]), Severity::High);
    // Between normal and overcurrent the trees are at odds.
    let severities: Vec<Severity> = (0..40)
        .map(|step| answer([0.03, 1.04 + 0.002 * step as f32]))
        .collect();
    assert!(
        severities
            .iter()
            .any(|severity| matches!(severity, Severity::Low | Severity::Medium))
    );
}

#[test]
fn rows_that_cannot_be_classified_are_refused() {
    let mut room = [0.0; 5];
    assert_eq!(
        MODEL.classify(&[1.0], &mut room),
        Err(ClassifyError::Width {
            found: 1,
            expected: 2
        })
    );
    assert_eq!(
        MODEL.classify(&[1.0, f32::NAN], &mut room),
        Err(ClassifyError::NotFinite {
            feature: "current".to_owned()
        })
    );
    assert_eq!(
        MODEL.classify(&[f32::INFINITY, 1.0], &mut room),
        Err(ClassifyError::NotFinite {
            feature: "vibration".to_owned()
        })
    );
    assert_eq!(
        MODEL.classify(&[1.0, 1.0], &mut [0.0; 4]),
        Err(ClassifyError::Probabilities {
            found: 4,
            expected: 5
        })
    );
    let mut verdicts = Vec::new();
    assert_eq!(
        MODEL.classify_batch(&[1.0; 3], &mut verdicts),
        Err(ClassifyError::Width {
            found: 3,
            expected: 2
        })
    );
    assert!(
        MODEL
            .classify_batch(&[1.0, 1.0, f32::NAN, 1.0], &mut verdicts)
            .is_err()
    );
    assert!(verdicts.is_empty());
}

proptest! {
    #[test]
    fn probabilities_add_up_and_batches_agree(rows in prop::collection::vec(-2.0_f32..2.0, 0..40)) {
        let rows = &rows[..rows.len() / 2 * 2];
        let mut batch = Vec::new();
        MODEL.classify_batch(rows, &mut batch).unwrap();
        prop_assert_eq!(batch.len(), rows.len() / 2);
        for (row, in_batch) in rows.chunks(2).zip(batch) {
            let mut probabilities = [0.0; 5];
            let verdict = MODEL.classify(row, &mut probabilities).unwrap();
            prop_assert_eq!(verdict, in_batch);
            prop_assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            prop_assert!(probabilities.iter().all(|probability| *probability <= verdict.confidence));
            prop_assert_eq!(probabilities[verdict.class], verdict.confidence);
        }
    }
}
