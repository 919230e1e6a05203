//! From the text of a script to what the engine runs.

use std::ops::Range;

use rhai::{AST, ParseErrorType, Position};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Span, listed, nearest};

use super::engine::engine;
use super::layout::Layout;

/// What is wrong with a script; nothing when a mistake before it, reported already, may be the reason.
type ScriptError = Option<Box<Diagnostic>>;

/// Compiles a script against the variables that it will have: an unknown name is found here, at its `place`.
pub(crate) fn compile(
    layout: &Layout,
    place: &mut dyn FnMut(Range<usize>) -> Span,
    text: &str,
) -> Result<AST, ScriptError> {
    let (engine, _) = engine(layout);
    engine
        .compile_with_scope(&layout.empty_scope(), text)
        .map_err(|error| {
            let is_unknown_name = matches!(error.err_type(), ParseErrorType::VariableUndefined(_));
            if is_unknown_name && layout.has_more_inputs {
                return None;
            }
            let at = offset(text, error.position());
            let length = text.get(at..).map_or(1, |rest| {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .unwrap_or(rest.len())
                    .max(1)
            });
            let message = format!("the script has an error: {}", error.err_type());
            let diagnostic = Diagnostic::new(Code::Script, place(at..(at + length).min(text.len())), message);
            Some(Box::new(match error.err_type() {
                ParseErrorType::VariableUndefined(name) => match nearest(name, layout.names()) {
                    Some(meant) => diagnostic.with_label(format!("did you mean `{meant}`?")),
                    None => diagnostic,
                }
                .with_help(format!("the script can use {}", listed(layout.names()))),
                _ => diagnostic,
            }))
        })
}

/// The byte at which a line and column of the script stand.
fn offset(text: &str, position: Position) -> usize {
    let line = position.line().unwrap_or(1);
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let column = position.position().unwrap_or(1).saturating_sub(1);
    let within = text
        .get(start..)
        .unwrap_or_default()
        .chars()
        .take(column)
        .map(char::len_utf8)
        .sum::<usize>();
    (start + within).min(text.len())
}
