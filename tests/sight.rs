//! The commands that show what a flow is: schema, graph and diff.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod program;

use std::fs;
use std::path::Path;

use program::run;

#[test]
fn the_schema_is_the_one_in_docs() {
    let ended = run(&["schema"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(
        ended.stdout,
        fs::read_to_string(root.join("docs/flow.schema.json")).unwrap()
    );
}

#[test]
fn shipped_flows_name_their_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["flows", "examples"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = fs::read_to_string(&path).unwrap();
                let named = text.strip_prefix("# yaml-language-server: $schema=");
                let named = named.and_then(|rest| rest.lines().next()).unwrap();
                assert!(root.join(folder).join(named).exists(), "{}", path.display());
            }
        }
    }
}
