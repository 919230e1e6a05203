//! `forecast`: where a value goes, how sure that is, and when it reaches its limit.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::compile_text;
use twinflow_engine::node::{Level, Restored};
use twinflow_engine::record::{Delivery, Value};
use twinflow_engine::runtime::{Running, Setting, start_in};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_nodes::{Shared, registry, state_file};
use twinflow_plant::{Command, Plant};

use crate::support::bench::{Bench, Noise, number};
use crate::support::inlet::{Row, compile};

const BOUNDS: [&str; 3] = ["temp_forecast", "temp_forecast_low", "temp_forecast_high"];
const LIMITS: [&str; 3] = [
    "time_to_temp_limit",
    "time_to_temp_limit_low",
    "time_to_temp_limit_high",
];

fn bench(config: &str) -> Bench {
    Bench::new(
        vec![number("temp", "°C")],
        &format!("type: forecast, field: temp, {config}"),
    )
}

fn row(seconds: f64, value: f64) -> Row {
    ((seconds * 1e6) as i64, "a", vec![Value::number(value)])
}

fn rows(values: &[f64], step_s: f64) -> Vec<Row> {
    values
        .iter()
        .enumerate()
        .map(|(number, value)| row(number as f64 * step_s, *value))
        .collect()
}

/// How many of the outcomes lay within the bounds, and how wide these were in the mean; of values at an even pace, from
/// the record `from` on.
fn coverage(values: &[f64], step_s: f64, horizon_s: usize, from: usize) -> (f64, f64) {
    let told = bench(&format!("horizon: {horizon_s} s")).numbers(BOUNDS, &rows(values, step_s));
    let ahead = (horizon_s as f64 / step_s).round() as usize;
    let (mut inside, mut width, mut count) = (0.0, 0.0, 0.0);
    for (told, outcome) in told.iter().zip(&values[ahead..]).skip(from) {
        let [Some(_), Some(low), Some(high)] = told else {
            continue;
        };
        inside += f64::from(u8::from((low..=high).contains(&outcome)));
        width += high - low;
        count += 1.0;
    }
    assert!(count > 1000.0, "{count}");
    (inside / count, width / count)
}

#[test]
fn nine_of_ten_outcomes_lie_within_the_bounds_of_a_trend_with_noise() {
    let mut widths = Vec::new();
    for seed in 1..=5 {
        let mut noise = Noise::new(seed);
        let values: Vec<f64> = (0..7200)
            .map(|second| 20.0 + 0.002 * f64::from(second) + 0.5 * noise.next())
            .collect();
        let (share, width) = coverage(&values, 1.0, 300, 0);
        assert!((0.86..=0.94).contains(&share), "{share}");
        widths.push(width);
    }
    // Whoever knew the trend would need 1.645 standard deviations to either side.
    let mean = widths.iter().sum::<f64>() / 5.0;
    assert!(mean < 1.645 * 1.35, "{mean}");
}

#[test]
fn nine_of_ten_outcomes_lie_within_the_bounds_of_values_that_know_no_trend() {
    for seed in 1..=3 {
        // A random walk, and one that is drawn back to its mean.
        for kept in [1.0, 0.995] {
            let mut noise = Noise::new(seed);
            let mut value = 0.0;
            let values: Vec<f64> = (0..14_400)
                .map(|_| {
                    value = kept * value + 0.1 * noise.next();
                    value
                })
                .collect();
            let (share, _) = coverage(&values, 1.0, 60, 0);
            assert!((0.85..=0.95).contains(&share), "{kept}: {share}");
        }
    }
}

/// Temperatures of a fan at 1 Hz, whose process is given another load every ten minutes.
fn fan(seed: u64, seconds: usize) -> Vec<f64> {
    let mut plant = Plant::new(seed, 22.0).unwrap();
    let loads = [100.0, 180.0, 60.0, 220.0, 140.0];
    (0..seconds)
        .map(|second| {
            if second % 600 == 0 {
                let load = loads[second / 600 % loads.len()];
                plant.set_command(Command::default().with_process_heat_load_w(load).unwrap());
            }
            (0..10).for_each(|_| plant.step());
            plant.reading().temp_c.into()
        })
        .collect()
}

#[test]
fn nine_of_ten_temperatures_of_a_fan_lie_within_the_bounds() {
    let fan_days = (1..=3).map(|seed| coverage(&fan(seed, 14_400), 1.0, 60, 600));
    for (share, width) in fan_days {
        assert!((0.85..=0.95).contains(&share), "{share}");
        // The temperatures themselves range over 15 K or more.
        assert!(width < 10.0, "{width}");
    }
}

#[test]
fn how_long_a_slope_holds_is_learnt() {
    // Slopes that come and go within 100 s.
    let (mut noise, mut slope, mut value) = (Noise::new(5), 0.0, 20.0);
    let values: Vec<f64> = (0..12_000)
        .map(|_| {
            slope = 0.99 * slope + 0.01 * noise.next();
            value += slope;
            value
        })
        .collect();
    let told = bench("horizon: 2 min").numbers(BOUNDS, &rows(&values, 1.0));
    let (mut learnt, mut straight, mut nothing) = (0.0, 0.0, 0.0);
    for at in 3000..11_800 {
        let outcome = values[at + 120];
        learnt += (told[at][0].unwrap() - outcome).powi(2);
        straight += (values[at] + (values[at] - values[at - 30]) * 4.0 - outcome).powi(2);
        nothing += (values[at] - outcome).powi(2);
    }
    assert!(
        learnt < 0.9 * straight && learnt < 0.8 * nothing,
        "{learnt} {straight} {nothing}"
    );
}

#[test]
fn the_time_to_a_limit_is_that_of_the_line() {
    let mut noise = Noise::new(3);
    let values: Vec<f64> = (0..600)
        .map(|second| 30.0 + 0.05 * f64::from(second) + 0.1 * noise.next())
        .collect();
    // 131 °F are 55 °C, which it reaches after 500 s.
    let mut bench = bench("horizon: 200 s, limit: 131 °F");
    let told = bench.numbers(LIMITS, &rows(&values, 1.0));
    assert_eq!(told[20], [None; 3], "a half-life must have passed");
    assert_eq!(told[250], [None; 3], "it is farther than the horizon");
    let [expected, low, high] = told[400].map(Option::unwrap);
    assert!((expected - 100.0).abs() < 5.0, "{expected}");
    assert!(
        low < expected && expected < high && high - low < 30.0,
        "{low} {high}"
    );
    assert_eq!(told[550][0], Some(0.0), "it is there");
    assert_eq!(
        bench.field("time_to_temp_limit").field_type,
        number("", "s").field_type
    );
    assert_eq!(
        bench.field("temp_forecast").field_type,
        number("", "°C").field_type
    );
}

#[test]
fn a_falling_value_reaches_its_limit_from_above() {
    let values: Vec<f64> = (0..300).map(|second| 30.0 - 0.05 * f64::from(second)).collect();
    let told = bench("horizon: 200 s, limit: 20, direction: falling").numbers(LIMITS, &rows(&values, 1.0));
    assert!((told[150][0].unwrap() - 50.0).abs() < 1.0, "{:?}", told[150]);
    let told = bench("horizon: 200 s, limit: 20").numbers(LIMITS, &rows(&values, 1.0));
    assert_eq!(told[150][0], Some(0.0), "it is above what it must not rise to");
}

#[test]
fn a_limit_that_may_be_reached_has_an_earliest_time_only() {
    let mut noise = Noise::new(9);
    let values: Vec<f64> = (0..900).map(|_| 30.0 + noise.next()).collect();
    let told = bench("horizon: 2 min, limit: 31 °C").numbers(LIMITS, &rows(&values, 1.0));
    let alone = told
        .iter()
        .filter(|row| row[0].is_none() && row[1].is_some() && row[2].is_none());
    assert!(alone.count() > 300);
}

#[test]
fn every_machine_has_a_course_of_its_own() {
    let both: Vec<Row> = (0..200)
        .flat_map(|second| {
            let at = f64::from(second);
            let (a, mut b) = (row(at, 20.0 + 0.1 * at), row(at, 50.0));
            b.1 = "b";
            [a, b]
        })
        .collect();
    let told = bench("horizon: 100 s").numbers(BOUNDS, &both);
    assert!((told[398][0].unwrap() - 49.9).abs() < 0.5, "{:?}", told[398]);
    assert!((told[399][0].unwrap() - 50.0).abs() < 1e-6, "{:?}", told[399]);
}

#[test]
fn late_and_missing_values_change_nothing_and_a_long_silence_begins_anew() {
    let line = |second: f64| 20.0 + 0.1 * second;
    let mut given: Vec<Row> = (0..100)
        .map(|second| row(f64::from(second), line(f64::from(second))))
        .collect();
    let mut bench = bench("horizon: 100 s");
    let before = bench.numbers(BOUNDS, &given).last().unwrap()[0].unwrap();
    given.clear();
    given.push((100_000_000, "a", vec![Value::Missing]));
    given.push(row(50.0, 999.0));
    given.push(row(100.0, line(100.0)));
    let told = bench.numbers(BOUNDS, &given);
    assert_eq!(told[..2], [[None; 3]; 2]);
    assert!(
        (told[2][0].unwrap() - before - 0.1).abs() < 0.05,
        "{told:?} {before}"
    );
    // A gap of a minute is bridged, one of an hour is not; nor is a clock that is set back.
    let told = bench.numbers(
        BOUNDS,
        &[row(160.0, line(160.0)), row(3760.0, 20.0), row(160.0, 20.0)],
    );
    assert!((told[0][0].unwrap() - line(260.0)).abs() < 1.0, "{told:?}");
    assert_eq!(told[1..], [[None; 3]; 2]);
}

#[test]
fn whole_numbers_are_foreseen_as_plain_ones() {
    let fields = vec![Field::new("parts", FieldType::Integer)];
    let mut bench = Bench::new(fields, "type: forecast, field: parts, horizon: 1 min, limit: 500");
    let given: Vec<Row> = (0..120)
        .map(|at| (at * 1_000_000, "a", vec![Value::Integer(at * 2)]))
        .collect();
    let told = bench.numbers(["parts_forecast", "time_to_parts_limit"], &given);
    assert_eq!(told[119].map(|value| value.map(f64::round)), [Some(358.0), None]);
}

proptest! {
    #[test]
    fn nothing_but_finite_numbers_in_order_comes_out(
        given in prop::collection::vec((any::<i64>(), prop_oneof![any::<f64>(), -1e3_f64..1e3]), 0..60),
        paced in any::<bool>(),
    ) {
        let given: Vec<Row> = given
            .into_iter()
            .enumerate()
            .map(|(number, (micros, value))| {
                let micros = if paced { number as i64 * 1_000_000 + micros % 500_000 } else { micros };
                (micros, "a", vec![Value::number(value)])
            })
            .collect();
        let mut bench = bench("horizon: 20 s, limit: 100 °C");
        for [value, low, high] in bench.numbers(BOUNDS, &given) {
            let all = [value, low, high].into_iter().flatten();
            prop_assert!(all.into_iter().all(f64::is_finite));
            if let (Some(low), Some(value), Some(high)) = (low, value, high) {
                prop_assert!(low <= value && value <= high);
            }
        }
    }
}

/// What is wrong with the settings of a node.
fn findings(settings: &str) -> String {
    let text = format!(
        "twinflow: 1
brokers: {{ plant: embedded }}
nodes:
  fan: {{ type: mqtt-in, broker: plant, topic: fan, fields: {{ temp: {{ unit: °C }}, on: {{ type: boolean }} }} }}
  ahead: {{ type: forecast, from: fan, {settings} }}
  log: {{ type: csv-sink, from: ahead, file: log.csv }}
"
    );
    let nothing = BTreeMap::<String, String>::new();
    let compiled = compile_text(
        Path::new("flow.yaml"),
        &text,
        &registry(&Shared::default()),
        &nothing,
        Level::Static,
    );
    render(&compiled.diagnostics, &compiled.sources, Colour::Plain)
}

#[test]
fn settings_that_make_no_sense_are_told_at_their_place() {
    assert_eq!(
        findings("field: temp, horizon: 5 min, limit: 300 K, direction: falling"),
        ""
    );
    let wrong = [
        "field: tmp, horizon: 5 min",
        "field: on, horizon: 5 min",
        "field: temp, horizon: 5 kg",
        "field: temp, horizon: 40 d, half_life: 0 s",
        "field: temp, horizon: 5 min, limit: 3 bar",
        "field: temp, horizon: 5 min, limit: hot",
        "field: temp, horizon: 5 min, direction: rising",
        "field: temp, horizon: 5 min, limit: 45, direction: up",
    ];
    insta::assert_snapshot!(wrong.map(findings).join("\n"));
}

/// Runs the flow with the state in `folder`: gives it these readings, each as soon as the one before is acknowledged.
async fn logged(folder: &Path, settings: &str, rows: &[Row]) -> Running {
    let nodes = format!(
        "
  ahead: {{ type: forecast, from: in, field: temp, {settings} }}
  log: {{ type: csv-sink, from: ahead, file: log.csv, fields: [temp_forecast] }}
"
    );
    let (graph, inlet) = compile(folder, vec![number("temp", "°C")], &nodes);
    let setting = Setting {
        state: Some(state_file(&folder.join("flow.yaml"))),
        ..Setting::default()
    };
    let running = start_in(&graph, &setting).unwrap();
    for row in rows {
        assert_eq!(inlet.give(vec![row.clone()]).await, Ok(Delivery::Done));
    }
    running
}

#[tokio::test]
async fn a_course_goes_on_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let given: Vec<Row> = (0..60)
        .map(|at| row(f64::from(at), 20.0 + 0.1 * f64::from(at * at % 7)))
        .collect();
    logged(folder, "horizon: 1 min", &given[..50]).await.stop().await;
    let running = logged(folder, "horizon: 1 min", &given[50..]).await;
    let restored: Vec<_> = running.restoration().of(Restored::Kept).collect();
    assert_eq!(restored, [("ahead", "course of temp")]);
    running.stop().await;
    let log = fs::read_to_string(folder.join("log.csv")).unwrap();
    let last = log
        .lines()
        .last()
        .unwrap()
        .rsplit(',')
        .next()
        .unwrap()
        .parse::<f64>()
        .unwrap();
    let told = bench("horizon: 1 min").numbers(BOUNDS, &given);
    assert!(
        (last - told[59][0].unwrap()).abs() < 1e-6,
        "{last} {:?}",
        told[59]
    );
    // It means nothing to another horizon.
    let running = logged(folder, "horizon: 2 min", &[]).await;
    assert_eq!(running.restoration().of(Restored::Kept).count(), 0);
    running.stop().await;
}
