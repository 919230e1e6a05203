//! Scripts in rhai: the engine that runs them, what they can see, and how they are compiled.

use std::ops::Range;

use rhai::{AST, Dynamic, Engine, EvalAltResult, Map, OptimizationLevel, ParseErrorType, Position, Scope};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Span, Spanned, listed, nearest};
use twinflow_engine::schema::Field;

/// What the script's variables are, in the order in which they stand in its scope.
#[derive(Clone)]
pub(crate) struct Layout {
    /// Constants: the fields of the record.
    pub inputs: Vec<Field>,
    /// Whether a mistake before the node keeps some of them from being known.
    pub has_more_inputs: bool,
    /// What the script assigns.
    pub outputs: Vec<Field>,
}

/// An engine with what a plant's script needs, and no way out.
pub(crate) fn engine() -> Engine {
    let mut engine = Engine::new();
    // The optimiser would put the values of the scope's constants into the script: of the empty scope that it is compiled
    // against, not of a record.
    engine.set_optimization_level(OptimizationLevel::None);
    // The library's own blocks the thread, and the flow with it.
    engine.register_fn("sleep", |_: i64| no_sleep());
    engine.register_fn("sleep", |_: f64| no_sleep());
    engine
        .set_max_operations(1_000_000)
        .set_max_call_levels(32)
        .set_max_expr_depths(64, 32)
        .set_max_string_size(64 * 1024)
        .set_max_array_size(10_000)
        .set_max_map_size(1_000)
        .set_max_variables(1_000)
        .set_strict_variables(true)
        .disable_symbol("eval")
        .disable_symbol("import");
    engine.on_print(|text| tracing::info!(target: "script", "{text}"));
    engine.on_debug(|text, _, position| tracing::debug!(target: "script", "{position}: {text}"));
    engine
}

fn no_sleep() -> Result<(), Box<EvalAltResult>> {
    Err("a script cannot sleep: the records behind it would wait".into())
}

pub(crate) fn scope(layout: &Layout) -> Scope<'static> {
    let mut scope = Scope::new();
    for field in &layout.inputs {
        scope.push_constant_dynamic(&*field.name, Dynamic::UNIT);
    }
    scope
        .push_constant_dynamic("time", Dynamic::UNIT)
        .push_constant_dynamic("key", Dynamic::UNIT);
    scope.push_dynamic("state", Map::new().into());
    for field in &layout.outputs {
        scope.push_dynamic(&*field.name, Dynamic::UNIT);
    }
    scope
}

/// What is wrong with a script; nothing when a mistake before it, reported already, may be the reason.
pub(crate) type ScriptError = Option<Box<Diagnostic>>;

/// Compiles a script against the variables that it will have: an unknown name is found here, at its line.
pub(crate) fn compile(
    engine: &Engine,
    layout: &Layout,
    name: &Spanned<String>,
    place: &mut dyn FnMut(Range<usize>) -> Span,
    text: &str,
) -> Result<AST, ScriptError> {
    let is_file = name.value != text;
    engine.compile_with_scope(&scope(layout), text).map_err(|error| {
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
        let message = if is_file {
            format!(
                "the script {} has an error: {}, at {}",
                name.value,
                error.err_type(),
                error.position()
            )
        } else {
            format!("the script has an error: {}", error.err_type())
        };
        let diagnostic = Diagnostic::new(Code::Script, place(at..(at + length).min(text.len())), message);
        let known = layout.inputs.iter().chain(&layout.outputs);
        let known: Vec<&str> = known
            .map(|field| &*field.name)
            .chain(["state", "time", "key"])
            .collect();
        Some(Box::new(match error.err_type() {
            ParseErrorType::VariableUndefined(name) => {
                let names = listed(known.iter().copied());
                match nearest(name, known) {
                    Some(meant) => diagnostic.with_label(format!("did you mean `{meant}`?")),
                    None => diagnostic,
                }
                .with_help(format!("the script can use {names}"))
            }
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
