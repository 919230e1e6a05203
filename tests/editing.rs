//! What helps while a flow is written: explanations and findings for programs.

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
use serde_json::Value;

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

#[test]
fn findings_are_json_for_programs() {
    let folder = folder_with(FLOW);
    let ended = run_in(folder.path(), &["check", "flow.yaml", "--format", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(2), ""));
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["flow"], "flow.yaml");
    assert_eq!(report["ok"], false);
    assert_eq!((&report["errors"], &report["warnings"]), (&2.into(), &0.into()));
    let first = &report["diagnostics"][0];
    let place = ["line", "column", "end_line", "end_column"].map(|key| first[key].as_u64().unwrap());
    assert_eq!((first["code"].as_str(), place), (Some("E012"), [9, 41, 9, 45]));
    assert_eq!(first["fix"]["replacement"], "fan");
    let good = run_in(warned().path(), &["check", "flow.yaml", "--format", "json"]);
    let report: Value = serde_json::from_str(&good.stdout).unwrap();
    assert_eq!((good.code, &report["ok"]), (Some(0), &true.into()));
}

#[test]
fn findings_are_notes_on_github() {
    let folder = folder_with(FLOW);
    let ended = run_in(folder.path(), &["check", "flow.yaml", "--format", "github"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(2), ""));
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[0],
        "::error file=flow.yaml,line=9,col=41,endLine=9,endColumn=45,title=E012\
         ::there is no node `fann`%0Adid you mean `fan`?"
    );
}

#[test]
fn warnings_can_be_denied() {
    let folder = warned();
    let allowed = run_in(folder.path(), &["check", "flow.yaml"]);
    assert_eq!(allowed.code, Some(0));
    let denied = run_in(folder.path(), &["check", "flow.yaml", "--deny-warnings"]);
    assert_eq!((denied.code, denied.stdout.as_str()), (Some(2), ""));
    assert!(
        denied.stderr.contains("1 warning, which counts as an error here"),
        "{}",
        denied.stderr
    );
    let arguments = ["check", "flow.yaml", "--deny-warnings", "--format", "json"];
    let json = run_in(folder.path(), &arguments);
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &report["ok"]), (Some(2), &false.into()));
}
