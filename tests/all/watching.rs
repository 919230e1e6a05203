//! Sight of a running flow: what leaves its nodes, whether they are ready, and how they are doing.

use std::fs;

use serde_json::{Value, json};

use crate::mosquitto::{self, Mosquitto};
use crate::program::{PATIENCE, Program, run};

/// Two simulated fans on one topic, so that something always comes.
const FANS: &str = "
twinflow: 1
name: Two fans
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  left:  { type: virtual-fan, broker: plant, topic: fans, asset_id: left }
  right: { type: virtual-fan, broker: plant, topic: fans, asset_id: right }
  fan: { type: mqtt-in, broker: plant, topic: fans, key: asset_id, fields: { temp: { unit: °C }, current: { unit: A } } }
  picky: { type: mqtt-in, broker: plant, topic: fans, key: asset_id, fields: { colour: { type: text } } }
  kpis: { type: kpi, from: fan, values: { power: 230 V * current } }
  log: { type: csv-sink, from: [kpis, picky], file: log.csv }
";

fn fans() -> (tempfile::TempDir, Program, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flow.yaml"), FANS).unwrap();
    let program = Program::start(folder.path(), &["run", "flow.yaml", "--listen", "0"]);
    let url = format!("http://{}", program.dashboard());
    (folder, program, url)
}

fn lines(text: &str) -> Vec<Value> {
    // Sizes of chunks stand between the lines of a raw answer.
    let lines = text.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_tap_shows_what_leaves_a_node() {
    let (_folder, program, _) = fans();
    let (code, body) = program.request("GET", "/api/tap/kpis?records=3&key=left", &[], "");
    assert_eq!(code, 200);
    let records = lines(&body);
    assert_eq!(records.len(), 3, "{body}");
    for record in &records {
        assert_eq!(
            (&record["node"], &record["output"], &record["key"]),
            (&json!("kpis"), &json!("out"), &json!("left"))
        );
        assert!(record["time"].as_str().unwrap().ends_with('Z'), "{record}");
        let of = |field: &str| record["fields"][field].as_f64().unwrap();
        assert!((of("power") - 230.0 * of("current")).abs() < 1e-6, "{record}");
    }
    // A sink has no outputs: what arrives is shown.
    let (_, body) = program.request(
        "GET",
        "/api/tap/log?records=1",
        &[("Accept-Encoding", "gzip")],
        "",
    );
    assert_eq!(lines(&body)[0]["output"], Value::Null);
    let (_, body) = program.request("GET", "/api/tap/picky.error?records=1", &[], "");
    assert_eq!(lines(&body)[0]["fields"]["error"], json!("missing field"));
    let (code, body) = program.request("GET", "/api/tap/kpsi", &[], "");
    let told = json!({ "error": "the flow has no node `kpsi`; did you mean `kpis`?" });
    assert_eq!((code, serde_json::from_str(&body).ok()), (404, Some(told)));
    assert_eq!(program.request("GET", "/api/tap/kpis?recods=3", &[], "").0, 400);
}

#[test]
fn the_command_tap_prints_the_same() {
    let (_folder, _program, url) = fans();
    let ended = run(&["tap", "fan", "--url", &url, "--records", "4"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let records = lines(&ended.stdout);
    assert_eq!((records.len(), ended.stdout.lines().count()), (4, 4));
    assert!(records.iter().all(|record| record["fields"]["temp"].is_f64()));
    let ended = run(&["tap", "fan.eror", "--url", &url]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        ended.stderr,
        "error: the node `fan` has no output `eror`; did you mean `error`?\n"
    );
}

#[test]
fn commands_say_when_nothing_runs() {
    let url = format!("http://127.0.0.1:{}", mosquitto::free_port());
    for arguments in [&["tap", "fan"][..], &["top"], &["top", "--once"], &["reload"]] {
        let ended = run(&[arguments, &["--url", &url]].concat());
        let told = format!(
            "error: no flow runs at {url} (nothing listens there); start one with `twinflow run FLOW`, or name its \
             dashboard with `--url`\n"
        );
        assert_eq!((ended.code, ended.stderr), (Some(1), told));
    }
}

#[test]
fn a_flow_is_ready_when_its_brokers_and_files_are() {
    let folder = tempfile::tempdir().unwrap();
    let flow = "
twinflow: 1
brokers: { plant: '${TWINFLOW_BROKER}' }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  twin: { type: mqtt-out, from: fan, broker: plant, topic: twin }
  log: { type: csv-sink, from: fan, file: data/log.csv }
";
    fs::write(folder.path().join("flow.yaml"), flow).unwrap();
    // No folder can be made where a file is.
    fs::write(folder.path().join("data"), "").unwrap();
    let mut broker = Mosquitto::start();
    broker.kill();
    let address = format!("mqtt://127.0.0.1:{}", broker.port());
    let arguments = ["run", "flow.yaml", "--listen", "0"];
    let program = Program::start_with(folder.path(), &arguments, &[("TWINFLOW_BROKER", &address)]);
    let not_ready = |body: &str| -> Vec<(String, String)> {
        let body: Value = serde_json::from_str(body).unwrap();
        let nodes = body["notReady"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        nodes
            .map(|node| (text(&node["node"]), text(&node["reason"])))
            .collect()
    };
    let ready = |wanted: &[&str]| {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let (code, body) = program.request("GET", "/readyz", &[], "");
            let found = not_ready(&body);
            let nodes: Vec<&str> = found.iter().map(|(node, _)| node.as_str()).collect();
            // At first they connect; then there is a reason why they cannot.
            if nodes == wanted && !found.iter().any(|(_, reason)| reason.starts_with("connecting")) {
                let expected = if wanted.is_empty() { 200 } else { 503 };
                assert_eq!(code, expected, "{body}");
                return found;
            }
            assert!(std::time::Instant::now() < deadline, "{body}");
            // It is asked for, not announced: there is no event to wait for.
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    };
    let found = ready(&["fan", "twin", "log"]);
    assert!(found[0].1.contains("connection refused"), "{found:?}");
    assert!(found[2].1.contains("log.csv"), "{found:?}");
    assert_eq!(program.request("GET", "/healthz", &[], "").0, 200);
    let (_, status) = program.request("GET", "/api/status", &[], "");
    assert_eq!(not_ready(&status), found);
    broker.restart();
    ready(&["log"]);
    fs::remove_file(folder.path().join("data")).unwrap();
    mosquitto::publish(broker.port(), "fan", br#"{"temp": 20}"#, &["-q", "1"]);
    ready(&[]);
    broker.kill();
    ready(&["fan", "twin"]);
}

#[test]
fn one_snapshot_of_a_flow_is_plain_text() {
    let (_folder, program, url) = fans();
    program.wait_for_status(|status| {
        status["nodes"]["log"]["out"].as_u64() > Some(0)
            && status["nodes"]["picky"]["errors"].as_u64() > Some(0)
            && status["notReady"] == json!([])
    });
    let ended = run(&["top", "--once", "--url", &url]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let rows: Vec<Vec<&str>> = ended
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(&rows[0][..3], ["Two", "fans,", "up"], "{}", ended.stdout);
    assert_eq!(
        rows[2],
        [
            "NODE", "TYPE", "IN", "OUT", "ERRORS", "DROPS", "QUEUE", "TIME", "STATE"
        ]
    );
    let names: Vec<&str> = rows[3..9].iter().map(|row| row[0]).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["fan", "kpis", "left", "log", "picky", "right"]);
    assert_eq!(names.last(), Some(&"log"), "the order is that of the flow");
    let log = rows.iter().find(|row| row.first() == Some(&"log")).unwrap();
    assert_eq!(
        (log[1], log[8], log.last()),
        ("csv-sink", "ready", Some(&"ready")),
        "{log:?}"
    );
    assert!(
        ended.stdout.contains("\npicky: missing field, "),
        "{}",
        ended.stdout
    );
}
