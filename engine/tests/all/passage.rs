//! The way of records through a flow: how long it takes, what is on it, and in which order they come.

use std::sync::Arc;
use std::time::Duration;

use twinflow_engine::graph::Graph;
use twinflow_engine::record::{BatchBuilder, EventTime, Key, Receipt, Value};
use twinflow_engine::runtime::{LATENCY_BOUNDS_S, Running, start};

use crate::bench::{Answer, Bench, Given, idle, numbers};

const LINE: &str = "
  in: { type: feed, fields: { x: '1' } }
  one: { type: map, from: in, do: count }
  out: { type: store, from: one }
";

fn give(bench: &Bench, graph: &Graph, values: &[f64], receipt: Receipt) {
    let batch = numbers(graph, "in", values, receipt);
    bench.inlet("in").give(Given::Batch(batch));
}

/// How many records of `in` are open, and for how long the oldest has been.
fn open(running: &Running) -> (u64, u64) {
    let open = running.watched().sources()["in"].open;
    (open.records, open.oldest.as_secs())
}

#[tokio::test(start_paused = true)]
async fn records_are_open_until_their_sink_has_them_safe() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let outlet = bench.outlet("out");
    outlet.gate.forget_permits(1_000_000);
    let running = start(&graph).unwrap();
    assert_eq!(open(&running), (0, 0));
    give(&bench, &graph, &[1.0, 2.0], Receipt::none());
    tokio::time::sleep(Duration::from_secs(30)).await;
    // One that its source waits for counts just the same.
    let (receipt, settled) = Receipt::issue();
    give(&bench, &graph, &[3.0], receipt);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(open(&running), (3, 40));
    assert!(running.watched().latencies().is_empty());
    outlet.gate.add_permits(2);
    settled.await.unwrap();
    idle().await;
    assert_eq!(open(&running), (0, 0));
    let latency = running.watched().latencies()["out"].clone();
    let bucket = |seconds: f64| {
        LATENCY_BOUNDS_S
            .iter()
            .position(|bound| seconds <= *bound)
            .unwrap()
    };
    assert_eq!(latency.buckets[bucket(40.0)], 2, "{latency:?}");
    assert_eq!(latency.buckets[bucket(10.0)], 1, "{latency:?}");
    assert_eq!(latency.buckets.iter().sum::<u64>(), 3);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_sink_loses_is_not_open_and_has_no_latency() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    bench
        .outlet("out")
        .flush_answers
        .lock()
        .unwrap()
        .extend([Answer::Never, Answer::Good]);
    let running = start(&graph).unwrap();
    give(&bench, &graph, &[1.0], Receipt::none());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(open(&running), (0, 0));
    assert!(running.watched().latencies().is_empty());
    give(&bench, &graph, &[2.0], Receipt::none());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        running.watched().latencies()["out"].buckets.iter().sum::<u64>(),
        1
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn records_that_come_late_are_counted_by_machine() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let running = start(&graph).unwrap();
    let schema = Arc::clone(&graph.node("in").unwrap().1.outputs[0].schema);
    for (key, seconds) in [(0, 5), (1, 1), (0, 4), (0, 5), (0, 3), (1, 2)] {
        let mut builder = BatchBuilder::new(Arc::clone(&schema), 1);
        builder.push(EventTime(seconds * 1_000_000), Key(key), [Value::Number(1.0)]);
        bench
            .inlet("in")
            .give(Given::Batch(builder.finish(Receipt::none())));
    }
    idle().await;
    assert_eq!(running.watched().sources()["in"].late, 2);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_takes_nothing_is_not_ready_until_it_does() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let answers = [Answer::Later, Answer::Later, Answer::Good];
    bench.outlet("out").write_answers.lock().unwrap().extend(answers);
    let running = start(&graph).unwrap();
    let watched = running.watched();
    assert_eq!(watched.not_ready(), []);
    give(&bench, &graph, &[1.0], Receipt::none());
    idle().await;
    let nodes: Vec<String> = watched
        .not_ready()
        .iter()
        .map(|node| node.node.to_string())
        .collect();
    assert_eq!(nodes, ["out"]);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(watched.not_ready(), []);
    bench.inlet("in").give(Given::Failure);
    idle().await;
    assert!(watched.not_ready()[0].reason.starts_with("it failed: "));
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(watched.not_ready(), []);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_counted_at_a_source_goes_on_over_a_reload() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let mut running = start(&graph).unwrap();
    let schema = Arc::clone(&graph.node("in").unwrap().1.outputs[0].schema);
    let at = |seconds: i64| {
        let mut builder = BatchBuilder::new(Arc::clone(&schema), 1);
        builder.push(EventTime(seconds * 1_000_000), Key(0), [Value::Number(1.0)]);
        bench
            .inlet("in")
            .give(Given::Batch(builder.finish(Receipt::none())));
    };
    at(5);
    idle().await;
    running
        .reload(&bench.graph(&format!("{LINE}  more: {{ type: store, from: in }}\n")))
        .await
        .unwrap();
    at(4);
    idle().await;
    assert_eq!(running.watched().sources()["in"].late, 1);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(open(&running), (0, 0));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_made_anew_by_a_reload_begins_ready() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let answers = std::iter::repeat_with(|| Answer::Later).take(1000);
    bench.outlet("out").write_answers.lock().unwrap().extend(answers);
    let mut running = start(&graph).unwrap();
    give(&bench, &graph, &[1.0], Receipt::none());
    idle().await;
    assert_eq!(running.watched().not_ready().len(), 1);
    let changed = LINE.replace("from: one", "from: one, overflow: latest");
    let reloaded = running.reload(&bench.graph(&changed)).await.unwrap();
    assert_eq!(reloaded.changed, ["out"]);
    assert_eq!(running.watched().not_ready(), []);
    running.stop().await;
}
