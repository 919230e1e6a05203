//! A running flow: nothing lost, nothing acknowledged too early, and nothing that one node does brings the others down.
//!
//! Time is tokio's paused time: it moves on only when every task waits, so these tests do not depend on a machine's speed.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use tokio::sync::oneshot::Receiver;
use tokio::sync::watch;
use tokio::time::Duration;
use twinflow_engine::graph::Graph;
use twinflow_engine::record::{BatchBuilder, Column, Delivery, EventTime, Key, Receipt, Value};
use twinflow_engine::runtime::{Feed, Offline, QUEUE_BATCHES, Running, start};
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::Unit;

use crate::bench::{Answer, Bench, Given, idle, numbers};

const LINE: &str = "
  in: { type: feed, fields: { x: '1' } }
  one: { type: map, from: in }
  two: { type: map, from: one, do: count }
  out: { type: store, from: two }
";

fn run(graph: &Graph) -> Running {
    start(graph).unwrap_or_else(|failure| panic!("{failure}"))
}

/// Gives numbers in batches of some size; the receipts of each.
fn give(bench: &Bench, graph: &Graph, source: &str, all: &[f64], size: usize) -> Vec<Receiver<Delivery>> {
    let inlet = bench.inlet(source);
    all.chunks(size)
        .map(|chunk| inlet.give_awaited(|receipt| numbers(graph, source, chunk, receipt)))
        .collect()
}

fn count_to(last: usize) -> Vec<f64> {
    (1..=last).map(|number| number as f64).collect()
}

#[track_caller]
fn settled(receipts: &mut [Receiver<Delivery>]) -> Vec<Option<Delivery>> {
    receipts
        .iter_mut()
        .map(|receipt| receipt.try_recv().ok())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn every_record_goes_through_once_and_in_order() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let running = run(&graph);
    let mut receipts = give(&bench, &graph, "in", &count_to(1000), 7);
    bench.inlet("in").end();
    idle().await;
    let watched = running.watched();
    running.stop().await;
    assert_eq!(bench.outlet("out").numbers(), count_to(1000));
    let counts = watched.counts();
    let of = |node: &str| (counts[node].received, counts[node].emitted, counts[node].errors);
    assert_eq!(of("in"), (0, 1000, 0));
    assert_eq!(of("one"), (1000, 1000, 0));
    assert_eq!(of("two"), (1000, 1000, 0));
    assert_eq!(of("out"), (1000, 1000, 0));
    assert!(
        settled(&mut receipts)
            .iter()
            .all(|delivery| *delivery == Some(Delivery::Done))
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_sink_holds_its_source_back() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let outlet = bench.outlet("out");
    outlet.gate.forget_permits(1_000_000);
    let running = run(&graph);
    give(&bench, &graph, "in", &count_to(1000), 1);
    idle().await;
    // Two queues are full; the source, the transforms and the sink have one batch each in their hands.
    let bound = 2 * QUEUE_BATCHES + 3;
    assert_eq!(bench.inlet("in").taken.load(SeqCst), bound);
    outlet.gate.add_permits(10);
    idle().await;
    assert_eq!(bench.inlet("in").taken.load(SeqCst), bound + 10);
    assert_eq!(outlet.count(), 10);
    outlet.gate.add_permits(1000);
    idle().await;
    running.stop().await;
    assert_eq!(outlet.numbers(), count_to(1000));
}

#[tokio::test(start_paused = true)]
async fn outputs_lead_where_they_are_wired() {
    let bench = Bench::default();
    let graph = bench.graph(
        "
  in: { type: feed, fields: { x: '1' } }
  switch: { type: map, from: in, do: split }
  high: { type: store, from: switch.high }
  low: { type: store, from: switch.low }
  all: { type: store, from: [switch.high, switch.low] }
  raw: { type: store, from: in }
",
    );
    let running = run(&graph);
    give(&bench, &graph, "in", &[1.0, -2.0, 3.0, -4.0], 4);
    idle().await;
    running.stop().await;
    assert_eq!(bench.outlet("high").numbers(), [1.0, 3.0]);
    assert_eq!(bench.outlet("low").numbers(), [-2.0, -4.0]);
    assert_eq!(bench.outlet("raw").numbers(), [1.0, -2.0, 3.0, -4.0]);
    let mut all = bench.outlet("all").numbers();
    all.sort_by(f64::total_cmp);
    assert_eq!(all, [-4.0, -2.0, 1.0, 3.0]);
}

#[tokio::test(start_paused = true)]
async fn a_join_converts_units_and_fills_what_an_input_lacks() {
    let bench = Bench::default();
    let graph = bench.graph(
        "
  fan: { type: feed, fields: { temp: °C, rpm: rpm } }
  oven: { type: feed, fields: { gas: L/min, temp: K } }
  both: { type: map, from: [fan, oven], formula: temp + 1 K }
  out: { type: store, from: both }
",
    );
    let (_, both) = graph.node("both").unwrap();
    let names: Vec<(&str, bool)> = both
        .input
        .fields()
        .iter()
        .map(|f| (&*f.name, f.optional))
        .collect();
    assert_eq!(names, [("temp", false), ("rpm", true), ("gas", true)]);
    let running = run(&graph);
    let row = |source: &str, values: [f64; 2]| {
        let schema = Arc::clone(&graph.node(source).unwrap().1.outputs[0].schema);
        let mut builder = BatchBuilder::new(schema, 1);
        builder.push(EventTime(0), Key(0), values.map(Value::Number));
        bench
            .inlet(source)
            .give(Given::Batch(builder.finish(Receipt::none())));
    };
    row("fan", [20.0, 1500.0]);
    idle().await;
    row("oven", [3.0, 273.15]);
    idle().await;
    running.stop().await;
    let rows = bench.outlet("out").rows.lock().unwrap().clone();
    let number = Value::Number;
    assert_eq!(
        rows[0].2,
        [number(20.0), number(1500.0), Value::Missing, number(21.0)]
    );
    assert_eq!(rows[1].2, [number(0.0), Value::Missing, number(3.0), number(1.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_receipt_settles_when_the_last_sink_has_flushed() {
    let bench = Bench::default();
    let graph = bench.graph(
        "
  in: { type: feed, fields: { x: '1' } }
  quick: { type: store, from: in, interval: 10 }
  slow: { type: store, from: in, interval: 1000 }
",
    );
    let running = run(&graph);
    let mut receipts = give(&bench, &graph, "in", &[1.0], 1);
    tokio::time::sleep(Duration::from_millis(990)).await;
    assert_eq!(bench.outlet("quick").flushes.load(SeqCst), 1);
    assert_eq!(bench.outlet("slow").count(), 1, "it is written");
    assert_eq!(settled(&mut receipts), [None], "but not safe");
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(settled(&mut receipts), [Some(Delivery::Done)]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_flush_serves_all_that_was_written_before() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let running = run(&graph);
    let mut receipts = give(&bench, &graph, "in", &count_to(50), 1);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(bench.outlet("out").flushes.load(SeqCst), 1);
    assert!(settled(&mut receipts).iter().all(Option::is_some));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_worst_word_of_all_sinks_counts() {
    let bench = Bench::default();
    let graph = bench.graph(
        "
  in: { type: feed, fields: { x: '1' } }
  good: { type: store, from: in }
  bad: { type: store, from: in }
  worse: { type: store, from: in }
",
    );
    *bench.outlet("bad").write_answers.lock().unwrap() = vec![Answer::Good, Answer::Never, Answer::Good];
    *bench.outlet("worse").flush_answers.lock().unwrap() =
        vec![Answer::Good, Answer::Good, Answer::Never, Answer::Good];
    let running = run(&graph);
    let mut outcomes = Vec::new();
    for number in [1.0, 2.0, 3.0, 4.0] {
        let mut receipts = give(&bench, &graph, "in", &[number], 1);
        tokio::time::sleep(Duration::from_millis(20)).await;
        outcomes.extend(settled(&mut receipts));
    }
    let (done, failed) = (Some(Delivery::Done), Some(Delivery::Failed));
    assert_eq!(outcomes, [done, failed, failed, done]);
    assert_eq!(bench.outlet("good").numbers(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(bench.outlet("bad").numbers(), [1.0, 3.0, 4.0]);
    let watched = running.watched();
    assert_eq!(watched.counts()["bad"].errors, 1);
    assert_eq!(watched.counts()["worse"].errors, 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn records_that_a_filter_drops_are_settled() {
    let bench = Bench::default();
    let graph = bench.graph(
        "
  in: { type: feed, fields: { x: '1' } }
  none: { type: map, from: in, do: drop }
  out: { type: store, from: none }
",
    );
    let running = run(&graph);
    let mut receipts = give(&bench, &graph, "in", &count_to(3), 1);
    idle().await;
    assert_eq!(settled(&mut receipts), [Some(Delivery::Done); 3]);
    running.stop().await;
    assert_eq!(bench.outlet("out").tries.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_split_is_settled_as_a_whole() {
    let bench = Bench::default();
    let graph = bench.graph(
        "
  in: { type: feed, fields: { x: '1' } }
  switch: { type: map, from: in, do: split }
  high: { type: store, from: switch.high }
  low: { type: store, from: switch.low }
",
    );
    let outlet = bench.outlet("low");
    outlet.gate.forget_permits(1_000_000);
    let running = run(&graph);
    let mut receipts = give(&bench, &graph, "in", &[1.0, -1.0], 2);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(bench.outlet("high").flushes.load(SeqCst), 1);
    assert_eq!(settled(&mut receipts), [None]);
    outlet.gate.add_permits(1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(settled(&mut receipts), [Some(Delivery::Done)]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn later_is_tried_again_until_it_works() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let outlet = bench.outlet("out");
    *outlet.write_answers.lock().unwrap() =
        vec![Answer::Later; 5].into_iter().chain([Answer::Good]).collect();
    *outlet.flush_answers.lock().unwrap() =
        vec![Answer::Later; 5].into_iter().chain([Answer::Good]).collect();
    let running = run(&graph);
    let mut receipts = give(&bench, &graph, "in", &[1.0, 2.0], 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(settled(&mut receipts), [None, None]);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(settled(&mut receipts), [Some(Delivery::Done); 2]);
    assert_eq!(outlet.numbers(), [1.0, 2.0]);
    assert_eq!(outlet.tries.load(SeqCst), 7);
    assert_eq!(outlet.flushes.load(SeqCst), 6);
    let watched = running.watched();
    let problem = &watched.problems()[0];
    assert_eq!(
        (problem.kind, problem.count, problem.message.as_str()),
        ("cannot write", 10, "not now")
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_gives_up_a_sink_that_never_gets_ready() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    *bench.outlet("out").write_answers.lock().unwrap() = vec![Answer::Later];
    let running = run(&graph);
    let mut receipts = give(&bench, &graph, "in", &count_to(40), 1);
    idle().await;
    let before = tokio::time::Instant::now();
    running.stop().await;
    assert!(
        before.elapsed() < Duration::from_secs(4),
        "{:?}",
        before.elapsed()
    );
    assert_eq!(settled(&mut receipts), [Some(Delivery::Failed); 40]);
}

#[tokio::test(start_paused = true)]
async fn a_transform_that_panics_starts_afresh_and_the_rest_runs_on() {
    let bench = Bench::default();
    let graph = bench.graph(
        "
  in: { type: feed, fields: { x: '1' } }
  weak: { type: map, from: in, do: panic }
  count: { type: map, from: weak, do: count }
  out: { type: store, from: count }
  raw: { type: store, from: in }
",
    );
    let running = run(&graph);
    let mut receipts = give(&bench, &graph, "in", &[1.0, -2.0, 3.0], 1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (done, failed) = (Some(Delivery::Done), Some(Delivery::Failed));
    assert_eq!(settled(&mut receipts), [done, failed, done]);
    let watched = running.watched();
    running.stop().await;
    assert_eq!(bench.outlet("out").numbers(), [1.0, 3.0]);
    assert_eq!(bench.outlet("raw").numbers(), [1.0, -2.0, 3.0]);
    assert_eq!(watched.problems().len(), 1);
    assert_eq!(
        (&*watched.problems()[0].node, watched.problems()[0].kind),
        ("weak", "node failed")
    );
    assert_eq!(watched.counts()["weak"].errors, 1);
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_panics_acknowledges_nothing_and_starts_afresh() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let outlet = bench.outlet("out");
    *outlet.write_answers.lock().unwrap() = vec![Answer::Good, Answer::Panic, Answer::Good];
    let running = run(&graph);
    // The first is written but not flushed when the second brings the sink down.
    let mut receipts = give(&bench, &graph, "in", &[1.0, 2.0, 3.0], 1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (done, failed) = (Some(Delivery::Done), Some(Delivery::Failed));
    assert_eq!(settled(&mut receipts), [failed, failed, done]);
    *outlet.flush_answers.lock().unwrap() = vec![Answer::Panic, Answer::Good];
    let mut receipts = give(&bench, &graph, "in", &[4.0], 1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(settled(&mut receipts), [failed]);
    assert_eq!(outlet.made.load(SeqCst), 3);
    assert_eq!(running.watched().counts()["out"].errors, 2);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_or_panics_is_made_anew() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let inlet = bench.inlet("in");
    let running = run(&graph);
    let give = |number: f64| inlet.give(Given::Batch(numbers(&graph, "in", &[number], Receipt::none())));
    give(1.0);
    inlet.give(Given::Failure);
    give(2.0);
    inlet.give(Given::Panic);
    give(3.0);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(inlet.made.load(SeqCst), 3);
    assert_eq!(running.watched().counts()["in"].errors, 2);
    running.stop().await;
    assert_eq!(bench.outlet("out").numbers(), [1.0, 2.0, 3.0]);
    assert_eq!(inlet.finished.load(SeqCst), 1, "only the last one finishes");
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_everything_through_that_was_brought() {
    let bench = Bench::default();
    let graph = bench.graph(LINE);
    let inlet = bench.inlet("in");
    let outlet = bench.outlet("out");
    outlet.gate.forget_permits(1_000_000);
    let running = run(&graph);
    let mut receipts = give(&bench, &graph, "in", &count_to(100), 1);
    idle().await;
    let taken = inlet.taken.load(SeqCst);
    let all_settled = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&all_settled);
    let flushes = Arc::clone(&outlet);
    let flushes_at_finish = Arc::new(AtomicUsize::new(0));
    let seen_flushes = Arc::clone(&flushes_at_finish);
    *inlet.on_finish.lock().unwrap() = Some(Box::new(move || {
        let deliveries = settled(&mut receipts[..taken]);
        seen.store(deliveries.iter().all(|d| *d == Some(Delivery::Done)), SeqCst);
        seen_flushes.store(flushes.flushes.load(SeqCst), SeqCst);
    }));
    outlet.gate.add_permits(1_000_000);
    running.stop().await;
    assert_eq!(taken, 100);
    assert_eq!(outlet.numbers(), count_to(100));
    assert_eq!(inlet.finished.load(SeqCst), 1);
    assert!(
        all_settled.load(SeqCst),
        "a source finishes when its records are settled"
    );
    assert!(flushes_at_finish.load(SeqCst) > 0);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_has_no_more_leaves_the_flow_running() {
    let bench = Bench::default();
    let graph = bench.graph(
        "
  a: { type: feed, fields: { x: '1' } }
  b: { type: feed, fields: { x: '1' } }
  out: { type: store, from: [a, b] }
",
    );
    let running = run(&graph);
    give(&bench, &graph, "a", &[1.0], 1);
    bench.inlet("a").end();
    idle().await;
    give(&bench, &graph, "b", &[2.0], 1);
    idle().await;
    assert_eq!(bench.outlet("out").numbers(), [1.0, 2.0]);
    running.stop().await;
    assert_eq!(bench.inlet("a").finished.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_ten_thousand_nodes_runs() {
    let bench = Bench::default();
    let mut nodes = "  n0: { type: feed, fields: { x: '1' } }\n".to_owned();
    for number in 1..10_000 {
        nodes += &format!("  n{number}: {{ type: map, from: n{} }}\n", number - 1);
    }
    nodes += "  out: { type: store, from: n9999 }\n";
    let graph = bench.graph(&nodes);
    let running = run(&graph);
    give(&bench, &graph, "n0", &count_to(10), 5);
    idle().await;
    running.stop().await;
    assert_eq!(bench.outlet("out").numbers(), count_to(10));
    let mut offline = Offline::up_to(&graph, "out").unwrap();
    let arrived = offline.arriving("n0", numbers(&graph, "n0", &[7.0], Receipt::none()), "out");
    assert_eq!(arrived[0].value(0, 0), Value::Number(7.0));
}

const BRANCHES: &str = "
  in: { type: feed, fields: { x: '1' } }
  change: { type: map, from: in, formula: delta(x) }
  switch: { type: map, from: change, do: split }
  high: { type: map, from: switch.high, do: count }
  low: { type: map, from: switch.low, do: count }
  both: { type: map, from: [high, low], formula: integral(x) }
  out: { type: store, from: both }
  aside: { type: store, from: change }
";

#[tokio::test(start_paused = true)]
async fn offline_gives_what_a_running_flow_gives() {
    let bench = Bench::default();
    let graph = bench.graph(BRANCHES);
    let all: Vec<f64> = (0..300).map(|n| f64::from((n * 37) % 101 - 50)).collect();
    let running = run(&graph);
    for chunk in all.chunks(11) {
        give(&bench, &graph, "in", chunk, 11);
        // So that both branches arrive in the order in which they are computed.
        idle().await;
    }
    running.stop().await;
    let live = bench.outlet("out").rows.lock().unwrap().clone();

    let mut offline = Offline::up_to(&graph, "out").unwrap();
    let mut replayed = Vec::new();
    for chunk in all.chunks(11) {
        for batch in offline.arriving("in", numbers(&graph, "in", chunk, Receipt::none()), "out") {
            for row in 0..batch.len() {
                let values = (0..batch.schema().width())
                    .map(|slot| batch.value(row, slot))
                    .collect();
                replayed.push((batch.times()[row].as_millis(), batch.keys()[row].0, values));
            }
        }
    }
    assert_eq!(live.len(), 300);
    assert_eq!(replayed, live);
    assert!(offline.problems().all().is_empty());
    assert!(Offline::up_to(&graph, "nowhere").is_err());
    assert!(
        offline
            .arriving("nowhere", numbers(&graph, "in", &[1.0], Receipt::none()), "out")
            .is_empty()
    );
}

fn feed_of(numbers: &[f64]) -> impl Fn(&Feed) {
    let schema = Schema::new([
        Field::new("x", FieldType::Number(Unit::none())),
        Field::new("mode", FieldType::Text),
    ]);
    let mut builder = BatchBuilder::new(Arc::new(schema), numbers.len());
    for number in numbers {
        let mode = Value::Text("on".into());
        builder.push(EventTime(*number as i64), Key(1), [Value::Number(*number), mode]);
    }
    let batch = builder.finish(Receipt::none());
    move |feed| {
        let columns: Vec<Option<&Column>> = (0..2).map(|slot| batch.column(slot).map(|c| &**c)).collect();
        feed.push(&batch, columns);
    }
}

#[test]
fn a_feed_numbers_its_rows_and_keeps_the_newest() {
    let types = [FieldType::Number(Unit::none()), FieldType::Text];
    let feed = Feed::new(&types, watch::Sender::new(()));
    assert_eq!((feed.next_sequence(), feed.rows_since(0, 100)), (0, None));
    feed_of(&[0.0, 1.0, 2.0])(&feed);
    let rows = feed.rows_since(1, 100).unwrap();
    assert_eq!((rows.first, rows.rows.len()), (1, 2));
    let expected = (
        EventTime(1),
        Key(1),
        vec![Value::Number(1.0), Value::Text("on".into())],
    );
    assert_eq!(rows.rows[0], expected);
    assert_eq!(feed.rows_since(3, 100), None);
    assert_eq!(feed.rows_since(99, 100), None, "a reader from before a restart");
    assert_eq!(feed.rows_since(0, 1).unwrap().first, 2, "the newest of them");
    assert_eq!(feed.rows_since(0, 0), None);
    // More than it keeps, in many batches and in one.
    for start in (3..10_000).step_by(7) {
        let numbers: Vec<f64> = (start..start + 7).map(f64::from).collect();
        feed_of(&numbers)(&feed);
    }
    let next = feed.next_sequence();
    let rows = feed.rows_since(0, usize::MAX).unwrap();
    assert_eq!(rows.first + rows.rows.len() as u64, next);
    assert_eq!(rows.rows.len(), 6_000);
    assert_eq!(
        rows.rows[0].0,
        EventTime(rows.first as i64),
        "row and number belong together"
    );
    let some = feed.rows_within(rows.first..rows.first + 10, 4).unwrap();
    assert_eq!((some.first, some.rows.len()), (rows.first + 6, 4));
    assert_eq!(some.rows[0], rows.rows[6]);
    let oldest = feed.rows_within(0..rows.first + 2, 100).unwrap();
    assert_eq!((oldest.first, oldest.rows.len()), (rows.first, 2));
    assert_eq!(feed.rows_within(0..rows.first, 100), None, "not kept any more");
    assert_eq!(feed.rows_within(next..next + 5, 100), None);
    let many: Vec<f64> = (0..20_000).map(f64::from).collect();
    feed_of(&many)(&feed);
    assert_eq!(feed.next_sequence(), next + 20_000);
    let rows = feed.rows_since(0, usize::MAX).unwrap();
    assert_eq!((rows.first, rows.rows.len()), (next + 14_000, 6_000));
    assert_eq!(rows.rows[0].2[0], Value::Number(14_000.0));
}

#[tokio::test]
async fn a_reader_of_a_feed_is_woken() {
    let pulse = watch::Sender::new(());
    let mut news = pulse.subscribe();
    let feed = Feed::new(&[FieldType::Number(Unit::none()), FieldType::Text], pulse);
    assert!(!news.has_changed().unwrap());
    feed_of(&[1.0, 2.0])(&feed);
    news.changed().await.unwrap();
    assert_eq!(feed.next_sequence(), 2);
}

#[test]
fn problems_are_counted_by_kind() {
    use twinflow_engine::runtime::{ProblemLog, Problems};
    let log: Arc<ProblemLog> = Arc::default();
    let problems = Problems::new("fan".into(), Arc::clone(&log));
    for number in 0..1000 {
        problems.report("not JSON", format!("number {number}"));
    }
    problems.report("missing field", "`temp` is not there");
    let all = log.all();
    assert_eq!(all.len(), 2);
    let json = all.iter().find(|problem| problem.kind == "not JSON").unwrap();
    assert_eq!((json.count, json.message.as_str()), (1000, "number 999"));
    assert_eq!((log.count("fan"), log.count("oven")), (1001, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_passes_where_records_flood_in() {
    let bench = Bench::default();
    let graph = bench.graph(
        "
  in: { type: feed, fields: { x: '1' } }
  toil: { type: map, from: in, do: toil }
  out: { type: store, from: toil }
",
    );
    let running = run(&graph);
    // Its queue never gets empty before the end.
    for receipt in give(&bench, &graph, "in", &count_to(200), 1) {
        assert_eq!(receipt.await, Ok(Delivery::Done));
    }
    running.stop().await;
    let numbers = bench.outlet("out").numbers();
    let last = numbers.iter().position(|number| *number == 200.0).unwrap();
    let ticks = numbers[..last].iter().filter(|number| **number < 0.0).count();
    assert!(ticks > 100, "{ticks}");
}
