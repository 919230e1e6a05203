//! The records that a test gives.

use std::path::Path;
use std::sync::Arc;

use super::read::Reader;
use super::wanted::given;
use super::{Given, GivenRecord, Records};
use crate::diagnostic::{Code, Diagnostic, shortened};
use crate::language::{Entry, Spanned, Yaml, YamlValue, listed};
use crate::record::Value;
use crate::schema::Schema;

impl Reader<'_> {
    pub(super) fn given(&mut self, entry: &Entry) -> Option<Given> {
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
}
