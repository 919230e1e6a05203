//! `twin`: the model in step with a simulated fan.

use std::path::Path;
use std::sync::Arc;

use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::language::ProcessEnvironment;
use twinflow_engine::node::Level;
use twinflow_engine::record::{BatchBuilder, EventTime, Receipt, Value};
use twinflow_engine::runtime::Offline;
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;
use twinflow_nodes::{Shared, registry};
use twinflow_plant::{Fault, FaultClass, Plant};

use crate::support::inlet::{Inlet, Row, compile};

fn number(name: &str, unit: &str) -> Field {
    Field::new(name, FieldType::Number(Unit::parse(unit).unwrap())).optional()
}

/// A fan whose temperature is sent in kelvin, and whose heat load is.
struct Bench {
    graph: Graph,
    offline: Offline,
    // The source's end stays open.
    _inlet: Inlet,
}

/// What comes out of a row: the unexpected temperature in K and current in A.
type Unexpected = [Option<f64>; 2];

impl Bench {
    fn new() -> Self {
        let fields = vec![
            number("temp", "K"),
            number("rpm", "rpm"),
            number("current", "A"),
            number("vibration", "g"),
            number("heat", "kW"),
        ];
        let nodes = "
  model: { type: twin, from: in, model: fan, heat_load: heat, mechanical_load: 0.3 }
  show: { type: dashboard-widget, from: model, widget: value, fields: [temp_residual] }
";
        let (graph, inlet) = compile(Path::new(""), fields, nodes);
        let offline = Offline::up_to(&graph, "show").unwrap();
        Self {
            graph,
            offline,
            _inlet: inlet,
        }
    }

    fn unexpected(&mut self, rows: &[Row]) -> Vec<Unexpected> {
        let schema = Arc::clone(&self.graph.node("in").unwrap().1.outputs[0].schema);
        let mut builder = BatchBuilder::new(schema, rows.len());
        for (micros, key, values) in rows {
            let key = self.offline.keys().intern(key).unwrap();
            builder.push(EventTime(*micros), key, values.clone());
        }
        let batches = self
            .offline
            .arriving("in", builder.finish(Receipt::none()), "show");
        let rows = batches.iter().flat_map(|batch| {
            (0..batch.len()).map(move |row| {
                ["temp_residual", "current_residual"].map(|field| {
                    match batch.value(row, batch.schema().slot(field).unwrap()) {
                        Value::Number(number) => Some(number),
                        _ => None,
                    }
                })
            })
        });
        rows.collect()
    }
}

/// Readings of a warm fan at 5 Hz for so many seconds, with a fault from second 20 on.
fn readings(machine: &'static str, fault: Fault, seconds: i64, seed: u64) -> Vec<Row> {
    let mut plant = Plant::new(seed, 22.0).unwrap();
    (0..1800).for_each(|_| plant.step());
    (0..seconds * 5)
        .map(|number| {
            if number == 100 {
                plant.inject(fault);
            }
            plant.step();
            plant.step();
            let reading = plant.reading();
            let values = [
                f64::from(reading.temp_c) + 273.15,
                reading.rpm.into(),
                reading.current_a.into(),
                reading.vibration_g.into(),
                0.1,
            ];
            (
                1_000_000_000 + number * 200_000,
                machine,
                values.map(Value::Number).to_vec(),
            )
        })
        .collect()
}

fn mean(rows: &[Unexpected], field: usize) -> f64 {
    rows.iter().map(|row| row[field].unwrap()).sum::<f64>() / rows.len() as f64
}

#[test]
fn two_machines_have_a_twin_each_and_the_fault_shows_in_one() {
    let sound = readings("sound", Fault::NONE, 120, 1);
    let ill = readings(
        "ill",
        Fault::new(FaultClass::CoolingDegradation, 0.9).unwrap(),
        120,
        2,
    );
    let both: Vec<Row> = sound.into_iter().zip(ill).flat_map(|(a, b)| [a, b]).collect();
    let out = Bench::new().unexpected(&both);
    let of = |machine: usize| out.iter().skip(machine).step_by(2).copied().collect::<Vec<_>>();
    let (sound, ill) = (of(0), of(1));
    assert!(mean(&sound[500..], 0).abs() < 2.0, "{}", mean(&sound[500..], 0));
    assert!(mean(&sound[500..], 1).abs() < 0.05);
    assert!(mean(&ill[500..], 0) > 2.5, "{}", mean(&ill[500..], 0));
    assert!(mean(&ill[500..], 1) < -0.2);
    // Before its fault, it was as expected.
    assert!(mean(&ill[60..100], 1).abs() < 0.05);
}

#[test]
fn what_lacks_a_sensor_or_comes_late_is_not_compared() {
    let mut rows = readings("fan", Fault::NONE, 2, 1);
    rows[5].2[2] = Value::Missing;
    rows[7].0 -= 1_000_000;
    let out = Bench::new().unexpected(&rows);
    let missing: Vec<usize> = (0..10).filter(|row| out[*row] == [None, None]).collect();
    assert_eq!(missing, [5, 7]);
}

#[test]
fn a_clock_that_is_set_back_does_not_silence_it() {
    let mut rows = readings("fan", Fault::NONE, 40, 1);
    for row in &mut rows[150..] {
        row.0 -= 3_600_000_000;
    }
    let out = Bench::new().unexpected(&rows);
    assert!(out[150..].iter().all(|row| row[0].is_some()));
    assert!(mean(&out[150..], 0).abs() < 1.0);
}

#[test]
fn mistakes_are_told_at_their_place() {
    let text = "twinflow: 1
name: Test
brokers: { plant: embedded }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    fields: { temp: { unit: °C }, rpm: { unit: rpm }, current: { unit: V }, heat: { unit: W } }
  model: { type: twin, from: fan, model: fan, heat_load: het, mechanical_load: 3, ambient: 20 W, speed: heat }
  show: { type: dashboard-widget, from: model, widget: value, fields: [temp_residual] }
";
    let registry = registry(&Shared::default());
    let compiled = compile_text(
        Path::new("flow.yaml"),
        text,
        &registry,
        &ProcessEnvironment,
        Level::Static,
    );
    insta::assert_snapshot!(render(&compiled.diagnostics, &compiled.sources, Colour::Plain));
}
