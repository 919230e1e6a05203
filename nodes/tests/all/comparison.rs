//! Two flows compared by what they mean.

use std::collections::BTreeMap;
use std::path::Path;

use twinflow_engine::comparison::{Version, compare};
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::node::Level;
use twinflow_nodes::{Shared, registry};

fn graph(path: &str, text: &str) -> Graph {
    let environment = BTreeMap::from([("PASSWORD".to_owned(), "s3cret".to_owned())]);
    let registry = registry(&Shared::default());
    let compiled = compile_text(Path::new(path), text, &registry, &environment, Level::Static);
    compiled
        .graph
        .unwrap_or_else(|| panic!("{text}\n{:?}", compiled.diagnostics))
}

fn told(old: &str, new: &str) -> String {
    let (before, now) = (graph("old.yaml", old), graph("new.yaml", new));
    let comparison = compare(
        Version {
            graph: &before,
            path: Path::new("old.yaml"),
        },
        Version {
            graph: &now,
            path: Path::new("new.yaml"),
        },
    );
    assert_eq!(comparison.is_empty(), comparison.to_string().is_empty());
    comparison.to_string()
}

const FLOW: &str = "
twinflow: 1
brokers: { plant: embedded, cloud: 'mqtt://me:old-word@host' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    fields: { temp: { unit: °C, range: [0, 60] }, current: { unit: A }, mode: { type: text } }
  kpis: { type: kpi, from: fan, values: { power: 230 V * current, energy: integral(power) in Wh } }
  script:
    type: rhai-function
    from: kpis
    outputs: { mean: { unit: °C } }
    script: |
      let x = temp;
      mean = x;
  log: { type: csv-sink, from: script, file: all.csv }
  dial: { type: dashboard-widget, from: kpis, widget: gauge, fields: [power, temp] }
  trend: { type: dashboard-widget, from: kpis, widget: chart, fields: [power] }
";

#[test]
fn the_way_of_writing_is_no_difference() {
    let other = "# A comment.
twinflow: 1
nodes:
  fan:
    fields:
      temp: { range: [0x0, 60.0], unit: '°C' }
      current:
        unit: A
      mode: { 'type': text, title: ~ }
    topic: \"fan\"
    broker: plant
    type: mqtt-in
  log: { file: all.csv, from: [script], type: csv-sink }
  script: { type: rhai-function, from: kpis, outputs: { mean: { unit: °C } }, script: \"let x = temp;\\nmean = x;\\n\" }
  kpis:
    type: kpi
    from: [fan]
    values:
      power: 230 V * current
      energy: integral(power) in Wh
  dial: { type: dashboard-widget, from: kpis, widget: gauge, fields: [power, temp] }
  trend: { type: dashboard-widget, from: kpis, widget: chart, fields: [power] }
brokers:
  cloud: mqtt://me:old-word@host
  plant: embedded
";
    assert_eq!(told(FLOW, other), "");
    assert_eq!(told(FLOW, FLOW), "");
}

#[test]
fn every_kind_of_change_is_told() {
    let new = "
twinflow: 1
name: Fan
brokers: { plant: embedded, cloud: 'mqtt://me:new-word@host', third: 'mqtt://me:${PASSWORD}@host' }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fans
    qos: 0
    fields: { current: { unit: mA }, temp: { unit: °C, range: [0, 80] }, load: { unit: \"%\", optional: true } }
  kpis: { type: kpi, from: fan, values: { power: 230 V * current } }
  script:
    type: rhai-function
    from: fan
    outputs: { mean: { unit: °C } }
    script: |
      let x = temp;
      mean = x + 1;
  journal: { type: mqtt-out, from: [script], broker: plant, topic: journal }
  trend: { type: dashboard-widget, from: kpis, widget: chart, fields: [power], bands: [{ from: 0, to: 1, level: alarm }] }
  dial: { type: dashboard-widget, from: kpis, widget: gauge, fields: [temp, power] }
";
    let told = told(FLOW, new);
    for secret in ["old-word", "new-word", "s3cret"] {
        assert!(!told.contains(secret), "{told}");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_renamed_node_is_no_other_node() {
    let new = FLOW
        .replace("kpis", "figures")
        .replace("script:\n    type", "average:\n    type");
    let new = new.replace("from: script", "from: average");
    insta::assert_snapshot!(told(FLOW, &new), @r"
    nodes
      ~ kpis is now called figures
      ~ script is now called average
    ");
}

#[test]
fn only_the_password_changed() {
    let new = FLOW.replace("old-word", "0ld-word");
    insta::assert_snapshot!(told(FLOW, &new), @r"
    brokers
      ~ cloud: mqtt://me:********@host → mqtt://me:********@host with another password
    ");
}

#[test]
fn a_change_far_inside_a_long_text_is_shown() {
    let formula = "current * 1 V + current * 2 V + current * 3 V + current * 4 V + current * 5 V";
    let old = FLOW.replace("230 V * current", formula);
    let new = FLOW.replace("230 V * current", &formula.replace("5 V", "6 V"));
    insta::assert_snapshot!(told(&old, &new), @r"
    nodes
      ~ kpis
          ~ values.power: …+ current * 5 V → …+ current * 6 V
    ");
}

#[test]
fn outputs_for_errors_and_rules_for_full_queues_are_told() {
    let with = |line: &str| format!("{FLOW}{line}\n");
    let old = with("  bad: { type: csv-sink, from: script.error, file: bad.csv }");
    let new = with("  bad: { type: csv-sink, from: log.error, overflow: drop-oldest, file: bad.csv }");
    assert_eq!(
        told(&old, &new),
        "nodes\n  ~ bad\n      ~ from: script.error → log.error\n      + overflow: drop-oldest\n"
    );
}

#[test]
fn a_buffer_on_disk_is_told() {
    let with =
        |buffer: &str| format!("{FLOW}  more: {{ type: csv-sink, from: script, file: more.csv{buffer} }}\n");
    assert_eq!(
        told(&with(""), &with(", buffer: disk")),
        "nodes\n  ~ more\n      + buffer: disk\n"
    );
    assert_eq!(
        told(
            &with(", buffer: { disk: 256 MB }"),
            &with(", buffer: { disk: 2000 MB }")
        ),
        "nodes\n  ~ more\n      ~ buffer: disk → disk 2 GB\n"
    );
}
