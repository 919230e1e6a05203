//! `twinflow new`, `twinflow test` and `twinflow replay`: exit codes, what is printed, and what is written.

use std::fs;
use std::path::Path;

use quick_junit::Report;
use tempfile::TempDir;

use crate::program::{Ended, run_in};

/// A folder with files in it.
fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Runs a command that must do what it is asked without a complaint: what it prints.
#[track_caller]
fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let ended = run_in(folder, arguments);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{arguments:?}\n{}",
        ended.stdout
    );
    ended.stdout
}

#[track_caller]
fn assert_contains(text: &str, part: &str) {
    assert!(text.contains(part), "`{part}` is not in:\n{text}");
}

#[test]
fn a_new_flow_is_good_tidy_and_tested() {
    let folder = tempfile::tempdir().unwrap();
    // Names that YAML would take for something else.
    for name in ["oven.yaml", "12.yaml", "hall/oven: left \"1\".yaml", "true.yaml"] {
        let told = succeed(folder.path(), &["new", "flow", name]);
        assert_contains(&told, &format!("{name} written"));
        succeed(folder.path(), &["check", name, "--deny-warnings"]);
        succeed(folder.path(), &["fmt", "--check", name]);
        assert_contains(&succeed(folder.path(), &["test", name]), "1 passed");
    }
}

#[test]
fn a_new_node_type_is_good_tidy_and_tested() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, place) in [
        (&["new", "node", "half-life"][..], "nodes/half-life"),
        (&["new", "node", "true"][..], "nodes/true"),
        (
            &["new", "node", "drift_2", "--folder", "own/types"][..],
            "own/types/drift_2",
        ),
    ] {
        let (script, test) = (format!("{place}.rhai"), format!("{place}.test.yaml"));
        let told = succeed(folder.path(), arguments);
        assert_contains(&told, &format!("{script} written\n{test} written\n"));
        succeed(folder.path(), &["check", &test, "--deny-warnings"]);
        succeed(folder.path(), &["fmt", "--check", &test]);
        assert_contains(&succeed(folder.path(), &["test", &test]), "2 passed");
        // It is used as the command says.
        let flow = format!(
            "twinflow: 1\nbrokers: {{ plant: embedded }}\nnodes:\n  \
             in: {{ type: mqtt-in, broker: plant, topic: t, fields: {{ value: {{ unit: A }} }} }}\n  \
             own: {{ type: ./{script}, from: in }}\n  \
             show: {{ type: dashboard-widget, from: own, widget: value, fields: [change] }}\n"
        );
        assert_contains(&told, &format!("`type: ./{script}`"));
        fs::write(folder.path().join("flow.yaml"), flow).unwrap();
        succeed(folder.path(), &["check", "flow.yaml", "--deny-warnings"]);
    }
}

#[test]
fn nothing_that_is_there_is_written_over() {
    let folder = folder_with(&[("oven.yaml", "mine"), ("nodes/drift.test.yaml", "mine")]);
    let ended = run_in(folder.path(), &["new", "flow", "oven.yaml"]);
    assert_eq!(ended.code, Some(2));
    assert_contains(&ended.stderr, "oven.yaml is there already; give another name");
    let ended = run_in(folder.path(), &["new", "node", "drift"]);
    assert_eq!(ended.code, Some(2));
    assert_contains(&ended.stderr, "drift.test.yaml is there already");
    for name in ["oven.yaml", "nodes/drift.test.yaml"] {
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "mine");
    }
    // Half a node type would stand in the way of the next attempt.
    assert!(!folder.path().join("nodes/drift.rhai").exists());
    for name in ["9lives", "../drift", "", "a b"] {
        let ended = run_in(folder.path(), &["new", "node", name]);
        assert_eq!(ended.code, Some(2), "{name}");
        assert_contains(&ended.stderr, "is no name for a node type");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// Two tests pass and one fails.
const TESTED: &str = "twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C }, current: { unit: A, optional: true } } }
  kpis: { type: kpi, from: fan, values: { power: 230 V * current, hot: temp > 60 °C } }
  show: { type: dashboard-widget, from: kpis, widget: status, fields: [temp], alert: hot }
  other: { type: dashboard-widget, from: kpis, widget: value, fields: [power] }

tests:
  the power follows the current:
    given: { fan: [{ temp: 20, current: 2 }] }
    expect: { kpis: [{ power: 460 W }] }
  a hot fan is told:
    given: { fan: [{ temp: 20 }, { temp: 70 }] }
    expect: { show: { any: alert, count: 2 } }
  a <warm> fan & its power:
    given: { fan: [{ temp: 50, current: 1 }, { temp: 55, current: 1 }] }
    expect:
      kpis: [{ power: 230 W }, { power: 0.5 kW, hot: true }, { power: 0 }]
      show: { any: alert }
";

/// A flow without tests.
fn untested() -> String {
    TESTED.split_once("tests:").unwrap().0.to_owned()
}

/// What was printed, without the times that it took.
fn without_times(ended: &Ended) -> String {
    let line = |line: &str| match (line.rsplit_once(" records, "), line.rsplit_once(" in ")) {
        (Some((before, took)), _) if took.ends_with(" ms)") => format!("{before} records, … ms)\n"),
        (_, Some((before, took))) if before.contains("passed") && took.ends_with(" s") => {
            format!("{before} in … s\n")
        }
        _ => format!("{line}\n"),
    };
    let stdout: String = ended.stdout.lines().map(line).collect();
    format!("{stdout}--- standard error\n{}", ended.stderr)
}

#[test]
fn a_failure_is_told_with_its_place() {
    let folder = folder_with(&[("flow.yaml", TESTED)]);
    let ended = run_in(folder.path(), &["test", "flow.yaml"]);
    assert_eq!(ended.code, Some(1));
    insta::assert_snapshot!(without_times(&ended));
}

#[test]
fn tests_are_chosen_by_name() {
    let folder = folder_with(&[("flow.yaml", TESTED), ("plain.yaml", &untested())]);
    let told = succeed(folder.path(), &["test", "flow.yaml", "--filter", "the power"]);
    assert_contains(&told, "1 passed in");
    assert!(!told.contains("hot"), "{told}");
    for (arguments, reason) in [
        (
            &["test", "flow.yaml", "--filter", "cold"][..],
            "no test has `cold` in its name",
        ),
        (
            &["test", "plain.yaml"],
            "there are no tests: add `tests:` to a flow",
        ),
    ] {
        let ended = run_in(folder.path(), arguments);
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(1), ""),
            "{arguments:?}"
        );
        assert_contains(&ended.stderr, reason);
    }
}

#[test]
fn a_folder_stands_for_its_flows() {
    let good = TESTED.split_once("  a <warm>").unwrap().0;
    let files = [
        ("flows/b.yaml", good),
        ("flows/a.yml", good),
        ("flows/plain.yaml", &untested()),
        ("flows/notes.md", "no flow"),
        ("flows/deeper/c.yaml", "no flow"),
        ("empty/notes.md", "no flow"),
    ];
    let folder = folder_with(&files);
    let told = succeed(folder.path(), &["test", "flows"]);
    let headings: Vec<&str> = told.lines().filter(|line| line.starts_with("flows/")).collect();
    assert_eq!(headings, ["flows/a.yml", "flows/b.yaml"]);
    assert_contains(&told, "4 passed in");
    assert_eq!(run_in(folder.path(), &["test", "empty"]).code, Some(1));
    assert_eq!(run_in(folder.path(), &["test", "nowhere"]).code, Some(2));
}

#[test]
fn a_test_that_does_not_fit_its_flow_ends_with_2() {
    let folder = folder_with(&[(
        "flow.yaml",
        &TESTED.replace("{ power: 460 W }", "{ power: 460 A }"),
    )]);
    let ended = run_in(folder.path(), &["test", "flow.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_contains(&ended.stderr, "error[E034]");
    assert_contains(&ended.stderr, "flow.yaml:12:");
}

#[test]
fn a_broken_flow_keeps_no_other_from_being_tested() {
    let broken = "twinflow: 1\nnodes: { a: { type: nope } }\n";
    let folder = folder_with(&[("broken.yaml", broken), ("flow.yaml", TESTED)]);
    let arguments = ["test", "broken.yaml", "flow.yaml", "--junit", "results.xml"];
    let ended = run_in(folder.path(), &arguments);
    assert_eq!(ended.code, Some(2));
    assert_contains(&ended.stderr, "E011");
    assert_contains(&ended.stdout, "not every flow could be tested");
    let text = fs::read_to_string(folder.path().join("results.xml")).unwrap();
    let report = Report::deserialize_from_str(&text).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (4, 1, 1));
}

#[test]
fn results_are_junit_for_programs() {
    let folder = folder_with(&[("flow.yaml", TESTED), ("other.yaml", TESTED)]);
    let arguments = ["test", "flow.yaml", "other.yaml", "--junit", "results.xml"];
    assert_eq!(run_in(folder.path(), &arguments).code, Some(1));
    let text = fs::read_to_string(folder.path().join("results.xml")).unwrap();
    let report = Report::deserialize_from_str(&text).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (6, 2, 0));
    let suites: Vec<(&str, usize, usize)> = report
        .test_suites
        .iter()
        .map(|suite| (suite.name.as_str(), suite.tests, suite.failures))
        .collect();
    assert_eq!(suites, [("flow.yaml", 3, 1), ("other.yaml", 3, 1)]);
    let names = report.test_suites[0].test_cases.iter();
    let names: Vec<&str> = names.map(|case| case.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "the power follows the current",
            "a hot fan is told",
            "a <warm> fan & its power"
        ]
    );
    assert_contains(&text, "--&gt; flow.yaml:");
}

const REPLAYED: &str = "twinflow: 1
brokers: { plant: 'mqtt://broker.example' }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C }, current: { unit: A, optional: true } } }
  kpis: { type: kpi, from: fan, values: { power: 230 V * current, rising: rate(temp) in °C/min } }
  log: { type: csv-sink, from: kpis, file: data/fan-%Y-%m-%d.csv }
  show: { type: dashboard-widget, from: kpis, widget: value, fields: [power] }
  twin: { type: mqtt-out, from: kpis, broker: plant, topic: twin }
";

/// In kelvins, with a column that no field is of, over midnight.
const LOG: &str = "time,key,note,temp [K],current [mA]
2026-03-01T23:59:00Z,fan-1,ok,293.15,500
2026-03-01T23:59:30Z,fan-1,,294.15,
2026-03-02T00:00:00Z,fan-1,\"a, b\",296.15,1000
";

/// The files of a folder with what is in them.
fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, String)> = entries
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_replay_tells_what_came_where_and_writes_nothing() {
    let folder = folder_with(&[("flow.yaml", REPLAYED), ("log.csv", LOG)]);
    let told = succeed(folder.path(), &["replay", "flow.yaml", "--from", "log.csv"]);
    let (counts, summary) = told.split_once("\n\n").unwrap();
    let counts: Vec<Vec<&str>> = counts
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let expected = [
        ["kpis", "kpi", "3", "records"],
        ["log", "csv-sink", "3", "records"],
        ["show", "dashboard-widget", "3", "records"],
        ["twin", "mqtt-out", "3", "records"],
    ];
    assert_eq!(counts, expected);
    let begin = "3 records from 2026-03-01T23:59:00.000Z to 2026-03-02T00:00:00.000Z in ";
    assert!(summary.starts_with(begin), "{summary}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn the_logs_of_a_replay_go_into_a_folder_of_their_own() {
    let folder = folder_with(&[("flow.yaml", REPLAYED), ("log.csv", LOG)]);
    let arguments = ["replay", "flow.yaml", "--from", "log.csv", "--out", "again"];
    let told = succeed(folder.path(), &arguments);
    assert_contains(&told, "the files of 1 `csv-sink` nodes are in again");
    let header = "time,key,temp [°C],current [A],power [W],rising [°C/min]\n";
    let file = |name: &str, rows: &str| (name.to_owned(), format!("{header}{rows}"));
    let expected = [
        file(
            "fan-2026-03-01.csv",
            "2026-03-01T23:59:00.000Z,fan-1,20,0.5,115,\n2026-03-01T23:59:30.000Z,fan-1,21,,,2\n",
        ),
        file(
            "fan-2026-03-02.csv",
            "2026-03-02T00:00:00.000Z,fan-1,23,1,230,4\n",
        ),
    ];
    assert_eq!(files(&folder.path().join("again")), expected);
    // Rows of a second replay would follow those of the first.
    let ended = run_in(folder.path(), &arguments);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_contains(&ended.stderr, "again is not empty; name a new folder");
    assert_eq!(files(&folder.path().join("again")), expected);
    // The flow's own folder is left alone.
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_log_is_of_one_source() {
    let second = "  oven: { type: mqtt-in, broker: plant, topic: oven, fields: { temp: { unit: °C } } }\n  \
                  dial: { type: dashboard-widget, from: oven, widget: gauge, fields: [temp] }\n";
    let folder = folder_with(&[("flow.yaml", &format!("{REPLAYED}{second}")), ("log.csv", LOG)]);
    let replay = |more: &[&str]| {
        let arguments = ["replay", "flow.yaml", "--from", "log.csv"];
        run_in(folder.path(), &[&arguments[..], more].concat())
    };
    let ended = replay(&[]);
    assert_eq!(ended.code, Some(2));
    assert_contains(
        &ended.stderr,
        "several sources; say with --source which of them the log is of: `fan` and `oven`",
    );
    let ended = replay(&["--source", "log"]);
    assert_eq!(ended.code, Some(2));
    assert_contains(
        &ended.stderr,
        "the flow has no source `log`; there is `fan` and `oven`",
    );
    let ended = replay(&["--source", "oven"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let counts: Vec<&str> = ended.stdout.split("\n\n").next().unwrap().lines().collect();
    assert_eq!(counts.len(), 1, "{counts:?}");
    assert!(counts[0].starts_with("dial "), "{counts:?}");
}

#[test]
fn what_is_wrong_with_a_log_is_told_with_its_place() {
    let cases = [
        (
            LOG.replace("296.15", "hot"),
            "log.csv:4: expected number, found `hot`",
        ),
        (
            LOG.replace("296.15", "inf"),
            "log.csv:4: expected number, found `inf`",
        ),
        (
            LOG.replace("2026-03-02T00", "midnight"),
            "log.csv:4: expected a time as ISO 8601 or as a number since 1970, found `midnight:00:00Z`",
        ),
        (LOG.replace("ok,293.15", "293.15"), "log.csv"),
        (
            LOG.replace("temp [K]", "temperature"),
            "log.csv: there is no column `temp`; there are `time`, `key`, `note`, `temperature` and `current`",
        ),
        (
            LOG.replace("time,", "when,"),
            "log.csv: there is no column `time`; there are `when`, `key`",
        ),
        (LOG.replace("[K]", "[A]"), "log.csv: the column `temp`: is in `A`"),
        (LOG.replace("[K]", "[Kelvinn]"), "log.csv: the column `temp`: "),
        (String::new(), "log.csv: there is no column `time`"),
    ];
    for (log, reason) in cases {
        let folder = folder_with(&[("flow.yaml", REPLAYED), ("log.csv", &log)]);
        let ended = run_in(folder.path(), &["replay", "flow.yaml", "--from", "log.csv"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{reason}");
        assert_contains(&ended.stderr, reason);
    }
    let folder = folder_with(&[("flow.yaml", REPLAYED)]);
    let ended = run_in(folder.path(), &["replay", "flow.yaml", "--from", "none.csv"]);
    assert_eq!(ended.code, Some(2));
    assert_contains(&ended.stderr, "the log none.csv cannot be read");
}
