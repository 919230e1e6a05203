//! How a flow declares a field: its type, unit, range and title.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Span, Spanned};
use twinflow_engine::node::Check;
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;

/// The kind of values that a field holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TypeName {
    /// A number, with a unit if it has one.
    #[default]
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// Text.
    Text,
    /// A point in time.
    Time,
    /// Anything; only passed through.
    Json,
}

/// A declared field.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    /// number (the default), integer, boolean, text, time or json.
    #[serde(rename = "type", default)]
    pub type_name: TypeName,
    /// Where it stands in the payload, such as `true_state.temp` or `sensors[0]`; by default under its name.
    pub path: Option<Spanned<String>>,
    /// Unit of a number, such as °C, A or m/s².
    pub unit: Option<Spanned<String>>,
    /// Least and greatest value that the plant is meant to reach: gauges and charts are drawn to it.
    pub range: Option<Spanned<[f64; 2]>>,
    /// What people call it.
    pub title: Option<String>,
    /// Names of an integer's values, such as fault codes.
    #[serde(default)]
    pub labels: BTreeMap<i64, String>,
    /// Whether a record may lack it.
    #[serde(default)]
    pub optional: bool,
}

impl FieldSpec {
    /// The field called `name`, or reports of what does not fit.
    pub fn field(&self, name: &Spanned<String>, check: &mut Check<'_>) -> Option<Field> {
        let field_type = self.field_type(check)?;
        check_field_name(name, check)?;
        let range = match &self.range {
            None => None,
            Some(range) => Some(ordered(range, check)?),
        };
        Some(Field {
            name: name.value.as_str().into(),
            field_type,
            title: self.title.clone(),
            range,
            labels: self.labels.clone(),
            optional: self.optional,
        })
    }

    fn field_type(&self, check: &mut Check<'_>) -> Option<FieldType> {
        let unit = match &self.unit {
            Some(unit) => check.unit(unit)?,
            None => Unit::none(),
        };
        match (self.type_name, &self.unit) {
            (TypeName::Number, _) => Some(FieldType::Number(unit)),
            (_, Some(unit)) => {
                check.report(
                    Diagnostic::new(Code::WrongValue, unit.span, "only numbers have a unit")
                        .with_help("remove `unit`, or make the field a number"),
                );
                None
            }
            (TypeName::Integer, None) => Some(FieldType::Integer),
            (TypeName::Boolean, None) => Some(FieldType::Boolean),
            (TypeName::Text, None) => Some(FieldType::Text),
            (TypeName::Time, None) => Some(FieldType::Time),
            (TypeName::Json, None) => Some(FieldType::Json),
        }
    }
}

/// A range from low to high, or a report.
pub fn ordered(range: &Spanned<[f64; 2]>, check: &mut Check<'_>) -> Option<(f64, f64)> {
    let [low, high] = range.value;
    if low < high && low.is_finite() && high.is_finite() {
        return Some((low, high));
    }
    check.report(
        Diagnostic::new(
            Code::WrongValue,
            range.span,
            format!("the range goes from {low} to {high}"),
        )
        .with_help("write the smaller number first: `range: [0, 60]`"),
    );
    None
}

/// Warns where values can go further than a range; `whose` is what it is the range of.
pub fn warn_if_exceeded(
    range: (f64, f64),
    reached: (f64, f64),
    field: &Field,
    whose: &str,
    place: Span,
    check: &mut Check<'_>,
) {
    // What is lost in rounding is no excess.
    let slack = (range.1 - range.0) * 1e-9;
    let unit = field
        .field_type
        .unit()
        .map(|unit| format!(" {unit}"))
        .unwrap_or_default();
    let (low, high) = reached;
    let message = if high.is_finite() && high > range.1 + slack {
        format!(
            "the range of {whose} ends at {}{unit}, and the values go up to {high}{unit}",
            range.1
        )
    } else if low.is_finite() && low < range.0 - slack {
        format!(
            "the range of {whose} begins at {}{unit}, and the values go down to {low}{unit}",
            range.0
        )
    } else {
        return;
    };
    let shown = |bound: f64, otherwise: f64| if bound.is_finite() { bound } else { otherwise };
    let (least, most) = (
        shown(low, range.0).min(range.0),
        shown(high, range.1).max(range.1),
    );
    check.report(
        Diagnostic::new(Code::RangeExceeded, place, message).with_help(format!(
            "write `range: [{least}, {most}]`, or narrow the ranges of the fields behind it"
        )),
    );
}

/// A field's name is a word that formulas and scripts can use as it is.
pub fn check_field_name(name: &Spanned<String>, check: &mut Check<'_>) -> Option<()> {
    const KEYWORDS: [&str; 6] = ["in", "and", "or", "not", "true", "false"];
    let is_word = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !KEYWORDS.contains(&name.as_str());
    if is_word {
        return Some(());
    }
    let shown = twinflow_engine::diagnostic::shortened(name);
    let help = if KEYWORDS.contains(&name.as_str()) {
        "it is a word of the formula language; give the field another name"
    } else {
        "a name begins with a letter and goes on with letters, digits or `_`"
    };
    check.report(
        Diagnostic::new(
            Code::BadName,
            name.span,
            format!("`{shown}` is no name for a field"),
        )
        .with_help(help),
    );
    None
}
