//! Node types with which the benchmarks run flows without brokers and files: a source that brings readings from memory, and
//! a sink that counts what arrives.
#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::Notify;
use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::language::ProcessEnvironment;
use twinflow_engine::node::{
    Check, Checked, Level, NodeContext, NodeType, Output, Part, Role, Sink, SinkError, Source, SourceError,
};
use twinflow_engine::record::{Batch, BatchBuilder, EventTime, Key, Receipt, Value};
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::Unit;
use twinflow_nodes::{Shared, registry};

/// The formulas of `flows/fan-cooling.yaml`.
pub const KPIS: &str = "
      power: 230 V * current
      energy: integral(power) in Wh
      co2: energy * 0.233 g/Wh
      cooling_rate: -rate(temp)
      thermal_efficiency: abs(cooling_rate) / max(1 W, power) * 100000 W*s/°C";

/// A reading of the fan.
#[derive(Clone, Copy)]
pub struct Reading {
    /// Microseconds.
    pub time: i64,
    pub key: u32,
    pub temp: f64,
    pub rpm: f64,
    pub current: f64,
    pub vibration: f64,
}

/// Readings of some fans that take turns, each fan five times a second: the same numbers in every run.
pub fn readings(count: usize, fans: usize) -> Vec<Reading> {
    let reading = |number: usize| {
        let wave = (number as f64 * 0.37).sin();
        Reading {
            time: 200_000 * (number / fans) as i64,
            key: (number % fans) as u32,
            temp: 30.0 + wave,
            rpm: 1850.0 + 20.0 * wave,
            current: 1.0 + 0.02 * wave,
            vibration: 0.025 + 0.004 * wave,
        }
    };
    (0..count).map(reading).collect()
}

/// What readings look like to the engine; further fields, which no formula uses, make them wider.
pub fn schema(further: usize) -> Arc<Schema> {
    let known = [
        ("temp", "°C"),
        ("rpm", "rpm"),
        ("current", "A"),
        ("vibration", "g"),
    ];
    let known = known.map(|(name, unit)| Field::new(name, FieldType::Number(Unit::parse(unit).unwrap())));
    let further = (0..further).map(|number| Field::new(format!("x{number}"), FieldType::plain_number()));
    Arc::new(Schema::new(known.into_iter().chain(further)))
}

/// The readings as the engine takes them.
pub fn batches(readings: &[Reading], schema: &Arc<Schema>, rows: usize) -> Arc<[Batch]> {
    let further = schema.width() - 4;
    let batch = |readings: &[Reading]| {
        let mut builder = BatchBuilder::new(Arc::clone(schema), readings.len());
        for reading in readings {
            let values = [reading.temp, reading.rpm, reading.current, reading.vibration];
            let further = std::iter::repeat_n(reading.temp, further);
            let values = values.into_iter().chain(further).map(Value::Number);
            builder.push(EventTime(reading.time), Key(reading.key), values);
        }
        builder.finish(Receipt::none())
    };
    readings.chunks(rows).map(batch).collect()
}

/// How far a running flow is.
#[derive(Default)]
pub struct Arrived {
    records: AtomicUsize,
    news: Notify,
}

impl Arrived {
    /// Counts from zero again.
    pub fn reset(&self) {
        self.records.store(0, Ordering::Release);
    }

    /// Waits until so many records have reached the sink.
    pub async fn wait_for(&self, records: usize) {
        loop {
            let news = self.news.notified();
            if self.records.load(Ordering::Acquire) >= records {
                return;
            }
            news.await;
        }
    }
}

/// Compiles the nodes; `readings` brings the batches, and `count` tells what arrives.
pub fn graph(nodes: &str, schema: &Arc<Schema>, batches: &Arc<[Batch]>, arrived: &Arc<Arrived>) -> Graph {
    let registry = registry(&Shared::default())
        .with(Readings {
            schema: Arc::clone(schema),
            batches: Arc::clone(batches),
        })
        .with(Count(Arc::clone(arrived)));
    let text = format!("twinflow: 1\nnodes:\n{nodes}");
    let path = Path::new("bench.yaml");
    let compiled = compile_text(path, &text, &registry, &ProcessEnvironment, Level::Static);
    match compiled.graph {
        Some(graph) => graph,
        None => {
            eprintln!(
                "{}",
                render(&compiled.diagnostics, &compiled.sources, Colour::Plain)
            );
            std::process::exit(1);
        }
    }
}

/// Brings batches from memory, then ends.
struct Readings {
    schema: Arc<Schema>,
    batches: Arc<[Batch]>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl NodeType for Readings {
    const NAME: &'static str = "readings";
    const ROLE: Role = Role::Source;
    const DOC: &'static str = "";
    type Config = Nothing;

    fn check(&self, _: Nothing, _: &mut Check<'_>) -> Option<Checked> {
        let batches = Arc::clone(&self.batches);
        Some(Checked {
            outputs: vec![Output {
                schema: Arc::clone(&self.schema),
                name: "out".into(),
            }],
            part: Part::source(move |_: &NodeContext| {
                let batches = Arc::clone(&batches);
                Ok(Bringing { batches, next: 0 })
            }),
            view: None,
            decode: None,
        })
    }
}

struct Bringing {
    batches: Arc<[Batch]>,
    next: usize,
}

#[async_trait]
impl Source for Bringing {
    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        let batch = self.batches.get(self.next).cloned();
        self.next += 1;
        Ok(batch)
    }
}

/// Counts what arrives.
struct Count(Arc<Arrived>);

impl NodeType for Count {
    const NAME: &'static str = "count";
    const ROLE: Role = Role::Sink;
    const DOC: &'static str = "";
    type Config = Nothing;

    fn check(&self, _: Nothing, _: &mut Check<'_>) -> Option<Checked> {
        let arrived = Arc::clone(&self.0);
        Some(Checked {
            outputs: Vec::new(),
            part: Part::sink(move |_: &NodeContext| Ok(Counting(Arc::clone(&arrived)))),
            view: None,
            decode: None,
        })
    }
}

struct Counting(Arc<Arrived>);

#[async_trait]
impl Sink for Counting {
    async fn write(&mut self, batch: &Batch) -> Result<(), SinkError> {
        black_box(batch);
        self.0.records.fetch_add(batch.len(), Ordering::Release);
        self.0.news.notify_waiters();
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}
