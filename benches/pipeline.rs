//! The KPI chain with a condition behind it, four times the same: in the engine, offline and as a running flow; and
//! written by hand, as one loop and as a pipeline of tokio tasks. `cargo bench --bench pipeline`.
//!
//! All of them take the same readings in batches of 256, keep state for each fan, and give the same numbers: that is
//! checked before anything is measured.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot be set up should stop"
)]

mod by_hand;
mod memory_nodes;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use by_hand::{Computed, Fans};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use memory_nodes::{Arrived, KPIS, Reading, batches, graph, readings, schema};
use tokio::sync::mpsc;
use twinflow_engine::graph::Graph;
use twinflow_engine::record::{Batch, Value};
use twinflow_engine::runtime::{Offline, QUEUE_BATCHES, start};

const ROWS: usize = 256;
const FANS: usize = 8;
const RECORDS: usize = 512 * ROWS;

fn flow() -> String {
    format!(
        "
  fan: {{ type: readings }}
  kpis:
    type: kpi
    from: fan
    values:{KPIS}
  condition: {{ type: kpi, from: kpis, values: {{ hot: temp > 30 °C and power > 229 W }} }}
  out: {{ type: count, from: condition }}
"
    )
}

struct Setup {
    readings: Vec<Reading>,
    batches: Arc<[Batch]>,
    graph: Graph,
    arrived: Arc<Arrived>,
}

impl Setup {
    fn new() -> Self {
        let (schema, readings) = (schema(0), readings(RECORDS, FANS));
        let batches = batches(&readings, &schema, ROWS);
        let arrived = Arc::<Arrived>::default();
        let graph = graph(&flow(), &schema, &batches, &arrived);
        Self {
            readings,
            batches,
            graph,
            arrived,
        }
    }

    /// The engine and the loop by hand must give the same, or their times say nothing.
    fn compare(&self) {
        let mut offline = Offline::up_to(&self.graph, "out").unwrap();
        let mut fans = Fans::default();
        let mut computed = Vec::new();
        for (readings, batch) in self.readings.chunks(ROWS).zip(&*self.batches) {
            fans.compute(readings, &mut computed);
            let [arrived] = &offline.arriving("fan", batch.clone(), "out")[..] else {
                unreachable!("one batch gives one")
            };
            for (row, computed) in computed.iter().enumerate() {
                same(arrived, row, computed);
            }
        }
    }
}

fn same(batch: &Batch, row: usize, computed: &Computed) {
    let expected = [
        ("power", computed.power),
        ("energy", computed.energy),
        ("co2", computed.co2),
        ("cooling_rate", computed.cooling_rate),
        ("thermal_efficiency", computed.thermal_efficiency),
    ];
    let value = |name: &str| batch.value(row, batch.schema().slot(name).unwrap());
    for (name, expected) in expected {
        assert_eq!(value(name), Value::number(expected), "{name}, row {row}");
    }
    assert_eq!(value("hot"), computed.hot.map_or(Value::Missing, Value::Boolean));
}

fn pipeline(criterion: &mut Criterion) {
    let setup = Setup::new();
    setup.compare();
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("engine, offline", |bencher| {
        let mut offline = Offline::up_to(&setup.graph, "out").unwrap();
        bencher.iter(|| {
            for batch in &*setup.batches {
                black_box(offline.arriving("fan", batch.clone(), "out"));
            }
        });
    });
    group.bench_function("by hand, one loop", |bencher| {
        let mut fans = Fans::default();
        let mut computed = Vec::with_capacity(ROWS);
        bencher.iter(|| {
            for readings in setup.readings.chunks(ROWS) {
                fans.compute(black_box(readings), &mut computed);
                black_box(&computed);
            }
        });
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    group.bench_function("engine, running", |bencher| {
        bencher.iter_custom(|times| {
            let work = (0..times).map(|_| runtime.block_on(run_engine(&setup)));
            work.sum()
        });
    });
    group.bench_function("by hand, tokio tasks", |bencher| {
        let batches: Arc<[Vec<Reading>]> = setup.readings.chunks(ROWS).map(<[Reading]>::to_vec).collect();
        bencher.iter_custom(|times| {
            let work = (0..times).map(|_| runtime.block_on(run_tasks(&batches)));
            work.sum()
        });
    });
    group.finish();
}

async fn run_engine(setup: &Setup) -> Duration {
    setup.arrived.reset();
    let begin = Instant::now();
    let running = start(&setup.graph).unwrap();
    setup.arrived.wait_for(RECORDS).await;
    let took = begin.elapsed();
    running.stop().await;
    took
}

/// A task each for the source, the KPIs, the condition and the sink, with queues as long as the engine's.
async fn run_tasks(batches: &Arc<[Vec<Reading>]>) -> Duration {
    let (to_kpis, mut readings) = mpsc::channel::<Vec<Reading>>(QUEUE_BATCHES);
    let (to_condition, mut computed) = mpsc::channel::<Vec<Computed>>(QUEUE_BATCHES);
    let (to_sink, mut judged) = mpsc::channel::<Vec<Computed>>(QUEUE_BATCHES);
    let batches = Arc::clone(batches);
    let begin = Instant::now();
    tokio::spawn(async move {
        for batch in &*batches {
            to_kpis.send(batch.clone()).await.unwrap();
        }
    });
    tokio::spawn(async move {
        let mut fans = Fans::default();
        while let Some(readings) = readings.recv().await {
            let mut computed = Vec::with_capacity(readings.len());
            fans.compute_kpis(&readings, &mut computed);
            to_condition.send(computed).await.unwrap();
        }
    });
    tokio::spawn(async move {
        while let Some(mut batch) = computed.recv().await {
            batch.iter_mut().for_each(Computed::judge);
            to_sink.send(batch).await.unwrap();
        }
    });
    let sink = tokio::spawn(async move {
        let mut arrived = 0;
        while let Some(batch) = judged.recv().await {
            arrived += black_box(batch).len();
        }
        arrived
    });
    assert_eq!(sink.await.unwrap(), RECORDS);
    begin.elapsed()
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
