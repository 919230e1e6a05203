//! The history on disk: what is written can be read at every resolution, and what is old is forgotten.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failed step fails the test"
)]

use std::time::Duration;

use proptest::prelude::*;
use twinflow_storage::history::{
    AlarmChange, AlarmStatistics, Deed, Excerpt, Frequent, Question, Retention, Sample, SampleValue, Series,
    SeriesKind, States, Store,
};

const HOUR_MS: i64 = 3_600_000;
/// A full hour in 2026.
const START_MS: i64 = 1_767_225_600_000;

fn series(field: &str, kind: SeriesKind) -> Series {
    Series {
        origin: "kpis".to_owned(),
        field: field.to_owned(),
        unit: String::new(),
        kind,
    }
}

struct Bench {
    _folder: tempfile::TempDir,
    store: Store,
    fields: Vec<(String, Series)>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("data/h.sqlite"), Retention::default()).unwrap();
        let fields = vec![
            ("temp".to_owned(), series("temp", SeriesKind::Measured)),
            ("mode".to_owned(), series("mode", SeriesKind::State)),
        ];
        Self {
            _folder: folder,
            store,
            fields,
        }
    }

    fn temp(&self, values: impl IntoIterator<Item = (i64, f64)>) {
        let series = self.store.series(&self.fields[0].1, "fan-1").unwrap();
        let samples = values.into_iter().map(|(time_ms, value)| Sample {
            series,
            time_ms,
            value: SampleValue::Measured(value),
        });
        self.store.append(samples).unwrap();
    }

    fn mode(&self, values: &[(i64, i64)]) {
        let series = self.store.series(&self.fields[1].1, "fan-1").unwrap();
        let samples = values.iter().map(|(time_ms, code)| Sample {
            series,
            time_ms: *time_ms,
            value: SampleValue::State((*code).into()),
        });
        self.store.append(samples).unwrap();
    }

    fn read(&self, from_ms: i64, to_ms: i64, points: u32, now_ms: i64) -> Excerpt {
        let question = Question {
            fields: &self.fields,
            machine: "fan-1",
            from_ms,
            to_ms,
            points,
            now_ms,
        };
        self.store.read(&question).unwrap()
    }
}

#[test]
fn a_short_span_gives_readings_as_they_came() {
    let bench = Bench::new();
    bench.temp((0..10).map(|n| (START_MS + n * 200, n as f64)));
    let excerpt = bench.read(START_MS + 200, START_MS + 1_000, 100, START_MS + 2_000);
    assert_eq!(excerpt.step_ms, 0);
    assert_eq!(excerpt.times, [200, 400, 600, 800].map(|ms| START_MS + ms));
    let curve = &excerpt.fields["temp"];
    assert_eq!(curve.mean, [1.0, 2.0, 3.0, 4.0].map(Some));
    assert!(curve.min.is_empty());
}

#[test]
fn what_came_before_is_not_written_or_summed_twice() {
    let bench = Bench::new();
    bench.temp([(START_MS, 1.0), (START_MS + 200, 3.0)]);
    bench.temp([(START_MS + 200, 3.0), (START_MS + 400, 5.0)]);
    let excerpt = bench.read(START_MS, START_MS + 60_000, 60, START_MS + 60_000);
    assert_eq!(excerpt.step_ms, 1_000);
    let curve = &excerpt.fields["temp"];
    assert_eq!(
        (&curve.mean[..], &curve.min[..], &curve.max[..]),
        (&[Some(3.0)][..], &[Some(1.0)][..], &[Some(5.0)][..])
    );
}

#[test]
fn old_spans_are_read_from_the_sums_that_are_left() {
    let bench = Bench::new();
    bench.temp((0..7_200).map(|n| (START_MS + n * 1_000, (n / 3_600) as f64)));
    let day = Duration::from_secs(86_400).as_millis() as i64;
    let now = START_MS + 10 * day;
    bench.store.forget_old(now).unwrap();
    // Asked by seconds, but these are forgotten after three days.
    let excerpt = bench.read(START_MS, START_MS + 2 * HOUR_MS, 7_200, now);
    assert_eq!((excerpt.step_ms, excerpt.times.len()), (60_000, 120));
    let now = START_MS + 400 * day;
    bench.store.forget_old(now).unwrap();
    let excerpt = bench.read(START_MS, START_MS + 2 * HOUR_MS, 7_200, now);
    assert_eq!(excerpt.step_ms, HOUR_MS);
    assert_eq!(excerpt.fields["temp"].mean, [Some(0.0), Some(1.0)]);
    let now = START_MS + 8_000 * day;
    bench.store.forget_old(now).unwrap();
    assert!(
        bench
            .read(START_MS, START_MS + 2 * HOUR_MS, 10, now)
            .times
            .is_empty()
    );
}

#[test]
fn of_a_state_the_changes_are_kept_and_a_sign_of_life_a_minute() {
    let bench = Bench::new();
    let at = |seconds: i64| START_MS + seconds * 1_000;
    let each_second: Vec<(i64, i64)> = (0..150).map(|s| (at(s), i64::from(s >= 100))).collect();
    bench.mode(&each_second);
    // A late one changes nothing.
    bench.mode(&[(at(50), 7)]);
    let states = |from: i64, to: i64| bench.read(at(from), at(to), 100, at(200)).states["mode"].clone();
    let expected = States {
        times: vec![at(0), at(60), at(100)],
        values: vec![0.into(), 0.into(), 1.into()],
    };
    assert_eq!(states(0, 150), expected);
    // The state in which a span begins belongs to it.
    let expected = States {
        times: vec![at(60), at(100)],
        values: vec![0.into(), 1.into()],
    };
    assert_eq!(states(70, 150), expected);
}

#[test]
fn another_machine_has_a_history_of_its_own() {
    let bench = Bench::new();
    bench.temp([(START_MS, 1.0)]);
    let question = Question {
        fields: &bench.fields,
        machine: "fan-2",
        from_ms: START_MS,
        to_ms: START_MS + 1_000,
        points: 10,
        now_ms: START_MS,
    };
    let excerpt = bench.store.read(&question).unwrap();
    assert_eq!(excerpt.times, [0_i64; 0]);
    assert_eq!(
        bench.store.machines(&bench.fields).unwrap(),
        ["fan-1".to_owned()].into()
    );
}

#[test]
fn a_damaged_file_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.sqlite");
    std::fs::write(
        &path,
        "no database, but rather a long text that stands where one should be",
    )
    .unwrap();
    Store::open(&path, Retention::default()).unwrap();
    assert!(folder.path().join("h.damaged.sqlite").exists());
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.sqlite");
    let temp = series("temp", SeriesKind::Measured);
    for n in 0..3 {
        let store = Store::open(&path, Retention::default()).unwrap();
        let series = store.series(&temp, "").unwrap();
        let value = SampleValue::Measured(n as f64);
        store
            .append([Sample {
                series,
                time_ms: START_MS + n,
                value,
            }])
            .unwrap();
    }
    let store = Store::open(&path, Retention::default()).unwrap();
    let fields = [("temp".to_owned(), temp)];
    let question = Question {
        fields: &fields,
        machine: "",
        from_ms: START_MS,
        to_ms: START_MS + 1_000,
        points: 100,
        now_ms: START_MS,
    };
    assert_eq!(
        store.read(&question).unwrap().fields["temp"].mean,
        [0.0, 1.0, 2.0].map(Some)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is asked, a point is the mean of the readings of its span, and its limits are theirs.
    #[test]
    fn every_resolution_agrees_with_the_readings(
        readings in prop::collection::btree_map(0_i64..4 * HOUR_MS, -1e3_f64..1e3, 1..300),
        points in 1_u32..500,
        groups in 1_usize..5,
    ) {
        let bench = Bench::new();
        let all: Vec<(i64, f64)> = readings.into_iter().map(|(ms, value)| (START_MS + ms, value)).collect();
        for group in all.chunks(all.len().div_ceil(groups)) {
            bench.temp(group.iter().copied());
        }
        let end = START_MS + 4 * HOUR_MS;
        let excerpt = bench.read(START_MS, end, points, end);
        let step = excerpt.step_ms.max(1);
        let curve = &excerpt.fields["temp"];
        let mut seen = 0;
        for (at, time) in excerpt.times.iter().enumerate() {
            let inside: Vec<f64> =
                all.iter().filter(|(ms, _)| (*time..time + step).contains(ms)).map(|(_, value)| *value).collect();
            seen += inside.len();
            let mean = inside.iter().sum::<f64>() / inside.len() as f64;
            prop_assert!((curve.mean[at].unwrap() - mean).abs() < 1e-6);
            if excerpt.step_ms > 0 {
                prop_assert_eq!(curve.min[at], inside.iter().copied().reduce(f64::min));
                prop_assert_eq!(curve.max[at], inside.iter().copied().reduce(f64::max));
            }
        }
        prop_assert_eq!(seen, all.len());
        prop_assert!(excerpt.times.len() <= 2 * points as usize + 1);
    }
}

fn change(time_ms: i64, alarm: &str, state: &str) -> AlarmChange {
    AlarmChange {
        time_ms,
        node: "heat".to_owned(),
        machine: "fan-1".to_owned(),
        alarm: alarm.to_owned(),
        state: state.to_owned(),
        priority: "medium".to_owned(),
        message: "Temperature is above 45 °C".to_owned(),
        active: state == "unacknowledged",
        first: true,
        by: None,
        value: Some(46.5),
    }
}

#[test]
fn the_journal_keeps_changes_once_and_gives_the_newest_first() {
    let bench = Bench::new();
    let raised = change(START_MS, "high", "unacknowledged");
    let returned = change(START_MS + 5, "high", "returned");
    bench
        .store
        .note_alarms(&[raised.clone(), returned.clone()])
        .unwrap();
    bench.store.note_alarms(std::slice::from_ref(&returned)).unwrap();
    let all = bench.store.alarms(START_MS, START_MS + 10, 10).unwrap();
    assert_eq!(all, [returned, raised]);
    assert_eq!(bench.store.alarms(START_MS + 1, START_MS + 5, 10).unwrap(), []);
}

#[test]
fn what_people_did_is_noted_with_what_was_refused() {
    let bench = Bench::new();
    let deed = |time_ms: i64, refused: Option<&str>| Deed {
        time_ms,
        by: "ada".to_owned(),
        node: "speed".to_owned(),
        operation: "set".to_owned(),
        arguments: "{\"value\":120}".to_owned(),
        refused: refused.map(str::to_owned),
    };
    let (done, refused) = (deed(START_MS, None), deed(START_MS, Some("120 % is above 100 %")));
    bench.store.note_deed(&done).unwrap();
    bench.store.note_deed(&refused).unwrap();
    assert_eq!(
        bench.store.deeds(START_MS, START_MS + 1, 10).unwrap(),
        [refused, done]
    );
}

#[test]
fn floods_and_chattering_alarms_are_counted() {
    let mut changes: Vec<AlarmChange> = (0..12)
        .map(|n| change(START_MS + n * 1_000, "high", "unacknowledged"))
        .collect();
    changes.push(change(START_MS + 500, "high", "returned"));
    changes.push(change(START_MS + 1_800_000, "low", "unacknowledged"));
    let statistics = AlarmStatistics::of(&changes, START_MS, START_MS + HOUR_MS);
    assert_eq!((statistics.raised, statistics.peak_per_ten_minutes), (13, 12));
    assert!((statistics.per_ten_minutes - 13.0 / 6.0).abs() < 1e-9);
    assert!((statistics.in_flood - 1.0 / 6.0).abs() < 1e-9);
    let names = |frequent: &[Frequent]| {
        frequent
            .iter()
            .map(|f| format!("{} {}", f.alarm, f.count))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&statistics.most_frequent), ["high 12", "low 1"]);
    assert_eq!(names(&statistics.chattering), ["high 12"]);
}
