//! What may be the name of a node, a template or a constant.

use super::span::Spanned;
use crate::diagnostic::{Code, Diagnostic, shortened};

/// Whether it is a word that formulas, topics, file names and addresses can carry as it is. A dot separates an output.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

/// Reports a name that is none; `owner` is what it should name: "a node".
pub(super) fn check(name: &Spanned<String>, owner: &str, diagnostics: &mut Vec<Diagnostic>) {
    if !is_name(name) {
        diagnostics.push(
            Diagnostic::new(
                Code::BadName,
                name.span,
                format!("`{}` is no name for {owner}", shortened(name)),
            )
            .with_help("a name begins with a letter and goes on with letters, digits, `_` or `-`"),
        );
    }
}
