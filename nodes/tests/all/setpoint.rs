//! `setpoint`: the value of the hour, and ramps. What clocks that are set forward and back do to it stands in tests/all/control_loop.rs.

use chrono::{Datelike, Local, NaiveDate, TimeZone, Timelike};
use twinflow_engine::record::{Delivery, Value};
use twinflow_engine::runtime::{Setting, start_in};
use twinflow_engine::unit::Unit;
use twinflow_nodes::state_file;

use crate::support::bench::{Bench, number};
use crate::support::inlet::{Row, compile};

fn row(second: i64, key: &'static str) -> Row {
    (second * 1_000_000, key, vec![Value::Number(20.0)])
}

/// Set-points of a schedule at times of one machine, in seconds.
fn at(config: &str, seconds: &[i64]) -> Vec<f64> {
    let mut bench = Bench::new(vec![number("temp", "°C")], &format!("type: setpoint, {config}"));
    let rows: Vec<Row> = seconds.iter().map(|second| row(*second, "a")).collect();
    let found = bench.numbers(["setpoint"], &rows);
    found.into_iter().map(|[value]| value.unwrap()).collect()
}

#[test]
fn the_value_is_that_of_the_hour_and_the_day() {
    let config = "default: 30 °C, schedule: [{ from: '06:00', to: '18:30', days: [mon, fri], value: 28 °C }, { from: '22:00', to: '06:00', value: 308.15 K }]";
    // A week by quarters of an hour, in whatever zone this runs.
    let monday = Local.from_local_datetime(
        &NaiveDate::from_ymd_opt(2026, 1, 12)
            .unwrap()
            .and_hms_opt(0, 0, 0)
            .unwrap(),
    );
    let begin = monday.single().unwrap().timestamp();
    let seconds: Vec<i64> = (0..7 * 96).map(|quarter| begin + quarter * 900).collect();
    for (second, found) in seconds.iter().zip(at(config, &seconds)) {
        let local = Local.timestamp_opt(*second, 0).unwrap();
        let minute = local.hour() * 60 + local.minute();
        let is_on = matches!(local.weekday(), chrono::Weekday::Mon | chrono::Weekday::Fri);
        let expected = match minute {
            0..360 | 1320.. => 35.0,
            360..1110 if is_on => 28.0,
            _ => 30.0,
        };
        assert!((found - expected).abs() < 1e-9, "{local}: {found}");
    }
}

#[test]
fn a_ramp_goes_no_faster_than_it_may_and_each_machine_has_its_own() {
    // From noon on it is 28 °C; before, 30 °C.
    let noon = Local.with_ymd_and_hms(2026, 1, 12, 12, 0, 0).unwrap().timestamp();
    let config = "type: setpoint, field: aim, default: 30 °C, ramp: 1 K/min, schedule: [{ from: '12:00', to: '24:00', value: 28 °C }]";
    let mut bench = Bench::new(vec![number("temp", "°C")], config);
    let rows = [
        row(noon - 60, "a"),
        row(noon, "a"),
        row(noon + 30, "a"),
        row(noon + 20, "a"),
        row(noon + 90, "a"),
        row(noon + 90, "b"),
        row(noon + 3600, "a"),
        // The clock of the machine is set back by an hour: it goes on from where it is.
        row(noon - 600, "a"),
        row(noon - 570, "a"),
    ];
    let found: Vec<f64> = bench
        .numbers(["aim"], &rows)
        .into_iter()
        .map(|[aim]| aim.unwrap())
        .collect();
    let expected = [30.0, 29.0, 28.5, 28.5, 28.0, 28.0, 28.0, 28.0, 28.5];
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
    let field = bench.field("aim");
    assert_eq!(field.display_title(), "Set-point");
    assert_eq!(field.field_type.unit(), Some(&Unit::parse("°C").unwrap()));
    assert_eq!(field.range, Some((28.0, 30.0)));
}

#[tokio::test]
async fn a_ramp_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let run = async |default: &str, second: i64| {
        let nodes = format!(
            "
  target: {{ type: setpoint, from: in, default: {default}, ramp: 1 K/min }}
  show: {{ type: dashboard-widget, from: target, widget: value, fields: [setpoint] }}
"
        );
        let (graph, inlet) = compile(folder.path(), vec![number("temp", "°C")], &nodes);
        let setting = Setting {
            state: Some(state_file(&folder.path().join("flow.yaml"))),
            ..Setting::default()
        };
        let running = start_in(&graph, &setting).unwrap();
        let mut tap = running.watched().tap("target").unwrap().1;
        assert_eq!(inlet.give(vec![row(second, "a")]).await, Ok(Delivery::Done));
        let batch = tap.next().await.unwrap().batch.unwrap().1;
        running.stop().await;
        match batch.value(0, 1) {
            Value::Number(value) => value,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(run("30 °C", 0).await, 30.0);
    assert!((run("40 °C", 60).await - 31.0).abs() < 1e-9);
    // In another unit it is the same value.
    assert!((run("313.15 K", 120).await - 305.15).abs() < 1e-9);
}
