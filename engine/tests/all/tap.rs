//! Taps: what leaves a node can be looked at, and nobody who looks holds the flow up.

use std::time::Duration;

use twinflow_engine::graph::Graph;
use twinflow_engine::record::{Delivery, Receipt, Value};
use twinflow_engine::runtime::{TapPlace, TapReader, UnknownTap, start};

use crate::bench::{self, Bench, idle, numbers};

const SWITCH: &str = "
  in: { type: feed, fields: { x: '1' } }
  switch: { type: map, from: in, do: split }
  high: { type: store, from: switch.high }
  weak: { type: map, from: switch.low, do: panic }
  low: { type: store, from: weak }
";

fn give(bench: &Bench, graph: &Graph, values: &[f64]) {
    let inlet = bench.inlet("in");
    inlet.give(bench::Given::Batch(numbers(graph, "in", values, Receipt::none())));
}

/// The first fields of the next batch, and where it was seen.
async fn next(reader: &mut TapReader) -> (TapPlace, Vec<Value>) {
    let tapped = reader.next().await.unwrap();
    assert_eq!(tapped.missed, 0);
    let (place, batch) = tapped.batch.unwrap();
    (place, (0..batch.len()).map(|row| batch.value(row, 0)).collect())
}

fn values(numbers: &[f64]) -> Vec<Value> {
    numbers.iter().copied().map(Value::Number).collect()
}

#[tokio::test(start_paused = true)]
async fn what_leaves_a_node_is_seen_where_it_leaves() {
    let bench = Bench::default();
    let graph = bench.graph(SWITCH);
    let running = start(&graph).unwrap();
    let watched = running.watched();
    let tap = |name: &str| watched.tap(name).unwrap().1;
    let (mut source, mut switch, mut low) = (tap("in"), tap("switch"), tap("switch.low"));
    let (mut error, mut sink) = (tap("weak.error"), tap("high"));
    give(&bench, &graph, &[1.0, -2.0]);
    assert_eq!(
        next(&mut source).await,
        (TapPlace::Output(0), values(&[1.0, -2.0]))
    );
    assert_eq!(next(&mut switch).await, (TapPlace::Output(0), values(&[1.0])));
    assert_eq!(next(&mut switch).await, (TapPlace::Output(1), values(&[-2.0])));
    assert_eq!(next(&mut low).await, (TapPlace::Output(1), values(&[-2.0])));
    assert_eq!(next(&mut sink).await, (TapPlace::Arriving, values(&[1.0])));
    let refused = Value::Text("weak".into());
    assert_eq!(next(&mut error).await, (TapPlace::Error, vec![refused]));
    let names: Vec<String> = watched.nodes().iter().map(|node| node.id.to_string()).collect();
    assert_eq!(names, ["in", "switch", "high", "weak", "low"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_does_not_read_holds_nothing_up_and_is_told_what_it_missed() {
    let bench = Bench::default();
    let graph = bench.graph(SWITCH);
    let running = start(&graph).unwrap();
    let watched = running.watched();
    let mut reader = watched.tap("in").unwrap().1;
    for number in 1..=1000 {
        give(&bench, &graph, &[f64::from(number), 0.5]);
    }
    idle().await;
    assert_eq!(bench.outlet("high").count(), 2000);
    let mut seen = Vec::new();
    for _ in 0..64 {
        seen.extend(next(&mut reader).await.1);
    }
    assert_eq!(seen[126], Value::Number(64.0));
    give(&bench, &graph, &[7.0]);
    let tapped = reader.next().await.unwrap();
    assert_eq!(tapped.missed, 2 * (1000 - 64));
    assert_eq!(tapped.batch.unwrap().1.value(0, 0), Value::Number(7.0));
    // At the end, too.
    for _ in 0..70 {
        give(&bench, &graph, &[8.0]);
    }
    idle().await;
    running.stop().await;
    drop(watched);
    let (mut read, mut missed) = (0, 0);
    while let Some(tapped) = reader.next().await {
        read += usize::from(tapped.batch.is_some());
        missed += tapped.missed;
    }
    assert_eq!((read, missed), (64, 6));
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_waits_for_a_reader_does_not_delay_its_acknowledgement() {
    let bench = Bench::default();
    let graph = bench.graph(SWITCH);
    let running = start(&graph).unwrap();
    let watched = running.watched();
    let _reader = watched.tap("switch").unwrap();
    let settled = bench
        .inlet("in")
        .give_awaited(|receipt| numbers(&graph, "in", &[1.0], receipt));
    let settled = tokio::time::timeout(Duration::from_secs(60), settled).await;
    assert_eq!(settled, Ok(Ok(Delivery::Done)));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_tap_goes_on_over_a_reload_and_ends_with_its_node() {
    let bench = Bench::default();
    let graph = bench.graph(SWITCH);
    let mut running = start(&graph).unwrap();
    let watched = running.watched();
    let tap = |name: &str| watched.tap(name).unwrap().1;
    let (mut source, mut split, mut gone) = (tap("in"), tap("switch.high"), tap("low"));
    let changed = "
  in: { type: feed, fields: { x: '1' } }
  switch: { type: map, from: in, do: count }
  high: { type: store, from: switch }
";
    let reloaded = running.reload(&bench.graph(changed)).await.unwrap();
    assert_eq!(reloaded.removed, ["weak", "low"]);
    give(&bench, &graph, &[4.0]);
    assert_eq!(next(&mut source).await, (TapPlace::Output(0), values(&[4.0])));
    assert!(
        split.next().await.is_none(),
        "`switch` has no output `high` any more"
    );
    assert!(gone.next().await.is_none());
    let names: Vec<String> = running
        .watched()
        .nodes()
        .iter()
        .map(|node| node.id.to_string())
        .collect();
    assert_eq!(names, ["in", "switch", "high"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_misspelt_name_gets_the_nearest() {
    let bench = Bench::default();
    let graph = bench.graph(SWITCH);
    let running = start(&graph).unwrap();
    let watched = running.watched();
    let wrong = |name: &str| -> String {
        let error: UnknownTap = watched.tap(name).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        wrong("swich"),
        "the flow has no node `swich`; did you mean `switch`?"
    );
    assert_eq!(
        wrong("switch.hihg"),
        "the node `switch` has no output `hihg`; did you mean `high`?"
    );
    assert_eq!(
        wrong("other"),
        "the flow has no node `other`; there is `in`, `switch`, `high`, `weak` and `low`"
    );
    running.stop().await;
}
