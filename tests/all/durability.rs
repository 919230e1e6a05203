//! The program with a real Mosquitto, killed at random moments: what was acknowledged is in the file, and what the nodes
//! remember goes on as if nothing had happened.
//!
//! `TWINFLOW_KILLS=200 cargo test --test all durability::` kills it more often than by default.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::mosquitto::{self, Mosquitto};
use crate::program::{PATIENCE, Program};

/// Readings that carry no time: what a node remembers cannot tell one that comes twice from another one.
const FLOW: &str = "
twinflow: 1
name: Durable
brokers: { plant: '${TWINFLOW_BROKER}' }
nodes:
  meter: { type: mqtt-in, broker: plant, topic: meter, fields: { seq: { type: integer } } }
  counted:
    type: rhai-function
    from: meter
    outputs: { count: { type: integer } }
    script: 'state.count = (state.count ?? 0) + 1; count = state.count;'
  log: { type: csv-sink, from: counted, file: log.csv }
";

fn start(folder: &Path, broker: &Mosquitto) -> Program {
    let address = format!("mqtt://127.0.0.1:{}", broker.port());
    let arguments = ["run", "flow.yaml", "--listen", "0"];
    Program::start_with(folder, &arguments, &[("TWINFLOW_BROKER", &address)])
}

/// Publishes the numbers at QoS 1, with a pause behind each; Mosquitto has all when it returns.
fn publish_numbers(port: u16, numbers: std::ops::Range<u64>, pause: Duration) {
    let mut client = Command::new("mosquitto_pub")
        .args(["-p", &port.to_string(), "-q", "1", "-t", "meter", "-l"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = client.stdin.take().unwrap();
    for number in numbers {
        writeln!(lines, r#"{{"seq": {number}}}"#).unwrap();
        thread::sleep(pause);
    }
    drop(lines);
    assert!(client.wait().unwrap().success());
}

/// How often each number is in the file, and the highest count.
fn log(folder: &Path) -> (BTreeMap<u64, usize>, u64) {
    let text = fs::read_to_string(folder.join("log.csv")).unwrap();
    let (mut seen, mut highest) = (BTreeMap::new(), 0);
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        *seen.entry(cells[2].parse().unwrap()).or_default() += 1;
        highest = highest.max(cells[3].parse().unwrap());
    }
    (seen, highest)
}

/// Runs the flow until it has written the readings up to `last`.
fn finish(folder: &Path, broker: &Mosquitto, last: u64) {
    let program = start(folder, broker);
    let deadline = Instant::now() + PATIENCE;
    // The file grows without an event that tells of it.
    while !fs::read_to_string(folder.join("log.csv")).is_ok_and(|text| text.contains(&format!(",{last},"))) {
        assert!(Instant::now() < deadline, "reading {last} does not come");
        thread::sleep(Duration::from_millis(20));
    }
    let (code, stderr) = program.terminate();
    assert_eq!(code, Some(0), "{stderr}");
}

/// A mosquitto that keeps all that a killed subscriber lacks.
fn patient_mosquitto() -> Mosquitto {
    Mosquitto::start_with("allow_anonymous true\nmax_queued_messages 0\n", |_| {})
}

#[test]
fn a_kill_at_any_moment_loses_nothing_and_counts_nothing_twice() {
    let kills: u64 = std::env::var("TWINFLOW_KILLS").map_or(20, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flow.yaml"), FLOW).unwrap();
    let broker = patient_mosquitto();
    // The first run makes the session, for which Mosquitto keeps readings from then on.
    publish_session(folder.path(), &broker);
    let readings = kills * 150;
    let port = broker.port();
    let publishing = thread::spawn(move || publish_numbers(port, 1..readings, Duration::from_millis(2)));
    // No generator of random numbers is needed: any moments will do that are not the same each time.
    let mut moment = std::process::id();
    for _ in 0..kills {
        let mut program = start(folder.path(), &broker);
        moment = moment.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        thread::sleep(Duration::from_millis(u64::from(moment >> 24)));
        program.kill();
    }
    publishing.join().unwrap();
    publish_numbers(port, readings..readings + 1, Duration::ZERO);
    finish(folder.path(), &broker, readings);
    let (seen, highest) = log(folder.path());
    let missing: Vec<u64> = (0..=readings)
        .filter(|number| !seen.contains_key(number))
        .collect();
    assert_eq!(missing, [0; 0]);
    assert_eq!(highest, readings + 1, "what the script remembers");
    let doubled = seen.values().filter(|times| **times > 1).count();
    println!("{kills} kills, {readings} readings, {doubled} of them twice in the file");
}

/// Lets the flow subscribe, and take reading 0.
fn publish_session(folder: &Path, broker: &Mosquitto) {
    let program = start(folder, broker);
    let arrived = |status: &Value| status["nodes"]["log"]["out"].as_u64() > Some(0);
    // Retained, it comes whenever the flow subscribes; taken back, it comes only once.
    mosquitto::publish(broker.port(), "meter", br#"{"seq": 0}"#, &["-r", "-q", "1"]);
    program.wait_for_status(arrived);
    let port = broker.port().to_string();
    let cleared = Command::new("mosquitto_pub")
        .args(["-p", &port, "-t", "meter", "-n", "-r", "-q", "1"])
        .status();
    assert!(cleared.unwrap().success());
    let (code, stderr) = program.terminate();
    assert_eq!(code, Some(0), "{stderr}");
}

#[test]
fn a_backlog_comes_in_order_and_whole() {
    const BACKLOG: u64 = 10_000;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flow.yaml"), FLOW).unwrap();
    let broker = patient_mosquitto();
    publish_session(folder.path(), &broker);
    publish_numbers(broker.port(), 1..BACKLOG + 1, Duration::ZERO);
    finish(folder.path(), &broker, BACKLOG);
    let (seen, highest) = log(folder.path());
    assert_eq!(seen.len() as u64, BACKLOG + 1);
    assert!(seen.values().all(|times| *times == 1));
    assert_eq!(highest, BACKLOG + 1);
}
