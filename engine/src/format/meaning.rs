//! What a text says: its values and its comments, without the layout.

use crate::diagnostic::{Code, Diagnostic};
use crate::language::{Entry, Environment, SourceId, Yaml, YamlValue, parse_yaml};

use super::order::{KeyOrder, order_of};
use super::scalars::comments;

/// Leaves `${NAME}` as it is. A default does not show then.
struct AsWritten;

impl Environment for AsWritten {
    fn get(&self, name: &str) -> Option<String> {
        Some(format!("${{{name}}}"))
    }
}

/// Knows no name, so that all defaults show.
struct Defaults;

impl Environment for Defaults {
    fn get(&self, _: &str) -> Option<String> {
        None
    }
}

/// The values and comments of a text.
pub(super) struct Meaning {
    as_written: Yaml,
    with_defaults: Yaml,
    comments: Vec<String>,
}

impl Meaning {
    /// Reads it, or tells what is wrong.
    pub fn of(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut comments: Vec<String> = comments(text).into_iter().map(str::to_owned).collect();
        comments.sort_unstable();
        Ok(Self {
            as_written: read(text, &AsWritten)?,
            with_defaults: read(text, &Defaults)?,
            comments,
        })
    }

    /// Whether `text` says the same.
    pub fn is_of(&self, text: &str) -> bool {
        Self::of(text).is_ok_and(|other| {
            same(&self.as_written, &other.as_written, KeyOrder::TopLevel)
                && same(&self.with_defaults, &other.with_defaults, KeyOrder::TopLevel)
                && self.comments == other.comments
        })
    }
}

/// The tree of a text, with `${NAME}` as it is written; nothing when it is not YAML.
pub(super) fn tree(text: &str) -> Option<Yaml> {
    read(text, &AsWritten).ok()
}

fn read(text: &str, environment: &dyn Environment) -> Result<Yaml, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let root = parse_yaml(SourceId(0), text, environment, &mut diagnostics);
    diagnostics.retain(|diagnostic| diagnostic.code != Code::MissingEnvironment);
    match root {
        Some(root) if diagnostics.is_empty() => Ok(root),
        _ => Err(diagnostics),
    }
}

/// Whether two values are the same, the order of keys aside where formatting may change it. The depth is bounded: the
/// parser refuses more.
fn same(a: &Yaml, b: &Yaml, order: KeyOrder) -> bool {
    match (&a.value, &b.value) {
        (YamlValue::Mapping(a), YamlValue::Mapping(b)) => {
            let (a, b) = (sorted(a, order), sorted(b, order));
            a.len() == b.len()
                && a.iter().zip(&b).all(|(a, b)| {
                    a.key.value == b.key.value && same(&a.value, &b.value, order_of(order, &a.key.value))
                })
        }
        (YamlValue::Sequence(a), YamlValue::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, KeyOrder::AsWritten))
        }
        (YamlValue::Integer(_, a), YamlValue::Integer(_, b))
        | (YamlValue::Number(_, a), YamlValue::Number(_, b)) => a == b,
        (a, b) => a == b,
    }
}

fn sorted(entries: &[Entry], order: KeyOrder) -> Vec<&Entry> {
    let mut entries: Vec<&Entry> = entries.iter().collect();
    if order.keys().is_some() {
        entries.sort_by(|a, b| a.key.value.cmp(&b.key.value));
    }
    entries
}
