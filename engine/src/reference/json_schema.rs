//! The JSON Schema of whole flow files, by which editors complete names, explain them and underline mistakes.
//!
//! Draft 7: the newest that every YAML extension reads in full.

use schemars::Schema;
use schemars::transform::{RemoveRefSiblings, Transform, transform_subschemas};
use serde_json::{Map, Value, json};

use super::first_sentence;
use crate::language::{
    DiskBuffer, LANGUAGE_VERSION, Overflow, WIRING_KEYS, template_schema, template_use_schema,
    top_level_schema,
};
use crate::node::{AnyNodeType, Registry, Role};
use crate::testing::test_schema;

/// The schema of a flow file whose nodes are of the types in `registry`.
#[must_use]
pub fn json_schema(registry: &Registry) -> Value {
    let mut flow = top_level_schema();
    let mut definitions = Map::new();
    for node_type in registry.all() {
        define(node_type, &mut definitions);
    }
    definitions.insert("node".to_owned(), node(registry));
    definitions.insert("wires".to_owned(), wires());
    definitions.insert("overflow".to_owned(), Overflow::schema());
    definitions.insert("buffer".to_owned(), DiskBuffer::schema());
    definitions.insert("copies".to_owned(), template_use_schema());
    if let Some(properties) = member(&mut flow, "properties") {
        properties.insert(
            "twinflow".to_owned(),
            json!({ "const": LANGUAGE_VERSION, "description": "the version of the flow language" }),
        );
        let mut hold = |section: &str, value: Value| {
            if let Some(section) = properties.get_mut(section).and_then(Value::as_object_mut) {
                section.insert("additionalProperties".to_owned(), value);
            }
        };
        hold("nodes", json!({ "$ref": "#/definitions/node" }));
        hold("templates", template_definition());
        hold("tests", test_schema());
    }
    if let Some(flow) = flow.as_object_mut() {
        flow.insert(
            "$schema".to_owned(),
            "http://json-schema.org/draft-07/schema#".into(),
        );
        flow.insert("title".to_owned(), "A twinflow flow".into());
        flow.insert("required".to_owned(), json!(["twinflow"]));
        flow.insert("definitions".to_owned(), definitions.into());
    }
    match Schema::try_from(flow) {
        Ok(mut schema) => {
            RemoveRefSiblings::default().transform(&mut schema);
            Hover.transform(&mut schema);
            Fillable.transform(&mut schema);
            schema.to_value()
        }
        // A mapping is always a schema.
        Err(_) => Value::Bool(true),
    }
}

fn member<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Map<String, Value>> {
    value.get_mut(key).and_then(Value::as_object_mut)
}

/// Adds the schema of a node of this type and what it refers to, all under names that begin with the type's.
fn define(node_type: &dyn AnyNodeType, definitions: &mut Map<String, Value>) {
    let name = node_type.name();
    let mut schema = node_type.config_schema();
    prefix_references(&mut schema, name);
    let Some(config) = schema.as_object_mut() else {
        return;
    };
    config.remove("$schema");
    config.remove("title");
    // What it says is about the Rust type.
    config.remove("description");
    if let Some(Value::Object(inner)) = config.remove("$defs") {
        for (definition, value) in inner {
            definitions.insert(format!("{name}.{definition}"), value);
        }
    }
    let properties = config.entry("properties").or_insert_with(|| json!({}));
    if let Some(properties) = properties.as_object_mut() {
        properties.insert("type".to_owned(), Value::Bool(true));
        if node_type.role() != Role::Source {
            properties.insert("from".to_owned(), json!({ "$ref": "#/definitions/wires" }));
            properties.insert("overflow".to_owned(), json!({ "$ref": "#/definitions/overflow" }));
        }
        if node_type.role() == Role::Sink {
            properties.insert("buffer".to_owned(), json!({ "$ref": "#/definitions/buffer" }));
        }
    }
    if let (Value::Array(required), true) = (
        config.entry("required").or_insert_with(|| json!([])),
        node_type.role() != Role::Source,
    ) {
        required.push("from".into());
    }
    config.insert("additionalProperties".to_owned(), Value::Bool(false));
    definitions.insert(name.to_owned(), schema);
}

/// `#/$defs/Field` becomes `#/definitions/kpi.Field`.
fn prefix_references(schema: &mut Value, name: &str) {
    let mut pending = vec![schema];
    while let Some(value) = pending.pop() {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get_mut("$ref")
                    && let Some(definition) = reference.strip_prefix("#/$defs/")
                {
                    *reference = format!("#/definitions/{name}.{definition}");
                }
                pending.extend(members.values_mut());
            }
            Value::Array(items) => pending.extend(items),
            _ => {}
        }
    }
}

fn node(registry: &Registry) -> Value {
    let is = |key: &str, value: Value| json!({ "properties": { key: value }, "required": [key] });
    let mut types: Vec<Value> = Vec::new();
    let mut rules: Vec<Value> = Vec::new();
    for node_type in registry.all() {
        let name = node_type.name();
        types.push(json!({
            "const": name,
            "description": first_sentence(node_type.doc()),
            "markdownDescription": format!("{} ({})\n\n{}", name, node_type.role().name(), node_type.doc()),
        }));
        rules.push(json!({
            "if": is("type", json!({ "const": name })),
            "then": { "$ref": format!("#/definitions/{name}") }
        }));
    }
    types.push(json!({
        "type": "string",
        "pattern": r"\.rhai$",
        "description": "a node type of your own: the path of its script, relative to the flow file"
    }));
    rules.push(json!({
        "if": { "required": ["template"] },
        "then": { "$ref": "#/definitions/copies" }
    }));
    let [type_key, from_key, overflow_key, buffer_key] = WIRING_KEYS;
    json!({
        "type": "object",
        "properties": {
            type_key: { "description": "what the node does; `twinflow nodes` lists the types", "anyOf": types },
            from_key: { "$ref": "#/definitions/wires" },
            overflow_key: { "$ref": "#/definitions/overflow" },
            buffer_key: { "$ref": "#/definitions/buffer" },
            "template": { "type": "string", "description": "the template, from `templates:`, whose nodes stand here" }
        },
        "anyOf": [{ "required": [type_key] }, { "required": ["template"] }],
        "allOf": rules
    })
}

fn wires() -> Value {
    json!({
        "description": "where the records come from: a node's name, or a list of names; `node.output` where a node has several",
        "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }]
    })
}

fn template_definition() -> Value {
    let mut schema = template_schema();
    if let Some(nodes) = schema
        .pointer_mut("/properties/nodes")
        .and_then(Value::as_object_mut)
    {
        nodes.insert(
            "additionalProperties".to_owned(),
            json!({ "$ref": "#/definitions/node" }),
        );
    }
    schema
}

/// Lets a constant, a parameter or a variable of the environment stand for whatever is no text.
struct Fillable;

impl Transform for Fillable {
    fn transform(&mut self, schema: &mut Schema) {
        let mut kinds = match schema.get("type") {
            Some(Value::String(kind)) => vec![Value::from(kind.as_str())],
            Some(Value::Array(kinds)) => kinds.clone(),
            _ => Vec::new(),
        };
        if !kinds.is_empty() && !kinds.iter().any(|kind| kind == "string") {
            kinds.push("string".into());
            schema.insert("type".to_owned(), kinds.into());
            schema.insert("pattern".to_owned(), r"^\$[({]".into());
        }
        transform_subschemas(self, schema);
    }
}

/// Gives every description that has code in it a twin that editors show as Markdown.
struct Hover;

impl Transform for Hover {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(text) = schema.get("description").and_then(Value::as_str)
            && text.contains('`')
            && schema.get("markdownDescription").is_none()
        {
            let text = text.to_owned();
            schema.insert("markdownDescription".to_owned(), text.into());
        }
        transform_subschemas(self, schema);
    }
}
