use twinflow_models::{Class, Classes, CleaningReport, Dataset, FeatureSpec, FeaturesError, Refusal, Row};

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

/// A run of 10 rows a second, two values at each step.
fn timed(steps: i64, values: impl Fn(i64) -> [f32; 2]) -> (Dataset, CleaningReport) {
    let specs = vec![
        FeatureSpec::new("temp", Some("°C")).ranged(0.0, 60.0),
        FeatureSpec::new("rpm", Some("rpm")),
    ];
    let mut builder = Dataset::builder(specs, Classes::fan()).unwrap();
    for step in 0..steps {
        let time_us = Some(step * 100_000);
        builder.push_row(Row {
            values: &values(step),
            class_code: 0,
            run: "a",
            time_us,
            severity: None,
        });
    }
    builder.finish()
}

fn wobble(step: i64) -> f32 {
    (step * 7 % 11) as f32 * 0.01
}

#[test]
fn values_far_beyond_the_range_are_impossible() {
    let (dataset, report) = timed(100, |step| match step {
        10 => [121.0, 1.0],
        11 => [-60.5, 1.0],
        // A machine that is broken, not a sensor.
        12 => [119.0, 1.0],
        _ => [20.0 + wobble(step), 1.0],
    });
    assert_eq!(dataset.row_count(), 98);
    let temp = Refusal::Impossible {
        feature: "temp".to_owned(),
    };
    assert_eq!(report.refusals().collect::<Vec<_>>(), [(&temp, 2)]);
}

#[test]
fn a_row_that_comes_twice_counts_once() {
    let mut builder = Dataset::builder(features(), Classes::fan()).unwrap();
    let mut push = |time_us, temp, run| {
        builder.push_row(Row {
            values: &[temp, 1.0],
            class_code: 0,
            run,
            time_us,
            severity: None,
        })
    };
    for (time_us, temp, run) in [
        (Some(1), 20.0, "a"),
        (Some(1), 20.0, "a"),
        (Some(1), 21.0, "a"),
        (Some(2), 20.0, "a"),
        (Some(1), 20.0, "b"),
        (None, 20.0, "c"),
        (None, 20.0, "c"),
        (Some(1), 20.0, "a"),
    ] {
        push(time_us, temp, run);
    }
    let (dataset, report) = builder.finish();
    assert_eq!(report.refusals().collect::<Vec<_>>(), [(&Refusal::Twice, 2)]);
    assert_eq!(dataset.runs(), [0, 0, 0, 1, 2, 2]);
}

#[test]
fn a_sensor_that_stands_still_is_left_out_from_its_second_row() {
    // 40 s, from step 200 to 600, at 27.5 °C.
    let (dataset, report) = timed(1000, |step| {
        let temp = if (200..=600).contains(&step) {
            27.5
        } else {
            20.0 + wobble(step)
        };
        [temp, 1800.0 + wobble(step + 3)]
    });
    assert_eq!(dataset.row_count(), 600);
    assert_eq!(
        report.to_string(),
        "600 rows kept, 400 left out\n  400 × temp was stuck while others moved"
    );
}

#[test]
fn what_is_computed_has_no_sensor_that_could_be_stuck() {
    let features = vec![
        FeatureSpec::new("temp", Some("°C")),
        FeatureSpec::new("expected", Some("°C")).computed(),
    ];
    let mut builder = Dataset::builder(features, Classes::fan()).unwrap();
    for step in 0..1000_i64 {
        let expected = if (200..=600).contains(&step) {
            27.5
        } else {
            20.0 + wobble(step)
        };
        let row = Row {
            values: &[20.0 + wobble(step + 3), expected],
            class_code: 0,
            run: "a",
            time_us: Some(step * 100_000),
            severity: None,
        };
        assert_eq!(builder.push_row(row), None);
    }
    assert_eq!(builder.finish().0.row_count(), 1000);
}

#[test]
fn what_stands_still_by_nature_is_kept() {
    // For less than 30 s, at 0 (a machine that stands), of both features at once, and a set point.
    for values in [
        |step: i64| {
            [
                if (200..=400).contains(&step) {
                    27.5
                } else {
                    wobble(step)
                },
                wobble(step + 3),
            ]
        },
        |step| {
            [
                if (200..=600).contains(&step) {
                    0.0
                } else {
                    1.0 + wobble(step)
                },
                wobble(step + 3),
            ]
        },
        |step| {
            if (200..=600).contains(&step) {
                [20.0, 3.0]
            } else {
                [wobble(step), wobble(step + 3)]
            }
        },
        |step| [(step / 400) as f32 + 1.0, wobble(step)],
    ] {
        assert_eq!(timed(1000, values).1.refused(), 0);
    }
}

#[test]
fn holes_are_told_and_nothing_is_left_out_for_them() {
    let mut builder = Dataset::builder(features(), Classes::fan()).unwrap();
    for second in [0, 1, 2, 3, 9, 10, 11, 12, 13, 30, 31, 32, 33, 34] {
        builder.push_row(Row {
            values: &[20.0 + wobble(second), 1.0],
            class_code: 0,
            run: "a",
            time_us: Some(second * 1_000_000),
            severity: None,
        });
    }
    let (_, report) = builder.finish();
    assert_eq!((report.gaps().count, report.gaps().longest_s), (2, 17.0));
    assert!(
        report
            .to_string()
            .contains("2 gaps within runs, the longest 17.0 s"),
        "{report}"
    );
}
