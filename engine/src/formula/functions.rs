//! Functions that formulas can call.

use std::ops::Range;

use super::compile::{Compiler, Typed, Value};
use super::program::{Function1, Function2, Operand, Operation, OverTime};
use super::syntax::Expression;
use crate::diagnostic::Code;
use crate::language::nearest;
use crate::unit::Unit;

/// What a function does with units.
#[derive(Clone, Copy)]
enum Function {
    /// Keeps the unit of its argument.
    Keeps(Function1),
    /// Takes and gives a plain number.
    Plain(Function1),
    /// Takes an angle.
    Angle(Function1),
    Sqrt,
    Sign,
    /// Two or more numbers of one dimension.
    Extreme(Function2),
    Clamp,
    If,
    Default,
    IsMissing,
    OverTime(OverTime),
}

/// A function that formulas can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// What formulas call it.
    pub name: &'static str,
    /// How it is called: `clamp(x, low, high)`.
    pub signature: &'static str,
    /// What it gives, in one sentence.
    pub about: &'static str,
}

/// What a function is, what it does with units, least and most arguments.
type Known = (FunctionInfo, Function, usize, usize);

/// All functions.
pub fn functions() -> impl Iterator<Item = FunctionInfo> {
    FUNCTIONS.iter().map(|(function, ..)| *function)
}

const fn info(name: &'static str, signature: &'static str, about: &'static str) -> FunctionInfo {
    FunctionInfo {
        name,
        signature,
        about,
    }
}

const FUNCTIONS: [Known; 21] = [
    (
        info("abs", "abs(x)", "The number without its sign."),
        Function::Keeps(Function1::Abs),
        1,
        1,
    ),
    (
        info(
            "round",
            "round(x)",
            "The nearest whole number, in the unit of `x`.",
        ),
        Function::Keeps(Function1::Round),
        1,
        1,
    ),
    (
        info("floor", "floor(x)", "The next whole number below."),
        Function::Keeps(Function1::Floor),
        1,
        1,
    ),
    (
        info("ceil", "ceil(x)", "The next whole number above."),
        Function::Keeps(Function1::Ceil),
        1,
        1,
    ),
    (info("sign", "sign(x)", "-1, 0 or 1."), Function::Sign, 1, 1),
    (
        info(
            "sqrt",
            "sqrt(x)",
            "The square root; its unit is the root of the unit of `x`.",
        ),
        Function::Sqrt,
        1,
        1,
    ),
    (
        info("exp", "exp(x)", "e to the power of a plain number."),
        Function::Plain(Function1::Exp),
        1,
        1,
    ),
    (
        info("ln", "ln(x)", "The natural logarithm of a plain number."),
        Function::Plain(Function1::Ln),
        1,
        1,
    ),
    (
        info("log10", "log10(x)", "The logarithm to base 10 of a plain number."),
        Function::Plain(Function1::Log10),
        1,
        1,
    ),
    (
        info(
            "sin",
            "sin(angle)",
            "The sine of an angle; a plain number is in radians.",
        ),
        Function::Angle(Function1::Sin),
        1,
        1,
    ),
    (
        info(
            "cos",
            "cos(angle)",
            "The cosine of an angle; a plain number is in radians.",
        ),
        Function::Angle(Function1::Cos),
        1,
        1,
    ),
    (
        info("min", "min(a, b, …)", "The least of up to 16 numbers."),
        Function::Extreme(Function2::Min),
        2,
        16,
    ),
    (
        info("max", "max(a, b, …)", "The greatest of up to 16 numbers."),
        Function::Extreme(Function2::Max),
        2,
        16,
    ),
    (
        info(
            "clamp",
            "clamp(x, low, high)",
            "`x`, but no less than `low` and no more than `high`.",
        ),
        Function::Clamp,
        3,
        3,
    ),
    (
        info(
            "if",
            "if(condition, then, otherwise)",
            "One of two values, by a condition.",
        ),
        Function::If,
        3,
        3,
    ),
    (
        info(
            "default",
            "default(x, otherwise)",
            "`x`, or the other value where `x` is missing.",
        ),
        Function::Default,
        2,
        2,
    ),
    (
        info("is_missing", "is_missing(x)", "Whether the record lacks `x`."),
        Function::IsMissing,
        1,
        1,
    ),
    (
        info(
            "rate",
            "rate(x)",
            "The change per second since the reading before.",
        ),
        Function::OverTime(OverTime::Rate),
        1,
        1,
    ),
    (
        info(
            "integral",
            "integral(x)",
            "The sum of value and time: a power in W becomes an energy.",
        ),
        Function::OverTime(OverTime::Integral),
        1,
        1,
    ),
    (
        info("delta", "delta(x)", "The difference to the reading before."),
        Function::OverTime(OverTime::Delta),
        1,
        1,
    ),
    (
        info("previous", "previous(x)", "The value of the reading before."),
        Function::OverTime(OverTime::Previous),
        1,
        1,
    ),
];

impl Compiler<'_> {
    pub(super) fn call(&mut self, name: &str, arguments: &[Expression], range: Range<usize>) -> Typed {
        let name_range = range.start..range.start + name.len();
        let found = FUNCTIONS.iter().find(|(known, ..)| known.name == name);
        let Some((FunctionInfo { signature, .. }, function, least, most)) = found else {
            let known: Vec<&str> = functions().map(|known| known.name).collect();
            let help = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the functions are {}", known.join(", ")),
            };
            let message = format!("there is no function `{}`", crate::diagnostic::shortened(name));
            self.error_with_help(Code::UnknownFunction, &name_range, message, help);
            arguments.iter().for_each(|argument| {
                self.expression(argument);
            });
            return Typed::new(Value::Unknown, range);
        };
        let arguments: Vec<Typed> = arguments
            .iter()
            .map(|argument| self.expression(argument))
            .collect();
        if arguments.len() < *least || arguments.len() > *most {
            let found = match arguments.len() {
                0 => "no argument".to_owned(),
                1 => "one argument".to_owned(),
                more => format!("{more} arguments"),
            };
            let message = format!("`{name}` is called as `{signature}`, found {found}");
            self.error(Code::UnknownFunction, &range, message);
            return Typed::new(Value::Unknown, range);
        }
        if arguments
            .iter()
            .any(|argument| matches!(argument.value, Value::Unknown))
        {
            return Typed::new(Value::Unknown, range);
        }
        let any_optional = arguments.iter().any(|argument| argument.optional);
        let optional = match function {
            Function::Default => arguments.last().is_some_and(|otherwise| otherwise.optional),
            Function::IsMissing => false,
            // The first reading of a machine has no reading before it.
            Function::OverTime(OverTime::Rate | OverTime::Delta | OverTime::Previous) => true,
            _ => any_optional,
        };
        let value = self.apply(name, *function, &arguments);
        Typed::new(value, range).optional_if(optional)
    }

    fn apply(&mut self, name: &str, function: Function, arguments: &[Typed]) -> Value {
        match (function, arguments) {
            (Function::Keeps(function), [a]) => self.one_number(name, a, |compiler, operand, unit| {
                Some((compiler.emit(Operation::One(function, operand)), unit))
            }),
            (Function::Sign, [a]) => self.one_number(name, a, |compiler, operand, _| {
                Some((
                    compiler.emit(Operation::One(Function1::Sign, operand)),
                    Unit::none(),
                ))
            }),
            (Function::Plain(function), [a]) => self.in_unit(name, a, &Unit::none(), function),
            (Function::Angle(function), [a]) => {
                let radians = Unit::parse("rad").unwrap_or_else(|_| Unit::none());
                match &a.value {
                    Value::Number(operand, unit) if unit.is_none() => {
                        let operand = *operand;
                        Value::Number(self.emit(Operation::One(function, operand)), Unit::none())
                    }
                    _ => self.in_unit(name, a, &radians, function),
                }
            }
            (Function::Sqrt, [a]) => self.one_number(name, a, |compiler, operand, unit| {
                let root = unit.root()?;
                Some((compiler.emit(Operation::One(Function1::Sqrt, operand)), root))
            }),
            (Function::Extreme(function), [first, rest @ ..]) => self.extreme(name, function, first, rest),
            (Function::Clamp, [x, low, high]) => {
                let at_least = self.extreme(name, Function2::Max, x, std::slice::from_ref(low));
                let at_least = Typed {
                    value: at_least,
                    ..x.clone()
                };
                self.extreme(name, Function2::Min, &at_least, std::slice::from_ref(high))
            }
            (Function::If, [condition, then, otherwise]) => self.choice(condition, then, otherwise),
            (Function::Default, [a, b]) => self.extreme(name, Function2::Default, a, std::slice::from_ref(b)),
            (Function::IsMissing, [a]) => match &a.value {
                Value::Number(operand, _) | Value::Boolean(operand) => {
                    let operand = *operand;
                    Value::Boolean(self.emit(Operation::One(Function1::IsMissing, operand)))
                }
                _ => self.wrong_kind("`is_missing`", "a number or true/false", a),
            },
            (Function::OverTime(function), [a]) => self.one_over_time(name, function, a),
            _ => Value::Unknown,
        }
    }

    fn one_number(
        &mut self,
        name: &str,
        a: &Typed,
        apply: impl FnOnce(&mut Self, Operand, Unit) -> Option<(Operand, Unit)>,
    ) -> Value {
        let Value::Number(operand, unit) = &a.value else {
            return self.wrong_kind(&format!("`{name}`"), "a number", a);
        };
        match apply(self, *operand, unit.clone()) {
            Some((operand, unit)) => Value::Number(operand, unit),
            None => {
                let message = format!("the `{name}` of {} has no unit", unit.described());
                self.error(Code::UnitMismatch, &a.range.clone(), message);
                Value::Unknown
            }
        }
    }

    fn in_unit(&mut self, name: &str, a: &Typed, unit: &Unit, function: Function1) -> Value {
        if !matches!(a.value, Value::Number(..)) {
            return self.wrong_kind(&format!("`{name}`"), "a number", a);
        }
        match self.converted(a.clone(), unit).value {
            Value::Number(operand, _) => {
                Value::Number(self.emit(Operation::One(function, operand)), Unit::none())
            }
            _ => Value::Unknown,
        }
    }

    fn extreme(&mut self, name: &str, function: Function2, first: &Typed, rest: &[Typed]) -> Value {
        let mut so_far = first.clone();
        for next in rest {
            let Some((a, b, unit)) = self.same_unit(name, &so_far, next) else {
                return Value::Unknown;
            };
            let value = Value::Number(self.two(function, a, b), unit);
            so_far = Typed {
                value,
                range: so_far.range.start..next.range.end,
                literal: false,
                ..so_far
            };
        }
        so_far.value
    }

    fn choice(&mut self, condition: &Typed, then: &Typed, otherwise: &Typed) -> Value {
        let Value::Boolean(test) = condition.value else {
            return self.wrong_kind("the condition of `if`", "true or false", condition);
        };
        if let (Value::Boolean(a), Value::Boolean(b)) = (&then.value, &otherwise.value) {
            let (a, b) = (*a, *b);
            return Value::Boolean(self.emit(Operation::If(test, a, b)));
        }
        match self.same_unit("if", then, otherwise) {
            Some((a, b, unit)) => Value::Number(self.emit(Operation::If(test, a, b)), unit),
            None => Value::Unknown,
        }
    }

    fn one_over_time(&mut self, name: &str, function: OverTime, a: &Typed) -> Value {
        if function == OverTime::Integral && matches!(&a.value, Value::Number(_, unit) if unit.is_absolute())
        {
            self.degrees_error(a, "summed over time");
            return Value::Unknown;
        }
        self.one_number(name, a, |compiler, operand, unit| {
            let of = unit.clone();
            let unit = match function {
                OverTime::Rate => unit.per_second()?,
                OverTime::Integral => unit.times(&Unit::parse("s").ok()?)?,
                OverTime::Delta => unit.difference(),
                OverTime::Previous => unit,
            };
            Some((compiler.over_time(function, operand, of), unit))
        })
    }
}
