//! Diagnostics as GitHub's workflow commands: each becomes a note at its line of a pull request.

use std::path::Path;

use super::Diagnostic;
use super::passwords::masked;
use super::render::in_order;
use crate::language::{Sources, Span};

/// One command a line, in the order of the text.
#[must_use]
pub fn github(flow: &Path, diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut text = String::new();
    for diagnostic in in_order(diagnostics) {
        text.push_str(&command(flow, &masked(diagnostic), sources));
        text.push('\n');
    }
    text
}

fn command(flow: &Path, diagnostic: &Diagnostic, sources: &Sources) -> String {
    let kind = if diagnostic.is_error() { "error" } else { "warning" };
    let path = diagnostic
        .span
        .and_then(|span| sources.path(span))
        .unwrap_or(flow);
    let mut properties = format!("file={}", property(&path.to_string_lossy()));
    if let Some(span) = diagnostic.span {
        properties.push_str(&place(span, sources));
    }
    let mut lines = vec![diagnostic.message.clone()];
    lines.extend(diagnostic.label.iter().filter(|label| !label.is_empty()).cloned());
    lines.extend(diagnostic.help.iter().map(|help| format!("help: {help}")));
    let message = data(&lines.join("\n"));
    format!("::{kind} {properties},title={}::{message}", diagnostic.code.id())
}

/// GitHub takes columns only where a note does not go beyond its line.
fn place(span: Span, sources: &Sources) -> String {
    let start = sources.line_column(span);
    let end = sources.line_column(Span {
        start: span.end,
        ..span
    });
    if start.line == end.line {
        format!(
            ",line={},col={},endLine={},endColumn={}",
            start.line, start.column, end.line, end.column
        )
    } else {
        format!(",line={},endLine={}", start.line, end.line)
    }
}

/// Text behind the `::`, where only line ends and the sign of an escape have a meaning.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which a comma or a colon would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
