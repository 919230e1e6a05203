//! `twinflow model`: what is in a model file, and how its texts are changed.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::onnx_file;
use crate::program::run_in;

/// A folder with a copy of the shipped model.
fn with_model() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/models/fan-faults.json");
    fs::copy(shipped, folder.path().join("fan.json")).unwrap();
    folder
}

fn shown(folder: &Path) -> Value {
    let ended = run_in(folder, &["model", "show", "fan.json", "--format", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn a_model_is_shown_to_people_and_programs() {
    let folder = with_model();
    let ended = run_in(folder.path(), &["model", "show", "fan.json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for part in [
        "fan.json, 1.",
        "Random Forest of 160 trees",
        "vibration                  g       0.015      0.1449\n",
        "class 0: Normal Operation (no fault)",
        "class 3: Mechanical Imbalance\n  Stop the fan",
        "High from a confidence of 0.9, Medium from 0.7, else Low",
        "Seed 42, depth 14, at least 2 rows a leaf; fingerprint of the data ",
        "macro-F1",
    ] {
        assert!(
            ended.stdout.contains(part),
            "`{part}` is not in:\n{}",
            ended.stdout
        );
    }
    let shown = shown(folder.path());
    assert_eq!(shown["features"][3]["name"], "vibration");
    assert_eq!(shown["trees"], 160);
    assert!(
        shown["file_bytes"].as_u64().unwrap() < 2_000_000,
        "{}",
        shown["file_bytes"]
    );
}

#[test]
fn texts_go_out_and_back_and_nothing_else_changes() {
    let folder = with_model();
    let before = fs::read(folder.path().join("fan.json")).unwrap();
    let texts = run_in(folder.path(), &["model", "texts", "fan.json"]).stdout;
    insta::assert_snapshot!(texts);
    fs::write(folder.path().join("texts.yaml"), &texts).unwrap();
    let set = || run_in(folder.path(), &["model", "set", "fan.json", "texts.yaml"]);
    assert_eq!(set().stdout, "fan.json has these texts already\n");
    assert_eq!(fs::read(folder.path().join("fan.json")).unwrap(), before);

    let edited = texts
        .replace("\"Mechanical Imbalance\"", "Unwucht - Lüfter 1")
        .replace("high_from: 0.9", "high_from: 0.85");
    fs::write(folder.path().join("texts.yaml"), edited).unwrap();
    let ended = set();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(
        ended.stdout,
        "fan.json written: class 3 is called Unwucht - Lüfter 1; severity has other limits\n"
    );
    let changed = shown(folder.path());
    assert_eq!(changed["classes"][3]["label"], "Unwucht - Lüfter 1");
    assert_eq!(changed["severity"]["high_from"], 0.85);
    let forest = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap()["forest"].clone();
    let after = fs::read(folder.path().join("fan.json")).unwrap();
    assert_eq!(forest(&after), forest(&before));
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 2, "nothing is left beside the model");
}

#[test]
fn mistakes_in_texts_are_told_at_their_place_and_change_nothing() {
    let folder = with_model();
    let before = fs::read(folder.path().join("fan.json")).unwrap();
    let texts = run_in(folder.path(), &["model", "texts", "fan.json"]).stdout;
    let refused = |text: &str| {
        fs::write(folder.path().join("texts.yaml"), text).unwrap();
        let ended = run_in(folder.path(), &["model", "set", "fan.json", "texts.yaml"]);
        assert_eq!(ended.code, Some(2), "{}", ended.stdout);
        assert_eq!(fs::read(folder.path().join("fan.json")).unwrap(), before);
        ended.stderr
    };
    let wrong = [
        texts.replace("  3:\n", "  7:\n"),
        texts.replace("high_from: 0.9", "high_from: 0.5"),
        texts.replace("high_from: 0.9", "high_from: 9"),
        texts.replace("    advice: \"No action needed.\"\n", "    advise: nothing\n"),
        texts.replace("\"Thermal Overload\"", "''"),
        texts.replace("  2:\n", "  1:\n"),
        "just a text".to_owned(),
    ];
    insta::assert_snapshot!(wrong.map(|text| refused(&text)).join("\n"));
}

#[test]
fn what_is_no_model_is_told() {
    let folder = with_model();
    let refused = |arguments: &[&str]| {
        let ended = run_in(folder.path(), arguments);
        assert_eq!(ended.code, Some(2));
        ended.stderr
    };
    assert!(refused(&["model", "show", "no.json"]).contains("`twinflow train` makes models"));
    assert!(refused(&["model", "set", "fan.json", "no.yaml"]).contains("twinflow model texts fan.json"));
    let old = fs::read_to_string(folder.path().join("fan.json")).unwrap();
    fs::write(
        folder.path().join("old.json"),
        old.replace("\"version\": 2", "\"version\": 1"),
    )
    .unwrap();
    let told = refused(&["model", "texts", "old.json"]);
    assert!(
        told.contains("of version 1,") && told.contains("train the model again"),
        "{told}"
    );
}

#[test]
fn an_onnx_file_gets_a_card_to_fill_in() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::write(file("fan.onnx"), onnx_file::tree()).unwrap();
    let ended = run_in(folder.path(), &["model", "show", "fan.onnx"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("`twinflow model card`"), "{}", ended.stderr);

    let card = run_in(folder.path(), &["model", "card", "fan.onnx"]);
    assert_eq!((card.code, card.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(card.stdout);
    fs::write(file("fan.onnx.yaml"), card.stdout).unwrap();
    let ended = run_in(folder.path(), &["model", "show", "fan.onnx"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for part in [
        "fan.onnx, 0.00 MB\nONNX model of ",
        "feature_2        °C           0         100\n",
        "class 2: Fault 2\n",
        "Fingerprint of the file ",
    ] {
        assert!(
            ended.stdout.contains(part),
            "`{part}` is not in:\n{}",
            ended.stdout
        );
    }

    let ended = run_in(folder.path(), &["model", "set", "fan.onnx", "fan.onnx.yaml"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("stand in fan.onnx.yaml: edit that file"),
        "{}",
        ended.stderr
    );
}
