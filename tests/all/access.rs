//! Who may reach the dashboard: the users file on the command line, and a server that asks for a log-in.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::program::{Program, run_in};

const FLOW: &str = "
twinflow: 1
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  show: { type: dashboard-widget, from: fan, widget: gauge, fields: [temp] }
";
const PASSWORD: &str = "correct horse battery";

/// Runs it with a line on standard input.
fn run_with(folder: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_twinflow"))
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn people_and_programs_are_added_listed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let missing = run_in(folder, &["user", "list"]);
    assert_eq!(missing.code, Some(2));
    assert!(
        missing
            .stderr
            .contains("twinflow user add NAME --role engineer --users users.toml"),
        "{}",
        missing.stderr
    );

    let short = run_with(folder, &["user", "add", "anna", "--role", "operator"], "short\n");
    assert_eq!(short.0, Some(2), "{}", short.1);
    assert!(!folder.join("users.toml").exists());
    let added = run_with(
        folder,
        &["user", "add", "anna", "--role", "operator"],
        "correct horse battery\n",
    );
    assert_eq!(added.0, Some(0), "{}", added.1);
    let token = run_in(folder, &["user", "token", "mes", "--role", "viewer"]);
    assert_eq!(token.code, Some(0), "{}", token.stderr);
    assert!(token.stdout.starts_with("twinflow_") && token.stdout.lines().count() == 1);
    let text = fs::read_to_string(folder.join("users.toml")).unwrap();
    assert!(!text.contains(PASSWORD) && !text.contains(token.stdout.trim()));

    let list = run_in(folder, &["user", "list"]);
    assert_eq!(list.stdout, "anna  operator  password\nmes   viewer    token\n");
    assert_eq!(run_in(folder, &["user", "remove", "anna"]).code, Some(0));
    assert_eq!(run_in(folder, &["user", "list"]).stdout, "mes  viewer    token\n");
    let role = run_in(folder, &["user", "token", "x", "--role", "boss"]);
    assert_eq!(role.code, Some(2));
    assert!(
        role.stderr.contains("`viewer`, `operator` or `engineer`"),
        "{}",
        role.stderr
    );
}

#[test]
fn a_flow_with_users_answers_those_who_log_in_and_programs_with_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("flow.yaml"), FLOW).unwrap();
    let added = run_with(
        folder,
        &["user", "add", "anna", "--role", "viewer"],
        "correct horse battery\n",
    );
    assert_eq!(added.0, Some(0), "{}", added.1);
    let token = run_in(folder, &["user", "token", "shift", "--role", "engineer"]).stdout;

    let flow = Program::start(
        folder,
        &["run", "flow.yaml", "--listen", "0", "--users", "users.toml"],
    );
    assert_eq!(flow.request("GET", "/api/nodes", &[], "").0, 401);
    let json = ("Content-Type", "application/json");
    let body = json!({ "name": "anna", "password": PASSWORD }).to_string();
    let (status, me) = flow.request("POST", "/api/login", &[json], &body);
    assert_eq!(status, 200, "{me}");
    assert_eq!(serde_json::from_str::<Value>(&me).unwrap()["role"], "viewer");

    let url = format!("http://{}", flow.dashboard());
    let refused = run_in(folder, &["reload", "--url", &url]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("TWINFLOW_TOKEN"), "{}", refused.stderr);
    let reloaded = Command::new(env!("CARGO_BIN_EXE_twinflow"))
        .args(["reload", "--url", &url])
        .env("TWINFLOW_TOKEN", token.trim())
        .output()
        .unwrap();
    assert!(
        reloaded.status.success(),
        "{}",
        String::from_utf8_lossy(&reloaded.stderr)
    );
}

#[test]
fn a_wide_address_needs_users_and_both_ways_out_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("flow.yaml"), FLOW).unwrap();
    let ended = run_in(folder, &["run", "flow.yaml", "--listen", "0.0.0.0:0"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("--users FILE") && ended.stderr.contains("--insecure"),
        "{}",
        ended.stderr
    );
    fs::write(
        folder.join("users.toml"),
        "[[users]]\nname = \"anna\"\nrole = \"boss\"\n",
    )
    .unwrap();
    let ended = run_in(
        folder,
        &[
            "run",
            "flow.yaml",
            "--listen",
            "0.0.0.0:0",
            "--users",
            "users.toml",
        ],
    );
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("line 3: `role`: `boss` is no role"),
        "{}",
        ended.stderr
    );
}
