//! Changing a flow while it runs: nothing lost or doubled, and what did not change goes on.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use tokio::sync::oneshot::Receiver;
use twinflow_engine::graph::Graph;
use twinflow_engine::record::{Delivery, Value};
use twinflow_engine::runtime::start;

use crate::bench::{Answer, Bench, idle, numbers};

const COUNTED: &str = "
  in: { type: feed, fields: { x: W } }
  count: { type: map, from: in, do: count }
  out: { type: store, from: count }
";

fn give(bench: &Bench, graph: &Graph, all: &[f64]) -> Receiver<Delivery> {
    bench
        .inlet("in")
        .give_awaited(|receipt| numbers(graph, "in", all, receipt))
}

fn last_value(bench: &Bench, sink: &str) -> Value {
    let outlet = bench.outlet(sink);
    let rows = outlet.rows.lock().unwrap();
    rows.last().unwrap().2.last().unwrap().clone()
}

fn made(bench: &Bench) -> (usize, usize) {
    (
        bench.inlet("in").made.load(SeqCst),
        bench.outlet("out").made.load(SeqCst),
    )
}

#[tokio::test(start_paused = true)]
async fn what_did_not_change_goes_on() {
    let bench = Bench::default();
    let graph = bench.graph(COUNTED);
    let mut running = start(&graph).unwrap();
    give(&bench, &graph, &[1.0, 2.0]);
    idle().await;
    let next = bench.graph(&format!("{COUNTED}  more: {{ type: store, from: count }}\n"));
    let reloaded = running.reload(&next).await.unwrap();
    assert_eq!(reloaded.added, ["more"]);
    assert_eq!((reloaded.removed.len(), reloaded.changed.len()), (0, 0));
    give(&bench, &graph, &[3.0]);
    idle().await;
    assert_eq!(made(&bench), (1, 1));
    assert_eq!(last_value(&bench, "out"), Value::Integer(3));
    assert_eq!(last_value(&bench, "more"), Value::Integer(3));
    assert_eq!(running.watched().counts()["in"].emitted, 3);
    let reloaded = running.reload(&bench.graph(COUNTED)).await.unwrap();
    assert_eq!(reloaded.removed, ["more"]);
    give(&bench, &graph, &[4.0]);
    idle().await;
    running.stop().await;
    assert_eq!(bench.outlet("out").numbers(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(bench.outlet("more").numbers(), [3.0]);
}

#[tokio::test(start_paused = true)]
async fn a_formula_that_changes_keeps_what_it_remembers() {
    let bench = Bench::default();
    let flow = |formula: &str| {
        format!(
            "
  in: {{ type: feed, fields: {{ x: W }} }}
  energy: {{ type: map, from: in, formula: {formula} }}
  out: {{ type: store, from: energy }}
"
        )
    };
    let graph = bench.graph(&flow("integral(x)"));
    let mut running = start(&graph).unwrap();
    give(&bench, &graph, &[10.0, 10.0, 10.0]);
    idle().await;
    assert_eq!(last_value(&bench, "out"), Value::Number(20.0));
    running
        .reload(&bench.graph(&flow("integral(2 * x)")))
        .await
        .unwrap();
    give(&bench, &graph, &[10.0, 10.0, 10.0, 10.0]);
    idle().await;
    running.stop().await;
    // From 10 W to 20 W in the last second.
    assert_eq!(last_value(&bench, "out"), Value::Number(35.0));
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_cannot_start_changes_nothing() {
    let bench = Bench::default();
    let graph = bench.graph(COUNTED);
    let mut running = start(&graph).unwrap();
    let mut first = give(&bench, &graph, &[1.0]);
    let broken = bench.outlet("more");
    broken.is_broken.store(true, SeqCst);
    let next = bench.graph(
        "
  in: { type: feed, fields: { x: kW } }
  count: { type: map, from: in, do: count }
  out: { type: store, from: count, interval: 20 }
  more: { type: store, from: count }
",
    );
    let failure = running.reload(&next).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "the node `more` cannot start: as the test wants it"
    );
    let mut second = give(&bench, &graph, &[2.0]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(first.try_recv().unwrap(), Delivery::Done);
    assert_eq!(second.try_recv().unwrap(), Delivery::Done);
    assert_eq!(last_value(&bench, "out"), Value::Integer(2));
    broken.is_broken.store(false, SeqCst);
    running.reload(&next).await.unwrap();
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_is_stuck_can_be_replaced() {
    let bench = Bench::default();
    let graph = bench.graph(COUNTED);
    let outlet = bench.outlet("out");
    *outlet.write_answers.lock().unwrap() = vec![Answer::Later];
    let mut running = start(&graph).unwrap();
    let mut settled: Vec<_> = (0..200).map(|x| give(&bench, &graph, &[f64::from(x)])).collect();
    idle().await;
    let next = bench.graph(&COUNTED.replace("from: count }", "from: count, interval: 20 }"));
    running.reload(&next).await.unwrap();
    *outlet.write_answers.lock().unwrap() = vec![Answer::Good];
    tokio::time::sleep(Duration::from_secs(1)).await;
    running.stop().await;
    // Every record is written, or its source knows that it is not.
    let delivered = settled
        .iter_mut()
        .filter_map(|end| end.try_recv().ok())
        .filter(|delivery| *delivery == Delivery::Done)
        .count();
    assert_eq!(outlet.count(), delivered);
    assert!(delivered > 0 && delivered < 200);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_or_doubled_in_a_thousand_reloads() {
    let bench = Bench::default();
    let flows = [
        COUNTED.to_owned(),
        format!("{COUNTED}  more: {{ type: store, from: count }}\n"),
        COUNTED.replace("from: in, do: count", "from: between, do: count")
            + "  between: { type: map, from: in }\n",
        COUNTED.replace("from: count }", "from: count, interval: 20 }"),
    ];
    let graphs: Vec<Graph> = flows.iter().map(|flow| bench.graph(flow)).collect();
    let mut running = start(&graphs[0]).unwrap();
    let feeding = {
        let (bench, graph) = (bench.clone(), bench.graph(COUNTED));
        tokio::spawn(async move {
            for x in 0..3000 {
                give(&bench, &graph, &[f64::from(x)]);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    };
    for round in 0..1000 {
        running.reload(&graphs[round % graphs.len()]).await.unwrap();
        tokio::time::sleep(Duration::from_micros(round as u64 * 7 % 3000)).await;
    }
    feeding.await.unwrap();
    idle().await;
    running.stop().await;
    let expected: Vec<f64> = (0..3000).map(f64::from).collect();
    assert_eq!(bench.outlet("out").numbers(), expected);
    assert_eq!(last_value(&bench, "out"), Value::Integer(3000));
    assert_eq!(bench.inlet("in").made.load(SeqCst), 1);
}
