//! The file in which nodes keep what they remember.

use std::fs;

use twinflow_engine::node::Remembered;
use twinflow_engine::runtime::StateStore;
use twinflow_nodes::{StateFile, state_path};

fn remembered(bytes: &[u8]) -> Remembered {
    Remembered {
        node: "kpis".into(),
        part: "energy.integral".into(),
        key: "fan-1".into(),
        bytes: bytes.to_vec(),
    }
}

#[test]
fn what_was_saved_lastly_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = state_path(&folder.path().join("flow.yaml"));
    let file = StateFile::open(&path).unwrap();
    file.save(&[remembered(b"old")]).unwrap();
    file.save(&[remembered(b"new")]).unwrap();
    drop(file);
    let file = StateFile::open(&path).unwrap();
    assert_eq!(file.load().unwrap(), [remembered(b"new")]);
    file.keep_for(&["kpis"]).unwrap();
    assert_eq!(file.load().unwrap().len(), 1);
    assert_eq!(file.forget("kpis").unwrap(), 1);
    assert_eq!(file.load().unwrap(), []);
}

#[test]
fn a_second_process_is_told_that_the_flow_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flow.state.sqlite");
    let first = StateFile::open(&path).unwrap();
    first.save(&[remembered(b"1")]).unwrap();
    let refused = StateFile::open(&path).unwrap_err();
    assert!(refused.contains("this flow runs already"), "{refused}");
}

#[test]
fn a_damaged_file_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flow.state.sqlite");
    let text = "this is no database, and long enough to be looked at as one ".repeat(100);
    fs::write(&path, &text).unwrap();
    let file = StateFile::open(&path).unwrap();
    assert_eq!(file.load().unwrap(), []);
    let aside = folder.path().join("flow.state.damaged.sqlite");
    assert_eq!(fs::read_to_string(aside).unwrap(), text);
    file.save(&[remembered(b"new")]).unwrap();
    assert_eq!(file.load().unwrap(), [remembered(b"new")]);
}
