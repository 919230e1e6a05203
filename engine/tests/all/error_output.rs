//! Records that a node cannot take: they leave by its output `error`, or go into the dead letters, and are acknowledged
//! once they are safe there.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;
use twinflow_engine::graph::Graph;
use twinflow_engine::node::{Part, Sink, SinkError};
use twinflow_engine::record::{Batch, BatchBuilder, Delivery, EventTime, Key, Receipt, Value};
use twinflow_engine::runtime::{Setting, start, start_in};

use crate::bench::{Answer, Bench, Row};

/// With time paused, everything that can happen has happened when this returns.
async fn idle() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

fn batch(graph: &Graph, values: &[f64], receipt: Receipt) -> Batch {
    let (_, node) = graph.node("in").unwrap();
    let mut builder = BatchBuilder::new(Arc::clone(&node.outputs[0].schema), values.len());
    for (number, value) in values.iter().enumerate() {
        builder.push(
            EventTime::from_millis(number as i64),
            Key(0),
            [Value::Number(*value)],
        );
    }
    builder.finish(receipt)
}

fn give(bench: &Bench, graph: &Graph, values: &[f64]) -> oneshot::Receiver<Delivery> {
    bench
        .inlet("in")
        .give_awaited(|receipt| batch(graph, values, receipt))
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        other => other.to_json().to_string(),
    }
}

/// Node, error and record of each row.
fn errors(rows: &[Row]) -> Vec<(String, String, String)> {
    rows.iter()
        .map(|(_, _, values)| (text(&values[0]), text(&values[1]), text(&values[3])))
        .collect()
}

const WEAK: &str = "
  in: { type: feed, fields: { x: '1' } }
  weak: { type: map, from: in, do: panic }
  out: { type: store, from: weak }
";

#[tokio::test(start_paused = true)]
async fn only_the_record_that_a_node_fails_on_leaves_by_error() {
    let bench = Bench::default();
    let graph = bench.graph(&format!(
        "{WEAK}  bad: {{ type: store, from: weak.error }}\n  chain: {{ type: map, from: weak.error }}\n  same: {{ type: store, from: chain }}\n"
    ));
    let running = start(&graph).unwrap();
    let mut settled = give(&bench, &graph, &[1.0, -2.0, 3.0, -4.0]);
    idle().await;
    assert_eq!(bench.outlet("out").numbers(), [1.0, 3.0]);
    let expected = |value: &str| {
        (
            "weak".to_owned(),
            "node failed".to_owned(),
            format!("{{\"x\":{value}}}"),
        )
    };
    for outlet in ["bad", "same"] {
        let rows = bench.outlet(outlet).rows.lock().unwrap().clone();
        assert_eq!(errors(&rows), [expected("-2.0"), expected("-4.0")]);
        assert_eq!(rows[1].0, 3, "the time is that of the record");
    }
    assert_eq!(settled.try_recv().unwrap(), Delivery::Done);
    assert_eq!(running.watched().counts()["weak"].errors, 2);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_safe_yet_is_not_acknowledged() {
    let bench = Bench::default();
    let graph = bench.graph(&format!("{WEAK}  bad: {{ type: store, from: weak.error }}\n"));
    let bad = bench.outlet("bad");
    *bad.flush_answers.lock().unwrap() = vec![Answer::Later, Answer::Good];
    bad.gate.forget_permits(1_000_000);
    let running = start(&graph).unwrap();
    let mut settled = give(&bench, &graph, &[1.0, -2.0]);
    idle().await;
    assert_eq!(bench.outlet("out").numbers(), [1.0]);
    assert!(settled.try_recv().is_err(), "the error is not written yet");
    bad.gate.add_permits(10);
    idle().await;
    assert_eq!(settled.try_recv().unwrap(), Delivery::Done);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_record_that_nobody_keeps_is_not_acknowledged() {
    let bench = Bench::default();
    let graph = bench.graph(WEAK);
    let running = start(&graph).unwrap();
    let mut settled = give(&bench, &graph, &[1.0, -2.0]);
    idle().await;
    assert_eq!(bench.outlet("out").numbers(), [1.0]);
    assert_eq!(settled.try_recv().unwrap(), Delivery::Failed);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_goes_through_record_by_record_is_delivered() {
    let bench = Bench::default();
    let graph = bench.graph(&WEAK.replace("do: panic", "do: alone"));
    let running = start(&graph).unwrap();
    let mut settled = give(&bench, &graph, &[1.0, 2.0, 3.0]);
    idle().await;
    assert_eq!(bench.outlet("out").numbers(), [1.0, 2.0, 3.0]);
    assert_eq!(settled.try_recv().unwrap(), Delivery::Done);
    assert_eq!(
        running.watched().counts()["weak"].errors,
        1,
        "the failure is told"
    );
    running.stop().await;
}

/// Keeps letters for the test.
#[derive(Clone, Default)]
struct Letters(Arc<Mutex<Vec<Row>>>);

#[async_trait]
impl Sink for Letters {
    async fn write(&mut self, batch: &Batch) -> Result<(), SinkError> {
        let mut letters = self.0.lock().unwrap();
        for row in 0..batch.len() {
            let values = (0..4).map(|slot| batch.value(row, slot)).collect();
            letters.push((batch.times()[row].as_millis(), 0, values));
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

fn setting(letters: &Letters) -> Setting {
    let letters = letters.clone();
    let Part::Sink(make) = Part::sink(move |_| Ok(letters.clone())) else {
        unreachable!()
    };
    Setting {
        dead_letters: Some(make),
        ..Setting::default()
    }
}

#[tokio::test(start_paused = true)]
async fn dead_letters_keep_what_no_wire_leads_on() {
    let bench = Bench::default();
    let graph = bench.graph(WEAK);
    let letters = Letters::default();
    let running = start_in(&graph, &setting(&letters)).unwrap();
    let mut settled = give(&bench, &graph, &[-1.0]);
    idle().await;
    let kept = errors(&letters.0.lock().unwrap());
    assert_eq!(
        kept,
        [("weak".into(), "node failed".into(), "{\"x\":-1.0}".into())]
    );
    assert_eq!(settled.try_recv().unwrap(), Delivery::Done);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_will_never_take_a_record_gives_it_on() {
    let bench = Bench::default();
    let graph = bench.graph(
        "
  in: { type: feed, fields: { x: '1' } }
  out: { type: store, from: in }
  bad: { type: store, from: out.error }
",
    );
    *bench.outlet("out").write_answers.lock().unwrap() = vec![Answer::Never, Answer::Good];
    let running = start(&graph).unwrap();
    let mut first = give(&bench, &graph, &[1.0]);
    idle().await;
    let mut second = give(&bench, &graph, &[2.0]);
    idle().await;
    assert_eq!(bench.outlet("out").numbers(), [2.0]);
    let rows = bench.outlet("bad").rows.lock().unwrap().clone();
    assert_eq!(
        errors(&rows),
        [("out".into(), "not taken".into(), "{\"x\":1.0}".into())]
    );
    assert_eq!(first.try_recv().unwrap(), Delivery::Done);
    assert_eq!(second.try_recv().unwrap(), Delivery::Done);
    running.stop().await;
}
