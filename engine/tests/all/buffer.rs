//! `buffer: disk` - a sink that is away, a restart, a store that is full, a flow that changed.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot::Receiver;
use twinflow_engine::diagnostic::Code;
use twinflow_engine::graph::Graph;
use twinflow_engine::node::{Part, Sink, SinkError, StartError};
use twinflow_engine::record::{Batch, Delivery, Value};
use twinflow_engine::runtime::{
    BufferEntry, BufferError, BufferGauge, BufferLeft, BufferStore, Running, Setting, start_in,
};

use crate::bench::{self, Answer, Bench, numbers};

/// A store in memory, which outlives the flow as a file would.
#[derive(Clone, Debug, Default)]
struct Memory {
    entries: Arc<Mutex<VecDeque<(u64, BufferEntry)>>>,
    gauge: Arc<BufferGauge>,
    last: Arc<Mutex<u64>>,
    /// Whether the disk takes nothing.
    is_broken: Arc<Mutex<bool>>,
    /// How often it was opened.
    opened: Arc<Mutex<usize>>,
    /// As of a file, there is one that is open at a time.
    lock: Arc<()>,
}

#[async_trait]
impl BufferStore for Memory {
    async fn append(&self, entries: Vec<BufferEntry>) -> Result<(), BufferError> {
        if *self.is_broken.lock().unwrap() {
            return Err(BufferError("no disk".to_owned()));
        }
        for entry in entries {
            let mut last = self.last.lock().unwrap();
            *last += 1;
            self.gauge.add(u64::from(entry.records), entry.bytes.len() as u64);
            self.entries.lock().unwrap().push_back((*last, entry));
        }
        Ok(())
    }

    async fn read(&self, after: u64, most: usize) -> Result<Vec<(u64, BufferEntry)>, BufferError> {
        let entries = self.entries.lock().unwrap();
        let behind = entries.iter().filter(|(id, _)| *id > after);
        Ok(behind.take(most).cloned().collect())
    }

    async fn remove(&self, first: u64, last: u64) -> Result<(), BufferError> {
        self.entries.lock().unwrap().retain(|(id, entry)| {
            let is_kept = !(first..=last).contains(id);
            if !is_kept {
                self.gauge
                    .subtract(u64::from(entry.records), entry.bytes.len() as u64);
            }
            is_kept
        });
        Ok(())
    }

    fn gauge(&self) -> Arc<BufferGauge> {
        Arc::clone(&self.gauge)
    }

    fn place(&self) -> String {
        "memory".to_owned()
    }
}

const FLOW: &str = "
  in: { type: feed, fields: { x: '1' } }
  out: { type: store, from: in, buffer: disk }
";

fn setting(store: &Memory) -> Setting {
    let mut store = store.clone();
    let lock = Arc::downgrade(&std::mem::take(&mut store.lock));
    Setting {
        buffers: Some(Arc::new(move |_| {
            // The test's own memory has it, too.
            let Some(lock) = lock.upgrade().filter(|lock| Arc::strong_count(lock) == 2) else {
                return Err(StartError("another one has it open".to_owned()));
            };
            *store.opened.lock().unwrap() += 1;
            let opened = Memory {
                lock,
                ..store.clone()
            };
            Ok(Arc::new(opened) as Arc<dyn BufferStore>)
        })),
        ..Setting::default()
    }
}

fn run(graph: &Graph, store: &Memory) -> Running {
    start_in(graph, &setting(store)).unwrap_or_else(|failure| panic!("{failure}"))
}

/// With time paused, everything that can happen has happened when this returns.
async fn idle() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

fn give(bench: &Bench, graph: &Graph, all: std::ops::Range<u32>) -> Vec<Receiver<Delivery>> {
    let each = all.map(|number| {
        bench
            .inlet("in")
            .give_awaited(|receipt| numbers(graph, "in", &[f64::from(number)], receipt))
    });
    each.collect()
}

fn all_done(receipts: Vec<Receiver<Delivery>>) -> bool {
    receipts
        .into_iter()
        .all(|mut receipt| receipt.try_recv() == Ok(Delivery::Done))
}

fn count(range: std::ops::Range<u32>) -> Vec<f64> {
    range.map(f64::from).collect()
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_is_away_holds_nobody_up_and_gets_everything_in_order() {
    let (bench, store) = (Bench::default(), Memory::default());
    let graph = bench.graph(FLOW);
    *bench.outlet("out").write_answers.lock().unwrap() = vec![Answer::Later];
    let running = run(&graph, &store);
    let receipts = give(&bench, &graph, 0..5000);
    idle().await;
    assert!(all_done(receipts), "what is on disk is acknowledged");
    assert_eq!(bench.outlet("out").count(), 0);
    let depth = running.watched().buffer_depths()["out"];
    assert_eq!((depth.records, depth.capacity_bytes), (5000, 256_000_000));
    bench.outlet("out").write_answers.lock().unwrap().clear();
    idle().await;
    assert_eq!(bench.outlet("out").numbers(), count(0..5000));
    assert_eq!(running.watched().buffer_depths()["out"].records, 0);
    let counts = running.watched().counts()["out"];
    assert_eq!((counts.received, counts.emitted), (5000, 5000));
    running.stop().await;
    assert!(store.entries.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_left_at_a_stop_comes_out_after_the_next_start() {
    let (bench, store) = (Bench::default(), Memory::default());
    let graph = bench.graph(FLOW);
    *bench.outlet("out").flush_answers.lock().unwrap() = vec![Answer::Later];
    let running = run(&graph, &store);
    let receipts = give(&bench, &graph, 0..3000);
    idle().await;
    running.stop().await;
    assert!(all_done(receipts));
    assert_eq!(store.entries.lock().unwrap().len(), 3000);
    // Written without a flush is not safe: it is written again.
    let bench = Bench::default();
    let graph = bench.graph(FLOW);
    let running = run(&graph, &store);
    give(&bench, &graph, 3000..3010);
    idle().await;
    running.stop().await;
    assert_eq!(bench.outlet("out").numbers(), count(0..3010));
    assert!(store.entries.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stop_empties_the_buffer_of_a_sink_that_takes() {
    let (bench, store) = (Bench::default(), Memory::default());
    let graph = bench.graph(FLOW);
    let running = run(&graph, &store);
    let receipts = give(&bench, &graph, 0..2000);
    bench.inlet("in").end();
    bench::idle().await;
    running.stop().await;
    assert!(all_done(receipts));
    assert_eq!(bench.outlet("out").numbers(), count(0..2000));
    assert!(store.entries.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_full_buffer_holds_the_source_back_and_loses_nothing() {
    let (bench, store) = (Bench::default(), Memory::default());
    let graph = bench.graph(&FLOW.replace("buffer: disk", "buffer: { disk: 1 MB }"));
    *bench.outlet("out").write_answers.lock().unwrap() = vec![Answer::Later];
    let running = run(&graph, &store);
    let batches = 400;
    let mut receipts = Vec::new();
    for first in 0..batches {
        let values: Vec<f64> = (0..1000).map(|number| f64::from(first * 1000 + number)).collect();
        let settled = bench
            .inlet("in")
            .give_awaited(|receipt| numbers(&graph, "in", &values, receipt));
        receipts.push(settled);
    }
    idle().await;
    let taken = bench.inlet("in").taken.load(SeqCst);
    assert!(taken < 300, "the source waits: {taken} batches of {batches}");
    let depth = running.watched().buffer_depths()["out"];
    assert!(depth.bytes <= 1_000_000 && depth.bytes > 900_000, "{depth:?}");
    let problems = running.watched().problems();
    assert!(
        problems.iter().any(|problem| problem.kind == "buffer full"),
        "{problems:?}"
    );
    bench.outlet("out").write_answers.lock().unwrap().clear();
    idle().await;
    assert_eq!(bench.outlet("out").numbers(), count(0..400_000));
    assert!(all_done(receipts));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_takes_nothing_delays_the_acknowledgement() {
    let (bench, store) = (Bench::default(), Memory::default());
    let graph = bench.graph(FLOW);
    *store.is_broken.lock().unwrap() = true;
    let running = run(&graph, &store);
    let mut receipts = give(&bench, &graph, 0..3);
    idle().await;
    assert!(receipts.iter_mut().all(|receipt| receipt.try_recv().is_err()));
    *store.is_broken.lock().unwrap() = false;
    idle().await;
    assert!(all_done(receipts));
    assert_eq!(bench.outlet("out").numbers(), count(0..3));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_panics_gets_it_again_and_what_it_never_takes_is_given_up() {
    let (bench, store) = (Bench::default(), Memory::default());
    let graph = bench.graph(&format!("{FLOW}  bad: {{ type: store, from: out.error }}\n"));
    *bench.outlet("out").write_answers.lock().unwrap() = vec![Answer::Panic, Answer::Good];
    let running = run(&graph, &store);
    give(&bench, &graph, 0..3);
    idle().await;
    assert_eq!(bench.outlet("out").numbers(), count(0..3));
    // A single entry at which it fails every time, and one behind it.
    *bench.outlet("out").write_answers.lock().unwrap() =
        vec![Answer::Panic, Answer::Panic, Answer::Panic, Answer::Good];
    give(&bench, &graph, 3..4);
    idle().await;
    give(&bench, &graph, 4..5);
    idle().await;
    assert_eq!(bench.outlet("out").numbers(), [0.0, 1.0, 2.0, 4.0]);
    let bad = bench.outlet("bad").rows.lock().unwrap().clone();
    assert_eq!(bad.len(), 1);
    assert_eq!(bad[0].2[1], Value::Text("node failed".into()));
    assert!(store.entries.lock().unwrap().is_empty());
    running.stop().await;
}

/// Keeps letters for the test.
#[derive(Clone, Default)]
struct Letters(Arc<Mutex<Vec<Value>>>);

#[async_trait]
impl Sink for Letters {
    async fn write(&mut self, batch: &Batch) -> Result<(), SinkError> {
        let reasons = (0..batch.len()).map(|row| batch.value(row, 2));
        self.0.lock().unwrap().extend(reasons);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Fills the store by a flow with fields of these units, and starts one with others: what the sink gets, the reasons of the
/// dead letters, and the kinds of problems.
async fn changed(old: &str, new: &str) -> (Vec<Vec<Value>>, Vec<Value>, Vec<&'static str>) {
    let flow = |fields: &str| {
        format!(
            "  in: {{ type: feed, fields: {{ {fields} }} }}\n  out: {{ type: store, from: in, buffer: disk }}\n"
        )
    };
    let (bench, store, letters) = (Bench::default(), Memory::default(), Letters::default());
    let graph = bench.graph(&flow(old));
    *bench.outlet("out").write_answers.lock().unwrap() = vec![Answer::Later];
    let running = run(&graph, &store);
    give(&bench, &graph, 1..2);
    idle().await;
    running.stop().await;
    let bench = Bench::default();
    let graph = bench.graph(&flow(new));
    let kept = letters.clone();
    let Part::Sink(make) = Part::sink(move |_| Ok(kept.clone())) else {
        unreachable!()
    };
    let setting = Setting {
        dead_letters: Some(make),
        ..setting(&store)
    };
    let running = start_in(&graph, &setting).unwrap();
    idle().await;
    let problems = running.watched().problems();
    running.stop().await;
    assert!(store.entries.lock().unwrap().is_empty());
    let rows = bench.outlet("out").rows.lock().unwrap().clone();
    let letters = letters.0.lock().unwrap().clone();
    (
        rows.into_iter().map(|(.., values)| values).collect(),
        letters,
        problems.into_iter().map(|problem| problem.kind).collect(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_was_changed_reads_the_old_records_by_name_and_unit() {
    let (rows, letters, problems) = changed("a: kW, b: A", "c: A, a: W").await;
    assert_eq!(rows, [[Value::Missing, Value::Number(1000.0)]]);
    assert_eq!((letters, problems), (vec![], vec!["missing field"]));
    let (rows, letters, problems) = changed("a: kW", "a: A").await;
    assert_eq!(rows, Vec::<Vec<Value>>::new());
    let reason = "`a` is number in A now, and was number in kW when the record was put into the buffer";
    assert_eq!(letters, [Value::Text(reason.into())]);
    assert_eq!(problems, ["does not fit"]);
}

#[test]
fn a_buffer_that_means_nothing_or_stands_elsewhere_is_told() {
    let told = |node: &str| -> Vec<(Code, String)> {
        let flow = format!(
            "twinflow: 1\nnodes:\n  in: {{ type: feed, fields: {{ x: '1' }} }}\n  pass: {{ type: map, from: in }}\n  {node}\n  out: {{ type: store, from: pass }}\n"
        );
        let compiled = Bench::default().compile(&flow);
        let told = compiled.diagnostics.into_iter().filter(|found| found.is_error());
        told.map(|found| (found.code, found.message)).collect()
    };
    let sink = |buffer: &str| told(&format!("a: {{ type: store, from: in, buffer: {buffer} }}"));
    for good in ["disk", "{ disk: 500 MB }", "{ disk: 1.5 GiB }", "{ disk: 2 gb }"] {
        assert_eq!(sink(good), [], "{good}");
    }
    let wrong = |message: &str| [(Code::WrongValue, message.to_owned())];
    assert_eq!(sink("memory"), wrong("`memory` is no value of `buffer`"));
    assert_eq!(sink("{ disc: 5 MB }"), wrong("a mapping is no value of `buffer`"));
    assert_eq!(sink("{ disk: 500 }"), wrong("`500` is no size"));
    assert_eq!(sink("{ disk: 5 m }"), wrong("`5 m` is no size"));
    assert_eq!(sink("{ disk: 0.5 MB }"), wrong("a buffer of 0.5 MB is too small"));
    let place = |message: &str| [(Code::WiringNotAllowed, message.to_owned())];
    assert_eq!(
        told("a: { type: map, from: in, buffer: disk }"),
        place("`map` is a transform: only sinks have a buffer on disk")
    );
    assert_eq!(
        told("a: { type: feed, fields: { y: '1' }, buffer: disk }"),
        place("`feed` is a source: only sinks have a buffer on disk")
    );
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_a_buffered_sink_hands_its_file_over_or_leaves_it() {
    let (bench, store) = (Bench::default(), Memory::default());
    let graph = bench.graph(FLOW);
    let mut running = run(&graph, &store);
    give(&bench, &graph, 0..10);
    idle().await;
    // It stays, untouched, beside a new one.
    let more = format!("{FLOW}  more: {{ type: store, from: in }}\n");
    running.reload(&bench.graph(&more)).await.unwrap();
    assert_eq!(*store.opened.lock().unwrap(), 1);
    *bench.outlet("out").write_answers.lock().unwrap() = vec![Answer::Later];
    give(&bench, &graph, 10..20);
    idle().await;
    assert_eq!(running.watched().buffer_depths()["out"].records, 10);
    // It changes: the new one goes on with what waits.
    let changed = FLOW.replace("buffer: disk", "buffer: { disk: 1 MB }");
    let reloaded = running.reload(&bench.graph(&changed)).await.unwrap();
    assert_eq!(reloaded.changed, ["out"]);
    assert_eq!(reloaded.left, []);
    assert_eq!(*store.opened.lock().unwrap(), 2);
    let depth = running.watched().buffer_depths()["out"];
    assert_eq!((depth.records, depth.capacity_bytes), (10, 1_000_000));
    let problems = running.watched().problems();
    assert!(
        problems.iter().all(|problem| problem.kind != "records lost"),
        "{problems:?}"
    );
    // It goes, and what waits stays where it is.
    let gone = "  in: { type: feed, fields: { x: '1' } }\n  other: { type: store, from: in }\n";
    let reloaded = running.reload(&bench.graph(gone)).await.unwrap();
    let left = BufferLeft {
        records: 10,
        place: "memory".to_owned(),
    };
    assert_eq!(reloaded.left, [("out".to_owned(), left)]);
    assert!(running.watched().buffer_depths().is_empty());
    // It comes back.
    bench.outlet("out").write_answers.lock().unwrap().clear();
    running.reload(&graph).await.unwrap();
    give(&bench, &graph, 20..30);
    idle().await;
    running.stop().await;
    assert_eq!(bench.outlet("out").numbers(), count(0..30));
    assert!(store.entries.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_reload_that_fails_puts_the_buffer_back() {
    let (bench, store) = (Bench::default(), Memory::default());
    let graph = bench.graph(FLOW);
    let mut running = run(&graph, &store);
    *bench.outlet("out").write_answers.lock().unwrap() = vec![Answer::Later];
    let receipts = give(&bench, &graph, 0..10);
    idle().await;
    bench.outlet("more").is_broken.store(true, SeqCst);
    let changed = FLOW.replace("buffer: disk", "buffer: { disk: 1 MB }");
    let next = bench.graph(&format!("{changed}  more: {{ type: store, from: in }}\n"));
    running.reload(&next).await.unwrap_err();
    assert!(all_done(receipts));
    bench.outlet("out").write_answers.lock().unwrap().clear();
    give(&bench, &graph, 10..20);
    idle().await;
    assert_eq!(
        running.watched().buffer_depths()["out"].capacity_bytes,
        256_000_000
    );
    running.stop().await;
    assert_eq!(bench.outlet("out").numbers(), count(0..20));
}

#[tokio::test(start_paused = true)]
async fn a_buffer_that_cannot_be_opened_again_is_tried_until_it_can() {
    let (bench, store) = (Bench::default(), Memory::default());
    let graph = bench.graph(FLOW);
    let mut running = run(&graph, &store);
    // Someone else opens the file in the moment in which this one is closed and no other is open.
    let changed = FLOW.replace("buffer: disk", "buffer: { disk: 1 MB }");
    let others = Arc::clone(&store.lock);
    let failure = running.reload(&bench.graph(&changed)).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "the node `out` cannot start: another one has it open"
    );
    let mut receipts = give(&bench, &graph, 0..3);
    idle().await;
    assert!(receipts.iter_mut().all(|receipt| receipt.try_recv().is_err()));
    drop(others);
    idle().await;
    assert!(all_done(receipts));
    assert_eq!(bench.outlet("out").numbers(), count(0..3));
    running.stop().await;
}
