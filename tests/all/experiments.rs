//! Experiments over HTTP and by command: runs with a virtual fan, a killed process, and what reads a run's file.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Ended, PATIENCE, Program, run_in};

const FLOW: &str = "twinflow: 1
name: Trials
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  machine:
    type: virtual-fan
    broker: plant
    topic: fan/data
    commands: fan/command
    rate: 10 Hz
    faults: none
  fan:
    type: mqtt-in
    broker: plant
    topic: fan/data
    time: timestamp
    key: asset_id
    fields:
      temp:         { unit: °C }
      rpm:          { unit: rpm }
      current:      { unit: A }
      vibration:    { unit: g }
      run:          { type: integer, optional: true }
      actual_fault: { path: fault.code, type: integer, optional: true }
  trial:
    type: experiment
    from: fan
    folder: data/runs
    parameters:
      fault:
        options:
          - { value: { class: imbalance, severity: 0.9 }, label: Imbalance }
          - { value: { class: overcurrent, severity: 0.9 }, label: Overcurrent }
      heat_load: { unit: W, range: [0, 500], default: 150 }
    phases:
      baseline: { for: 1 s, send: { fault: { class: none }, process_heat_load_w: $heat_load } }
      fault:    { for: LASTS, send: { fault: $fault } }
      recovery: { for: 1 s, send: { fault: { class: none } } }
  commands: { type: mqtt-out, from: trial, broker: plant, topic: fan/command }
  heard:
    type: mqtt-in
    broker: plant
    topic: fan/command
    fields:
      class:  { type: text, path: fault.class, optional: true }
      heat:   { path: process_heat_load_w, optional: true }
  answers:
    type: mqtt-in
    broker: plant
    topic: fan/command/ack
    fields: { accepted: { type: boolean } }
  show:   { type: dashboard-widget, from: heard, widget: table, fields: [class, heat] }
  obeyed: { type: dashboard-widget, from: answers, widget: table, fields: [accepted] }
tests:
  nothing goes out by itself:
    given: { fan: [{ temp: 20, rpm: 0, current: 0, vibration: 0 }] }
    expect: { commands: { count: 0 } }
";

fn folder(lasts: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flow.yaml"), FLOW.replace("LASTS", lasts)).unwrap();
    folder
}

/// The flow at work, its fan reporting.
fn start(folder: &Path) -> Program {
    let program = Program::start(folder, &["run", "flow.yaml", "--listen", "0"]);
    program.wait_for_status(|status| status["nodes"]["trial"]["in"].as_u64() > Some(0));
    program
}

fn experiment(folder: &Path, dashboard: SocketAddr, arguments: &[&str]) -> Ended {
    let url = format!("http://{dashboard}");
    let mut all = vec!["experiment"];
    all.extend(arguments);
    all.extend(["--url", &url]);
    run_in(folder, &all)
}

fn ask(program: &Program, operation: &str, arguments: &Value) -> (u16, Value) {
    let headers = [("Content-Type", "application/json")];
    let path = format!("/api/nodes/trial/{operation}");
    let (code, body) = program.request("POST", &path, &headers, &arguments.to_string());
    (code, serde_json::from_str(&body).unwrap_or(Value::Null))
}

/// The newest run, once it is as wanted.
fn newest(program: &Program, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (code, runs) = program.request("GET", "/api/nodes/trial/list", &[], "");
        assert_eq!(code, 200, "{runs}");
        let runs: Value = serde_json::from_str(&runs).unwrap();
        if wanted(&runs[0]) {
            return runs[0].clone();
        }
        assert!(Instant::now() < deadline, "{runs:#}");
        // The run is asked for, not announced: there is no event to wait for.
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join("data/runs").join(file)).unwrap()
}

#[test]
fn a_run_by_command_can_be_waited_for_and_its_file_is_for_training_and_replay() {
    let folder = folder("2 s");
    let folder = folder.path();
    let program = start(folder);
    let mut log = String::new();
    for fault in ["Imbalance", "Overcurrent"] {
        let parameter = format!("fault={fault}");
        let arguments = [
            "start",
            "--parameter",
            &parameter,
            "-p",
            "heat_load=0.2 kW",
            "--note",
            "new bearing",
            "--wait",
        ];
        let ended = experiment(folder, program.dashboard(), &arguments);
        assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{}", ended.stdout);
        for part in [
            "started 20",
            " s  baseline\n",
            " s  fault\n",
            " s  recovery\n",
            "complete: ",
        ] {
            assert!(ended.stdout.contains(part), "`{part}` is not in {}", ended.stdout);
        }
        let file = ended.stdout.trim_end().rsplit_once(' ').unwrap().1;
        let csv = read(folder, file);
        let (header, rows) = csv.split_once('\n').unwrap();
        assert_eq!(
            header,
            "time,key,temp [°C],rpm [rpm],current [A],vibration [g],actual_fault,run,phase"
        );
        let code = if fault == "Imbalance" { 3 } else { 1 };
        let fault_rows = format!(",{code},{},fault\n", file.trim_end_matches(".csv"));
        assert!(rows.contains(&fault_rows), "{csv}");
        log.push_str(if log.is_empty() { &csv } else { rows });
    }
    // What a phase does not name is not said, and what the fan hears it takes.
    program.wait_for_status(|status| {
        status["nodes"]["heard"]["out"] == 6 && status["nodes"]["answers"]["out"] == 6
    });
    let problems = program.wait_for_status(|_| true)["problems"].clone();
    assert_eq!(problems, json!([]));
    let (_, files) = program.request("GET", "/api/files/trial", &[], "");
    let files: Value = serde_json::from_str(&files).unwrap();
    let newest = files[0]["name"].as_str().unwrap();
    assert_eq!(files.as_array().unwrap().len(), 2, "{files:#}");
    let (code, csv) = program.request("GET", &format!("/api/files/trial/{newest}"), &[], "");
    assert!(
        code == 200 && csv.ends_with(&read(folder, newest)),
        "{code} {csv}"
    );
    let listed = experiment(folder, program.dashboard(), &["list"]);
    let lines: Vec<&str> = listed.stdout.lines().collect();
    assert!(
        lines[0].starts_with("run ") && lines.len() == 3,
        "{}",
        listed.stdout
    );
    for part in [
        "complete",
        "fault=Overcurrent heat_load=200.0",
        "local",
        "new bearing",
    ] {
        assert!(lines[1].contains(part), "{}", listed.stdout);
    }
    assert_eq!(program.terminate().0, Some(0));

    fs::write(folder.join("runs.csv"), log).unwrap();
    let readings = format!("{}/examples/fan-readings.yaml", env!("CARGO_MANIFEST_DIR"));
    let trained = run_in(
        folder,
        &[
            "train",
            &readings,
            "--from",
            "runs.csv",
            "--out",
            "model.json",
            "--trees",
            "5",
        ],
    );
    assert_eq!(trained.code, Some(0), "{}", trained.stderr);
    assert!(trained.stdout.contains("2 runs in 2 parts"), "{}", trained.stdout);
    let replayed = run_in(
        folder,
        &["replay", "flow.yaml", "--from", "runs.csv", "--source", "fan"],
    );
    assert_eq!(replayed.code, Some(0), "{}", replayed.stderr);
}

#[test]
fn a_run_is_started_and_stopped_over_http_and_by_command() {
    let folder = folder("10 min");
    let folder = folder.path();
    let program = start(folder);
    let (_, dashboard) = program.request("GET", "/api/dashboard", &[], "");
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let groups = dashboard["pages"][0]["groups"].as_array().unwrap();
    let group = groups
        .iter()
        .find(|group| group["title"] == "Experiments")
        .unwrap();
    let widget = &group["widgets"][0];
    assert_eq!(
        (&widget["kind"], &widget["title"]),
        (&json!("experiment"), &json!("Experiment"))
    );
    let fields: Vec<&str> = widget["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["run", "phase", "elapsed", "phase_elapsed"]);
    assert_eq!(
        widget["experiment"],
        json!({
            "phases": [
                { "name": "baseline", "seconds": 1.0 },
                { "name": "fault", "seconds": 600.0 },
                { "name": "recovery", "seconds": 1.0 },
            ],
            "parameters": [
                {
                    "name": "fault", "title": "Fault", "unit": null, "range": null, "step": null,
                    "options": [
                        { "value": { "class": "imbalance", "severity": 0.9 }, "label": "Imbalance" },
                        { "value": { "class": "overcurrent", "severity": 0.9 }, "label": "Overcurrent" },
                    ],
                    "default": { "class": "imbalance", "severity": 0.9 },
                },
                {
                    "name": "heat_load", "title": "Heat load", "unit": "W", "range": [0.0, 500.0], "step": null,
                    "options": null, "default": 150,
                },
            ],
        })
    );
    let (code, answer) = ask(&program, "start", &json!({ "parameters": { "heat_load": 900 } }));
    let error = "`heat_load`: 900 W is above 500 W, the most that is allowed";
    assert_eq!((code, answer), (422, json!({ "error": error })));
    let (code, answer) = ask(&program, "start", &json!({ "note": "by hand" }));
    assert_eq!(code, 200, "{answer}");
    let run = answer["run"].as_str().unwrap();
    let second = experiment(folder, program.dashboard(), &["start"]);
    assert_eq!(second.code, Some(1));
    assert!(
        second
            .stderr
            .contains(&format!("the run {run}, started by local, is going on")),
        "{}",
        second.stderr
    );
    newest(&program, |told| told["phase"] == "fault");
    let stopped = experiment(folder, program.dashboard(), &["stop"]);
    assert_eq!(
        (stopped.code, stopped.stdout),
        (Some(0), format!("stopped {run}\n"))
    );
    let told = newest(&program, |told| told["outcome"] != "running");
    assert_eq!(
        (&told["outcome"], &told["note"], &told["by"]),
        (&json!("stopped"), &json!("by hand"), &json!("local"))
    );
    // Baseline, fault, and the end of the fault.
    program.wait_for_status(|status| status["nodes"]["heard"]["out"] == 3);
    let nothing = experiment(folder, program.dashboard(), &["stop", "--node", "trial"]);
    assert_eq!(nothing.code, Some(1));
    assert!(
        nothing.stderr.contains("no run is going on"),
        "{}",
        nothing.stderr
    );
    // Somebody who waits learns of it by the exit code.
    let waiting = std::thread::scope(|scope| {
        let dashboard = program.dashboard();
        let waiting = scope.spawn(move || experiment(folder, dashboard, &["start", "--wait"]));
        newest(&program, |told| {
            told["outcome"] == "running" && told["run"] != run
        });
        ask(&program, "stop", &json!({}));
        waiting.join().unwrap()
    });
    assert_eq!(waiting.code, Some(1), "{}", waiting.stdout);
    assert!(
        waiting.stderr.contains("was stopped (stopped by local)"),
        "{}",
        waiting.stderr
    );
    // What only tells is not noted.
    let (_, audit) = program.request("GET", "/api/audit", &[], "");
    assert!(!audit.contains("\"list\""), "{audit}");
}

#[test]
fn after_a_kill_the_run_is_interrupted_and_the_fan_gets_the_last_commands() {
    let folder = folder("10 min");
    let folder = folder.path();
    let mut program = start(folder);
    let (_, answer) = ask(&program, "start", &json!({}));
    let run = answer["run"].as_str().unwrap().to_owned();
    newest(&program, |told| {
        told["phase"] == "fault" && told["rows"].as_u64() > Some(0)
    });
    program.kill();
    assert!(folder.join(format!("data/runs/{run}.csv.partial")).exists());

    // Whatever reads the flow beside it leaves the run alone.
    let tested = run_in(folder, &["test", "flow.yaml"]);
    assert_eq!(tested.code, Some(0), "{}", tested.stderr);
    assert!(folder.join(format!("data/runs/{run}.csv.partial")).exists());

    let program = start(folder);
    let told = newest(&program, |_| true);
    assert_eq!(
        (&told["run"], &told["outcome"], &told["reason"]),
        (
            &json!(run),
            &json!("interrupted"),
            &json!("twinflow ended during the run")
        )
    );
    let csv = read(folder, &format!("{run}.csv"));
    assert_eq!(csv.lines().count() as u64 - 1, told["rows"].as_u64().unwrap());
    assert!(csv.ends_with('\n') && csv.contains(",baseline\n"), "{csv}");
    program.wait_for_status(|status| status["nodes"]["heard"]["out"] == 1);
    let ended = experiment(
        folder,
        program.dashboard(),
        &["start", "--wait", "--key", "nobody"],
    );
    assert!(
        ended.stderr.contains("there is no machine `nobody`"),
        "{}",
        ended.stderr
    );
}
