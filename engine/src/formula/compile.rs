//! From syntax trees to a program: names become slots, units are checked, conversions become factors.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::FormulaError;
use super::bounds::Registers;
use super::program::{Function1, Operand, Operation, OverTime, Program};
use super::syntax::{Expression, Kind, Unary};
use crate::diagnostic::Code;
use crate::language::{listed, nearest};
use crate::schema::{FieldType, Schema};
use crate::unit::{Dimension, Unit};

/// What a compiled formula gives.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultType {
    /// A number with its unit, or a boolean.
    pub field_type: FieldType,
    /// Whether it can be missing although every field it uses is there.
    pub optional: bool,
}

/// Compiles the formulas of one node into one program, so that a value can use the ones before it.
#[derive(Debug)]
pub struct Compiler<'s> {
    schema: &'s Schema,
    pub(super) program: Program,
    named: HashMap<String, Typed>,
    pub(super) errors: Vec<FormulaError>,
    bounds: Registers,
    /// The value whose formula is compiled.
    current: String,
}

/// A value while compiling: where it is and what it is.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub value: Value,
    pub range: Range<usize>,
    /// A number that was written down: its unit bends to its neighbour where that is harmless.
    pub literal: bool,
    pub optional: bool,
}

/// What it is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(Operand, Unit),
    Boolean(Operand),
    Text(TextOperand),
    /// Reported already.
    Unknown,
}

#[derive(Clone, Debug)]
pub(super) enum TextOperand {
    Literal(Arc<str>),
    Slot(usize),
}

impl Typed {
    pub(super) fn new(value: Value, range: Range<usize>) -> Self {
        Self {
            value,
            range,
            literal: false,
            optional: false,
        }
    }

    pub(super) fn optional_if(mut self, optional: bool) -> Self {
        self.optional = optional;
        self
    }

    /// In a user's words.
    pub(super) fn described(&self) -> String {
        match &self.value {
            Value::Number(_, unit) => unit.described(),
            Value::Boolean(_) => "true or false".to_owned(),
            Value::Text(_) => "text".to_owned(),
            Value::Unknown => "unknown".to_owned(),
        }
    }
}

impl<'s> Compiler<'s> {
    /// A compiler for records of `schema`.
    #[must_use]
    pub fn new(schema: &'s Schema) -> Self {
        Self {
            schema,
            program: Program::default(),
            named: HashMap::new(),
            errors: Vec::new(),
            bounds: Registers::default(),
            current: String::new(),
        }
    }

    /// The least and the greatest value that the last result can have, by the ranges of the fields that it uses; infinite
    /// where that is not known.
    pub fn bounds(&mut self) -> (f64, f64) {
        self.bounds.follow(&self.program.operations, self.schema);
        match self.program.results.last() {
            Some((operand, _)) => self.bounds.of(*operand, self.schema),
            None => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    /// Compiles a formula as the next result, in `unit` when one is declared; later formulas can use it by `name`.
    ///
    /// Gives nothing when the formula is good so far as can be told, but uses something that was reported before.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn add(
        &mut self,
        name: &str,
        expression: &Expression,
        unit: Option<&Unit>,
    ) -> Result<Option<ResultType>, Vec<FormulaError>> {
        self.errors.clear();
        name.clone_into(&mut self.current);
        let typed = self.expression(expression);
        let typed = match unit {
            Some(unit) => self.converted(typed, unit),
            None => self.with_readable_unit(typed),
        };
        let (operand, field_type, is_truth) = match &typed.value {
            Value::Number(operand, unit) => (*operand, Some(FieldType::Number(unit.clone())), false),
            Value::Boolean(operand) => (*operand, Some(FieldType::Boolean), true),
            Value::Text(_) => {
                self.error(
                    Code::FormulaType,
                    &typed.range,
                    "a formula gives a number or true/false, this one gives text",
                );
                (Operand::Constant(f64::NAN), None, false)
            }
            Value::Unknown => (Operand::Constant(f64::NAN), None, false),
        };
        let optional = typed.optional;
        let result = field_type.map(|field_type| ResultType { field_type, optional });
        self.named.insert(
            name.to_owned(),
            Typed {
                literal: false,
                ..typed
            },
        );
        self.program.results.push((operand, is_truth));
        if self.errors.is_empty() {
            Ok(result)
        } else {
            Err(std::mem::take(&mut self.errors))
        }
    }

    /// Makes `name` known without a formula: its own was reported, and those that use it are not to blame.
    pub fn add_unknown(&mut self, name: &str) {
        let typed = Typed::new(Value::Unknown, 0..0);
        self.named.insert(name.to_owned(), typed);
    }

    /// Compiles a formula that must be true or false.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn add_condition(&mut self, expression: &Expression) -> Result<(), Vec<FormulaError>> {
        let Some(result) = self.add("", expression, None)? else {
            return Ok(());
        };
        if result.field_type == FieldType::Boolean {
            return Ok(());
        }
        let message = format!("a condition must be true or false, this is {}", result.field_type);
        let error = FormulaError::new(Code::FormulaType, expression.range.clone(), message);
        Err(vec![
            error.with_help("compare it with something, such as `temp > 45 °C`"),
        ])
    }

    /// The program of all formulas so far.
    #[must_use]
    pub fn finish(self) -> Program {
        self.program
    }

    pub(super) fn error(&mut self, code: Code, range: &Range<usize>, message: impl Into<String>) {
        self.errors.push(FormulaError::new(code, range.clone(), message));
    }

    pub(super) fn error_with_help(
        &mut self,
        code: Code,
        range: &Range<usize>,
        message: String,
        help: impl Into<String>,
    ) {
        self.errors
            .push(FormulaError::new(code, range.clone(), message).with_help(help));
    }

    pub(super) fn emit(&mut self, operation: Operation) -> Operand {
        self.program.operations.push(operation);
        Operand::Register(self.program.operations.len() - 1)
    }

    pub(super) fn expression(&mut self, expression: &Expression) -> Typed {
        let range = expression.range.clone();
        match &expression.kind {
            Kind::Number(value, unit) => {
                let unit = unit.clone().unwrap_or_else(Unit::none);
                Typed {
                    literal: true,
                    ..Typed::new(Value::Number(Operand::Constant(*value), unit), range)
                }
            }
            Kind::Text(text) => Typed::new(Value::Text(TextOperand::Literal(text.as_str().into())), range),
            Kind::Boolean(value) => Typed::new(
                Value::Boolean(Operand::Constant(f64::from(u8::from(*value)))),
                range,
            ),
            Kind::Name(name) => self.name(name, range),
            Kind::Unary(operator, operand) => self.unary(*operator, operand, range),
            Kind::Binary(operator, left, right) => {
                let (left, right) = (self.expression(left), self.expression(right));
                self.binary(*operator, left, right, range)
            }
            Kind::Call(name, arguments) => self.call(name, arguments, range),
            Kind::Convert(operand, unit) => {
                let operand = self.expression(operand);
                let converted = self.converted(operand, unit);
                Typed { range, ..converted }
            }
        }
    }

    fn name(&mut self, name: &str, range: Range<usize>) -> Typed {
        if let Some(typed) = self.named.get(name) {
            return Typed {
                range,
                ..typed.clone()
            };
        }
        let Some((slot, field)) = self.schema.field(name) else {
            if self.schema.is_partial() {
                return Typed::new(Value::Unknown, range);
            }
            let own = self
                .named
                .keys()
                .map(String::as_str)
                .filter(|name| !name.is_empty());
            let mut known: Vec<&str> = self.schema.names().chain(own).collect();
            known.sort_unstable();
            let help = match nearest(name, known.iter().copied()) {
                Some(meant) => format!(
                    "did you mean `{meant}`? The fields here are {}",
                    listed(known.iter().copied())
                ),
                None => format!("the fields here are {}", listed(known.iter().copied())),
            };
            let message = format!("there is no field `{}` here", crate::diagnostic::shortened(name));
            self.error_with_help(Code::UnknownRecordField, &range, message, help);
            return Typed::new(Value::Unknown, range);
        };
        let value = match &field.field_type {
            FieldType::Number(unit) => Value::Number(Operand::Number(slot), unit.clone()),
            FieldType::Integer => Value::Number(Operand::Integer(slot), Unit::none()),
            FieldType::Boolean => Value::Boolean(Operand::Boolean(slot)),
            FieldType::Text => Value::Text(TextOperand::Slot(slot)),
            FieldType::Time | FieldType::Json => {
                let message = format!(
                    "`{name}` is {}, which formulas cannot use",
                    field.field_type.name()
                );
                self.error(Code::FormulaType, &range, message);
                Value::Unknown
            }
        };
        Typed::new(value, range).optional_if(field.optional)
    }

    fn unary(&mut self, operator: Unary, operand: &Expression, range: Range<usize>) -> Typed {
        let operand = self.expression(operand);
        let optional = operand.optional;
        let value = match (operator, &operand.value) {
            (_, Value::Unknown) => Value::Unknown,
            // A negative number that was written down stays one: `-5 °C` is a temperature.
            (Unary::Negate, Value::Number(Operand::Constant(value), unit)) if operand.literal => {
                let value = Value::Number(Operand::Constant(-value), unit.clone());
                return Typed {
                    range,
                    value,
                    ..operand
                };
            }
            (Unary::Negate, Value::Number(a, unit)) => {
                let (a, unit) = (*a, unit.clone());
                if unit.is_absolute() {
                    self.degrees_error(&operand, "negated");
                }
                Value::Number(self.emit(Operation::One(Function1::Negate, a)), unit)
            }
            (Unary::Not, Value::Boolean(a)) => Value::Boolean(self.emit(Operation::One(Function1::Not, *a))),
            (Unary::Negate, _) => self.wrong_kind("`-`", "a number", &operand),
            (Unary::Not, _) => self.wrong_kind("`not`", "true or false", &operand),
        };
        Typed::new(value, range).optional_if(optional)
    }

    /// `°C` in a product, a power or a sign: its zero is not zero.
    pub(super) fn degrees_error(&mut self, operand: &Typed, done: &str) {
        let Value::Number(_, unit) = &operand.value else {
            return;
        };
        let message = format!("a temperature in {unit} cannot be {done}: its zero is not zero heat");
        let help = format!("convert it first (`… in K`), or use a difference (`… - 20 {unit}`)");
        self.error_with_help(Code::UnitMismatch, &operand.range.clone(), message, help);
    }

    pub(super) fn wrong_kind(&mut self, what: &str, expected: &str, found: &Typed) -> Value {
        if !matches!(found.value, Value::Unknown) {
            let message = format!("{what} needs {expected}, found {}", found.described());
            self.error(Code::FormulaType, &found.range.clone(), message);
        }
        Value::Unknown
    }

    /// The same quantity in `unit`; an error where the dimensions differ.
    pub(super) fn converted(&mut self, typed: Typed, unit: &Unit) -> Typed {
        let (operand, from) = match &typed.value {
            Value::Number(operand, from) => (*operand, from.clone()),
            Value::Unknown => return typed,
            _ => {
                let value = self.wrong_kind(&format!("`in {unit}`"), "a number", &typed);
                return Typed { value, ..typed };
            }
        };
        let Some(conversion) = from.conversion_to(unit) else {
            let message = format!("this is {}, not {}", from.described(), unit.described());
            let help = match (from.is_none(), unit.is_none()) {
                (true, false) => format!("a plain number gets a unit by multiplying it: `… * 1 {unit}`"),
                (false, true) => format!("a number loses its unit by dividing by it: `… / (1 {from})`"),
                _ if from.dimension().per(Dimension::ANGLE) == Some(unit.dimension()) => {
                    "a turn is no plain number here: divide by it, `… / (1 rev)`".to_owned()
                }
                _ => "the two measure different things; check the formula or the unit".to_owned(),
            };
            self.error_with_help(Code::UnitMismatch, &typed.range.clone(), message, help);
            return Typed {
                value: Value::Unknown,
                ..typed
            };
        };
        let mut unit = unit.read_as(from.dimension());
        if from.scale() == crate::unit::Scale::Difference {
            unit = unit.difference();
        }
        let operand = if conversion.is_identity() {
            operand
        } else if let Operand::Constant(value) = operand {
            Operand::Constant(conversion.apply(value))
        } else {
            self.emit(Operation::Convert(operand, conversion.factor, conversion.offset))
        };
        Typed {
            value: Value::Number(operand, unit),
            ..typed
        }
    }

    /// A result whose unit has no name of its own becomes coherent SI: nobody should read `rpm·mA`-sized numbers
    /// under a symbol that hides a factor.
    fn with_readable_unit(&mut self, typed: Typed) -> Typed {
        match &typed.value {
            Value::Number(_, unit) if !unit.has_honest_symbol() => {
                let coherent = unit.coherent();
                self.converted(typed, &coherent)
            }
            _ => typed,
        }
    }

    pub(super) fn over_time(&mut self, function: OverTime, a: Operand, unit: Unit) -> Operand {
        let state = self.program.add_state(&self.current, function, unit);
        self.emit(Operation::OverTime(function, a, state))
    }
}
