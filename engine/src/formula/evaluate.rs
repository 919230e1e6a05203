//! Running a program over a batch.
//!
//! A value that is not finite is missing: at the end, where it keeps NaN out of every file, payload and model, and on the
//! way there, so that `1 / x > 5` is missing for an x of zero, not true. Registers hold finite numbers and NaN.

use super::program::{Function1, Function2, Operand, Operation, OverTime, Program};
use crate::record::{Batch, Column, EventTime, Key};

/// An integral does not run across a longer silence: nobody knows what the machine did meanwhile. The same bound tells
/// a late reading (ignored) from a clock that was set back (taken as the new time).
pub(crate) const MAX_GAP_SECONDS: f64 = 60.0;

/// A program with its state of every key and its scratch registers.
#[derive(Debug)]
pub struct Evaluator {
    program: Program,
    registers: Vec<Vec<f64>>,
    /// By function over time, then by key.
    states: Vec<Vec<Memory>>,
}

/// What a function over time remembers of one key.
#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    last: Option<(EventTime, f64)>,
    sum: f64,
}

/// A resolved operand.
#[derive(Clone, Copy)]
enum View<'a> {
    Constant(f64),
    Rows(&'a [f64]),
}

impl View<'_> {
    fn at(self, row: usize) -> f64 {
        match self {
            View::Constant(value) => value,
            View::Rows(rows) => rows.get(row).copied().unwrap_or(f64::NAN),
        }
    }
}

impl Evaluator {
    /// A fresh evaluator: no key has been seen.
    #[must_use]
    pub fn new(program: Program) -> Self {
        let registers = vec![Vec::new(); program.operations.len()];
        let states = vec![Vec::new(); program.states];
        Self {
            program,
            registers,
            states,
        }
    }

    /// The result columns of a batch, in the order in which they were compiled.
    pub fn evaluate(&mut self, batch: &Batch) -> Vec<Column> {
        let rows = batch.len();
        for (number, operation) in self.program.operations.iter().enumerate() {
            let mut out = self
                .registers
                .get_mut(number)
                .map(std::mem::take)
                .unwrap_or_default();
            out.clear();
            out.reserve(rows);
            let view = |operand: &Operand| resolve(operand, batch, &self.registers);
            match operation {
                Operation::One(function, a) => one(*function, &view(a), rows, &mut out),
                Operation::Two(function, a, b) => two(*function, &view(a), &view(b), rows, &mut out),
                Operation::Convert(a, factor, offset) => {
                    map1(view(a).borrow(), rows, &mut out, |a| finite(a * factor + offset));
                }
                Operation::If(condition, then, otherwise) => {
                    let (condition, then, otherwise) = (view(condition), view(then), view(otherwise));
                    let (condition, then, otherwise) =
                        (condition.borrow(), then.borrow(), otherwise.borrow());
                    out.extend((0..rows).map(|row| match condition.at(row) {
                        missing if missing.is_nan() => f64::NAN,
                        0.0 => otherwise.at(row),
                        _ => then.at(row),
                    }));
                }
                Operation::TextIs(slot, text, wanted) => {
                    text_is(batch, *slot, |found| (found == &**text) == *wanted, &mut out)
                }
                Operation::TextsAre(left, right, wanted) => {
                    let right = batch.column(*right).map(|column| &**column);
                    texts_are(batch, *left, right, *wanted, &mut out);
                }
                Operation::OverTime(function, a, state) => {
                    let a = view(a);
                    if let Some(states) = self.states.get_mut(*state) {
                        over_time(*function, a.borrow(), states, batch, &mut out);
                    }
                }
            }
            if let Some(register) = self.registers.get_mut(number) {
                *register = out;
            }
        }
        let Self {
            program, registers, ..
        } = self;
        let results = program.results.iter().enumerate();
        results
            .map(|(at, (operand, is_truth))| {
                let later = program.results.get(at + 1..).unwrap_or_default();
                // A register that no further result shows becomes the column, instead of being copied into one.
                let is_last = !later.iter().any(|(other, _)| other == operand);
                if let (Operand::Register(number), false, true) = (operand, *is_truth, is_last)
                    && let Some(register) = registers.get_mut(*number)
                {
                    return Column::Number(std::mem::take(register));
                }
                column(&resolve(operand, batch, registers), *is_truth, rows)
            })
            .collect()
    }
}

/// An operand that is borrowed from the batch or a register, or converted into numbers for this use.
enum Resolved<'a> {
    Constant(f64),
    Borrowed(&'a [f64]),
    Owned(Vec<f64>),
}

impl Resolved<'_> {
    fn borrow(&self) -> View<'_> {
        match self {
            Resolved::Constant(value) => View::Constant(*value),
            Resolved::Borrowed(rows) => View::Rows(rows),
            Resolved::Owned(rows) => View::Rows(rows),
        }
    }
}

fn resolve<'a>(operand: &Operand, batch: &'a Batch, registers: &'a [Vec<f64>]) -> Resolved<'a> {
    match operand {
        Operand::Constant(value) => Resolved::Constant(finite(*value)),
        Operand::Register(number) => match registers.get(*number) {
            Some(rows) => Resolved::Borrowed(rows),
            None => Resolved::Constant(f64::NAN),
        },
        Operand::Number(slot) | Operand::Integer(slot) | Operand::Boolean(slot) => {
            match batch.column(*slot).map(|c| &**c) {
                Some(Column::Number(rows)) => Resolved::Borrowed(rows),
                Some(Column::Integer(rows)) => Resolved::Owned(
                    rows.iter()
                        .map(|value| value.map_or(f64::NAN, |v| v as f64))
                        .collect(),
                ),
                Some(Column::Boolean(rows)) => {
                    Resolved::Owned(rows.iter().map(|value| value.map_or(f64::NAN, truth)).collect())
                }
                _ => Resolved::Constant(f64::NAN),
            }
        }
    }
}

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

/// The number, or missing.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

fn column(result: &Resolved<'_>, is_truth: bool, rows: usize) -> Column {
    let view = result.borrow();
    if is_truth {
        let value = |value: f64| (!value.is_nan()).then_some(value != 0.0);
        return Column::Boolean(match view {
            View::Constant(constant) => vec![value(constant); rows],
            View::Rows(values) => values.iter().map(|number| value(*number)).collect(),
        });
    }
    Column::Number(match view {
        View::Constant(value) => vec![value; rows],
        View::Rows(values) => values.to_vec(),
    })
}

fn map1(a: View<'_>, rows: usize, out: &mut Vec<f64>, f: impl Fn(f64) -> f64) {
    match a {
        View::Constant(a) => out.resize(rows, f(a)),
        View::Rows(a) => out.extend(a.iter().map(|a| f(*a))),
    }
}

fn map2(a: View<'_>, b: View<'_>, rows: usize, out: &mut Vec<f64>, f: impl Fn(f64, f64) -> f64) {
    match (a, b) {
        (View::Constant(a), View::Constant(b)) => out.resize(rows, f(a, b)),
        (View::Constant(a), View::Rows(b)) => out.extend(b.iter().map(|b| f(a, *b))),
        (View::Rows(a), View::Constant(b)) => out.extend(a.iter().map(|a| f(*a, b))),
        (View::Rows(a), View::Rows(b)) => out.extend(a.iter().zip(b).map(|(a, b)| f(*a, *b))),
    }
}

/// A function of a missing value is missing.
fn known(a: f64, result: impl FnOnce(f64) -> f64) -> f64 {
    if a.is_nan() { f64::NAN } else { result(a) }
}

fn one(function: Function1, a: &Resolved<'_>, rows: usize, out: &mut Vec<f64>) {
    let a = a.borrow();
    match function {
        Function1::Negate => map1(a, rows, out, |a| -a),
        Function1::Not => map1(a, rows, out, |a| known(a, |a| truth(a == 0.0))),
        Function1::Abs => map1(a, rows, out, f64::abs),
        Function1::Sqrt => map1(a, rows, out, |a| finite(a.sqrt())),
        Function1::Exp => map1(a, rows, out, |a| finite(a.exp())),
        Function1::Ln => map1(a, rows, out, |a| finite(a.ln())),
        Function1::Log10 => map1(a, rows, out, |a| finite(a.log10())),
        Function1::Round => map1(a, rows, out, f64::round),
        Function1::Floor => map1(a, rows, out, f64::floor),
        Function1::Ceil => map1(a, rows, out, f64::ceil),
        Function1::Sign => map1(a, rows, out, |a| {
            known(a, |a| if a == 0.0 { 0.0 } else { a.signum() })
        }),
        Function1::Sin => map1(a, rows, out, f64::sin),
        Function1::Cos => map1(a, rows, out, f64::cos),
        Function1::IsMissing => map1(a, rows, out, |a| truth(a.is_nan())),
    }
}

/// Generic over the comparison, so that each has a loop of its own without a call in it.
fn compare(a: View<'_>, b: View<'_>, rows: usize, out: &mut Vec<f64>, holds: impl Fn(f64, f64) -> bool) {
    map2(a, b, rows, out, |a, b| {
        if a.is_nan() || b.is_nan() {
            f64::NAN
        } else {
            truth(holds(a, b))
        }
    });
}

fn two(function: Function2, a: &Resolved<'_>, b: &Resolved<'_>, rows: usize, out: &mut Vec<f64>) {
    let (a, b) = (a.borrow(), b.borrow());
    match function {
        Function2::Add => map2(a, b, rows, out, |a, b| finite(a + b)),
        Function2::Subtract => map2(a, b, rows, out, |a, b| finite(a - b)),
        Function2::Multiply => map2(a, b, rows, out, |a, b| finite(a * b)),
        Function2::Divide => map2(a, b, rows, out, |a, b| finite(a / b)),
        Function2::Power => {
            // `powf` makes 1 of a missing value to the power of 0.
            map2(a, b, rows, out, |a, b| {
                known(a, |a| known(b, |b| finite(a.powf(b))))
            })
        }
        // `f64::min` would take the other one for a missing value.
        Function2::Min => map2(a, b, rows, out, |a, b| known(a, |a| known(b, |b| a.min(b)))),
        Function2::Max => map2(a, b, rows, out, |a, b| known(a, |a| known(b, |b| a.max(b)))),
        Function2::Less => compare(a, b, rows, out, |a, b| a < b),
        Function2::LessOrEqual => compare(a, b, rows, out, |a, b| a <= b),
        Function2::Greater => compare(a, b, rows, out, |a, b| a > b),
        Function2::GreaterOrEqual => compare(a, b, rows, out, |a, b| a >= b),
        Function2::Equal => compare(a, b, rows, out, |a, b| a == b),
        Function2::NotEqual => compare(a, b, rows, out, |a, b| a != b),
        // One false settles an `and`, one true an `or`, even when the other side is missing.
        Function2::And => map2(a, b, rows, out, |a, b| {
            // Without short circuits it is a loop without branches.
            let unless_false = if a.is_nan() | b.is_nan() { f64::NAN } else { 1.0 };
            if (a == 0.0) | (b == 0.0) {
                0.0
            } else {
                unless_false
            }
        }),
        Function2::Or => map2(a, b, rows, out, |a, b| {
            let holds = |v: f64| !v.is_nan() && v != 0.0;
            if holds(a) || holds(b) {
                1.0
            } else if a.is_nan() || b.is_nan() {
                f64::NAN
            } else {
                0.0
            }
        }),
        Function2::Default => map2(a, b, rows, out, |a, b| if a.is_nan() { b } else { a }),
    }
}

fn text_is(batch: &Batch, slot: usize, holds: impl Fn(&str) -> bool, out: &mut Vec<f64>) {
    if let Some(Column::Text(texts)) = batch.column(slot).map(|column| &**column) {
        out.extend(
            texts
                .iter()
                .map(|text| text.as_deref().map_or(f64::NAN, |text| truth(holds(text)))),
        );
    }
}

fn texts_are(batch: &Batch, left: usize, right: Option<&Column>, wanted: bool, out: &mut Vec<f64>) {
    if let (Some(Column::Text(left)), Some(Column::Text(right))) = (batch.column(left).map(|c| &**c), right) {
        out.extend(left.iter().zip(right).map(|pair| match pair {
            (Some(left), Some(right)) => truth((left == right) == wanted),
            _ => f64::NAN,
        }));
    }
}

fn over_time(function: OverTime, a: View<'_>, states: &mut Vec<Memory>, batch: &Batch, out: &mut Vec<f64>) {
    // A loop for each function: which one it is would otherwise be asked for every row.
    match function {
        OverTime::Integral => over_rows(a, states, batch, out, |memory, time, value| {
            memory.next(OverTime::Integral, time, value)
        }),
        OverTime::Rate => over_rows(a, states, batch, out, |memory, time, value| {
            memory.next(OverTime::Rate, time, value)
        }),
        OverTime::Delta => over_rows(a, states, batch, out, |memory, time, value| {
            memory.next(OverTime::Delta, time, value)
        }),
        OverTime::Previous => over_rows(a, states, batch, out, |memory, time, value| {
            memory.next(OverTime::Previous, time, value)
        }),
    }
}

fn over_rows(
    a: View<'_>,
    states: &mut Vec<Memory>,
    batch: &Batch,
    out: &mut Vec<f64>,
    next: impl Fn(&mut Memory, EventTime, f64) -> f64,
) {
    let highest = batch.keys().iter().fold(0, |highest, key| key.0.max(highest)) as usize;
    if states.len() <= highest && !batch.is_empty() {
        states.resize(highest + 1, Memory::default());
    }
    let states = states.as_mut_slice();
    let mut row = |((time, key), value): ((&EventTime, &Key), f64)| match states.get_mut(key.0 as usize) {
        Some(memory) => next(memory, *time, value),
        None => f64::NAN,
    };
    let readings = batch.times().iter().zip(batch.keys());
    match a {
        View::Rows(values) if values.len() == batch.len() => {
            out.extend(
                readings
                    .zip(values)
                    .map(|(reading, value)| row((reading, *value))),
            );
        }
        _ => out.extend(readings.enumerate().map(|(at, reading)| row((reading, a.at(at))))),
    }
}

impl Memory {
    /// The result for a reading, which becomes the last one.
    ///
    /// A missing value gives a missing result (an integral keeps its sum) and is not remembered. A reading older than
    /// the last one is late: it changes nothing, unless it is so old that the clock must have been set back.
    #[inline(always)]
    fn next(&mut self, function: OverTime, time: EventTime, value: f64) -> f64 {
        let is_sum = function == OverTime::Integral;
        if value.is_nan() {
            return if is_sum && self.last.is_some() {
                finite(self.sum)
            } else {
                f64::NAN
            };
        }
        let Some((last_time, last)) = self.last else {
            self.last = Some((time, value));
            return if is_sum { self.sum } else { f64::NAN };
        };
        let seconds = time.seconds_since(last_time);
        let is_late = (-MAX_GAP_SECONDS..=0.0).contains(&seconds);
        if is_late {
            return if is_sum { finite(self.sum) } else { f64::NAN };
        }
        self.last = Some((time, value));
        let is_next = seconds > 0.0 && seconds <= MAX_GAP_SECONDS;
        match function {
            OverTime::Integral => {
                if is_next {
                    self.sum += (last / 2.0 + value / 2.0) * seconds;
                }
                finite(self.sum)
            }
            OverTime::Rate if is_next => finite((value - last) / seconds),
            OverTime::Rate => f64::NAN,
            OverTime::Delta => finite(value - last),
            OverTime::Previous => last,
        }
    }
}
