//! `twinflow simulate --mqtt`: machines of one process on a broker.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::mosquitto::{Mosquitto, Subscription};
use crate::program::{run, run_in};

fn broker(mosquitto: &Mosquitto) -> String {
    format!("mqtt://127.0.0.1:{}", mosquitto.port())
}

/// Topic and payload of a message.
fn parts(message: &str) -> (&str, &str) {
    let mut parts = message.splitn(4, ' ');
    let topic = parts.next().unwrap();
    (topic, parts.nth(2).unwrap())
}

#[test]
fn many_machines_publish_from_one_process() {
    let mosquitto = Mosquitto::start();
    let seen = Subscription::start(mosquitto.port(), "factory/+/data", &[]);
    let url = broker(&mosquitto);
    let ended = run(&[
        "simulate",
        "--mqtt",
        &url,
        "--machines",
        "60",
        "--rate",
        "4",
        "--seconds",
        "3",
    ]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // `60 machines: 720 readings in 3.0 s, 240 a second, 0 lost, 0 commands`
    let sent: usize = ended.stdout.split(' ').nth(2).unwrap().parse().unwrap();
    assert!(ended.stdout.starts_with("60 machines: "), "{}", ended.stdout);
    assert!(sent >= 60, "{}", ended.stdout);
    let mut machines = BTreeSet::new();
    for _ in 0..sent {
        let message = seen.message();
        let (topic, payload) = parts(&message);
        let payload: Value = serde_json::from_str(payload).unwrap();
        let name = payload["asset_id"].as_str().unwrap().to_owned();
        assert_eq!(topic, format!("factory/{name}/data"));
        machines.insert(name);
    }
    assert_eq!(machines.len(), 60);
}

#[test]
fn who_stops_it_hears_the_machines_say_good_bye() {
    let mosquitto = Mosquitto::start();
    let seen = Subscription::start(mosquitto.port(), "hall/+/state", &[]);
    let child = Command::new(env!("CARGO_BIN_EXE_twinflow"))
        .args(["simulate", "--mqtt", &broker(&mosquitto), "--machines", "2"])
        .args(["--topic", "hall/all", "--status", "hall/{machine}/state"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = || {
        let message = seen.message();
        let (topic, payload) = parts(&message);
        (topic.to_owned(), payload.to_owned())
    };
    let both = |state: &str| {
        BTreeSet::from(["fan-1", "fan-2"].map(|name| (format!("hall/{name}/state"), state.to_owned())))
    };
    assert_eq!(BTreeSet::from([status(), status()]), both("online"));
    let stopped = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(stopped.unwrap().success());
    assert_eq!(BTreeSet::from([status(), status()]), both("offline"));
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert!(stdout.starts_with("2 machines: "), "{stdout}");
}

#[test]
fn the_password_of_the_broker_is_never_printed() {
    let mosquitto = Mosquitto::start_with_credentials("fan", "geh3im");
    let port = mosquitto.port();
    for (url, code) in [
        (format!("mqtt://fan:geh3im@127.0.0.1:{port}"), Some(0)),
        (format!("mqtt://fan:geh3im-but-wrong@127.0.0.1:{port}"), Some(1)),
        ("mqtt://fan:geh3im@".to_owned(), Some(2)),
        ("mqttt://fan:geh3im@127.0.0.1".to_owned(), Some(2)),
        ("fan:geh3im@127.0.0.1".to_owned(), Some(2)),
    ] {
        let ended = run(&["simulate", "--mqtt", &url, "--seconds", "4", "-v"]);
        assert_eq!(ended.code, code, "{}", ended.stderr);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!said.contains("geh3im"), "{said}");
    }
}

#[test]
fn a_recorded_log_is_played() {
    let mosquitto = Mosquitto::start();
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("past.csv"),
        "zeit,key,temp [°C],heat_load [W]\n10,oven,80.5,120\n11,press,20,60\n20,oven,81,\n",
    )
    .unwrap();
    let seen = Subscription::start(mosquitto.port(), "factory/+/data", &[]);
    let url = broker(&mosquitto);
    let mut arguments = vec![
        "simulate", "--mqtt", &url, "--log", "past.csv", "--speed", "20x", "--time", "zeit",
    ];
    arguments.extend(["--map", "heat_load=inputs.process_heat_load_w"]);
    let ended = run_in(folder.path(), &arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.starts_with("2 machines: 3 readings"),
        "{}",
        ended.stdout
    );
    let messages = [seen.message(), seen.message(), seen.message()];
    let of = |number: usize| -> (&str, Value) {
        let (topic, payload) = parts(&messages[number]);
        (topic, serde_json::from_str(payload).unwrap())
    };
    // The machines have a connection each: of two of them, the broker may see the later one first.
    let ovens: Vec<Value> = (0..3)
        .map(of)
        .filter(|(topic, _)| *topic == "factory/oven/data")
        .map(|(_, said)| said)
        .collect();
    assert_eq!(ovens[0]["inputs"]["process_heat_load_w"], 120);
    assert_eq!((&ovens[1]["temp"], ovens[1].get("inputs")), (&81.into(), None));
}

#[test]
fn a_wrong_scenario_is_told_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = "twinflow-scenario: 1\ntimeline:\n  - { at: 1 s, fault: imbalanc }\n";
    fs::write(folder.path().join("day.yaml"), text).unwrap();
    let ended = run_in(
        folder.path(),
        &[
            "simulate",
            "--mqtt",
            "mqtt://127.0.0.1:1",
            "--scenario",
            "day.yaml",
        ],
    );
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("day.yaml:3:23"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("did you mean `imbalance`?"),
        "{}",
        ended.stderr
    );
    let ended = run_in(
        folder.path(),
        &[
            "simulate",
            "--mqtt",
            "mqtt://127.0.0.1:1",
            "--scenario",
            "dai.yaml",
        ],
    );
    assert!(
        ended.stderr.contains("the scenario dai.yaml cannot be read"),
        "{}",
        ended.stderr
    );
    let text = "twinflow-scenario: 1\nmachines: { fna-1: { seed: 3 } }\n";
    fs::write(folder.path().join("day.yaml"), text).unwrap();
    let mut arguments = vec![
        "simulate",
        "--mqtt",
        "mqtt://127.0.0.1:1",
        "--scenario",
        "day.yaml",
    ];
    arguments.extend(["--seconds", "1"]);
    let ended = run_in(folder.path(), &arguments);
    assert!(
        ended
            .stderr
            .contains("`fna-1`, and there is no such machine; did you mean `fan-1`?"),
        "{}",
        ended.stderr
    );
}

#[test]
fn options_that_do_not_belong_together_are_refused() {
    let mqtt = ["simulate", "--mqtt", "mqtt://127.0.0.1:1"];
    for (arguments, reason) in [
        (vec!["simulate", "--rate", "3"], "--mqtt <URL>"),
        (vec!["simulate", "--scenario", "a.yaml"], "--mqtt <URL>"),
        (
            [&mqtt[..], &["--out", "a.csv"]].concat(),
            "'--mqtt <URL>' cannot be used with '--out <FILE>'",
        ),
        (
            [&mqtt[..], &["--log", "a.csv", "--machines", "3"]].concat(),
            "cannot be used with",
        ),
        ([&mqtt[..], &["--speed", "3"]].concat(), "--log <FILE>"),
        (
            [&mqtt[..], &["--rate", "11"]].concat(),
            "more than 0 and at most 10",
        ),
        (
            [&mqtt[..], &["--topic", "a/#"]].concat(),
            "--topic: column 3 of topic",
        ),
        (
            [&mqtt[..], &["--machines", "3", "--status", "a"]].concat(),
            "would be the topic of 3 machines; put {machine} in it",
        ),
        (
            [&mqtt[..], &["--log", "none.csv"]].concat(),
            "the log none.csv cannot be read",
        ),
    ] {
        let ended = run_in(Path::new("/"), &arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(reason), "{arguments:?}: {}", ended.stderr);
    }
}
