//! One flow with the embedded broker and with Mosquitto: a reading by hand reaches the file, the dashboard's feed and an
//! `mqtt-out` topic; broken ones are counted by kind; a broker that goes away comes back.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::mosquitto::{self, Mosquitto, Subscription};
use crate::program::{self, Program};

const FLOW: &str = "
twinflow: 1
name: Hand-made
brokers: { plant: '${TWINFLOW_BROKER:-embedded://127.0.0.1:0}' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: factory/fan/data
    time: timestamp
    fields: { temp: { unit: °C, range: [0, 60] }, current: { unit: A } }
  kpis: { type: kpi, from: fan, values: { power: 230 V * current } }
  log: { type: csv-sink, from: kpis, file: log.csv }
  twin: { type: mqtt-out, from: kpis, broker: plant, topic: twin/out }
  show: { type: dashboard-widget, from: kpis, widget: gauge, fields: [temp, power] }
";

fn start(folder: &Path, broker: Option<u16>) -> Program {
    fs::write(folder.join("flow.yaml"), FLOW).unwrap();
    let arguments = ["run", "flow.yaml", "--listen", "0"];
    match broker {
        None => Program::start(folder, &arguments),
        Some(port) => {
            let address = format!("mqtt://127.0.0.1:{port}");
            Program::start_with(folder, &arguments, &[("TWINFLOW_BROKER", &address)])
        }
    }
}

/// The flow subscribes on its own time: publishing begins when a first reading has come through.
fn reach(program: &Program, port: u16) {
    let deadline = std::time::Instant::now() + program::PATIENCE;
    loop {
        mosquitto::publish(port, "factory/fan/data", br#"{"temp": 0, "current": 0}"#, &[]);
        let (_, body) = program.request("GET", "/api/status", &[], "");
        let status: Value = serde_json::from_str(&body).unwrap();
        if status["nodes"]["fan"]["out"].as_u64() > Some(0) {
            return;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "no reading came through: {status:#}"
        );
    }
}

fn a_reading_goes_everywhere(folder: &Path, program: Program, port: u16) {
    reach(&program, port);
    let twin = Subscription::start(port, "twin/out", &[]);
    let reading = r#"{"temp": 23.75, "current": 1.5, "timestamp": "2026-03-01T12:00:00.250Z", "more": [1]}"#;
    mosquitto::publish(port, "factory/fan/data", reading.as_bytes(), &["-q", "1"]);
    let answer = loop {
        // Readings by which the connection was tried may still be on their way.
        let message = twin.message();
        let payload = &message[message.find('{').unwrap()..];
        let answer: Value = serde_json::from_str(payload).unwrap();
        if answer["temp"] != json!(0.0) {
            break answer;
        }
    };
    assert_eq!(
        answer,
        json!({ "timestamp": 1_772_366_400_250_i64, "temp": 23.75, "current": 1.5, "power": 345.0 })
    );
    let (code, stderr) = program.terminate();
    assert_eq!(code, Some(0), "{stderr}");
    let log = fs::read_to_string(folder.join("log.csv")).unwrap();
    assert_eq!(
        log.lines().next(),
        Some("time,key,temp [°C],current [A],power [W]")
    );
    assert_eq!(
        log.lines().last(),
        Some("2026-03-01T12:00:00.250Z,,23.75,1.5,345")
    );
}

#[test]
fn a_reading_goes_everywhere_through_the_embedded_broker() {
    let folder = tempfile::tempdir().unwrap();
    let program = start(folder.path(), None);
    let port = program.broker().port();
    a_reading_goes_everywhere(folder.path(), program, port);
}

#[test]
fn a_reading_goes_everywhere_through_mosquitto() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Mosquitto::start();
    let program = start(folder.path(), Some(broker.port()));
    a_reading_goes_everywhere(folder.path(), program, broker.port());
}

#[test]
fn broken_readings_are_counted_by_kind_and_the_next_good_one_goes_through() {
    let folder = tempfile::tempdir().unwrap();
    let program = start(folder.path(), None);
    let port = program.broker().port();
    reach(&program, port);
    let before = program.wait_for_status(|_| true)["nodes"]["fan"]["out"]
        .as_u64()
        .unwrap();
    let huge = vec![b'x'; 1_000_000];
    let broken: [(&str, &[u8]); 6] = [
        ("not JSON", b"temp=20"),
        ("missing field", br#"{"temp": 20}"#),
        ("wrong type", br#"{"temp": "warm", "current": 1}"#),
        ("not a number", br#"{"temp": NaN, "current": 1}"#),
        ("too large", &huge),
        (
            "bad time",
            br#"{"temp": 20, "current": 1, "timestamp": "yesterday"}"#,
        ),
    ];
    for (_, payload) in broken {
        for _ in 0..2 {
            mosquitto::publish(port, "factory/fan/data", payload, &["-q", "1"]);
        }
    }
    mosquitto::publish(
        port,
        "factory/fan/data",
        br#"{"temp": 20, "current": 1}"#,
        &["-q", "1"],
    );
    let status = program.wait_for_status(|status| status["nodes"]["fan"]["out"].as_u64() > Some(before));
    let problems = status["problems"].as_array().unwrap();
    for (kind, _) in broken {
        let problem = problems.iter().find(|problem| problem["kind"] == json!(kind));
        let problem = problem.unwrap_or_else(|| panic!("{kind} is not in {problems:#?}"));
        assert_eq!((&problem["count"], &problem["node"]), (&json!(2), &json!("fan")));
        assert!(
            problem["message"].as_str().unwrap().contains("factory/fan/data"),
            "{problem}"
        );
    }
    let (_, stderr) = program.terminate();
    for (kind, _) in broken {
        assert_eq!(
            stderr.matches(&format!("{kind}: on `factory/fan/data`")).count(),
            1,
            "{kind}:\n{stderr}"
        );
    }
}

#[test]
fn a_broker_that_comes_late_or_goes_away_is_named_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Mosquitto::start();
    broker.kill();
    let program = start(folder.path(), Some(broker.port()));
    let lost = |status: &Value| {
        let problems = status["problems"].as_array().unwrap();
        problems
            .iter()
            .any(|problem| problem["node"] == json!("fan") && problem["kind"] == json!("broker lost"))
    };
    let status = program.wait_for_status(lost);
    assert!(
        status["problems"].to_string().contains("connection refused"),
        "{status:#}"
    );
    broker.restart();
    reach(&program, broker.port());
    let before = program.wait_for_status(|_| true)["nodes"]["fan"]["out"]
        .as_u64()
        .unwrap();
    broker.kill();
    broker.restart();
    let deadline = std::time::Instant::now() + program::PATIENCE;
    loop {
        mosquitto::publish(
            broker.port(),
            "factory/fan/data",
            br#"{"temp": 1, "current": 1}"#,
            &[],
        );
        let (_, body) = program.request("GET", "/api/status", &[], "");
        let status: Value = serde_json::from_str(&body).unwrap();
        if status["nodes"]["fan"]["out"].as_u64() > Some(before) {
            break;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "the flow did not come back: {status:#}"
        );
    }
    let (code, stderr) = program.terminate();
    assert_eq!(code, Some(0), "{stderr}");
}
