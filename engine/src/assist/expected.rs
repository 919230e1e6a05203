//! What a node type's JSON Schema expects at a place in its configuration.

use serde_json::Value;

use super::context::Step;

/// The schemas that a value may follow.
pub(super) struct Expected<'s> {
    root: &'s Value,
    /// As the place has it, before references and alternatives are followed: a description may stand beside them.
    here: Vec<&'s Value>,
}

/// A key that a mapping may have.
pub(super) struct ExpectedKey<'s> {
    pub name: &'s str,
    pub is_required: bool,
    pub value: Expected<'s>,
}

/// A word that a value may be.
pub(super) struct ExpectedWord<'s> {
    pub word: &'s str,
    pub about: Option<&'s str>,
}

impl<'s> Expected<'s> {
    /// What `root` expects at `path`.
    pub fn at(root: &'s Value, path: &[Step]) -> Self {
        let mut expected = Self {
            root,
            here: vec![root],
        };
        for step in path {
            let alternatives = expected.alternatives();
            expected.here = alternatives
                .into_iter()
                .filter_map(|schema| into(schema, step))
                .collect();
        }
        expected
    }

    /// The schemas without references and alternatives.
    pub fn alternatives(&self) -> Vec<&'s Value> {
        // Our types nest neither references nor alternatives deeply; a ring of them would be a mistake.
        const MOST: usize = 64;
        let mut found = Vec::new();
        let mut waiting = self.here.clone();
        waiting.reverse();
        for _ in 0..MOST {
            let Some(schema) = waiting.pop() else {
                break;
            };
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                let target = reference.strip_prefix('#');
                waiting.extend(target.and_then(|pointer| self.root.pointer(pointer)));
            } else if let Some(any) = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)) {
                waiting.extend(any.as_array().into_iter().flatten().rev());
            } else {
                found.push(schema);
            }
        }
        found
    }

    /// What the value is for.
    pub fn description(&self) -> Option<&'s str> {
        let beside = self.here.iter().copied();
        beside.chain(self.alternatives()).find_map(description)
    }

    /// The keys of the mapping that is expected, the required ones first.
    pub fn keys(&self) -> Vec<ExpectedKey<'s>> {
        let mut keys = Vec::new();
        for schema in self.alternatives() {
            let required = schema.get("required").and_then(Value::as_array);
            let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
            let properties = schema.get("properties").and_then(Value::as_object);
            keys.extend(properties.into_iter().flatten().map(|(name, value)| ExpectedKey {
                name,
                is_required: is_required(name),
                value: Expected {
                    root: self.root,
                    here: vec![value],
                },
            }));
        }
        keys.sort_by_key(|key| !key.is_required);
        keys
    }

    /// Whether the writer chooses the keys of the mapping: its entries are declarations.
    pub fn has_free_keys(&self) -> bool {
        self.alternatives()
            .iter()
            .any(|schema| schema.get("additionalProperties").is_some_and(Value::is_object))
    }

    /// The words that the value may be.
    pub fn words(&self) -> Vec<ExpectedWord<'s>> {
        let mut words = Vec::new();
        for schema in self.alternatives() {
            let many = schema.get("enum").and_then(Value::as_array);
            let all = many.into_iter().flatten().chain(schema.get("const"));
            words.extend(all.filter_map(Value::as_str).map(|word| ExpectedWord {
                word,
                about: description(schema),
            }));
            if kind(schema) == Some("boolean") {
                words.extend(["true", "false"].map(|word| ExpectedWord { word, about: None }));
            }
        }
        words
    }

    /// The kind of the first alternative: `string`, `array`, `object`, …
    pub fn kind(&self) -> Option<&'s str> {
        self.alternatives().into_iter().find_map(kind)
    }
}

fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::Array(many) => many.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        one => one.as_str(),
    }
}

fn description(schema: &Value) -> Option<&str> {
    schema.get("description").and_then(Value::as_str)
}

fn into<'s>(schema: &'s Value, step: &Step) -> Option<&'s Value> {
    match step {
        Step::Key(key) => {
            let property = schema.get("properties").and_then(|known| known.get(key));
            let numbered = || {
                let patterns = schema.get("patternProperties")?.as_object()?;
                patterns.values().next()
            };
            property
                .or_else(|| {
                    schema
                        .get("additionalProperties")
                        .filter(|other| other.is_object())
                })
                .or_else(numbered)
        }
        Step::Item => schema.get("items").filter(|items| items.is_object()),
    }
}
