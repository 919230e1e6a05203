//! The node reference as Markdown.

use std::collections::HashSet;
use std::fmt::Write;

use serde_json::{Map, Value};

use super::first_sentence;
use crate::node::{AnyNodeType, Registry, Role};

/// One page about all node types in `registry`.
#[must_use]
pub fn markdown(registry: &Registry) -> String {
    let mut page = String::from("# The node types\n\n| type | role | does |\n| --- | --- | --- |\n");
    for node_type in registry.all() {
        let (name, role) = (node_type.name(), node_type.role().name());
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "| [`{name}`](#{name}) | {role} | {} |",
            cell(&first_sentence(node_type.doc()))
        );
    }
    page.push_str("\nWhat is not required may be left out.\n");
    for node_type in registry.all() {
        section(node_type, &mut page);
    }
    page
}

fn section(node_type: &dyn AnyNodeType, page: &mut String) {
    let name = node_type.name();
    let wires = match node_type.role() {
        Role::Source => "A source: nothing leads in.",
        Role::Transform => "A transform: `from` names the nodes that lead in.",
        Role::Sink => "A sink: `from` names the nodes that lead in; nothing leads out.",
    };
    let _ = write!(page, "\n## {name}\n\n{wires}\n\n{}\n", node_type.doc().trim_end());
    let schema = node_type.config_schema();
    let definitions = schema.get("$defs").and_then(Value::as_object);
    let reference = Reference { definitions };
    let mut told = HashSet::new();
    let mut pending = Vec::new();
    reference.fields(&format!("Fields of `{name}`"), &schema, page, &mut pending);
    while !pending.is_empty() {
        for definition in std::mem::take(&mut pending) {
            if told.insert(definition)
                && let Some(value) = definitions.and_then(|all| all.get(definition))
            {
                reference.definition(definition, value, page, &mut pending);
            }
        }
    }
}

struct Reference<'s> {
    definitions: Option<&'s Map<String, Value>>,
}

impl<'s> Reference<'s> {
    fn fields(&self, heading: &str, schema: &'s Value, page: &mut String, pending: &mut Vec<&'s str>) {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return;
        };
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|known| known == name));
        let _ = write!(
            page,
            "\n### {heading}\n\n| field | value | default | |\n| --- | --- | --- | --- |\n"
        );
        for (name, field) in properties {
            let default = match field.get("default") {
                _ if is_required(name) => "required".to_owned(),
                None | Some(Value::Null) => String::new(),
                Some(value) => shown(value),
            };
            let kind = self.kind(field, pending);
            let about = cell(description(field));
            let _ = writeln!(page, "| `{name}` | {} | {default} | {about} |", cell(&kind));
        }
    }

    /// A type that a field refers to: its own fields, or its values.
    fn definition(&self, name: &str, schema: &'s Value, page: &mut String, pending: &mut Vec<&'s str>) {
        if schema.get("properties").is_some() {
            return self.fields(
                &format!("{name}: {}", one_line(description(schema))),
                schema,
                page,
                pending,
            );
        }
        let values: Vec<&Value> = alternatives(schema).collect();
        if values.iter().any(|value| value.get("const").is_none()) {
            // A choice of forms was told where it is used.
            return;
        }
        let _ = write!(
            page,
            "\n### {name}: {}\n\n| value | means |\n| --- | --- |\n",
            one_line(description(schema))
        );
        for value in values {
            let word = value.get("const").map(shown).unwrap_or_default();
            let _ = writeln!(page, "| {word} | {} |", cell(description(value)));
        }
    }

    /// What a value can be, in a reader's words. Definitions with a table of their own join `pending`.
    fn kind(&self, schema: &'s Value, pending: &mut Vec<&'s str>) -> String {
        self.kind_within(schema, pending, 0)
    }

    fn kind_within(&self, schema: &'s Value, pending: &mut Vec<&'s str>, depth: usize) -> String {
        // A type that holds itself would be told for ever.
        const DEPTH: usize = 8;
        if depth == DEPTH {
            return "…".to_owned();
        }
        if let Some(name) = reference(schema) {
            let Some(target) = self.definitions.and_then(|all| all.get(name)) else {
                return name.to_owned();
            };
            let has_table = target.get("properties").is_some()
                || alternatives(target).any(|value| value.get("const").is_some());
            if has_table {
                pending.push(name);
                return name.to_owned();
            }
            return self.kind_within(target, pending, depth + 1);
        }
        let choices: Vec<String> = alternatives(schema)
            .filter(|choice| choice.get("type").is_none_or(|kind| kind != "null"))
            .map(|choice| self.kind_within(choice, pending, depth + 1))
            .collect();
        if !choices.is_empty() {
            return choices.join(" or ");
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            let words: Vec<String> = words.iter().filter(|word| !word.is_null()).map(shown).collect();
            return words.join(", ");
        }
        if let Some(word) = schema.get("const") {
            return shown(word);
        }
        let kinds: Vec<String> = match schema.get("type") {
            Some(Value::String(kind)) => vec![self.plain(kind, schema, pending, depth)],
            Some(Value::Array(kinds)) => kinds
                .iter()
                .filter_map(Value::as_str)
                .filter(|kind| *kind != "null")
                .map(|kind| self.plain(kind, schema, pending, depth))
                .collect(),
            _ => vec!["anything".to_owned()],
        };
        kinds.join(" or ")
    }

    fn plain(&self, kind: &str, schema: &'s Value, pending: &mut Vec<&'s str>, depth: usize) -> String {
        let limit = |key: &str| schema.get(key).and_then(Value::as_i64);
        let bounds = match (limit("minimum"), limit("maximum")) {
            (Some(least), Some(most)) => format!(", {least} to {most}"),
            (Some(least), None) if least != 0 => format!(", at least {least}"),
            _ => String::new(),
        };
        match kind {
            "boolean" => "`true` or `false`".to_owned(),
            "integer" => format!("whole number{bounds}"),
            "number" => format!("number{bounds}"),
            "string" => "text".to_owned(),
            "array" => {
                let item = schema
                    .get("items")
                    .map(|items| self.kind_within(items, pending, depth + 1));
                let count = match (limit("minItems"), limit("maxItems")) {
                    (Some(least), Some(most)) if least == most => format!(" of {least}"),
                    _ => String::new(),
                };
                match item {
                    Some(item) => format!("list{count}: {item}"),
                    None => format!("list{count}"),
                }
            }
            _ => {
                let numbered = schema.get("patternProperties").and_then(Value::as_object);
                let numbered = numbered.and_then(|patterns| patterns.values().next());
                let named = schema
                    .get("additionalProperties")
                    .filter(|value| value.is_object());
                match (numbered, named) {
                    (Some(value), _) => {
                        format!("by whole number: {}", self.kind_within(value, pending, depth + 1))
                    }
                    (None, Some(value)) => {
                        format!("by name: {}", self.kind_within(value, pending, depth + 1))
                    }
                    (None, None) => "mapping".to_owned(),
                }
            }
        }
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema
        .get("$ref")
        .and_then(Value::as_str)?
        .strip_prefix("#/$defs/")
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    let choices = schema.get("anyOf").or_else(|| schema.get("oneOf"));
    choices.and_then(Value::as_array).into_iter().flatten()
}

fn description(schema: &Value) -> &str {
    schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

fn one_line(text: &str) -> String {
    let line = text.replace('\n', " ");
    line.trim_end_matches('.').to_owned()
}

/// Text within a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
