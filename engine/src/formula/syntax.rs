//! The syntax tree of a formula.

use std::ops::Range;

use crate::unit::Unit;

/// An expression and its place in the formula's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub range: Range<usize>,
}

/// What an [`Expression`] is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `230 V`, `0.5`.
    Number(f64, Option<Unit>),
    /// `"running"`.
    Text(String),
    /// `true`.
    Boolean(bool),
    /// A field of the record, or another value of the node.
    Name(String),
    /// `-x`, `not x`.
    Unary(Unary, Box<Expression>),
    /// `a + b`.
    Binary(Binary, Box<Expression>, Box<Expression>),
    /// `max(a, b)`.
    Call(String, Vec<Expression>),
    /// `x in kWh`.
    Convert(Box<Expression>, Unit),
}

/// Operators before their operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// `-`
    Negate,
    /// `not`
    Not,
}

/// Operators between their operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^`
    Power,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `and`
    And,
    /// `or`
    Or,
}

impl Binary {
    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Power => "^",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::And => "and",
            Self::Or => "or",
        }
    }
}

impl Expression {
    /// Calls `visit` for every name in it.
    pub fn names(&self, visit: &mut impl FnMut(&str, &Range<usize>)) {
        match &self.kind {
            Kind::Name(name) => visit(name, &self.range),
            Kind::Unary(_, operand) | Kind::Convert(operand, _) => operand.names(visit),
            Kind::Binary(_, left, right) => {
                left.names(visit);
                right.names(visit);
            }
            Kind::Call(_, arguments) => arguments.iter().for_each(|argument| argument.names(visit)),
            Kind::Number(..) | Kind::Text(_) | Kind::Boolean(_) => {}
        }
    }
}
