//! `templates:` - nodes that are made several times.
//!
//! ```yaml
//! templates:
//!   fan:
//!     parameters: { limit: 45 °C }
//!     nodes:
//!       in: { type: mqtt-in, topic: factory/$(name)/data, … }
//! nodes:
//!   fans: { template: fan, for_each: [fan-1, fan-2] }
//! ```
//!
//! makes the nodes `fans.fan-1.in` and `fans.fan-2.in`. `from: fans.in` means both.

use serde_json::{Value, json};

use super::name;
use super::shape;
use super::span::{Span, Spanned};
use super::yaml::{Entry, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, shortened};

/// A template as the flow defines it.
#[derive(Clone)]
pub(super) struct Template<'t> {
    pub name: &'t Spanned<String>,
    /// With their defaults; one without must be given.
    pub parameters: Vec<(&'t Spanned<String>, Option<&'t Yaml>)>,
    pub nodes: &'t [Entry],
    /// Where its nodes stand.
    pub span: Span,
}

/// Where nodes were made from a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// The template's nodes in the text.
    pub template: Span,
    /// The name that they were made for.
    pub made_for: Span,
}

impl Instance {
    /// Adds to a finding about a node of the template what the node is made for.
    pub(crate) fn point_out(&self, diagnostic: &mut Diagnostic) {
        let is_told = diagnostic.related.iter().any(|(span, _)| *span == self.made_for);
        if !is_told && diagnostic.span != Some(self.made_for) {
            diagnostic
                .related
                .push((self.made_for, "made for this".to_owned()));
        }
    }
}

impl<'t> Template<'t> {
    pub fn read(entry: &'t Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let before = diagnostics.len();
        let owner = format!("the template `{}`", shortened(&entry.key));
        shape::check(&entry.value, &template_schema(), &owner, diagnostics);
        if diagnostics.len() > before {
            return None;
        }
        let parameters = entry
            .value
            .get("parameters")
            .map(Yaml::entries)
            .unwrap_or_default();
        for parameter in parameters {
            name::check(&parameter.key, "a parameter", diagnostics);
            if parameter.key.value == "name" {
                let message = "`$(name)` is the name of what the template is made for";
                diagnostics.push(
                    Diagnostic::new(Code::Template, parameter.key.span, message)
                        .with_help("give the parameter another name, or leave it out"),
                );
            }
        }
        let parameter = |parameter: &'t Entry| {
            let is_needed = parameter.value.value == YamlValue::Null;
            (&parameter.key, (!is_needed).then_some(&parameter.value))
        };
        let nodes = entry.value.get("nodes")?;
        Some(Self {
            name: &entry.key,
            parameters: parameters.iter().map(parameter).collect(),
            nodes: nodes.entries(),
            span: nodes.span,
        })
    }
}

/// The shape of a template in a flow file.
pub(crate) fn template_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "description": { "type": "string", "description": "what it is for" },
            "parameters": { "type": ["object", "null"], "description": "what can be set, each with its default; one without a default must be set" },
            "nodes": { "type": "object", "description": "the nodes to make", "additionalProperties": { "type": "object" } }
        },
        "required": ["nodes"],
        "additionalProperties": false
    })
}

/// The shape of an entry of `nodes:` that is made from a template.
pub(crate) fn template_use_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "template": { "type": "string", "description": "the template's name" },
            "with": { "type": ["object", "null"], "description": "what its parameters are" },
            "for_each": {
                "description": "the names to make it for, or a mapping from each to its parameters",
                "anyOf": [
                    { "type": "array", "items": { "type": "string" } },
                    { "type": "object", "additionalProperties": { "type": ["object", "null"] } }
                ]
            }
        },
        "required": ["template"],
        "additionalProperties": false
    })
}
