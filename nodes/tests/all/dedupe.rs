//! `dedupe`: what came already is dropped, what did not goes through, and what it remembers can be saved.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use twinflow_engine::graph::Graph;
use twinflow_engine::node::Restored;
use twinflow_engine::record::{Batch, BatchBuilder, Delivery, EventTime, Receipt, Value};
use twinflow_engine::runtime::{Offline, Running, Setting, start_in};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_nodes::seen::{Seen, SeenError};
use twinflow_nodes::state_file;

use crate::support::inlet::{Inlet, compile};

/// Milliseconds, machine, seq, boot.
type Record = (i64, &'static str, Option<i64>, i64);

/// Runs records through one `dedupe`.
struct Bench {
    graph: Graph,
    offline: Offline,
    // The source's end stays open.
    _inlet: Inlet,
}

impl Bench {
    fn new(config: &str) -> Self {
        let fields = vec![
            Field::new("seq", FieldType::Integer).optional(),
            Field::new("boot", FieldType::Integer),
        ];
        let nodes = format!(
            "
  once: {{ type: dedupe, from: in{config} }}
  show: {{ type: dashboard-widget, from: once, widget: value, fields: [seq] }}
"
        );
        let (graph, inlet) = compile(Path::new(""), fields, &nodes);
        let offline = Offline::up_to(&graph, "show").unwrap();
        Self {
            graph,
            offline,
            _inlet: inlet,
        }
    }

    /// What comes out of one batch.
    fn take(&mut self, records: &[Record], receipt: Receipt) -> Vec<Batch> {
        let schema = Arc::clone(&self.graph.node("in").unwrap().1.outputs[0].schema);
        let mut builder = BatchBuilder::new(schema, records.len());
        for (millis, machine, seq, boot) in records {
            let key = self.offline.keys().intern(machine).unwrap();
            let seq = seq.map_or(Value::Missing, Value::Integer);
            builder.push(EventTime::from_millis(*millis), key, [seq, Value::Integer(*boot)]);
        }
        self.offline.arriving("in", builder.finish(receipt), "show")
    }

    /// The numbers that are let through.
    fn seqs(&mut self, records: &[Record]) -> Vec<Option<i64>> {
        let out = self.take(records, Receipt::none());
        let rows = out
            .iter()
            .flat_map(|batch| (0..batch.len()).map(|row| batch.value(row, 0)));
        let seqs = rows.map(|value| match value {
            Value::Integer(seq) => Some(seq),
            _ => None,
        });
        seqs.collect()
    }
}

fn of(seqs: impl IntoIterator<Item = i64>) -> Vec<Record> {
    seqs.into_iter().map(|seq| (seq, "fan", Some(seq), 0)).collect()
}

fn some(seqs: impl IntoIterator<Item = i64>) -> Vec<Option<i64>> {
    seqs.into_iter().map(Some).collect()
}

#[test]
fn what_the_fields_tell_apart_goes_through_once_for_each_machine() {
    let mut bench = Bench::new(", by: seq");
    let records = [
        (0, "a", Some(1), 0),
        (1, "b", Some(1), 0),
        (2, "a", Some(1), 7),
        (3, "a", None, 0),
        (4, "a", None, 0),
    ];
    assert_eq!(bench.seqs(&records), [Some(1), Some(1), None, None]);
    let mut bench = Bench::new(", by: [boot, seq]");
    assert_eq!(bench.seqs(&records), [Some(1), Some(1), Some(1), None, None]);
}

#[test]
fn without_by_the_time_and_all_fields_count() {
    let mut bench = Bench::new("");
    let records = [
        (0, "a", Some(1), 0),
        (0, "a", Some(1), 0),
        (1, "a", Some(1), 0),
        (1, "a", Some(1), 1),
        (1, "a", None, 1),
        (1, "a", None, 1),
    ];
    assert_eq!(bench.seqs(&records), [Some(1), Some(1), Some(1), None]);
}

#[test]
fn a_counter_that_begins_again_is_let_through_after_a_window_and_told() {
    let mut bench = Bench::new(", by: seq, window: 100");
    assert_eq!(bench.seqs(&of(0..80)), some(0..80));
    // Each value is forgotten a hundred records after it came, although all of these are dropped.
    assert_eq!(bench.seqs(&of(0..21)), some([]));
    assert_eq!(bench.seqs(&of(0..10)), some(0..10));
    assert_eq!(bench.offline.problems().all(), []);
    assert_eq!(bench.seqs(&of(30..80)), some([]));
    let told = bench.offline.problems().all();
    assert_eq!((told[0].kind, told[0].count), ("long repeat", 1));
    assert!(told[0].message.starts_with("50 records of `fan` in a row"));
    // A restart that begins with values that are not remembered drops nothing.
    assert_eq!(bench.seqs(&of(1000..1300)), some(1000..1300));
    assert_eq!(bench.seqs(&of(0..50)), some(0..50));
}

#[test]
fn a_dropped_record_is_settled_and_a_lost_one_may_come_again() {
    let mut bench = Bench::new(", by: seq");
    let give = |bench: &mut Bench| {
        let (receipt, settled) = Receipt::issue();
        (bench.take(&of([1]), receipt), settled)
    };
    let (first, mut first_settled) = give(&mut bench);
    let (again, mut again_settled) = give(&mut bench);
    assert!(again.is_empty());
    assert_eq!(again_settled.try_recv(), Ok(Delivery::Done));
    assert!(first_settled.try_recv().is_err(), "it is under way");
    first[0].receipt().fail();
    drop(first);
    assert_eq!(first_settled.try_recv(), Ok(Delivery::Failed));
    let (second, _) = give(&mut bench);
    assert_eq!(second.len(), 1, "the broker sends again what was lost");
}

proptest! {
    #[test]
    fn within_the_window_nothing_comes_twice_and_the_first_always(
        seqs in prop::collection::vec(0_i64..40, 0..300),
        window in 1_usize..50,
        cuts in prop::collection::vec(1_usize..20, 1..100),
    ) {
        let mut bench = Bench::new(&format!(", by: seq, window: {window}"));
        let mut found = Vec::new();
        let mut rest = &seqs[..];
        for cut in cuts.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (batch, more) = rest.split_at(cut.min(rest.len()));
            found.extend(bench.seqs(&of(batch.iter().copied())).into_iter().flatten());
            rest = more;
        }
        // The rule in words: a record is dropped if one that was let through is at most `window` records ago.
        let mut passed: Vec<(usize, i64)> = Vec::new();
        for (at, seq) in seqs.iter().enumerate() {
            if !passed.iter().any(|(before, same)| same == seq && at - before <= window) {
                passed.push((at, *seq));
            }
        }
        prop_assert_eq!(found, passed.into_iter().map(|(_, seq)| seq).collect::<Vec<_>>());
    }

    #[test]
    fn memory_survives_its_bytes(
        identities in prop::collection::vec((0_u128..30, any::<bool>()), 0..100),
        window in 1_u32..40,
        later in prop::collection::vec(0_u128..30, 0..100),
    ) {
        let mut seen = Seen::default();
        for (identity, _) in &identities {
            seen.is_new(*identity, window);
            seen.keep(*identity);
        }
        let mut restored = Seen::from_bytes(&seen.to_bytes()).unwrap();
        prop_assert_eq!(restored.to_bytes(), seen.to_bytes());
        for identity in later {
            prop_assert_eq!(restored.is_new(identity, window), seen.is_new(identity, window));
        }
    }

    #[test]
    fn hostile_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200), versioned: bool) {
        let mut bytes = bytes;
        if let (true, Some(first)) = (versioned, bytes.first_mut()) {
            *first = 1;
        }
        if let Ok(mut seen) = Seen::from_bytes(&bytes) {
            prop_assert_eq!(seen.to_bytes(), bytes);
            seen.is_new(5, 1);
            prop_assert!(seen.len() <= 2);
        }
    }
}

#[test]
fn only_what_is_safe_is_saved() {
    let mut seen = Seen::default();
    for identity in [1, 2, 3] {
        assert!(seen.is_new(identity, 10));
    }
    seen.keep(1);
    seen.forget(2);
    seen.forget(1);
    let mut restored = Seen::from_bytes(&seen.to_bytes()).unwrap();
    assert_eq!(
        [1, 2, 3].map(|identity| restored.is_new(identity, 10)),
        [false, true, true]
    );
    assert_eq!(Seen::from_bytes(&[]), Err(SeenError::Version { found: None }));
    assert_eq!(Seen::from_bytes(&[9]), Err(SeenError::Version { found: Some(9) }));
    assert_eq!(Seen::from_bytes(&[1, 0, 0]), Err(SeenError::Torn { bytes: 2 }));
    let bytes = seen.to_bytes();
    let twice = [&bytes[..], &bytes[1..]].concat();
    assert_eq!(Seen::from_bytes(&twice), Err(SeenError::Disordered { entry: 1 }));
}

/// Runs a flow that logs what comes through, with the state that is in `folder`: gives it these numbers, each as soon as the
/// one before is acknowledged.
async fn logged(folder: &Path, by: &str, seqs: &[i64]) -> Running {
    let nodes = format!(
        "
  once: {{ type: dedupe, from: in, by: {by} }}
  log: {{ type: csv-sink, from: once, file: log.csv, fields: [seq] }}
"
    );
    let fields = ["seq", "boot"].map(|name| Field::new(name, FieldType::Integer));
    let (graph, inlet) = compile(folder, fields.to_vec(), &nodes);
    let setting = Setting {
        state: Some(state_file(&folder.join("flow.yaml"))),
        ..Setting::default()
    };
    let running = start_in(&graph, &setting).unwrap();
    for seq in seqs {
        let values = vec![Value::Integer(*seq), Value::Integer(0)];
        let settled = inlet.give(vec![(*seq, "fan", values)]);
        assert_eq!(settled.await, Ok(Delivery::Done));
    }
    running
}

/// The numbers in the log.
fn in_log(folder: &Path) -> Vec<i64> {
    let log = fs::read_to_string(folder.join("log.csv")).unwrap();
    let rows = log.lines().skip(1);
    rows.map(|row| row.rsplit(',').next().unwrap().parse().unwrap())
        .collect()
}

#[tokio::test]
async fn what_came_before_a_restart_is_dropped_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    logged(folder, "seq", &[1, 2]).await.stop().await;
    let running = logged(folder, "seq", &[2, 3, 1, 4]).await;
    let restored: Vec<_> = running.restoration().of(Restored::Kept).collect();
    assert_eq!(restored, [("once", "seq")]);
    running.stop().await;
    assert_eq!(in_log(folder), [1, 2, 3, 4]);
    // Both fields together never came.
    let running = logged(folder, "[boot, seq]", &[4]).await;
    let restored: Vec<_> = running.restoration().of(Restored::Unknown).collect();
    assert_eq!(restored, [("once", "seq")]);
    running.stop().await;
    assert_eq!(in_log(folder), [1, 2, 3, 4, 4]);
    logged(folder, "seq", &[4, 5]).await.stop().await;
    assert_eq!(in_log(folder), [1, 2, 3, 4, 4, 5]);
}

#[test]
fn after_a_crash_only_the_last_records_can_come_through_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let run = |seqs: &[i64]| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let running = runtime.block_on(logged(folder, "seq", seqs));
        // Without a stop: the tasks end wherever they are.
        drop(running);
    };
    run(&[1, 2]);
    // What was acknowledged with 2 has 1 saved.
    run(&[1, 2, 3]);
    assert_eq!(in_log(folder), [1, 2, 2, 3]);
}
