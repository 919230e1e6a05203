//! The shape of a test in a flow file.

use serde_json::{Value as Json, json};

/// The JSON Schema of a test.
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
