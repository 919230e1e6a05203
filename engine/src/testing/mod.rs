//! `tests:` - records that a flow is given, and what is expected of them.
//!
//! A test runs the flow's own graph on the time of the given records: no broker, no files, no waiting.

mod captured;
mod judge;
mod read;
mod read_expected;
mod read_given;
mod run;
mod shape;
mod wanted;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use read::read;
pub use run::{Coverage, Outcome, run};
pub use shape::test_schema;

use crate::diagnostic::Diagnostic;
use crate::formula::Program;
use crate::language::{Span, Spanned, Yaml};
use crate::record::{Batch, EventTime, Keys, Value};
use crate::schema::Schema;
use wanted::Wanted;

/// A test that was read and fits its flow.
#[derive(Debug)]
pub struct FlowTest {
    /// What it is called.
    pub name: Spanned<String>,
    /// When the first record is.
    start: EventTime,
    /// How far apart records are that do not say when.
    every: Duration,
    /// How long the clock goes on after the start.
    until: Option<Duration>,
    given: Vec<Given>,
    expected: Vec<Expected>,
}

/// Records that come out of a node.
#[derive(Debug)]
struct Given {
    node: usize,
    id: Spanned<String>,
    records: Records,
}

/// Where they are from.
#[derive(Debug)]
enum Records {
    Inline(Vec<GivenRecord>),
    Payloads(Vec<Spanned<String>>),
    Log(Spanned<PathBuf>),
    Simulation(Yaml),
}

#[derive(Debug)]
struct GivenRecord {
    at: Option<Duration>,
    key: String,
    values: Vec<Value>,
}

/// What is expected at a node.
#[derive(Debug)]
struct Expected {
    node: usize,
    /// Which output; of a node without outputs, what arrives.
    output: Option<usize>,
    id: Spanned<String>,
    /// Of the records there, with `alert` behind for a widget that has one.
    schema: Arc<Schema>,
    expectations: Vec<Expectation>,
    /// What goes wrong there; any other problem fails the test.
    problems: Option<Problems>,
}

#[derive(Debug)]
enum Expectation {
    Records(Vec<ExpectedRecord>, Span),
    Count(i64, Span),
    First(ExpectedRecord),
    Last(ExpectedRecord),
    Any(Condition),
    Every(Condition),
    Never(Condition),
}

#[derive(Debug)]
enum Problems {
    Count(i64, Span),
    /// A part of the message of each.
    Texts(Vec<Spanned<String>>),
}

#[derive(Debug)]
struct ExpectedRecord {
    span: Span,
    at: Option<Spanned<Duration>>,
    key: Option<Spanned<String>>,
    values: Vec<(usize, Spanned<Wanted>)>,
}

#[derive(Debug)]
struct Condition {
    text: Spanned<String>,
    program: Program,
}

/// A payload of a simulated machine.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedPayload {
    /// How long after the start.
    pub after: Duration,
    /// As it would come from a broker.
    pub payload: Vec<u8>,
}

/// Where tests and replays get records that the flow does not write down itself.
pub trait Supply {
    /// The records of a log, as those of a source with this schema.
    ///
    /// # Errors
    /// What is wrong with the log.
    fn log(&self, path: &Path, schema: &Arc<Schema>, keys: &Arc<Keys>) -> Result<Vec<Batch>, String>;

    /// What a simulated machine sends with these settings from `start` on.
    ///
    /// # Errors
    /// What is wrong with the settings, at its place.
    fn simulate(&self, settings: &Yaml, start: EventTime) -> Result<Vec<SimulatedPayload>, Vec<Diagnostic>>;
}
