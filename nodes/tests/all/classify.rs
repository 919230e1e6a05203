//! `classify`: verdicts that do not flicker, and what they were told by.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::node::{Level, Restored};
use twinflow_engine::record::{Batch, BatchBuilder, Delivery, EventTime, Receipt, Value};
use twinflow_engine::runtime::{Offline, Running, Setting, start_in};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;
use twinflow_models::{Classes, Dataset, FeatureSpec, TrainConfig, train};
use twinflow_nodes::{Shared, registry, state_file};

use crate::onnx_file;
use crate::support::inlet::{Inlet, Row, compile};

/// A model that names an imbalance by vibration above 0.05 g, and an overcurrent by current above 1.2 A.
fn write_model(folder: &Path) {
    let features = vec![
        FeatureSpec::new("vibration", Some("g")),
        FeatureSpec::new("current", Some("A")),
    ];
    let mut builder = Dataset::builder(features, Classes::fan()).unwrap();
    for run in 0..4 {
        for step in 0..100_u16 {
            let wobble = f32::from(step * 37 % 100) / 100.0;
            let other = f32::from(step * 59 % 100) / 100.0;
            let run = format!("run {run}");
            builder.push(&[0.01 + 0.03 * wobble, 0.8 + 0.3 * other], 0, &run);
            builder.push(&[0.01 + 0.03 * wobble, 1.3 + 0.3 * other], 1, &run);
            builder.push(&[0.06 + 0.06 * wobble, 0.8 + 0.3 * other], 3, &run);
        }
    }
    let config = TrainConfig {
        trees: 20,
        ..TrainConfig::default()
    };
    let (model, _) = train(&builder.finish().0, &config, &|_| {}).unwrap();
    fs::write(folder.join("fan.json"), model.to_json().unwrap()).unwrap();
}

const HEALTHY: (f64, f64) = (0.02, 900.0);
const SHAKEN: (f64, f64) = (0.09, 900.0);

/// Vibration in g and current in mA, at so many milliseconds.
fn row(millis: i64, machine: &'static str, (vibration, current): (f64, f64)) -> Row {
    (
        millis * 1000,
        machine,
        vec![Value::Number(vibration), Value::Number(current)],
    )
}

fn fields() -> Vec<Field> {
    let number = |name: &str, unit: &str| Field::new(name, FieldType::Number(Unit::parse(unit).unwrap()));
    vec![number("vibration", "g").optional(), number("current", "mA")]
}

fn nodes(settings: &str) -> String {
    format!(
        "
  faults: {{ type: classify, from: in, model: fan.json{settings} }}
  show: {{ type: dashboard-widget, from: faults, widget: value, fields: [confidence] }}
"
    )
}

struct Bench {
    graph: Graph,
    offline: Offline,
    // The source's end stays open, and the model's file.
    _inlet: Inlet,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path());
        Self::of(folder, &nodes(settings))
    }

    /// Some nodes with the model in the folder.
    fn of(folder: tempfile::TempDir, nodes: &str) -> Self {
        let (graph, inlet) = compile(folder.path(), fields(), nodes);
        let offline = Offline::up_to(&graph, "show").unwrap();
        Self {
            graph,
            offline,
            _inlet: inlet,
            _folder: folder,
        }
    }

    fn push(&mut self, rows: &[Row]) -> Vec<Batch> {
        let schema = std::sync::Arc::clone(&self.graph.node("in").unwrap().1.outputs[0].schema);
        let mut builder = BatchBuilder::new(schema, rows.len());
        for (micros, key, values) in rows {
            let key = self.offline.keys().intern(key).unwrap();
            builder.push(EventTime(*micros), key, values.clone());
        }
        self.offline
            .arriving("in", builder.finish(Receipt::none()), "show")
    }

    fn values(&mut self, field: &str, rows: &[Row]) -> Vec<Value> {
        let batches = self.push(rows);
        let values = batches.iter().flat_map(|batch| {
            let slot = batch.schema().slot(field).unwrap();
            (0..batch.len()).map(move |row| batch.value(row, slot))
        });
        values.collect()
    }

    fn codes(&mut self, rows: &[Row]) -> Vec<Option<i64>> {
        let code = |value| match value {
            Value::Integer(code) => Some(code),
            _ => None,
        };
        self.values("fault_code", rows).into_iter().map(code).collect()
    }

    /// All fields that explain one record, as text.
    fn explained(&mut self, row: Row) -> Vec<String> {
        let batches = self.push(&[row]);
        let fields = batches[0].schema().fields();
        let drivers = fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.name.starts_with("driver"));
        drivers
            .map(|(slot, field)| match batches[0].value(0, slot) {
                Value::Text(text) => format!("{}: {text}", field.name),
                Value::Number(number) => format!("{}: {number:.2}", field.name),
                other => format!("{}: {other:?}", field.name),
            })
            .collect()
    }
}

#[test]
fn a_fault_is_explained_in_the_units_of_the_record_and_normal_operation_is_not() {
    let mut bench = Bench::new(", explain: 2");
    insta::assert_debug_snapshot!([
        bench.explained(row(0, "fan", (0.09, 912.3))),
        bench.explained(row(0, "fan", (0.02, 1512.0))),
        bench.explained(row(0, "fan", HEALTHY)),
    ]);
    // A record without vibration has no verdict, and nothing to explain.
    let lacking = (0, "fan", vec![Value::Missing, Value::Number(900.0)]);
    assert_eq!(bench.values("drivers", &[lacking]), [Value::Missing]);
}

#[test]
fn single_knocks_are_not_told_and_faults_are_a_little_later() {
    let readings = |machine| -> Vec<Row> {
        let at = |step: i64| match step {
            12 => SHAKEN,
            20.. => SHAKEN,
            _ => HEALTHY,
        };
        (0..40).map(|step| row(step * 200, machine, at(step))).collect()
    };
    let codes = |settings| Bench::new(settings).codes(&readings("fan"));
    let first_fault = |codes: &[Option<i64>]| codes.iter().position(|code| *code == Some(3));
    let plain = codes("");
    assert_eq!(first_fault(&plain), Some(12));
    let steady = codes(", steady: 1 s");
    assert_eq!(steady[..5], [None; 5], "a class must have held first");
    assert_eq!(steady[5..25], [Some(0); 20]);
    assert_eq!(steady[25..], [Some(3); 15]);
    let smooth = codes(", smooth: 1 s");
    // A fifth of a half-life does not turn the mean, two and a half do.
    assert_eq!(smooth[..20], [Some(0); 20]);
    let told = first_fault(&smooth).unwrap();
    assert!((22..26).contains(&told), "told at {told}");
    let both = codes(", smooth: 1 s, steady: { for: 400 ms, confidence: 0.8 }");
    let told = first_fault(&both).unwrap();
    assert!((26..36).contains(&told), "told at {told}");
}

#[test]
fn every_machine_has_a_verdict_of_its_own() {
    let mut bench = Bench::new(", steady: 1 s");
    let readings: Vec<Row> = (0..12)
        .map(|step| match step % 2 {
            0 => row(step * 200, "a", SHAKEN),
            _ => row(step * 200, "b", HEALTHY),
        })
        .collect();
    assert_eq!(bench.codes(&readings)[10..], [Some(3), Some(0)]);
}

#[test]
fn a_class_that_no_longer_leads_is_told_with_the_confidence_that_it_has() {
    let mut bench = Bench::new(", steady: 1 s");
    let codes = bench.codes(&[row(0, "fan", HEALTHY), row(1000, "fan", HEALTHY)]);
    assert_eq!(codes, [None, Some(0)]);
    let confidence = bench.values("confidence", &[row(1200, "fan", SHAKEN)]);
    assert!(
        matches!(confidence[0], Value::Number(low) if low < 0.2),
        "{confidence:?}"
    );
}

#[test]
fn a_model_of_another_tool_is_asked_in_its_units_and_not_explained() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("fan.onnx"), onnx_file::tree()).unwrap();
    let card = onnx_file::CARD.replace("name: temp, unit: °C", "name: current, unit: A");
    fs::write(folder.path().join("fan.onnx.yaml"), card).unwrap();
    let path = folder.path().to_owned();
    let mut bench = Bench::of(folder, &nodes("").replace("fan.json", "fan.onnx"));
    // Above 30 A it is the hot one, and the record has milliamperes.
    let codes = bench.codes(&[
        row(0, "fan", (0.4, 50_000.0)),
        row(200, "fan", (0.6, 30_000.0)),
        row(400, "fan", (0.6, 30_001.0)),
        row(600, "fan", (f64::NAN, 30_001.0)),
    ]);
    assert_eq!(codes, [Some(0), Some(1), Some(7), None]);

    let told = findings_in(&path, "fan.onnx", "explain: 2");
    assert!(told.contains("an ONNX model cannot be explained"), "{told}");
    fs::remove_file(path.join("fan.onnx.yaml")).unwrap();
    let told = findings_in(&path, "fan.onnx", "explain: 2");
    assert!(told.contains("fan.onnx.yaml, which cannot be read"), "{told}");
}

/// What is wrong with the settings of a node.
fn findings(settings: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path());
    findings_in(folder.path(), "fan.json", settings)
}

fn findings_in(folder: &Path, model: &str, settings: &str) -> String {
    let text = format!(
        "twinflow: 1
brokers: {{ plant: embedded }}
nodes:
  fan: {{ type: mqtt-in, broker: plant, topic: fan, fields: {{ vibration: {{ unit: g }}, current: {{ unit: A }} }} }}
  faults: {{ type: classify, from: fan, model: {model}, {settings} }}
  log: {{ type: csv-sink, from: faults, file: log.csv }}
"
    );
    let path = folder.join("flow.yaml");
    let nothing = BTreeMap::<String, String>::new();
    let compiled = compile_text(
        &path,
        &text,
        &registry(&Shared::default()),
        &nothing,
        Level::Environment,
    );
    let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    shown.replace(&folder.display().to_string(), ".")
}

#[test]
fn settings_that_make_no_sense_are_told_at_their_place() {
    assert_eq!(findings("explain: 2, smooth: 500 ms, steady: { for: 2 s }"), "");
    assert_eq!(findings("features: [current, vibration]"), "");
    let wrong = [
        "features: [vibration]",
        "features: [vibraton, current]",
        "features: vibration",
        "explain: 9",
        "explain: 5",
        "smooth: 3 kg",
        "smooth: 2 d",
        "steady: 0 s",
        "steady: { for: soon }",
        "steady: { confidence: 1.5 }",
        "steady: { form: 1 s }",
        "steady: 3",
    ];
    insta::assert_snapshot!(wrong.map(findings).join("\n"));
}

/// Runs the flow with the state in `folder`: gives it these readings, each as soon as the one before is acknowledged.
async fn logged(folder: &Path, settings: &str, rows: &[Row]) -> Running {
    let nodes = format!(
        "
  faults: {{ type: classify, from: in, model: fan.json{settings} }}
  log: {{ type: csv-sink, from: faults, file: log.csv, fields: [fault_code] }}
"
    );
    let (graph, inlet) = compile(folder, fields(), &nodes);
    let setting = Setting {
        state: Some(state_file(&folder.join("flow.yaml"))),
        ..Setting::default()
    };
    let running = start_in(&graph, &setting).unwrap();
    for row in rows {
        assert_eq!(inlet.give(vec![row.clone()]).await, Ok(Delivery::Done));
    }
    running
}

#[tokio::test]
async fn what_was_told_stands_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_model(folder);
    let settings = ", smooth: 100 ms, steady: 1 s";
    let first = [
        row(0, "fan", SHAKEN),
        row(1000, "fan", SHAKEN),
        row(2000, "fan", HEALTHY),
    ];
    logged(folder, settings, &first).await.stop().await;
    let running = logged(
        folder,
        settings,
        &[row(2500, "fan", HEALTHY), row(3000, "fan", HEALTHY)],
    )
    .await;
    let restored: Vec<_> = running.restoration().of(Restored::Kept).collect();
    assert_eq!(restored, [("faults", "smooth"), ("faults", "steady")]);
    running.stop().await;
    let log = fs::read_to_string(folder.join("log.csv")).unwrap();
    let codes: Vec<&str> = log
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').next().unwrap())
        .collect();
    assert_eq!(codes, ["", "3", "3", "3", "0"]);
    // Without the settings there is nothing to remember.
    let running = logged(folder, "", &[]).await;
    assert_eq!(running.restoration().of(Restored::Kept).count(), 0);
    running.stop().await;
}
