//! How far a formula can go, by the ranges of the fields that it uses: interval arithmetic over its instructions.
//!
//! R. E. Moore, Interval Analysis, Prentice-Hall 1966. The answer is never too narrow; it can be too wide where a formula
//! uses one field twice.

use super::program::{Function1, Function2, Operand, Operation, OverTime};
use crate::schema::Schema;

/// The least and the greatest value; infinite where nothing is known.
pub(super) type Bounds = (f64, f64);

const UNKNOWN: Bounds = (f64::NEG_INFINITY, f64::INFINITY);
const TRUTH: Bounds = (0.0, 1.0);

/// The bounds of all instructions so far, by register.
#[derive(Debug, Default)]
pub(super) struct Registers {
    bounds: Vec<Bounds>,
}

impl Registers {
    /// Works out the instructions that came since the last call.
    pub fn follow(&mut self, operations: &[Operation], schema: &Schema) {
        for operation in operations.get(self.bounds.len()..).unwrap_or_default() {
            let bounds = self.operation(operation, schema);
            self.bounds.push(bounds);
        }
    }

    /// The bounds of an operand.
    pub fn of(&self, operand: Operand, schema: &Schema) -> Bounds {
        match operand {
            Operand::Constant(value) => (value, value),
            Operand::Number(slot) | Operand::Integer(slot) => {
                schema.get(slot).and_then(|field| field.range).unwrap_or(UNKNOWN)
            }
            Operand::Boolean(_) => TRUTH,
            Operand::Register(register) => self.bounds.get(register).copied().unwrap_or(UNKNOWN),
        }
    }

    fn operation(&self, operation: &Operation, schema: &Schema) -> Bounds {
        let of = |operand: &Operand| self.of(*operand, schema);
        let bounds = match operation {
            Operation::One(function, a) => one(*function, of(a)),
            Operation::Two(function, a, b) => two(*function, of(a), of(b)),
            Operation::Convert(a, factor, offset) => {
                let (low, high) = of(a);
                ordered(low * factor + offset, high * factor + offset)
            }
            Operation::If(_, then, otherwise) => union(of(then), of(otherwise)),
            Operation::TextIs(..) | Operation::TextsAre(..) => TRUTH,
            Operation::OverTime(OverTime::Previous, a, _) => of(a),
            Operation::OverTime(OverTime::Delta, a, _) => two(Function2::Subtract, of(a), of(a)),
            Operation::OverTime(OverTime::Rate | OverTime::Integral, ..) => UNKNOWN,
        };
        // Zero by infinity is anything.
        if bounds.0.is_nan() || bounds.1.is_nan() {
            UNKNOWN
        } else {
            bounds
        }
    }
}

fn ordered(a: f64, b: f64) -> Bounds {
    (a.min(b), a.max(b))
}

fn union(a: Bounds, b: Bounds) -> Bounds {
    (a.0.min(b.0), a.1.max(b.1))
}

fn one(function: Function1, (low, high): Bounds) -> Bounds {
    match function {
        Function1::Negate => (-high, -low),
        Function1::Not | Function1::IsMissing => TRUTH,
        Function1::Abs if low <= 0.0 && high >= 0.0 => (0.0, high.max(-low)),
        Function1::Abs => ordered(low.abs(), high.abs()),
        Function1::Sqrt => (low.max(0.0).sqrt(), high.max(0.0).sqrt()),
        Function1::Exp => (low.exp(), high.exp()),
        Function1::Ln => (low.max(0.0).ln(), high.max(0.0).ln()),
        Function1::Log10 => (low.max(0.0).log10(), high.max(0.0).log10()),
        Function1::Round => (low.round(), high.round()),
        Function1::Floor => (low.floor(), high.floor()),
        Function1::Ceil => (low.ceil(), high.ceil()),
        Function1::Sign | Function1::Sin | Function1::Cos => (-1.0, 1.0),
    }
}

fn two(function: Function2, a: Bounds, b: Bounds) -> Bounds {
    match function {
        Function2::Add => (a.0 + b.0, a.1 + b.1),
        Function2::Subtract => (a.0 - b.1, a.1 - b.0),
        Function2::Multiply => corners(a, b, |x, y| x * y),
        Function2::Divide if b.0 <= 0.0 && b.1 >= 0.0 => UNKNOWN,
        Function2::Divide => corners(a, b, |x, y| x / y),
        // A square of what can be negative has its least value between the corners; a root of it has none.
        Function2::Power if a.0 < 0.0 || !b.0.is_finite() || b.0 != b.1 || b.0 < 0.0 => UNKNOWN,
        Function2::Power => corners(a, b, f64::powf),
        Function2::Min => (a.0.min(b.0), a.1.min(b.1)),
        Function2::Max => (a.0.max(b.0), a.1.max(b.1)),
        Function2::Default => union(a, b),
        Function2::Less
        | Function2::LessOrEqual
        | Function2::Greater
        | Function2::GreaterOrEqual
        | Function2::Equal
        | Function2::NotEqual
        | Function2::And
        | Function2::Or => TRUTH,
    }
}

/// The extremes of a function that has them where its arguments have theirs.
fn corners(a: Bounds, b: Bounds, function: impl Fn(f64, f64) -> f64) -> Bounds {
    let values = [
        function(a.0, b.0),
        function(a.0, b.1),
        function(a.1, b.0),
        function(a.1, b.1),
    ];
    if values.iter().any(|value| value.is_nan()) {
        return UNKNOWN;
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    (low, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}
