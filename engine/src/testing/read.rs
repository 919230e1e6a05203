//! From `tests:` to tests that fit the flow.

use std::time::Duration;

use super::shape::test_schema;
use super::{Expected, FlowTest, Given};
use crate::diagnostic::{Code, Diagnostic, shortened};
use crate::graph::Graph;
use crate::language::{Entry, Sources, Span, Spanned, Yaml, YamlValue, check_shape, listed, nearest};
use crate::record::EventTime;
use crate::schema::Schema;
use crate::unit::Quantity;

/// 2026-01-01T00:00:00Z.
const START: EventTime = EventTime(1_767_225_600_000_000);
const EVERY: Duration = Duration::from_secs(1);

/// Reads the tests of a flow; reports where they do not fit it.
pub(crate) fn read(
    tests: &[Entry],
    graph: &Graph,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<FlowTest> {
    let schema = test_schema();
    let mut good = Vec::new();
    for entry in tests {
        let before = diagnostics.len();
        let owner = format!("the test `{}`", shortened(&entry.key));
        check_shape(&entry.value, &schema, &owner, diagnostics);
        if diagnostics.len() > before {
            continue;
        }
        let mut reader = Reader {
            graph,
            sources,
            diagnostics,
        };
        let test = reader.test(entry);
        if diagnostics.len() == before {
            good.extend(test);
        }
    }
    good
}

pub(super) struct Reader<'r> {
    pub graph: &'r Graph,
    pub sources: &'r Sources,
    pub diagnostics: &'r mut Vec<Diagnostic>,
}

impl Reader<'_> {
    pub(super) fn report(&mut self, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(Code::Test, span, message));
    }

    fn test(&mut self, entry: &Entry) -> Option<FlowTest> {
        let test = &entry.value;
        let start = match test.get("start") {
            None => Some(START),
            Some(start) => self.start(start),
        };
        let every = self.duration_of(test, "every").unwrap_or(Some(EVERY));
        let until = self.duration_of(test, "until");
        let given = test.get("given").map(Yaml::entries).unwrap_or_default();
        let given: Vec<Option<Given>> = given.iter().map(|given| self.given(given)).collect();
        let expected = test.get("expect").map(Yaml::entries).unwrap_or_default();
        let expected: Vec<Option<Expected>> =
            expected.iter().map(|expected| self.expected(expected)).collect();
        Some(FlowTest {
            name: entry.key.clone(),
            start: start?,
            every: every?,
            until: match until {
                Some(until) => Some(until?),
                None => None,
            },
            given: given.into_iter().collect::<Option<_>>()?,
            expected: expected.into_iter().collect::<Option<_>>()?,
        })
    }

    fn start(&mut self, start: &Yaml) -> Option<EventTime> {
        let time = start.scalar_text().and_then(EventTime::parse_iso);
        if time.is_none() {
            self.report(start.span, "`start` is a time such as 2026-01-31T08:00:00Z");
        }
        time
    }

    fn duration_of(&mut self, test: &Yaml, key: &str) -> Option<Option<Duration>> {
        let yaml = test.get(key)?;
        Some(self.duration(yaml))
    }

    /// `200 ms`; a bare number is seconds.
    pub(super) fn duration(&mut self, yaml: &Yaml) -> Option<Duration> {
        let text = yaml.scalar_text().unwrap_or_default();
        let seconds = match &yaml.value {
            YamlValue::Integer(number, _) => Ok(*number as f64),
            YamlValue::Number(number, _) => Ok(*number),
            _ => Quantity::parse_seconds(text),
        };
        let duration = seconds.and_then(|seconds| {
            let negative = |_| format!("`{}` is no time that can pass", shortened(text));
            Duration::try_from_secs_f64(seconds).map_err(negative)
        });
        duration.map_err(|reason| self.report(yaml.span, reason)).ok()
    }

    /// The node, and the output behind its name.
    pub(super) fn node(&mut self, id: &Spanned<String>) -> Option<(usize, Option<String>)> {
        let ends = id.match_indices('.').map(|(at, _)| at).chain([id.len()]);
        let mut found = ends.filter_map(|end| {
            let (number, _) = self.graph.node(id.get(..end)?)?;
            Some((number, id.get(end + 1..).map(str::to_owned)))
        });
        if let Some(found) = found.next_back() {
            return Some(found);
        }
        let names = || self.graph.nodes.iter().map(|node| node.id.value.as_str());
        let message = format!("there is no node `{}`", shortened(id));
        let mut diagnostic = Diagnostic::new(Code::UnknownNode, id.span, message);
        diagnostic = match nearest(id, names()) {
            Some(meant) => diagnostic
                .with_label(format!("did you mean `{meant}`?"))
                .with_fix(id.span, meant),
            None => diagnostic.with_help(format!("the nodes are {}", listed(names()))),
        };
        self.diagnostics.push(diagnostic);
        None
    }

    pub(super) fn unknown_field(&mut self, name: &Spanned<String>, schema: &Schema, id: &Spanned<String>) {
        let message = format!(
            "the records of `{}` have no field `{}`",
            id.value,
            shortened(name)
        );
        let mut diagnostic = Diagnostic::new(Code::UnknownRecordField, name.span, message);
        if let Some(meant) = nearest(name, schema.names()) {
            diagnostic = diagnostic
                .with_label(format!("did you mean `{meant}`?"))
                .with_fix(name.span, meant);
        }
        let help = format!("their fields are {}", listed(schema.names()));
        self.diagnostics.push(diagnostic.with_help(help));
    }
}
