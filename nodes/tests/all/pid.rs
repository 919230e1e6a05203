//! `pid`: the loop closed over the simulated fan, its modes and its safe state, over a restart and a change of the flow.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use twinflow_engine::node::Operation;
use twinflow_engine::record::{Delivery, Value};
use twinflow_engine::runtime::{Running, Setting, TapReader, Watched, start_in};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;
use twinflow_nodes::state_file;
use twinflow_plant::{Command, Plant};

use crate::support::closed_loop::{ClosedLoop, Fan, Sensor};
use crate::support::inlet::{Inlet, compile};

const COOLING: &str = "
    sends: speed_command_pct
    unit: '%'
    range: [0, 100]
    action: direct
    gain: 40 %/K
    integral_time: 60 s
    stale: 2 s
    safe: 100 %
    with: { control_mode: manual }
";

/// A flow whose loop has these further settings.
fn flow(settings: &str) -> String {
    format!(
        "
twinflow: 1
name: Loop
brokers: {{ plant: embedded }}
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan/data
    fields: {{ temp: {{ unit: °C, range: [15, 60] }}, rpm: {{ unit: rpm }} }}
  cooling:
    type: pid
    from: fan
    field: temp
    {settings}{COOLING}
  commands: {{ type: mqtt-out, from: cooling, broker: plant, topic: fan/command }}
"
    )
}

fn fan(name: &'static str, heat_load_w: f32) -> Fan {
    let mut plant = Plant::new(7, 22.0).unwrap();
    plant.set_command(Command::default().with_process_heat_load_w(heat_load_w).unwrap());
    Fan::new(name, plant)
}

fn one(settings: &str) -> ClosedLoop {
    ClosedLoop::new(&flow(settings), vec![fan("fan-1", 100.0)])
}

fn set_heat(fan: &mut Fan, heat_load_w: f32) {
    let command = fan.plant.command().with_process_heat_load_w(heat_load_w).unwrap();
    fan.plant.set_command(command);
}

/// How far the temperature is from a value over some seconds: on average, and at most.
fn distance(bench: &mut ClosedLoop, seconds: f64, from_c: f64) -> (f64, f64) {
    let end = bench.second + seconds;
    let (mut sum, mut count, mut most) = (0.0, 0.0, 0.0_f64);
    while bench.second < end {
        bench.step();
        let error = bench.fans[0].temp_c() - from_c;
        sum += error;
        count += 1.0;
        most = most.max(error.abs());
    }
    (sum / count, most)
}

/// It is held: the heat of the process wanders by up to a quarter, so it cannot stand still.
#[track_caller]
fn assert_held(bench: &mut ClosedLoop, at_c: f64) {
    let (mean, most) = distance(bench, 600.0, at_c);
    assert!(mean.abs() < 0.1 && most < 0.7, "{mean} {most}");
}

fn mode(bench: &ClosedLoop) -> (String, String) {
    match &bench.faceplate()[3..] {
        [Value::Text(mode), Value::Text(reason)] => (mode.to_string(), reason.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_temperature_comes_to_its_set_point_and_stays_there_whatever_the_load() {
    let mut bench = one("setpoint: 33 °C");
    bench.run(600.0);
    assert_held(&mut bench, 33.0);
    set_heat(&mut bench.fans[0], 120.0);
    bench.run(300.0);
    assert_held(&mut bench, 33.0);
    let answer = bench.ask("setpoint", json!({"value": 34})).unwrap();
    assert_eq!(
        (&answer["setpoint"], &answer["mode"]),
        (&json!(34.0), &json!("automatic"))
    );
    bench.run(300.0);
    assert_held(&mut bench, 34.0);
    let outputs = bench.fans[0].commands.iter().map(|(_, percent)| *percent);
    assert!(outputs.clone().all(|percent| (0.0..=100.0).contains(&percent)));
    let second = |at: usize| bench.fans[0].commands[at].0;
    let gaps = (1..bench.fans[0].commands.len()).map(|at| second(at) - second(at - 1));
    assert!(
        gaps.clone().all(|gap| (gap - 1.0).abs() < 1e-6),
        "one command a second"
    );
}

#[test]
fn a_load_that_cannot_be_cooled_does_not_wind_the_loop_up() {
    let mut bench = one("setpoint: 34 °C");
    bench.run(600.0);
    // More than full speed can carry off: for twenty minutes the fan runs at its limit.
    set_heat(&mut bench.fans[0], 250.0);
    bench.run(1200.0);
    assert_eq!(bench.fans[0].output(), 100.0);
    set_heat(&mut bench.fans[0], 100.0);
    let mut lowest: f64 = 60.0;
    for _ in 0..3000 {
        bench.step();
        lowest = lowest.min(bench.fans[0].temp_c());
    }
    // An integral of twenty minutes would keep the fan at full speed until the process is as cold as it can get, 29.4 °C.
    assert!(lowest > 32.5, "{lowest}");
}

#[test]
fn whoever_takes_over_goes_on_from_the_output_that_stands() {
    let mut bench = one("setpoint: 32 °C");
    bench.run(600.0);
    let before = bench.fans[0].output();
    let answer = bench.ask("manual", json!({})).unwrap();
    assert_eq!(answer["mode"], "manual");
    assert!(
        (bench.fans[0].output() - before).abs() < 1.5,
        "it holds the present output"
    );
    let held = bench.fans[0].output();
    bench.run(30.0);
    assert_eq!(bench.fans[0].output(), held);
    let answer = bench.ask("manual", json!({"output": 20})).unwrap();
    assert_eq!(answer["output"], 20.0);
    assert_eq!(bench.fans[0].output(), 20.0, "at once");
    bench.run(120.0);
    assert!(bench.fans[0].temp_c() > 34.0, "it gets warm");
    // Far from the set-point: yet the output begins where it is, and only then moves.
    bench.ask("automatic", json!({})).unwrap();
    let count = bench.fans[0].commands.len();
    bench.run(1.0);
    assert!((bench.fans[0].commands[count].1 - 20.0).abs() < 1e-9);
    bench.run(300.0);
    assert_held(&mut bench, 32.0);
}

#[test]
fn what_may_not_be_set_is_refused_and_told() {
    let mut bench = one("setpoint: 32 °C\n    setpoint_range: [26, 45]");
    assert_eq!(
        bench.ask("manual", json!({"output": 50})),
        Err("no machine has reported yet".to_owned())
    );
    bench.run(10.0);
    let count = bench.fans[0].commands.len();
    let mut refused = |name: &str, arguments: Json| bench.ask(name, arguments).unwrap_err();
    let told = [
        refused("setpoint", json!({"value": 50})),
        refused("setpoint", json!({"value": 25.9})),
        refused("setpoint", json!({"value": "hot"})),
        refused("setpoint", json!({})),
        refused("manual", json!({"output": 101})),
        refused("manual", json!({"output": -0.1})),
        refused("manual", json!({"output": "fast"})),
        refused("automatic", json!({"key": "fan-2"})),
        refused("stop", json!({})),
    ];
    assert_eq!(
        told,
        [
            "50 °C is above 45 °C, the most that is allowed",
            "25.9 °C is below 26 °C, the least that is allowed",
            "expected a number, found `\"hot\"`",
            "expected a number, found `null`",
            "101 % is above 100 %, the most that is allowed",
            "-0.1 % is below 0 %, the least that is allowed",
            "expected a number, found `\"fast\"`",
            "there is no machine `fan-2`; there is `fan-1`",
            "a loop can be asked for `setpoint`, `manual` and `automatic`, not for `stop`",
        ]
    );
    assert_eq!(bench.fans[0].commands.len(), count, "none of it was sent");
    assert_eq!(mode(&bench).0, "automatic");
}

/// Breaks the sensor of a loop that runs calmly, and tells after how many seconds the fan is told to be safe.
fn seconds_until_safe(bench: &mut ClosedLoop, sensor: Sensor) -> f64 {
    let lost = bench.second;
    bench.fans[0].sensor = sensor;
    let count = bench.fans[0].commands.len();
    bench.run(3.0);
    let safe = bench.fans[0].commands[count..]
        .iter()
        .find(|(_, percent)| *percent == 100.0);
    safe.expect("a safe command").0 - lost
}

#[test]
fn a_lost_sensor_leads_to_the_safe_state_in_time() {
    for sensor in [Sensor::Silent, Sensor::Broken] {
        // Whenever between two ticks, which come every 0.105 s, the last reading came.
        for offset in [0.0, 0.2, 0.4, 0.6, 0.8] {
            let text = flow("setpoint: 34 °C").replace("stale: 2 s", "stale: 2.1 s");
            let mut bench = ClosedLoop::new(&text, vec![fan("fan-1", 100.0)]);
            bench.run(600.0 + offset);
            assert!(bench.fans[0].output() < 60.0);
            let seconds = seconds_until_safe(&mut bench, sensor);
            assert!((1.7..=2.1).contains(&seconds), "{seconds}");
            assert_eq!(
                mode(&bench),
                ("safe".to_owned(), "no reading for 2.1 s".to_owned())
            );
            assert_eq!(bench.faceplate()[0], Value::Missing);
            // It is told again, so that a fan that comes back learns of it.
            let count = bench.fans[0].commands.len();
            bench.run(10.0);
            let again = &bench.fans[0].commands[count..];
            assert!(again.len() >= 9 && again.iter().all(|(_, percent)| *percent == 100.0));
            // The sensor comes back: from full speed on it goes on by itself, without a jump.
            bench.fans[0].sensor = Sensor::Works;
            let count = bench.fans[0].commands.len();
            bench.run(0.2);
            assert_eq!(bench.fans[0].commands[count].1, 100.0);
            assert_eq!(mode(&bench), ("automatic".to_owned(), String::new()));
            bench.run(300.0);
            assert_held(&mut bench, 34.0);
        }
    }
}

#[test]
fn a_person_can_take_over_while_the_sensor_is_lost_and_is_not_overruled() {
    let mut bench = one("setpoint: 34 °C");
    bench.run(600.0);
    bench.ask("manual", json!({"output": 30})).unwrap();
    bench.run(5.0);
    assert!(
        seconds_until_safe(&mut bench, Sensor::Silent) <= 2.0,
        "by hand it is safe, too"
    );
    bench.ask("manual", json!({"output": 40})).unwrap();
    bench.run(20.0);
    assert_eq!(
        (bench.fans[0].output(), mode(&bench).0),
        (40.0, "manual".to_owned())
    );
    bench.ask("automatic", json!({})).unwrap();
    assert_eq!(
        (bench.fans[0].output(), mode(&bench).0),
        (100.0, "safe".to_owned())
    );
    bench.fans[0].sensor = Sensor::Works;
    bench.run(5.0);
    assert_eq!(mode(&bench).0, "automatic");
    // Once more silent, once more safe.
    assert!(seconds_until_safe(&mut bench, Sensor::Silent) <= 2.0);
}

#[test]
fn by_hand_the_safe_output_stays_until_somebody_says_otherwise() {
    let mut bench = one("setpoint: 34 °C");
    bench.run(10.0);
    bench.ask("manual", json!({"output": 30})).unwrap();
    bench.fans[0].sensor = Sensor::Silent;
    bench.run(5.0);
    bench.fans[0].sensor = Sensor::Works;
    bench.run(5.0);
    assert_eq!(
        (bench.fans[0].output(), mode(&bench).0),
        (100.0, "manual".to_owned())
    );
}

#[test]
fn every_machine_has_a_loop_of_its_own() {
    let fans = vec![fan("fan-1", 80.0), fan("fan-2", 120.0)];
    let mut bench = ClosedLoop::new(&flow("setpoint: 32 °C"), fans);
    bench.run(600.0);
    bench
        .ask("setpoint", json!({"value": 35}))
        .expect_err("which one?");
    bench
        .ask("setpoint", json!({"value": 35, "key": "fan-2"}))
        .unwrap();
    bench.run(600.0);
    let temps = [0, 1].map(|number: usize| bench.fans[number].temp_c());
    assert!(
        (temps[0] - 32.0).abs() < 0.7 && (temps[1] - 35.0).abs() < 0.7,
        "{temps:?}"
    );
    bench.fans[0].sensor = Sensor::Silent;
    bench.run(5.0);
    assert_eq!(bench.fans[0].output(), 100.0);
    assert!(bench.fans[1].output() < 100.0, "the other one goes on");
}

#[test]
fn a_loop_that_starts_by_hand_leaves_the_machine_alone_until_somebody_takes_over() {
    let mut bench = one("setpoint: 32 °C\n    start: manual");
    bench.run(30.0);
    bench.fans[0].sensor = Sensor::Silent;
    bench.run(30.0);
    bench.fans[0].sensor = Sensor::Works;
    bench.run(30.0);
    assert!(bench.fans[0].commands.is_empty());
    let told = bench.ask("manual", json!({})).unwrap_err();
    assert!(told.contains("no output yet"), "{told}");
    bench.ask("automatic", json!({})).unwrap();
    bench.run(1.0);
    assert_eq!(bench.fans[0].output(), 100.0, "it begins at the safe output");
}

#[test]
fn a_set_point_that_the_records_bring_is_obeyed_held_in_its_range_and_not_set_by_hand() {
    let text = flow("setpoint_field: aim\n    setpoint_range: [31, 45]").replace(
        "  cooling:\n    type: pid\n    from: fan",
        "  target: { type: setpoint, from: fan, field: aim, default: 306.15 K }\n  cooling:\n    type: pid\n    from: target",
    );
    let mut bench = ClosedLoop::new(&text, vec![fan("fan-1", 100.0)]);
    bench.run(600.0);
    assert_held(&mut bench, 33.0);
    let told = bench.ask("setpoint", json!({"value": 35})).unwrap_err();
    assert!(told.contains("comes with the records"), "{told}");
    let low = text.replace("default: 306.15 K", "default: 300 K");
    let mut bench = ClosedLoop::new(&low, vec![fan("fan-1", 100.0)]);
    bench.run(600.0);
    assert_held(&mut bench, 31.0);
}

/// A loop in a running flow, with its memory on disk.
struct Plantless {
    running: Running,
    watched: Arc<Watched>,
    inlet: Inlet,
    tap: TapReader,
    second: i64,
}

impl Plantless {
    fn in_folder(folder: &Path, config: &str, second: i64) -> Self {
        let temp = Field::new("temp", FieldType::Number(Unit::parse("°C").unwrap())).ranged(0.0, 100.0);
        let fields = vec![
            temp,
            Field::new("aim", FieldType::Number(Unit::parse("°C").unwrap())).optional(),
        ];
        let nodes = format!(
            "
  cooling:
    {{ type: pid, from: in, field: temp, sends: out, unit: '%', range: [0, 100], integral_time: 60 s, stale: 1 h, safe: 100 %, {config} }}
  show: {{ type: dashboard-widget, from: cooling, widget: value, fields: [out] }}
"
        );
        let (graph, inlet) = compile(folder, fields, &nodes);
        let setting = Setting {
            state: Some(state_file(&folder.join("flow.yaml"))),
            ..Setting::default()
        };
        let running = start_in(&graph, &setting).unwrap();
        let watched = running.watched();
        let tap = watched.tap("cooling").unwrap().1;
        Self {
            running,
            watched,
            inlet,
            tap,
            second,
        }
    }

    /// A reading a second after the one before, and the output that comes of it.
    async fn read(&mut self, temp: f64) -> f64 {
        self.second += 1;
        let values = vec![Value::number(temp), Value::Missing];
        let settled = self.inlet.give(vec![(self.second * 1_000_000, "fan-1", values)]);
        assert_eq!(settled.await, Ok(Delivery::Done));
        self.sent().await
    }

    async fn sent(&mut self) -> f64 {
        let batch = self.tap.next().await.unwrap().batch.unwrap().1;
        match batch.value(0, 0) {
            Value::Number(output) => output,
            other => panic!("{other:?}"),
        }
    }

    async fn ask(&self, name: &str, arguments: Json) -> Json {
        let operation = Operation {
            name: name.to_owned(),
            arguments,
            by: "ada".into(),
        };
        self.watched.operate("cooling", operation).await.unwrap()
    }
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was_even_with_another_gain() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Plantless::in_folder(folder.path(), "setpoint: 30 °C, gain: 5 %/K, action: direct", 0);
    assert_eq!(
        bench.read(30.0).await,
        100.0,
        "nobody knows what the machine does: it begins safe"
    );
    let output = bench.read(25.0).await;
    assert!((output - 75.0).abs() < 1.0, "{output}");
    bench.ask("setpoint", json!({"value": 29})).await;
    let output = bench.read(26.0).await;
    assert!((output - 85.0).abs() < 1.0, "{output}");
    bench.running.stop().await;

    // The set-point that was set, the output that stood; the new gain makes no bump.
    let mut bench = Plantless::in_folder(
        folder.path(),
        "setpoint: 30 °C, gain: 20 %/K, action: direct",
        100,
    );
    let first = bench.read(27.0).await;
    assert!((first - output).abs() < 1e-9, "{first} {output}");
    let next = bench.read(27.5).await;
    assert!((next - first - 10.0).abs() < 1.0, "{next}: with the new gain");
    assert_eq!(bench.ask("automatic", json!({})).await["setpoint"], 29.0);
    bench.ask("manual", json!({"output": 12})).await;
    assert_eq!(bench.sent().await, 12.0);
    bench.running.stop().await;

    // Another set-point in the flow is the newer wish; the mode is what people made it.
    let bench = Plantless::in_folder(
        folder.path(),
        "setpoint: 35 °C, gain: 20 %/K, action: direct",
        200,
    );
    let answer = bench.ask("manual", json!({})).await;
    assert_eq!(
        answer,
        json!({"key": "fan-1", "mode": "manual", "setpoint": 35.0, "output": 12.0})
    );
    bench.running.stop().await;
}

#[tokio::test]
async fn heating_acts_the_other_way() {
    let folder = tempfile::tempdir().unwrap();
    let config = "setpoint: 30 °C, gain: 5 %/K, action: reverse";
    let mut bench = Plantless::in_folder(folder.path(), config, 0);
    bench.read(20.0).await;
    let warmer = bench.read(25.0).await;
    let colder = bench.read(20.0).await;
    assert!(warmer < 80.0 && colder > warmer + 20.0, "{warmer} {colder}");
    bench.running.stop().await;
}

#[tokio::test]
async fn a_set_point_without_weight_does_not_make_the_output_jump() {
    for (weight, jump) in [("0", 0.0), ("1", 25.0)] {
        let folder = tempfile::tempdir().unwrap();
        let config = format!("setpoint: 30 °C, gain: 5 %/K, action: direct, setpoint_weight: {weight}");
        let mut bench = Plantless::in_folder(folder.path(), &config, 0);
        bench.read(40.0).await;
        let before = bench.read(30.0).await;
        bench.ask("setpoint", json!({"value": 35})).await;
        let after = bench.read(30.0).await;
        // The integral moves by 5 K · 5 %/K · 1 s / 60 s.
        assert!(
            (before - after - jump - 5.0 / 12.0).abs() < 1e-9,
            "{before} {after}"
        );
        bench.running.stop().await;
    }
}
