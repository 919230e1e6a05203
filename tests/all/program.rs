//! Runs the built program: to its end, or in the background with its addresses read from what it prints.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long anything may take before the test is given up.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A program that has ended.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twinflow"));
    command
        .current_dir(folder)
        .args(arguments)
        .env_remove("TWINFLOW_BROKER")
        .stdin(Stdio::null());
    command
}

/// Runs it in the system's folder for temporary files.
pub fn run(arguments: &[&str]) -> Ended {
    run_in(&std::env::temp_dir(), arguments)
}

/// Runs it in `folder` to its end.
pub fn run_in(folder: &Path, arguments: &[&str]) -> Ended {
    run_with(folder, arguments, &[])
}

/// Runs it in `folder` to its end, with variables in its environment.
pub fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut command = command(folder, arguments);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A program that runs.
pub struct Program {
    child: Child,
    lines: mpsc::Receiver<String>,
    seen: String,
    dashboard: SocketAddr,
    broker: Option<SocketAddr>,
}

impl Program {
    /// Starts it and waits until it says that it runs.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_with(folder, arguments, &[])
    }

    /// Starts it with variables in its environment.
    pub fn start_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::start_by(command(folder, arguments).envs(variables.iter().copied()))
    }

    /// Starts it by a command of the test's own.
    pub fn start_by(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut seen = String::new();
        let (mut dashboard, mut broker) = (None, None);
        let deadline = Instant::now() + PATIENCE;
        while !seen.contains("Ctrl-C stops it.") {
            let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) else {
                let _ = child.kill();
                panic!("it did not start; it said:\n{seen}");
            };
            let address = |scheme: &str| line.split(scheme).nth(1)?.split(['/', ' ']).next()?.parse().ok();
            dashboard = dashboard.or_else(|| address("dashboard  http://"));
            broker = broker.or_else(|| address("broker     mqtt://"));
            seen.push_str(&line);
            seen.push('\n');
        }
        Self {
            child,
            lines,
            seen,
            dashboard: dashboard.expect("no dashboard address"),
            broker,
        }
    }

    /// Where the embedded broker, or the one that the flow uses, listens.
    pub fn broker(&self) -> SocketAddr {
        self.broker.expect("no broker address")
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where the dashboard listens.
    pub fn dashboard(&self) -> SocketAddr {
        self.dashboard
    }

    /// An answer of the server: status and body.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.dashboard).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head.push_str(&format!("Host: {}\r\n", self.dashboard));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        // The server may answer and close before it has read a body that it refuses.
        let _ = write!(stream, "{head}\r\n{body}");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let code = answer
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .expect("no HTTP answer");
        let body = answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
            .unwrap_or_default();
        (code, body)
    }

    /// Asks for the flow's state until it is as wanted.
    pub fn wait_for_status(&self, wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (_, body) = self.request("GET", "/api/status", &[], "");
            let status: serde_json::Value = serde_json::from_str(&body).unwrap();
            if wanted(&status) {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "the flow did not come into the wanted state: {status:#}"
            );
            // The state is asked for, not announced: there is no event to wait for.
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and gives its exit code and all that it said.
    pub fn terminate(mut self) -> (Option<i32>, String) {
        let signalled = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(signalled.success());
        let code = self.child.wait().unwrap().code();
        while let Ok(line) = self.lines.recv() {
            self.seen.push_str(&line);
            self.seen.push('\n');
        }
        (code, std::mem::take(&mut self.seen))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Publishes with `mosquitto_pub` at QoS 1, retained: when it returns, the broker has the message, and keeps it for a
/// subscriber that comes only then.
pub fn publish(broker: SocketAddr, topic: &str, payload: &str) {
    let mut client = Command::new("mosquitto_pub")
        .args([
            "-h",
            &broker.ip().to_string(),
            "-p",
            &broker.port().to_string(),
            "-q",
            "1",
            "-r",
            "-t",
            topic,
            "-s",
        ])
        .stdin(Stdio::piped())
        .spawn()
        .expect("mosquitto_pub is missing: install the package mosquitto-clients");
    client
        .stdin
        .take()
        .unwrap()
        .write_all(payload.as_bytes())
        .unwrap();
    assert!(client.wait().unwrap().success());
}
