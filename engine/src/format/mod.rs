//! The layout of a flow file: what `twinflow fmt` writes.
//!
//! ```text
//! text ──pretty_yaml──▶ even ──restore──▶ with its own quotes and scripts ──order──▶ ──align──▶ text that means the same
//! ```
//!
//! `pretty_yaml` knows YAML's layout and keeps comments. What it would not leave alone (quotes, blank lines of scripts) is put
//! back; the order of keys and the columns are a flow's own. At the end stands a comparison: a result that does not mean
//! what the text meant, or lacks one of its comments, is not given out.

mod align;
mod edit;
mod lines;
mod meaning;
mod order;
mod restore;
mod scalars;

use std::path::Path;

use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions};
use thiserror::Error;

use crate::diagnostic::Diagnostic;
use crate::language::Sources;
use meaning::Meaning;

/// Why a text is left as it is.
#[derive(Debug, Error)]
pub enum FormatError {
    /// It cannot be read: the diagnostics say why.
    #[error("this is not YAML as a flow needs it")]
    Unreadable {
        /// What is wrong.
        diagnostics: Vec<Diagnostic>,
        /// The text that they point into.
        sources: Sources,
    },
    /// It can be read, but not laid out.
    #[error("its layout is beyond this formatter: {0}")]
    Layout(String),
    /// The result would have meant something else.
    #[error(
        "the formatted text would not have meant the same, so the file is left as it is; please report this file"
    )]
    Changed,
}

/// The text of the flow at `path`, laid out. Formatting the result again changes nothing.
pub fn format(path: &Path, text: &str) -> Result<String, FormatError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let meaning = Meaning::of(&text).map_err(|diagnostics| FormatError::Unreadable {
        diagnostics,
        sources: Sources::single(path, text.as_str()),
    })?;
    let mut even = lay_out(&text)?;
    let ordered = order::order(&even);
    // Where an alias came to stand before its anchor, the order stays the writer's.
    if ordered != even && meaning.is_of(&ordered) {
        // Blank lines that were in place before may not be any more.
        even = lay_out(&ordered)?;
    }
    let aligned = align::align(&even);
    let formatted = format!("{}\n", aligned.trim_matches('\n'));
    if meaning.is_of(&formatted) {
        Ok(formatted)
    } else {
        Err(FormatError::Changed)
    }
}

/// Even indentation and spaces, everything else as it is.
fn lay_out(text: &str) -> Result<String, FormatError> {
    let even =
        pretty_yaml::format_text(text, &options()).map_err(|error| FormatError::Layout(error.to_string()))?;
    Ok(restore::restore(text, &even))
}

fn options() -> FormatOptions {
    FormatOptions {
        layout: LayoutOptions {
            // Lines end where their writer ended them.
            print_width: usize::MAX,
            ..LayoutOptions::default()
        },
        language: LanguageOptions {
            trailing_comma: false,
            ..LanguageOptions::default()
        },
    }
}
