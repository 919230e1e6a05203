//! Small node types with which tests drive the engine: a source that brings what a test gives it, transforms that do one
//! thing, and a sink that does as it is told.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc};
use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::formula::{Compiler, Evaluator};
use twinflow_engine::graph::{Compiled, Graph, compile_text};
use twinflow_engine::language::{Ordered, ProcessEnvironment, Spanned};
use twinflow_engine::node::{
    Check, Checked, Emitter, Extent, Level, Memory, NodeContext, NodeType, Output, Part, Registry,
    Remembered, Restored, Role, Sink, SinkError, Source, SourceError, StartError, Transform,
};
use twinflow_engine::record::{Batch, BatchBuilder, Column, EventTime, Key, Receipt, Value};
use twinflow_engine::runtime::{Setting, StateStore};
use twinflow_engine::schema::{Field, FieldType, Schema};

/// What a test gives a source.
pub enum Given {
    Batch(Batch),
    /// `next` fails.
    Failure,
    /// `next` panics.
    Panic,
}

/// What a sink is to do with a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    Good,
    Later,
    Never,
    Panic,
}

/// A row as a sink got it: milliseconds, key, values.
pub type Row = (i64, u32, Vec<Value>);

/// A source's side of the test.
#[derive(Default)]
pub struct Inlet {
    queue: Mutex<Option<Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Given>>>>>,
    sender: Mutex<Option<mpsc::UnboundedSender<Given>>>,
    /// How many batches the engine took.
    pub taken: AtomicUsize,
    pub made: AtomicUsize,
    pub finished: AtomicUsize,
    /// Runs when the engine lets the source finish.
    pub on_finish: Mutex<Option<Box<dyn FnMut() + Send>>>,
}

/// A sink's side of the test.
pub struct Outlet {
    /// The calls of `write` that may go through; closed gates hold them.
    pub gate: Semaphore,
    pub write_answers: Mutex<Vec<Answer>>,
    pub flush_answers: Mutex<Vec<Answer>>,
    pub tries: AtomicUsize,
    pub flushes: AtomicUsize,
    pub made: AtomicUsize,
    /// While true, the sink cannot start.
    pub is_broken: AtomicBool,
    pub rows: Mutex<Vec<Row>>,
}

impl Default for Outlet {
    fn default() -> Self {
        Self {
            gate: Semaphore::new(1_000_000),
            write_answers: Mutex::default(),
            flush_answers: Mutex::default(),
            tries: AtomicUsize::default(),
            flushes: AtomicUsize::default(),
            made: AtomicUsize::default(),
            is_broken: AtomicBool::default(),
            rows: Mutex::default(),
        }
    }
}

/// Keeps what nodes remember for the test.
#[derive(Default)]
pub struct Shelf {
    pub saved: Mutex<HashMap<(String, String, String), Vec<u8>>>,
    /// While true, nothing can be saved.
    pub is_full: AtomicBool,
    pub saves: AtomicUsize,
}

impl Shelf {
    /// A setting in which it is the store.
    pub fn setting(self: &Arc<Self>) -> Setting {
        let shelf = Arc::clone(self);
        Setting {
            state: Some(Arc::new(move || Ok(Arc::clone(&shelf) as Arc<dyn StateStore>))),
            ..Setting::default()
        }
    }

    /// What `count` of a node says.
    pub fn count(&self, node: &str) -> Option<i64> {
        let saved = self.saved.lock().unwrap();
        let bytes = saved.get(&(node.to_owned(), "count".to_owned(), String::new()))?;
        Some(i64::from_le_bytes(bytes.as_slice().try_into().unwrap()))
    }
}

impl StateStore for Shelf {
    fn load(&self) -> Result<Vec<Remembered>, String> {
        let saved = self.saved.lock().unwrap();
        let remembered = saved.iter().map(|((node, part, key), bytes)| Remembered {
            node: node.as_str().into(),
            part: part.as_str().into(),
            key: key.as_str().into(),
            bytes: bytes.clone(),
        });
        Ok(remembered.collect())
    }

    fn save(&self, remembered: &[Remembered]) -> Result<(), String> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err("the shelf is full".to_owned());
        }
        self.saves.fetch_add(1, Ordering::SeqCst);
        let mut saved = self.saved.lock().unwrap();
        for one in remembered {
            let place = (one.node.to_string(), one.part.to_string(), one.key.to_string());
            saved.insert(place, one.bytes.clone());
        }
        Ok(())
    }

    fn keep_for(&self, _: &[&str]) -> Result<(), String> {
        Ok(())
    }
}

/// All that a test shares with its nodes, by their names.
#[derive(Clone, Default)]
pub struct Bench {
    inlets: Arc<Mutex<HashMap<String, Arc<Inlet>>>>,
    outlets: Arc<Mutex<HashMap<String, Arc<Outlet>>>>,
}

impl Bench {
    pub fn inlet(&self, node: &str) -> Arc<Inlet> {
        let mut inlets = self.inlets.lock().unwrap();
        let inlet = inlets.entry(node.to_owned()).or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            Arc::new(Inlet {
                queue: Mutex::new(Some(Arc::new(tokio::sync::Mutex::new(receiver)))),
                sender: Mutex::new(Some(sender)),
                ..Inlet::default()
            })
        });
        Arc::clone(inlet)
    }

    pub fn outlet(&self, node: &str) -> Arc<Outlet> {
        let mut outlets = self.outlets.lock().unwrap();
        Arc::clone(outlets.entry(node.to_owned()).or_default())
    }

    pub fn registry(&self) -> Registry {
        let is_good = |address: &str| match address {
            "bad" => Err("it is bad".to_owned()),
            _ => Ok(()),
        };
        Registry::new(Box::new(is_good))
            .with(Feed(self.clone()))
            .with(Map)
            .with(Store(self.clone()))
    }

    pub fn compile(&self, text: &str) -> Compiled {
        let registry = self.registry();
        compile_text(
            Path::new("flow.yaml"),
            text,
            &registry,
            &ProcessEnvironment,
            Level::Environment,
        )
    }

    pub fn graph(&self, nodes: &str) -> Graph {
        let compiled = self.compile(&format!("twinflow: 1\nnodes:\n{nodes}"));
        let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
        compiled.graph.unwrap_or_else(|| panic!("{shown}"))
    }
}

impl Inlet {
    pub fn give(&self, given: Given) {
        let sender = self.sender.lock().unwrap();
        sender.as_ref().unwrap().send(given).ok().unwrap();
    }

    /// Gives a batch, and the end at which its receipt settles.
    pub fn give_awaited(
        &self,
        batch: impl FnOnce(Receipt) -> Batch,
    ) -> tokio::sync::oneshot::Receiver<twinflow_engine::record::Delivery> {
        let (receipt, settled) = Receipt::issue();
        self.give(Given::Batch(batch(receipt)));
        settled
    }

    /// No more will come.
    pub fn end(&self) {
        self.sender.lock().unwrap().take();
    }
}

impl Outlet {
    pub fn count(&self) -> usize {
        self.rows.lock().unwrap().len()
    }

    /// The first field of all rows.
    pub fn numbers(&self) -> Vec<f64> {
        let rows = self.rows.lock().unwrap();
        rows.iter()
            .map(|(_, _, values)| match values[0] {
                Value::Number(number) => number,
                _ => f64::NAN,
            })
            .collect()
    }
}

/// A batch of the fields of `graph`'s source, one row for each number, a second apart.
pub fn numbers(graph: &Graph, source: &str, numbers: &[f64], receipt: Receipt) -> Batch {
    let schema = Arc::clone(&graph.node(source).unwrap().1.outputs[0].schema);
    let mut builder = BatchBuilder::new(schema, numbers.len());
    for (at, number) in numbers.iter().enumerate() {
        builder.push(EventTime(at as i64 * 1_000_000), Key(0), [Value::Number(*number)]);
    }
    builder.finish(receipt)
}

/// Lets every task run until it waits for something: paused time moves on only then.
pub async fn idle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Brings what the test gives.
struct Feed(Bench);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Units by field.
    fields: Ordered<Spanned<String>>,
}

impl NodeType for Feed {
    const NAME: &'static str = "feed";
    const ROLE: Role = Role::Source;
    const DOC: &'static str = "";
    type Config = FeedConfig;

    fn check(&self, config: FeedConfig, check: &mut Check<'_>) -> Option<Checked> {
        let mut schema = Schema::default();
        for (name, symbol) in config.fields.iter() {
            let field = Field::new(name.value.as_str(), FieldType::Number(check.unit(symbol)?));
            check.extend(&mut schema, field, name.span)?;
        }
        let inlet = self.0.inlet(&check.id().value);
        let make = move |_: &NodeContext| {
            inlet.made.fetch_add(1, Ordering::SeqCst);
            Ok(Feeding(Arc::clone(&inlet)))
        };
        Some(Checked {
            outputs: vec![Output::main(schema)],
            part: Part::source(make),
            view: None,
            decode: None,
        })
    }
}

struct Feeding(Arc<Inlet>);

#[async_trait]
impl Source for Feeding {
    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        let queue = Arc::clone(self.0.queue.lock().unwrap().as_ref().unwrap());
        let given = queue.lock().await.recv().await;
        match given {
            Some(Given::Batch(batch)) => {
                self.0.taken.fetch_add(1, Ordering::SeqCst);
                Ok(Some(batch))
            }
            Some(Given::Failure) => Err(SourceError("as the test wants it".to_owned())),
            Some(Given::Panic) => panic!("as the test wants it"),
            None => Ok(None),
        }
    }

    async fn finish(&mut self) {
        self.0.finished.fetch_add(1, Ordering::SeqCst);
        if let Some(on_finish) = self.0.on_finish.lock().unwrap().as_mut() {
            on_finish();
        }
    }
}

/// Does one thing.
struct Map;

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Doing {
    /// Nothing.
    Pass,
    /// Lets no record through.
    Drop,
    /// Panics at a negative first field.
    Panic,
    /// Sends records to `high` or `low` by the sign of their first field.
    Split,
    /// Adds how many records of a key it has seen.
    Count,
    /// Panics on more than one record at a time.
    Alone,
    /// Takes two milliseconds for a batch, and adds a record of -1 at every tick of one millisecond.
    Toil,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapConfig {
    #[serde(rename = "do")]
    doing: Option<Doing>,
    /// Adds a field of this formula.
    formula: Option<Spanned<String>>,
}

impl NodeType for Map {
    const NAME: &'static str = "map";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = "";
    type Config = MapConfig;

    fn check(&self, config: MapConfig, check: &mut Check<'_>) -> Option<Checked> {
        let input = check.input();
        let mut schema = (*input).clone();
        let mut program = None;
        if let Some(text) = &config.formula {
            let expression = check.formula(text)?;
            let mut compiler = Compiler::new(&input);
            let result = match compiler.add("result", &expression, None) {
                Ok(result) => result?,
                Err(errors) => {
                    check.report_formula(text, errors);
                    return None;
                }
            };
            let field = Field::new(check.id().value.as_str(), result.field_type);
            check.extend(&mut schema, field, text.span)?;
            program = Some(compiler.finish());
        }
        let doing = config.doing.unwrap_or(Doing::Pass);
        if matches!(doing, Doing::Count) {
            let field = Field::new("count", FieldType::Integer);
            let span = check.span();
            check.extend(&mut schema, field, span)?;
        }
        let extended = Arc::new(schema.clone());
        let outputs = match doing {
            Doing::Split => ["high", "low"].map(|name| Output {
                name: name.into(),
                schema: Arc::clone(&extended),
            }),
            _ => return one_output(schema, doing, program),
        };
        Some(Checked {
            outputs: outputs.to_vec(),
            part: Part::transform(move |_: &NodeContext| Ok(Mapping::new(&extended, doing, None))),
            view: None,
            decode: None,
        })
    }
}

fn one_output(
    schema: Schema,
    doing: Doing,
    program: Option<twinflow_engine::formula::Program>,
) -> Option<Checked> {
    let output = Output::main(schema);
    let extended = Arc::clone(&output.schema);
    let make = move |_: &NodeContext| Ok(Mapping::new(&extended, doing, program.clone()));
    Some(Checked {
        outputs: vec![output],
        part: Part::transform(make),
        view: None,
        decode: None,
    })
}

struct Mapping {
    schema: Arc<Schema>,
    doing: Doing,
    evaluator: Option<Evaluator>,
    seen: HashMap<Key, i64>,
}

impl Mapping {
    fn new(schema: &Arc<Schema>, doing: Doing, program: Option<twinflow_engine::formula::Program>) -> Self {
        Self {
            schema: Arc::clone(schema),
            doing,
            evaluator: program.map(Evaluator::new),
            seen: HashMap::new(),
        }
    }
}

impl Memory for Mapping {
    fn save(&mut self, _: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        for (key, seen) in &self.seen {
            save("count", *key, seen.to_le_bytes().to_vec());
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        match (part, bytes.try_into()) {
            ("count", Ok(bytes)) => {
                self.seen.insert(key, i64::from_le_bytes(bytes));
                Restored::Kept
            }
            _ => Restored::Unknown,
        }
    }
}

impl Transform for Mapping {
    fn memory(&mut self) -> Option<&mut dyn Memory> {
        match self.doing {
            Doing::Count => Some(self),
            _ => self
                .evaluator
                .as_mut()
                .map(|evaluator| evaluator as &mut dyn Memory),
        }
    }

    fn tick_interval(&self) -> Option<Duration> {
        matches!(self.doing, Doing::Toil).then_some(Duration::from_millis(1))
    }

    fn tick(&mut self, now: EventTime, out: &mut Emitter) {
        let mut builder = BatchBuilder::new(Arc::clone(&self.schema), 1);
        builder.push(now, Key(0), [Value::Number(-1.0)]);
        out.emit(0, builder.finish(Receipt::none()));
    }

    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let number = |row: usize| match batch.value(row, 0) {
            Value::Number(number) => number,
            _ => f64::NAN,
        };
        let rows = 0..batch.len();
        match self.doing {
            Doing::Drop => {}
            Doing::Alone if batch.len() > 1 => panic!("as the test wants it"),
            Doing::Panic if rows.clone().any(|row| number(row) < 0.0) => panic!("as the test wants it"),
            Doing::Split => {
                let (high, low): (Vec<usize>, Vec<usize>) = rows.partition(|row| number(*row) >= 0.0);
                out.emit(0, batch.select(&high));
                out.emit(1, batch.select(&low));
            }
            Doing::Count => {
                let counts = batch.keys().iter().map(|key| {
                    let seen = self.seen.entry(*key).or_default();
                    *seen += 1;
                    Some(*seen)
                });
                let counts = Column::Integer(counts.collect());
                out.emit(0, batch.extended(&self.schema, [counts]));
            }
            Doing::Toil => {
                std::thread::sleep(Duration::from_millis(2));
                out.emit(0, batch);
            }
            Doing::Pass | Doing::Panic | Doing::Alone => {
                let columns = self
                    .evaluator
                    .as_mut()
                    .map(|evaluator| evaluator.evaluate(&batch));
                out.emit(0, batch.extended(&self.schema, columns.unwrap_or_default()));
            }
        }
    }
}

/// Keeps rows for the test.
struct Store(Bench);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Milliseconds between writing and flushing.
    interval: Option<u64>,
}

impl NodeType for Store {
    const NAME: &'static str = "store";
    const ROLE: Role = Role::Sink;
    const DOC: &'static str = "";
    type Config = StoreConfig;

    fn check(&self, config: StoreConfig, check: &mut Check<'_>) -> Option<Checked> {
        let outlet = self.0.outlet(&check.id().value);
        let interval = Duration::from_millis(config.interval.unwrap_or(10));
        let make = move |_: &NodeContext| {
            if outlet.is_broken.load(Ordering::SeqCst) {
                return Err(StartError("as the test wants it".to_owned()));
            }
            outlet.made.fetch_add(1, Ordering::SeqCst);
            let outlet = Arc::clone(&outlet);
            Ok(Storing { outlet, interval })
        };
        Some(Checked {
            outputs: Vec::new(),
            part: Part::sink(make),
            view: None,
            decode: None,
        })
    }
}

struct Storing {
    outlet: Arc<Outlet>,
    interval: Duration,
}

fn answer(answers: &Mutex<Vec<Answer>>) -> Result<(), SinkError> {
    let mut answers = answers.lock().unwrap();
    let answer = match answers.len() {
        0 => Answer::Good,
        // The last one stays.
        1 => answers[0],
        _ => answers.remove(0),
    };
    drop(answers);
    match answer {
        Answer::Good => Ok(()),
        Answer::Later => Err(SinkError::Later("not now".to_owned())),
        Answer::Never => Err(SinkError::Never("no".to_owned())),
        Answer::Panic => panic!("as the test wants it"),
    }
}

#[async_trait]
impl Sink for Storing {
    async fn write(&mut self, batch: &Batch) -> Result<(), SinkError> {
        self.outlet.tries.fetch_add(1, Ordering::SeqCst);
        self.outlet.gate.acquire().await.unwrap().forget();
        answer(&self.outlet.write_answers)?;
        let mut rows = self.outlet.rows.lock().unwrap();
        for row in 0..batch.len() {
            let values = (0..batch.schema().width())
                .map(|slot| batch.value(row, slot))
                .collect();
            rows.push((batch.times()[row].as_millis(), batch.keys()[row].0, values));
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        self.outlet.flushes.fetch_add(1, Ordering::SeqCst);
        answer(&self.outlet.flush_answers)
    }

    fn flush_interval(&self) -> Duration {
        self.interval
    }
}
