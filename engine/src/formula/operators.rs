//! Operators: which kinds and units go together, and what comes out.

use std::ops::Range;

use super::compile::{Compiler, TextOperand, Typed, Value};
use super::program::{Function2, Operand, Operation};
use super::syntax::Binary;
use crate::diagnostic::Code;
use crate::unit::{Scale, Unit};

/// What is done where a temperature takes a difference, as messages call it.
const SHIFTS: [&str; 2] = ["added", "subtracted"];

impl Compiler<'_> {
    pub(super) fn binary(
        &mut self,
        operator: Binary,
        left: Typed,
        right: Typed,
        range: Range<usize>,
    ) -> Typed {
        let optional = left.optional || right.optional;
        if matches!(left.value, Value::Unknown) || matches!(right.value, Value::Unknown) {
            return Typed::new(Value::Unknown, range);
        }
        let value = match operator {
            Binary::And => self.logic(Function2::And, operator, &left, &right),
            Binary::Or => self.logic(Function2::Or, operator, &left, &right),
            Binary::Add => self.sum(&left, &right, &range),
            Binary::Subtract => self.difference(&left, &right, &range),
            Binary::Multiply | Binary::Divide => self.product(operator, &left, &right, &range),
            Binary::Power => self.power(&left, &right),
            Binary::Less => self.comparison(Function2::Less, operator, &left, &right, &range),
            Binary::LessOrEqual => self.comparison(Function2::LessOrEqual, operator, &left, &right, &range),
            Binary::Greater => self.comparison(Function2::Greater, operator, &left, &right, &range),
            Binary::GreaterOrEqual => {
                self.comparison(Function2::GreaterOrEqual, operator, &left, &right, &range)
            }
            Binary::Equal => self.comparison(Function2::Equal, operator, &left, &right, &range),
            Binary::NotEqual => self.comparison(Function2::NotEqual, operator, &left, &right, &range),
        };
        Typed::new(value, range).optional_if(optional)
    }

    pub(super) fn two(&mut self, function: Function2, a: Operand, b: Operand) -> Operand {
        self.emit(Operation::Two(function, a, b))
    }

    fn logic(&mut self, function: Function2, operator: Binary, left: &Typed, right: &Typed) -> Value {
        let what = format!("`{}`", operator.symbol());
        match (&left.value, &right.value) {
            (Value::Boolean(a), Value::Boolean(b)) => Value::Boolean(self.two(function, *a, *b)),
            (Value::Boolean(_), _) => self.wrong_kind(&what, "true or false", right),
            _ => self.wrong_kind(&what, "true or false", left),
        }
    }

    /// Both operands as numbers, or the complaint about the one that is not.
    fn numbers(
        &mut self,
        operator: Binary,
        left: &Typed,
        right: &Typed,
    ) -> Option<((Operand, Unit), (Operand, Unit))> {
        let what = format!("`{}`", operator.symbol());
        match (&left.value, &right.value) {
            (Value::Number(a, a_unit), Value::Number(b, b_unit)) => {
                Some(((*a, a_unit.clone()), (*b, b_unit.clone())))
            }
            (Value::Number(..), _) => {
                self.wrong_kind(&what, "numbers", right);
                None
            }
            _ => {
                self.wrong_kind(&what, "numbers", left);
                None
            }
        }
    }

    fn mismatch(&mut self, doing: &str, left: &Typed, right: &Typed, range: &Range<usize>) -> Value {
        let message = format!("{} and {} cannot be {doing}", left.described(), right.described());
        // A number that was written without a unit is the likely slip.
        let bare = |typed: &Typed| match &typed.value {
            Value::Number(Operand::Constant(value), unit) if unit.is_none() && typed.literal => Some(*value),
            _ => None,
        };
        let help = |number: f64, beside: &Typed| match &beside.value {
            Value::Number(_, unit) if unit.is_absolute() && SHIFTS.contains(&doing) => {
                format!("give the number its unit: `{number} K`")
            }
            Value::Number(_, unit) => format!("give the number its unit: `{number} {unit}`"),
            _ => "give the number its unit".to_owned(),
        };
        if let Some(number) = bare(right) {
            self.error_with_help(
                Code::UnitMismatch,
                &right.range.clone(),
                message,
                help(number, left),
            );
        } else if let Some(number) = bare(left) {
            self.error_with_help(
                Code::UnitMismatch,
                &left.range.clone(),
                message,
                help(number, right),
            );
        } else {
            self.error(Code::UnitMismatch, range, message);
        }
        Value::Unknown
    }

    /// `right` in the unit of `left`, ready for a sum, a comparison, a minimum.
    ///
    /// A number that was written as a temperature becomes a difference beside a difference: `temp - ambient > 5 °C`.
    fn aligned(&mut self, left: &Typed, right: &Typed) -> Option<(Operand, Operand, Unit)> {
        let (Value::Number(a, a_unit), Value::Number(_, b_unit)) = (&left.value, &right.value) else {
            return None;
        };
        if !b_unit
            .read_as(a_unit.dimension())
            .dimension()
            .fits(a_unit.read_as(b_unit.dimension()).dimension())
        {
            return None;
        }
        let difference = |unit: &Unit| unit.scale() == Scale::Difference;
        if difference(a_unit) && b_unit.is_absolute() && right.literal {
            let right = relabelled(right, b_unit.difference());
            return self.aligned(left, &right);
        }
        if difference(b_unit) && a_unit.is_absolute() && left.literal {
            let left = relabelled(left, a_unit.difference());
            return self.aligned(&left, right);
        }
        if (difference(a_unit) && b_unit.is_absolute()) || (difference(b_unit) && a_unit.is_absolute()) {
            return None;
        }
        let unit = a_unit.read_as(b_unit.dimension());
        let converted = self.converted(right.clone(), &unit);
        match converted.value {
            Value::Number(b, _) => Some((*a, b, unit)),
            _ => None,
        }
    }

    fn sum(&mut self, left: &Typed, right: &Typed, range: &Range<usize>) -> Value {
        let Some(((a, a_unit), (b, b_unit))) = self.numbers(Binary::Add, left, right) else {
            return Value::Unknown;
        };
        match (a_unit.is_absolute(), b_unit.is_absolute()) {
            (true, true) => {
                let message = format!(
                    "two temperatures in {a_unit} and {b_unit} cannot be added: only a difference can"
                );
                self.error_with_help(
                    Code::UnitMismatch,
                    range,
                    message,
                    "write the difference in K: `temp + 5 K`",
                );
                Value::Unknown
            }
            // What is added to a temperature is a difference, whether in K or °C.
            (true, false) => self.shifted(Function2::Add, (a, a_unit), right, left, range),
            (false, true) => self.shifted(Function2::Add, (b, b_unit), left, right, range),
            (false, false) => match self.aligned(left, right) {
                Some((a, b, unit)) => Value::Number(self.two(Function2::Add, a, b), unit),
                None => self.mismatch("added", left, right, range),
            },
        }
    }

    /// A temperature plus or minus a difference is a temperature.
    fn shifted(
        &mut self,
        function: Function2,
        (base, unit): (Operand, Unit),
        by: &Typed,
        base_typed: &Typed,
        range: &Range<usize>,
    ) -> Value {
        let Value::Number(_, by_unit) = &by.value else {
            return Value::Unknown;
        };
        if by_unit.dimension() != unit.dimension() {
            let [added, subtracted] = SHIFTS;
            let doing = if function == Function2::Add {
                added
            } else {
                subtracted
            };
            return if by.range.start < base_typed.range.start {
                self.mismatch(doing, by, base_typed, range)
            } else {
                self.mismatch(doing, base_typed, by, range)
            };
        }
        let by = relabelled(by, by_unit.difference());
        match self.converted(by, &unit.difference()).value {
            Value::Number(by, _) => Value::Number(self.two(function, base, by), unit),
            _ => Value::Unknown,
        }
    }

    fn difference(&mut self, left: &Typed, right: &Typed, range: &Range<usize>) -> Value {
        let Some(((a, a_unit), (_, b_unit))) = self.numbers(Binary::Subtract, left, right) else {
            return Value::Unknown;
        };
        match (a_unit.is_absolute(), b_unit.is_absolute()) {
            // Two temperatures: their difference, which converts without an offset from here on.
            (true, true) => match self.converted(right.clone(), &a_unit).value {
                Value::Number(b, _) => {
                    Value::Number(self.two(Function2::Subtract, a, b), a_unit.difference())
                }
                _ => Value::Unknown,
            },
            (true, false) => self.shifted(Function2::Subtract, (a, a_unit), right, left, range),
            _ => match self.aligned(left, right) {
                Some((a, b, unit)) => Value::Number(self.two(Function2::Subtract, a, b), unit),
                None => self.mismatch("subtracted", left, right, range),
            },
        }
    }

    fn product(&mut self, operator: Binary, left: &Typed, right: &Typed, range: &Range<usize>) -> Value {
        let Some(((a, a_unit), (b, b_unit))) = self.numbers(operator, left, right) else {
            return Value::Unknown;
        };
        let (function, done) = match operator {
            Binary::Divide => (Function2::Divide, "divided"),
            _ => (Function2::Multiply, "multiplied"),
        };
        for (operand, unit) in [(left, &a_unit), (right, &b_unit)] {
            if unit.is_absolute() {
                self.degrees_error(operand, done);
                return Value::Unknown;
            }
        }
        // A ratio of two differences is a plain number, a multiple of one is one.
        let plain = |unit: &Unit| unit.is_none();
        let unit = if plain(&b_unit) {
            Some(a_unit)
        } else if plain(&a_unit) && operator == Binary::Multiply {
            Some(b_unit)
        } else if operator == Binary::Divide {
            a_unit.per(&b_unit)
        } else {
            a_unit.times(&b_unit)
        };
        match unit {
            Some(unit) => Value::Number(self.two(function, a, b), unit),
            None => {
                self.error(
                    Code::UnitMismatch,
                    range,
                    "the unit of this has exponents too large to mean anything",
                );
                Value::Unknown
            }
        }
    }

    fn power(&mut self, left: &Typed, right: &Typed) -> Value {
        let Some(((a, a_unit), (b, b_unit))) = self.numbers(Binary::Power, left, right) else {
            return Value::Unknown;
        };
        if !b_unit.is_none() {
            let message = format!("an exponent is a plain number, found {}", b_unit.described());
            self.error(Code::UnitMismatch, &right.range.clone(), message);
            return Value::Unknown;
        }
        let help = format!("divide by the unit first: `(… / (1 {a_unit})) ^ …`");
        let unit = if a_unit.is_none() {
            Some(a_unit)
        } else if a_unit.is_absolute() {
            self.degrees_error(left, "raised to a power");
            return Value::Unknown;
        } else {
            match b {
                Operand::Constant(exponent) if exponent.fract() == 0.0 && exponent.abs() <= 8.0 => {
                    a_unit.power(exponent as i8)
                }
                Operand::Constant(0.5) => a_unit.root(),
                _ => None,
            }
        };
        match unit {
            Some(unit) => Value::Number(self.two(Function2::Power, a, b), unit),
            None => {
                let message =
                    "a quantity with a unit can only be raised to a whole number that is written down"
                        .to_owned();
                self.error_with_help(Code::UnitMismatch, &right.range.clone(), message, help);
                Value::Unknown
            }
        }
    }

    fn comparison(
        &mut self,
        function: Function2,
        operator: Binary,
        left: &Typed,
        right: &Typed,
        range: &Range<usize>,
    ) -> Value {
        let equality = matches!(operator, Binary::Equal | Binary::NotEqual);
        match (&left.value, &right.value) {
            (Value::Text(a), Value::Text(b)) if equality => {
                self.texts(a.clone(), b.clone(), operator == Binary::Equal)
            }
            (Value::Boolean(a), Value::Boolean(b)) if equality => Value::Boolean(self.two(function, *a, *b)),
            (Value::Number(..), Value::Number(..)) => match self.aligned(left, right) {
                Some((a, b, _)) => Value::Boolean(self.two(function, a, b)),
                None => self.mismatch("compared", left, right, range),
            },
            (Value::Text(_), Value::Text(_)) => {
                let message = format!("`{}` cannot compare texts", operator.symbol());
                let help = "texts are equal (`==`) or not (`!=`)";
                self.error_with_help(Code::FormulaType, range, message, help);
                Value::Unknown
            }
            _ => {
                let (left, right) = (left.described(), right.described());
                let message = format!("`{}` cannot compare {left} with {right}", operator.symbol());
                self.error(Code::FormulaType, range, message);
                Value::Unknown
            }
        }
    }

    fn texts(&mut self, left: TextOperand, right: TextOperand, wanted: bool) -> Value {
        Value::Boolean(match (left, right) {
            (TextOperand::Literal(a), TextOperand::Literal(b)) => {
                Operand::Constant(f64::from(u8::from((a == b) == wanted)))
            }
            (TextOperand::Slot(slot), TextOperand::Literal(text))
            | (TextOperand::Literal(text), TextOperand::Slot(slot)) => {
                self.emit(Operation::TextIs(slot, text, wanted))
            }
            (TextOperand::Slot(a), TextOperand::Slot(b)) => self.emit(Operation::TextsAre(a, b, wanted)),
        })
    }

    /// Two numbers in one unit, for functions such as `max`.
    pub(super) fn same_unit(
        &mut self,
        name: &str,
        left: &Typed,
        right: &Typed,
    ) -> Option<(Operand, Operand, Unit)> {
        for typed in [left, right] {
            if !matches!(typed.value, Value::Number(..)) {
                self.wrong_kind(&format!("`{name}`"), "numbers", typed);
                return None;
            }
        }
        let aligned = self.aligned(left, right);
        if aligned.is_none() {
            let range = left.range.start..right.range.end;
            self.mismatch(&format!("used together in `{name}`"), left, right, &range);
        }
        aligned
    }
}

fn relabelled(typed: &Typed, unit: Unit) -> Typed {
    match &typed.value {
        Value::Number(operand, _) => Typed {
            value: Value::Number(*operand, unit),
            ..typed.clone()
        },
        _ => typed.clone(),
    }
}
