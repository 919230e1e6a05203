//! The program on bad days: a disk that is full, a device that floods.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::mosquitto::Mosquitto;
use crate::program::Program;

const FLOW: &str = "
twinflow: 1
name: Bad days
brokers: { plant: '${TWINFLOW_BROKER}' }
nodes:
  meter: { type: mqtt-in, broker: plant, topic: meter, qos: QOS, fields: { seq: { type: integer }, x: { unit: V } } }
  log: { type: csv-sink, from: meter, file: log.csv }
";

/// A node that remembers something.
const SUM: &str = "  sum: { type: kpi, from: meter, values: { total: integral(x) } }\n";

fn write_flow(folder: &Path, qos: u8, more: &str) {
    let flow = FLOW.replace("QOS", &qos.to_string()) + more;
    fs::write(folder.join("flow.yaml"), flow).unwrap();
}

fn publish_lines(port: u16, qos: &str, lines: impl Iterator<Item = String>) {
    let mut client = Command::new("mosquitto_pub")
        .args(["-p", &port.to_string(), "-q", qos, "-t", "meter", "-l"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = std::io::BufWriter::new(client.stdin.take().unwrap());
    for line in lines {
        writeln!(stdin, "{line}").unwrap();
    }
    drop(stdin);
    assert!(client.wait().unwrap().success());
}

fn problem<'s>(status: &'s Value, node: &str, kind: &str) -> Option<&'s Value> {
    let problems = status["problems"].as_array().unwrap();
    problems
        .iter()
        .find(|problem| problem["node"] == node && problem["kind"] == kind)
}

fn rows(folder: &Path) -> Vec<u64> {
    let text = fs::read_to_string(folder.join("log.csv")).unwrap();
    let rows = text.lines().skip(1);
    rows.map(|row| row.split(',').nth(2).unwrap().parse().unwrap())
        .collect()
}

/// A limit on the size of files stands for a full disk: no rights are needed to set one.
fn a_full_disk_holds_readings_back(more: &str, node: &str, kind: &str, named: &str) {
    const READINGS: u64 = 3000;
    let folder = tempfile::tempdir().unwrap();
    write_flow(folder.path(), 1, more);
    let broker = Mosquitto::start_with("allow_anonymous true\nmax_queued_messages 0\n", |_| {});
    let address = format!("mqtt://127.0.0.1:{}", broker.port());
    // 64 blocks of 512 bytes. Without the signal, writing beyond is an error like that of a full disk.
    let limited = "trap '' XFSZ; ulimit -S -f 64; exec \"$0\" run flow.yaml --listen 0";
    let program = Program::start_by(
        Command::new("sh")
            .args(["-c", limited, env!("CARGO_BIN_EXE_twinflow")])
            .current_dir(folder.path())
            .env("TWINFLOW_BROKER", &address),
    );
    program.wait_for_status(|_| connected(&broker));
    let reading = |seq: u64| format!(r#"{{"seq": {seq}, "x": 230.5}}"#);
    publish_lines(broker.port(), "1", (0..READINGS).map(reading));
    let status = program.wait_for_status(|status| problem(status, node, kind).is_some());
    let message = problem(&status, node, kind).unwrap()["message"].as_str().unwrap();
    assert!(message.contains(named), "{message}");
    assert!((rows_so_far(folder.path()) as u64) < READINGS);
    let lifted = Command::new("prlimit")
        .args(["--pid", &program.id().to_string(), "--fsize=unlimited"])
        .status();
    assert!(lifted.unwrap().success());
    program.wait_for_status(|status| status["nodes"]["log"]["out"] == READINGS);
    let (code, stderr) = program.terminate();
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(rows(folder.path()), (0..READINGS).collect::<Vec<_>>());
}

#[test]
fn a_full_disk_holds_readings_back_before_the_file() {
    a_full_disk_holds_readings_back("", "log", "cannot write", "log.csv");
}

#[test]
fn a_full_disk_holds_readings_back_before_what_is_remembered() {
    a_full_disk_holds_readings_back(SUM, "state", "state not saved", "flow.state.sqlite");
}

/// Whole rows; the last may have been cut by the limit.
fn rows_so_far(folder: &Path) -> usize {
    fs::read_to_string(folder.join("log.csv")).map_or(0, |text| text.lines().count())
}

/// Whether someone has subscribed: Mosquitto keeps nothing for a session that it never saw.
fn connected(broker: &Mosquitto) -> bool {
    let log = broker.log();
    log.iter().any(|line| line.contains("SUBSCRIBE"))
}

#[test]
fn a_flood_is_taken_as_fast_as_it_goes_in_bounded_memory() {
    const READINGS: u64 = 200_000;
    let folder = tempfile::tempdir().unwrap();
    write_flow(folder.path(), 0, SUM);
    let broker = Mosquitto::start();
    let address = format!("mqtt://127.0.0.1:{}", broker.port());
    let arguments = ["run", "flow.yaml", "--listen", "0"];
    let program = Program::start_with(folder.path(), &arguments, &[("TWINFLOW_BROKER", &address)]);
    program.wait_for_status(|_| connected(&broker));
    let port = broker.port();
    let flood = std::thread::spawn(move || {
        let reading = |seq: u64| format!(r#"{{"seq": {seq}, "x": 230.5}}"#);
        publish_lines(port, "0", (0..READINGS).map(reading));
    });
    flood.join().unwrap();
    // The server has answered all the while; what was dropped is counted, whoever dropped it: the broker tells nobody.
    let status = program.wait_for_status(|status| {
        let counted = |node: &str, what: &str| status["nodes"][node][what].as_u64().unwrap();
        counted("meter", "out") > 0 && counted("meter", "out") == counted("log", "out")
    });
    let taken = status["nodes"]["meter"]["out"].as_u64().unwrap();
    let dropped = problem(&status, "meter", "messages dropped").map_or(0, |p| p["count"].as_u64().unwrap());
    assert!(taken + dropped <= READINGS, "{taken} and {dropped}");
    let memory_kb = resident_kb(program.id());
    assert!(memory_kb < 200_000, "{memory_kb} kB");
    let (code, stderr) = program.terminate();
    assert_eq!(code, Some(0), "{stderr}");
}

/// As many slow scripts as there may be threads, with work for minutes: the dashboard answers all the same.
#[test]
fn slow_scripts_do_not_keep_the_dashboard_waiting() {
    const READINGS: u64 = 20_000;
    let threads = std::thread::available_parallelism().unwrap().get();
    let script = |number: usize| {
        format!(
            "  slow-{number}: {{ type: rhai-function, from: meter, outputs: {{ y: {{ type: integer }} }}, script: 'let s = 0; for i in 0..20000 {{ s += i; }} y = s;' }}
  show-{number}: {{ type: dashboard-widget, from: slow-{number}, widget: value, fields: [y] }}
"
        )
    };
    let folder = tempfile::tempdir().unwrap();
    write_flow(
        folder.path(),
        0,
        &(0..2 * threads).map(script).collect::<String>(),
    );
    let broker = Mosquitto::start();
    let address = format!("mqtt://127.0.0.1:{}", broker.port());
    let arguments = ["run", "flow.yaml", "--listen", "0"];
    let program = Program::start_with(folder.path(), &arguments, &[("TWINFLOW_BROKER", &address)]);
    program.wait_for_status(|_| connected(&broker));
    let reading = |seq: u64| format!(r#"{{"seq": {seq}, "x": 230.5}}"#);
    publish_lines(broker.port(), "0", (0..READINGS).map(reading));
    program.wait_for_status(|status| status["nodes"]["slow-0"]["in"].as_u64() > Some(0));
    for _ in 0..20 {
        assert_eq!(program.request("GET", "/healthz", &[], "").0, 200);
    }
    let status = program.wait_for_status(|_| true);
    let done = status["nodes"]["slow-0"]["out"].as_u64().unwrap();
    assert!(
        done < status["nodes"]["meter"]["out"].as_u64().unwrap(),
        "they have work left: {done}"
    );
}

/// Memory in use, in kB.
fn resident_kb(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
