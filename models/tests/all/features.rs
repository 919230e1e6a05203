use twinflow_models::{Classes, Dataset, FeatureSpec, FeaturesError, Flaw};

/// Runs of a counter, a constant, a noisy temperature that falls through every run, a counter down, and a set point that is
/// raised once.
fn dataset() -> Dataset {
    let names = ["counter", "constant", "temp", "remaining", "setpoint"];
    let features = names.map(|name| FeatureSpec::new(name, None)).to_vec();
    let mut builder = Dataset::builder(features, Classes::fan()).unwrap();
    for run in 0..6 {
        for step in 0..200 {
            let at = step as f32;
            let noise = ((step * 37 + run * 11) % 17) as f32 * 0.02;
            let setpoint = if step < 100 { 1.0 } else { 2.0 };
            let values = [
                run as f32 * 10.0 + at * 0.01,
                5.0,
                40.0 - at * 0.03 + noise,
                1e4 - at,
                setpoint,
            ];
            builder.push(
                &values,
                if step < 100 { 0 } else { 1 + run % 4 },
                &format!("run {run}"),
            );
        }
    }
    builder.finish().0
}

#[test]
fn features_that_tell_the_time_or_nothing_are_found() {
    let found: Vec<(String, Flaw)> = dataset()
        .flawed_features()
        .into_iter()
        .map(|feature| (feature.name, feature.flaw))
        .collect();
    let expected = [
        ("counter", Flaw::Cumulative),
        ("constant", Flaw::Constant),
        ("remaining", Flaw::Cumulative),
    ];
    assert_eq!(found, expected.map(|(name, flaw)| (name.to_owned(), flaw)));
}

#[test]
fn features_can_be_left_out_of_a_data_set() {
    let dataset = dataset();
    let fewer = dataset.without(&["counter", "constant", "remaining"]).unwrap();
    assert_eq!(
        fewer
            .features()
            .iter()
            .map(|feature| feature.name.as_str())
            .collect::<Vec<_>>(),
        ["temp", "setpoint"]
    );
    assert_eq!(fewer.row_count(), dataset.row_count());
    for (row, all) in fewer.rows().zip(dataset.rows()) {
        assert_eq!(row, [all[2], all[4]]);
    }
    let none = fewer.without(&["temp", "setpoint"]);
    assert_eq!(none.unwrap_err(), FeaturesError::Count { found: 0 });
}

#[test]
fn no_feature_of_the_simulated_fan_is_refused() {
    let (dataset, _) = crate::fan_runs::dataset(12).unwrap();
    assert_eq!(dataset.flawed_features(), []);
}
