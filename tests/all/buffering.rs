//! `buffer: disk` with the built program: neither an outage of the target nor a kill loses a reading.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::mosquitto::{self, Mosquitto, Subscription};
use crate::program::{self, Program};

/// Every reading has a topic of its own, on which the far broker keeps it.
const FLOW: &str = "
twinflow: 1
brokers: { plant: 'embedded://127.0.0.1:0', far: '${FAR}' }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, key: id, fields: { seq: { type: integer } } }
  out: { type: mqtt-out, from: fan, broker: far, topic: 'far/{key}', retain: true, buffer: disk }
";

fn start(folder: &Path, far: u16) -> Program {
    fs::write(folder.join("flow.yaml"), FLOW).unwrap();
    let address = format!("mqtt://127.0.0.1:{far}");
    let arguments = ["run", "flow.yaml", "--listen", "0"];
    Program::start_with(folder, &arguments, &[("FAR", &address)])
}

fn publish(program: &Program, seq: u64) {
    let reading = json!({ "id": format!("r{seq}"), "seq": seq }).to_string();
    mosquitto::publish(program.broker().port(), "fan", reading.as_bytes(), &["-q", "1"]);
}

/// The flow subscribes on its own time: readings with the number 0 are published until one comes through.
fn reach(program: &Program) {
    let deadline = std::time::Instant::now() + program::PATIENCE;
    while program.wait_for_status(|_| true)["nodes"]["fan"]["out"] == json!(0) {
        publish(program, 0);
        assert!(std::time::Instant::now() < deadline, "no reading came through");
    }
}

fn waiting(status: &Value) -> u64 {
    status["buffers"]["out"]["records"].as_u64().unwrap()
}

/// What comes to the far broker until `last` does, without the readings by which the way was tried.
fn seqs(far: &Subscription, last: u64) -> Vec<u64> {
    let mut seqs = Vec::new();
    while seqs.last() != Some(&last) {
        let message = far.message();
        let payload: Value = serde_json::from_str(&message[message.find('{').unwrap()..]).unwrap();
        seqs.extend(payload["seq"].as_u64().filter(|seq| *seq > 0));
    }
    seqs
}

#[test]
fn an_outage_of_the_target_and_a_kill_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut far = Mosquitto::start();
    far.kill();
    let program = start(folder.path(), far.port());
    reach(&program);
    (1..=20).for_each(|seq| publish(&program, seq));
    program.wait_for_status(|status| waiting(status) >= 21);
    let (_, metrics) = program.request("GET", "/metrics", &[], "");
    assert!(
        metrics.contains("twinflow_node_buffer_records{node=\"out\"} 2"),
        "{metrics}"
    );
    // As `kill -9` does.
    drop(program);
    far.restart();
    let listening = Subscription::start(far.port(), "far/#", &[]);
    let program = start(folder.path(), far.port());
    let mut got = seqs(&listening, 20);
    got.dedup();
    assert_eq!(got, (1..=20).collect::<Vec<u64>>());
    program.wait_for_status(|status| waiting(status) == 0);
    drop(listening);
    // Now it goes away while the flow runs.
    far.kill();
    reach(&program);
    (21..=30).for_each(|seq| publish(&program, seq));
    program.wait_for_status(|status| waiting(status) >= 10);
    far.restart();
    program.wait_for_status(|status| waiting(status) == 0);
    let (code, stderr) = program.terminate();
    assert_eq!(code, Some(0), "{stderr}");
    let expected = std::iter::once(0).chain(21..=30).collect();
    assert_eq!(retained(&far, 11), expected);
}

/// What so many of the messages say that the far broker keeps.
fn retained(far: &Mosquitto, messages: usize) -> BTreeSet<u64> {
    let port = far.port().to_string();
    let count = messages.to_string();
    let output = Command::new("mosquitto_sub")
        .args(["-p", &port, "-t", "far/#", "-F", "%p", "-C", &count, "-W", "30"])
        .output()
        .unwrap();
    let payloads = String::from_utf8(output.stdout).unwrap();
    payloads
        .lines()
        .map(|payload| {
            serde_json::from_str::<Value>(payload).unwrap()["seq"]
                .as_u64()
                .unwrap()
        })
        .collect()
}
