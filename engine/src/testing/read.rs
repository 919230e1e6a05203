//! From `tests:` to tests that fit the flow.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::wanted::{Wanted, given};
use super::{
    Condition, Expectation, Expected, ExpectedRecord, FlowTest, Given, GivenRecord, Problems, Records,
};
use crate::diagnostic::{Code, Diagnostic, shortened};
use crate::formula::{self, Compiler};
use crate::graph::{Graph, Node};
use crate::language::{Entry, Sources, Span, Spanned, Yaml, YamlValue, check_shape, listed, nearest};
use crate::record::{EventTime, Value};
use crate::schema::{Field, FieldType, Schema};
use crate::unit::Quantity;

/// 2026-01-01T00:00:00Z.
const START: EventTime = EventTime(1_767_225_600_000_000);
const EVERY: Duration = Duration::from_secs(1);

/// The shape of a test in a flow file.
#[must_use]
pub fn test_schema() -> Json {
    let duration = |about: &str| json!({ "type": ["string", "number"], "description": about });
    let record = json!({ "type": "object" });
    let records = json!({ "type": "array", "items": record });
    let texts =
        json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
    json!({
        "type": "object",
        "properties": {
            "start": { "type": "string", "description": "when the first record is, 2026-01-01T00:00:00Z by default" },
            "every": duration("how far apart in time records are that do not say `at`, 1 s by default"),
            "until": duration("how long after the start the clock stops, for what happens when no record comes"),
            "given": {
                "type": "object",
                "description": "the records that nodes give, by the node",
                "additionalProperties": { "anyOf": [
                    records,
                    {
                        "type": "object",
                        "properties": {
                            "records": records,
                            "csv": { "type": "string", "description": "a log as `csv-sink` writes it, relative to the flow file" },
                            "payloads": { "type": "array", "items": { "type": "string" }, "description": "what a broker would bring, broken or not" },
                            "simulate": { "type": "object", "description": "what a simulated machine sends" }
                        },
                        "additionalProperties": false
                    }
                ] }
            },
            "expect": {
                "type": "object",
                "description": "what comes out of nodes, or arrives at those without outputs, by the node",
                "additionalProperties": { "anyOf": [
                    records,
                    {
                        "type": "object",
                        "properties": {
                            "records": records,
                            "count": { "type": "integer", "description": "how many records" },
                            "first": record,
                            "last": record,
                            "any": texts,
                            "every": texts,
                            "never": texts,
                            "errors": { "description": "how many problems there are, or a part of the text of each", "anyOf": [
                                { "type": "integer" }, { "type": "string" }, { "type": "array", "items": { "type": "string" } }
                            ] }
                        },
                        "additionalProperties": false
                    }
                ] }
            }
        },
        "required": ["given", "expect"],
        "additionalProperties": false
    })
}

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

struct Reader<'r> {
    graph: &'r Graph,
    sources: &'r Sources,
    diagnostics: &'r mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn report(&mut self, span: Span, message: impl Into<String>) {
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
    fn duration(&mut self, yaml: &Yaml) -> Option<Duration> {
        let text = yaml.scalar_text().unwrap_or_default();
        let seconds = match &yaml.value {
            YamlValue::Integer(number, _) => Ok(*number as f64),
            YamlValue::Number(number, _) => Ok(*number),
            _ => Quantity::parse_in(
                text,
                &crate::unit::Unit::parse("s").unwrap_or_else(|_| crate::unit::Unit::none()),
            ),
        };
        let duration = seconds.and_then(|seconds| {
            let negative = |_| format!("`{}` is no time that can pass", shortened(text));
            Duration::try_from_secs_f64(seconds).map_err(negative)
        });
        duration.map_err(|reason| self.report(yaml.span, reason)).ok()
    }

    /// The node, and the output behind its name.
    fn node(&mut self, id: &Spanned<String>) -> Option<(usize, Option<String>)> {
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

    fn given(&mut self, entry: &Entry) -> Option<Given> {
        let (number, output) = self.node(&entry.key)?;
        let node = self.graph.nodes.get(number)?;
        let (Some(first), None) = (node.outputs.first(), output) else {
            let message = format!(
                "records cannot be given to `{}`: nothing comes out of it",
                shortened(&entry.key)
            );
            self.diagnostics.push(
                Diagnostic::new(Code::Test, entry.key.span, message)
                    .with_help("give them at a node that they come out of, such as the source"),
            );
            return None;
        };
        let schema = Arc::clone(&first.schema);
        let can_decode = node.decode.is_some();
        let records = match &entry.value.value {
            YamlValue::Sequence(items) => self.inline(items, &schema, &entry.key)?,
            _ => match entry.value.entries() {
                [only] => self.origin(only, &schema, &entry.key, can_decode)?,
                _ => {
                    let expected = "one of `records`, `csv`, `payloads` and `simulate`";
                    self.report(entry.key.span, format!("`{}` gives {expected}", entry.key.value));
                    return None;
                }
            },
        };
        Some(Given {
            node: number,
            id: entry.key.clone(),
            records,
        })
    }

    fn origin(
        &mut self,
        entry: &Entry,
        schema: &Schema,
        id: &Spanned<String>,
        can_decode: bool,
    ) -> Option<Records> {
        let value = &entry.value;
        let needs_payloads = matches!(entry.key.value.as_str(), "payloads" | "simulate");
        if needs_payloads && !can_decode {
            let message = format!(
                "`{}` reads no payloads: it can be given `records` or `csv`",
                id.value
            );
            self.report(entry.key.span, message);
            return None;
        }
        match (entry.key.value.as_str(), &value.value) {
            ("records", YamlValue::Sequence(items)) => self.inline(items, schema, id),
            ("payloads", YamlValue::Sequence(items)) => {
                let texts = items
                    .iter()
                    .filter_map(|item| Some(Spanned::new(item.scalar_text()?.to_owned(), item.span)));
                Some(Records::Payloads(texts.collect()))
            }
            ("csv", _) => {
                let folder = self.sources.path(value.span).and_then(Path::parent);
                let path = folder.unwrap_or(Path::new("")).join(value.scalar_text()?);
                Some(Records::Log(Spanned::new(path, value.span)))
            }
            ("simulate", _) => Some(Records::Simulation(value.clone())),
            _ => None,
        }
    }

    fn inline(&mut self, items: &[Yaml], schema: &Schema, id: &Spanned<String>) -> Option<Records> {
        let records: Vec<Option<GivenRecord>> = items
            .iter()
            .map(|item| self.given_record(item, schema, id))
            .collect();
        Some(Records::Inline(records.into_iter().collect::<Option<_>>()?))
    }

    fn given_record(&mut self, item: &Yaml, schema: &Schema, id: &Spanned<String>) -> Option<GivenRecord> {
        let mut record = GivenRecord {
            at: None,
            key: String::new(),
            values: vec![Value::Missing; schema.width()],
        };
        let mut whole = Some(());
        for entry in item.entries() {
            match (schema.field(&entry.key), entry.key.value.as_str()) {
                (Some((slot, field)), _) => match given(&entry.value, &field.field_type) {
                    Ok(value) => {
                        if let Some(place) = record.values.get_mut(slot) {
                            *place = value;
                        }
                    }
                    Err(reason) => {
                        self.report(entry.value.span, format!("`{}`: {reason}", field.name));
                        whole = None;
                    }
                },
                (None, "at") => record.at = self.duration(&entry.value),
                (None, "key") => record.key = entry.value.scalar_text().unwrap_or_default().to_owned(),
                (None, _) => {
                    self.unknown_field(&entry.key, schema, id);
                    whole = None;
                }
            }
        }
        let lacking = schema.fields().iter().zip(&record.values);
        let lacking = lacking.filter(|(field, value)| !field.optional && **value == Value::Missing);
        let lacking: Vec<&str> = lacking.map(|(field, _)| &*field.name).collect();
        if !lacking.is_empty() && whole.is_some() {
            let message = format!("a record of `{}` has always {}", id.value, listed(lacking));
            let place = item.entries().first().map_or(item.span, |entry| entry.key.span);
            self.report(place, message);
            whole = None;
        }
        whole.map(|()| record)
    }

    fn unknown_field(&mut self, name: &Spanned<String>, schema: &Schema, id: &Spanned<String>) {
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

    fn expected(&mut self, entry: &Entry) -> Option<Expected> {
        let (number, output) = self.node(&entry.key)?;
        let node = self.graph.nodes.get(number)?;
        let output = match (output, node.outputs.as_slice()) {
            (None, []) => None,
            (None, _) => Some(0),
            (Some(name), outputs) => match outputs.iter().position(|output| *output.name == *name) {
                Some(output) => Some(output),
                None => {
                    let message = format!("`{}` has no output `{}`", node.id.value, shortened(&name));
                    let known = listed(outputs.iter().map(|output| &*output.name));
                    self.diagnostics.push(
                        Diagnostic::new(Code::UnknownOutput, entry.key.span, message)
                            .with_help(format!("its outputs are {known}")),
                    );
                    return None;
                }
            },
        };
        let schema = seen_schema(node, output);
        let mut expectations = Vec::new();
        let mut problems = None;
        let mut whole = Some(());
        match &entry.value.value {
            YamlValue::Sequence(items) => {
                let records = self.expected_records(items, &schema, &entry.key);
                whole =
                    records.map(|records| expectations.push(Expectation::Records(records, entry.key.span)));
            }
            _ => {
                for part in entry.value.entries() {
                    match part.key.value.as_str() {
                        "errors" => problems = Some(expected_problems(&part.value)),
                        _ => match self.expectation(part, &schema, &entry.key) {
                            Some(found) => expectations.extend(found),
                            None => whole = None,
                        },
                    }
                }
            }
        }
        whole.map(|()| Expected {
            node: number,
            output,
            id: entry.key.clone(),
            schema,
            expectations,
            problems,
        })
    }

    fn expectation(
        &mut self,
        part: &Entry,
        schema: &Arc<Schema>,
        id: &Spanned<String>,
    ) -> Option<Vec<Expectation>> {
        let value = &part.value;
        let one = |expectation| Some(vec![expectation]);
        match (part.key.value.as_str(), &value.value) {
            ("records", YamlValue::Sequence(items)) => {
                let records = self.expected_records(items, schema, id)?;
                one(Expectation::Records(records, part.key.span))
            }
            ("count", YamlValue::Integer(count, _)) => one(Expectation::Count(*count, value.span)),
            ("first", _) => one(Expectation::First(self.expected_record(value, schema, id)?)),
            ("last", _) => one(Expectation::Last(self.expected_record(value, schema, id)?)),
            ("any", _) => self.conditions(value, schema, Expectation::Any),
            ("every", _) => self.conditions(value, schema, Expectation::Every),
            ("never", _) => self.conditions(value, schema, Expectation::Never),
            _ => None,
        }
    }

    fn expected_records(
        &mut self,
        items: &[Yaml],
        schema: &Schema,
        id: &Spanned<String>,
    ) -> Option<Vec<ExpectedRecord>> {
        let records: Vec<Option<ExpectedRecord>> = items
            .iter()
            .map(|item| self.expected_record(item, schema, id))
            .collect();
        records.into_iter().collect()
    }

    fn expected_record(
        &mut self,
        item: &Yaml,
        schema: &Schema,
        id: &Spanned<String>,
    ) -> Option<ExpectedRecord> {
        let mut record = ExpectedRecord {
            span: item.entries().first().map_or(item.span, |entry| entry.key.span),
            at: None,
            key: None,
            values: Vec::new(),
        };
        let mut whole = Some(());
        for entry in item.entries() {
            let span = entry.value.span;
            match (schema.field(&entry.key), entry.key.value.as_str()) {
                (Some((slot, field)), _) => match Wanted::read(&entry.value, &field.field_type) {
                    Ok(wanted) => record.values.push((slot, Spanned::new(wanted, span))),
                    Err(reason) => {
                        self.report(span, format!("`{}`: {reason}", field.name));
                        whole = None;
                    }
                },
                (None, "at") => match self.duration(&entry.value) {
                    Some(at) => record.at = Some(Spanned::new(at, span)),
                    None => whole = None,
                },
                (None, "key") => {
                    let key = entry.value.scalar_text().unwrap_or_default();
                    record.key = Some(Spanned::new(key.to_owned(), span));
                }
                (None, _) => {
                    self.unknown_field(&entry.key, schema, id);
                    whole = None;
                }
            }
        }
        whole.map(|()| record)
    }

    fn conditions(
        &mut self,
        value: &Yaml,
        schema: &Arc<Schema>,
        expectation: fn(Condition) -> Expectation,
    ) -> Option<Vec<Expectation>> {
        let items = match &value.value {
            YamlValue::Sequence(items) => items.as_slice(),
            _ => std::slice::from_ref(value),
        };
        let conditions: Vec<Option<Expectation>> = items
            .iter()
            .map(|item| {
                let text = Spanned::new(item.scalar_text()?.to_owned(), item.span);
                self.condition(text, schema).map(expectation)
            })
            .collect();
        conditions.into_iter().collect()
    }

    fn condition(&mut self, text: Spanned<String>, schema: &Arc<Schema>) -> Option<Condition> {
        let errors = match formula::parse(&text) {
            Ok(expression) => {
                let mut compiler = Compiler::new(schema);
                match compiler.add_condition(&expression) {
                    Ok(()) => {
                        let program = compiler.finish();
                        return Some(Condition { text, program });
                    }
                    Err(errors) => errors,
                }
            }
            Err(error) => vec![error],
        };
        for error in errors {
            let span = self.sources.within(text.span, &text.value, error.range);
            let mut diagnostic = Diagnostic::new(error.code, span, error.message);
            if let Some(help) = error.help {
                diagnostic = diagnostic.with_help(help);
            }
            self.diagnostics.push(diagnostic);
        }
        None
    }
}

fn expected_problems(value: &Yaml) -> Problems {
    let text = |item: &Yaml| Some(Spanned::new(item.scalar_text()?.to_owned(), item.span));
    match &value.value {
        YamlValue::Integer(count, _) => Problems::Count(*count, value.span),
        YamlValue::Sequence(items) => Problems::Texts(items.iter().filter_map(text).collect()),
        _ => Problems::Texts(text(value).into_iter().collect()),
    }
}

/// What a test sees at a node: what leaves it, or what arrives at one without outputs, with a widget's `alert`.
fn seen_schema(node: &Node, output: Option<usize>) -> Arc<Schema> {
    if let Some(output) = output.and_then(|output| node.outputs.get(output)) {
        return Arc::clone(&output.schema);
    }
    let has_alert = node.view.as_ref().is_some_and(|view| view.alert.is_some());
    if !has_alert || node.input.field("alert").is_some() {
        return Arc::clone(&node.input);
    }
    let fields = node.input.fields().iter().cloned();
    Arc::new(Schema::new(
        fields.chain([Field::new("alert", FieldType::Boolean)]),
    ))
}
