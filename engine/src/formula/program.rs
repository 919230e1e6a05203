//! A compiled formula: instructions over columns.

use std::sync::Arc;

use crate::unit::Unit;

/// Where an instruction takes a number from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operand {
    Constant(f64),
    /// A slot of the record that holds numbers.
    Number(usize),
    /// A slot of the record that holds whole numbers.
    Integer(usize),
    /// A slot of the record that holds true or false.
    Boolean(usize),
    /// What an earlier instruction gave.
    Register(usize),
}

/// Functions of one number. Truth is 1, falsehood 0, missing NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function1 {
    Negate,
    Not,
    Abs,
    Sqrt,
    Exp,
    Ln,
    Log10,
    Round,
    Floor,
    Ceil,
    Sign,
    Sin,
    Cos,
    IsMissing,
}

/// Functions of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function2 {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Min,
    Max,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    And,
    Or,
    /// The first, or the second where the first is missing.
    Default,
}

/// Functions over time, with state for each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OverTime {
    /// Change per second.
    Rate,
    /// Sum of value · seconds, by trapezoids.
    Integral,
    /// Change since the reading before.
    Delta,
    /// The reading before.
    Previous,
}

impl OverTime {
    /// As formulas write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Integral => "integral",
            Self::Delta => "delta",
            Self::Previous => "previous",
        }
    }
}

/// The memory of a function over time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StatePart {
    /// The value whose formula has it, and the function: `energy.integral`.
    pub name: String,
    /// Of what it remembers.
    pub unit: Unit,
}

/// What an instruction does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operation {
    One(Function1, Operand),
    Two(Function2, Operand, Operand),
    /// `a · factor + offset`.
    Convert(Operand, f64, f64),
    If(Operand, Operand, Operand),
    /// Compares a text slot with a text; `true` for equality.
    TextIs(usize, Arc<str>, bool),
    /// Compares two text slots.
    TextsAre(usize, usize, bool),
    /// The number is the place of its state.
    OverTime(OverTime, Operand, usize),
}

/// Instruction number n writes register n.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    pub(super) operations: Vec<Operation>,
    pub(super) results: Vec<(Operand, bool)>,
    pub(super) states: Vec<StatePart>,
}

impl Program {
    /// How many columns it gives.
    #[must_use]
    pub fn results(&self) -> usize {
        self.results.len()
    }
}
