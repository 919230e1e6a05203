//! `anomaly`: what is normal is learnt, and what is not is found and told by its driver.

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

use crate::support::bench::{self, Bench, Noise, number};
use crate::support::inlet::{Row, compile};

/// What is told of a record.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    score: Option<f64>,
    is_anomaly: Option<bool>,
    driver: Option<String>,
    state: Option<String>,
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Missing => None,
        other => panic!("{other:?}"),
    }
}

fn told(bench: &mut Bench, rows: &[Row]) -> Vec<Told> {
    let names = ["anomaly_score", "is_anomaly", "anomaly_driver", "anomaly_state"];
    let rows = bench.values(names, rows).into_iter();
    rows.map(|[score, is_anomaly, driver, state]| Told {
        score: match score {
            Value::Number(score) => Some(score),
            Value::Missing => None,
            other => panic!("{other:?}"),
        },
        is_anomaly: match is_anomaly {
            Value::Boolean(is_anomaly) => Some(is_anomaly),
            Value::Missing => None,
            other => panic!("{other:?}"),
        },
        driver: text(&driver),
        state: text(&state),
    })
    .collect()
}

/// Judges a temperature, a current and a vibration.
fn bench(config: &str) -> Bench {
    let fields = vec![
        number("temp", "°C"),
        number("current", "A"),
        number("vibration", "g"),
    ];
    Bench::new(
        fields,
        &format!("type: anomaly, values: [temp, current, vibration], {config}"),
    )
}

fn row(seconds: f64, values: [f64; 3]) -> Row {
    let values = values.map(Value::number).to_vec();
    ((seconds * 1e6).round() as i64, "a", values)
}

/// At five readings a second.
fn rows(values: &[[f64; 3]]) -> Vec<Row> {
    let row = |(number, values): (usize, &[f64; 3])| row(number as f64 * 0.2, *values);
    values.iter().enumerate().map(row).collect()
}

/// A sound machine: current and temperature go along with each other (0.97), vibration goes its own way. `kept` is how much of
/// its distance from the mean a reading has from the one before.
struct Sound {
    noise: Noise,
    kept: f64,
    parts: [f64; 3],
}

impl Sound {
    fn new(seed: u64, kept: f64) -> Self {
        let mut noise = Noise::new(seed);
        let parts = [noise.next(), noise.next(), noise.next()];
        Self { noise, kept, parts }
    }

    fn next(&mut self) -> [f64; 3] {
        let fresh = (1.0 - self.kept * self.kept).sqrt();
        for part in &mut self.parts {
            *part = self.kept * *part + fresh * self.noise.next();
        }
        let [a, b, c] = self.parts;
        machine([a, 0.97 * a + (1.0_f64 - 0.97 * 0.97).sqrt() * b, c])
    }

    fn take(&mut self, count: usize) -> Vec<[f64; 3]> {
        (0..count).map(|_| self.next()).collect()
    }
}

/// Readings that are so many deviations from the means.
fn machine([temp, current, vibration]: [f64; 3]) -> [f64; 3] {
    [40.0 + 2.0 * temp, 0.5 + 0.01 * current, 0.03 + 0.004 * vibration]
}

/// One that has learnt from a minute of readings.
fn learnt() -> Bench {
    let mut bench = bench("");
    let all = told(&mut bench, &rows(&Sound::new(5, 0.0).take(301)));
    assert_eq!(all[300].state.as_deref(), Some("learning"));
    bench
}

/// The share of scores above 1, in readings behind the first two minutes.
fn share_above(seed: u64, kept: f64, count: usize) -> f64 {
    let values = Sound::new(seed, kept).take(601 + count);
    let all = told(&mut bench("learn: 2 min"), &rows(&values));
    assert!(all[..601].iter().all(|told| told.score.is_none()));
    let above = all[601..].iter().filter(|told| told.score.unwrap() > 1.0);
    above.count() as f64 / count as f64
}

#[test]
fn one_of_a_thousand_readings_of_a_sound_machine_is_above_the_limit() {
    let shares = (1..=12).map(|seed| share_above(seed, 0.0, 10_000));
    let share = shares.sum::<f64>() / 12.0;
    assert!((0.0006..0.0015).contains(&share), "{share}");
}

#[test]
fn readings_that_resemble_each_other_do_not_raise_false_alarms() {
    let shares = (1..=24).map(|seed| share_above(seed, 0.98, 5_000));
    let share = shares.sum::<f64>() / 24.0;
    assert!(share < 0.003, "{share}");
}

#[test]
fn what_is_usual_by_itself_and_unusual_together_is_found() {
    let mut bench = learnt();
    let values = [
        [2.3, 2.3, 0.0],
        [1.5, -1.5, 0.0],
        [0.0, 0.0, 6.0],
        [0.0, 0.0, 0.0],
    ]
    .map(machine);
    let given: Vec<Row> = (0_i32..)
        .zip(values)
        .map(|(second, values)| row(100.0 + f64::from(second), values))
        .collect();
    let all = told(&mut bench, &given);
    let scores: Vec<f64> = all.iter().map(|told| told.score.unwrap()).collect();
    assert!(scores[0] < 0.6, "far, and as ever: {scores:?}");
    assert!(scores[1] > 3.0, "near, and as never: {scores:?}");
    assert!(scores[2] > 1.0, "{scores:?}");
    assert!(scores[3] < 0.1, "{scores:?}");
    assert!(
        ["temp", "current"].map(Some).contains(&all[1].driver.as_deref()),
        "{all:?}"
    );
    assert_eq!(all[2].driver.as_deref(), Some("vibration"));
    assert_eq!(all[0].driver, None);
}

#[test]
fn what_lasts_is_told_and_a_single_reading_is_not() {
    let mut bench = learnt();
    let (sound, wild) = (machine([0.0; 3]), machine([0.0, 0.0, 9.0]));
    let mut values = vec![sound; 10];
    values.push(wild);
    values.extend([sound; 10]);
    values.extend([wild; 8]);
    values.extend([sound; 8]);
    let all = told(
        &mut bench,
        &rows(&values)
            .iter()
            .map(|(micros, key, values)| (micros + 100_000_000, *key, values.clone()))
            .collect::<Vec<_>>(),
    );
    let alarms: String = all
        .iter()
        .map(|told| match told.is_anomaly {
            Some(true) => 'x',
            Some(false) => '.',
            None => '?',
        })
        .collect();
    // A second after it began, and a second after it ended.
    assert_eq!(
        alarms,
        format!("{}{}{}{}", ".".repeat(21), ".....xxx", "xxxxx", "...")
    );
    assert!(all[10].score.unwrap() > 1.0);
    assert_eq!(all[10].driver.as_deref(), Some("vibration"));
    assert_eq!(all[10].state.as_deref(), Some("normal"));
    assert_eq!(all[28].state.as_deref(), Some("abnormal"));
}

#[test]
fn a_fault_that_grows_slowly_is_not_learnt_away() {
    let mut sound = Sound::new(8, 0.0);
    // An hour in which the vibration rises by 8 deviations.
    let values: Vec<[f64; 3]> = (0..18_000)
        .map(|number| {
            let [temp, current, vibration] = sound.next();
            [
                temp,
                current,
                vibration + 0.032 * f64::from(number.max(301) - 301) / 17_700.0,
            ]
        })
        .collect();
    let all = told(&mut bench(""), &rows(&values));
    assert!(all[17_900..].iter().all(|told| told.is_anomaly == Some(true)));
    let first = all.iter().position(|told| told.is_anomaly == Some(true)).unwrap();
    assert!((5_000..16_000).contains(&first), "{first}");
}

#[test]
fn every_machine_has_a_normal_of_its_own() {
    let (mut a, mut b) = (Sound::new(1, 0.0), Sound::new(2, 0.0));
    let mut given = Vec::new();
    for number in 0..600 {
        let at = f64::from(number) * 0.2;
        given.push(row(at, a.next()));
        // It is hotter, and was switched on later.
        if number >= 250 {
            let [temp, current, vibration] = b.next();
            let mut other = row(at, [temp + 30.0, current, vibration]);
            other.1 = "b";
            given.push(other);
        }
    }
    let all = told(&mut bench(""), &given);
    let by = |key: &str| -> Vec<&Told> {
        let both = given.iter().zip(&all).filter(|(row, _)| row.1 == key);
        both.map(|(_, told)| told).collect()
    };
    let learning = |key: &str| by(key).iter().filter(|told| told.score.is_none()).count();
    assert_eq!((learning("a"), learning("b")), (301, 301));
    assert!(all.iter().all(|told| told.is_anomaly != Some(true)));
}

#[test]
fn it_learns_from_enough_readings_however_seldom_they_come() {
    let mut sound = Sound::new(1, 0.0);
    let given: Vec<Row> = (0..40)
        .map(|number| row(f64::from(number) * 30.0, sound.next()))
        .collect();
    let all = told(&mut bench(""), &given);
    assert_eq!(all.iter().filter(|told| told.score.is_none()).count(), 30);
}

#[test]
fn a_long_silence_or_a_clock_set_back_lets_it_learn_anew_but_changes_nothing_that_was_learnt() {
    let values = Sound::new(1, 0.0).take(700);
    let mut given = rows(&values);
    // Silent for an hour in the midst of learning.
    for row in &mut given[200..] {
        row.0 += 3_600_000_000;
    }
    let mut bench = bench("");
    let all = told(&mut bench, &given);
    assert_eq!(all.iter().position(|told| told.score.is_some()), Some(501));
    let given = [row(1e6, values[650]), row(-5e8, values[650])];
    let later = told(&mut bench, &given);
    assert_eq!(
        later.iter().map(|told| told.score).collect::<Vec<_>>(),
        vec![all[650].score; 2]
    );
}

#[test]
fn a_record_that_lacks_a_value_has_no_score_and_changes_nothing() {
    let mut sound = Sound::new(1, 0.0);
    let values = sound.take(400);
    let whole = told(&mut bench(""), &rows(&values));
    let mut given = rows(&values);
    for at in [390, 100] {
        let mut lacking = given[at].clone();
        lacking.2[1] = Value::Missing;
        given.insert(at, lacking);
    }
    let mut found = told(&mut bench(""), &given);
    let nothing = Told {
        score: None,
        is_anomaly: None,
        driver: None,
        state: None,
    };
    assert_eq!(found.remove(391), nothing);
    assert_eq!(found.remove(100), nothing);
    assert_eq!(found, whole);
}

/// Scores of the last readings, behind a minute in which the third value was always the same.
fn scores_behind_constant(field: Field, constant: Value, then: [Value; 3]) -> Vec<f64> {
    let fields = vec![number("temp", "°C"), field];
    let name = fields[1].name.to_string();
    let mut bench = Bench::new(fields, &format!("type: anomaly, values: [temp, {name}]"));
    let mut noise = Noise::new(3);
    let mut given: Vec<Row> = (0..301)
        .map(|number| {
            (
                number * 200_000,
                "a",
                vec![Value::number(40.0 + noise.next()), constant.clone()],
            )
        })
        .collect();
    given.extend(then.map(|value| (100_000_000, "a", vec![Value::number(40.0), value])));
    let all = told(&mut bench, &given);
    all[301..].iter().map(|told| told.score.unwrap()).collect()
}

#[test]
fn a_value_that_never_changed_may_change_by_its_last_digit_and_no_more() {
    let number = |value: f64| Value::Number(value);
    let scores = scores_behind_constant(
        bench::number("set", "rpm"),
        number(22.1),
        [22.1, 22.2, 23.0].map(number),
    );
    assert!(
        scores[0] < 0.1 && scores[1] < 1.0 && scores[2] > 10.0,
        "{scores:?}"
    );
    // Zeros show no digit.
    let scores = scores_behind_constant(
        bench::number("set", "g"),
        number(0.0),
        [0.0, 1e-7, 0.01].map(number),
    );
    assert!(
        scores[0] < 0.1 && scores[1] < 0.1 && scores[2] > 10.0,
        "{scores:?}"
    );
    // Counts are exact.
    let jams = Field::new("jams", FieldType::Integer);
    let scores = scores_behind_constant(jams, Value::Integer(0), [0, 1, -1].map(Value::Integer));
    assert!(
        scores[0] < 0.1 && scores[1] > 10.0 && scores[2] > 10.0,
        "{scores:?}"
    );
    // A range says what is little.
    let wide = bench::number("set", "W").ranged(0.0, 1e6);
    let scores = scores_behind_constant(wide, number(0.0), [0.0, 1.0, 100.0].map(number));
    assert!(
        scores[0] < 0.1 && scores[1] < 1.0 && scores[2] > 10.0,
        "{scores:?}"
    );
}

#[test]
fn fields_of_which_one_follows_from_another_do_no_harm() {
    let fields = vec![number("current", "A"), number("power", "W")];
    let mut bench = Bench::new(fields, "type: anomaly, values: [current, power]");
    let mut noise = Noise::new(3);
    let given: Vec<Row> = (0..2000)
        .map(|number| {
            let current = 0.5 + 0.01 * noise.next();
            (
                number * 200_000,
                "a",
                [current, 230.0 * current].map(Value::number).to_vec(),
            )
        })
        .collect();
    let all = told(&mut bench, &given);
    let above = all
        .iter()
        .filter(|told| told.score.is_some_and(|score| score > 1.0))
        .count();
    assert!(above < 8, "{above}");
    let apart = told(
        &mut bench,
        &[(
            400_000_000,
            "a",
            [0.51, 230.0 * 0.505].map(Value::number).to_vec(),
        )],
    );
    assert!(apart[0].score.unwrap() > 5.0, "{apart:?}");
}

proptest! {
    #[test]
    fn nothing_but_finite_scores_comes_out(
        given in prop::collection::vec(
            (any::<i64>(), prop::array::uniform3(prop_oneof![any::<f64>(), -1e3_f64..1e3, Just(0.0)])),
            0..120,
        ),
        paced in any::<bool>(),
    ) {
        let given: Vec<Row> = given
            .into_iter()
            .enumerate()
            .map(|(number, (micros, values))| {
                let micros = if paced { number as i64 * 1_000_000 + micros % 500_000 } else { micros };
                (micros, "a", values.map(Value::number).to_vec())
            })
            .collect();
        for told in told(&mut bench("learn: 5 s"), &given) {
            prop_assert!(told.score.is_none_or(|score| score.is_finite() && score >= 0.0));
            prop_assert_eq!(told.score.is_some(), told.is_anomaly.is_some());
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
  odd: {{ type: anomaly, from: fan, {settings} }}
  log: {{ type: csv-sink, from: odd, file: log.csv }}
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
    assert_eq!(findings("values: [temp], learn: 10 min, steady: 5 s"), "");
    let wrong = [
        "values: []",
        "values: [tmp, on]",
        "values: [temp, temp], learn: 5 kg, steady: 2 d",
        "learn: 1 min",
    ];
    insta::assert_snapshot!(wrong.map(findings).join("\n"));
}

/// Runs the flow with the state in `folder`: gives it these readings, each as soon as the one before is acknowledged.
async fn logged(folder: &Path, settings: &str, rows: &[Row]) -> Running {
    let nodes = format!(
        "
  odd: {{ type: anomaly, from: in, values: [temp, current, vibration], {settings} }}
  log: {{ type: csv-sink, from: odd, file: log.csv, fields: [anomaly_score, is_anomaly] }}
"
    );
    let fields = vec![
        number("temp", "°C"),
        number("current", "A"),
        number("vibration", "g"),
    ];
    let (graph, inlet) = compile(folder, fields, &nodes);
    let setting = Setting {
        state: Some(state_file(&folder.join("flow.yaml"))),
        ..Setting::default()
    };
    let running = start_in(&graph, &setting).unwrap();
    for rows in rows.chunks(50) {
        assert_eq!(inlet.give(rows.to_vec()).await, Ok(Delivery::Done));
    }
    running
}

#[tokio::test]
async fn what_was_learnt_outlives_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut values = Sound::new(4, 0.0).take(400);
    for value in &mut values[390..] {
        value[2] += 0.1;
    }
    let given = rows(&values);
    // Stopped while it learns, when it has learnt, and when something is wrong.
    for part in [0..100, 100..301, 301..393] {
        logged(folder, "steady: 1 s", &given[part]).await.stop().await;
    }
    let running = logged(folder, "steady: 1 s", &given[393..]).await;
    let mut restored: Vec<_> = running.restoration().of(Restored::Kept).collect();
    restored.sort_unstable();
    assert_eq!(restored, [("odd", "normal"), ("odd", "state")]);
    running.stop().await;
    let log = fs::read_to_string(folder.join("log.csv")).unwrap();
    let whole = told(&mut bench(""), &given);
    let mut lines = log.lines().skip(1);
    for told in &whole {
        let mut cells = lines.next().unwrap().rsplit(',');
        let (is_anomaly, score) = (cells.next().unwrap(), cells.next().unwrap());
        assert_eq!(
            is_anomaly,
            told.is_anomaly
                .map_or(String::new(), |is_anomaly| is_anomaly.to_string())
        );
        match told.score {
            Some(expected) => assert!(
                (score.parse::<f64>().unwrap() / expected - 1.0).abs() < 1e-4,
                "{score} {told:?}"
            ),
            None => assert_eq!(score, ""),
        }
    }
    assert_eq!(lines.next(), None);
    assert!(log.ends_with("true\n"), "{log}");
    // It means nothing where other things are learnt.
    let running = logged(folder, "learn: 2 min", &[]).await;
    let kept: Vec<_> = running.restoration().of(Restored::Kept).collect();
    assert_eq!(kept, [("odd", "state")]);
    running.stop().await;
}
