//! A broker, a flow and a disk in simulated time: the flow is killed, reloaded and held up at random, and comes back. Whatever
//! happens, no message is missing in the sink, and what the flow remembers counts each message once.
//!
//! Each run has a number, from which all its chances come: `TWINFLOW_SIMULATIONS=10000 cargo test -p twinflow-engine
//! --test all simulation::` tries more of them. A life of the flow has a runtime of its own, which is dropped to kill it: no task
//! runs a step further. Its time is tokio's paused time.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::time::Instant;
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::language::ProcessEnvironment;
use twinflow_engine::node::{
    Check, Checked, Level, NodeContext, NodeType, Output, Part, Role, Sink, SinkError, Source, SourceError,
};
use twinflow_engine::record::{Batch, BatchBuilder, Delivery, EventTime, Key, Receipt, Value};
use twinflow_engine::runtime::start_in;
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::Unit;

use crate::bench::{Bench, Shelf};

/// Chances by a seed (SplitMix64, Steele, Lea and Flood 2014).
#[derive(Clone)]
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }
}

/// As many messages are under way as a broker allows.
const WINDOW: usize = 20;

/// What outlives the flow: the broker's queue, and the disk behind the sink.
struct World {
    chance: Chance,
    messages: u64,
    acknowledged: BTreeSet<u64>,
    /// Acknowledgements that a kill may still keep from the broker.
    on_their_way: Vec<u64>,
    sent: HashSet<u64>,
    written: Vec<u64>,
}

impl World {
    /// What the broker never saw, comes again.
    fn kill(&mut self) {
        let lost = self.chance.below(4) as usize;
        let from = self.on_their_way.len().saturating_sub(lost);
        for number in self.on_their_way.drain(..).skip(from) {
            self.acknowledged.remove(&number);
        }
    }

    fn is_done(&self) -> bool {
        self.acknowledged.len() as u64 == self.messages
    }
}

type SharedWorld = Arc<Mutex<World>>;

/// A source that the broker's queue feeds.
struct Queue(SharedWorld);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoConfig {}

impl NodeType for Queue {
    const NAME: &'static str = "queue";
    const ROLE: Role = Role::Source;
    const DOC: &'static str = "";
    type Config = NoConfig;

    fn check(&self, _: NoConfig, _: &mut Check<'_>) -> Option<Checked> {
        let world = Arc::clone(&self.0);
        let schema = Schema::new([Field::new("x", FieldType::Number(Unit::none()))]);
        let output = Output::main(schema);
        let out = Arc::clone(&output.schema);
        Some(Checked {
            outputs: vec![output],
            part: Part::source(move |_: &NodeContext| {
                Ok(Queued {
                    world: Arc::clone(&world),
                    schema: Arc::clone(&out),
                    taken: BTreeSet::new(),
                    open: VecDeque::new(),
                    delivered: HashSet::new(),
                    epochs: VecDeque::new(),
                    current: Vec::new(),
                })
            }),
            view: None,
            decode: None,
        })
    }
}

struct Queued {
    world: SharedWorld,
    schema: Arc<Schema>,
    /// In this life.
    taken: BTreeSet<u64>,
    open: VecDeque<(oneshot::Receiver<Delivery>, Vec<u64>)>,
    /// By an earlier life, as the position tells.
    delivered: HashSet<u64>,
    epochs: VecDeque<Vec<u64>>,
    current: Vec<u64>,
}

impl Queued {
    fn acknowledge(&self, numbers: &[u64]) {
        let mut world = self.world.lock().unwrap();
        world.acknowledged.extend(numbers);
        world.on_their_way.extend(numbers);
    }

    /// The next messages, as far as the window allows; those that were delivered are acknowledged again.
    fn take(&mut self) -> Vec<u64> {
        let mut world = self.world.lock().unwrap();
        let under_way: usize = self.open.iter().map(|(_, numbers)| numbers.len()).sum();
        let most = (1 + world.chance.below(8) as usize).min(WINDOW.saturating_sub(under_way));
        let waiting = (0..world.messages)
            .filter(|number| !world.acknowledged.contains(number) && !self.taken.contains(number));
        let numbers: Vec<u64> = waiting.take(most).collect();
        self.taken.extend(&numbers);
        let comes_again = |number: &u64| world.sent.contains(number) && self.delivered.contains(number);
        let (again, fresh): (Vec<u64>, Vec<u64>) = numbers.into_iter().partition(comes_again);
        world.sent.extend(&fresh);
        world.acknowledged.extend(&again);
        fresh
    }
}

#[async_trait]
impl Source for Queued {
    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        loop {
            let pause = Duration::from_millis(self.world.lock().unwrap().chance.below(30));
            let oldest = async {
                match self.open.front_mut() {
                    Some((settled, _)) => settled.await.unwrap_or(Delivery::Failed),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                delivery = oldest => {
                    let (_, numbers) = self.open.pop_front().unwrap();
                    match delivery {
                        Delivery::Done => self.acknowledge(&numbers),
                        Delivery::Failed => return Err(SourceError("a sink lost messages".to_owned())),
                    }
                }
                () = tokio::time::sleep(pause) => {
                    let numbers = self.take();
                    if numbers.is_empty() {
                        continue;
                    }
                    let (receipt, settled) = Receipt::issue();
                    let mut builder = BatchBuilder::new(Arc::clone(&self.schema), numbers.len());
                    for number in &numbers {
                        // Without a time of their own: only the position tells that a message is known.
                        builder.push(EventTime(0), Key(0), [Value::Number(*number as f64)]);
                    }
                    self.current.extend(&numbers);
                    self.open.push_back((settled, numbers));
                    return Ok(Some(builder.finish(receipt)));
                }
            }
        }
    }

    fn position(&mut self) -> Option<Vec<u8>> {
        self.epochs.push_back(std::mem::take(&mut self.current));
        if self.epochs.len() > 8 {
            self.epochs.pop_front();
        }
        let numbers = self.epochs.iter().flatten();
        Some(numbers.flat_map(|number| number.to_le_bytes()).collect())
    }

    fn resume(&mut self, position: &[u8]) {
        let (numbers, _) = position.as_chunks::<8>();
        let numbers: Vec<u64> = numbers.iter().map(|number| u64::from_le_bytes(*number)).collect();
        self.delivered.extend(&numbers);
        self.epochs.push_back(numbers);
    }

    async fn finish(&mut self) {
        while let Some((settled, numbers)) = self.open.pop_front() {
            if settled.await != Ok(Delivery::Done) {
                return;
            }
            self.acknowledge(&numbers);
        }
    }
}

/// A sink with a disk that is slow, and sometimes full.
struct Disk(SharedWorld);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DiskConfig {
    /// Any number: another one makes it another sink.
    version: Option<u32>,
}

impl NodeType for Disk {
    const NAME: &'static str = "disk";
    const ROLE: Role = Role::Sink;
    const DOC: &'static str = "";
    type Config = DiskConfig;

    fn check(&self, config: DiskConfig, _: &mut Check<'_>) -> Option<Checked> {
        let _ = config.version;
        let world = Arc::clone(&self.0);
        let part = Part::sink(move |_: &NodeContext| {
            Ok(Writing {
                world: Arc::clone(&world),
                unsafe_yet: Vec::new(),
            })
        });
        Some(Checked {
            outputs: Vec::new(),
            part,
            view: None,
            decode: None,
        })
    }
}

struct Writing {
    world: SharedWorld,
    unsafe_yet: Vec<u64>,
}

impl Writing {
    async fn work(&self) -> Result<(), SinkError> {
        let (pause, is_full) = {
            let mut world = self.world.lock().unwrap();
            (
                Duration::from_millis(world.chance.below(20)),
                world.chance.one_in(12),
            )
        };
        tokio::time::sleep(pause).await;
        if is_full {
            return Err(SinkError::Later("the disk is full".to_owned()));
        }
        Ok(())
    }
}

#[async_trait]
impl Sink for Writing {
    async fn write(&mut self, batch: &Batch) -> Result<(), SinkError> {
        self.work().await?;
        for row in 0..batch.len() {
            if let Value::Number(number) = batch.value(row, 0) {
                self.unsafe_yet.push(number as u64);
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        self.work().await?;
        let written = std::mem::take(&mut self.unsafe_yet);
        self.world.lock().unwrap().written.extend(written);
        Ok(())
    }
}

/// Flows of which each is an edit of the others.
fn flows(world: &SharedWorld) -> Vec<Graph> {
    let bench = Bench::default();
    let registry = || {
        bench
            .registry()
            .with(Queue(Arc::clone(world)))
            .with(Disk(Arc::clone(world)))
    };
    let plain = "
  in: { type: queue }
  count: { type: map, from: in, do: count }
  out: { type: disk, from: count }
";
    let texts = [
        plain.to_owned(),
        plain.replace("from: count }", "from: count, version: 2 }"),
        plain.replace("from: count }", "from: between }") + "  between: { type: map, from: count }\n",
        format!("{plain}  side: {{ type: map, from: in }}\n  seen: {{ type: store, from: side }}\n"),
    ];
    let compile = |nodes: &String| {
        let text = format!("twinflow: 1\nname: Simulated\nnodes:\n{nodes}");
        let path = Path::new("flow.yaml");
        let compiled = compile_text(path, &text, &registry(), &ProcessEnvironment, Level::Static);
        compiled
            .graph
            .unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
    };
    texts.iter().map(compile).collect()
}

/// One run: some lives that end by a kill, then one that ends in order.
fn simulate(seed: u64) {
    let mut chance = Chance(seed);
    let messages = 20 + chance.below(200);
    let lives = chance.below(6);
    let world = Arc::new(Mutex::new(World {
        chance: Chance(chance.next()),
        messages,
        acknowledged: BTreeSet::new(),
        on_their_way: Vec::new(),
        sent: HashSet::new(),
        written: Vec::new(),
    }));
    let flows = flows(&world);
    let shelf = Arc::<Shelf>::default();
    for life in 0..=lives {
        let is_last = life == lives;
        let span = Duration::from_millis(chance.below(700));
        let reloads = chance.below(4);
        let mut own = Chance(chance.next());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut running = start_in(&flows[own.below(4) as usize], &shelf.setting()).unwrap();
            for _ in 0..reloads {
                let until = span.mul_f64(own.below(1000) as f64 / 2000.0);
                tokio::time::sleep(until).await;
                running.reload(&flows[own.below(4) as usize]).await.unwrap();
            }
            if is_last {
                let begin = Instant::now();
                while !world.lock().unwrap().is_done() {
                    assert!(
                        begin.elapsed() < Duration::from_secs(600),
                        "run {seed} gets nowhere"
                    );
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                running.stop().await;
            } else {
                tokio::time::sleep(span).await;
                // Dropping it would tell its tasks; a kill tells nobody.
                std::mem::forget(running);
            }
        });
        drop(runtime);
        world.lock().unwrap().kill();
    }
    let world = world.lock().unwrap();
    let written: BTreeSet<u64> = world.written.iter().copied().collect();
    let missing: Vec<u64> = (0..messages).filter(|number| !written.contains(number)).collect();
    assert_eq!(missing, [0; 0], "run {seed}");
    assert_eq!(shelf.count("count"), Some(messages as i64), "run {seed}");
}

#[test]
fn nothing_is_missing_and_nothing_counts_twice() {
    let runs: u64 = std::env::var("TWINFLOW_SIMULATIONS").map_or(300, |runs| runs.parse().unwrap());
    (0..runs).for_each(simulate);
}
