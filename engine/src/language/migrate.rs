//! Bringing a flow of an older language version to the present one, as text: comments and layout stay.

use thiserror::Error;

use super::document::{LANGUAGE_VERSION, OLDEST_VERSION};
use super::environment::Environment;
use super::source_text::Sources;
use super::span::SourceId;
use super::yaml::{self, Yaml, YamlValue};
use crate::diagnostic::Diagnostic;

/// Why a text cannot be brought to the present version.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// It cannot be read at all.
    #[error("the file cannot be read")]
    Unreadable {
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
        /// The text that they point into.
        sources: Sources,
    },
    /// It is for another program than this one.
    #[error(
        "the language version `{0}` is not one that this twinflow knows; it knows {OLDEST_VERSION} to {LANGUAGE_VERSION}"
    )]
    UnknownVersion(String),
}

/// A step from one version to the next: what has to change in the text.
type Step = fn(&str, &Yaml) -> String;

/// The step at place n leads from version n to n + 1.
const STEPS: [Step; LANGUAGE_VERSION as usize] = [to_version_1];

/// Variables are not looked up: the text keeps them.
struct Unset;

impl Environment for Unset {
    fn get(&self, _: &str) -> Option<String> {
        Some(String::new())
    }
}

/// The text in the present version; the same text when it is in it already.
///
/// # Errors
/// A text that is no flow, or is of a version that is not known.
pub fn migrate(path: &std::path::Path, text: &str) -> Result<String, MigrateError> {
    let mut text = text.to_owned();
    loop {
        let root = read(path, &text)?;
        let version = version(&root)?;
        let step = usize::try_from(version)
            .ok()
            .and_then(|version| STEPS.get(version));
        match step {
            Some(step) => text = step(&text, &root),
            None => return Ok(text),
        }
    }
}

fn read(path: &std::path::Path, text: &str) -> Result<Yaml, MigrateError> {
    let mut diagnostics = Vec::new();
    let root = yaml::parse(SourceId(0), text, &Unset, &mut diagnostics);
    match root {
        Some(root) if matches!(root.value, YamlValue::Mapping(_)) => Ok(root),
        _ => Err(MigrateError::Unreadable {
            diagnostics,
            sources: Sources::single(path, text),
        }),
    }
}

fn version(root: &Yaml) -> Result<i64, MigrateError> {
    let found = match root.get("twinflow") {
        None => return Ok(OLDEST_VERSION),
        Some(found) => found,
    };
    match &found.value {
        YamlValue::Integer(version, _) if (OLDEST_VERSION..=LANGUAGE_VERSION).contains(version) => {
            Ok(*version)
        }
        _ => Err(MigrateError::UnknownVersion(
            found.scalar_text().unwrap_or_default().to_owned(),
        )),
    }
}

/// Version 1 is the first that a file says: the line is all that was missing.
fn to_version_1(text: &str, root: &Yaml) -> String {
    if let Some(version) = root.get("twinflow") {
        let (before, behind) = (
            text.get(..version.span.start as usize),
            text.get(version.span.end as usize..),
        );
        return format!("{}1{}", before.unwrap_or_default(), behind.unwrap_or_default());
    }
    let first = root
        .entries()
        .first()
        .map_or(0, |entry| entry.key.span.start as usize);
    let key = text
        .get(..first)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    // A comment right above the first key goes with the key, unless it begins the file: then it speaks of all of it.
    let mut place = key;
    while let Some(line) = text
        .get(..place)
        .and_then(|before| before.split_inclusive('\n').next_back())
    {
        if line.trim().is_empty() {
            break;
        }
        place -= line.len();
    }
    let place = if place == 0 { key } else { place };
    let (head, rest) = text.split_at_checked(place).unwrap_or(("", text));
    format!("{head}twinflow: 1\n{rest}")
}
