//! `window`: statistics of the last seconds, the same as computed from scratch, and what it remembers of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::language::ProcessEnvironment;
use twinflow_engine::node::{Level, Remembered, Restored};
use twinflow_engine::record::{BatchBuilder, Delivery, EventTime, Receipt, Value};
use twinflow_engine::runtime::{Offline, Running, Setting, StateStore, start_in};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;
use twinflow_nodes::{Shared, StateFile, registry, state_file, state_path};

use crate::support::inlet::{Inlet, Row, compile};

const SECOND: i64 = 1_000_000;

fn number(name: &str, unit: &str) -> Field {
    Field::new(name, FieldType::Number(Unit::parse(unit).unwrap())).optional()
}

/// Runs records through one `window`.
struct Bench {
    graph: Graph,
    offline: Offline,
    // The source's end stays open.
    _inlet: Inlet,
}

impl Bench {
    /// `config` is what stands behind `from:`.
    fn new(fields: Vec<Field>, config: &str) -> Self {
        let shown = fields[0].name.to_string();
        let nodes = format!(
            "
  trends: {{ type: window, from: in, {config} }}
  show: {{ type: dashboard-widget, from: trends, widget: value, fields: [{shown}] }}
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

    /// The values of these fields of all that arrives, a row for each record.
    fn values<const N: usize>(&mut self, fields: [&str; N], rows: &[Row]) -> Vec<[Option<f64>; N]> {
        let schema = Arc::clone(&self.graph.node("in").unwrap().1.outputs[0].schema);
        let mut builder = BatchBuilder::new(schema, rows.len());
        for (micros, key, values) in rows {
            let key = self.offline.keys().intern(key).unwrap();
            builder.push(EventTime(*micros), key, values.clone());
        }
        let batches = self
            .offline
            .arriving("in", builder.finish(Receipt::none()), "show");
        let rows = batches.iter().flat_map(|batch| {
            (0..batch.len()).map(move |row| {
                fields.map(
                    |field| match batch.value(row, batch.schema().slot(field).unwrap()) {
                        Value::Number(number) => Some(number),
                        Value::Missing => None,
                        other => panic!("{other:?}"),
                    },
                )
            })
        });
        rows.collect()
    }

    fn field(&self, name: &str) -> Field {
        let (_, show) = self.graph.node("show").unwrap();
        show.input.field(name).unwrap().1.clone()
    }
}

/// Readings of the machine `a`: seconds and a value.
fn readings(readings: &[(i64, f64)]) -> Vec<Row> {
    let row = |(seconds, value): &(i64, f64)| (seconds * SECOND, "a", vec![Value::number(*value)]);
    readings.iter().map(row).collect()
}

#[test]
fn units_and_ranges_follow_from_the_field() {
    let temp = Field::new("temp", FieldType::Number(Unit::parse("°C").unwrap())).ranged(0.0, 60.0);
    let fields = vec![
        temp,
        number("vibration", "g"),
        Field::new("on", FieldType::Boolean),
    ];
    let bench = Bench::new(
        fields,
        "over: 10 s, values: {
            mean: mean(temp), scatter: sd(temp), slope: slope(temp), per_minute: 'slope(temp) in °C/min',
            warm: { of: max(temp), unit: °F, title: Warmest }, spread: { of: range(temp), unit: K, range: [0, 60] },
            strong: rms(vibration), shock: crest(vibration), steeper: rate(vibration),
            share: mean(on), records: count(), readings: count(vibration) }",
    );
    let unit = |name: &str| match bench.field(name).field_type {
        FieldType::Number(unit) => unit.symbol().to_owned(),
        other => panic!("{other}"),
    };
    let names = [
        "mean",
        "scatter",
        "slope",
        "per_minute",
        "warm",
        "spread",
        "strong",
        "shock",
        "steeper",
        "share",
        "records",
    ];
    assert_eq!(
        names.map(unit),
        [
            "°C", "°C", "°C/s", "°C/min", "°F", "K", "g", "1", "m/s³", "1", "1"
        ]
    );
    assert_eq!(bench.field("mean").range, Some((0.0, 60.0)));
    let warm = bench.field("warm");
    let (low, high) = warm.range.unwrap();
    assert!((low - 32.0).abs() < 1e-9 && (high - 140.0).abs() < 1e-9);
    assert_eq!(warm.title.as_deref(), Some("Warmest"));
    assert_eq!(bench.field("slope").range, None);
    assert_eq!(bench.field("spread").range, Some((0.0, 60.0)));
    let optional = [
        "mean", "warm", "spread", "share", "records", "readings", "scatter", "strong",
    ];
    assert_eq!(
        optional.map(|name| bench.field(name).optional),
        [false, false, false, false, false, false, true, true]
    );
}

#[test]
fn differences_of_temperatures_convert_without_the_zero() {
    let mut bench = Bench::new(
        vec![number("temp", "°C")],
        "over: 1 min, values: {
            low: { of: min(temp), unit: °F }, change: { of: change(temp), unit: °F }, slope: 'slope(temp) in °F/min' }",
    );
    let found = bench.values(["low", "change", "slope"], &readings(&[(0, 10.0), (30, 20.0)]));
    assert!(found[0][0].is_some_and(|low| (low - 50.0).abs() < 1e-9));
    assert_eq!(found[0][1..], [None, None]);
    let expected = [50.0, 18.0, 36.0];
    for (found, expected) in found[1].iter().zip(expected) {
        assert!((found.unwrap() - expected).abs() < 1e-9, "{found:?} {expected}");
    }
}

#[test]
fn a_window_begins_behind_what_is_exactly_as_old_and_machines_have_their_own() {
    let mut bench = Bench::new(
        vec![number("x", "A")],
        "over: 10 s, values: {
            count: count(), there: count(x), mean: mean(x), lag: lag(x), change: change(x), rate: rate(x),
            all: { of: sum(x), over: 1 h } }",
    );
    let row = |seconds: i64, key, x: f64| -> Row { (seconds * SECOND, key, vec![Value::number(x)]) };
    let rows = [
        row(0, "a", 1.0),
        row(0, "b", 100.0),
        row(5, "a", 3.0),
        row(10, "a", f64::NAN),
        row(12, "b", 200.0),
        row(15, "a", 8.0),
        row(100, "a", 5.0),
    ];
    let found = bench.values(["count", "there", "mean", "lag", "change", "rate", "all"], &rows);
    assert_eq!(
        found,
        [
            [Some(1.0), Some(1.0), Some(1.0), None, None, None, Some(1.0)],
            [Some(1.0), Some(1.0), Some(100.0), None, None, None, Some(100.0)],
            [
                Some(2.0),
                Some(2.0),
                Some(2.0),
                None,
                Some(2.0),
                Some(0.4),
                Some(4.0)
            ],
            // The reading at 0 is out, and is the value of ten seconds ago.
            [Some(2.0), Some(1.0), Some(3.0), Some(1.0), None, None, Some(4.0)],
            [
                Some(1.0),
                Some(1.0),
                Some(200.0),
                Some(100.0),
                None,
                None,
                Some(300.0)
            ],
            [Some(2.0), Some(1.0), Some(8.0), Some(3.0), None, None, Some(12.0)],
            // What was before a long silence says nothing of ten seconds ago.
            [Some(1.0), Some(1.0), Some(5.0), None, None, None, Some(17.0)],
        ]
    );
}

#[test]
fn a_late_record_gets_what_the_window_says_and_a_clock_set_back_begins_anew() {
    let mut bench = Bench::new(
        vec![number("x", "A")],
        "over: 10 s, values: { count: count(), mean: mean(x) }",
    );
    let rows = readings(&[(100, 1.0), (105, 3.0), (40, 50.0), (104, 50.0), (105, 5.0)]);
    let present = [Some(2.0), Some(2.0)];
    assert_eq!(
        bench.values(["count", "mean"], &rows),
        [
            [Some(1.0), Some(1.0)],
            present,
            // Older by more than a minute: a new beginning.
            [Some(1.0), Some(50.0)],
            [Some(1.0), Some(50.0)],
            [Some(2.0), Some(27.5)],
        ]
    );
    let rows = readings(&[(104, 90.0), (96, 90.0), (106, 5.0)]);
    assert_eq!(
        bench.values(["count", "mean"], &rows),
        [
            [Some(2.0), Some(27.5)],
            [Some(2.0), Some(27.5)],
            [Some(3.0), Some(20.0)]
        ]
    );
}

#[test]
fn whole_numbers_and_truth_are_numbers() {
    let fields = vec![
        Field::new("parts", FieldType::Integer).optional(),
        Field::new("on", FieldType::Boolean).optional(),
        Field::new("mode", FieldType::Text).optional(),
    ];
    let mut bench = Bench::new(
        fields,
        "over: 1 min, values: { sum: sum(parts), share: mean(on), modes: count(mode), top: max(on) }",
    );
    let row = |seconds: i64, values: [Value; 3]| -> Row { (seconds * SECOND, "a", values.to_vec()) };
    let text = Value::Text("auto".into());
    let rows = [
        row(0, [Value::Missing, Value::Missing, Value::Missing]),
        row(1, [Value::Integer(7), Value::Boolean(true), text.clone()]),
        row(2, [Value::Integer(-2), Value::Boolean(false), text]),
    ];
    assert_eq!(
        bench.values(["sum", "share", "modes", "top"], &rows),
        [
            [None, None, Some(0.0), None],
            [Some(7.0), Some(1.0), Some(1.0), Some(1.0)],
            [Some(5.0), Some(0.5), Some(2.0), Some(1.0)],
        ]
    );
}

#[test]
fn a_spike_that_is_gone_leaves_no_trace() {
    let mut bench = Bench::new(
        vec![number("x", "A")],
        "over: 10 s, values: { sd: sd(x), slope: slope(x), rms: rms(x), crest: crest(x), sum: sum(x) }",
    );
    let spiked = |at: i64| if at == 7 { 1e15 } else { f64::from(at as i32 % 2) };
    let rows: Vec<(i64, f64)> = (0..40).map(|at| (at, spiked(at))).collect();
    let found = bench.values(["sd", "slope", "rms", "crest", "sum"], &readings(&rows));
    let last = found[17..].iter().rev().step_by(2);
    for row in last {
        let [sd, _, rms, crest, sum] = row.map(Option::unwrap);
        assert!((sd - 0.527_046_276_694_73).abs() < 1e-9, "{sd}");
        assert!((rms - 0.5_f64.sqrt()).abs() < 1e-9, "{rms}");
        assert!((crest - 2.0_f64.sqrt()).abs() < 1e-9, "{crest}");
        assert!((sum - 5.0).abs() < 1e-9, "{sum}");
    }
}

#[test]
fn a_window_holds_a_hundred_thousand_values_and_tells_when_it_is_full() {
    let mut bench = Bench::new(
        vec![number("x", "A")],
        "over: 1 d, values: { count: count(x), low: min(x), middle: median(x), lag: lag(x) }",
    );
    let rows: Vec<(i64, f64)> = (0..100_000).map(|at| (at / 10, at as f64)).collect();
    let found = bench.values(["count", "low"], &readings(&rows));
    assert_eq!(found.last(), Some(&[Some(100_000.0), Some(0.0)]));
    assert_eq!(bench.offline.problems().all(), []);
    let rows: Vec<(i64, f64)> = (100_000..100_007).map(|at| (at / 10, at as f64)).collect();
    let found = bench.values(["count", "low", "middle", "lag"], &readings(&rows));
    assert_eq!(found[6], [Some(100_000.0), Some(7.0), Some(50_006.5), None]);
    let told = bench.offline.problems().all();
    assert_eq!((told.len(), told[0].kind, told[0].count), (1, "window full", 1));
    assert!(told[0].message.starts_with("a window of `a` holds 100000 values"));
}

/// What the functions give, in their order in [`FUNCTIONS`], computed from all values of a window at once.
fn from_scratch(window: &[(i64, f64)], lag: Option<f64>) -> [Option<f64>; 13] {
    let n = window.len() as f64;
    let count = Some(n);
    let (Some(oldest), Some(newest)) = (window.first(), window.last()) else {
        let nothing = [None; 11];
        return std::array::from_fn(|at| match at {
            11 => lag,
            12 => count,
            at => nothing[at],
        });
    };
    // From the first value, where the numbers are small: rounding is not what is tested here.
    let base = oldest.1;
    let off = |x: f64| x - base;
    let seconds = |t: i64| (t - oldest.0) as f64 / 1e6;
    let mean_off = window.iter().map(|(_, x)| off(*x)).sum::<f64>() / n;
    let mean_t = window.iter().map(|(t, _)| seconds(*t)).sum::<f64>() / n;
    let squares: f64 = window.iter().map(|(_, x)| (off(*x) - mean_off).powi(2)).sum();
    let times: f64 = window.iter().map(|(t, _)| (seconds(*t) - mean_t).powi(2)).sum();
    let products: f64 = window
        .iter()
        .map(|(t, x)| (seconds(*t) - mean_t) * (off(*x) - mean_off))
        .sum();
    let mut sorted: Vec<f64> = window.iter().map(|(_, x)| *x).collect();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
    let median = (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0;
    let rms = (window.iter().map(|(_, x)| x * x).sum::<f64>() / n).sqrt();
    let has_two = window.len() > 1;
    let duration = seconds(newest.0);
    [
        Some(base + mean_off),
        Some(median),
        Some(low),
        Some(high),
        Some(high - low),
        has_two.then(|| (squares / (n - 1.0)).sqrt()),
        Some(rms),
        (rms > 0.0).then(|| low.abs().max(high.abs()) / rms),
        (times > 0.0).then(|| products / times),
        (has_two && duration > 0.0).then(|| (newest.1 - oldest.1) / duration),
        has_two.then_some(newest.1 - oldest.1),
        lag,
        count,
    ]
}

const FUNCTIONS: [&str; 13] = [
    "mean", "median", "min", "max", "range", "sd", "rms", "crest", "slope", "rate", "change", "lag", "count",
];

/// By how much each may be off, relative to the values or to their scatter.
fn is_close(function: &str, found: Option<f64>, expected: Option<f64>, scatter: f64) -> bool {
    match (found, expected) {
        (None, None) => true,
        (Some(found), Some(expected)) => {
            let scale = match function {
                "sd" | "range" | "change" => scatter,
                // Over less than a millisecond a slope is large.
                "slope" | "rate" => scatter * 1e3 + expected.abs(),
                _ => expected.abs(),
            };
            (found - expected).abs() <= scale * 1e-9 + f64::MIN_POSITIVE
        }
        _ => false,
    }
}

fn step() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => 1_000_i64..3_000_000,
        1 => Just(0_i64),
        1 => -9_000_000_i64..0,
        1 => 10_000_000_i64..30_000_000,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_are_as_computed_from_scratch(
        base in prop_oneof![Just(0.0), Just(1e6), Just(-1e6)],
        scatter in prop_oneof![Just(1e-3), Just(1.0)],
        readings in prop::collection::vec((step(), prop::option::weighted(0.9, -1.0..1.0_f64), any::<bool>()), 1..150),
        over_ms in 500_i64..20_000,
        cuts in prop::collection::vec(1_usize..30, 1..50),
    ) {
        let values: Vec<String> = FUNCTIONS.iter().map(|f| format!("{f}: {f}(x)")).collect();
        // A second window on the same field, which must not disturb the first.
        let config = format!(
            "over: {over_ms} ms, values: {{ {}, other: {{ of: sd(x), over: 7 s }} }}",
            values.join(", ")
        );
        let mut bench = Bench::new(vec![number("x", "1")], &config);
        // Two machines in one stream.
        let mut kept: BTreeMap<&str, Vec<(i64, f64)>> = BTreeMap::new();
        let mut newest: BTreeMap<&str, i64> = BTreeMap::new();
        let (mut rows, mut expected) = (Vec::new(), Vec::new());
        let mut time = 0;
        for (step, value, is_a) in &readings {
            time += step;
            let key = if *is_a { "a" } else { "b" };
            let value = value.map(|value| base + scatter * value);
            rows.push((time, key, vec![value.map_or(Value::Missing, Value::Number)]));
            let newest = newest.entry(key).or_insert(time);
            let kept = kept.entry(key).or_default();
            if time < *newest {
                if *newest - time > 60_000_000.max(over_ms * 1000) {
                    kept.clear();
                    *newest = time;
                }
            } else {
                *newest = time;
            }
            if let Some(value) = value.filter(|_| time == *newest) {
                kept.push((time, value));
            }
            let end = *newest - over_ms * 1000;
            let window: Vec<(i64, f64)> = kept.iter().copied().filter(|(t, _)| *t > end).collect();
            let before = kept.iter().rev().find(|(t, _)| *t <= end);
            let lag = before.filter(|(t, _)| *t > end - over_ms * 1000).map(|(_, x)| *x);
            expected.push(from_scratch(&window, lag));
        }
        let mut found = Vec::new();
        let mut rest = &rows[..];
        for cut in cuts.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (batch, more) = rest.split_at(cut.min(rest.len()));
            found.extend(bench.values(FUNCTIONS, batch));
            rest = more;
        }
        // `count` of this test counts values; the flow's `count(x)` does, too.
        for (row, (found, expected)) in found.iter().zip(&expected).enumerate() {
            for (function, (found, expected)) in FUNCTIONS.iter().zip(found.iter().zip(expected)) {
                prop_assert!(
                    is_close(function, *found, *expected, scatter),
                    "row {row}: {function} is {found:?}, from scratch {expected:?}"
                );
            }
        }
    }
}

/// Runs a flow that logs what comes through, with the state that is in `folder`: gives it these readings, each as soon as
/// the one before is acknowledged.
async fn logged(folder: &Path, unit: &str, config: &str, readings: &[(i64, f64)]) -> Running {
    let nodes = format!(
        "
  trends: {{ type: window, from: in, {config} }}
  log: {{ type: csv-sink, from: trends, file: log-{unit}.csv, fields: [y] }}
"
    );
    let (graph, inlet) = compile(folder, vec![number("x", unit), number("z", "A")], &nodes);
    let setting = Setting {
        state: Some(state_file(&folder.join("flow.yaml"))),
        ..Setting::default()
    };
    let running = start_in(&graph, &setting).unwrap();
    for (seconds, value) in readings {
        let values = vec![Value::number(*value), Value::Number(1.0)];
        let settled = inlet.give(vec![(seconds * SECOND, "a", values)]);
        assert_eq!(settled.await, Ok(Delivery::Done));
    }
    running
}

/// The values in the log of the flow whose `x` is in `unit`.
fn in_log(folder: &Path, unit: &str) -> Vec<f64> {
    let log = fs::read_to_string(folder.join(format!("log-{unit}.csv"))).unwrap();
    let rows = log.lines().filter_map(|row| row.rsplit(',').next()?.parse().ok());
    rows.collect()
}

fn restored(running: &Running, as_what: Restored) -> Vec<(String, String)> {
    let parts = running.restoration();
    let parts = parts.of(as_what);
    parts
        .map(|(node, part)| (node.to_owned(), part.to_owned()))
        .collect()
}

fn of_trends(parts: &[&str]) -> Vec<(String, String)> {
    parts
        .iter()
        .map(|part| ("trends".to_owned(), (*part).to_owned()))
        .collect()
}

#[tokio::test]
async fn what_was_in_a_window_is_in_it_after_a_restart_and_an_edit() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let first = "over: 1 min, values: { y: mean(x), records: count() }";
    logged(folder, "°C", first, &[(0, 10.0), (10, 20.0)])
        .await
        .stop()
        .await;
    let running = logged(folder, "°C", first, &[(20, 30.0)]).await;
    assert_eq!(restored(&running, Restored::Kept), of_trends(&["count()", "x"]));
    running.stop().await;
    assert_eq!(in_log(folder, "°C"), [10.0, 15.0, 20.0]);
    // Another function over a shorter window in another unit: the values are the same; nothing counts records any more.
    let second = "over: 15 s, values: { y: max(x), w: sum(z) }";
    let running = logged(folder, "K", second, &[(21, 280.0), (30, 281.0)]).await;
    assert_eq!(restored(&running, Restored::Converted), of_trends(&["x"]));
    assert_eq!(restored(&running, Restored::Unknown), of_trends(&["count()"]));
    running.stop().await;
    let log = in_log(folder, "K");
    let [at_21, at_30] = log[..] else {
        panic!("{log:?}")
    };
    assert!((at_21 - 303.15).abs() < 1e-9 && (at_30 - 303.15).abs() < 1e-9);
    // In a unit that measures something else, it begins anew.
    let running = logged(folder, "A", "over: 1 min, values: { y: sum(x) }", &[(31, 5.0)]).await;
    assert!(restored(&running, Restored::Unknown).contains(&of_trends(&["x"])[0]));
    running.stop().await;
    assert_eq!(in_log(folder, "A"), [5.0]);
}

#[test]
fn after_a_crash_a_window_lacks_at_most_what_came_lastly() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let run = |readings: &[(i64, f64)]| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let config = "over: 1 min, values: { y: sum(x) }";
        let running = runtime.block_on(logged(folder, "A", config, readings));
        // Without a stop: the tasks end wherever they are.
        drop(running);
    };
    // The first is saved with its acknowledgement; the second mostly comes within the pause behind that.
    run(&[(0, 1.0), (1, 2.0)]);
    run(&[(2, 4.0)]);
    let log = in_log(folder, "A");
    assert!(log == [1.0, 3.0, 5.0] || log == [1.0, 3.0, 7.0], "{log:?}");
}

#[tokio::test]
async fn what_no_window_has_saved_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Version, newest time, unit, and a sample.
    let saved = |version: u8, newest: i64, unit: &str, samples: &[(i64, f64)]| {
        let mut bytes = vec![version];
        bytes.extend(newest.to_le_bytes());
        bytes.push(unit.len() as u8);
        bytes.extend(unit.as_bytes());
        for (time, value) in samples {
            bytes.extend(time.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes
    };
    let good = saved(1, SECOND, "A", &[(0, 2.0), (SECOND, 3.0)]);
    let bad = [
        Vec::new(),
        vec![1; 9],
        good[..good.len() - 1].to_vec(),
        saved(2, SECOND, "A", &[]),
        saved(1, SECOND, "bananas", &[]),
        saved(1, SECOND, "V", &[]),
        saved(1, SECOND, "A", &[(0, f64::NAN)]),
        saved(1, SECOND, "A", &[(SECOND, 1.0), (0, 1.0)]),
        saved(1, 0, "A", &[(SECOND, 1.0)]),
    ];
    let config = "over: 1 min, values: { y: sum(x) }";
    for (bytes, sum) in bad.iter().map(|bytes| (bytes, 4.0)).chain([(&good, 9.0)]) {
        let path = state_path(&folder.join("flow.yaml"));
        let _ = fs::remove_dir_all(path.parent().unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let remembered = Remembered {
            node: "trends".into(),
            part: "x".into(),
            key: "a".into(),
            bytes: bytes.clone(),
        };
        StateFile::open(&path).unwrap().save(&[remembered]).unwrap();
        let running = logged(folder, "A", config, &[(2, 4.0)]).await;
        running.stop().await;
        assert_eq!(in_log(folder, "A").last(), Some(&sum), "{bytes:?}");
    }
}

#[test]
fn a_range_that_the_values_can_leave_is_told() {
    let flow = "twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C, range: [0, 60] } } }
  trends: { type: window, from: fan, over: 10 s, values: { swing: { of: range(temp), range: [0, 30] } } }
  show: { type: dashboard-widget, from: trends, widget: value, fields: [swing] }
";
    let registry = registry(&Shared::default());
    let compiled = compile_text(
        Path::new("flow.yaml"),
        flow,
        &registry,
        &ProcessEnvironment,
        Level::Static,
    );
    let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    insta::assert_snapshot!(shown);
}
