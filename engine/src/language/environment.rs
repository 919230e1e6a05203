//! What surrounds a flow: variables of the environment, and other files.
//!
//! `${NAME}` and `${NAME:-default}` stand in the values of a flow. Names are upper case. So `` `speed ${rpm}` `` in a rhai
//! script, where rhai itself fills in `rpm`, is left alone.

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::Path;

use super::span::Span;
use crate::diagnostic::{Code, Diagnostic};

/// Where a flow gets what is not in its own text: from the process and its disk, or from a table in a test.
pub trait Environment {
    /// The value of the variable `name`, if it is set.
    fn get(&self, name: &str) -> Option<String>;

    /// The text of a file that is part of the flow: one that it includes, or a node type of its own.
    ///
    /// # Errors
    /// Why there is none, in a user's words.
    fn read(&self, path: &Path) -> Result<String, String> {
        read_text(path)
    }
}

/// Larger files are no flows, in bytes.
pub const MAX_FLOW_BYTES: u64 = 16 * 1024 * 1024;

/// Reads a text of a flow from the disk.
///
/// # Errors
/// Why it cannot be read: missing, too large, or no UTF-8.
pub fn read_text(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_FLOW_BYTES {
        return Err("it is larger than 16 MiB: this is no flow file".to_owned());
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().iter().take(valid);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} is not UTF-8 text; save the file as UTF-8")
    })
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

/// An environment that remembers the secrets that were asked of it, so that no message repeats them.
pub(crate) struct Discreet<'e> {
    environment: &'e dyn Environment,
    secrets: RefCell<Vec<String>>,
}

impl<'e> Discreet<'e> {
    pub fn new(environment: &'e dyn Environment) -> Self {
        Self {
            environment,
            secrets: RefCell::default(),
        }
    }

    /// The values that were asked for and must not be shown, the longest first.
    pub fn into_secrets(self) -> Vec<String> {
        let mut secrets = self.secrets.into_inner();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        secrets
    }
}

impl Environment for Discreet<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let value = self.environment.get(name)?;
        // Hiding a word of two letters would riddle the messages with stars and hide nothing.
        if is_secret(name) && value.len() > 2 {
            self.secrets.borrow_mut().push(value.clone());
        }
        Some(value)
    }

    fn read(&self, path: &Path) -> Result<String, String> {
        self.environment.read(path)
    }
}

/// Whether a variable of this name holds something that is not for every eye.
fn is_secret(name: &str) -> bool {
    const WORDS: [&str; 7] = [
        "PASSWORD",
        "PASSWD",
        "PASS",
        "SECRET",
        "TOKEN",
        "KEY",
        "CREDENTIAL",
    ];
    name.split('_')
        .any(|part| WORDS.contains(&part.trim_end_matches('S')) || WORDS.contains(&part))
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
