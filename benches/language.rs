//! What an editor and a CI wait for: the checks of a flow, its tests, its format. `cargo bench --bench language`.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot be set up should stop")]

use std::fmt::Write;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use twinflow_engine::format::format;
use twinflow_engine::graph::{Compiled, compile_text};
use twinflow_engine::language::ProcessEnvironment;
use twinflow_engine::node::{Level, Registry};
use twinflow_engine::testing::run;
use twinflow_nodes::{LogsAndSimulation, Shared, registry};

fn fan() -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows/fan-cooling.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

fn compile(path: &Path, text: &str, registry: &Registry, level: Level) -> Compiled {
    let compiled = compile_text(path, text, registry, &ProcessEnvironment, level);
    assert!(compiled.graph.is_some());
    compiled
}

fn check(criterion: &mut Criterion) {
    let (path, text) = fan();
    // A new registry each time: the model is read, as by `twinflow check`.
    criterion.bench_function("check the fan flow, model included", |bencher| {
        bencher.iter(|| {
            let registry = registry(&Shared::default());
            black_box(compile(&path, &text, &registry, Level::Environment))
        });
    });
    let registry = registry(&Shared::default());
    criterion.bench_function("check the fan flow again, as an editor does", |bencher| {
        bencher.iter(|| black_box(compile(&path, &text, &registry, Level::Environment)));
    });
}

fn ten_thousand(criterion: &mut Criterion) {
    let mut text = "twinflow: 1\nbrokers: { plant: embedded }\nnodes:\n".to_owned();
    for machine in 0..2_500 {
        let fields = "{ temp: { unit: °C }, current: { unit: A } }";
        writeln!(
            text,
            "  in{machine}: {{ type: mqtt-in, broker: plant, topic: m/{machine}, fields: {fields} }}
  kpi{machine}: {{ type: kpi, from: in{machine}, values: {{ power: 230 V * current, hot: temp > 45 °C }} }}
  log{machine}: {{ type: csv-sink, from: kpi{machine}, file: {machine}.csv }}
  show{machine}: {{ type: dashboard-widget, from: kpi{machine}, widget: gauge, fields: [power] }}"
        )
        .unwrap();
    }
    let registry = registry(&Shared::default());
    let mut group = criterion.benchmark_group("many nodes");
    group.sample_size(10);
    group.bench_function("check 10,000 nodes", |bencher| {
        bencher.iter(|| black_box(compile(Path::new("many.yaml"), &text, &registry, Level::Static)));
    });
    group.finish();
}

fn tests(criterion: &mut Criterion) {
    let (path, text) = fan();
    let registry = registry(&Shared::default());
    let compiled = compile(&path, &text, &registry, Level::Environment);
    let graph = compiled.graph.unwrap();
    criterion.bench_function("the fan flow's four tests, 604 readings", |bencher| {
        bencher.iter(|| {
            for test in &compiled.tests {
                let outcome = run(&graph, test, &LogsAndSimulation).unwrap();
                assert!(outcome.failures.is_empty());
            }
        });
    });
    criterion.bench_function("format the fan flow", |bencher| {
        bencher.iter(|| black_box(format(&path, &text).unwrap()));
    });
}

criterion_group!(language, check, ten_thousand, tests);
criterion_main!(language);
