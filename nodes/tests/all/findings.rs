//! Diagnostics for programs: as JSON, and as GitHub's workflow commands.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use twinflow_engine::diagnostic::{Colour, Warnings, github, json, render};
use twinflow_engine::graph::{Compiled, compile_text};
use twinflow_engine::node::Level;
use twinflow_nodes::{Shared, registry};

/// Mistakes with and without a fix, with a second place, over several lines, and without a place; and a warning.
const FLOW: &str = "\
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  größe: { type: kpi, from: fan, values: { x: temp + 1 °C, y: temp > 5 } }
  log: { type: csv-sink, from: fann, file: all.csv }
  also: { type: csv-sink, from: fan, file: 'a: 100%, \"b\"' }
  fan: { type: kpi }
  show: { type: dashboard-widget, from: fan, widget: gauge, fields:
    { temp: 1,
      x: 2 } }
";

fn compile(flow: &str) -> Compiled {
    compile_text(
        Path::new("hall, 1/flow.yaml"),
        flow,
        &registry(&Shared::default()),
        &BTreeMap::<String, String>::new(),
        Level::Static,
    )
}

fn both(flow: &str) -> (String, String) {
    let path = Path::new("hall, 1/flow.yaml");
    let found = compile(flow);
    (
        json(path, &found.diagnostics, &found.sources, Warnings::Allowed),
        github(path, &found.diagnostics, &found.sources),
    )
}

#[test]
fn both_forms_hold_everything() {
    let (json, github) = both(FLOW);
    serde_json::from_str::<Value>(&json).unwrap();
    insta::assert_snapshot!("json", json);
    insta::assert_snapshot!("github", github);
}

#[test]
fn every_finding_is_one_line_for_github() {
    let flow = FLOW.replace("fann", "\"fa\\nn::error\"");
    let (json, github) = both(&flow);
    let report: Value = serde_json::from_str(&json).unwrap();
    let count = report["diagnostics"].as_array().unwrap().len();
    assert_eq!(github.lines().count(), count);
    assert!(
        github
            .lines()
            .all(|line| line.starts_with("::error file=hall%2C 1/flow.yaml,"))
    );
}

#[test]
fn a_good_flow_gives_an_empty_list() {
    let flow = "twinflow: 1\nbrokers: { plant: embedded }\nnodes:\n  \
                fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }\n  \
                log: { type: csv-sink, from: fan, file: all.csv }\n";
    let (json, github) = both(flow);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&report["ok"], report["diagnostics"].as_array().unwrap().len()),
        (&true.into(), 0)
    );
    assert_eq!(github, "");
}

/// Addresses at places where the messages quote what they find.
#[test]
fn passwords_are_not_told() {
    let address =
        "mqtt://meter:s3cret-which-is-longer-than-a-message-quotes-of-any-text-it-finds@broker.example";
    let flow = format!(
        "twinflow: {address}\nbrokers: {{ plant: {address}:99999 }}\nnodes:\n  \
         fan: {{ type: \"{address}\", broker: plant }}\n  \
         log: {{ type: csv-sink, from: \"{address}\", file: all.csv, \"{address}\": 1 }}\n  \
         in: {{ type: mqtt-in, broker: \"{address}\", topic: \"{address}#\", fields: {{ temp: {{ unit: \"{address}\" }} }} }}\n  \
         kpis: {{ type: kpi, from: in, values: {{ x: \"'{address}' + 1\" }} }}\n"
    );
    let found = compile(&flow);
    assert!(found.diagnostics.len() >= 6);
    let (json, github) = both(&flow);
    let rendered = render(&found.diagnostics, &found.sources, Colour::Plain);
    for shown in [json, github, rendered] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
