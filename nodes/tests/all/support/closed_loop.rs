//! A flow that controls simulated fans, in simulated time: the fans' readings enter it at the node `fan`, and what arrives at the
//! node `commands` is what the fans are told.
#![allow(dead_code, reason = "every program that takes it in uses a part of it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;
use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::node::{Level, Operation};
use twinflow_engine::record::{BatchBuilder, EventTime, Receipt, Value};
use twinflow_engine::runtime::{Offline, Passing};
use twinflow_nodes::{Shared, registry};
use twinflow_plant::{ControlMode, Plant};

/// The time between two readings: two steps of the plant.
pub const READING_S: f64 = 0.2;

/// What a fan's temperature sensor does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sensor {
    Works,
    /// It sends nothing at all.
    Silent,
    /// The readings come, without a temperature.
    Broken,
}

/// A simulated fan.
pub struct Fan {
    pub name: &'static str,
    pub plant: Plant,
    pub sensor: Sensor,
    /// The commands that it got: seconds since the start, and percent.
    pub commands: Vec<(f64, f64)>,
}

impl Fan {
    pub fn new(name: &'static str, plant: Plant) -> Self {
        Self {
            name,
            plant,
            sensor: Sensor::Works,
            commands: Vec::new(),
        }
    }

    /// The temperature without the sensor's noise, in °C.
    pub fn temp_c(&self) -> f64 {
        f64::from(self.plant.true_state().temp_c)
    }

    /// The last command, in percent.
    pub fn output(&self) -> f64 {
        self.commands.last().unwrap().1
    }
}

/// Fans and the flow that controls them.
pub struct ClosedLoop {
    graph: Graph,
    offline: Offline,
    pub fans: Vec<Fan>,
    /// Seconds since the start.
    pub second: f64,
}

/// A Monday's noon in UTC.
const START: EventTime = EventTime(1_795_435_200_000_000);

impl ClosedLoop {
    /// The flow of a text.
    pub fn new(text: &str, fans: Vec<Fan>) -> Self {
        let nothing = BTreeMap::<String, String>::new();
        let registry = registry(&Shared::default());
        let compiled = compile_text(Path::new("loop.yaml"), text, &registry, &nothing, Level::Static);
        let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
        assert_eq!(shown, "");
        let graph = compiled.graph.unwrap();
        Self {
            offline: Offline::new(&graph).unwrap(),
            graph,
            fans,
            second: 0.0,
        }
    }

    fn now(&self) -> EventTime {
        EventTime(START.0 + (self.second * 1e6).round() as i64)
    }

    /// Moves on by a reading of every fan.
    pub fn step(&mut self) {
        self.second += READING_S;
        let now = self.now();
        let schema = Arc::clone(&self.graph.node("fan").unwrap().1.outputs[0].schema);
        let mut builder = BatchBuilder::new(Arc::clone(&schema), self.fans.len());
        for fan in &mut self.fans {
            fan.plant.step();
            fan.plant.step();
            let reading = fan.plant.reading();
            let value = |name: &str| match name {
                "temp" if fan.sensor == Sensor::Broken => Value::Missing,
                // As many digits as the payload has.
                "temp" => Value::Number((f64::from(reading.temp_c) * 100.0).round() / 100.0),
                "rpm" => Value::Number(f64::from(reading.rpm)),
                "current" => Value::Number(f64::from(reading.current_a)),
                other => panic!("a fan does not report `{other}`"),
            };
            if fan.sensor != Sensor::Silent {
                let key = self.offline.keys().intern(fan.name).unwrap();
                builder.push(now, key, schema.names().map(value));
            }
        }
        let batch = builder.finish(Receipt::none());
        self.exchange(|offline, see| {
            if batch.is_empty() {
                offline.run_clock(now, see);
            } else {
                offline.push("fan", batch, see);
            }
        });
    }

    /// Moves on by some seconds.
    pub fn run(&mut self, seconds: f64) {
        let end = self.second + seconds;
        while self.second + READING_S / 2.0 < end {
            self.step();
        }
    }

    /// Asks the node `cooling` for something.
    pub fn ask(&mut self, name: &str, arguments: Json) -> Result<Json, String> {
        let operation = Operation {
            name: name.to_owned(),
            arguments,
            by: "ada".into(),
        };
        let now = self.now();
        self.exchange(|offline, see| offline.operate("cooling", &operation, now, see))
    }

    /// The newest row of the faceplate: measured value, set-point, output, mode, reason.
    pub fn faceplate(&self) -> Vec<Value> {
        let (number, _) = self.graph.node("cooling").unwrap();
        let rows = self.offline.feed(number).unwrap().rows_since(0, 1).unwrap().rows;
        rows.into_iter().next().unwrap().2
    }

    /// Lets the flow work, and the fans obey what comes of it.
    fn exchange<T>(&mut self, work: impl FnOnce(&mut Offline, &mut dyn FnMut(usize, Passing<'_>)) -> T) -> T {
        let commands = self.graph.node("commands").unwrap().0;
        let mut sent = Vec::new();
        let result = work(&mut self.offline, &mut |node, passing| {
            let Passing::Arriving(batch) = passing else { return };
            if node != commands {
                return;
            }
            let schema = batch.schema();
            let speed = schema.slot("speed_command_pct").unwrap();
            let mode = schema.slot("control_mode").unwrap();
            for (row, (time, key)) in batch.times().iter().zip(batch.keys()).enumerate() {
                assert_eq!(batch.value(row, mode), Value::Text("manual".into()));
                match batch.value(row, speed) {
                    Value::Number(percent) => sent.push((*time, *key, percent)),
                    other => panic!("{other:?}"),
                }
            }
        });
        let keys = self.offline.keys();
        for (time, key, percent) in sent {
            let fan = self.fans.iter_mut().find(|fan| *fan.name == *keys.name(key));
            let fan = fan.unwrap();
            let command = fan.plant.command().with_control_mode(ControlMode::Manual);
            // The plant refuses what is out of range.
            let command = command.with_speed_command_pct(percent as f32).unwrap();
            fan.plant.set_command(command);
            fan.commands.push((time.seconds_since(START), percent));
        }
        result
    }
}
