//! Scenarios: what is said of wrong ones, and what machines do that play good ones. Nothing waits: the machines are told the time.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use twinflow_engine::diagnostic::{Colour, render, summary};
use twinflow_engine::language::{SourceId, Sources};
use twinflow_nodes::scenario::Scenario;
use twinflow_nodes::virtual_plant::{Behaviour, Fleet, Machines};

/// What is said of a scenario.
fn findings(text: &str) -> String {
    let mut found = Vec::new();
    let scenario = Scenario::read(SourceId(0), text, &mut found);
    assert_eq!(scenario.is_none(), !found.is_empty());
    let shown = render(&found, &Sources::single("day.yaml", text), Colour::Plain);
    format!("{shown}{}", summary(&found).unwrap_or_default())
}

fn scenario(lines: &str) -> Arc<Scenario> {
    let text = format!("twinflow-scenario: 1\n{lines}\n");
    let mut found = Vec::new();
    let scenario = Scenario::read(SourceId(0), &text, &mut found);
    let shown = render(&found, &Sources::single("day.yaml", text.as_str()), Colour::Plain);
    Arc::new(scenario.unwrap_or_else(|| panic!("{shown}")))
}

const PERIOD: Duration = Duration::from_millis(200);

/// Machines `fan-1` and so on, five readings a second each.
fn fleet(count: usize, lines: &str) -> Fleet {
    let names = (1..=count).map(|number| format!("fan-{number}").into()).collect();
    Fleet::new(names, PERIOD, &Behaviour::Scenario(scenario(lines))).unwrap()
}

/// What one reading of a machine came to.
struct Said {
    at_s: f64,
    has_network: bool,
    payload: Option<Value>,
}

impl Said {
    fn of(&self, name: &str) -> Option<f64> {
        let payload = self.payload.as_ref().expect("nothing was sent");
        name.split('.')
            .try_fold(payload, |value, name| value.get(name))?
            .as_f64()
    }
}

/// All that the machines say from the time that they have come to until `until_s`, each reading at its time.
fn play(fleet: &mut Fleet, until_s: f64) -> Vec<Vec<Said>> {
    let mut said: Vec<Vec<Said>> = fleet.names().iter().map(|_| Vec::new()).collect();
    while let Some(due) = fleet.due().filter(|due| due.as_secs_f64() < until_s) {
        let act = fleet.act(due).unwrap();
        said[act.machine].push(Said {
            at_s: due.as_secs_f64(),
            has_network: act.has_network,
            payload: act
                .payload
                .map(|payload| serde_json::from_slice(&payload).unwrap()),
        });
    }
    said
}

/// The readings of a single machine.
fn play_one(lines: &str, until_s: f64) -> Vec<Said> {
    play(&mut fleet(1, lines), until_s).remove(0)
}

/// The readings between two times.
fn between(said: &[Said], from_s: f64, to_s: f64) -> impl Iterator<Item = &Said> {
    said.iter()
        .filter(move |said| said.at_s > from_s + 0.15 && said.at_s < to_s - 0.05)
}

fn all(said: &[Said], from_s: f64, to_s: f64, name: &str) -> Vec<f64> {
    let values: Vec<f64> = between(said, from_s, to_s)
        .map(|said| said.of(name).unwrap())
        .collect();
    assert!(!values.is_empty());
    values
}

#[test]
fn every_mistake_is_told_at_its_place() {
    insta::assert_snapshot!(findings(
        "twinflow-scenario: 1
seed: -4
ambient: 80 °C
repeat: maybe
timelin: []
"
    ));
    insta::assert_snapshot!(findings(
        "twinflow-scenario: 2
ambient: 80 °C
lasts: 3 min
spread: { start: 5 m, ambient: 50 K, heat_load: 10 W, mechanical_load: 200 % }
timeline:
  - { at: 60 s, fault: imbalance, severity: 0.8, for: 0 s }
  - { at: -5 s, heat_load: 900 W, speed: 40 rpm, over: 3 K }
  - { at: 70 s }
  - { at: 80 s, fault: imbalance, network: lost }
  - { at: 4 min, mechanical_load: 0.3 }
  - { at: 90 s, heat_load: 100 W, for: 10 s, severity: 0.3, by: 3 K }
  - { at: 91 s, fault: none, severity: 0.3 }
  - { at: 92 s, network: lost, loss: 5 % }
  - { at: 93 s, network: poor }
  - { at: 94 s, network: back, for: 5 s }
  - { at: 95 s, sensor: temp }
  - { at: 96 s, sensor: temp, failure: offset }
  - { at: 97 s, sensor: temp, failure: stuck, by: 2 K }
  - { at: 98 s, sensor: current, failure: noise, by: 2 K }
  - { at: 99 s, drift: temp }
  - { at: 99 s, drift: temp, by: 2 K }
machines:
  0: { seed: 3 }
  fan-1: { ambient: -30 °C, timeline: [{ at: soon, fault: imbalance }] }
"
    ));
}

#[test]
fn a_wrong_name_gets_the_one_that_was_meant() {
    insta::assert_snapshot!(findings(
        "twinflow-scenario: 1
timeline:
  - { at: 1 s, fault: imbalanc }
  - { at: 2 s, sensor: tmp, failure: stuk }
  - { at: 3 s, netwrok: lost }
  - { at: 4 s, network: gone }
  - { at: 5 s, drift: vibrations, by: 1 g/h }
  - { at: 6 s, fault: imbalance, severity: 3 }
"
    ));
}

#[test]
fn what_is_no_scenario_is_told_so() {
    insta::assert_snapshot!(findings("twinflow: 1\nnodes: {}\n"));
    insta::assert_snapshot!(findings("twinflow-scenario: 1\nrepeat: true\n"));
    insta::assert_snapshot!(findings("twinflow-senario: 1\n"));
    insta::assert_snapshot!(findings("- a\n"));
    insta::assert_snapshot!(findings(""));
}

#[test]
fn a_fault_comes_and_goes_in_its_time() {
    let said = play_one(
        "timeline:
  - { at: 10 s, fault: imbalance, severity: 0.6, for: 20 s }
  - { at: 40 s, fault: overcurrent }
  - { at: 50 s, fault: none }",
        60.0,
    );
    for (from_s, to_s, code, severity, run) in [
        (0.0, 10.0, 0.0, 0.0, 0.0),
        (10.0, 30.0, 3.0, 0.6, 1.0),
        (30.0, 40.0, 0.0, 0.0, 2.0),
        (40.0, 50.0, 1.0, 0.9, 3.0),
        (50.0, 60.0, 0.0, 0.0, 4.0),
    ] {
        for said in between(&said, from_s, to_s) {
            let found = ["fault.code", "fault.severity", "run"].map(|name| said.of(name).unwrap());
            assert_eq!(found, [code, severity, run], "at {} s", said.at_s);
        }
    }
    let shaking = |from_s, to_s| all(&said, from_s, to_s, "vibration").into_iter().sum::<f64>();
    assert!(shaking(20.0, 30.0) > 1.3 * shaking(0.0, 10.0));
}

#[test]
fn loads_change_at_once_or_slowly() {
    let said = play_one(
        "timeline:
  - { at: 0 s, heat_load: 100 W, mechanical_load: 0.5 }
  - { at: 10 s, heat_load: 300 W, over: 20 s }
  - { at: 40 s, speed: 90 % }
  - { at: 50 s, control: automatic }",
        60.0,
    );
    assert!(
        all(&said, 0.0, 10.0, "inputs.process_heat_load_w")
            .iter()
            .all(|w| *w == 100.0)
    );
    assert!(
        all(&said, 0.0, 60.0, "inputs.mechanical_load")
            .iter()
            .all(|load| *load == 0.5)
    );
    let rising = all(&said, 10.0, 30.0, "inputs.process_heat_load_w");
    assert!(rising.is_sorted());
    for (said, watts) in between(&said, 10.0, 30.0).zip(&rising) {
        let due = 100.0 + (said.at_s - 10.0) * 10.0;
        assert!((watts - due).abs() < 2.5, "{watts} W at {} s", said.at_s);
    }
    assert!(
        all(&said, 30.0, 60.0, "inputs.process_heat_load_w")
            .iter()
            .all(|w| *w == 300.0)
    );
    assert!(
        all(&said, 40.0, 50.0, "inputs.speed_command_pct")
            .iter()
            .all(|pct| *pct == 90.0)
    );
    assert!(
        all(&said, 48.0, 50.0, "rpm")
            .iter()
            .all(|rpm| (2600.0..2800.0).contains(rpm))
    );
    let last = said.last().unwrap();
    assert_eq!(
        last.payload.as_ref().unwrap()["inputs"]["control_mode"],
        "automatic"
    );
}

#[test]
fn sensors_fail_in_every_way_and_are_mended() {
    let said = play_one(
        "timeline:
  - { at: 10 s, sensor: temp, failure: stuck, for: 10 s }
  - { at: 20 s, sensor: rpm, failure: missing, for: 10 s }
  - { at: 30 s, sensor: current, failure: offset, by: 500 mA, for: 10 s }
  - { at: 40 s, sensor: vibration, failure: noise, by: 0.05 g, for: 60 s }
  - { at: 110 s, sensor: temp, failure: offset, by: -50 K }
  - { at: 120 s, sensor: temp, failure: none }",
        130.0,
    );
    let mut stuck = all(&said, 10.0, 20.0, "temp");
    stuck.dedup();
    assert_eq!(stuck.len(), 1, "{stuck:?}");
    let mut moving = all(&said, 20.0, 30.0, "temp");
    moving.dedup();
    assert!(moving.len() > 10);
    let sound = play_one("timeline: []", 130.0);
    for (said, sound) in between(&said, 20.0, 30.0).zip(between(&sound, 20.0, 30.0)) {
        // As the board: what a sensor does not say has no place in the payload.
        assert_eq!(said.payload.as_ref().unwrap().get("rpm"), None);
        assert!(said.payload.as_ref().unwrap().get("current").is_some());
        assert_eq!(said.of("temp"), sound.of("temp"));
    }
    for (said, sound) in between(&said, 30.0, 40.0).zip(between(&sound, 30.0, 40.0)) {
        let off = said.of("current").unwrap() - sound.of("current").unwrap();
        assert!((off - 0.5).abs() < 0.002, "{off}");
    }
    let noise: Vec<f64> = between(&said, 40.0, 100.0)
        .zip(between(&sound, 40.0, 100.0))
        .map(|(said, sound)| said.of("vibration").unwrap() - sound.of("vibration").unwrap())
        .collect();
    let deviation = (noise.iter().map(|off| off * off).sum::<f64>() / noise.len() as f64).sqrt();
    // A vibration is not below zero, which cuts a part of the noise off.
    assert!((0.03..0.06).contains(&deviation), "{deviation}");
    assert!(all(&said, 40.0, 100.0, "vibration").iter().all(|g| *g >= 0.0));
    assert!(all(&said, 110.0, 120.0, "temp").iter().all(|temp| *temp < 0.0));
    assert!(all(&said, 120.0, 130.0, "temp").iter().all(|temp| *temp > 20.0));
}

#[test]
fn a_sensor_drifts_until_it_is_mended() {
    let text = "timeline:
  - { at: 10 s, drift: temp, by: 360 K/h, for: 60 s }
  - { at: 100 s, sensor: temp, failure: none }";
    let (said, sound) = (play_one(text, 110.0), play_one("timeline: []", 110.0));
    for (said, sound) in said.iter().zip(&sound) {
        let due = match said.at_s {
            at_s if at_s < 10.0 => 0.0,
            at_s if at_s < 70.0 => (at_s - 10.0) * 0.1,
            at_s if at_s < 100.1 => 6.0,
            _ => 0.0,
        };
        let off = said.of("temp").unwrap() - sound.of("temp").unwrap();
        assert!((off - due).abs() < 0.05, "{off} and not {due} at {} s", said.at_s);
    }
}

#[test]
fn a_lost_network_loses_readings_and_their_numbers_go_on() {
    let said = play_one(
        "timeline:
  - { at: 10 s, network: lost, for: 10 s }
  - { at: 100 s, network: poor, loss: 30 %, for: 200 s }",
        310.0,
    );
    assert!(between(&said, 10.0, 20.0).all(|said| !said.has_network && said.payload.is_none()));
    assert!(between(&said, 20.0, 100.0).all(|said| said.has_network && said.payload.is_some()));
    let numbers = all(&said, 20.0, 100.0, "sequence_id");
    // From 0 s on, five readings a second: those of the silence were counted.
    assert!((101.0..=103.0).contains(&numbers[0]), "{}", numbers[0]);
    let lost = between(&said, 100.0, 300.0)
        .filter(|said| said.payload.is_none())
        .count();
    let share = lost as f64 / between(&said, 100.0, 300.0).count() as f64;
    assert!((0.25..0.35).contains(&share), "{share}");
    assert!(between(&said, 100.0, 310.0).all(|said| said.has_network));
}

#[test]
fn a_scenario_that_repeats_begins_as_it_began() {
    let text = "repeat: true
lasts: 30 s
timeline:
  - { at: 5 s, heat_load: 250 W }
  - { at: 10 s, fault: imbalance }
  - { at: 15 s, sensor: rpm, failure: missing }
  - { at: 25 s, network: lost }";
    let said = play_one(text, 95.0);
    for round in [0.0, 30.0, 60.0] {
        let fault = all(&said, round + 10.0, round + 15.0, "fault.code");
        assert!(fault.iter().all(|code| *code == 3.0));
        assert!(between(&said, round + 15.0, round + 25.0).all(|said| said.of("rpm").is_none()));
        assert!(between(&said, round + 25.0, round + 30.0).all(|said| !said.has_network));
        let loads = all(&said, round, round + 5.0, "inputs.process_heat_load_w");
        assert!(loads.iter().all(|watts| *watts == 100.0), "{loads:?}");
        assert!(between(&said, round, round + 5.0).all(|said| said.of("rpm").is_some()));
        assert!(
            all(&said, round, round + 5.0, "fault.code")
                .iter()
                .all(|code| *code == 0.0)
        );
    }
}

#[test]
fn machines_are_not_one_machine() {
    let text = "spread: { start: 60 s, ambient: 5 K, heat_load: 20 %, mechanical_load: 20 % }
timeline:
  - { at: 10 s, fault: imbalance }
machines:
  3: { timeline: [] }
  fan-4: { ambient: 45 °C }";
    let mut fleet = fleet(40, text);
    let mut dues: Vec<Duration> = Vec::new();
    for _ in 0..40 {
        let due = fleet.due().unwrap();
        dues.push(due);
        fleet.act(due).unwrap();
    }
    dues.dedup();
    assert_eq!(
        (dues.len(), dues[1] - dues[0]),
        (40, Duration::from_millis(5)),
        "spread over the period"
    );
    let said = play(&mut fleet, 90.0);
    let begins: Vec<Option<f64>> = said
        .iter()
        .map(|said| {
            said.iter()
                .find(|said| said.of("fault.code") == Some(3.0))
                .map(|said| said.at_s)
        })
        .collect();
    assert_eq!(begins[2], None, "it has a timeline of its own");
    let begins: Vec<f64> = begins.into_iter().flatten().collect();
    assert_eq!(begins.len(), 39);
    assert!(begins.iter().all(|at_s| (10.0..70.5).contains(at_s)));
    let distinct: std::collections::BTreeSet<u64> = begins.iter().map(|at_s| (*at_s / 6.0) as u64).collect();
    assert!(distinct.len() > 5, "{begins:?}");
    let heat: Vec<f64> = said
        .iter()
        .map(|said| said[0].of("inputs.process_heat_load_w").unwrap())
        .collect();
    assert!(heat.iter().all(|watts| (80.0..=120.0).contains(watts)));
    assert!(heat.iter().any(|watts| *watts < 90.0) && heat.iter().any(|watts| *watts > 110.0));
    let temp = |machine: usize| said[machine][0].of("temp").unwrap();
    assert!(temp(3) > 45.0);
    assert!(
        (0..40)
            .filter(|machine| *machine != 3)
            .all(|machine| temp(machine) < 45.0)
    );
}

#[test]
fn one_seed_is_one_history() {
    let without_time = |said: Vec<Vec<Said>>| -> Vec<Option<Value>> {
        let readings = said.into_iter().flatten().map(|said| said.payload);
        let strip = |mut payload: Value| {
            payload.as_object_mut().unwrap().remove("timestamp");
            payload
        };
        readings.map(|payload| payload.map(strip)).collect()
    };
    let text = |seed: u32| {
        format!(
            "seed: {seed}\nspread: {{ start: 5 s }}\ntimeline: [{{ at: 3 s, network: poor, loss: 50 % }}]"
        )
    };
    let history = |seed| without_time(play(&mut fleet(3, &text(seed)), 20.0));
    assert!(history(7) == history(7));
    assert!(history(7) != history(8));
}

#[test]
fn commands_are_obeyed_beside_the_scenario() {
    let mut fleet = fleet(
        2,
        "timeline:
  - { at: 10 s, heat_load: 300 W, over: 60 s }
  - { at: 30 s, fault: imbalance }
  - { at: 80 s, heat_load: 150 W }",
    );
    play(&mut fleet, 20.0);
    let asked = |fleet: &mut Fleet, machine: usize, command: Value| {
        let answer = fleet.obey(machine, command.to_string().as_bytes())?;
        let payload: Value = serde_json::from_slice(&answer.payload).unwrap();
        assert_eq!(payload["accepted"], answer.refused.is_none());
        assert_eq!(payload["asset_id"], format!("fan-{}", machine + 1));
        Some(answer.refused)
    };
    let command =
        json!({ "process_heat_load_w": 60, "publish_rate_hz": 10, "fault": { "class": "overcurrent" } });
    assert_eq!(asked(&mut fleet, 0, command), Some(None));
    assert_eq!(
        asked(&mut fleet, 1, json!({ "key": "fan-1", "mechanical_load": 1 })),
        None
    );
    assert!(
        asked(&mut fleet, 0, json!({ "mechanical_load": 7 }))
            .unwrap()
            .is_some()
    );
    assert!(
        asked(&mut fleet, 0, json!({ "publish_rate_hz": 21 }))
            .unwrap()
            .is_some()
    );
    let said = play(&mut fleet, 90.0);
    // The ramp that was under way is given up, a later line of the scenario counts again.
    assert!(
        all(&said[0], 20.5, 80.0, "inputs.process_heat_load_w")
            .iter()
            .all(|watts| *watts == 60.0)
    );
    assert!(
        all(&said[0], 80.5, 90.0, "inputs.process_heat_load_w")
            .iter()
            .all(|watts| *watts == 150.0)
    );
    // As on the board: a fault on command stays.
    assert!(
        all(&said[0], 21.0, 90.0, "fault.code")
            .iter()
            .all(|code| *code == 1.0)
    );
    assert!(
        all(&said[1], 31.0, 90.0, "fault.code")
            .iter()
            .all(|code| *code == 3.0)
    );
    assert_eq!(between(&said[0], 30.0, 40.0).count(), 98);
    assert_eq!(between(&said[1], 30.0, 40.0).count(), 49);
}

#[test]
fn a_pause_of_the_computer_is_not_made_up_for() {
    let mut fleet = fleet(1, "timeline: [{ at: 100 s, fault: imbalance }]");
    play(&mut fleet, 50.0);
    let act = fleet.act(Duration::from_secs(50 + 3600)).unwrap();
    assert_eq!(act.missed, 3600 * 5);
    let payload: Value = serde_json::from_slice(&act.payload.unwrap()).unwrap();
    // A minute of the hour, as on the board: the fault began 10 s ago by the machine's own time.
    assert_eq!(payload["fault"]["code"], 3);
    assert_eq!(payload["sequence_id"], 251);
    assert_eq!(fleet.due(), Some(Duration::from_millis((50 + 3600) * 1000 + 200)));
}

#[test]
fn strangers_among_the_machines_are_known() {
    let scenario =
        scenario("machines: { fan-1: { seed: 1 }, fna-2: { seed: 2 }, 7: { seed: 3 }, oven: { seed: 4 } }");
    let names: Vec<Arc<str>> = ["fan-1", "fan-2"].map(Arc::from).to_vec();
    assert_eq!(
        scenario.strangers(&names),
        [("fna-2", Some("fan-2")), ("oven", None)]
    );
}

/// A line of a timeline that is right.
fn line() -> impl Strategy<Value = String> {
    let names = |names: &'static [&'static str]| prop::sample::select(names);
    let sensors = || names(&["temp", "rpm", "current", "vibration"]);
    let what = prop_oneof![
        (0..=500_u32, prop::option::of(1..90_u32)).prop_map(|(watts, over_s)| {
            let over = over_s
                .map(|over_s| format!(", over: {over_s} s"))
                .unwrap_or_default();
            format!("heat_load: {watts} W{over}")
        }),
        (0..=100_u32).prop_map(|pct| format!("speed: {pct} %")),
        (
            names(&[
                "imbalance",
                "overcurrent",
                "cooling_degradation",
                "thermal_overload"
            ]),
            0.0..=1.0_f32,
            1..60_u32
        )
            .prop_map(|(fault, severity, for_s)| format!(
                "fault: {fault}, severity: {severity}, for: {for_s} s"
            )),
        (1..60_u32).prop_map(|for_s| format!("network: lost, for: {for_s} s")),
        (0..=100_u32).prop_map(|loss| format!("network: poor, loss: {loss} %")),
        (sensors(), names(&["stuck", "missing", "none"]))
            .prop_map(|(sensor, failure)| format!("sensor: {sensor}, failure: {failure}")),
        (sensors(), names(&["noise", "offset"]), -9.0..9.0_f32)
            .prop_map(|(sensor, failure, by)| format!("sensor: {sensor}, failure: {failure}, by: {by}")),
        (-9.0..9.0_f32).prop_map(|by| format!("drift: temp, by: {by} K/min")),
    ];
    (0..120_u32, what).prop_map(|(at_s, what)| format!("  - {{ at: {at_s} s, {what} }}\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_readings_stay_possible(
        lines in prop::collection::vec(line(), 1..12),
        repeat in any::<bool>(),
        seed in any::<u32>(),
    ) {
        let text = format!("seed: {seed}\nrepeat: {repeat}\nlasts: 2 min\ntimeline:\n{}", lines.concat());
        for (number, said) in play_one(&text, 150.0).iter().enumerate() {
            prop_assert!(said.has_network || said.payload.is_none());
            let Some(payload) = &said.payload else { continue };
            prop_assert_eq!(&payload["sequence_id"], number + 1);
            let heat = said.of("inputs.process_heat_load_w").unwrap();
            prop_assert!((0.0..=500.0).contains(&heat));
            for name in ["rpm", "current", "vibration"] {
                prop_assert!(said.of(name).is_none_or(|value| value >= 0.0));
            }
        }
    }

    #[test]
    fn lines_may_stand_in_any_order(lines in prop::collection::vec(line(), 1..12), seed in any::<u64>()) {
        // Of one time, the later line has the last word: only lines of different times may change places.
        let mut lines = lines;
        let time = |line: &String| line.split(" s").next().unwrap().to_owned();
        lines.sort_by_key(time);
        lines.dedup_by_key(|line| time(line));
        let sorted = scenario(&format!("timeline:\n{}", lines.concat()));
        let length = lines.len().max(1);
        lines.rotate_left(seed as usize % length);
        prop_assert_eq!(&scenario(&format!("timeline:\n{}", lines.concat())), &sorted);
    }

    #[test]
    fn no_text_ends_in_a_panic(text in "(twinflow-scenario: 1\n)?(timeline:\n)?[-{}:, a-z0-9\n%K/]{0,80}") {
        let _ = findings_of_any(&text);
    }
}

fn findings_of_any(text: &str) -> usize {
    let mut found = Vec::new();
    Scenario::read(SourceId(0), text, &mut found);
    render(&found, &Sources::single("any.yaml", text), Colour::Plain).len()
}
