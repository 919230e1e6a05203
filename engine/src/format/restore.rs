//! Puts back what a formatter of YAML changes and a flow's writer does not want changed.

use super::edit::{Edit, apply};
use super::lines::Lines;
use super::scalars::{Block, Scalar, scalars};

/// `formatted` with the quotes and the block scalars of `original`.
pub(super) fn restore(original: &str, formatted: &str) -> String {
    let (old_lines, new_lines) = (Lines::new(original), Lines::new(formatted));
    let mut edits = Vec::new();
    for (old, new) in scalars(original).into_iter().zip(scalars(formatted)) {
        match (old, new) {
            (Scalar::Quoted(old), Scalar::Quoted(new)) => {
                let (Some(old), Some(text)) = (original.get(old), formatted.get(new.clone())) else {
                    continue;
                };
                if let Some(replacement) = with_quotes_of(old, text) {
                    edits.push(Edit {
                        range: new,
                        replacement,
                    });
                }
            }
            // A number behind `|` counts from the indentation of the key: there the formatter knows better.
            (Scalar::Block(old), Scalar::Block(new)) if !old.is_explicit && !new.lines.is_empty() => {
                edits.push(Edit {
                    range: new_lines.bytes(&new.lines),
                    replacement: indented(&old_lines, &old, new.indentation),
                });
            }
            _ => {}
        }
    }
    apply(formatted, edits)
}

/// `new` in the quotation marks of `old`, when they are all that differs.
fn with_quotes_of(old: &str, new: &str) -> Option<String> {
    let inner = |text: &str| Some(text.get(1..text.len().checked_sub(1)?)?.to_owned());
    let (before, after) = (inner(old)?, inner(new)?);
    let quote = old.chars().next()?;
    let is_same = before.split_whitespace().eq(after.split_whitespace());
    (is_same && !new.starts_with(quote)).then(|| format!("{quote}{after}{quote}"))
}

/// The lines of a block scalar, byte for byte behind their indentation.
fn indented(lines: &Lines<'_>, block: &Block, indentation: usize) -> String {
    let mut text = String::new();
    for number in block.lines.clone() {
        let line = lines.get(number);
        let content = line.get(block.indentation..).unwrap_or_default();
        if !content.is_empty() {
            text.extend(std::iter::repeat_n(' ', indentation));
            text.push_str(content);
        }
        text.push('\n');
    }
    text
}
