//! `alarm`: raised, acknowledged, shelved, suppressed and told, for each machine on its own, and over a restart.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use twinflow_engine::node::Operation;
use twinflow_engine::record::{Delivery, Value};
use twinflow_engine::runtime::{Running, Setting, TapReader, Watched, start_in};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;
use twinflow_nodes::state_file;

use crate::support::inlet::{Inlet, compile};

struct Bench {
    running: Running,
    watched: Arc<Watched>,
    inlet: Inlet,
    tap: TapReader,
    second: i64,
}

impl Bench {
    fn in_folder(folder: &Path, config: &str) -> Self {
        let fields = vec![
            Field::new("temp", FieldType::Number(Unit::parse("°C").unwrap())).titled("Temperature"),
            Field::new("service", FieldType::Boolean),
            Field::new("expected", FieldType::Number(Unit::parse("°C").unwrap())),
        ];
        let nodes = format!("  heat: {{ type: alarm, from: in, {config} }}\n");
        let (graph, inlet) = compile(folder, fields, &nodes);
        let setting = Setting {
            state: Some(state_file(&folder.join("flow.yaml"))),
            ..Setting::default()
        };
        let running = start_in(&graph, &setting).unwrap();
        let watched = running.watched();
        let tap = watched.tap("heat").unwrap().1;
        Self {
            running,
            watched,
            inlet,
            tap,
            second: 0,
        }
    }

    /// A reading, a second after the one before.
    async fn read(&mut self, machine: &'static str, temp: f64, service: bool) {
        self.second += 1;
        let values = vec![Value::number(temp), Value::Boolean(service), Value::number(20.0)];
        let settled = self.inlet.give(vec![(self.second * 1_000_000, machine, values)]);
        assert_eq!(settled.await, Ok(Delivery::Done));
    }

    async fn read_all(&mut self, temps: &[f64]) {
        for temp in temps {
            self.read("fan-1", *temp, false).await;
        }
    }

    async fn ask(&self, name: &str, arguments: Json) -> Result<Json, String> {
        let operation = Operation {
            name: name.to_owned(),
            arguments,
            by: "ada".into(),
        };
        let answer = self.watched.operate("heat", operation).await;
        answer.map_err(|error| error.to_string())
    }

    /// The next changes: alarm and state.
    async fn told(&mut self, count: usize) -> Vec<String> {
        let mut told = Vec::new();
        while told.len() < count {
            let batch = self.tap.next().await.unwrap().batch.unwrap().1;
            for row in 0..batch.len() {
                let text = |slot| match batch.value(row, slot) {
                    Value::Text(text) => text.to_string(),
                    other => panic!("{other:?}"),
                };
                told.push(format!("{} {}", text(0), text(1)));
            }
        }
        told
    }

    async fn states(&self) -> Vec<String> {
        let list = self.ask("list", json!({})).await.unwrap();
        let line = |alarm: &Json| {
            let text = |name: &str| alarm[name].as_str().unwrap().to_owned();
            format!("{} {} {}", text("key"), text("alarm"), text("state"))
        };
        list.as_array().unwrap().iter().map(line).collect()
    }
}

fn bench(config: &str) -> (tempfile::TempDir, Bench) {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_folder(folder.path(), config);
    (folder, bench)
}

#[tokio::test]
async fn a_value_that_leaves_what_is_expected_is_told_in_both_directions() {
    let (_folder, mut bench) = bench("field: temp, expected: expected, deviation: 3 K, deadband: 1 K");
    bench.read_all(&[22.9, 23.5, 22.5, 21.9, 16.0]).await;
    let expected = [
        "deviation unacknowledged",
        "deviation returned",
        "deviation unacknowledged",
    ];
    assert_eq!(bench.told(expected.len()).await, expected);
    let list = bench.ask("list", json!({})).await.unwrap();
    assert_eq!(list[0]["message"], "Temperature is more than 3 K from Expected");
    bench.running.stop().await;
}

#[tokio::test]
async fn a_value_that_changes_too_fast_is_told_once_it_has_done_so_for_long_enough() {
    let (_folder, mut bench) = bench("field: temp, rate: 60 K/min, rate_over: 4 s");
    // A jump of 3 K alone is 0.75 K/s over four seconds; then it falls by 2 K a second.
    bench
        .read_all(&[20.0, 20.0, 20.0, 20.0, 23.0, 23.0, 23.0, 23.0])
        .await;
    assert_eq!(bench.states().await, Vec::<String>::new());
    bench.read_all(&[21.0, 19.0]).await;
    assert_eq!(bench.states().await, Vec::<String>::new());
    bench.read_all(&[17.0]).await;
    assert_eq!(bench.told(1).await, ["rate unacknowledged"]);
    bench.read_all(&[17.0, 17.0, 17.0, 17.0]).await;
    assert_eq!(bench.told(1).await, ["rate returned"]);
    bench.running.stop().await;
}

const LIMITS: &str = "field: temp, high: 45 °C, high_high: 55, low: 278.15 K, deadband: 2 K";

#[tokio::test]
async fn limits_are_told_from_both_sides_and_a_deadband_keeps_them_calm() {
    let (_folder, mut bench) = bench(LIMITS);
    bench
        .read_all(&[20.0, 46.0, 44.0, 45.5, 43.0, 42.0, 56.0, 4.0, 6.0])
        .await;
    let expected = [
        "high unacknowledged",
        "high returned",
        "high_high unacknowledged",
        "high unacknowledged",
        "high_high returned",
        "high returned",
        "low unacknowledged",
    ];
    assert_eq!(bench.told(expected.len()).await, expected);
    assert_eq!(
        bench.states().await,
        [
            "fan-1 high_high returned",
            "fan-1 high returned",
            "fan-1 low unacknowledged"
        ]
    );
    bench.running.stop().await;
}

#[tokio::test]
async fn people_acknowledge_and_shelve_and_the_record_says_who() {
    let (_folder, mut bench) = bench(LIMITS);
    bench.read_all(&[20.0, 50.0]).await;
    bench.told(1).await;
    assert_eq!(
        bench.ask("acknowledge", json!({"alarm": "high"})).await,
        Ok(json!({"acknowledged": 1}))
    );
    let batch = bench.tap.next().await.unwrap().batch.unwrap().1;
    let slot = |name| batch.schema().slot(name).unwrap();
    assert_eq!(batch.value(0, slot("state")), Value::Text("acknowledged".into()));
    assert_eq!(batch.value(0, slot("by")), Value::Text("ada".into()));
    assert_eq!(batch.value(0, slot("value")), Value::Number(50.0));
    assert_eq!(batch.value(0, slot("first")), Value::Boolean(true));
    let refused = |name: &'static str, arguments| bench.ask(name, arguments);
    assert_eq!(
        refused("acknowledge", json!({})).await,
        Err("nothing is unacknowledged here".to_owned())
    );
    let wrong = refused("acknowledge", json!({"alarm": "hgh"})).await;
    assert_eq!(
        wrong,
        Err("there is no alarm `hgh`; there is high_high, high, low".to_owned())
    );
    let wrong = refused("shelve", json!({"alarm": "high", "minutes": 1e9})).await;
    assert_eq!(
        wrong,
        Err("`minutes` says for how long, above 0 and up to 1440".to_owned())
    );
    let wrong = refused("acknowledge", json!({"key": "fan-9"})).await;
    assert_eq!(wrong, Err("there is no machine `fan-9`".to_owned()));
    bench
        .ask("shelve", json!({"alarm": "high", "minutes": 10}))
        .await
        .unwrap();
    assert_eq!(bench.states().await, ["fan-1 high shelved"]);
    bench.ask("unshelve", json!({})).await.unwrap();
    assert_eq!(bench.states().await, ["fan-1 high unacknowledged"]);
    bench.running.stop().await;
}

#[tokio::test]
async fn machines_have_alarms_of_their_own_and_only_the_first_is_first_out() {
    let (_folder, mut bench) = bench(LIMITS);
    bench.read("fan-1", 50.0, false).await;
    bench.read("fan-2", 1.0, false).await;
    assert_eq!(
        bench.states().await,
        ["fan-1 high unacknowledged", "fan-2 low unacknowledged"]
    );
    let list = bench.ask("list", json!({})).await.unwrap();
    let first: Vec<bool> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|alarm| alarm["first"].as_bool().unwrap())
        .collect();
    assert_eq!(first, [true, false]);
    bench.ask("acknowledge", json!({"key": "fan-2"})).await.unwrap();
    assert_eq!(
        bench.states().await,
        ["fan-1 high unacknowledged", "fan-2 low acknowledged"]
    );
    bench.running.stop().await;
}

#[tokio::test]
async fn what_the_flow_suppresses_is_not_told_until_it_means_something_again() {
    let (_folder, mut bench) = bench("when: temp > 45 °C, suppress: service");
    bench.read("fan-1", 50.0, true).await;
    assert_eq!(bench.states().await, ["fan-1 when suppressed"]);
    bench.read("fan-1", 50.0, false).await;
    assert_eq!(bench.states().await, ["fan-1 when unacknowledged"]);
    bench.running.stop().await;
}

#[tokio::test]
async fn delays_count_by_the_time_of_the_records() {
    let (_folder, mut bench) = bench("field: temp, high: 45, on_delay: 2 s, off_delay: 2 s");
    bench.read_all(&[50.0, 50.0, 20.0, 50.0, 50.0]).await;
    assert_eq!(bench.states().await, [""; 0]);
    bench.read_all(&[50.0, 20.0, 20.0]).await;
    assert_eq!(bench.states().await, ["fan-1 high unacknowledged"]);
    bench.read_all(&[20.0]).await;
    assert_eq!(bench.states().await, ["fan-1 high returned"]);
    bench.running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_falls_silent_is_told() {
    let (_folder, mut bench) = bench("stale: 1 s");
    bench.read("fan-1", 20.0, false).await;
    assert_eq!(bench.told(1).await, ["stale unacknowledged"]);
    bench.read("fan-1", 20.0, false).await;
    assert_eq!(bench.told(1).await, ["stale returned"]);
    bench.running.stop().await;
}

#[tokio::test]
async fn over_a_restart_nothing_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::in_folder(folder.path(), LIMITS);
    bench.read_all(&[50.0]).await;
    bench.ask("acknowledge", json!({})).await.unwrap();
    bench.read("fan-2", 1.0, false).await;
    bench.running.stop().await;
    let bench = Bench::in_folder(folder.path(), LIMITS);
    assert_eq!(
        bench.states().await,
        ["fan-1 high acknowledged", "fan-2 low unacknowledged"]
    );
    bench.running.stop().await;
}

#[tokio::test]
async fn of_a_batch_every_change_is_told_as_it_was() {
    let (_folder, mut bench) = bench(LIMITS);
    let row = |second: i64, temp: f64| {
        let values = vec![Value::number(temp), Value::Boolean(false)];
        (second * 1_000_000, "fan-1", values)
    };
    let rows = vec![row(1, 50.0), row(2, 20.0), row(3, 51.0)];
    assert_eq!(bench.inlet.give(rows).await, Ok(Delivery::Done));
    let told = bench.told(3).await;
    assert_eq!(
        told,
        ["high unacknowledged", "high returned", "high unacknowledged"]
    );
    bench.running.stop().await;
}
