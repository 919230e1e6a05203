//! The commands that show what a flow is: schema, graph and diff.

use std::fs;
use std::path::Path;

use crate::program::{run, run_in};

const FLOW: &str = "
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C }, current: { unit: A } } }
  kpis: { type: kpi, from: fan, values: { power: 230 V * current } }
  show: { type: dashboard-widget, from: kpis, widget: gauge, fields: [power] }
";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn the_schema_is_the_one_in_docs() {
    let ended = run(&["schema"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = fs::read_to_string(root.join("docs/flow.schema.json")).unwrap();
    assert!(ended.stdout == shipped, "{}", ended.stdout);
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

#[test]
fn a_flow_is_drawn_in_the_format_that_is_asked_for() {
    let folder = folder(&[("flow.yaml", FLOW)]);
    let dot = run_in(folder.path(), &["graph", "flow.yaml"]);
    assert_eq!((dot.code, dot.stderr.as_str()), (Some(0), ""));
    assert!(dot.stdout.starts_with("digraph \"flow\" {"), "{}", dot.stdout);
    assert!(
        dot.stdout.contains("n1 -> n2 [label=\"+power [W]\"];"),
        "{}",
        dot.stdout
    );
    let mermaid = run_in(folder.path(), &["graph", "flow.yaml", "--format", "mermaid"]);
    assert!(
        mermaid
            .stdout
            .starts_with("---\ntitle: \"flow\"\n---\nflowchart LR\n"),
        "{}",
        mermaid.stdout
    );
    for (name, start) in [("a.svg", "<svg "), ("a.mmd", "---\ntitle"), ("a.dot", "digraph ")] {
        let ended = run_in(folder.path(), &["graph", "flow.yaml", "--out", name]);
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(0), ""),
            "{}",
            ended.stderr
        );
        let drawn = fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(drawn.starts_with(start), "{drawn}");
    }
    let ended = run_in(folder.path(), &["graph", "flow.yaml", "--out", "a.png"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("end it in .dot, .mmd or .svg"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_wrong_flow_is_not_drawn() {
    let folder = folder(&[("flow.yaml", &FLOW.replace("from: kpis", "from: kpi"))]);
    let ended = run_in(folder.path(), &["graph", "flow.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("did you mean `kpis`?"), "{}", ended.stderr);
}

#[test]
fn diff_tells_by_its_exit_code_whether_flows_differ() {
    let folder = folder(&[
        ("a.yaml", FLOW),
        ("b.yaml", &format!("# A comment.\n{FLOW}")),
        ("c.yaml", &FLOW.replace("unit: A", "unit: mA")),
        ("wrong.yaml", &FLOW.replace("type: kpi,", "type: kpy,")),
    ]);
    let same = run_in(folder.path(), &["diff", "a.yaml", "b.yaml"]);
    assert_eq!((same.code, same.stderr.as_str()), (Some(0), ""));
    assert_eq!(same.stdout, "a.yaml and b.yaml mean the same\n");
    let other = run_in(folder.path(), &["diff", "a.yaml", "c.yaml"]);
    assert_eq!((other.code, other.stderr.as_str()), (Some(1), ""));
    assert!(
        other.stdout.contains("~ fields.current.unit: A → mA")
            && other
                .stdout
                .contains("~ current: number in A → number in mA, behind `fan` and `kpis`"),
        "{}",
        other.stdout
    );
    let wrong = run_in(folder.path(), &["diff", "wrong.yaml", "missing.yaml"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""));
    assert!(wrong.stderr.contains("did you mean `kpi`?"), "{}", wrong.stderr);
    assert!(
        wrong.stderr.contains("missing.yaml cannot be read"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn secrets_of_the_environment_are_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let flow = |topic: &str| {
        format!(
            "twinflow: 1
brokers: {{ plant: embedded }}
nodes:
  fan: {{ type: mqtt-in, broker: plant, topic: \"{topic}/${{PLANT_TOKEN:-hidden}}\", fields: {{ temp: {{ unit: °C }} }} }}
  show: {{ type: dashboard-widget, from: fan, widget: gauge, fields: [temp] }}
"
        )
    };
    std::fs::write(folder.path().join("a.yaml"), flow("a")).unwrap();
    std::fs::write(folder.path().join("b.yaml"), flow("b")).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_twinflow"))
        .current_dir(folder.path())
        .env("PLANT_TOKEN", "s3cret-token")
        .args(["diff", "a.yaml", "b.yaml"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("a/***") && told.contains("b/***"), "{told}");
    assert!(!told.contains("s3cret"), "{told}");
}
