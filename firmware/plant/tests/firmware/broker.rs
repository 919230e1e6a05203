//! The board's own program against a real Mosquitto.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::cpp::{PORTABLE, Program};
use crate::mosquitto::{Mosquitto, Subscription, publish};

const BOARD: Program = Program {
    name: "board",
    folders: &PORTABLE,
    files: &["posix_hal"],
    options: &[],
};

/// Nothing that is awaited takes so long on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// So many messages may come between two that are awaited.
const MESSAGES: usize = 500;

/// The board's program; it ends with the test.
struct Board {
    process: Child,
    told: Receiver<String>,
}

impl Board {
    fn start(port: u16, more: &[&str]) -> Self {
        let mut process = Command::new(BOARD.path())
            .args(["127.0.0.1", &port.to_string(), "fan-7"])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (line_read, told) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // Nobody may listen any more.
                let _ = line_read.send(line);
            }
        });
        Self { process, told }
    }

    /// Waits until it has told this on its console.
    fn tells(&self, part: &str) {
        while !self.told.recv_timeout(PATIENCE).unwrap().contains(part) {}
    }

    /// Pulls its plug.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits for a message on `factory/fan<topic>` that `holds`.
fn message(heard: &Subscription, topic: &str, holds: impl Fn(&str) -> bool) -> String {
    let mut last = String::new();
    for _ in 0..MESSAGES {
        last = heard.message();
        let mut parts = last.splitn(4, ' ');
        let (at, payload) = (parts.next().unwrap(), parts.nth(2).unwrap());
        if at == format!("factory/fan{topic}") && holds(payload) {
            return payload.to_owned();
        }
    }
    panic!("nothing like that came on factory/fan{topic}; the last message was {last}");
}

fn json(heard: &Subscription, topic: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let parsed = |payload: &str| serde_json::from_str(payload).unwrap();
    parsed(&message(heard, topic, |payload| holds(&parsed(payload))))
}

fn command(broker: &Mosquitto, payload: &str) {
    publish(
        broker.port(),
        "factory/fan/command",
        payload.as_bytes(),
        &["-q", "1"],
    );
}

fn number(reading: &Value) -> u64 {
    reading["sequence_id"].as_u64().unwrap()
}

fn time_ms(reading: &Value) -> u64 {
    reading["timestamp"].as_u64().unwrap()
}

#[test]
fn the_boards_program_lives_with_a_real_broker() {
    let mut broker = Mosquitto::start();
    let heard = Subscription::start(broker.port(), "factory/fan/#", &[]);
    let mut board = Board::start(broker.port(), &[]);

    // It says that it is there, and sends readings without a gap.
    message(&heard, "/status", |status| status == "online");
    let first = json(&heard, "/data", |reading| reading["timestamp"].is_u64());
    assert_eq!(first["asset_id"], "fan-7");
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    assert!(
        now_ms.abs_diff(time_ms(&first)) < 20_000,
        "{first}, but it is {now_ms}"
    );
    let mut last = first.clone();
    for _ in 0..15 {
        let next = json(&heard, "/data", |_| true);
        assert_eq!(number(&next), number(&last) + 1);
        assert!(time_ms(&next) > time_ms(&last), "{next} behind {last}");
        last = next;
    }
    // A busy machine may make them late, but never more than five a second.
    let took_ms = time_ms(&last) - time_ms(&first);
    assert!(took_ms > 2500, "15 readings in {took_ms} ms");

    // It obeys, and says so.
    assert!(last["rpm"].as_f64().unwrap() < 2400.0, "{last}");
    command(&broker, r#"{"control_mode":"manual","speed_command_pct":100}"#);
    let said = json(&heard, "/command/ack", |_| true);
    assert_eq!(said, serde_json::json!({ "asset_id": "fan-7", "accepted": true }));
    json(&heard, "/data", |reading| {
        reading["inputs"]["speed_command_pct"] == 100.0 && reading["rpm"].as_f64().unwrap() > 2800.0
    });
    command(&broker, r#"{"speed_command_pct":"fast"}"#);
    let said = json(&heard, "/command/ack", |_| true);
    assert_eq!(said["accepted"], false);
    assert!(
        said["reason"].as_str().unwrap().contains("expected a number"),
        "{said}"
    );

    // The broker dies, and comes back.
    let last = json(&heard, "/data", |_| true);
    board.tells("online");
    broker.kill();
    board.tells("looking for the broker");
    broker.restart();
    let heard = Subscription::start(broker.port(), "factory/fan/#", &[]);
    board.tells("online");
    let next = json(&heard, "/data", |_| true);
    // Those in between are lost, and their numbers tell it; what was commanded is still in force.
    assert!(number(&next) > number(&last) + 1, "{next} behind {last}");
    assert_eq!(next["inputs"]["speed_command_pct"], 100.0);
    command(&broker, r#"{"speed_command_pct":20}"#);
    assert_eq!(json(&heard, "/command/ack", |_| true)["accepted"], true);

    // The board dies: the broker tells it for the board, and to whoever comes later.
    board.kill();
    message(&heard, "/status", |status| status == "offline");
    let late = Command::new("mosquitto_sub")
        .args(["-p", &broker.port().to_string(), "-t", "factory/fan/status"])
        .args(["-C", "1", "-W", "60"])
        .output()
        .unwrap();
    assert_eq!(late.stdout, b"offline\n");
}

#[test]
fn user_and_password_open_a_broker_that_wants_them() {
    let broker = Mosquitto::start_with_credentials("fan", "pässword 1");
    let refused = Board::start(broker.port(), &["fan", "wrong"]);
    let mut typed = refused.process.stdin.as_ref().unwrap();
    refused.tells("looking for the broker");
    // The refusal comes a moment later: it is asked until it knows.
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE, "it does not say that it is refused");
        std::io::Write::write_all(&mut typed, b"status\n").unwrap();
        let line = refused.told.recv_timeout(PATIENCE).unwrap();
        if line.contains("refuses user or password") || line.contains("does not allow this client") {
            break;
        }
    }
    let board = Board::start(broker.port(), &["fan", "pässword 1"]);
    board.tells("online");
}
