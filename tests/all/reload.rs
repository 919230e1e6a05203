//! `twinflow reload`: a running flow becomes what its file says.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::program::{Program, run};

const FLOW: &str = "
twinflow: 1
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan: { type: virtual-fan, broker: plant, topic: fan }
  seen: { type: mqtt-in, broker: plant, topic: fan, fields: { current: { unit: A } } }
  kpis: { type: kpi, from: seen, values: { double: 2 * current } }
";

/// Puts another folder in the place of the flow's. A flow that follows its file does not see that by itself, so that only
/// the command can have reloaded it.
fn deploy(root: &Path, version: &str, flow: &str) {
    fs::create_dir(root.join(version)).unwrap();
    fs::write(root.join(version).join("flow.yaml"), flow).unwrap();
    let link = root.join("next");
    symlink(version, &link).unwrap();
    fs::rename(link, root.join("now")).unwrap();
}

#[test]
fn a_flow_becomes_what_its_file_says() {
    let root = tempfile::tempdir().unwrap();
    deploy(root.path(), "first", FLOW);
    let program = Program::start(root.path(), &["run", "now/flow.yaml", "--listen", "0"]);
    let url = format!("http://{}", program.dashboard());
    let reload = || run(&["reload", "--url", &url]);
    let ended = reload();
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), "reloaded: no node is another\n", "")
    );

    let changed = FLOW.replace("2 * current", "3 * current")
        + "  more: { type: kpi, from: seen, values: { half: current / 2 } }\n";
    deploy(root.path(), "second", &changed);
    let ended = reload();
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), "reloaded: added more; changed kpis\n", "")
    );
    program.wait_for_status(|status| status["nodes"]["more"]["out"].as_u64() > Some(0));

    deploy(root.path(), "third", &FLOW.replace("2 * current", "2 * curent"));
    let ended = reload();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(lines[0], "not reloaded, the flow runs on as it was");
    assert!(
        ended.stderr.contains("`curent`") && ended.stderr.contains("`current`"),
        "{}",
        ended.stderr
    );
    let before = program.wait_for_status(|status| status["fault"] != json!(null));
    let count = before["nodes"]["more"]["out"].as_u64();
    program.wait_for_status(|status| status["nodes"]["more"]["out"].as_u64() > count);
}

#[test]
fn a_flow_follows_its_file_and_its_scripts_even_where_they_are_wrong() {
    let root = tempfile::tempdir().unwrap();
    let flow = root.path().join("flow.yaml");
    let script = root.path().join("double.rhai");
    let text = |script: &str| {
        format!(
            "/* twinflow: 1\ninputs: {{ current: {{ unit: A }} }}\noutputs: {{ double: {{ unit: A }} }}\n*/\n{script}\n"
        )
    };
    fs::write(&flow, FLOW).unwrap();
    let program = Program::start(root.path(), &["run", "flow.yaml", "--listen", "0"]);
    let fault = |status: &serde_json::Value| status["fault"]["report"].as_str().map(str::to_owned);
    let wrong = |found: &'static str| {
        move |status: &serde_json::Value| fault(status).is_some_and(|report| report.contains(found))
    };

    fs::write(&script, text("double = 2.0 * ;")).unwrap();
    let scripted = format!("{FLOW}  mine: {{ type: ./double.rhai, from: seen }}\n");
    fs::write(&flow, &scripted).unwrap();
    program.wait_for_status(wrong("double.rhai:5"));
    // Only the script is mended.
    fs::write(&script, text("double = 2.0 * current;")).unwrap();
    program.wait_for_status(|status| status["nodes"]["mine"]["out"].as_u64() > Some(0));

    fs::remove_file(&flow).unwrap();
    program.wait_for_status(wrong("cannot be read"));
    fs::write(&flow, &scripted).unwrap();
    program.wait_for_status(|status| status["fault"] == json!(null));
}

#[test]
fn a_scenario_that_changes_is_another_flow() {
    let root = tempfile::tempdir().unwrap();
    let flow = FLOW.replace(
        "topic: fan }\n  seen",
        "topic: fan, scenario: days/day.yaml }\n  seen",
    );
    fs::write(root.path().join("flow.yaml"), &flow).unwrap();
    fs::create_dir(root.path().join("days")).unwrap();
    let day = root.path().join("days/day.yaml");
    let scenario = |line: &str| {
        fs::write(
            &day,
            format!("twinflow-scenario: 1\ntimeline:\n  - {{ at: 0 s, {line} }}\n"),
        )
        .unwrap()
    };
    scenario("sensor: current, failure: offset, by: 100 A");
    let program = Program::start(root.path(), &["run", "flow.yaml", "--listen", "0"]);
    let tap = |wanted: fn(f64) -> bool| {
        let url = format!("http://{}", program.dashboard());
        let mut tap = Command::new(env!("CARGO_BIN_EXE_twinflow"))
            .args(["tap", "kpis", "--url", &url])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(tap.stdout.take().unwrap()).lines();
        let mut records =
            lines.map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap());
        assert!(records.any(|record| record["fields"]["double"].as_f64().is_some_and(wanted)));
        tap.kill().unwrap();
        tap.wait().unwrap();
    };
    tap(|double| double > 200.0);
    scenario("sensor: curent, failure: missing");
    program.wait_for_status(|status| {
        let report = status["fault"]["report"].as_str();
        report.is_some_and(|report| {
            report.contains("days/day.yaml:3:24") && report.contains("did you mean `current`?")
        })
    });
    scenario("heat_load: 100 W");
    program.wait_for_status(|status| status["fault"] == json!(null));
    tap(|double| double < 100.0);
    fs::remove_file(&day).unwrap();
    program.wait_for_status(|status| {
        status["fault"]["report"]
            .as_str()
            .is_some_and(|report| report.contains("day.yaml cannot be read"))
    });
    scenario("heat_load: 200 W");
    program.wait_for_status(|status| status["fault"] == json!(null));
}

#[test]
fn a_tap_ends_when_a_reload_takes_its_node_away() {
    let root = tempfile::tempdir().unwrap();
    deploy(root.path(), "first", FLOW);
    let program = Program::start(root.path(), &["run", "now/flow.yaml", "--listen", "0"]);
    let url = format!("http://{}", program.dashboard());
    let mut tap = Command::new(env!("CARGO_BIN_EXE_twinflow"))
        .args(["tap", "kpis", "--url", &url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tap.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("{\"time\""));
    let without = FLOW.lines().filter(|line| !line.contains("kpis"));
    deploy(root.path(), "second", &without.collect::<Vec<_>>().join("\n"));
    let ended = run(&["reload", "--url", &url]);
    assert_eq!(ended.stdout, "reloaded: removed kpis\n", "{}", ended.stderr);
    lines.for_each(drop);
    let tapped = tap.wait_with_output().unwrap();
    assert_eq!(tapped.status.code(), Some(1));
    let told = format!("error: the flow at {url} was changed: `kpis` is gone, or has other outputs now\n");
    assert_eq!(String::from_utf8(tapped.stderr).unwrap(), told);
}
