//! What stands in a script's scope, and what comes out of its node.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use rhai::{Dynamic, Map, Scope};
use twinflow_engine::diagnostic::{Code, Diagnostic, shortened};
use twinflow_engine::language::Spanned;
use twinflow_engine::schema::Field;
use twinflow_engine::unit::{Conversion, Quantity};

/// The names that every script can use.
const OWN_NAMES: [&str; 3] = ["state", "time", "key"];
/// And those that come with a timer.
const TICK: &str = "tick";

/// A script's variables, and the outputs of its node.
#[derive(Clone)]
pub(crate) struct Layout {
    /// Constants: fields of the record.
    pub inputs: Vec<Input>,
    /// Whether a mistake before the node keeps some of them from being known.
    pub has_more_inputs: bool,
    /// Constants: what the flow sets.
    pub settings: Vec<(Arc<str>, Dynamic)>,
    /// What the script assigns.
    pub outputs: Vec<Assigned>,
    /// The node's outputs by name; the first is meant where none is named.
    pub ports: Arc<[Arc<str>]>,
    /// How often the script runs without a record.
    pub tick: Option<Duration>,
}

/// A field of the record as the script sees it.
#[derive(Clone)]
pub(crate) struct Input {
    pub name: Arc<str>,
    pub slot: usize,
    pub conversion: Conversion,
}

/// A variable that becomes a field of the record.
#[derive(Clone)]
pub(crate) struct Assigned {
    pub name: Arc<str>,
    pub field: Field,
}

impl Layout {
    /// The names that the script can use.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let inputs = self.inputs.iter().map(|input| &*input.name);
        let settings = self.settings.iter().map(|(name, _)| &**name);
        let outputs = self.outputs.iter().map(|output| &*output.name);
        let own = OWN_NAMES.into_iter().chain(self.tick.map(|_| TICK));
        inputs.chain(settings).chain(outputs).chain(own)
    }

    /// A scope with nothing in it yet, for the compiler to know the names.
    pub fn empty_scope(&self) -> Scope<'static> {
        let inputs = self.inputs.iter().map(|_| Dynamic::UNIT);
        self.scope(inputs, 0.0, String::new(), false, Map::new().into())
    }

    /// The scope of a run.
    pub fn scope(
        &self,
        inputs: impl Iterator<Item = Dynamic>,
        time_s: f64,
        key: String,
        is_tick: bool,
        state: Dynamic,
    ) -> Scope<'static> {
        let mut scope = Scope::new();
        for (input, value) in self.inputs.iter().zip(inputs) {
            scope.push_constant_dynamic(&*input.name, value);
        }
        for (name, value) in &self.settings {
            scope.push_constant_dynamic(&**name, value.clone());
        }
        scope.push_constant("time", time_s).push_constant("key", key);
        if self.tick.is_some() {
            scope.push_constant(TICK, is_tick);
        }
        scope.push_dynamic("state", state);
        for output in &self.outputs {
            scope.push_dynamic(&*output.name, Dynamic::UNIT);
        }
        scope
    }
}

/// Reports names of a script's variables that stand for two things; whether there are none.
pub(crate) fn check_names<'n>(
    names: impl Iterator<Item = &'n Spanned<String>>,
    code: Code,
    report: &mut dyn FnMut(Diagnostic),
) -> bool {
    let mut taken: HashSet<&str> = OWN_NAMES.into_iter().chain([TICK]).collect();
    let mut are_distinct = true;
    for name in names {
        if !taken.insert(name) {
            let message = format!(
                "the script has something else called `{}` already",
                shortened(name)
            );
            report(Diagnostic::new(code, name.span, message).with_help("give it another name"));
            are_distinct = false;
        }
    }
    are_distinct
}

/// The node's outputs; one called `out` where none are declared.
pub(crate) fn ports(
    declared: &[Spanned<String>],
    code: Code,
    report: &mut dyn FnMut(Diagnostic),
) -> Option<Arc<[Arc<str>]>> {
    if declared.is_empty() {
        return Some([Arc::from("out")].into());
    }
    let mut seen = HashSet::new();
    let mut whole = true;
    for port in declared {
        let is_name = port.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && port
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        if !is_name || !seen.insert(port.as_str()) {
            let shown = shortened(port);
            let message = match is_name {
                true => format!("two outputs are called `{shown}`"),
                false => format!("`{shown}` is no name for an output"),
            };
            report(
                Diagnostic::new(code, port.span, message)
                    .with_help("a name begins with a letter and goes on with letters, digits, `_` or `-`"),
            );
            whole = false;
        }
    }
    whole.then(|| declared.iter().map(|port| port.as_str().into()).collect())
}

/// Reads `tick:`; a timer faster than the clock of the engine would only burn time.
pub(crate) fn tick_interval(text: &str) -> Result<Duration, String> {
    const LEAST: Duration = Duration::from_millis(10);
    let interval = Quantity::parse_duration(text)?;
    if interval < LEAST {
        return Err(format!(
            "a timer ticks at most every 10 ms, found `{}`",
            shortened(text)
        ));
    }
    Ok(interval)
}
