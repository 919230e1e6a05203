//! A node behind a source that brings the rows that a test gives it, without tasks.

use std::path::Path;
use std::sync::Arc;

use twinflow_engine::graph::Graph;
use twinflow_engine::record::{BatchBuilder, EventTime, Receipt, Value};
use twinflow_engine::runtime::Offline;
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;

use crate::support::inlet::{Inlet, Row, compile};

/// A number that a record may lack.
pub fn number(name: &str, unit: &str) -> Field {
    Field::new(name, FieldType::Number(Unit::parse(unit).unwrap())).optional()
}

pub struct Bench {
    graph: Graph,
    offline: Offline,
    // The source's end stays open.
    _inlet: Inlet,
}

impl Bench {
    /// `config` is the node behind the source, without its `from`; paths in it are relative to `folder`.
    pub fn in_folder(folder: &Path, fields: Vec<Field>, config: &str) -> Self {
        let shown = fields[0].name.to_string();
        let nodes = format!(
            "
  node: {{ from: in, {config} }}
  show: {{ type: dashboard-widget, from: node, widget: value, fields: [{shown}] }}
"
        );
        let (graph, inlet) = compile(folder, fields, &nodes);
        let offline = Offline::up_to(&graph, "show").unwrap();
        Self {
            graph,
            offline,
            _inlet: inlet,
        }
    }

    pub fn new(fields: Vec<Field>, config: &str) -> Self {
        Self::in_folder(Path::new(""), fields, config)
    }

    /// The values of a field of all that comes out.
    pub fn values<const N: usize>(&mut self, fields: [&str; N], rows: &[Row]) -> Vec<[Value; N]> {
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
            (0..batch.len())
                .map(move |row| fields.map(|field| batch.value(row, batch.schema().slot(field).unwrap())))
        });
        rows.collect()
    }

    /// The same of numbers.
    pub fn numbers<const N: usize>(&mut self, fields: [&str; N], rows: &[Row]) -> Vec<[Option<f64>; N]> {
        let number = |value: Value| match value {
            Value::Number(number) => Some(number),
            Value::Missing => None,
            other => panic!("{other:?}"),
        };
        let rows = self.values(fields, rows);
        rows.into_iter().map(|row| row.map(number)).collect()
    }

    /// A field of what comes out.
    pub fn field(&self, name: &str) -> Field {
        self.graph
            .node("show")
            .unwrap()
            .1
            .input
            .field(name)
            .unwrap()
            .1
            .clone()
    }
}

/// Normally distributed numbers, the same for the same seed.
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// By Box and Muller.
    pub fn next(&mut self) -> f64 {
        let (a, b) = (self.uniform(), self.uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}
