use proptest::prelude::*;
use twinflow_models::ClassifyError;

use crate::small_model::MODEL;

#[test]
fn what_shows_a_fault_is_what_contributes_most() {
    let drivers = |row: [f32; 2], class| MODEL.explain(&row, class).unwrap().by_size();
    // Vibration is feature 0, current feature 1.
    let imbalance = drivers([0.09, 1.0], 3);
    assert!(imbalance.iter().all(|(_, part)| *part > 0.0), "{imbalance:?}");
    assert!(
        imbalance
            .iter()
            .any(|(feature, part)| *feature == 0 && *part > 0.1)
    );
    let overcurrent = drivers([0.025, 1.4], 1);
    assert_eq!(overcurrent[0].0, 1);
    assert!(overcurrent[0].1 > 0.4, "{overcurrent:?}");
    // The same current speaks against normal operation.
    let normal = drivers([0.025, 1.4], 0);
    assert!(normal[0].0 == 1 && normal[0].1 < -0.2, "{normal:?}");
}

#[test]
fn what_cannot_be_explained_is_refused() {
    assert_eq!(
        MODEL.explain(&[1.0], 0),
        Err(ClassifyError::Width {
            found: 1,
            expected: 2
        })
    );
    assert_eq!(
        MODEL.explain(&[1.0, f32::NAN], 0),
        Err(ClassifyError::NotFinite {
            feature: "current".to_owned()
        })
    );
    assert_eq!(
        MODEL.explain(&[1.0, 1.0], 5),
        Err(ClassifyError::Class {
            found: 5,
            expected: 5
        })
    );
}

proptest! {
    #[test]
    fn base_and_contributions_add_up_to_the_probability(row in [-0.1_f32..0.2, 0.5_f32..2.0]) {
        let mut probabilities = [0.0; 5];
        MODEL.classify(&row, &mut probabilities).unwrap();
        for (class, probability) in probabilities.iter().enumerate() {
            let explained = MODEL.explain(&row, class).unwrap();
            let sum = explained.base + explained.contributions.iter().sum::<f32>();
            prop_assert!((sum - probability).abs() < 1e-5, "{} is not {}", sum, probability);
        }
    }
}
