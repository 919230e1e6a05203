//! Short texts about things, as Markdown.

use super::records::KnownField;
use crate::schema::{Field, FieldType};
use crate::unit::{Dimension, Unit};

/// The first sentence of a reference page.
pub(super) fn first_sentence(doc: &str) -> &str {
    let line = doc.split("\n\n").next().unwrap_or_default();
    let end = line.find(". ").or_else(|| line.find(".\n"));
    end.map_or(line, |end| line.get(..=end).unwrap_or(line))
}

/// A field in a few words: `number in °C`.
pub(super) fn field_kind(field: &Field) -> String {
    let optional = if field.optional { ", optional" } else { "" };
    format!("{}{optional}", field.field_type)
}

/// All that is known of a field.
pub(super) fn field(known: &KnownField<'_>) -> String {
    let field = known.field;
    let mut page = format!("**{}**: {}\n", field.name, field_kind(field));
    if field.title.is_some() {
        page.push_str(&format!("\n{}\n", field.display_title()));
    }
    if let Some((low, high)) = field.range {
        let unit = match field.field_type.unit() {
            Some(unit) => format!(" {unit}"),
            None => String::new(),
        };
        page.push_str(&format!("\nRange: {low} to {high}{unit}\n"));
    }
    if field.field_type == FieldType::Integer && !field.labels.is_empty() {
        let labels = field.labels.iter().map(|(code, label)| format!("{code} {label}"));
        page.push_str(&format!("\nValues: {}\n", labels.collect::<Vec<_>>().join(", ")));
    }
    if !known.origin.is_empty() {
        page.push_str(&format!("\nFrom `{}`\n", known.origin));
    }
    page
}

/// The fields of a record as a list.
pub(super) fn fields(fields: &[Field]) -> String {
    // Whoever hovers over a name wants a glance, not hundreds of lines.
    const SHOWN: usize = 40;
    let mut page = String::new();
    for field in fields.iter().take(SHOWN) {
        page.push_str(&format!("- `{}`: {}\n", field.name, field_kind(field)));
    }
    if fields.len() > SHOWN {
        page.push_str(&format!("- {} more\n", fields.len() - SHOWN));
    }
    page
}

/// What a dimension is called, with its base units.
pub(super) fn dimension(dimension: Dimension) -> String {
    match dimension.name() {
        Some(name) if dimension == Dimension::NONE => name.to_owned(),
        Some(name) => format!("{name} ({dimension})"),
        None => dimension.to_string(),
    }
}

/// A unit.
pub(super) fn unit(unit: &Unit) -> String {
    if unit.symbol() == "g" && unit.dimension() == Dimension::ACCELERATION {
        return "**g**: standard gravity, 9.80665 m/s²; gram where a mass is due".to_owned();
    }
    format!("**{}**: {}", unit.symbol(), dimension(unit.dimension()))
}
