//! The texts of a model as YAML: written with comments, and read back with every mistake at its place.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{
    Ordered, SourceId, Span, Spanned, check_shape, from_yaml, listed, parse_yaml,
};
use twinflow_models::{Class, Model, SeverityRule};

/// What people read of a model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Texts {
    /// When a fault is of which severity.
    severity: Spanned<Severity>,
    /// The texts of each class, by its code.
    classes: Spanned<Ordered<ClassTexts>>,
}

/// When a fault is of which severity.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Severity {
    /// The confidence from which on it is Medium.
    #[schemars(range(min = 0, max = 1))]
    medium_from: f32,
    /// The confidence from which on it is High.
    #[schemars(range(min = 0, max = 1))]
    high_from: f32,
}

/// The texts of one class.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClassTexts {
    /// What it is called.
    label: Spanned<String>,
    /// What a technician should do.
    advice: String,
}

/// The texts of a model, with comments.
pub(super) fn write(model: &Model, path: &Path) -> String {
    // JSON's quoted texts are YAML's.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let SeverityRule {
        medium_from,
        high_from,
    } = model.severity_rule();
    let path = path.display();
    let mut text = format!(
        "# What people read of the model {path}. Edit it, and write it back:
#   twinflow model set {path} <this file>

# A fault's severity by the model's confidence, 0 to 1. What is below both is Low.
severity:
  medium_from: {medium_from}
  high_from: {high_from}

# By the code of the class. The codes, and which of them is normal operation, stay as they were trained.
classes:
"
    );
    for class in model.classes().iter() {
        let normal = if class.normal { "  # normal operation" } else { "" };
        // Writing into a text does not fail.
        let _ = write!(
            text,
            "  {}:{normal}\n    label: {}\n    advice: {}\n",
            class.code,
            quoted(&class.label),
            quoted(&class.advice)
        );
    }
    text
}

/// The model with the texts of a file, or everything that is wrong with them.
pub(super) fn apply(model: &Model, text: &str) -> Result<Model, Vec<Diagnostic>> {
    let mut found = Vec::new();
    // `${NAME}` would be filled in once, here, and not where the model is used: no name is known.
    let nothing = BTreeMap::<String, String>::new();
    let Some(yaml) = parse_yaml(SourceId(0), text, &nothing, &mut found) else {
        return Err(found);
    };
    let schema = schemars::schema_for!(Texts).to_value();
    check_shape(&yaml, &schema, "the file of texts", &mut found);
    if !found.is_empty() {
        return Err(found);
    }
    let texts: Texts = from_yaml(&yaml).map_err(|mismatch| {
        let place = mismatch.span.unwrap_or(yaml.span);
        vec![Diagnostic::new(Code::WrongValue, place, mismatch.message)]
    })?;
    let severity = severity(&texts.severity, &mut found);
    let classes = classes(model, &texts.classes, &mut found);
    match (found.is_empty(), severity) {
        (true, Some(severity)) => Ok(model.with_texts(&classes, severity)),
        _ => Err(found),
    }
}

fn severity(texts: &Spanned<Severity>, found: &mut Vec<Diagnostic>) -> Option<SeverityRule> {
    let rule = SeverityRule {
        medium_from: texts.medium_from,
        high_from: texts.high_from,
    };
    if rule.is_in_order() {
        return Some(rule);
    }
    let message = format!(
        "`medium_from` is {} and `high_from` is {}: 0 ≤ medium_from ≤ high_from ≤ 1 is due",
        rule.medium_from, rule.high_from
    );
    found.push(Diagnostic::new(Code::WrongValue, texts.span, message));
    None
}

/// The model's classes with the texts of the file, as far as they are right.
fn classes(model: &Model, texts: &Spanned<Ordered<ClassTexts>>, found: &mut Vec<Diagnostic>) -> Vec<Class> {
    let codes: Vec<String> = model
        .classes()
        .iter()
        .map(|class| class.code.to_string())
        .collect();
    let report = |place: Span, message: String, found: &mut Vec<Diagnostic>| {
        let help = format!("its codes are {}", listed(codes.iter().map(String::as_str)));
        found.push(Diagnostic::new(Code::WrongValue, place, message).with_help(help));
    };
    for (code, class) in texts.iter() {
        if !codes.contains(&code.value) {
            report(
                code.span,
                format!("the model has no class of code `{}`", code.value),
                found,
            );
        }
        if class.label.trim().is_empty() {
            let message = format!("the class of code `{}` has no name", code.value);
            found.push(Diagnostic::new(Code::WrongValue, class.label.span, message));
        }
    }
    let mut classes = Vec::new();
    for class in model.classes().iter() {
        let code = class.code.to_string();
        match texts.iter().find(|(known, _)| known.value == code) {
            Some((_, texts)) => classes.push(Class {
                label: texts.label.value.clone(),
                advice: texts.advice.clone(),
                ..class.clone()
            }),
            None => report(
                texts.span,
                format!("the class of code `{code}` ({}) is missing", class.label),
                found,
            ),
        }
    }
    classes
}
