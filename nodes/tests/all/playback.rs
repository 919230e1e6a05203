//! Recorded logs as machines: what they send, and when. Nothing waits but what goes through a broker.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::compile_text;
use twinflow_engine::node::Level;
use twinflow_nodes::recording::{PayloadNames, Recording, RecordingColumns, RecordingSettings};
use twinflow_nodes::virtual_plant::Machines;
use twinflow_nodes::{Shared, registry};

const LOG: &str = "time,key,temp [°C],heat_load [W],mode,hot,run,note
2026-03-01T10:00:00.000Z,press,20.5,100.0,NORMAL,false,1,\"a, b\"
2026-03-01T10:00:00.200Z,oven,80.25,,NORMAL,true,2,
2026-03-01T10:00:01.000Z,press,NaN,101,OFF,false,1,x
";

fn written(folder: &TempDir, log: &str) -> RecordingSettings {
    let file = folder.path().join("past.csv");
    fs::write(&file, log).unwrap();
    RecordingSettings {
        file,
        columns: RecordingColumns::default(),
        speed: 1.0,
        repeat: false,
    }
}

/// What the machines of a log say, with the time of each and the name of the machine.
fn play(recording: &mut Recording, most: usize) -> Vec<(Duration, String, Value)> {
    let mut said = Vec::new();
    while let Some(due) = recording.due().filter(|_| said.len() < most) {
        let act = recording.act(due).unwrap();
        let mut payload: Value = serde_json::from_slice(&act.payload.unwrap()).unwrap();
        let timestamp = payload.as_object_mut().unwrap().remove("timestamp").unwrap();
        assert!(timestamp.as_i64().unwrap() > 1_700_000_000_000);
        said.push((due, recording.names()[act.machine].to_string(), payload));
    }
    said
}

#[test]
fn a_log_says_what_it_said_in_its_rhythm() {
    let folder = TempDir::new().unwrap();
    let mut settings = written(&folder, LOG);
    settings
        .columns
        .names
        .add("heat_load", "inputs.process_heat_load_w")
        .unwrap();
    let mut recording = Recording::open(settings).unwrap();
    assert_eq!(
        recording.names().iter().map(|name| &**name).collect::<Vec<_>>(),
        ["press", "oven"]
    );
    let ms = Duration::from_millis;
    assert_eq!(
        play(&mut recording, 10),
        [
            (
                ms(0),
                "press".to_owned(),
                json!({
                    "asset_id": "press", "sequence_id": 1, "temp": 20.5, "inputs": { "process_heat_load_w": 100.0 },
                    "mode": "NORMAL", "hot": false, "run": 1, "note": "a, b"
                })
            ),
            (
                ms(200),
                "oven".to_owned(),
                json!({ "asset_id": "oven", "sequence_id": 1, "temp": 80.25, "mode": "NORMAL", "hot": true, "run": 2 })
            ),
            (
                ms(1000),
                "press".to_owned(),
                json!({
                    "asset_id": "press", "sequence_id": 2, "inputs": { "process_heat_load_w": 101 }, "mode": "OFF",
                    "hot": false, "run": 1, "note": "x"
                })
            ),
        ]
    );
    let answer = recording.obey(1, b"{}").unwrap();
    let payload: Value = serde_json::from_slice(&answer.payload).unwrap();
    let due =
        json!({ "asset_id": "oven", "accepted": false, "reason": "a recorded machine cannot be changed" });
    assert_eq!(payload, due);
}

#[test]
fn a_log_can_be_fast_and_begin_anew() {
    let folder = TempDir::new().unwrap();
    let settings = RecordingSettings {
        speed: 10.0,
        repeat: true,
        ..written(&folder, LOG)
    };
    let said = play(&mut Recording::open(settings).unwrap(), 7);
    let dues: Vec<u128> = said.iter().map(|(due, ..)| due.as_millis()).collect();
    // Between two rounds there is a pause as between two rows.
    assert_eq!(dues, [0, 20, 100, 150, 170, 250, 300]);
    assert_eq!(said[6].2["sequence_id"], 5);
}

#[test]
fn any_log_with_a_time_will_do() {
    let folder = TempDir::new().unwrap();
    let settings = written(&folder, "t,machine,speed\n100,a,1\n101.5,b,2\n");
    let columns = |time: &str, key: &str| RecordingColumns {
        time: time.to_owned(),
        key: key.to_owned(),
        names: PayloadNames::default(),
    };
    let with = |columns| RecordingSettings {
        columns,
        ..settings.clone()
    };
    let said = play(&mut Recording::open(with(columns("t", "machine"))).unwrap(), 9);
    assert_eq!(
        said[1],
        (
            Duration::from_millis(1500),
            "b".to_owned(),
            json!({ "asset_id": "b", "sequence_id": 1, "speed": 2 })
        )
    );
    // Without a column of the machine, the log is of one, which is called as the file is.
    let said = play(&mut Recording::open(with(columns("t", "key"))).unwrap(), 9);
    assert_eq!(
        said[1].2,
        json!({ "asset_id": "past", "sequence_id": 2, "machine": "b", "speed": 2 })
    );
}

#[test]
fn mistakes_in_a_log_are_told_before_anything_is_sent() {
    let folder = TempDir::new().unwrap();
    let wrong = |log: &str| {
        let error = Recording::open(written(&folder, log)).err().expect("it is good");
        error
            .to_string()
            .replace(&folder.path().display().to_string(), "")
    };
    insta::assert_snapshot!(
        [
            wrong("zeit,temp\n1,2\n"),
            wrong("time,temp\n"),
            wrong("time,temp\n1,2\nsoon,3\n"),
            wrong("time,temp\n1,2\n2\n"),
            wrong("time,temp\n2026-03-01T10:05:00Z,2\n2026-03-01T10:00:00Z,3\n"),
        ]
        .join("\n")
    );
    let mut settings = written(&folder, LOG);
    settings.columns.names.add("heat", "inputs.heat").unwrap();
    let error = Recording::open(settings).err().unwrap().to_string();
    assert!(
        error.contains("there is no column `heat`; there are `time`, `key`, `temp`"),
        "{error}"
    );
    assert!(PayloadNames::default().add("heat", "inputs..heat").is_err());
    // A row that is late by less than a minute is one that came late.
    let late = "time,temp\n2026-03-01T10:00:30Z,2\n2026-03-01T10:00:00Z,3\n";
    let said = play(&mut Recording::open(written(&folder, late)).unwrap(), 9);
    assert_eq!((said[0].0, said[1].0), (Duration::ZERO, Duration::ZERO));
}

fn findings(folder: &Path, node: &str) -> String {
    let text = format!(
        "twinflow: 1\nbrokers: {{ plant: embedded }}\nnodes:\n  past: {{ type: playback, broker: plant, {node} }}\n"
    );
    let registry = registry(&Shared::default());
    let path = folder.join("flow.yaml");
    let nothing = BTreeMap::<String, String>::new();
    let compiled = compile_text(&path, &text, &registry, &nothing, Level::Environment);
    let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    shown.replace(&format!("{}/", folder.display()), "")
}

#[test]
fn a_flow_is_told_what_is_wrong_with_its_playback() {
    let folder = TempDir::new().unwrap();
    written(&folder, LOG);
    assert_eq!(
        findings(
            folder.path(),
            "topic: '{machine}/data', file: past.csv, speed: 10, repeat: true"
        ),
        ""
    );
    insta::assert_snapshot!(
        [
            findings(folder.path(), "topic: a, file: pest.csv"),
            findings(
                folder.path(),
                "topic: '+', status: '#', file: past.csv, speed: 0, names: { temp: inputs.. }"
            ),
            findings(
                folder.path(),
                "topic: '+', file: past.csv, names: { temp: inputs.. }"
            ),
            findings(folder.path(), "topic: a, file: past.csv, time: zeit"),
            findings(folder.path(), "topic: a, file: past.csv, names: { tmp: t }"),
        ]
        .concat()
    );
}
