//! Reading `slope(temp) in °C/min`: a function, its field, and the unit of what comes out.

use std::ops::Range;

use twinflow_engine::diagnostic::{Code, Diagnostic, shortened};
use twinflow_engine::formula::syntax::{Expression, Kind};
use twinflow_engine::language::{Span, Spanned, listed, nearest};
use twinflow_engine::node::Check;
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::{Conversion, Scale, Unit};

use super::function::{Function, NoUnit};

/// A statistic whose field is there.
pub(super) struct Statistic {
    pub function: Function,
    /// Nothing for `count()`, which counts records.
    pub of: Option<(usize, Field)>,
    /// The field's.
    pub field_unit: Unit,
    /// The unit in which it is computed.
    computed: Unit,
    /// The unit in which it is to be given.
    pub unit: Unit,
}

impl Statistic {
    /// Reads it, or reports what is wrong at its column.
    pub fn read(text: &Spanned<String>, check: &mut Check<'_>) -> Option<Self> {
        let expression = check.formula(text)?;
        let whole = check.within(text, expression.range.clone());
        let (call, wanted) = match expression.kind {
            Kind::Convert(call, unit) => (*call, Some(unit)),
            _ => (expression, None),
        };
        let Kind::Call(name, arguments) = &call.kind else {
            let place = check.within(text, call.range.clone());
            let diagnostic = Diagnostic::new(
                Code::WrongValue,
                place,
                "a value over a window is a function of a field, such as `mean(temp)`",
            );
            check.report(diagnostic.with_help("a `kpi` node behind this one can compute with such values"));
            return None;
        };
        let name_range = call.range.start..call.range.start + name.len();
        let function = function(name, check.within(text, name_range), check)?;
        let of = argument(function, name, arguments, text, &call.range, check)?;
        let field_unit = match &of {
            Some((_, field)) => match &field.field_type {
                FieldType::Number(unit) => unit.clone(),
                _ => Unit::none(),
            },
            None => Unit::none(),
        };
        let computed = match function.unit(&field_unit) {
            Ok(unit) => unit,
            Err(why) => {
                let place = check.within(text, call.range.clone());
                check.report(without_unit(why, name, &field_unit, place));
                return None;
            }
        };
        let mut statistic = Self {
            function,
            of,
            field_unit,
            unit: computed.readable(),
            computed,
        };
        if let Some(wanted) = wanted {
            statistic.give_in(&wanted, whole, check)?;
        }
        Some(statistic)
    }

    /// Gives it in another unit, or reports that it measures something else.
    pub fn give_in(&mut self, wanted: &Unit, place: Span, check: &mut Check<'_>) -> Option<()> {
        if self.computed.conversion_to(wanted).is_none() {
            let (found, wanted) = (self.computed.described(), wanted.described());
            let message = format!("this is {found}, not {wanted}");
            check.report(
                Diagnostic::new(Code::UnitMismatch, place, message)
                    .with_help("the two measure different things; check the function or the unit"),
            );
            return None;
        }
        let unit = wanted.read_as(self.computed.dimension());
        self.unit = if self.computed.scale() == Scale::Difference {
            unit.difference()
        } else {
            unit
        };
        Some(())
    }

    /// From the numbers that are computed to those that are given.
    pub fn conversion(&self) -> Conversion {
        let conversion = self.computed.conversion_to(&self.unit);
        conversion.unwrap_or(Conversion::IDENTITY)
    }

    /// Least and greatest number that are given, as far as the field's range tells.
    pub fn reach(&self) -> (f64, f64) {
        let range = self.of.as_ref().and_then(|(_, field)| field.range);
        let (low, high) = match range {
            Some(range) => self.function.reach(range),
            None => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let conversion = self.conversion();
        (conversion.apply(low), conversion.apply(high))
    }

    /// Whether a record may lack it.
    pub fn is_optional(&self) -> bool {
        let of = self.of.as_ref();
        self.function.needs_more_than_one()
            || (self.function != Function::Count && of.is_some_and(|(_, field)| field.optional))
    }
}

fn function(name: &str, place: Span, check: &mut Check<'_>) -> Option<Function> {
    let found = Function::named(name);
    if found.is_none() {
        let message = format!("a window has no function `{}`", shortened(name));
        let mut diagnostic = Diagnostic::new(Code::UnknownFunction, place, message);
        if let Some(meant) = nearest(name, Function::names()) {
            diagnostic = diagnostic
                .with_label(format!("did you mean `{meant}`?"))
                .with_fix(place, meant);
        }
        check.report(diagnostic.with_help(format!("its functions are {}", listed(Function::names()))));
    }
    found
}

/// The field in the brackets. `count()` has none.
fn argument(
    function: Function,
    name: &str,
    arguments: &[Expression],
    text: &Spanned<String>,
    call: &Range<usize>,
    check: &mut Check<'_>,
) -> Option<Option<(usize, Field)>> {
    let argument = match arguments {
        [] if function == Function::Count => return Some(None),
        [argument] => argument,
        _ => {
            let found = match arguments.len() {
                0 => "nothing in the brackets".to_owned(),
                more => format!("{more} arguments"),
            };
            let place = check.within(text, call.clone());
            let message = format!("`{name}` takes one field, found {found}");
            check.report(Diagnostic::new(Code::UnknownFunction, place, message));
            return None;
        }
    };
    let place = check.within(text, argument.range.clone());
    let Kind::Name(field) = &argument.kind else {
        let message = format!("`{name}` takes the name of a field, and no formula");
        check.report(
            Diagnostic::new(Code::WrongValue, place, message)
                .with_help("compute it in a `kpi` node before this one, and name its value here"),
        );
        return None;
    };
    let (slot, field) = check.field(&Spanned::new(field.clone(), place))?;
    // Whether something is there can be counted of every kind.
    let is_number = matches!(
        field.field_type,
        FieldType::Number(_) | FieldType::Integer | FieldType::Boolean
    );
    if is_number || function == Function::Count {
        return Some(Some((slot, field)));
    }
    let message = format!(
        "`{name}` needs a number or true/false, `{}` is {}",
        field.name, field.field_type
    );
    check.report(Diagnostic::new(Code::FormulaType, place, message));
    None
}

fn without_unit(why: NoUnit, name: &str, unit: &Unit, place: Span) -> Diagnostic {
    match why {
        NoUnit::ZeroElsewhere => Diagnostic::new(
            Code::UnitMismatch,
            place,
            format!("a temperature in {unit} has no `{name}`: its zero is not zero heat"),
        )
        .with_help(
            "`mean`, `sd` and `range` have a meaning; or convert it in a `kpi` node before (`… in K`)",
        ),
        NoUnit::OutOfRange => Diagnostic::new(
            Code::UnitMismatch,
            place,
            format!("the `{name}` of {} has no unit", unit.described()),
        ),
    }
}
