//! A real Mosquitto on a port of its own, and its command-line clients.
//!
//! Tests of other crates take it in by its path.
#![allow(dead_code, reason = "every program that takes it in uses a part of it")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tempfile::TempDir;

/// How long a broker or a client may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Mosquitto, ended with this value.
pub struct Mosquitto {
    process: Child,
    log: Log,
    port: u16,
    folder: TempDir,
}

impl Mosquitto {
    /// A broker on 127.0.0.1 that lets everyone in.
    pub fn start() -> Self {
        Self::start_with("allow_anonymous true\n", |_| {})
    }

    /// A broker on 127.0.0.1 that wants this user and password.
    pub fn start_with_credentials(user: &str, password: &str) -> Self {
        Self::start_with("allow_anonymous false\npassword_file passwords\n", |folder| {
            let file = folder.join("passwords");
            fs::write(&file, "").unwrap();
            let made = Command::new("mosquitto_passwd")
                .arg("-b")
                .arg(&file)
                .args([user, password])
                .status();
            assert!(made.expect(MISSING).success());
        })
    }

    /// A broker with these lines in its configuration, whose paths are relative to the folder that `prepare` gets.
    pub fn start_with(configuration: &str, prepare: impl FnOnce(&Path)) -> Self {
        let folder = TempDir::new().unwrap();
        prepare(folder.path());
        // Another program may take the free port before Mosquitto does; then the next one is tried.
        for _ in 0..10 {
            let port = free_port();
            // Started by root, Mosquitto would become a user that cannot read the folder.
            let configuration = format!("user root\nlistener {port} 127.0.0.1\n{configuration}");
            fs::write(folder.path().join("mosquitto.conf"), configuration).unwrap();
            let log = Log::default();
            if let Some(process) = run(folder.path(), &log) {
                return Self {
                    process,
                    log,
                    port,
                    folder,
                };
            }
        }
        panic!("Mosquitto did not start on any of ten free ports");
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has said so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Ends the broker at once, as a power cut would.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts the broker again after [`kill`](Self::kill), on the same port.
    pub fn restart(&mut self) {
        self.process =
            run(self.folder.path(), &self.log).expect("Mosquitto's port was taken while it was down");
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The lines that a broker has said.
type Log = Arc<Mutex<Vec<String>>>;

const MISSING: &str =
    "Mosquitto is needed for this test: install it (Debian: apt-get install mosquitto mosquitto-clients)";

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Starts Mosquitto and waits until it takes clients; `None` if its port is taken.
fn run(folder: &Path, kept: &Log) -> Option<Child> {
    // Debian has it in a folder for system programs, which is not in every user's path.
    let program = ["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
    let mut process = program
        .iter()
        .find_map(|program| {
            Command::new(program)
                .args(["-v", "-c", "mosquitto.conf"])
                .current_dir(folder)
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .ok()
        })
        .expect(MISSING);
    let log = BufReader::new(process.stderr.take().unwrap());
    let (started, wait) = mpsc::channel();
    // Read to the end, or Mosquitto would stop at a full pipe.
    let kept = Log::clone(kept);
    std::thread::spawn(move || {
        let mut lines = Vec::new();
        for line in log.lines().map_while(Result::ok) {
            kept.lock().unwrap().push(line.clone());
            if line.contains(" running") {
                let _ = started.send(Ok(()));
            }
            lines.push(line);
        }
        let _ = started.send(Err(lines));
    });
    match wait
        .recv_timeout(PATIENCE)
        .expect("Mosquitto neither started nor ended")
    {
        Ok(()) => Some(process),
        Err(lines) => {
            process.wait().unwrap();
            let log = lines.join("\n");
            assert!(
                log.contains("Address already in use"),
                "Mosquitto did not start:\n{log}"
            );
            None
        }
    }
}

/// Publishes with `mosquitto_pub`, and returns when it is done; `arguments` are its own, such as `-r`.
pub fn publish(port: u16, topic: &str, payload: &[u8], arguments: &[&str]) {
    let mut process = Command::new("mosquitto_pub")
        .args(["-p", &port.to_string(), "-t", topic, "-s"])
        .args(arguments)
        .stdin(Stdio::piped())
        .spawn()
        .expect(MISSING);
    process.stdin.take().unwrap().write_all(payload).unwrap();
    assert!(process.wait().unwrap().success(), "mosquitto_pub failed");
}

/// A topic whose retained message tells that a subscription is up.
const PROBE: &str = "probe";

/// A running `mosquitto_sub`.
pub struct Subscription {
    process: Child,
    lines: mpsc::Receiver<String>,
}

impl Subscription {
    /// Subscribes with `mosquitto_sub`, and returns when the broker has confirmed it.
    pub fn start(port: u16, topic: &str, arguments: &[&str]) -> Self {
        // What the client tells of its subscription is stuck in a buffer; the messages are not. So the subscription is
        // confirmed once a retained message comes by another one in the same packet.
        publish(port, PROBE, b"up", &["-r", "-q", "1"]);
        let mut process = Command::new("mosquitto_sub")
            .args([
                "-p",
                &port.to_string(),
                "-t",
                topic,
                "-t",
                PROBE,
                "-F",
                "%t %q %r %p",
            ])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect(MISSING);
        let output = BufReader::new(process.stdout.take().unwrap());
        let (line_read, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = line_read.send(line);
            }
        });
        let subscription = Self { process, lines };
        while !subscription.message().starts_with(PROBE) {}
        subscription
    }

    /// The next message, as "topic QoS retained payload".
    pub fn message(&self) -> String {
        self.lines
            .recv_timeout(PATIENCE)
            .expect("mosquitto_sub printed nothing more")
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
