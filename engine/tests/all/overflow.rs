//! `overflow:` - what becomes of records that come faster than a node takes them, counted exactly.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::graph::Graph;
use twinflow_engine::record::{Batch, BatchBuilder, Delivery, EventTime, Key, Receipt, Value};
use twinflow_engine::runtime::{QUEUE_BATCHES, start};

use crate::bench::Bench;

/// With time paused, everything that can happen has happened when this returns.
async fn idle() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

fn record(graph: &Graph, value: f64, receipt: Receipt) -> Batch {
    let (_, node) = graph.node("in").unwrap();
    let mut builder = BatchBuilder::new(Arc::clone(&node.outputs[0].schema), 1);
    builder.push(EventTime::from_millis(0), Key(0), [Value::Number(value)]);
    builder.finish(receipt)
}

fn flow(overflow: &str) -> String {
    format!(
        "
  in: {{ type: feed, fields: {{ x: '1' }} }}
  slow: {{ type: store, from: in, overflow: {overflow} }}
  quick: {{ type: store, from: in }}
"
    )
}

/// Gives 1,000 records while `slow` takes none, then opens it. What `slow` and `quick` got, and how many were dropped.
async fn flood(overflow: &str) -> (Vec<f64>, Vec<f64>, u64) {
    let bench = Bench::default();
    let graph = bench.graph(&flow(overflow));
    let slow = bench.outlet("slow");
    slow.gate.forget_permits(1_000_000);
    let running = start(&graph).unwrap();
    let inlet = bench.inlet("in");
    let mut settled = Vec::new();
    for number in 0..1000 {
        settled.push(inlet.give_awaited(|receipt| record(&graph, f64::from(number), receipt)));
    }
    idle().await;
    assert_eq!(
        inlet.taken.load(SeqCst),
        1000,
        "nobody waits for a queue that drops"
    );
    slow.gate.add_permits(1_000_000);
    idle().await;
    let counts = running.watched().counts()["slow"];
    assert_eq!(counts.received + counts.dropped, 1000);
    assert!(counts.errors > 0, "the drops are told");
    for mut settled in settled {
        assert_eq!(settled.try_recv().unwrap(), Delivery::Done);
    }
    running.stop().await;
    (slow.numbers(), bench.outlet("quick").numbers(), counts.dropped)
}

fn numbers(range: std::ops::Range<usize>) -> Vec<f64> {
    range.map(|number| number as f64).collect()
}

#[tokio::test(start_paused = true)]
async fn the_oldest_make_room() {
    let (slow, quick, dropped) = flood("drop-oldest").await;
    // One was in the sink's hands, the queue held the newest.
    assert_eq!(slow.len(), QUEUE_BATCHES + 1);
    assert_eq!(slow[1..], numbers(1000 - QUEUE_BATCHES..1000));
    assert_eq!(quick, numbers(0..1000));
    assert_eq!(dropped, 1000 - QUEUE_BATCHES as u64 - 1);
}

#[tokio::test(start_paused = true)]
async fn only_the_newest_is_kept() {
    let (slow, quick, dropped) = flood("latest").await;
    // One was in the sink's hands.
    assert_eq!((slow.len(), slow[1]), (2, 999.0));
    assert_eq!(quick, numbers(0..1000));
    assert_eq!(dropped, 998);
}

#[test]
fn a_rule_that_does_not_exist_or_stands_at_a_source_is_told() {
    let told = |nodes: &str| -> Vec<(Code, Option<String>)> {
        let compiled = Bench::default().compile(&format!("twinflow: 1\nnodes:\n{nodes}"));
        let told = |found: &Diagnostic| (found.code, found.fix.as_ref().map(|fix| fix.replacement.clone()));
        compiled.diagnostics.iter().map(told).collect()
    };
    assert_eq!(
        told(&flow("drop_oldest")),
        [(Code::WrongValue, Some("drop-oldest".to_owned()))]
    );
    assert_eq!(told(&flow("5")), [(Code::WrongValue, None)]);
    let source =
        "  in: { type: feed, fields: { x: '1' }, overflow: latest }\n  out: { type: store, from: in }\n";
    assert_eq!(told(source), [(Code::WiringNotAllowed, None)]);
}
