//! What a model is judged by, and what is counted, on runs whose right answers can be told by hand.

use twinflow_models::{
    Classes, CleaningReport, Dataset, FeatureSpec, FeatureSpread, JudgedBy, Judgement, Report, ReportPage,
    Row, TrainConfig, TrainError, train,
};

const SECOND_US: i64 = 1_000_000;

fn builder() -> twinflow_models::DatasetBuilder {
    Dataset::builder(vec![FeatureSpec::new("vibration", Some("g"))], Classes::fan()).unwrap()
}

fn config(judgement: Judgement) -> TrainConfig {
    TrainConfig {
        trees: 10,
        judgement,
        ..TrainConfig::default()
    }
}

fn report(dataset: &Dataset, judgement: Judgement) -> Report {
    train(dataset, &config(judgement), &|_| {}).unwrap().1
}

/// Ten runs of 200 s with a reading a second. From 100 s on there is an imbalance, and the sensor shows it 7 s later. In
/// the normal part, the sensor shows one for a single second at 20 s, and for 5 s at 40 s.
fn late_runs(shown: impl Fn(usize) -> bool) -> Dataset {
    let mut builder = builder();
    for run in 0..10_usize {
        for second in 0..200_i64 {
            let is_fault = second >= 100;
            let looks_faulty = second >= 107 && shown(run) || second == 20 || (40..45).contains(&second);
            let wobble = ((second * 7 + run as i64) % 10) as f32 * 1e-3;
            builder.push_row(Row {
                values: &[if looks_faulty { 0.08 } else { 0.02 } + wobble],
                class_code: if is_fault { 3 } else { 0 },
                run: &format!("run {run}"),
                time_us: Some((run as i64 * 1000 + second) * SECOND_US),
                severity: Some(if is_fault { 0.6 } else { 0.0 }),
            });
        }
    }
    builder.finish().0
}

#[test]
fn a_fault_is_named_with_the_third_right_reading() {
    let report = report(&late_runs(|_| true), Judgement::Folds(5));
    let [detection] = report.detections.as_slice() else {
        panic!("{report}")
    };
    assert_eq!((detection.code, detection.severity), (3, Some(0.6)));
    assert_eq!((detection.faults, detection.named), (10, 10));
    // Shown from 7 s after the begin: the third such reading is that of 9 s.
    assert_eq!((detection.median_s, detection.p90_s), (Some(9.0), Some(9.0)));
}

#[test]
fn a_fault_that_is_never_named_is_later_than_any_other() {
    let report = report(&late_runs(|run| run < 8), Judgement::Folds(5));
    let detection = &report.detections[0];
    assert_eq!((detection.faults, detection.named), (10, 8));
    assert_eq!((detection.median_s, detection.p90_s), (Some(9.0), None));
}

#[test]
fn alarms_in_normal_operation_are_counted_with_and_without_persistence() {
    let report = report(&late_runs(|_| true), Judgement::Folds(5));
    let alarms = report.false_alarms.unwrap();
    assert_eq!((alarms.every, alarms.persistent), (20, 10));
    assert!((alarms.normal_days - 1000.0 / 86_400.0).abs() < 1e-9);
    assert!((alarms.persistent_a_day() - 864.0).abs() < 1e-6);
}

#[test]
fn simple_rules_stand_beside_the_model() {
    let report = report(&late_runs(|_| true), Judgement::Folds(5));
    let [majority, threshold] = report.baselines.as_slice() else {
        panic!("{report}")
    };
    assert_eq!(majority.rule, "always Normal Operation");
    assert_eq!((majority.accuracy, majority.detected), (0.5, Some(0.0)));
    assert!(
        threshold.rule.starts_with("fault when vibration is above 0.0"),
        "{}",
        threshold.rule
    );
    // One feature is all there is: the threshold does as well as the forest.
    assert_eq!(
        (threshold.accuracy, threshold.detected),
        (report.accuracy, Some(1.0))
    );
    assert_eq!(threshold.false_alarms, report.false_alarms);
}

#[test]
fn confidences_are_held_against_hits() {
    let report = report(&late_runs(|_| true), Judgement::Folds(5));
    let rows: u64 = report.calibration.bins.iter().map(|bin| bin.rows).sum();
    assert_eq!(rows, 2000);
    let hits: f64 = report
        .calibration
        .bins
        .iter()
        .map(|bin| bin.hit_rate * bin.rows as f64)
        .sum();
    assert!((hits / 2000.0 - report.accuracy).abs() < 1e-9);
    assert!(report.calibration.expected_error < 0.05, "{report}");
    assert!((0.0..0.2).contains(&report.calibration.brier), "{report}");
    assert!(report.importance[0].macro_f1_loss > 0.3, "{report}");
}

#[test]
fn the_report_reads_as_tables() {
    insta::assert_snapshot!(report(&late_runs(|run| run < 8), Judgement::Folds(5)).to_string());
}

#[test]
fn the_latest_runs_are_judged_by_what_came_before() {
    let report = report(&late_runs(|_| true), Judgement::Latest);
    let expected = JudgedBy::LatestRuns {
        runs: 3,
        training_rows: 1400,
    };
    assert_eq!((report.judged_by, report.judged_rows), (expected, 600));
    assert_eq!(report.detections[0].faults, 3);
}

#[test]
fn one_long_run_is_judged_by_its_latest_rows() {
    let mut builder = builder();
    for second in 0..400_i64 {
        let code = if second / 20 % 2 == 0 { 0 } else { 3 };
        builder.push_row(Row {
            values: &[0.02 + 0.02 * code as f32 + (second % 7) as f32 * 1e-3],
            class_code: code,
            run: "all",
            time_us: Some(second * SECOND_US),
            severity: None,
        });
    }
    let (dataset, _) = builder.finish();
    let error = train(&dataset, &config(Judgement::Folds(5)), &|_| {}).unwrap_err();
    assert!(error.to_string().contains("judge by the latest rows"), "{error}");
    let report = report(&dataset, Judgement::Latest);
    assert_eq!(report.judged_by, JudgedBy::LatestRows { training_rows: 300 });
    assert_eq!(report.judged_rows, 100);
    assert_eq!(report.detections[0].severity, None);
}

#[test]
fn rows_without_times_have_no_latest_and_no_delays() {
    let mut builder = builder();
    for run in ["a", "b", "c"] {
        for step in 0..20 {
            builder.push(&[0.02 + step as f32 * 1e-4], 0, run);
            builder.push(&[0.08 + step as f32 * 1e-4], 3, run);
        }
    }
    builder.push(&[0.05], 4, "c");
    let (dataset, _) = builder.finish();
    let error = train(&dataset, &config(Judgement::Latest), &|_| {}).unwrap_err();
    assert!(matches!(error, TrainError::NoTimes));
    let report = report(&dataset, Judgement::Folds(5));
    assert_eq!(report.judged_by, JudgedBy::Folds { folds: 3, runs: 3 });
    assert!(report.detections.is_empty() && report.false_alarms.is_none());
    assert_eq!(report.unjudged_classes, ["Thermal Overload"]);
}

#[test]
fn the_page_holds_everything_and_lets_no_name_break_out() {
    let dataset = late_runs(|run| run < 8);
    let config = config(Judgement::Folds(5));
    let (_, report) = train(&dataset, &config, &|_| {}).unwrap();
    let page = ReportPage {
        title: "Fan <b>\"1\"</b> & co",
        log: "a<script>.csv",
        config: &config,
        cleaning: &CleaningReport::default(),
        left_out: &["energy <is> left out".to_owned()],
        report: &report,
        features: &FeatureSpread::of(&dataset),
    }
    .html();
    assert!(
        page.contains("Fan &lt;b&gt;&quot;1&quot;&lt;/b&gt; &amp; co"),
        "{page}"
    );
    assert!(page.contains("a&lt;script&gt;.csv") && page.contains("energy &lt;is&gt; left out"));
    assert!(!page.contains("<script"));
    // Confusion, reliability, delay, importance, and one feature.
    assert_eq!(page.matches("<svg").count(), 5);
    assert_eq!(page.matches("class=\"how\"").count(), 8);
    for broken in ["NaN", "inf"] {
        let figures = page.split("<main>").nth(1).unwrap();
        assert!(!figures.contains(broken), "a plot has {broken}");
    }
}

#[test]
fn a_page_without_times_has_no_delays() {
    let mut builder = builder();
    for run in ["a", "b"] {
        builder.push(&[1.0], 0, run);
        builder.push(&[1.0], 3, run);
    }
    let (dataset, cleaning) = builder.finish();
    let config = config(Judgement::Folds(2));
    let (_, report) = train(&dataset, &config, &|_| {}).unwrap();
    let page = ReportPage {
        title: "x",
        log: "x.csv",
        config: &config,
        cleaning: &cleaning,
        left_out: &[],
        report: &report,
        features: &FeatureSpread::of(&dataset),
    }
    .html();
    assert_eq!(page.matches("<svg").count(), 4);
    assert!(!page.contains("NaN"), "{page}");
}

#[test]
fn times_at_the_ends_of_what_there_is_do_no_harm() {
    let mut builder = builder();
    for run in ["a", "b", "c"] {
        for (at, time) in [i64::MIN, -1, 0, i64::MAX - 1, i64::MAX].into_iter().enumerate() {
            builder.push_row(Row {
                values: &[0.02 * at as f32],
                class_code: if at < 3 { 0 } else { 3 },
                run,
                time_us: Some(time),
                severity: Some(f32::NAN),
            });
        }
    }
    let (dataset, _) = builder.finish();
    report(&dataset, Judgement::Folds(3));
    report(&dataset, Judgement::Latest);
}
