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
    AlarmChange, AlarmStatistics, Deed, Excerpt, Frequent, Question, Sample, SampleValue, Series, SeriesKind,
    States, Store,
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
        let store = Store::open(&folder.path().join("data/h.sqlite")).unwrap();
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
    Store::open(&path).unwrap();
    assert!(folder.path().join("h.damaged.sqlite").exists());
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.sqlite");
    let temp = series("temp", SeriesKind::Measured);
    for n in 0..3 {
        let store = Store::open(&path).unwrap();
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
    let store = Store::open(&path).unwrap();
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

/// What `temp`, as a counter, rose by in each hour after the start.
fn increases(bench: &Bench, hours: i64) -> Vec<Option<f64>> {
    let parts: Vec<std::ops::Range<i64>> = (0..hours)
        .map(|hour| START_MS + hour * HOUR_MS..START_MS + (hour + 1) * HOUR_MS)
        .collect();
    let now = START_MS + hours * HOUR_MS;
    bench
        .store
        .increases(&bench.fields[0].1, "fan-1", &parts, now)
        .unwrap()
}

#[test]
fn a_counter_rises_by_what_it_counts_between_the_hours_too() {
    let bench = Bench::new();
    // Two hours, one a minute; then nobody looks for an hour.
    bench.temp((0..=120).map(|minute| (START_MS + minute * 60_000, 100.0 + minute as f64)));
    bench.temp([(START_MS + 3 * HOUR_MS, 300.0)]);
    assert_eq!(
        increases(&bench, 5),
        // The first hour begins with its first reading; the third has one; the fourth what came while nobody looked.
        [Some(59.0), Some(60.0), Some(1.0), Some(80.0), None]
    );
}

#[test]
fn a_counter_that_begins_anew_counts_on() {
    let bench = Bench::new();
    let at = |seconds: i64| START_MS + seconds * 1_000;
    // It begins anew within a minute that it had already risen in, and in between two.
    bench.temp([(at(0), 10.0), (at(60), 12.0), (at(70), 0.0), (at(80), 3.0)]);
    bench.temp([(at(120), 4.0), (at(180), 0.5), (at(240), 1.5)]);
    assert_eq!(increases(&bench, 1), [Some(2.0 + 4.0 + 1.0)]);
}

proptest! {
    /// Whatever a counter does, what it rose by in all hours is what it counted.
    #[test]
    fn nothing_that_a_counter_counts_is_lost(
        steps in proptest::collection::vec(prop_oneof![9 => 0.0..5.0_f64, 1 => Just(-1.0)], 1..300)
    ) {
        let bench = Bench::new();
        let mut value = 1_000.0;
        let mut counted = 0.0;
        let mut readings = vec![(START_MS, value)];
        for (minute, step) in steps.iter().enumerate() {
            if *step < 0.0 {
                value = 0.0;
            } else {
                value += step;
                counted += step;
            }
            readings.push((START_MS + (minute as i64 + 1) * 60_000, value));
        }
        bench.temp(readings);
        let sum: f64 = increases(&bench, 6).into_iter().flatten().sum();
        prop_assert!((sum - counted).abs() < 1e-6, "{sum} of {counted}");
    }
}

#[test]
fn a_table_of_the_history_is_read_by_other_programs() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    let bench = Bench::new();
    bench.temp([(START_MS, 1.5), (START_MS + 200, 2.5)]);
    let excerpt = bench.read(START_MS, START_MS + 1_000, 100, START_MS + 2_000);
    assert_eq!(
        excerpt.csv(),
        "time,temp\n2026-01-01T00:00:00.000Z,1.5\n2026-01-01T00:00:00.200Z,2.5\n"
    );
    let reader = SerializedFileReader::new(bytes::Bytes::from(excerpt.parquet().unwrap())).unwrap();
    let rows: Vec<Vec<(String, Field)>> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| row.unwrap().into_columns())
        .collect();
    let time = |ms: i64| ("time".to_owned(), Field::TimestampMillis(START_MS + ms));
    let temp = |value: f64| ("temp".to_owned(), Field::Double(value));
    assert_eq!(rows, [vec![time(0), temp(1.5)], vec![time(200), temp(2.5)]]);

    // Of sums there are three columns, and a field without a reading is a hole.
    let mut summed = bench.read(START_MS, START_MS + 60_000, 60, START_MS + 60_000);
    summed.times.push(START_MS + 1_000);
    for column in summed.fields.values_mut() {
        column.mean.push(None);
        column.min.push(None);
        column.max.push(None);
    }
    let reader = SerializedFileReader::new(bytes::Bytes::from(summed.parquet().unwrap())).unwrap();
    let last = reader.get_row_iter(None).unwrap().last().unwrap().unwrap();
    let names: Vec<&str> = last.get_column_iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["time", "temp_mean", "temp_min", "temp_max"]);
    assert!(
        last.get_column_iter()
            .skip(1)
            .all(|(_, field)| *field == Field::Null)
    );
}
