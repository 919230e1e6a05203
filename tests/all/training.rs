//! `twinflow simulate` and `twinflow train`: from a log to a model, and what is told about it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{Ended, run_in};

fn flow() -> String {
    format!("{}/examples/fan-readings.yaml", env!("CARGO_MANIFEST_DIR"))
}

fn simulate(folder: &Path, runs: &str) {
    let simulated = run_in(folder, &["simulate", "--out", "log.csv", "--runs", runs]);
    assert_eq!(simulated.code, Some(0), "{}", simulated.stderr);
}

/// Trains a few trees from `log` and writes `model.json` and `report.json`.
fn train(folder: &Path, log: &str, more: &[&str]) -> Ended {
    let flow = flow();
    let mut arguments = vec![
        "train",
        &flow,
        "--from",
        log,
        "--out",
        "model.json",
        "--trees",
        "10",
    ];
    arguments.extend(["--report", "report.json"]);
    arguments.extend(more);
    run_in(folder, &arguments)
}

fn trained(folder: &Path, log: &str, more: &[&str]) -> String {
    let ended = train(folder, log, more);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stdout
}

/// What it says when it does not train.
fn refused(folder: &Path, log: &str, more: &[&str]) -> String {
    let ended = train(folder, log, more);
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    ended.stderr
}

fn report(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap()
}

fn features(folder: &Path) -> Vec<String> {
    let model: Value = serde_json::from_slice(&fs::read(folder.join("model.json")).unwrap()).unwrap();
    let features = model["features"].as_array().unwrap();
    features
        .iter()
        .map(|feature| feature["name"].as_str().unwrap().to_owned())
        .collect()
}

const FEATURES: [&str; 7] = [
    "temp",
    "rpm",
    "current",
    "vibration",
    "power",
    "cooling_rate",
    "thermal_efficiency",
];

#[test]
fn a_model_is_made_and_judged_and_again_the_same() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "24");
    let log = fs::read_to_string(folder.path().join("log.csv")).unwrap();
    assert_eq!(log.lines().count(), 24 * 700 + 1);
    let told = trained(folder.path(), "log.csv", &["--html", "report.html"]);
    for part in [
        // Only the first reading of each run, which has no cooling rate yet, is left out.
        "16776 rows kept, 24 left out\n  24 × cooling_rate is missing",
        "energy is left out: it goes one way in every run, so it tells the time and not the fault",
        "co2 is left out",
        "24 runs in 5 parts, each judged by a model that has seen none of its runs",
        "Overcurrent Fault",
        "macro-F1",
        "always Normal Operation",
        "Confusion",
        "Calibration: expected error",
        "Seconds from a fault's begin",
        "model.json written",
    ] {
        assert!(told.contains(part), "`{part}` is not in:\n{told}");
    }
    assert_eq!(features(folder.path()), FEATURES);
    let report = report(folder.path());
    assert_eq!(report["judged_rows"], 16776);
    assert_eq!(report["cleaning"]["kept"], 16776);
    // Four faults at three severities, each twice.
    assert_eq!(report["detections"].as_array().unwrap().len(), 12);
    assert!(report["false_alarms"]["persistent"].as_u64().unwrap() > 0);
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("Fault model: Fan readings"));
    for fetched in ["http://", "https://", "<script", "<link", "url("] {
        assert!(!page.contains(fetched), "the page fetches: {fetched}");
    }

    let first = fs::read(folder.path().join("model.json")).unwrap();
    trained(folder.path(), "log.csv", &[]);
    assert_eq!(fs::read(folder.path().join("model.json")).unwrap(), first);

    // A truncated model is an error of the check, at its place in the flow.
    fs::write(folder.path().join("half.json"), &first[..first.len() / 2]).unwrap();
    let text = fs::read_to_string(flow()).unwrap();
    let text = text.replace("../models/fan-faults.json", "half.json");
    fs::write(folder.path().join("flow.yaml"), text).unwrap();
    let checked = run_in(folder.path(), &["check", "flow.yaml"]);
    assert_eq!(checked.code, Some(2));
    assert!(checked.stderr.contains("error[E029]"), "{}", checked.stderr);
}

#[test]
fn a_feature_that_tells_the_time_is_taken_when_somebody_insists() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "8");
    trained(folder.path(), "log.csv", &["--allow", "energy"]);
    assert!(features(folder.path()).contains(&"energy".to_owned()));
    let told = refused(folder.path(), "log.csv", &["--allow", "enregy"]);
    assert!(
        told.contains("there is no such feature; there are `temp`"),
        "{told}"
    );
}

#[test]
fn the_latest_part_of_a_log_can_be_held_out() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "16");
    let told = trained(folder.path(), "log.csv", &["--split", "temporal"]);
    assert!(
        told.contains("the latest 4 runs, judged by a model trained on the 8388 rows before them"),
        "{told}"
    );
    assert_eq!(report(folder.path())["judged_rows"], 4 * 699);
}

#[test]
fn settings_are_searched_on_request() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "8");
    let told = trained(folder.path(), "log.csv", &["--search", "2", "--folds", "2"]);
    let table: Vec<&str> = told
        .lines()
        .skip_while(|line| !line.starts_with("trees  depth"))
        .take(5)
        .collect();
    assert_eq!(table.len(), 5, "{told}");
    assert_eq!(table[4], "", "three settings are listed:\n{told}");
    let best = table[1].split_whitespace().next().unwrap();
    let model: Value = serde_json::from_slice(&fs::read(folder.path().join("model.json")).unwrap()).unwrap();
    assert_eq!(model["forest"]["trees"].to_string(), best);
}

/// The simulated log as another program might have written it: other names, °F, mA, texts for faults, seconds for times,
/// no machines and no runs. Two cells can be left empty.
fn foreign(log: &str, has_holes: bool) -> String {
    const LABELS: [&str; 5] = [
        "normal operation",
        "Overcurrent Fault",
        "Cooling Degradation",
        "Mechanical Imbalance",
        "Thermal Overload",
    ];
    let mut text = "\u{feff}Seconds,Temp (C),Speed [rpm],I [mA],vibration,Condition\n".to_owned();
    let names: Vec<&str> = log.lines().next().unwrap().split(',').collect();
    let at = |name: &str| {
        names
            .iter()
            .position(|known| known.split(' ').next() == Some(name))
            .unwrap()
    };
    for (row, line) in log.lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let cell = |name: &str| cells[at(name)];
        let number = |name: &str| cell(name).parse::<f64>().unwrap();
        let run = number("run");
        text.push_str(&format!(
            "{},{:.3},{},{},{},{}\n",
            run * 600.0 + (row % 700) as f64 * 0.2,
            number("temp") * 1.8 + 32.0,
            cell("rpm"),
            number("current") * 1000.0,
            if has_holes && row == 1000 {
                "n/a"
            } else {
                cell("vibration")
            },
            if has_holes && row == 2000 {
                ""
            } else {
                LABELS[number("actual_fault") as usize]
            },
        ));
    }
    text
}

#[test]
fn any_csv_can_be_learnt_from() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "12");
    let log = fs::read_to_string(folder.path().join("log.csv")).unwrap();
    fs::write(folder.path().join("foreign.csv"), foreign(&log, false)).unwrap();
    trained(folder.path(), "log.csv", &[]);
    let own = report(folder.path());
    let columns = [
        "--time",
        "Seconds",
        "--label",
        "Condition",
        "--map",
        "Temp (C)=temp",
        "--unit",
        "temp=°F",
        "--map",
        "Speed=rpm",
        "--map",
        "I=current",
    ];
    let told = trained(folder.path(), "foreign.csv", &columns);
    assert!(
        told.contains("The log has no column `run`: a run ends where nothing was logged for a minute and ten usual steps; 12 runs."),
        "{told}"
    );
    assert_eq!(features(folder.path()), FEATURES);
    let foreign_report = report(folder.path());
    assert_eq!(
        own["confusion"], foreign_report["confusion"],
        "the same fan in other units"
    );
    let temp = |report: &Value| report["features"][0]["classes"][0]["median"].as_f64().unwrap();
    assert!((temp(&own) - temp(&foreign_report)).abs() < 0.05, "°F became °C");

    fs::write(folder.path().join("foreign.csv"), foreign(&log, true)).unwrap();
    let told = trained(folder.path(), "foreign.csv", &columns);
    assert!(told.contains("8386 rows kept, 14 left out"), "{told}");
    assert!(
        told.contains("1 × vibration is missing") && told.contains("1 × no label"),
        "{told}"
    );
}

#[test]
fn what_a_log_lacks_is_named_with_the_option_that_helps() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "2");
    let log = fs::read_to_string(folder.path().join("log.csv")).unwrap();
    fs::write(folder.path().join("foreign.csv"), foreign(&log, false)).unwrap();
    let told = refused(folder.path(), "foreign.csv", &[]);
    assert!(
        told.contains("no column `time`; name another with --time: there are `Seconds`, `Temp (C)`"),
        "{told}"
    );
    let told = refused(folder.path(), "foreign.csv", &["--time", "Seconds"]);
    assert!(
        told.contains("no column `actual_fault`; name another with --label"),
        "{told}"
    );
    let told = refused(
        folder.path(),
        "foreign.csv",
        &["--time", "Seconds", "--label", "Condition"],
    );
    assert!(
        told.contains("no column `temp`") && told.contains("--map"),
        "{told}"
    );
    let told = refused(folder.path(), "log.csv", &["--run", "batch"]);
    assert!(
        told.contains("no column `batch`; name another with --run"),
        "{told}"
    );
    let told = refused(folder.path(), "log.csv", &["--map", "temp=tmp"]);
    assert!(
        told.contains("--map: the flow's source has no field `tmp`; there are `temp`"),
        "{told}"
    );
    fs::write(
        folder.path().join("odd.csv"),
        log.replacen(",0,0.00\n", ",broken,0.00\n", 1),
    )
    .unwrap();
    let told = refused(folder.path(), "odd.csv", &[]);
    assert!(
        told.contains("odd.csv:2: expected the code or the name of a class (`Normal Operation`, ")
            && told.contains("found `broken`"),
        "{told}"
    );
}

#[test]
fn the_flow_says_what_the_model_sees() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "12");
    let root = env!("CARGO_MANIFEST_DIR");
    let text = fs::read_to_string(format!("{root}/flows/fan-cooling.yaml")).unwrap();
    fs::write(folder.path().join("flow.yaml"), &text).unwrap();
    let log = fs::read_to_string(folder.path().join("log.csv")).unwrap();
    // A broken sensor spoils its reading although the model sees none of it.
    let broken = log.lines().nth(2000).unwrap();
    let cells: Vec<&str> = broken.split(',').collect();
    let log = log.replacen(
        broken,
        &broken.replacen(&format!(",{},", cells[2]), ",999,", 1),
        1,
    );
    fs::write(folder.path().join("log.csv"), log).unwrap();
    let arguments = [
        "train",
        "flow.yaml",
        "--from",
        "log.csv",
        "--out",
        "model.json",
        "--trees",
        "10",
        "--report",
        "report.json",
    ];
    let ended = run_in(folder.path(), &arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("1 × temp is impossible"),
        "{}",
        ended.stdout
    );
    let features = features(folder.path());
    assert_eq!(features.len(), 12, "{features:?}");
    assert!(
        features.iter().all(|name| name.contains("_residual")),
        "{features:?}"
    );
    // A model that learnt from more than the flow allows is refused.
    let text = text.replace("../models/fan-twin.json", "model.json");
    let fewer = text.replace("      - vibration_residual_10s\n", "");
    fs::write(folder.path().join("flow.yaml"), fewer).unwrap();
    let checked = run_in(folder.path(), &["check", "flow.yaml"]);
    assert_eq!(checked.code, Some(2));
    assert!(
        checked
            .stderr
            .contains("the model learnt from `vibration_residual_10s`, which `features` does not list"),
        "{}",
        checked.stderr
    );
}

#[test]
fn a_simulated_log_can_have_the_flaws_of_a_real_one() {
    let folder = tempfile::tempdir().unwrap();
    let simulate = |out: &str| {
        let flaws = ["--dropouts", "20", "--missing", "5", "--drift", "3"];
        let arguments = [
            &["simulate", "--out", out, "--runs", "12", "--machines", "3"],
            &flaws[..],
        ]
        .concat();
        let ended = run_in(folder.path(), &arguments);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        fs::read_to_string(folder.path().join(out)).unwrap()
    };
    let log = simulate("log.csv");
    assert_eq!(log, simulate("again.csv"));
    let rows: Vec<Vec<&str>> = log
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect())
        .collect();
    let all = 12.0 * 700.0;
    let arrived = rows.len() as f64 / all;
    assert!(
        (0.70..0.88).contains(&arrived),
        "{arrived} of the readings arrived"
    );
    let missing = rows
        .iter()
        .flat_map(|row| &row[2..6])
        .filter(|cell| cell.is_empty())
        .count();
    let share = missing as f64 / (4 * rows.len()) as f64;
    assert!((0.03..0.07).contains(&share), "{share} of the values are missing");
    let machines: std::collections::BTreeSet<&str> = rows.iter().map(|row| row[1]).collect();
    assert_eq!(
        machines.into_iter().collect::<Vec<_>>(),
        ["virtual-0", "virtual-1", "virtual-2"]
    );

    // And what is trained from it is told of them.
    let flow = format!("{}/examples/fan-readings.yaml", env!("CARGO_MANIFEST_DIR"));
    let ended = run_in(
        folder.path(),
        &[
            "train",
            &flow,
            "--from",
            "log.csv",
            "--out",
            "model.json",
            "--trees",
            "10",
        ],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for found in ["missing", "gap"] {
        assert!(
            ended.stdout.contains(found),
            "`{found}` is not in:\n{}",
            ended.stdout
        );
    }

    let ended = run_in(folder.path(), &["simulate", "--missing", "150"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("a number from 0 to 90 is due"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_sample_among_the_examples_is_a_log_to_learn_from() {
    let folder = tempfile::tempdir().unwrap();
    let root = env!("CARGO_MANIFEST_DIR");
    let (flow, log) = (
        format!("{root}/examples/fan-readings.yaml"),
        format!("{root}/examples/fan-sample.csv"),
    );
    let ended = run_in(
        folder.path(),
        &[
            "train", &flow, "--from", &log, "--out", "try.json", "--trees", "10",
        ],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for found in ["10 runs in 5 parts", "gaps within runs", "temp is missing"] {
        assert!(
            ended.stdout.contains(found),
            "`{found}` is not in:\n{}",
            ended.stdout
        );
    }
}
