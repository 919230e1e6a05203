//! `${NAME}` and `${NAME:-default}` in the values of a flow.
//!
//! Names are upper case. So `` `speed ${rpm}` `` in a rhai script, where rhai itself fills in `rpm`, is left alone.

use std::borrow::Cow;

use super::span::Span;
use crate::diagnostic::{Code, Diagnostic};

/// Where the names get their values: the process's environment, or a table in a test.
pub trait Environment {
    /// The value of `name`, if it is set.
    fn get(&self, name: &str) -> Option<String>;
}

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

impl Environment for std::collections::BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        std::collections::BTreeMap::get(self, name).cloned()
    }
}

/// `text` with its names filled in. A missing one is reported within `span`, whose source text is `raw`, and becomes
/// empty.
pub(crate) fn substitute<'t>(
    text: &'t str,
    raw: &str,
    environment: &dyn Environment,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Cow<'t, str> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(reference) = next_reference(rest) {
        filled.push_str(reference.before);
        match (environment.get(reference.name), reference.default) {
            (Some(value), _) => filled.push_str(&value),
            (None, Some(default)) => filled.push_str(default),
            (None, None) => diagnostics.push(
                Diagnostic::new(
                    Code::MissingEnvironment,
                    place(reference.name, raw, span),
                    format!("the environment variable `{}` is not set", reference.name),
                )
                .with_help(format!(
                    "set it before the start, or give a default: `${{{}:-value}}`",
                    reference.name
                )),
            ),
        }
        rest = reference.after;
    }
    if filled.is_empty() && rest.len() == text.len() {
        Cow::Borrowed(text)
    } else {
        filled.push_str(rest);
        Cow::Owned(filled)
    }
}

/// Where `raw` has the reference, or all of it where escapes hide it.
fn place(name: &str, raw: &str, span: Span) -> Span {
    let reference = format!("${{{name}}}");
    raw.find(&reference).map_or(span, |at| {
        let start = span.start as usize + at;
        Span::new(span.source, start, start + reference.len())
    })
}

struct Reference<'t> {
    before: &'t str,
    name: &'t str,
    default: Option<&'t str>,
    after: &'t str,
}

fn next_reference(text: &str) -> Option<Reference<'_>> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find("${")?;
        let inner_start = at + 2;
        let inner = text.get(inner_start..)?;
        let close = inner.find('}')?;
        let (inside, after) = (inner.get(..close)?, inner.get(close + 1..)?);
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        if is_name(name) {
            return Some(Reference {
                before: text.get(..at)?,
                name,
                default,
                after,
            });
        }
        from = inner_start;
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
