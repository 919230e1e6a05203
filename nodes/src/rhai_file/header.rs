//! The header of a `.rhai` file that is a node type: a comment at its beginning, written in YAML.
//!
//! ```text
//! /* twinflow: 1
//! doc: The mean of the last readings.
//! config:
//!   window: { type: integer, default: 20, range: [1, 1000], doc: how many readings }
//! inputs:
//!   value: { unit: any, doc: what to smooth }
//! outputs:
//!   average: { like: value }
//! */
//! ```

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use twinflow_engine::diagnostic::{Code, Diagnostic, shortened};
use twinflow_engine::language::{
    Environment, Ordered, SourceId, Span, Spanned, check_shape, from_yaml, listed, parse_yaml,
};
use twinflow_engine::unit::Unit;

use super::fields::ANY;
use crate::field_spec::TypeName;
use crate::script::check_names;

/// What a node type of the user's own says of itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// The version of the flow language: 1.
    pub twinflow: Spanned<i64>,
    /// What the node is for; the first sentence is what lists show.
    #[serde(default)]
    pub doc: String,
    /// What a flow can set, by name.
    #[serde(default)]
    pub config: Ordered<Setting>,
    /// The fields that the script reads, by the names that it has for them.
    #[serde(default)]
    pub inputs: Ordered<InputSpec>,
    /// The fields that the script adds, by the names that it has for them.
    #[serde(default)]
    pub outputs: Ordered<OutputSpec>,
    /// Names of the node's outputs, for a script that sends records different ways.
    #[serde(default)]
    pub ports: Vec<Spanned<String>>,
    /// How often the script also runs without a record, such as every `5 s`.
    pub tick: Option<Spanned<String>>,
}

/// Something that a flow can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    /// number (the default), integer, boolean or text.
    #[serde(rename = "type", default)]
    pub type_name: SettingType,
    /// The unit of a number, in which the script gets it.
    pub unit: Option<Spanned<String>>,
    /// The input whose unit a number is in.
    pub like: Option<Spanned<String>>,
    /// What it is where the flow does not set it; without one, the flow must.
    pub default: Option<Spanned<Json>>,
    /// The least and the greatest number that is allowed.
    pub range: Option<Spanned<[f64; 2]>>,
    /// The texts that are allowed.
    #[serde(default)]
    pub choices: Vec<String>,
    /// What it means.
    #[serde(default)]
    pub doc: String,
}

/// The kind of a setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum SettingType {
    #[default]
    Number,
    Integer,
    Boolean,
    Text,
}

/// A field that a script reads.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InputSpec {
    /// number (the default), integer, boolean, text, time or json.
    #[serde(rename = "type", default)]
    pub type_name: TypeName,
    /// The unit in which the script gets a number, or `any` for the unit that it has.
    pub unit: Option<Spanned<String>>,
    /// What it is.
    #[serde(default)]
    pub doc: String,
}

/// A field that a script adds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OutputSpec {
    /// number (the default), integer, boolean, text, time or json.
    #[serde(rename = "type", default)]
    pub type_name: TypeName,
    /// The unit of a number.
    pub unit: Option<Spanned<String>>,
    /// The input whose type, unit and range it has.
    pub like: Option<Spanned<String>>,
    /// Least and greatest value that is meant to be reached.
    pub range: Option<Spanned<[f64; 2]>>,
    /// What people call it.
    pub title: Option<String>,
    /// Whether the script may leave it out.
    #[serde(default)]
    pub optional: bool,
    /// What it is.
    #[serde(default)]
    pub doc: String,
}

/// A header takes nothing from the environment.
struct NoEnvironment;

impl Environment for NoEnvironment {
    fn get(&self, _: &str) -> Option<String> {
        None
    }
}

/// How a header is written, for messages.
const SHAPE: &str = "begin the file with a comment such as `/* twinflow: 1`, then lines `doc: …`, `inputs: …` and `outputs: …`, then `*/`";

/// Reads the header of a file; reports what is wrong with it, be there a header or none.
pub(super) fn read(source: SourceId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Header> {
    let whole_line = Span::new(source, 0, text.lines().next().unwrap_or_default().len());
    let Some((start, end)) = bounds(text) else {
        diagnostics.push(
            Diagnostic::new(
                Code::NodeFile,
                whole_line,
                "this script says not what it needs and gives",
            )
            .with_help(SHAPE),
        );
        return None;
    };
    // Line breaks in place of what stands before keep every byte where it is.
    let yaml = format!(
        "{}{}",
        "\n".repeat(start),
        text.get(start..end).unwrap_or_default()
    );
    let before = diagnostics.len();
    let yaml = parse_yaml(source, &yaml, &NoEnvironment, diagnostics)?;
    let schema = schemars::schema_for!(Header).to_value();
    check_shape(&yaml, &schema, "the header", diagnostics);
    if diagnostics.iter().skip(before).any(Diagnostic::is_error) {
        return None;
    }
    match from_yaml::<Header>(&yaml) {
        Ok(header) if header.twinflow.value == 1 => {
            check(&header, diagnostics);
            Some(header)
        }
        Ok(header) => {
            let message = format!("the language version {} is not known", header.twinflow.value);
            diagnostics.push(
                Diagnostic::new(Code::LanguageVersion, header.twinflow.span, message)
                    .with_help("this twinflow reads version 1: write `twinflow: 1`"),
            );
            None
        }
        Err(mismatch) => {
            let span = mismatch.span.unwrap_or(whole_line);
            diagnostics.push(Diagnostic::new(Code::NodeFile, span, mismatch.message));
            None
        }
    }
}

/// Where the header's YAML begins and ends: within the first comment, when it speaks of `twinflow`.
fn bounds(text: &str) -> Option<(usize, usize)> {
    let comment = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .strip_prefix("/*")?;
    let yaml = comment.trim_start();
    if !yaml.starts_with("twinflow") {
        return None;
    }
    let start = text.len() - yaml.len();
    Some((start, start + yaml.find("*/")?))
}

/// What the shape of a header does not tell: names, units, and inputs that others are like.
fn check(header: &Header, diagnostics: &mut Vec<Diagnostic>) {
    let names = header.config.iter().map(|(name, _)| name);
    let names = names.chain(header.inputs.iter().map(|(name, _)| name));
    let names: Vec<&Spanned<String>> = names.chain(header.outputs.iter().map(|(name, _)| name)).collect();
    check_names(names.iter().copied(), Code::NodeFile, &mut |found| {
        diagnostics.push(found)
    });
    const TAKEN: [&str; 4] = ["type", "from", "inputs", "outputs"];
    for name in names {
        let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_word {
            let message = format!("`{}` cannot be a name in a script", shortened(name));
            diagnostics.push(Diagnostic::new(Code::NodeFile, name.span, message).with_help(
                "a name begins with a letter and goes on with letters, digits or `_`, without accents",
            ));
        }
    }
    for (name, _) in header
        .config
        .iter()
        .filter(|(name, _)| TAKEN.contains(&name.as_str()))
    {
        let message = format!(
            "a setting cannot be called `{}`: a node has that already",
            name.value
        );
        diagnostics.push(Diagnostic::new(Code::NodeFile, name.span, message));
    }
    let likes = header.config.iter().map(|(_, setting)| &setting.like);
    let likes = likes.chain(header.outputs.iter().map(|(_, output)| &output.like));
    for like in likes.flatten() {
        if !header.inputs.iter().any(|(name, _)| name.value == like.value) {
            let known = listed(header.inputs.iter().map(|(name, _)| name.as_str()));
            let message = format!("there is no input `{}`", shortened(like));
            diagnostics.push(
                Diagnostic::new(Code::NodeFile, like.span, message)
                    .with_help(format!("its inputs are {known}")),
            );
        }
    }
    let units = header.config.iter().map(|(_, setting)| &setting.unit);
    let units = units.chain(header.outputs.iter().map(|(_, output)| &output.unit));
    let inputs = header.inputs.iter().map(|(_, input)| &input.unit);
    let inputs = inputs.filter(|unit| unit.as_ref().is_none_or(|unit| unit.value != ANY));
    for unit in units.chain(inputs).flatten() {
        if let Err(error) = Unit::parse(unit) {
            diagnostics.push(Diagnostic::new(Code::UnknownUnit, unit.span, error.to_string()));
        }
    }
}
