use twinflow_models::{Class, Classes, Dataset, FeatureSpec, FeaturesError, Refusal};

fn features() -> Vec<FeatureSpec> {
    vec![
        FeatureSpec::new("temp", Some("°C")),
        FeatureSpec::new("rpm", Some("rpm")),
    ]
}

#[test]
fn unusable_rows_are_left_out_and_counted() {
    let mut builder = Dataset::builder(features(), Classes::fan()).unwrap();
    assert_eq!(builder.push(&[30.0, 1800.0], 0, "a"), None);
    assert_eq!(
        builder.push(&[f32::NAN, 1800.0], 0, "a"),
        Some(Refusal::NotFinite {
            feature: "temp".to_owned()
        })
    );
    builder.push(&[30.0, f32::INFINITY], 0, "b");
    builder.push(&[30.0, 2e30], 0, "b");
    builder.push(&[30.0], 0, "a");
    builder.push(&[30.0, 1800.0], 9, "a");
    builder.push(&[31.0, 1900.0], 2, "c");
    let (dataset, report) = builder.finish();
    assert_eq!((report.kept(), report.refused()), (2, 5));
    assert_eq!(
        report.to_string(),
        "2 rows kept, 5 left out\n  \
         1 × 1 values instead of 2\n  \
         1 × unknown class code 9\n  \
         2 × rpm is missing or not a finite number\n  \
         1 × temp is missing or not a finite number"
    );
    assert_eq!(
        dataset.rows().collect::<Vec<_>>(),
        [[30.0, 1800.0], [31.0, 1900.0]]
    );
    assert_eq!(dataset.labels(), [0, 2]);
    assert_eq!(dataset.run_names(), ["a", "c"]);
    assert_eq!(dataset.runs(), [0, 1]);
}

#[test]
fn labels_are_positions_not_codes() {
    let class = |code, normal| Class {
        code,
        label: code.to_string(),
        advice: String::new(),
        normal,
    };
    let classes = Classes::new(vec![class(10, true), class(77, false)]).unwrap();
    let mut builder = Dataset::builder(features(), classes).unwrap();
    builder.push(&[1.0, 2.0], 77, "a");
    assert_eq!(builder.finish().0.labels(), [1]);
}

#[test]
fn feature_lists_that_cannot_work_are_refused() {
    let refused = |features| Dataset::builder(features, Classes::fan()).unwrap_err();
    assert_eq!(refused(vec![]), FeaturesError::Count { found: 0 });
    assert_eq!(
        refused(vec![FeatureSpec::new("x", None); 65]),
        FeaturesError::Count { found: 65 }
    );
    assert_eq!(
        refused(vec![FeatureSpec::new("x", None); 2]),
        FeaturesError::NameTwice { name: "x".to_owned() }
    );
}

#[test]
fn the_fingerprint_changes_with_values_labels_and_runs() {
    let fingerprint = |value: f32, code: u32, run: &str| {
        let mut builder = Dataset::builder(features(), Classes::fan()).unwrap();
        builder.push(&[value, 1.0], code, run);
        builder.finish().0.fingerprint()
    };
    let first = fingerprint(1.0, 0, "a");
    assert_eq!(fingerprint(1.0, 0, "a"), first);
    for other in [
        fingerprint(1.5, 0, "a"),
        fingerprint(1.0, 1, "a"),
        fingerprint(1.0, 0, "b"),
    ] {
        assert_ne!(other, first);
    }
}
