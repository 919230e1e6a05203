//! Running a test.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::captured::Captured;
use super::judge::judge;
use super::{Expected, FlowTest, Given, Records, Supply};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::{Graph, Node};
use crate::language::Spanned;
use crate::node::{Refusal, Rejection};
use crate::record::{Batch, BatchBuilder, EventTime, Key, Receipt, Value};
use crate::runtime::{Offline, OfflineError, Passing};
use crate::schema::Schema;

/// What came of a test.
#[derive(Debug)]
pub struct Outcome {
    /// What was not as expected, each at its place; nothing when the test passed.
    pub failures: Vec<Diagnostic>,
    /// How many records were given.
    pub given: usize,
    /// The nodes that records passed, by number.
    pub reached: BTreeSet<usize>,
}

/// Which nodes the tests of a flow reach.
#[derive(Debug, Default)]
pub struct Coverage {
    reached: BTreeSet<usize>,
}

impl Coverage {
    /// Adds what a test reached.
    pub fn add(&mut self, outcome: &Outcome) {
        self.reached.extend(&outcome.reached);
    }

    /// The nodes that no test reached.
    #[must_use]
    pub fn missed<'g>(&self, graph: &'g Graph) -> Vec<&'g Node> {
        let nodes = graph.nodes.iter().enumerate();
        nodes
            .filter(|(number, _)| !self.reached.contains(number))
            .map(|(_, node)| node)
            .collect()
    }
}

/// Something that comes out of a node at a time.
struct Arrival<'t> {
    time: EventTime,
    given: &'t Given,
    content: Content,
}

enum Content {
    Record(Batch),
    /// A payload that the source refuses.
    Refused(Rejection),
}

/// Runs a test on its flow.
///
/// # Errors
/// A node that cannot start.
pub fn run(graph: &Graph, test: &FlowTest, supply: &dyn Supply) -> Result<Outcome, OfflineError> {
    let mut offline = Offline::new(graph)?;
    let mut failures = Vec::new();
    let mut arrivals = Vec::new();
    for given in &test.given {
        match arrivals_of(given, test, graph, &offline, supply) {
            Ok(found) => arrivals.push(found.into_iter().peekable()),
            Err(found) => failures.extend(found),
        }
    }
    if !failures.is_empty() {
        return Ok(Outcome {
            failures,
            given: 0,
            reached: BTreeSet::new(),
        });
    }
    let mut watch = Watch::new(test, graph);
    let mut given_records = 0;
    while let Some(Arrival { given, content, .. }) = next(&mut arrivals) {
        given_records += 1;
        match content {
            Content::Record(batch) => {
                offline.push(&given.id, batch, &mut |node, passing| watch.see(node, &passing));
            }
            Content::Refused(rejection) => {
                offline.reject(given.node, rejection, &mut |node, passing| {
                    watch.see(node, &passing)
                });
            }
        }
        watch.look_at_feeds(&offline);
    }
    if let Some(until) = test.until {
        offline.run_clock(later(test.start, until), &mut |node, passing| {
            watch.see(node, &passing)
        });
        watch.look_at_feeds(&offline);
    }
    let captured: Vec<Vec<Batch>> = watch.captured.into_iter().map(Captured::finish).collect();
    Ok(Outcome {
        failures: judge(test, graph, &captured, &offline),
        given: given_records,
        reached: watch.reached,
    })
}

/// The next record of several nodes, by its time. Those of one node come as they are written: a late one is late.
fn next<'t>(nodes: &mut [Peekable<std::vec::IntoIter<Arrival<'t>>>]) -> Option<Arrival<'t>> {
    let times = nodes
        .iter_mut()
        .filter_map(|node| Some((node.peek()?.time, node)));
    let (_, first) = times.min_by_key(|(time, _)| *time)?;
    first.next()
}

pub(super) fn later(start: EventTime, duration: Duration) -> EventTime {
    let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    EventTime(start.0.saturating_add(micros))
}

/// What a test looks at while its records go through.
struct Watch<'t> {
    expected: &'t [Expected],
    captured: Vec<Captured>,
    /// Of the feed of each, the row that comes next.
    next_rows: Vec<u64>,
    /// Which column of the feed says that something is wrong.
    alerts: Vec<Option<usize>>,
    reached: BTreeSet<usize>,
}

impl<'t> Watch<'t> {
    fn new(test: &'t FlowTest, graph: &Graph) -> Self {
        let alert = |expected: &Expected| {
            let node = graph.nodes.get(expected.node)?;
            let alert = node.view.as_ref()?.alert?;
            (expected.schema.width() > node.input.width()).then_some(alert)
        };
        let alerts: Vec<Option<usize>> = test.expected.iter().map(alert).collect();
        let captured = test.expected.iter().zip(&alerts);
        Self {
            expected: &test.expected,
            captured: captured
                .map(|(expected, alert)| Captured::new(&expected.schema, alert.is_some()))
                .collect(),
            next_rows: vec![0; test.expected.len()],
            alerts,
            reached: BTreeSet::new(),
        }
    }

    fn see(&mut self, node: usize, passing: &Passing<'_>) {
        self.reached.insert(node);
        let (output, batch) = match passing {
            Passing::Arriving(batch) => (None, *batch),
            Passing::Leaving(output, batch) => (Some(*output), *batch),
        };
        for (expected, captured) in self.expected.iter().zip(&mut self.captured) {
            if expected.node == node && expected.output == output {
                captured.push(batch);
            }
        }
    }

    /// Takes what widgets said of the records since the last look.
    fn look_at_feeds(&mut self, offline: &Offline) {
        let places = self.expected.iter().zip(&self.alerts).zip(&mut self.captured);
        for (((expected, alert), captured), next) in places.zip(&mut self.next_rows) {
            let (Some(alert), Some(feed)) = (alert, offline.feed(expected.node)) else {
                continue;
            };
            let Some(rows) = feed.rows_since(*next, usize::MAX) else {
                continue;
            };
            *next = rows.first + rows.rows.len() as u64;
            let values = rows.rows.into_iter();
            captured.push_alerts(
                values.map(|(_, _, values)| values.get(*alert).cloned().unwrap_or(Value::Missing)),
            );
        }
    }
}

/// The records that a node is given, each with its time.
fn arrivals_of<'t>(
    given: &'t Given,
    test: &FlowTest,
    graph: &Graph,
    offline: &Offline,
    supply: &dyn Supply,
) -> Result<Vec<Arrival<'t>>, Vec<Diagnostic>> {
    let Some(node) = graph.nodes.get(given.node) else {
        return Ok(Vec::new());
    };
    let schema = node
        .outputs
        .first()
        .map(|output| Arc::clone(&output.schema))
        .unwrap_or_default();
    let fail = |span, message: String| vec![Diagnostic::new(Code::Test, span, message)];
    let arrival = |time, content| Arrival { time, given, content };
    let refused = |time, kind, reason, record| {
        Content::Refused(Rejection {
            time,
            key: Key::default(),
            refusal: Refusal { kind, reason },
            record,
        })
    };
    let record = |time, key: &str, values| match offline.keys().intern(key) {
        Some(key) => Content::Record(one(&schema, time, key, values)),
        None => refused(
            time,
            "too many machines",
            format!("no room for `{key}`"),
            key.into(),
        ),
    };
    let payload = |time: EventTime, bytes: &[u8]| {
        let decoded = node.decode.as_ref().map(|decode| decode(bytes));
        match decoded {
            Some(Ok(decoded)) => {
                let time = decoded.time.unwrap_or(time);
                arrival(
                    time,
                    record(time, &decoded.key.unwrap_or_default(), decoded.values),
                )
            }
            Some(Err(Refusal { kind, reason })) => {
                let payload = String::from_utf8_lossy(bytes);
                arrival(time, refused(time, kind, reason, json!({ "payload": payload })))
            }
            // Only a node that decodes is given payloads.
            None => arrival(time, refused(time, "no payloads", String::new(), Json::Null)),
        }
    };
    match &given.records {
        Records::Inline(records) => {
            let mut next = test.start;
            let mut arrivals = Vec::with_capacity(records.len());
            for given in records {
                let time = given.at.map_or(next, |at| later(test.start, at));
                next = later(time, test.every);
                arrivals.push(arrival(time, record(time, &given.key, given.values.clone())));
            }
            Ok(arrivals)
        }
        Records::Payloads(payloads) => {
            let mut arrivals = Vec::with_capacity(payloads.len());
            let mut time = test.start;
            for Spanned { value, .. } in payloads {
                arrivals.push(payload(time, value.as_bytes()));
                time = later(time, test.every);
            }
            Ok(arrivals)
        }
        Records::Log(path) => {
            let batches = supply.log(path, &schema, &offline.keys());
            let batches = batches.map_err(|reason| fail(path.span, reason))?;
            let rows = batches.iter().flat_map(|batch| {
                let times = batch.times().iter().enumerate();
                times.map(move |(row, time)| (*time, batch.again(row, *time)))
            });
            Ok(rows
                .map(|(time, batch)| arrival(time, Content::Record(batch)))
                .collect())
        }
        Records::Simulation(settings) => {
            let payloads = supply.simulate(settings, test.start)?;
            let payloads = payloads.iter();
            Ok(payloads
                .map(|sent| payload(later(test.start, sent.after), &sent.payload))
                .collect())
        }
    }
}

fn one(schema: &Arc<Schema>, time: EventTime, key: Key, values: Vec<Value>) -> Batch {
    let mut builder = BatchBuilder::new(Arc::clone(schema), 1);
    builder.push(time, key, values);
    builder.finish(Receipt::none())
}
