//! What a test expects.

use std::sync::Arc;

use super::read::Reader;
use super::wanted::Wanted;
use super::{Condition, Expectation, Expected, ExpectedRecord, Problems};
use crate::diagnostic::{Code, Diagnostic, shortened};
use crate::formula::{self, Compiler};
use crate::graph::Node;
use crate::language::{Entry, Spanned, Yaml, YamlValue, listed};
use crate::node::{ERROR_OUTPUT, error_schema};
use crate::schema::{Field, FieldType, Schema};

impl Reader<'_> {
    pub(super) fn expected(&mut self, entry: &Entry) -> Option<Expected> {
        let (number, output) = self.node(&entry.key)?;
        let node = self.graph.nodes.get(number)?;
        let output = match (output, node.outputs.as_slice()) {
            (None, []) => None,
            (None, _) => Some(0),
            (Some(name), outputs) if name == ERROR_OUTPUT => Some(outputs.len()),
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
    match output.map(|output| node.outputs.get(output)) {
        Some(Some(output)) => return Arc::clone(&output.schema),
        Some(None) => return error_schema(),
        None => {}
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
