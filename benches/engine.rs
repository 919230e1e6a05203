//! The hot paths of the engine: the KPI chain, a classification, a script. `cargo bench --bench engine` prints them.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot be set up should stop")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::node::Level;
use twinflow_engine::record::{Batch, BatchBuilder, EventTime, Key, Receipt, Value};
use twinflow_engine::runtime::Offline;
use twinflow_engine::schema::Schema;
use twinflow_nodes::{Shared, registry};

const ROWS: usize = 256;

const FLOW: &str = "
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: factory/fan/data
    fields:
      temp: { unit: °C }
      rpm: { unit: rpm }
      current: { unit: A }
      vibration: { unit: g }
  kpis:
    type: kpi
    from: fan
    values:
      power: 230 V * current
      energy: integral(power) in Wh
      cooling_rate: -rate(temp)
      thermal_efficiency: abs(cooling_rate) / max(1 W, power) * 100000 W*s/°C
      co2: energy * 0.233 g/Wh
  after_kpis: { type: csv-sink, from: kpis, file: never-written.csv }
  faults: { type: classify, from: kpis, model: fan-faults.json }
  after_faults: { type: csv-sink, from: faults, file: never-written-2.csv }
  script:
    type: rhai-function
    from: fan
    outputs: { average: { unit: °C } }
    script: |
      let before = state.average ?? temp;
      average = before + 0.1 * (temp - before);
      state.average = average;
  after_script: { type: csv-sink, from: script, file: never-written-3.csv }
";

fn graph() -> Graph {
    // Paths of the flow are relative to its file: it pretends to stand beside the model.
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/bench.yaml");
    let nothing: BTreeMap<String, String> = BTreeMap::new();
    let compiled = compile_text(
        &beside,
        FLOW,
        &registry(&Shared::default()),
        &nothing,
        Level::Environment,
    );
    assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
    compiled.graph.unwrap()
}

/// Readings of five minutes, 5 a second and more: the same numbers in every run.
fn batch(schema: &Arc<Schema>, key: Key, first: usize, rows: usize) -> Batch {
    let mut builder = BatchBuilder::new(Arc::clone(schema), rows);
    for row in first..first + rows {
        let wave = (row as f64 * 0.37).sin();
        let values = [
            30.0 + wave,
            1850.0 + 20.0 * wave,
            1.0 + 0.02 * wave,
            0.025 + 0.004 * wave,
        ];
        builder.push(
            EventTime::from_millis(200 * row as i64),
            key,
            values.map(Value::Number),
        );
    }
    builder.finish(Receipt::none())
}

fn chain(criterion: &mut Criterion, name: &str, target: &str, rows: usize) {
    let graph = graph();
    let mut offline = Offline::up_to(&graph, target).unwrap();
    let schema = Arc::clone(&graph.node("fan").unwrap().1.outputs.first().unwrap().schema);
    let key = offline.keys().intern("fan").unwrap();
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(rows as u64));
    let mut next = 0;
    group.bench_function(format!("batches of {rows}"), |bencher| {
        bencher.iter_batched(
            || {
                next += rows;
                batch(&schema, key, next, rows)
            },
            |batch| black_box(offline.arriving("fan", batch, target)),
            criterion::BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn kpi_chain(criterion: &mut Criterion) {
    chain(criterion, "kpi chain, five formulas", "after_kpis", ROWS);
    chain(criterion, "kpi chain, five formulas", "after_kpis", 1);
}

fn classification(criterion: &mut Criterion) {
    chain(criterion, "kpi chain and classification", "after_faults", ROWS);
    chain(criterion, "kpi chain and classification", "after_faults", 1);
}

fn script(criterion: &mut Criterion) {
    chain(criterion, "rhai-function with state", "after_script", ROWS);
    chain(criterion, "rhai-function with state", "after_script", 1);
}

criterion_group!(engine, kpi_chain, classification, script);
criterion_main!(engine);
