//! How the engine grows: with nodes, with machines, and with the width of records. `cargo bench --bench growth` prints
//! the tables.
//!
//! Flows run offline: the same transforms as live, without tasks whose order would blur the figures. Bytes are those
//! that the allocator has given and not got back.

#![allow(missing_docs, reason = "a benchmark has no readers of its items")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot be set up should stop"
)]

mod memory_nodes;

use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use memory_nodes::{Arrived, KPIS, batches, graph, readings, schema};
use peak_alloc::PeakAlloc;
use twinflow_engine::graph::Graph;
use twinflow_engine::record::Batch;
use twinflow_engine::runtime::Offline;
use twinflow_engine::schema::Schema;

const ROWS: usize = 256;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn held() -> usize {
    ALLOCATOR.current_usage()
}

fn compile(nodes: &str, schema: &Arc<Schema>) -> Graph {
    graph(nodes, schema, &Arc::from([]), &Arc::<Arrived>::default())
}

/// Seconds for a record, at best of some rounds over the batches.
fn seconds_each(offline: &mut Offline, batches: &[Batch], rounds: usize) -> f64 {
    let records: usize = batches.iter().map(Batch::len).sum();
    let round = |_| {
        let begin = Instant::now();
        for batch in batches {
            offline.push("fan", batch.clone(), &mut |_, passing| {
                black_box(&passing);
            });
        }
        begin.elapsed().as_secs_f64() / records as f64
    };
    (0..rounds).map(round).fold(f64::INFINITY, f64::min)
}

#[derive(Clone, Copy)]
enum Shape {
    Chain,
    FanOut,
}

impl Shape {
    fn flow(self, nodes: usize) -> String {
        let mut text = "  fan: { type: readings }\n".to_owned();
        for node in 0..nodes {
            let from = match self {
                Shape::Chain if node > 0 => format!("k{}", node - 1),
                _ => "fan".to_owned(),
            };
            writeln!(
                text,
                "  k{node}: {{ type: kpi, from: {from}, values: {{ p{node}: 230 V * current }} }}"
            )
            .unwrap();
        }
        text
    }
}

fn nodes() {
    println!("\n| kpi nodes | shape | check | records/s | a record and node | memory a node |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (shape, name, counts) in [
        // A chain hands every field on: each node's record is a field wider than the one before.
        (Shape::Chain, "chain", &[1, 10, 100, 1_000][..]),
        (Shape::FanOut, "fan-out", &[1, 10, 100, 1_000, 10_000][..]),
    ] {
        for nodes in counts.iter().copied() {
            let schema = schema(0);
            let text = shape.flow(nodes);
            let before = held();
            let begin = Instant::now();
            let graph = compile(&text, &schema);
            let check = begin.elapsed();
            let mut offline = Offline::new(&graph).unwrap();
            let log = batches(&readings(4 * ROWS, 1), &schema, ROWS);
            let each = seconds_each(&mut offline, &log, 10);
            println!(
                "| {nodes} | {name} | {:.1} ms | {:.0} | {:.1} ns | {:.1} kB |",
                check.as_secs_f64() * 1e3,
                1.0 / each,
                each / nodes as f64 * 1e9,
                (held() - before) as f64 / nodes as f64 / 1e3
            );
        }
    }
}

fn kpis() -> String {
    format!("  fan: {{ type: readings }}\n  kpis:\n    type: kpi\n    from: fan\n    values:{KPIS}\n")
}

fn keys() {
    println!("\n| machines | records/s | against one | state and name of a machine |");
    println!("| --- | --- | --- | --- |");
    let schema = schema(0);
    let graph = compile(&kpis(), &schema);
    let mut alone = None;
    for machines in [1, 10, 100, 1_000, 10_000, 100_000] {
        let log = batches(&readings(200_000.max(10 * machines), machines), &schema, ROWS);
        let (mut each, mut state) = (f64::INFINITY, 0);
        for _ in 0..20 {
            // Afresh each time: to machines that it knows, the log would be old.
            let mut offline = Offline::new(&graph).unwrap();
            // One machine first, so that what every flow has is not counted as a machine's.
            seconds_each(&mut offline, &batches(&readings(ROWS, 1), &schema, ROWS), 1);
            let before = held();
            for machine in 0..machines {
                offline.keys().intern(&format!("hall-1/fan-{machine}")).unwrap();
            }
            each = each.min(seconds_each(&mut offline, &log, 1));
            state = held().saturating_sub(before);
        }
        let (against, state) = (*alone.get_or_insert(each) / each, state as f64 / machines as f64);
        println!(
            "| {machines} | {:.1} million | {against:.2} | {state:.0} B |",
            1e-6 / each
        );
    }
}

fn width() {
    println!("\n| fields of a reading | records/s | against four |");
    println!("| --- | --- | --- |");
    let mut narrow = None;
    for fields in [4, 16, 64, 256] {
        let schema = schema(fields - 4);
        let graph = compile(&kpis(), &schema);
        let mut offline = Offline::new(&graph).unwrap();
        let log = batches(&readings(100 * ROWS, 8), &schema, ROWS);
        let each = seconds_each(&mut offline, &log, 20);
        let against = *narrow.get_or_insert(each) / each;
        println!("| {fields} | {:.1} million | {against:.2} |", 1e-6 / each);
    }
}

fn main() {
    nodes();
    keys();
    width();
}
