//! Formulas: `230 V * current`, `integral(power) in Wh`, `temp > 45 °C and not standby`.
//!
//! text ──parse──▶ [`syntax::Expression`] ──compile──▶ [`Program`] ──[`Evaluator`]──▶ columns
//!
//! Compiling checks names, kinds and units against the schema of the records; what comes out works on slots only.

mod bounds;
mod compile;
mod evaluate;
mod functions;
mod lexer;
mod memory;
mod operators;
mod parse;
mod program;
pub mod syntax;
mod words;

use std::ops::Range;

pub use compile::{Compiler, ResultType};
pub use evaluate::Evaluator;
pub use functions::{FunctionInfo, functions};
pub use parse::parse;
pub use program::Program;
pub use words::{Word, words};

use crate::diagnostic::Code;

/// What is wrong with a formula, and where in its text.
#[derive(Clone, Debug, PartialEq)]
pub struct FormulaError {
    /// What it is about.
    pub code: Code,
    /// The bytes of the formula's text.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl FormulaError {
    fn new(code: Code, range: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            code,
            range,
            message: message.into(),
            help: None,
        }
    }

    fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
