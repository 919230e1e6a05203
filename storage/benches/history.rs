//! How long a chart of a month takes to open, over a history of thirty days at five readings a second: with what retention
//! leaves of them, a day of readings, three days by seconds, and thirty by minutes.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that cannot be set up has to stop, and criterion's macros make undocumented items"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use twinflow_storage::history::{Question, Sample, SampleValue, Series, SeriesKind, Store};

const START_MS: i64 = 1_767_225_600_000;
const DAY_MS: i64 = 86_400_000;
const DAYS: i64 = 30;
/// As wide as a chart on a large screen.
const POINTS: u32 = 1_000;

/// A history of one value. What would be forgotten is not written that finely: a reading a second until three days ago.
fn filled(store: &Store, series: &Series) {
    let series = store.series(series, "fan-1").unwrap();
    let end = START_MS + DAYS * DAY_MS;
    let mut time_ms = START_MS;
    while time_ms < end {
        let step_ms = if end - time_ms > 3 * DAY_MS { 1_000 } else { 200 };
        let until = (time_ms + DAY_MS / 4).min(end);
        let samples = (time_ms..until).step_by(step_ms).map(|time_ms| Sample {
            series,
            time_ms,
            value: SampleValue::Measured((time_ms % 7_919) as f64 / 100.0),
        });
        store.append(samples).unwrap();
        time_ms = until;
    }
    store.forget_old(end).unwrap();
}

fn bench(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("history.sqlite")).unwrap();
    let series = Series {
        origin: "kpis".to_owned(),
        field: "temp".to_owned(),
        unit: "°C".to_owned(),
        kind: SeriesKind::Measured,
    };
    filled(&store, &series);
    let fields = [("temp".to_owned(), series)];
    let end = START_MS + DAYS * DAY_MS;
    for (name, days) in [
        ("an hour", 1.0 / 24.0),
        ("a day", 1.0),
        ("a week", 7.0),
        ("30 days", 30.0),
    ] {
        let question = Question {
            fields: &fields,
            machine: "fan-1",
            from_ms: end - (days * DAY_MS as f64) as i64,
            to_ms: end,
            points: POINTS,
            now_ms: end,
        };
        let found = store.read(&question).unwrap();
        assert!(found.times.len() > 500, "{name}: {} points", found.times.len());
        criterion.bench_function(&format!("open a chart of {name}"), |bencher| {
            bencher.iter(|| store.read(&question).unwrap());
        });
    }
}

criterion_group! {
    name = history;
    config = Criterion::default().without_plots().sample_size(20);
    targets = bench
}
criterion_main!(history);
