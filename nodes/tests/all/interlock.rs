//! `interlock`: nothing that may not be commanded gets through, and a trip takes commands out of everybody's hands.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use twinflow_engine::graph::Graph;
use twinflow_engine::node::Operation;
use twinflow_engine::record::{BatchBuilder, EventTime, Receipt, Value};
use twinflow_engine::runtime::{Offline, Passing, Setting, start_in};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;
use twinflow_nodes::state_file;

use crate::support::inlet::{Inlet, compile};

fn fields() -> Vec<Field> {
    let number =
        |name: &str, unit: &str| Field::new(name, FieldType::Number(Unit::parse(unit).unwrap())).optional();
    vec![
        number("temp", "°C"),
        number("rpm", "rpm"),
        number("speed", "%"),
        number("heat", "W"),
        Field::new("mode", FieldType::Text).optional(),
    ]
}

const GUARD: &str = "
  guard:
    type: interlock
    from: in
    commands:
      speed: { range: [0, 100], otherwise: clamp }
      heat: { range: [0, 300], permit: rpm > 500 rpm }
      mode: {}
    trips:
      overheat: { when: temp > 60 °C, force: { speed: 100 %, mode: manual }, latch: true }
      warm: { when: temp > 50 °C, force: { heat: 0 } }
    stale: 5 s
  show: { type: dashboard-widget, from: guard, widget: value, fields: [speed] }
";

/// An interlock offline: what is given, and what leaves.
struct Bench {
    graph: Graph,
    offline: Offline,
    second: f64,
    _inlet: Inlet,
}

/// What left in a step: speed, heat and mode as JSON; and what was refused, why.
#[derive(Debug, Default, PartialEq)]
struct Left {
    commands: Vec<[Json; 3]>,
    refused: Vec<String>,
}

impl Bench {
    fn new() -> Self {
        let (graph, inlet) = compile(Path::new(""), fields(), GUARD);
        let offline = Offline::new(&graph).unwrap();
        Self {
            graph,
            offline,
            second: 0.0,
            _inlet: inlet,
        }
    }

    fn exchange(&mut self, work: impl FnOnce(&mut Offline, &mut dyn FnMut(usize, Passing<'_>))) -> Left {
        let guard = self.graph.node("guard").unwrap().0;
        let mut left = Left::default();
        work(&mut self.offline, &mut |node, passing| {
            let Passing::Leaving(output, batch) = passing else {
                return;
            };
            if node != guard {
                return;
            }
            for row in 0..batch.len() {
                match output {
                    0 => left
                        .commands
                        .push([0, 1, 2].map(|slot| batch.value(row, slot).to_json())),
                    _ => left
                        .refused
                        .push(batch.value(row, 2).to_json().as_str().unwrap().to_owned()),
                }
            }
        });
        left
    }

    fn give(&mut self, key: &str, values: Vec<Value>) -> Left {
        self.second += 1.0;
        let schema = Arc::clone(&self.graph.node("in").unwrap().1.outputs[0].schema);
        let mut builder = BatchBuilder::new(schema, 1);
        let key = self.offline.keys().intern(key).unwrap();
        builder.push(EventTime((self.second * 1e6) as i64), key, values);
        self.exchange(|offline, see| offline.push("in", builder.finish(Receipt::none()), see))
    }

    fn reading(&mut self, temp: f64, rpm: f64) -> Left {
        self.give("fan-1", vec![Value::number(temp), Value::number(rpm)])
    }

    fn command(&mut self, speed: Option<f64>, heat: Option<f64>) -> Left {
        let number = |number: Option<f64>| number.map_or(Value::Missing, Value::Number);
        self.give(
            "fan-1",
            vec![Value::Missing, Value::Missing, number(speed), number(heat)],
        )
    }

    fn ask(&mut self, name: &str) -> Result<Json, String> {
        let operation = Operation {
            name: name.to_owned(),
            arguments: json!({}),
            by: "ada".into(),
        };
        let now = EventTime((self.second * 1e6) as i64);
        self.offline.operate("guard", &operation, now, &mut |_, _| {})
    }
}

fn sent(speed: Json, heat: Json, mode: Json) -> Left {
    Left {
        commands: vec![[speed, heat, mode]],
        refused: Vec::new(),
    }
}

fn refused(reason: &str) -> Left {
    Left {
        commands: Vec::new(),
        refused: vec![reason.to_owned()],
    }
}

#[test]
fn a_command_out_of_range_is_clamped_or_refused_as_a_whole() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.reading(30.0, 1000.0),
        Left::default(),
        "a reading is no command"
    );
    assert_eq!(
        bench.command(Some(40.0), Some(200.0)),
        sent(json!(40.0), json!(200.0), json!(null))
    );
    assert_eq!(
        bench.command(Some(140.0), None),
        sent(json!(100.0), json!(null), json!(null))
    );
    assert_eq!(
        bench.command(Some(-1.0), None),
        sent(json!(0.0), json!(null), json!(null))
    );
    assert_eq!(
        bench.command(Some(40.0), Some(301.0)),
        refused("`heat` is 301.0, allowed is 0 to 300")
    );
}

#[test]
fn what_needs_a_permit_waits_for_it() {
    let mut bench = Bench::new();
    let told = "`heat` may be commanded only while `rpm > 500 rpm`";
    assert_eq!(
        bench.command(None, Some(100.0)),
        refused(told),
        "nothing is known yet"
    );
    bench.reading(30.0, 400.0);
    assert_eq!(bench.command(None, Some(100.0)), refused(told));
    bench.reading(30.0, 600.0);
    assert_eq!(bench.command(None, Some(100.0)).commands.len(), 1);
    bench.reading(30.0, f64::NAN);
    assert_eq!(
        bench.command(None, Some(100.0)).commands.len(),
        1,
        "it stays as it was"
    );
    // Nothing but commands for more than five seconds: the last reading counts no more.
    for _ in 0..6 {
        bench.command(Some(10.0), None);
    }
    assert_eq!(
        bench.command(None, Some(100.0)).refused.len(),
        0,
        "the trip forces it to 0"
    );
    assert_eq!(
        bench.command(None, Some(100.0)).commands,
        [[json!(100.0), json!(0.0), json!("manual")]]
    );
}

#[test]
fn a_trip_forces_its_values_and_a_latch_waits_for_somebody() {
    let mut bench = Bench::new();
    bench.reading(40.0, 1000.0);
    assert_eq!(bench.ask("reset"), Err("nothing has tripped here".to_owned()));
    assert_eq!(
        bench.reading(55.0, 1000.0),
        sent(json!(null), json!(0.0), json!(null))
    );
    assert_eq!(bench.reading(56.0, 1000.0), Left::default(), "told once");
    assert_eq!(
        bench.command(Some(20.0), Some(100.0)),
        sent(json!(20.0), json!(0.0), json!(null))
    );
    assert_eq!(
        bench.reading(61.0, 1000.0),
        sent(json!(100.0), json!(0.0), json!("manual"))
    );
    assert_eq!(
        bench.command(Some(20.0), None),
        sent(json!(100.0), json!(0.0), json!("manual"))
    );
    let told = bench.ask("reset").unwrap_err();
    assert_eq!(
        told,
        "`overheat` cannot be reset: `temp > 60 °C` is not known to be over"
    );
    // The trip without a latch ends with its condition, the other one does not.
    bench.reading(40.0, 1000.0);
    assert_eq!(
        bench.command(Some(20.0), Some(50.0)),
        sent(json!(100.0), json!(50.0), json!("manual"))
    );
    assert_eq!(bench.ask("reset"), Ok(json!({"reset": ["overheat"]})));
    assert_eq!(
        bench.command(Some(20.0), None),
        sent(json!(20.0), json!(null), json!(null))
    );
    assert!(bench.ask("open").unwrap_err().contains("`reset`"));
}

#[test]
fn machines_trip_by_themselves_and_a_silent_one_trips() {
    let mut bench = Bench::new();
    bench.reading(61.0, 1000.0);
    let other = |bench: &mut Bench| {
        bench.give(
            "fan-2",
            vec![Value::Number(30.0), Value::Number(900.0), Value::Number(20.0)],
        )
    };
    assert_eq!(other(&mut bench), sent(json!(20.0), json!(null), json!(null)));
    for _ in 0..5 {
        other(&mut bench);
    }
    let until = EventTime(((bench.second + 4.9) * 1e6) as i64);
    let left = bench.exchange(|offline, see| offline.run_clock(until, see));
    assert_eq!(
        left,
        sent(json!(100.0), json!(0.0), json!("manual")),
        "fan-2, in time"
    );
}

#[tokio::test]
async fn a_latched_trip_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let setting = || Setting {
        state: Some(state_file(&folder.path().join("flow.yaml"))),
        ..Setting::default()
    };
    let give = async |inlet: &Inlet, row: Vec<Value>| inlet.give(vec![(1, "fan-1", row)]).await.unwrap();
    let (graph, inlet) = compile(folder.path(), fields(), GUARD);
    let running = start_in(&graph, &setting()).unwrap();
    give(&inlet, vec![Value::Number(70.0), Value::Number(900.0)]).await;
    running.stop().await;

    let (graph, inlet) = compile(folder.path(), fields(), GUARD);
    let running = start_in(&graph, &setting()).unwrap();
    let mut tap = running.watched().tap("guard").unwrap().1;
    give(
        &inlet,
        vec![Value::Number(30.0), Value::Number(900.0), Value::Number(10.0)],
    )
    .await;
    let batch = tap.next().await.unwrap().batch.unwrap().1;
    assert_eq!(batch.value(0, 0), Value::Number(100.0));
    running.stop().await;
}

proptest! {
    /// Whatever is commanded, and whatever is read, what leaves is in its range.
    #[test]
    fn nothing_out_of_range_ever_leaves(
        rows in prop::collection::vec(
            (any::<f64>(), 0.0..2000.0_f64, prop::option::of(any::<f64>()), prop::option::of(-10.0..400.0_f64)),
            1..30,
        ),
    ) {
        let mut bench = Bench::new();
        for (temp, rpm, speed, heat) in rows {
            let number = |number: Option<f64>| number.map_or(Value::Missing, Value::number);
            let left = bench.give("fan-1", vec![Value::number(temp), Value::number(rpm), number(speed), number(heat)]);
            for [speed, heat, _] in left.commands {
                prop_assert!(speed.as_f64().is_none_or(|speed| (0.0..=100.0).contains(&speed)));
                prop_assert!(heat.as_f64().is_none_or(|heat| (0.0..=300.0).contains(&heat)));
            }
        }
    }
}
