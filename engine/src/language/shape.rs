//! Does a value have the shape that a JSON Schema asks for?
//!
//! The schema is the one that a node's configuration type derives, so one declaration gives the parser, this check, the
//! reference page and the completion in editors. serde stops at its first error; this finds them all, each at its place.

use serde_json::{Map, Value};

use super::nearest::{listed, nearest};
use super::yaml::{Entry, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, shortened};

/// Reports everything in `yaml` that `schema` does not allow. `owner` is what the user calls the thing: "`mqtt-in`".
pub fn check(yaml: &Yaml, schema: &Value, owner: &str, diagnostics: &mut Vec<Diagnostic>) {
    Checker {
        root: schema,
        owner,
        diagnostics,
    }
    .value(yaml, schema, "");
}

struct Checker<'a> {
    root: &'a Value,
    owner: &'a str,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    fn value(&mut self, yaml: &Yaml, schema: &'a Value, path: &str) {
        let schema = self.resolve(schema);
        if let Some(alternatives) = alternatives(schema) {
            return self.alternatives(yaml, alternatives, path);
        }
        if !accepts(schema, yaml) {
            return self.wrong_kind(yaml, schema, path);
        }
        match &yaml.value {
            YamlValue::Mapping(entries) => self.mapping(yaml, entries, schema, path),
            YamlValue::Sequence(items) => {
                if let Some(item_schema) = schema.get("items") {
                    for (number, item) in items.iter().enumerate() {
                        self.value(item, item_schema, &format!("{path}[{number}]"));
                    }
                }
                let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
                let (least, most) = (bound("minItems").unwrap_or(0), bound("maxItems"));
                let count = items.len() as u64;
                if count < least || most.is_some_and(|most| count > most) {
                    let expected = match most {
                        Some(most) if most == least => format!("exactly {least}"),
                        Some(most) if count > most => format!("at most {most}"),
                        _ => format!("at least {least}"),
                    };
                    let message = format!("{} needs {expected} entries, found {count}", self.name(path));
                    self.diagnostics
                        .push(Diagnostic::new(Code::WrongValue, yaml.span, message));
                }
            }
            YamlValue::Text(text) => self.one_of(yaml, text, schema, path),
            YamlValue::Integer(number, _) => self.limits(yaml, *number as f64, schema, path),
            YamlValue::Number(number, _) => self.limits(yaml, *number, schema, path),
            YamlValue::Null | YamlValue::Boolean(_) => {}
        }
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        // A definition can name another one; a ring of them would be a mistake in our types, so a few steps suffice.
        for _ in 0..8 {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
                break;
            };
            match reference
                .strip_prefix('#')
                .and_then(|pointer| self.root.pointer(pointer))
            {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn name(&self, path: &str) -> String {
        if path.is_empty() {
            self.owner.to_owned()
        } else {
            format!("`{}`", path.trim_start_matches('.'))
        }
    }

    fn alternatives(&mut self, yaml: &Yaml, alternatives: &'a [Value], path: &str) {
        let resolved: Vec<&Value> = alternatives.iter().map(|schema| self.resolve(schema)).collect();
        if let Some(fitting) = resolved.iter().find(|schema| fits(schema, yaml)) {
            return self.value(yaml, fitting, path);
        }
        let names: Vec<&str> = resolved.iter().flat_map(|schema| names(schema)).collect();
        if let (Some(text), false) = (yaml.scalar_text(), names.is_empty()) {
            return self.unknown_name(yaml, text, &names, path);
        }
        let expected: Vec<&str> = resolved
            .iter()
            .flat_map(|schema| kinds(schema))
            .filter(|k| *k != "nothing")
            .collect();
        self.expected(yaml, &expected.join(" or "), path);
    }

    fn wrong_kind(&mut self, yaml: &Yaml, schema: &Value, path: &str) {
        let expected: Vec<&str> = kinds(schema)
            .into_iter()
            .filter(|kind| *kind != "nothing")
            .collect();
        self.expected(yaml, &expected.join(" or "), path);
    }

    fn expected(&mut self, yaml: &Yaml, expected: &str, path: &str) {
        let found = match yaml.scalar_text() {
            Some(text) => format!("`{}`, which is {}", shortened(text), yaml.kind()),
            None => yaml.kind().to_owned(),
        };
        let message = format!("{} must be {expected}, found {found}", self.name(path));
        let mut diagnostic =
            Diagnostic::new(Code::WrongKind, yaml.span, message).with_label(format!("expected {expected}"));
        if expected == "text"
            && matches!(
                yaml.value,
                YamlValue::Integer(..) | YamlValue::Number(..) | YamlValue::Boolean(_)
            )
        {
            diagnostic = diagnostic.with_help("put it in quotes");
        }
        self.diagnostics.push(diagnostic);
    }

    fn mapping(&mut self, yaml: &Yaml, entries: &[Entry], schema: &'a Value, path: &str) {
        let properties = schema.get("properties").and_then(Value::as_object);
        // The only patterns that our types derive are those of whole numbers as keys, such as fault codes.
        let numbered = schema.get("patternProperties").and_then(Value::as_object);
        let numbered = numbered.and_then(|patterns| patterns.values().next());
        let others = schema.get("additionalProperties");
        let mut meant: Vec<&str> = Vec::new();
        for entry in entries {
            let name = &entry.key.value;
            if let Some(property) = properties.and_then(|known| known.get(name)) {
                self.value(&entry.value, property, &format!("{path}.{name}"));
            } else if is_torn(entry) {
                self.torn(entry, path);
            } else if let Some(value) = numbered {
                self.numbered(entry, value, path);
            } else if others == Some(&Value::Bool(false)) {
                meant.extend(self.unknown_field(entry, properties, path));
            } else if let Some(other) = others.filter(|other| other.is_object()) {
                self.value(&entry.value, other, &format!("{path}.{name}"));
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            // A misspelt one is not missing.
            if entries.iter().any(|entry| entry.key.value == name) || meant.contains(&name) {
                continue;
            }
            let about = properties.and_then(|known| known.get(name)).and_then(description);
            let message = format!("{} needs the field `{name}`", self.name(path));
            let mut diagnostic = Diagnostic::new(Code::MissingField, head(yaml), message);
            if let Some(about) = about {
                diagnostic = diagnostic.with_help(format!("`{name}`: {about}"));
            }
            self.diagnostics.push(diagnostic);
        }
    }

    fn torn(&mut self, entry: &Entry, path: &str) {
        let message = format!(
            "{} has the key `{}` here, and nothing behind it",
            self.name(path),
            shortened(&entry.key.value)
        );
        self.diagnostics.push(
            Diagnostic::new(Code::WrongKind, entry.key.span, message).with_help(
                "between `{` and `}`, a comma begins another key: text with a comma in it needs quotes",
            ),
        );
    }

    fn numbered(&mut self, entry: &Entry, value: &'a Value, path: &str) {
        let name = &entry.key.value;
        if name.parse::<i64>().is_err() {
            let message = format!(
                "the keys of {} must be whole numbers, found `{}`",
                self.name(path),
                shortened(name)
            );
            self.diagnostics
                .push(Diagnostic::new(Code::WrongKind, entry.key.span, message));
        }
        self.value(&entry.value, value, &format!("{path}.{name}"));
    }

    /// Reports a field that does not exist; gives the one that was meant.
    fn unknown_field(
        &mut self,
        entry: &Entry,
        properties: Option<&'a Map<String, Value>>,
        path: &str,
    ) -> Option<&'a str> {
        let name = &entry.key.value;
        let known = || properties.into_iter().flat_map(Map::keys).map(String::as_str);
        let mut diagnostic = Diagnostic::new(
            Code::UnknownField,
            entry.key.span,
            format!("{} has no field `{}`", self.name(path), shortened(name)),
        );
        let meant = nearest(name, known());
        if let Some(meant) = meant {
            diagnostic = diagnostic
                .with_label(format!("did you mean `{meant}`?"))
                .with_fix(entry.key.span, meant);
        }
        self.diagnostics
            .push(diagnostic.with_help(format!("its fields are {}", listed(known()))));
        meant
    }

    fn one_of(&mut self, yaml: &Yaml, text: &str, schema: &'a Value, path: &str) {
        let names = names(schema);
        if !names.is_empty() && !names.contains(&text) {
            self.unknown_name(yaml, text, &names, path);
        }
    }

    fn unknown_name(&mut self, yaml: &Yaml, text: &str, names: &[&str], path: &str) {
        let message = format!("`{}` is no value of {}", shortened(text), self.name(path));
        let mut diagnostic = Diagnostic::new(Code::WrongValue, yaml.span, message);
        if let Some(meant) = nearest(text, names.iter().copied()) {
            diagnostic = diagnostic
                .with_label(format!("did you mean `{meant}`?"))
                .with_fix(yaml.span, meant);
        }
        self.diagnostics
            .push(diagnostic.with_help(format!("it can be {}", listed(names.iter().copied()))));
    }

    fn limits(&mut self, yaml: &Yaml, number: f64, schema: &Value, path: &str) {
        let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
        let wrong = match (limit("minimum"), limit("maximum"), limit("exclusiveMinimum")) {
            (Some(least), _, _) if number < least => Some(format!("at least {least}")),
            (_, Some(most), _) if number > most => Some(format!("at most {most}")),
            (_, _, Some(above)) if number <= above => Some(format!("more than {above}")),
            _ if number.is_nan() => Some("a number".to_owned()),
            _ => None,
        };
        if let Some(expected) = wrong {
            let message = format!("{} must be {expected}, found {number}", self.name(path));
            self.diagnostics
                .push(Diagnostic::new(Code::WrongValue, yaml.span, message));
        }
    }
}

/// Where a mapping begins: pointing at all of its lines would hide the message. A node's is known by its name, which
/// stands before it.
fn head(yaml: &Yaml) -> crate::language::Span {
    match yaml.entries().first() {
        Some(first) if first.key.span.start < yaml.span.end => first.key.span,
        _ => yaml.span,
    }
}

/// `{ formula: max(a, b) }`: to YAML, the comma ends `max(a` and begins the key `b)`.
fn is_torn(entry: &Entry) -> bool {
    entry.value.value == YamlValue::Null && entry.key.contains(['(', ')'])
}

fn alternatives(schema: &Value) -> Option<&[Value]> {
    ["anyOf", "oneOf"]
        .iter()
        .find_map(|key| schema.get(key))
        .and_then(Value::as_array)
        .map(Vec::as_slice)
}

fn description(schema: &Value) -> Option<&str> {
    schema
        .get("description")
        .and_then(Value::as_str)
        .and_then(|text| text.split("\n\n").next())
}

/// The names that a text may be: an `enum`, or a `const` as derived for a documented variant.
fn names(schema: &Value) -> Vec<&str> {
    let one = schema.get("const").and_then(Value::as_str);
    let many = schema.get("enum").and_then(Value::as_array);
    one.into_iter()
        .chain(many.into_iter().flatten().filter_map(Value::as_str))
        .collect()
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn accepts(schema: &Value, yaml: &Yaml) -> bool {
    let types = types(schema);
    types.is_empty()
        || types.iter().any(|name| match (*name, &yaml.value) {
            ("null", YamlValue::Null)
            | ("boolean", YamlValue::Boolean(_))
            | ("integer" | "number", YamlValue::Integer(..))
            | ("number", YamlValue::Number(..))
            | ("string", YamlValue::Text(_))
            | ("array", YamlValue::Sequence(_))
            | ("object", YamlValue::Mapping(_)) => true,
            // `fields:` with nothing behind it is an empty mapping to its writer.
            _ => false,
        })
}

/// An alternative is the one meant when the kind fits and, where it lists names, the name is one of them.
fn fits(schema: &Value, yaml: &Yaml) -> bool {
    let names = names(schema);
    accepts(schema, yaml)
        && (names.is_empty() || yaml.scalar_text().is_some_and(|text| names.contains(&text)))
}

fn kinds(schema: &Value) -> Vec<&'static str> {
    types(schema)
        .into_iter()
        .map(|name| match name {
            "null" => "nothing",
            "boolean" => "true or false",
            "integer" => "a whole number",
            "number" => "a number",
            "string" => "text",
            "array" => "a list",
            _ => "a mapping",
        })
        .collect()
}
