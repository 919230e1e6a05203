//! The rhai engine with what a plant's script needs, and no way out.

use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, Map, OptimizationLevel};
use twinflow_engine::language::listed;

use super::layout::Layout;

/// What a script asked to emit while it ran.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// Output by number, and what its record has other than the variables.
    pub records: Vec<(usize, Map)>,
    /// Whether it said `skip()`.
    pub is_skipped: bool,
}

/// The requests of the run under way.
pub(super) type SharedRequests = Arc<Mutex<Requests>>;

/// A script that emits more than this for one record is in a loop that it did not mean.
const MAX_EMITTED: usize = 1_000;

/// Bytes in a text.
const MAX_TEXT: usize = 64 * 1024;

/// What the stack of a thread that runs scripts must hold. Lists can lie as deep in each other as they can be long, and rhai
/// measures, copies and drops them a level at a time; the 2 MiB that threads have by default are too little for that.
pub const SCRIPT_STACK: usize = 8 * 1024 * 1024;

type Answer = Result<(), Box<EvalAltResult>>;

/// An engine for scripts of this layout, and what they will ask of it.
pub(super) fn engine(layout: &Layout) -> (Engine, SharedRequests) {
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
        .set_max_string_size(MAX_TEXT)
        .set_max_array_size(10_000)
        .set_max_map_size(1_000)
        .set_max_variables(1_000)
        .set_strict_variables(true)
        .disable_symbol("eval")
        .disable_symbol("import");
    engine.register_fn("replace", |text: &mut ImmutableString, from: &str, to: &str| {
        replace(text, from, to)
    });
    engine.register_fn("replace", |text: &mut ImmutableString, from: char, to: &str| {
        replace(text, from.encode_utf8(&mut [0; 4]), to)
    });
    engine.on_print(|text| tracing::info!(target: "script", "{text}"));
    engine.on_debug(|text, _, position| tracing::debug!(target: "script", "{position}: {text}"));
    let requests = emitting(&mut engine, layout);
    (engine, requests)
}

/// `emit()`, `emit("output")`, `emit(#{ … })`, `emit("output", #{ … })` and `skip()`.
fn emitting(engine: &mut Engine, layout: &Layout) -> SharedRequests {
    let requests = SharedRequests::default();
    let names: Arc<[Arc<str>]> = layout
        .outputs
        .iter()
        .map(|output| Arc::clone(&output.name))
        .collect();
    let ports = Arc::clone(&layout.ports);
    let emit = {
        let requests = Arc::clone(&requests);
        move |port: Option<&str>, values: Map| -> Answer {
            let number = match port {
                None => 0,
                Some(port) => ports.iter().position(|known| **known == *port).ok_or_else(|| {
                    let known = listed(ports.iter().map(|port| &**port));
                    format!("there is no output `{port}`; there is {known}")
                })?,
            };
            if let Some(unknown) = values
                .keys()
                .find(|key| !names.iter().any(|name| **name == ***key))
            {
                let known = listed(names.iter().map(|name| &**name));
                return Err(format!("the script adds no field `{unknown}`; it adds {known}").into());
            }
            let mut requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
            if requests.records.len() >= MAX_EMITTED {
                return Err(format!("more than {MAX_EMITTED} records for one").into());
            }
            requests.records.push((number, values));
            Ok(())
        }
    };
    let emit = Arc::new(emit);
    let (plain, named, valued) = (Arc::clone(&emit), Arc::clone(&emit), Arc::clone(&emit));
    engine.register_fn("emit", move || plain(None, Map::new()));
    engine.register_fn("emit", move |port: ImmutableString| {
        named(Some(&port), Map::new())
    });
    engine.register_fn("emit", move |values: Map| valued(None, values));
    engine.register_fn("emit", move |port: ImmutableString, values: Map| {
        emit(Some(&port), values)
    });
    let skipped = Arc::clone(&requests);
    engine.register_fn("skip", move || {
        let mut requests = skipped.lock().unwrap_or_else(PoisonError::into_inner);
        requests.is_skipped = true;
        Dynamic::UNIT
    });
    requests
}

fn no_sleep() -> Answer {
    Err("a script cannot sleep: the records behind it would wait".into())
}

/// The library's own looks at the size only when the text is made, which can take all memory there is.
fn replace(text: &mut ImmutableString, from: &str, to: &str) -> Answer {
    if to.len() > from.len() {
        let more = text.matches(from).count().saturating_mul(to.len() - from.len());
        if text.len().saturating_add(more) > MAX_TEXT {
            return Err(format!("a text of more than {MAX_TEXT} bytes").into());
        }
    }
    *text = text.replace(from, to).into();
    Ok(())
}
