//! What helps while a flow is written: explanations, findings for programs, and the formatter.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::{run, run_in};

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
    let ended = run_in(folder.path(), &["check", "--static", "flow.yaml"]);
    let pointer = "\nFor more information about an error, try `twinflow explain E012` (or E006).\n";
    assert!(
        ended.stderr.ends_with(&format!("2 errors{pointer}")),
        "{}",
        ended.stderr
    );
    let ended = run_in(warned().path(), &["check", "--static", "flow.yaml"]);
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
    let ended = run_in(
        folder.path(),
        &["check", "--static", "flow.yaml", "--format", "json"],
    );
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(2), ""));
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["flow"], "flow.yaml");
    assert_eq!(report["ok"], false);
    assert_eq!((&report["errors"], &report["warnings"]), (&2.into(), &0.into()));
    let first = &report["diagnostics"][0];
    let place = ["line", "column", "end_line", "end_column"].map(|key| first[key].as_u64().unwrap());
    assert_eq!((first["code"].as_str(), place), (Some("E012"), [9, 41, 9, 45]));
    assert_eq!(first["fix"]["replacement"], "fan");
    let good = run_in(
        warned().path(),
        &["check", "--static", "flow.yaml", "--format", "json"],
    );
    let report: Value = serde_json::from_str(&good.stdout).unwrap();
    assert_eq!((good.code, &report["ok"]), (Some(0), &true.into()));
}

#[test]
fn findings_are_notes_on_github() {
    let folder = folder_with(FLOW);
    let ended = run_in(
        folder.path(),
        &["check", "--static", "flow.yaml", "--format", "github"],
    );
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
    let allowed = run_in(folder.path(), &["check", "--static", "flow.yaml"]);
    assert_eq!(allowed.code, Some(0));
    let denied = run_in(
        folder.path(),
        &["check", "--static", "flow.yaml", "--deny-warnings"],
    );
    assert_eq!((denied.code, denied.stdout.as_str()), (Some(2), ""));
    assert!(
        denied.stderr.contains("1 warning, which counts as an error here"),
        "{}",
        denied.stderr
    );
    let arguments = [
        "check",
        "--static",
        "flow.yaml",
        "--deny-warnings",
        "--format",
        "json",
    ];
    let json = run_in(folder.path(), &arguments);
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &report["ok"]), (Some(2), &false.into()));
}

/// Untidy, in Windows' line ends.
const UNTIDY: &str = "nodes:\r\n    # the fan\r\n    fan: {topic: fan,type:  mqtt-in,   broker: plant}   # live\r\ntwinflow:   1\r\n";
const TIDY: &str =
    "twinflow: 1\nnodes:\n  # the fan\n  fan: { type: mqtt-in, topic: fan, broker: plant } # live\n";

#[test]
fn a_file_is_formatted_once_and_for_all() {
    let folder = folder_with(UNTIDY);
    let path = folder.path().join("flow.yaml");
    let checked = run_in(folder.path(), &["fmt", "flow.yaml", "--check"]);
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(1), ""));
    assert!(
        checked.stdout.starts_with("flow.yaml would change:\n@@"),
        "{}",
        checked.stdout
    );
    assert!(checked.stdout.contains("\n+twinflow: 1\n"), "{}", checked.stdout);
    let shown = run_in(folder.path(), &["fmt", "flow.yaml", "--stdout"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (Some(0), TIDY));
    assert_eq!(fs::read_to_string(&path).unwrap(), UNTIDY);
    let written = run_in(folder.path(), &["fmt", "flow.yaml"]);
    assert_eq!(
        (written.code, written.stdout.as_str()),
        (Some(0), "flow.yaml is formatted\n")
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), TIDY);
    for arguments in [&["fmt", "flow.yaml"][..], &["fmt", "flow.yaml", "--check"]] {
        let again = run_in(folder.path(), arguments);
        assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""));
    }
    // Nothing is left beside it.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
#[cfg(unix)]
fn permissions_and_links_outlive_formatting() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder_with(UNTIDY);
    let path = folder.path().join("flow.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("flow.yaml", folder.path().join("link.yaml")).unwrap();
    assert_eq!(run_in(folder.path(), &["fmt", "link.yaml"]).code, Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap(), TIDY);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(folder.path().join("link.yaml").is_symlink());
}

#[test]
fn standard_input_goes_to_standard_output() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_twinflow"))
        .args(["fmt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(UNTIDY.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), TIDY);
}

#[test]
fn what_is_no_yaml_is_left_alone_and_keeps_nothing_else_from_being_formatted() {
    let broken = "twinflow: 1\nnodes: [a\n";
    let folder = folder_with(broken);
    fs::write(folder.path().join("other.yaml"), UNTIDY).unwrap();
    let ended = run_in(folder.path(), &["fmt", "flow.yaml", "other.yaml"]);
    assert_eq!(ended.code, Some(2));
    for part in ["error[E001]", "flow.yaml:", "flow.yaml is left as it is"] {
        assert!(
            ended.stderr.contains(part),
            "`{part}` is not in:\n{}",
            ended.stderr
        );
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(
        (read("flow.yaml").as_str(), read("other.yaml").as_str()),
        (broken, TIDY)
    );
}

#[test]
fn an_older_file_is_brought_to_the_present_version() {
    let folder = tempfile::TempDir::new().unwrap();
    let flow = folder.path().join("old.yaml");
    let old = "# The oven's flow.\n\n# Which broker.\nbrokers: { plant: embedded } # inside\nnodes:\n  oven: { type: mqtt-in, broker: plant, topic: a, fields: { temp: { unit: °C } } }\n  show: { type: dashboard-widget, from: oven, widget: gauge, fields: [temp] }\n";
    std::fs::write(&flow, old).unwrap();
    let path = flow.to_str().unwrap();
    let told = run(&["check", path]);
    assert_eq!(told.code, Some(2));
    assert!(told.stderr.contains("twinflow migrate"), "{}", told.stderr);
    assert_eq!(run(&["migrate", path]).code, Some(0));
    assert_eq!(
        std::fs::read_to_string(&flow).unwrap(),
        old.replace("# Which", "twinflow: 1\n# Which")
    );
    assert_eq!(run(&["check", path]).code, Some(0));
    let again = run(&["migrate", path]);
    assert!(again.stdout.contains("already"));
    std::fs::write(&flow, "twinflow: 7\nnodes: {}\n").unwrap();
    let newer = run(&["check", path]);
    assert!(newer.stderr.contains("for a newer twinflow"));
    assert_eq!(run(&["migrate", path]).code, Some(2));
}
