//! What nodes remember: saved together with the acknowledgement of the records that made it, and given back.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use tokio::sync::oneshot::Receiver;
use twinflow_engine::graph::Graph;
use twinflow_engine::node::Restored;
use twinflow_engine::record::{Delivery, Value};
use twinflow_engine::runtime::{Running, start_in};

use crate::bench::{Answer, Bench, Shelf, idle, numbers};

const COUNTED: &str = "
  in: { type: feed, fields: { x: W } }
  count: { type: map, from: in, do: count }
  out: { type: store, from: count }
";

const INTEGRATED: &str = "
  in: { type: feed, fields: { x: W } }
  energy: { type: map, from: in, formula: integral(x) }
  out: { type: store, from: energy }
";

fn run(graph: &Graph, shelf: &Arc<Shelf>) -> Running {
    start_in(graph, &shelf.setting()).unwrap_or_else(|failure| panic!("{failure}"))
}

fn give(bench: &Bench, graph: &Graph, all: &[f64]) -> Receiver<Delivery> {
    bench
        .inlet("in")
        .give_awaited(|receipt| numbers(graph, "in", all, receipt))
}

fn last_value(bench: &Bench) -> Value {
    let outlet = bench.outlet("out");
    let rows = outlet.rows.lock().unwrap();
    rows.last().unwrap().2.last().unwrap().clone()
}

/// Lets the epoch end that is under way, and be saved.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_comes_back_after_a_stop() {
    let (bench, shelf) = (Bench::default(), Arc::<Shelf>::default());
    let graph = bench.graph(COUNTED);
    let running = run(&graph, &shelf);
    assert!(running.restoration().is_empty());
    let mut settled = give(&bench, &graph, &[1.0, 2.0, 3.0]);
    idle().await;
    running.stop().await;
    assert_eq!(settled.try_recv().unwrap(), Delivery::Done);
    assert_eq!(shelf.count("count"), Some(3));
    let running = run(&graph, &shelf);
    let kept: Vec<_> = running.restoration().of(Restored::Kept).collect();
    assert_eq!(kept, [("count", "count")]);
    give(&bench, &graph, &[4.0]);
    idle().await;
    assert_eq!(last_value(&bench), Value::Integer(4));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn records_are_acknowledged_when_the_state_after_them_is_saved() {
    let (bench, shelf) = (Bench::default(), Arc::<Shelf>::default());
    let graph = bench.graph(COUNTED);
    let running = run(&graph, &shelf);
    shelf.is_full.store(true, SeqCst);
    let mut settled = give(&bench, &graph, &[1.0]);
    settle().await;
    assert_eq!(bench.outlet("out").count(), 1);
    assert!(settled.try_recv().is_err(), "its state is not saved");
    let problems = running.watched().problems();
    assert_eq!(
        (&*problems[0].node, problems[0].kind),
        ("state", "state not saved")
    );
    shelf.is_full.store(false, SeqCst);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(settled.try_recv().unwrap(), Delivery::Done);
    assert_eq!(shelf.count("count"), Some(1));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_kill_leaves_the_state_of_what_was_acknowledged() {
    let (bench, shelf) = (Bench::default(), Arc::<Shelf>::default());
    let graph = bench.graph(COUNTED);
    let running = run(&graph, &shelf);
    let mut first = give(&bench, &graph, &[1.0, 2.0]);
    settle().await;
    assert_eq!(first.try_recv().unwrap(), Delivery::Done);
    let outlet = bench.outlet("out");
    outlet.gate.forget_permits(1_000_000);
    let mut second = give(&bench, &graph, &[3.0]);
    settle().await;
    // The count knows the third record, the sink does not.
    assert!(second.try_recv().is_err());
    drop(running);
    idle().await;
    assert_eq!(shelf.count("count"), Some(2));
    outlet.gate.add_permits(1_000_000);
    let running = run(&graph, &shelf);
    give(&bench, &graph, &[3.0]);
    settle().await;
    assert_eq!(last_value(&bench), Value::Integer(3));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_stop_gives_up_is_not_remembered() {
    let (bench, shelf) = (Bench::default(), Arc::<Shelf>::default());
    let graph = bench.graph(COUNTED);
    let running = run(&graph, &shelf);
    let mut first = give(&bench, &graph, &[1.0, 2.0]);
    settle().await;
    assert_eq!(first.try_recv().unwrap(), Delivery::Done);
    *bench.outlet("out").write_answers.lock().unwrap() = vec![Answer::Later];
    let mut second = give(&bench, &graph, &[3.0]);
    settle().await;
    running.stop().await;
    assert_eq!(second.try_recv().unwrap(), Delivery::Failed);
    assert_eq!(shelf.count("count"), Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_source_at_the_end_of_its_window_does_not_wait_for_the_clock() {
    let bench = Bench::default();
    let graph = bench.graph(
        "
  in: { type: feed, fields: { x: W } }
  out: { type: store, from: in, interval: 60000 }
",
    );
    let running = twinflow_engine::runtime::start(&graph).unwrap();
    let few = give(&bench, &graph, &[1.0; 3]);
    settle().await;
    let mut few = few;
    assert!(few.try_recv().is_err(), "the sink may take a minute");
    let mut many = give(&bench, &graph, &[1.0; 16]);
    idle().await;
    assert!(many.try_recv().is_err());
    tokio::time::sleep(Duration::from_millis(3)).await;
    assert_eq!(
        (many.try_recv(), few.try_recv()),
        (Ok(Delivery::Done), Ok(Delivery::Done))
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_integral_goes_on_after_a_restart_and_in_another_unit() {
    let (bench, shelf) = (Bench::default(), Arc::<Shelf>::default());
    let graph = bench.graph(INTEGRATED);
    let running = run(&graph, &shelf);
    // A second between the readings.
    give(&bench, &graph, &[1000.0, 1000.0, 1000.0]);
    idle().await;
    assert_eq!(last_value(&bench), Value::Number(2000.0));
    running.stop().await;
    let in_kilowatts = Bench::default();
    let graph = in_kilowatts.graph(&INTEGRATED.replace("x: W", "x: kW"));
    let running = run(&graph, &shelf);
    let converted: Vec<_> = running.restoration().of(Restored::Converted).collect();
    assert_eq!(converted, [("energy", "result.integral")]);
    // The third reading again is no news, the fourth is.
    give(&in_kilowatts, &graph, &[1.0, 1.0, 1.0, 1.0]);
    idle().await;
    assert_eq!(last_value(&in_kilowatts), Value::Number(3.0));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_no_node_takes_is_told_and_stays_saved() {
    let (bench, shelf) = (Bench::default(), Arc::<Shelf>::default());
    let running = run(&bench.graph(COUNTED), &shelf);
    let graph = bench.graph(COUNTED);
    give(&bench, &graph, &[1.0]);
    idle().await;
    running.stop().await;
    let other = Bench::default();
    let running = run(&other.graph(INTEGRATED), &shelf);
    let unknown: Vec<_> = running.restoration().of(Restored::Unknown).collect();
    assert_eq!(unknown, [("count", "count")]);
    running.stop().await;
    assert_eq!(shelf.count("count"), Some(1));
}
