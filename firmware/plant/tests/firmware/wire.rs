//! On the wire the board is the same machine as the engine's simulated fan: it sends the same and takes the same.
//!
//! The two source files of the simulated fan are compiled into this test as they are, so that neither side can change alone.

use std::fmt::Write;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::Value;
use twinflow_plant::{Command, ControlMode, Plant};

use crate::cpp::{Program, run};
use crate::fan_command::{Asked, apply_command};
use crate::fan_payload::Sent;
use crate::record::EventTime;

const PROBE: Program = Program {
    name: "wire_probe",
    folders: &["plant", "wire"],
    files: &[],
    options: &[],
};

/// The machine that the commands come to.
const ASSET_ID: &str = "fan-1";

/// What the C++ answers to lines of input.
fn asked(script: &str) -> Vec<String> {
    let output = run(&PROBE.path(), &[], script.as_bytes());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn command_line(payload: &[u8]) -> String {
    payload.iter().fold("command ".to_owned(), |mut line, byte| {
        write!(line, "{byte:02x}").unwrap();
        line
    }) + "\n"
}

/// What the C++ has to say to a command that the Rust accepts.
fn accepted(asked: &Asked) -> String {
    let command = asked.command;
    let fault = command.fault();
    format!(
        "accepted {} {} {} {} {} {} {}",
        u8::from(command.control_mode() == ControlMode::Manual),
        command.speed_command_pct().to_bits(),
        command.process_heat_load_w().to_bits(),
        command.mechanical_load().to_bits(),
        fault.class().code(),
        fault.severity().to_bits(),
        asked.publish_rate_hz.unwrap_or(5.0).to_bits(),
    )
}

/// Holds both sides against each other for all of the payloads.
fn agree(payloads: &[Vec<u8>]) {
    let script: String = payloads.iter().map(|payload| command_line(payload)).collect();
    let answers = asked(&script);
    assert_eq!(answers.len(), payloads.len());
    let mut counts = [0, 0, 0];
    for (payload, answer) in payloads.iter().zip(answers) {
        let text = String::from_utf8_lossy(payload);
        match apply_command(Command::default(), payload, ASSET_ID) {
            Ok(None) => {
                assert_eq!(answer, "another", "for {text}");
                counts[2] += 1;
            }
            Ok(Some(asked)) => {
                assert_eq!(answer, accepted(&asked), "for {text}");
                counts[0] += 1;
            }
            Err(reason) => {
                assert!(
                    answer.starts_with("refused "),
                    "{answer} for {text}, but {reason}"
                );
                assert!(answer.len() > "refused `x`".len(), "no reason for {text}");
                counts[1] += 1;
            }
        }
    }
    assert!(counts[0] > 0 && counts[1] > 0, "accepted and refused: {counts:?}");
}

#[test]
fn the_same_commands_are_accepted_and_mean_the_same() {
    let mut payloads: Vec<Vec<u8>> = [
        "{}",
        " { } ",
        r#"{"control_mode":"manual","speed_command_pct":60}"#,
        r#"{"control_mode":"automatic"}"#,
        r#"{"control_mode":"Manual"}"#,
        r#"{"control_mode":null,"fault":null}"#,
        r#"{"control_mode":1}"#,
        r#"{"control\u005fmode":"man\u0075al"}"#,
        r#"{"control_mode":"manual","control_mode":"manual"}"#,
        r#"{"speed_command_pct":100}"#,
        r#"{"speed_command_pct":100.00001}"#,
        r#"{"speed_command_pct":1e2}"#,
        r#"{"speed_command_pct":-0}"#,
        r#"{"speed_command_pct":-1}"#,
        r#"{"speed_command_pct":"60"}"#,
        r#"{"speed_command_pct":01}"#,
        r#"{"speed_command_pct":1.}"#,
        r#"{"speed_command_pct":.5}"#,
        r#"{"speed_command_pct":+5}"#,
        r#"{"speed_command_pct":1e}"#,
        r#"{"speed_command_pct":1e999}"#,
        r#"{"speed_command_pct":0e999}"#,
        r#"{"speed_command_pct":1e-999}"#,
        r#"{"speed_command_pct":33.333333333333333333333333333}"#,
        r#"{"speed_command_pct":0.000000000000000000000000000001e30}"#,
        r#"{"speed_command_pct":99999999999999999999999e-22}"#,
        r#"{"speed_command_pct":NaN}"#,
        r#"{"process_heat_load_w":500,"mechanical_load":1}"#,
        r#"{"process_heat_load_w":500.1}"#,
        r#"{"mechanical_load":0.7,"process_heat_load_w":0.1}"#,
        r#"{"mechanical_load":1.5}"#,
        r#"{"publish_rate_hz":1}"#,
        r#"{"publish_rate_hz":20}"#,
        r#"{"publish_rate_hz":7.5}"#,
        r#"{"publish_rate_hz":0.99}"#,
        r#"{"publish_rate_hz":20.1}"#,
        r#"{"publish_rate_hz":"5"}"#,
        r#"{"publish_rate_hz":null}"#,
        r#"{"fault":{"class":"imbalance","severity":0.6}}"#,
        r#"{"fault":{"class":"imbalance"}}"#,
        r#"{"fault":{"code":4,"severity":1}}"#,
        r#"{"fault":{"code":5}}"#,
        r#"{"fault":{"code":1.0}}"#,
        r#"{"fault":{"code":-0}}"#,
        r#"{"fault":{"code":1e0}}"#,
        r#"{"fault":{"code":4294967297}}"#,
        r#"{"fault":{"code":0,"severity":7}}"#,
        r#"{"fault":{"class":"none","severity":1e30}}"#,
        r#"{"fault":{"class":"overcurrent","severity":1.01}}"#,
        r#"{"fault":{"class":"overcurrent","severity":null}}"#,
        r#"{"fault":{"class":null,"code":2}}"#,
        r#"{"fault":{"class":"overcurrent","code":1}}"#,
        r#"{"fault":{}}"#,
        r#"{"fault":{"class":"rust"}}"#,
        r#"{"fault":{"class":"overcurrent","since":1}}"#,
        r#"{"fault":"overcurrent"}"#,
        r#"{"speed":60}"#,
        r#"{"speed_command_pct":60} x"#,
        r#"{"speed_command_pct":60,}"#,
        r#"{"speed_command_pct" 60}"#,
        r#"{"speed_command_pct":60"#,
        r#"{"a":{"b":{"c":{"d":{"e":{}}}}}}"#,
        r#"{"timestamp":1764000000123,"key":"fan-1","speed_command_pct":60}"#,
        r#"{"timestamp":null,"key":null}"#,
        r#"{"timestamp":"now"}"#,
        r#"{"timestamp":1e999}"#,
        r#"{"timestamp":-1.5e3}"#,
        r#"{"key":"fan-2","speed_command_pct":60}"#,
        r#"{"speed_command_pct":160,"key":"fan-2"}"#,
        r#"{"key":"a name that is longer than any that this board would take in"}"#,
        r#"{"key":1}"#,
        "",
        "   ",
        "null",
        "60",
        "{\"control_mode\":\"man\nual\"}",
        "{\"control_mode\":\"manual\\q\"}",
        "{\"control_mode\":\"manual\\ud800\"}",
        "{\"control_mode\":\"",
        "{'control_mode':'manual'}",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    payloads.push(b"{\"control_mode\":\"man\xffual\"}".to_vec());
    payloads.push(b"\xef\xbb\xbf{}".to_vec());
    payloads.push(vec![b'{'; 5000]);
    payloads.push([b"{\"".as_slice(), &[b'a'; 5000], b"\":1}"].concat());
    payloads.push(b"{}\0".to_vec());
    for step in 0..2000 {
        let value = f64::from(step) * 0.061_803_398_874_989;
        payloads.push(format!("{{\"speed_command_pct\":{value}}}").into_bytes());
        payloads.push(format!("{{\"mechanical_load\":{}}}", value / 100.0).into_bytes());
    }
    agree(&payloads);
}

#[test]
fn broken_commands_are_refused_by_both_or_by_neither() {
    const PIECES: [&str; 30] = [
        "{",
        "}",
        ":",
        ",",
        "\"",
        "control_mode",
        "\"control_mode\":",
        "\"manual\"",
        "\"automatic\"",
        "\"speed_command_pct\":",
        "\"process_heat_load_w\":",
        "\"mechanical_load\":",
        "\"fault\":{",
        "\"class\":",
        "\"code\":",
        "\"severity\":",
        "\"imbalance\"",
        "\"none\"",
        "null",
        "1",
        "0",
        "0.5",
        "-",
        "e",
        ".",
        " ",
        "\\u0061",
        "\\",
        "60",
        "\u{e9}",
    ];
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let soup = proptest::collection::vec(0..PIECES.len(), 0..12);
    let message = (
        proptest::option::of(prop_oneof![Just("manual"), Just("automatic"), Just("off")]),
        proptest::option::of(-10.0..120.0_f32),
        proptest::option::of(prop_oneof![
            Just("1"),
            Just("true"),
            Just("0.25"),
            Just("2e-1"),
            Just("null")
        ]),
        proptest::option::of((0..7_u32, -0.5..1.5_f32)),
    );
    let mut payloads = vec![b"{}".to_vec()];
    for _ in 0..20_000 {
        let pieces = soup.new_tree(&mut runner).unwrap().current();
        let text: String = pieces.iter().map(|at| PIECES[*at]).collect();
        payloads.push(format!("{{{text}}}").into_bytes());
        let (mode, speed, load, fault) = message.new_tree(&mut runner).unwrap().current();
        let mut members: Vec<String> = Vec::new();
        members.extend(mode.map(|mode| format!("\"control_mode\":\"{mode}\"")));
        members.extend(speed.map(|speed| format!("\"speed_command_pct\":{speed}")));
        members.extend(load.map(|load| format!("\"mechanical_load\": {load}")));
        members.extend(
            fault.map(|(code, severity)| format!("\"fault\":{{\"code\":{code},\"severity\":{severity}}}")),
        );
        let whole = format!("{{{}}}", members.join(","));
        let cut = whole.len() - pieces.len() % whole.len().min(3);
        payloads.push(whole.as_bytes()[..cut].to_vec());
    }
    agree(&payloads);
}

#[test]
fn a_reason_names_the_field_what_was_found_and_what_is_allowed() {
    let refused = |text: &str| asked(&command_line(text.as_bytes())).remove(0);
    let reasons = [
        r#"{"speed_command_pct":120}"#,
        r#"{"control_mode":"auto"}"#,
        r#"{"fault":{"class":"rust"}}"#,
        r#"{"fault":{"code":9}}"#,
        r#"{"speed":6}"#,
        r#"{"fault":{}}"#,
        r#"{"speed_command_pct":}"#,
        r#"{"mechanical_load":0,"mechanical_load":0}"#,
    ]
    .map(|text| format!("{text}\n    {}", refused(text)));
    assert_eq!(
        reasons.join("\n"),
        r#"{"speed_command_pct":120}
    refused speed_command_pct is 120.0; give a number from 0.0 to 100.0
{"control_mode":"auto"}
    refused unknown control_mode `auto`; give automatic or manual
{"fault":{"class":"rust"}}
    refused `fault.class` is one of none, overcurrent, cooling_degradation, imbalance, thermal_overload, found `rust`
{"fault":{"code":9}}
    refused the fault code stands for no class; give a whole number from 0 (normal) to 4 (thermal overload)
{"speed":6}
    refused unknown field `speed`; known are control_mode, speed_command_pct, process_heat_load_w, mechanical_load, fault, publish_rate_hz, timestamp, key
{"fault":{}}
    refused `fault` needs either `class` or `code`
{"speed_command_pct":}
    refused no valid JSON: expected a number at byte 22
{"mechanical_load":0,"mechanical_load":0}
    refused `mechanical_load` stands there twice"#
    );
}

#[test]
fn the_same_payload_is_sent() {
    let commands = [
        "{}",
        r#"{"control_mode":"manual","speed_command_pct":62.25,"process_heat_load_w":333.33,"mechanical_load":0.12345}"#,
        r#"{"control_mode":"manual","speed_command_pct":0}"#,
        r#"{"fault":{"class":"imbalance","severity":0.675},"process_heat_load_w":250}"#,
        r#"{"fault":{"code":4,"severity":0.3}}"#,
    ];
    let mut script = String::new();
    let mut due = Vec::new();
    for (number, text) in commands.iter().enumerate() {
        let command = apply_command(Command::default(), text.as_bytes(), ASSET_ID)
            .unwrap()
            .unwrap()
            .command;
        script.push_str(&command_line(text.as_bytes()));
        for steps in [0_u32, 1, 2, 3, 17, 18, 600, 1801] {
            let seed = number as u64 + 3;
            let (sequence, run) = (u64::from(steps) * 7_000_000_000 + 1, number as u64);
            let time_ms = 1_764_000_000_123 + i64::from(steps);
            writeln!(
                script,
                "payload {seed} {steps} {time_ms} {sequence} {run} fan \"1\"\\"
            )
            .unwrap();
            let mut plant = Plant::new(seed, 22.0).unwrap();
            plant.set_command(command);
            (0..steps).for_each(|_| plant.step());
            let sent = Sent {
                time: EventTime(time_ms),
                asset_id: "fan \"1\"\\",
                sequence,
                run,
            };
            due.push(sent.payload(&plant));
        }
    }
    let answers = asked(&script);
    let said: Vec<&String> = answers.iter().filter(|line| line.starts_with('{')).collect();
    assert_eq!(said.len(), due.len());
    for (said, due) in said.iter().zip(&due) {
        let mut said: Value = serde_json::from_str(said).unwrap();
        // What the board alone says: which version of the payload it is.
        let version = said.as_object_mut().unwrap().remove("schema_version");
        assert_eq!(version, Some(1.into()));
        let due: Value = serde_json::from_slice(due).unwrap();
        assert_eq!(said, due);
    }
}
