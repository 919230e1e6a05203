//! The model in step with the machines.

use std::collections::HashMap;
use std::sync::Arc;

use twinflow_engine::graph::Node;
use twinflow_engine::language::{Spanned, from_yaml};
use twinflow_engine::node::{Emitter, Memory, NodeType, Transform};
use twinflow_engine::record::{Batch, Column, EventTime, Key};
use twinflow_engine::schema::Schema;
use twinflow_plant::{Inputs as PlantInputs, Parameters, Reading, Twin as PlantTwin};

use super::input::{self, FieldInput, Given, Input};
use super::{Config, SENSORS, Twin};

/// Where the model's inputs come from; [`whole`](Inputs::whole) once all could be read.
pub(crate) struct Inputs<I> {
    pub heat_load_w: I,
    pub mechanical_load: I,
    pub speed_pct: I,
    pub ambient_c: I,
}

impl Inputs<Option<Input>> {
    pub fn whole(self) -> Option<Inputs<Input>> {
        Some(Inputs {
            heat_load_w: self.heat_load_w?,
            mechanical_load: self.mechanical_load?,
            speed_pct: self.speed_pct?,
            ambient_c: self.ambient_c?,
        })
    }
}

impl Clone for Inputs<Input> {
    fn clone(&self) -> Self {
        *self
    }
}

impl Copy for Inputs<Input> {}

impl Inputs<Input> {
    /// What is known in a row; what is not is as the plant has it by default.
    pub fn at(&self, batch: &Batch, row: usize) -> PlantInputs {
        let usual = PlantInputs::default();
        PlantInputs {
            heat_load_w: self.heat_load_w.value(batch, row).unwrap_or(usual.heat_load_w),
            mechanical_load: self
                .mechanical_load
                .value(batch, row)
                .unwrap_or(usual.mechanical_load),
            speed_command_pct: self
                .speed_pct
                .value(batch, row)
                .map(|speed| speed.clamp(0.0, 100.0)),
        }
    }
}

/// What the twin follows: the sensors, and what the model is told.
#[derive(Clone, Copy)]
pub(crate) struct Following {
    pub sensors: [FieldInput; 4],
    pub inputs: Inputs<Input>,
}

impl Following {
    /// That of a node of a checked graph; nothing if it is no `twin`.
    pub fn of(node: &Node) -> Option<Self> {
        let config: Config = from_yaml(&node.config)
            .ok()
            .filter(|_| node.node_type == Twin::NAME)?;
        let schema = &node.input;
        let mut sensors = SENSORS.iter().map(|(name, unit, _)| {
            let (slot, field) = schema.field(name)?;
            FieldInput::of(slot, &field.field_type, unit)
        });
        let sensors = [
            sensors.next()??,
            sensors.next()??,
            sensors.next()??,
            sensors.next()??,
        ];
        let input = |given: &Option<Spanned<Given>>, unit| input::resolve(given.as_ref(), unit, schema);
        Some(Self {
            sensors,
            inputs: Inputs {
                heat_load_w: input(&config.heat_load, "W")?,
                mechanical_load: input(&config.mechanical_load, "")?,
                speed_pct: input(&config.speed, "%")?,
                ambient_c: input(&config.ambient, "°C")?,
            },
        })
    }

    /// The reading in a row; nothing where a sensor is missing.
    pub fn measured(&self, batch: &Batch, row: usize) -> Option<Reading> {
        let [temp, rpm, current, vibration] = &self.sensors;
        Some(Reading {
            temp_c: temp.value(batch, row)?,
            rpm: rpm.value(batch, row)?,
            current_a: current.value(batch, row)?,
            vibration_g: vibration.value(batch, row)?,
        })
    }
}

/// The twin of a machine.
#[derive(Default)]
pub(super) struct Machine {
    pub twin: PlantTwin,
    /// Time of the newest reading.
    pub newest: Option<EventTime>,
    /// Whether it differs from what was saved.
    pub is_changed: bool,
}

/// Expected and unexpected of four sensors, and the room.
const COLUMNS: usize = 9;
const NOTHING: [f64; COLUMNS] = [f64::NAN; COLUMNS];

/// A reading that is older than the newest by no more than this came late. One that is older than that comes of a clock that
/// was set back: the model goes on from it.
const LATE_S: f64 = 60.0;

/// To a millionth, finer than any sensor: the digits behind it are those of the model's short numbers.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// The run-time part.
pub(super) struct Twinning {
    following: Following,
    parameters: Parameters,
    schema: Arc<Schema>,
    pub machines: HashMap<Key, Machine>,
}

impl Twinning {
    pub fn new(following: Following, parameters: Parameters, schema: &Arc<Schema>) -> Self {
        Self {
            following,
            parameters,
            schema: Arc::clone(schema),
            machines: HashMap::new(),
        }
    }

    fn row(&mut self, batch: &Batch, row: usize) -> Option<[f64; COLUMNS]> {
        let measured = self.following.measured(batch, row)?;
        let time = *batch.times().get(row)?;
        let key = *batch.keys().get(row)?;
        let machine = self.machines.entry(key).or_default();
        let after_s = machine.newest.map_or(0.0, |newest| time.seconds_since(newest));
        if (-LATE_S..0.0).contains(&after_s) {
            // The model has gone past it already.
            return None;
        }
        let inputs = self.following.inputs.at(batch, row);
        let ambient_c = self.following.inputs.ambient_c.value(batch, row);
        let expected = machine
            .twin
            .follow(&self.parameters, measured, &inputs, ambient_c, after_s as f32)
            .ok()?;
        machine.newest = Some(time);
        machine.is_changed = true;
        let pairs = [
            (measured.temp_c, expected.reading.temp_c),
            (measured.rpm, expected.reading.rpm),
            (measured.current_a, expected.reading.current_a),
            (measured.vibration_g, expected.reading.vibration_g),
        ];
        let mut values = NOTHING;
        let both = pairs
            .into_iter()
            .flat_map(|(measured, expected)| [f64::from(expected), f64::from(measured - expected)]);
        for (value, computed) in values.iter_mut().zip(both.chain([f64::from(expected.ambient_c)])) {
            // A machine far beyond what the model knows may drive it anywhere.
            *value = if computed.is_finite() {
                rounded(computed)
            } else {
                f64::NAN
            };
        }
        Some(values)
    }
}

impl Transform for Twinning {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let mut columns: [Vec<f64>; COLUMNS] = std::array::from_fn(|_| Vec::with_capacity(batch.len()));
        for row in 0..batch.len() {
            let values = self.row(&batch, row).unwrap_or(NOTHING);
            for (column, value) in columns.iter_mut().zip(values) {
                column.push(value);
            }
        }
        out.emit(0, batch.extended(&self.schema, columns.map(Column::Number)));
    }

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }
}
