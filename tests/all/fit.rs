//! `twinflow fit`: from a log to the parameters of a twin.

use std::fs;

use crate::program::run_in;

const FLOW: &str = "twinflow: 1
brokers: { plant: embedded }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    fields:
      temp: { unit: °C }
      rpm: { unit: rpm }
      current: { unit: A }
      vibration: { unit: g }
      heat_load: { unit: W, optional: true }
      load: { optional: true }
  model:
    type: twin
    from: fan
    model: fan
    heat_load: heat_load
    mechanical_load: load
  show: { type: dashboard-widget, from: model, widget: value, fields: [temp_residual] }
";

/// A folder with the flow, and a log of the simulated fan.
fn folder(runs: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flow.yaml"), FLOW).unwrap();
    let simulated = run_in(folder.path(), &["simulate", "--out", "log.csv", "--runs", runs]);
    assert_eq!(simulated.code, Some(0), "{}", simulated.stderr);
    folder
}

const FIT: [&str; 6] = [
    "fit",
    "flow.yaml",
    "--from",
    "log.csv",
    "--map",
    "mechanical_load=load",
];

#[test]
fn the_simulated_fan_is_found_to_be_itself() {
    let folder = folder("20");
    let ended = run_in(folder.path(), &FIT);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(
        ended.stdout.contains("of a faulty machine were left out"),
        "{}",
        ended.stdout
    );
    let (_, parameters) = ended.stdout.split_once("    parameters:\n").unwrap();
    let value = |name: &str| -> f64 {
        let line = parameters
            .lines()
            .find(|line| line.trim_start().starts_with(name));
        let words: Vec<&str> = line.unwrap().split_whitespace().collect();
        words[1].parse().unwrap()
    };
    for (name, wanted, off) in [
        // Within half a minute at one load no temperature says how it came about: the usual figure stands.
        ("heat_capacity", 650.0, 0.001),
        ("full_speed", 3000.0, 0.02),
        ("speed_time", 1.8, 0.3),
        ("speed_current", 1.05, 0.1),
        ("load_current", 0.55, 0.3),
        ("speed_vibration", 0.02, 0.1),
    ] {
        let found = value(name);
        assert!(
            (found - wanted).abs() < off * wanted,
            "{name} is {found}\n{}",
            ended.stdout
        );
    }

    let open = ended
        .stdout
        .lines()
        .find(|line| line.starts_with("heat_capacity"))
        .unwrap();
    assert!(open.ends_with("left open by the log"), "{}", ended.stdout);

    // What it prints goes into the flow as it is.
    let flow = FLOW.replace(
        "  show:",
        &format!("    parameters:\n{}\n  show:", parameters.trim_end()),
    );
    fs::write(folder.path().join("flow.yaml"), flow).unwrap();
    let checked = run_in(folder.path(), &["check", "flow.yaml"]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
}

#[test]
fn a_log_without_labels_is_taken_for_a_sound_machine() {
    let folder = folder("3");
    let log = folder.path().join("log.csv");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replace("actual_fault", "something")).unwrap();
    let ended = run_in(folder.path(), &FIT);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(
        ended.stdout.contains("was taken for a sound machine"),
        "{}",
        ended.stdout
    );
}

#[test]
fn what_cannot_be_fitted_is_told() {
    let folder = folder("1");
    let refused = |arguments: &[&str], found: &str| {
        let ended = run_in(folder.path(), arguments);
        assert_eq!(ended.code, Some(2), "{}", ended.stdout);
        assert!(ended.stderr.contains(found), "{}", ended.stderr);
    };
    let named = [&FIT[..], &["--node", "modle"]].concat();
    refused(&named, "has no `twin` node `modle`; there is `model`");
    let log = folder.path().join("log.csv");
    let text = fs::read_to_string(&log).unwrap();
    let few: Vec<&str> = text.lines().take(30).collect();
    fs::write(&log, few.join("\n") + "\n").unwrap();
    refused(&FIT, "too few to fit anything to");
    fs::write(
        folder.path().join("flow.yaml"),
        FLOW.replace("type: twin", "type: twn"),
    )
    .unwrap();
    refused(&FIT, "twn");
    let without: Vec<&str> = FLOW.lines().filter(|line| !line.contains("show:")).collect();
    let (without, _) = without
        .join("\n")
        .split_once("  model:")
        .map(|(head, _)| (head.to_owned(), ()))
        .unwrap();
    fs::write(folder.path().join("flow.yaml"), without).unwrap();
    refused(&FIT, "has no `twin` node to fit");
}
