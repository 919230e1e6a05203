//! What helps while a flow is written: the explanations of what checks find.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod program;

use std::fs;

use program::{run, run_in};

/// Two mistakes and, once they are mended, one warning.
const FLOW: &str = "twinflow: 1
brokers: { plant: 'mqtt://meter:s3cret@broker.example' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    fields: { temp: { unit: °C } }
  show: { type: dashboard-widget, from: fann, widget: gauge, feilds: [temp] }
";

/// A folder with a flow in it.
fn folder_with(flow: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flow.yaml"), flow).unwrap();
    folder
}

/// A flow with nothing but a warning.
fn warned() -> tempfile::TempDir {
    let (good, _) = FLOW.split_once("  show:").unwrap();
    folder_with(good)
}

#[test]
fn codes_are_listed_and_explained() {
    let all = run(&["explain"]);
    assert_eq!((all.code, all.stderr.as_str()), (Some(0), ""));
    assert!(
        all.stdout
            .contains("\nE012  A wire from a node that does not exist\n")
    );
    let one = run(&["explain", "e012"]);
    assert_eq!((one.code, one.stderr.as_str()), (Some(0), ""));
    let begin = "E012: A wire from a node that does not exist\n\n`from:` names a node";
    assert!(one.stdout.starts_with(begin), "{}", one.stdout);
    let code = "\n    twinflow: 1\n    brokers: { plant: embedded }\n";
    assert!(
        one.stdout.contains(code) && !one.stdout.contains("```"),
        "{}",
        one.stdout
    );
    let none = run(&["explain", "E120"]);
    assert_eq!(none.code, Some(2));
    for part in [
        "there is no code `E120`",
        "`E020`",
        "`twinflow explain` lists all",
    ] {
        assert!(none.stderr.contains(part), "`{part}` is not in:\n{}", none.stderr);
    }
}

#[test]
fn a_check_points_at_the_explanations() {
    let folder = folder_with(FLOW);
    let ended = run_in(folder.path(), &["check", "flow.yaml"]);
    let pointer = "\nFor more information about an error, try `twinflow explain E012` (or E006).\n";
    assert!(
        ended.stderr.ends_with(&format!("2 errors{pointer}")),
        "{}",
        ended.stderr
    );
    let ended = run_in(warned().path(), &["check", "flow.yaml"]);
    let pointer = "\nFor more information about a warning, try `twinflow explain W001`.\n";
    assert!(
        ended.stderr.ends_with(&format!("1 warning{pointer}")),
        "{}",
        ended.stderr
    );
}
