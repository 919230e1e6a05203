//! `drift`: live values against those that a model learnt from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::compile_text;
use twinflow_engine::node::{Level, Restored};
use twinflow_engine::record::{Delivery, Value};
use twinflow_engine::runtime::{Running, Setting, start_in};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_models::{Classes, Dataset, FeatureSpec, TrainConfig, train};
use twinflow_nodes::{Shared, registry, state_file};

use crate::support::bench::{Bench, Noise, number};
use crate::support::inlet::{Row, compile};

/// A model of a current around 0.5 A, a speed that is one of three, and a vibration; faults are elsewhere.
static MODEL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let features = vec![
        FeatureSpec::new("current", Some("A")),
        FeatureSpec::new("speed", None),
        FeatureSpec::new("vibration", Some("g")),
    ];
    let mut builder = Dataset::builder(features, Classes::fan()).unwrap();
    let mut sound = Sound::new(77);
    for run in ["a", "b", "c", "d"] {
        for _ in 0..1000 {
            let [current, speed, vibration] = sound.next().map(|value| value as f32);
            builder.push(&[current, speed, vibration], 0, run);
            builder.push(&[current + 5.0, speed, vibration + 1.0], 3, run);
        }
    }
    let config = TrainConfig {
        trees: 2,
        ..TrainConfig::default()
    };
    let (model, _) = train(&builder.finish().0, &config, &|_| {}).unwrap();
    model.to_json().unwrap()
});

struct Sound(Noise);

impl Sound {
    fn new(seed: u64) -> Self {
        Self(Noise::new(seed))
    }

    fn next(&mut self) -> [f64; 3] {
        let speed = match self.0.next() {
            ..-0.4 => 0.0,
            -0.4..0.4 => 40.0,
            _ => 100.0,
        };
        [0.5 + 0.05 * self.0.next(), speed, 0.03 + 0.004 * self.0.next()]
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.json"), &*MODEL).unwrap();
    folder
}

fn fields() -> Vec<Field> {
    vec![
        number("current", "mA"),
        Field::new("speed", FieldType::plain_number()).optional(),
        number("vibration", "g"),
    ]
}

fn bench(config: &str) -> Bench {
    Bench::in_folder(
        folder().path(),
        fields(),
        &format!("type: drift, model: model.json, {config}"),
    )
}

const STEP_S: i64 = 2;

/// A record, whose current is in milliampere.
fn row(second: i64, [current, speed, vibration]: [f64; 3]) -> Row {
    let values = [current * 1000.0, speed, vibration].map(Value::number).to_vec();
    (second * 1_000_000, "a", values)
}

/// So many hours from an hour on, with what `change` makes of the readings.
fn hours(sound: &mut Sound, from: i64, to: i64, change: impl Fn([f64; 3]) -> [f64; 3]) -> Vec<Row> {
    let seconds = (from * 3600..to * 3600).step_by(STEP_S as usize);
    seconds.map(|second| row(second, change(sound.next()))).collect()
}

#[derive(Clone, Debug, PartialEq)]
struct Told {
    psi: Option<f64>,
    feature: String,
    state: String,
    advice: String,
}

fn told(bench: &mut Bench, rows: &[Row]) -> Vec<Told> {
    let text = |value: &Value| match value {
        Value::Text(text) => text.to_string(),
        Value::Missing => String::new(),
        other => panic!("{other:?}"),
    };
    let names = ["drift_psi", "drift_feature", "drift_state", "drift_advice"];
    let rows = bench.values(names, rows).into_iter();
    rows.map(|[psi, feature, state, advice]| Told {
        psi: match psi {
            Value::Number(psi) => Some(psi),
            Value::Missing => None,
            other => panic!("{other:?}"),
        },
        feature: text(&feature),
        state: text(&state),
        advice: text(&advice),
    })
    .collect()
}

fn slower(values: [f64; 3]) -> [f64; 3] {
    [
        values[0],
        if values[1] > 50.0 { 40.0 } else { values[1] },
        values[2],
    ]
}

fn shaking([current, speed, vibration]: [f64; 3]) -> [f64; 3] {
    [current, speed, vibration + 0.004]
}

#[test]
fn values_as_in_training_are_stable_and_nothing_is_said_before_a_whole_stretch() {
    for seed in 1..=5 {
        let all = told(
            &mut bench(""),
            &hours(&mut Sound::new(seed), 0, 4, |values| values),
        );
        let first = all.iter().position(|told| told.psi.is_some()).unwrap();
        assert_eq!(first, 1800);
        for told in &all[first..] {
            assert!(told.psi.unwrap() < 0.04, "{told:?}");
            assert_eq!((told.state.as_str(), told.advice.as_str()), ("stable", ""));
        }
    }
}

#[test]
fn a_shifted_mean_is_told_by_its_feature() {
    let mut sound = Sound::new(3);
    let mut given = hours(&mut sound, 0, 2, |values| values);
    given.extend(hours(&mut sound, 2, 4, shaking));
    let all = told(&mut bench(""), &given);
    let last = all.last().unwrap();
    // By a standard deviation: twice the divergence of the two normal distributions is 1.
    assert!((0.7..1.2).contains(&last.psi.unwrap()), "{last:?}");
    assert_eq!(
        (last.feature.as_str(), last.state.as_str()),
        ("vibration", "drifted")
    );
    assert!(
        last.advice.contains("`vibration`") && last.advice.contains("retrain"),
        "{last:?}"
    );
    let states: Vec<&str> = all
        .iter()
        .map(|told| told.state.as_str())
        .filter(|state| !state.is_empty())
        .collect();
    let mut course = states.clone();
    course.dedup();
    assert_eq!(course, ["stable", "watch", "drifted"]);
}

#[test]
fn what_is_over_is_forgotten() {
    let mut sound = Sound::new(4);
    let mut given = hours(&mut sound, 0, 2, shaking);
    given.extend(hours(&mut sound, 2, 4, |values| values));
    let all = told(&mut bench(""), &given);
    assert_eq!(all[3599].state, "drifted");
    // An hour later, to a slice.
    assert_eq!(all[5400].state, "stable");
    assert!(all[5400].psi.unwrap() < 0.04, "{:?}", all[5400]);
    // With a longer memory it still counts.
    let all = told(&mut bench("over: 2 h"), &given);
    assert_eq!(all[5400].state, "watch");
}

#[test]
fn values_that_repeat_have_the_shares_of_the_training() {
    let mut sound = Sound::new(6);
    let same = told(&mut bench(""), &hours(&mut sound, 0, 2, |values| values));
    assert_eq!(same.last().unwrap().state, "stable");
    let other = told(&mut bench(""), &hours(&mut sound, 0, 2, slower));
    let last = other.last().unwrap();
    assert_eq!((last.feature.as_str(), last.state.as_str()), ("speed", "drifted"));
}

#[test]
fn every_machine_is_by_itself() {
    let (mut one, mut other) = (Sound::new(1), Sound::new(2));
    let mut given = Vec::new();
    for (a, mut b) in hours(&mut one, 0, 2, |values| values)
        .into_iter()
        .zip(hours(&mut other, 0, 2, shaking))
    {
        b.1 = "b";
        given.extend([a, b]);
    }
    let all = told(&mut bench(""), &given);
    let [.., a, b] = all.as_slice() else { panic!() };
    assert_eq!((a.state.as_str(), b.state.as_str()), ("stable", "drifted"));
}

#[test]
fn too_few_values_say_nothing_and_what_a_record_lacks_is_left_out() {
    let mut sound = Sound::new(1);
    let seldom: Vec<Row> = hours(&mut sound, 0, 3, shaking).into_iter().step_by(4).collect();
    assert!(
        told(&mut bench(""), &seldom)
            .iter()
            .all(|told| told.psi.is_none()),
        "450 an hour"
    );
    let mut given = hours(&mut sound, 0, 3, shaking);
    for row in &mut given {
        row.2[2] = Value::Missing;
    }
    let all = told(&mut bench(""), &given);
    let last = all.last().unwrap();
    assert!(last.state == "stable" && last.feature != "vibration", "{last:?}");
}

#[test]
fn late_records_count_in_their_own_time_and_a_clock_set_back_begins_anew() {
    let mut sound = Sound::new(1);
    let mut given = hours(&mut sound, 0, 2, |values| values);
    let mut bench = bench("");
    let mut in_order = told(&mut bench, &given);
    let last = in_order.pop().unwrap();
    // Every tenth one comes half an hour late, and behind all others that which says what came of it.
    let end = given.pop().unwrap();
    let (late, mut mixed): (Vec<_>, Vec<_>) = given
        .into_iter()
        .enumerate()
        .partition(|(number, _)| number % 10 == 0 && *number > 1900);
    mixed.extend(late);
    let mut mixed: Vec<Row> = mixed.into_iter().map(|(_, row)| row).collect();
    mixed.push(end);
    let mut bench = self::bench("");
    assert_eq!(told(&mut bench, &mixed).pop().unwrap(), last);
    let back = told(
        &mut bench,
        &[row(4000, [0.5, 40.0, 0.03]), row(-90_000, [0.5, 40.0, 0.03])],
    );
    assert!(back[0].psi.is_some());
    assert_eq!(back[1].psi, None);
}

proptest! {
    #[test]
    fn nothing_but_finite_indices_comes_out(
        given in prop::collection::vec(
            (prop_oneof![any::<i64>(), 0_i64..8_000_000_000], prop::array::uniform3(prop_oneof![any::<f64>(), 0.0_f64..1.0])),
            0..60,
        ),
    ) {
        let mut bench = bench("over: 1 min");
        let mut sound = Sound::new(1);
        told(&mut bench, &(0..700_i32).map(|number| (i64::from(number) * 100_000, "a", row(0, sound.next()).2)).collect::<Vec<_>>());
        let given: Vec<Row> = given
            .into_iter()
            .map(|(micros, values)| (micros, "a", values.map(Value::number).to_vec()))
            .collect();
        for told in told(&mut bench, &given) {
            prop_assert!(told.psi.is_none_or(|psi| psi.is_finite() && psi >= 0.0));
            prop_assert_eq!(told.psi.is_some(), !told.feature.is_empty());
        }
    }
}

/// What is wrong with the settings of a node behind a fan, with the model in `folder`.
fn findings(folder: &Path, fields: &str, settings: &str) -> String {
    let text = format!(
        "twinflow: 1
brokers: {{ plant: embedded }}
nodes:
  fan: {{ type: mqtt-in, broker: plant, topic: fan, fields: {{ {fields} }} }}
  ageing: {{ type: drift, from: fan, {settings} }}
  log: {{ type: csv-sink, from: ageing, file: log.csv }}
"
    );
    let nothing = BTreeMap::<String, String>::new();
    let path = folder.join("flow.yaml");
    let compiled = compile_text(
        &path,
        &text,
        &registry(&Shared::default()),
        &nothing,
        Level::Environment,
    );
    let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    shown.replace(&format!("{}/", folder.display()), "")
}

#[test]
fn what_cannot_be_compared_is_told_at_its_place() {
    let folder = folder();
    let folder = folder.path();
    let good = "current: { unit: mA }, speed: {}, vibration: { unit: g }";
    assert_eq!(findings(folder, good, "model: model.json, over: 1 d"), "");
    // A file of before.
    let mut file: serde_json::Value = serde_json::from_slice(&MODEL).unwrap();
    for feature in file["features"].as_array_mut().unwrap() {
        assert!(feature.as_object_mut().unwrap().remove("deciles").is_some());
    }
    fs::write(folder.join("old.json"), serde_json::to_vec(&file).unwrap()).unwrap();
    let wrong = [
        (good, "model: old.json"),
        (good, "model: model.json, over: 10 s"),
        (good, "over: 1 d"),
        (
            "current: { unit: V }, sped: {}, vibration: { unit: g }",
            "model: model.json",
        ),
    ];
    let shown = wrong.map(|(fields, settings)| findings(folder, fields, settings));
    insta::assert_snapshot!(shown.join("\n"));
}

/// Runs the flow with the state in `folder`: gives it these records, a hundred at a time.
async fn logged(folder: &Path, settings: &str, rows: &[Row]) -> Running {
    let nodes = format!(
        "
  ageing: {{ type: drift, from: in, model: model.json, {settings} }}
  log: {{ type: csv-sink, from: ageing, file: log.csv, fields: [drift_psi, drift_feature] }}
"
    );
    let (graph, inlet) = compile(folder, fields(), &nodes);
    let setting = Setting {
        state: Some(state_file(&folder.join("flow.yaml"))),
        ..Setting::default()
    };
    let running = start_in(&graph, &setting).unwrap();
    for rows in rows.chunks(100) {
        assert_eq!(inlet.give(rows.to_vec()).await, Ok(Delivery::Done));
    }
    running
}

#[tokio::test]
async fn counts_outlive_a_restart() {
    let folder = folder();
    let folder = folder.path();
    let given = hours(&mut Sound::new(9), 0, 2, shaking);
    logged(folder, "over: 1 h", &given[..3000]).await.stop().await;
    let running = logged(folder, "over: 1 h", &given[3000..]).await;
    let kept: Vec<_> = running.restoration().of(Restored::Kept).collect();
    assert_eq!(kept, [("ageing", "counts")]);
    running.stop().await;
    let log = fs::read_to_string(folder.join("log.csv")).unwrap();
    let whole = told(&mut bench(""), &given);
    let last = whole.last().unwrap();
    let mut cells = log.trim_end().rsplit(',');
    assert_eq!(cells.next(), Some(last.feature.as_str()));
    let psi: f64 = cells.next().unwrap().parse().unwrap();
    assert!((psi - last.psi.unwrap()).abs() < 1e-9, "{psi} {last:?}");
    // They mean nothing to another stretch.
    let running = logged(folder, "over: 2 h", &[]).await;
    assert_eq!(running.restoration().of(Restored::Kept).count(), 0);
    running.stop().await;
}
