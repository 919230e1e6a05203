//! Formulas: what they compute, which units they give, and what is said of wrong ones.

use std::sync::Arc;

use proptest::prelude::*;
use twinflow_engine::formula::{Compiler, Evaluator, FormulaError, ResultType, parse};
use twinflow_engine::record::{Batch, BatchBuilder, EventTime, Key, Receipt, Value};
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::{Dimension, Quantity, Unit};

fn unit(text: &str) -> Unit {
    Unit::parse(text).unwrap()
}

fn number(name: &str, text: &str) -> Field {
    Field::new(name, FieldType::Number(unit(text)))
}

/// A fan's record and some more.
fn schema() -> Schema {
    Schema::new([
        number("temp", "°C"),
        number("ambient", "°C"),
        number("outside", "°F"),
        number("core", "K"),
        number("current", "A"),
        number("power", "W"),
        number("heat", "kW"),
        number("speed", "rpm"),
        number("vibration", "g"),
        number("load", "%"),
        number("flow", "L/min"),
        number("torque", "N*m"),
        Field::new("count", FieldType::Integer),
        Field::new("standby", FieldType::Boolean),
        Field::new("mode", FieldType::Text),
        Field::new("since", FieldType::Time),
        Field::new("x", FieldType::plain_number()),
        Field::new("y", FieldType::plain_number()).optional(),
    ])
}

fn compile(schema: &Schema, text: &str) -> Result<(ResultType, Evaluator), Vec<FormulaError>> {
    let expression = parse(text).map_err(|error| vec![error])?;
    let mut compiler = Compiler::new(schema);
    let result = compiler.add("result", &expression, None)?;
    Ok((result.unwrap(), Evaluator::new(compiler.finish())))
}

/// One record with these fields; the others are missing.
fn record(schema: &Schema, values: &[(&str, Value)]) -> Batch {
    let mut builder = BatchBuilder::new(Arc::new(schema.clone()), 1);
    let value = |field: &Field| {
        let given = values.iter().find(|(name, _)| *name == &*field.name);
        given.map_or(Value::Missing, |(_, value)| value.clone())
    };
    builder.push(
        EventTime(0),
        Key(0),
        schema.fields().iter().map(value).collect::<Vec<_>>(),
    );
    builder.finish(Receipt::none())
}

/// The value of a formula and the unit that it comes in.
fn value(text: &str, values: &[(&str, f64)]) -> (f64, String) {
    let schema = schema();
    let (result, mut evaluator) =
        compile(&schema, text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    let values: Vec<(&str, Value)> = values
        .iter()
        .map(|(name, v)| (*name, Value::Number(*v)))
        .collect();
    let columns = evaluator.evaluate(&record(&schema, &values));
    let symbol = result.field_type.unit().map_or("1", Unit::symbol).to_owned();
    match columns[0].value(0) {
        Value::Number(number) => (number, symbol),
        Value::Boolean(truth) => (f64::from(u8::from(truth)), "boolean".to_owned()),
        other => panic!("{text} gave {other:?}"),
    }
}

#[track_caller]
fn gives(text: &str, values: &[(&str, f64)], expected: f64, symbol: &str) {
    let (number, found) = value(text, values);
    assert!(
        (number - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        "{text} gave {number} {found}, expected {expected} {symbol}"
    );
    assert_eq!(found, symbol, "{text}");
}

#[test]
fn a_product_of_units_is_called_by_its_name() {
    gives("230 V * current", &[("current", 1.5)], 345.0, "W");
    gives("power / 230 V", &[("power", 460.0)], 2.0, "A");
    gives("power / current", &[("power", 6.0), ("current", 2.0)], 3.0, "V");
    gives("power * 2 h", &[("power", 10.0)], 20.0, "Wh");
    gives("heat * 2 h", &[("heat", 10.0)], 20.0, "kWh");
    gives("2 h * 0.233 g/Wh * power", &[("power", 500.0)], 233.0, "g");
    gives("power * 1 h * 0.3 €/kWh", &[("power", 1000.0)], 0.3, "€");
    gives(
        "torque * speed",
        &[("torque", 2.0), ("speed", 60.0)],
        4.0 * std::f64::consts::PI,
        "W",
    );
    gives("current ^ 2 * 2 Ω", &[("current", 3.0)], 18.0, "W");
    gives("sqrt(power * power)", &[("power", 7.0)], 7.0, "W");
    gives("power ^ -1", &[("power", 4.0)], 0.25, "s³/m²/kg");
    gives("speed / (1 rev) in Hz", &[("speed", 3000.0)], 50.0, "Hz");
}

#[test]
fn a_percentage_scales_without_leaving_its_mark_on_the_unit() {
    gives("load * 230 V", &[("load", 50.0)], 115.0, "V");
    gives("load * power", &[("load", 50.0), ("power", 8.0)], 4.0, "W");
    gives("50 % * x", &[("x", 3.0)], 150.0, "%");
}

#[test]
fn a_unit_without_a_name_is_si() {
    let litres_per_minute = 1e-3 / 60.0;
    gives(
        "flow * 2 m",
        &[("flow", 60.0)],
        60.0 * litres_per_minute * 2.0,
        "m⁴/s",
    );
}

#[test]
fn conversions_say_what_comes_out() {
    gives("power * 3 h in kWh", &[("power", 2000.0)], 6.0, "kWh");
    gives("heat in W", &[("heat", 1.5)], 1500.0, "W");
    gives("(heat in W) + 1 W", &[("heat", 1.5)], 1501.0, "W");
}

#[test]
fn degrees_are_a_scale_and_kelvin_are_steps_of_it() {
    gives("300 K in °C", &[], 26.85, "°C");
    gives("temp in K", &[("temp", 20.0)], 293.15, "K");
    gives("temp in °F", &[("temp", 100.0)], 212.0, "°F");
    gives("outside in °C", &[("outside", -40.0)], -40.0, "°C");
    gives("temp + 5 K", &[("temp", 20.0)], 25.0, "°C");
    gives("5 K + temp", &[("temp", 20.0)], 25.0, "°C");
    gives("temp - 5 K", &[("temp", 20.0)], 15.0, "°C");
    gives("outside + 5 K", &[("outside", 32.0)], 41.0, "°F");
    gives("temp - ambient", &[("temp", 30.0), ("ambient", 21.0)], 9.0, "°C");
    gives(
        "temp - ambient in K",
        &[("temp", 30.0), ("ambient", 21.0)],
        9.0,
        "K",
    );
    gives(
        "temp - ambient in °F",
        &[("temp", 30.0), ("ambient", 20.0)],
        18.0,
        "°F",
    );
    gives("temp - outside", &[("temp", 30.0), ("outside", 32.0)], 30.0, "°C");
    gives("core - temp", &[("core", 300.0), ("temp", 0.0)], 26.85, "K");
    gives(
        "ambient + (temp - ambient) / 2",
        &[("temp", 30.0), ("ambient", 20.0)],
        25.0,
        "°C",
    );
    gives(
        "(temp - ambient) * 2",
        &[("temp", 30.0), ("ambient", 20.0)],
        20.0,
        "°C",
    );
    gives("-5 °C", &[], -5.0, "°C");
    gives("max(temp, 20 °C)", &[("temp", 15.0)], 20.0, "°C");
    gives("max(outside, 20 °C)", &[("outside", 15.0)], 68.0, "°F");
}

#[test]
fn a_written_temperature_beside_a_difference_is_one() {
    let at = |temp: f64| [("temp", temp), ("ambient", 20.0)];
    gives("temp - ambient > 5 °C", &at(26.0), 1.0, "boolean");
    gives("temp - ambient > 5 °C", &at(25.0), 0.0, "boolean");
    gives("5 °C < temp - ambient", &at(26.0), 1.0, "boolean");
    gives("temp - ambient > 9 °F", &at(25.5), 1.0, "boolean");
    gives("abs(temp - ambient) > 5 K", &at(14.0), 1.0, "boolean");
    gives("temp > 25 °C", &at(26.0), 1.0, "boolean");
    gives("temp > 300 K", &at(26.0), 0.0, "boolean");
    gives("temp > 300 K", &at(27.0), 1.0, "boolean");
}

#[test]
fn g_is_gravity_or_gram_as_its_neighbour_has_it() {
    gives("vibration > 0.1 g", &[("vibration", 0.2)], 1.0, "boolean");
    gives("vibration in m/s²", &[("vibration", 1.0)], 9.806_65, "m/s²");
    gives("2 kg + 500 g", &[], 2.5, "kg");
    gives("500 g in kg", &[], 0.5, "kg");
    gives("500 g + 2 kg", &[], 2500.0, "g");
    gives("vibration * 2 kg", &[("vibration", 1.0)], 19.6133, "N");
    gives("3 g/Wh * power * 1 h", &[("power", 2.0)], 6.0, "g");
}

#[test]
fn the_thermal_efficiency_is_a_plain_number() {
    let schema = schema();
    let mut compiler = Compiler::new(&schema);
    let rate = compiler.add("cooling_rate", &parse("-rate(temp)").unwrap(), None);
    assert_eq!(rate.unwrap().unwrap().field_type, FieldType::Number(unit("°C/s")));
    let text = "abs(cooling_rate) / max(1 W, power) * 100000 W*s/°C";
    let efficiency = compiler
        .add("efficiency", &parse(text).unwrap(), None)
        .unwrap()
        .unwrap();
    assert_eq!(efficiency.field_type, FieldType::plain_number());
    assert!(efficiency.optional, "the first reading has no rate");
}

#[test]
fn declared_units_convert_the_result() {
    let schema = schema();
    let mut compiler = Compiler::new(&schema);
    let expression = parse("integral(power)").unwrap();
    let result = compiler
        .add("energy", &expression, Some(&unit("Wh")))
        .unwrap()
        .unwrap();
    assert_eq!(result.field_type.unit().unwrap().symbol(), "Wh");
    let co2 = compiler.add("co2", &parse("energy * 0.233 g/Wh").unwrap(), None);
    assert_eq!(co2.unwrap().unwrap().field_type.unit().unwrap().symbol(), "g");
    let batch = readings(&schema, "power", &[(0.0, 0, 3600.0), (1.0, 0, 3600.0)]);
    let columns = Evaluator::new(compiler.finish()).evaluate(&batch);
    assert_eq!(columns[0].value(1), Value::Number(1.0));
    assert_eq!(columns[1].value(1), Value::Number(0.233));
}

#[test]
fn quantities_are_numbers_with_units() {
    let quantity = Quantity::parse("5 min").unwrap();
    assert_eq!(
        (quantity.value, quantity.unit.dimension()),
        (5.0, Dimension::TIME)
    );
    assert_eq!(Quantity::parse_duration("200ms").unwrap().as_millis(), 200);
    for wrong in ["min", "5 V", "-5 s", "0 s", "", "5 5 s", "1e9 s", "NaN s"] {
        Quantity::parse_duration(wrong).unwrap_err();
    }
}

#[test]
fn units_at_the_edge_of_numbers_are_refused() {
    for text in [
        "1/m^-128", "km^120", "pm^100", "m^200", "m^", "m/", "/m", "°C²", "m·°C^2", "1/°F^2", "m**s",
    ] {
        let error = Unit::parse(text).unwrap_err();
        assert!(!error.to_string().is_empty());
    }
    // The factor of a computed unit stays a number as well.
    let schema = schema();
    let text = "((((load ^ 8) ^ 8) ^ 8) ^ 8) ^ 8";
    let Err(errors) = compile(&schema, text) else {
        panic!("{text}")
    };
    assert_eq!(errors.len(), 1);
}

/// Readings of one field: seconds, key, value; NaN is missing.
fn readings(schema: &Schema, name: &str, rows: &[(f64, u32, f64)]) -> Batch {
    let slot = schema.slot(name).unwrap();
    let mut builder = BatchBuilder::new(Arc::new(schema.clone()), rows.len());
    for (seconds, key, value) in rows {
        let mut values = vec![Value::Missing; schema.width()];
        values[slot] = Value::number(*value);
        builder.push(EventTime((seconds * 1e6) as i64), Key(*key), values);
    }
    builder.finish(Receipt::none())
}

/// What a formula gives for readings of `power`, one batch each and all in one batch, which must be the same.
#[track_caller]
fn over_time(text: &str, rows: &[(f64, u32, f64)]) -> Vec<Option<f64>> {
    let schema = schema();
    let results = |batches: &[Batch]| -> Vec<Option<f64>> {
        let (_, mut evaluator) = compile(&schema, text).unwrap();
        let columns = batches.iter().flat_map(|batch| evaluator.evaluate(batch));
        columns
            .flat_map(|column| {
                (0..column.len())
                    .map(move |row| column.value(row))
                    .collect::<Vec<_>>()
            })
            .map(|value| match value {
                Value::Number(number) => Some(number),
                _ => None,
            })
            .collect()
    };
    let one_by_one: Vec<Batch> = rows
        .iter()
        .map(|row| readings(&schema, "power", &[*row]))
        .collect();
    let results_one_by_one = results(&one_by_one);
    assert_eq!(results(&[readings(&schema, "power", rows)]), results_one_by_one);
    results_one_by_one
}

const MISSING: f64 = f64::NAN;

#[test]
fn rates_are_per_key() {
    let rows = [(0.0, 0, 1.0), (0.5, 1, 10.0), (2.0, 0, 5.0), (2.5, 1, 0.0)];
    assert_eq!(
        over_time("rate(power)", &rows),
        [None, None, Some(2.0), Some(-5.0)]
    );
    assert_eq!(
        over_time("delta(power)", &rows),
        [None, None, Some(4.0), Some(-10.0)]
    );
    assert_eq!(
        over_time("previous(power)", &rows),
        [None, None, Some(1.0), Some(10.0)]
    );
    let energy = [Some(0.0), Some(0.0), Some(6.0), Some(10.0)];
    assert_eq!(over_time("integral(power) in J", &rows), energy);
}

#[test]
fn a_late_reading_changes_nothing() {
    let rows = [
        (0.0, 0, 2.0),
        (10.0, 0, 2.0),
        (4.0, 0, 99.0),
        (10.0, 0, 99.0),
        (20.0, 0, 4.0),
    ];
    assert_eq!(
        over_time("rate(power)", &rows),
        [None, Some(0.0), None, None, Some(0.2)]
    );
    let energy = [0.0, 20.0, 20.0, 20.0, 50.0].map(Some);
    assert_eq!(over_time("integral(power) in J", &rows), energy);
}

#[test]
fn a_silence_is_not_integrated() {
    let rows = [(0.0, 0, 2.0), (60.0, 0, 2.0), (121.0, 0, 2.0), (122.0, 0, 2.0)];
    let energy = [0.0, 120.0, 120.0, 122.0].map(Some);
    assert_eq!(over_time("integral(power) in J", &rows), energy);
    assert_eq!(
        over_time("rate(power)", &rows),
        [None, Some(0.0), None, Some(0.0)]
    );
}

#[test]
fn a_clock_that_was_set_back_is_the_new_time() {
    let rows = [
        (1000.0, 0, 2.0),
        (1001.0, 0, 2.0),
        (100.0, 0, 2.0),
        (101.0, 0, 4.0),
    ];
    let energy = [0.0, 2.0, 2.0, 5.0].map(Some);
    assert_eq!(over_time("integral(power) in J", &rows), energy);
    assert_eq!(
        over_time("rate(power)", &rows),
        [None, Some(0.0), None, Some(2.0)]
    );
}

#[test]
fn a_missing_reading_is_bridged() {
    let rows = [(0.0, 0, MISSING), (1.0, 0, 2.0), (2.0, 0, MISSING), (3.0, 0, 4.0)];
    assert_eq!(over_time("rate(power)", &rows), [None, None, None, Some(1.0)]);
    let energy = [None, Some(0.0), Some(0.0), Some(6.0)];
    assert_eq!(over_time("integral(power) in J", &rows), energy);
}

#[test]
fn what_is_not_finite_is_missing_on_the_way_too() {
    let schema = schema();
    let zero = record(&schema, &[("x", Value::Number(0.0))]);
    for text in [
        "1 / x > 5",
        "1 / x",
        "1 / (1 / x)",
        "min(5, 1 / x)",
        "ln(x)",
        "sqrt(x - 1)",
        "exp(1000 + x)",
        "(x - 8) ^ 0.5",
        "if(1 / x > 5, 1, 2)",
        "y",
        "y ^ 0",
        "max(y, 1)",
    ] {
        let (_, mut evaluator) = compile(&schema, text).unwrap();
        assert_eq!(evaluator.evaluate(&zero)[0].value(0), Value::Missing, "{text}");
    }
    gives("default(1 / x, 7)", &[("x", 0.0)], 7.0, "1");
    gives("is_missing(1 / x)", &[("x", 0.0)], 1.0, "boolean");
    gives("is_missing(y)", &[("x", 0.0)], 1.0, "boolean");
    gives("default(y, x)", &[("x", 3.0)], 3.0, "1");
    gives("x == 0 or 1 / x > 1", &[("x", 0.0)], 1.0, "boolean");
    gives("x != 0 and 1 / x > 1", &[("x", 0.0)], 0.0, "boolean");
}

#[test]
fn only_what_can_be_missing_is_optional() {
    let optional = |text: &str| compile(&schema(), text).unwrap().0.optional;
    assert!(!optional("x + 1"));
    assert!(optional("x + y"));
    assert!(optional("if(y > 1, x, 2)"));
    assert!(!optional("default(y, x)"));
    assert!(!optional("is_missing(y)"));
    assert!(!optional("integral(power)"));
    assert!(optional("rate(power)"));
}

#[test]
fn precedence_is_that_of_mathematics() {
    gives("2 + 3 * 4", &[], 14.0, "1");
    gives("-2 ^ 2", &[], -4.0, "1");
    gives("2 ^ 3 ^ 2", &[], 512.0, "1");
    gives("2 ^ -1", &[], 0.5, "1");
    gives("10 - 4 - 3", &[], 3.0, "1");
    gives("12 / 2 / 3", &[], 2.0, "1");
    gives("+ + 3", &[], 3.0, "1");
    gives("not 1 > 2 and 2 > 1", &[], 1.0, "boolean");
    gives("1 > 2 or 2 > 1 and 1 > 0", &[], 1.0, "boolean");
    gives("2 · 3 − 1", &[], 5.0, "1");
    gives("3 ≤ 3 && 3 ≥ 3 || 1 ≠ 1", &[], 1.0, "boolean");
    gives("1 h + 30 min in min", &[], 90.0, "min");
    gives("sin(90°) + cos(0)", &[], 2.0, "1");
}

#[test]
fn texts_compare() {
    let schema = schema();
    let running = record(&schema, &[("mode", Value::Text("running".into()))]);
    let none = record(&schema, &[]);
    let (_, mut equal) = compile(&schema, r#"mode == "running""#).unwrap();
    assert_eq!(equal.evaluate(&running)[0].value(0), Value::Boolean(true));
    assert_eq!(equal.evaluate(&none)[0].value(0), Value::Missing);
    let (_, mut unequal) = compile(&schema, "mode != 'off'").unwrap();
    assert_eq!(unequal.evaluate(&running)[0].value(0), Value::Boolean(true));
    let (_, mut same) = compile(&schema, "mode == mode").unwrap();
    assert_eq!(same.evaluate(&running)[0].value(0), Value::Boolean(true));
}

/// Errors as a terminal would show them: the formula, a line of carets, and the words.
fn complaints(text: &str) -> String {
    let Err(errors) = compile(&schema(), text) else {
        panic!("{text} is no mistake")
    };
    let mut shown = String::new();
    for error in errors {
        let start = text[..error.range.start].chars().count();
        let width = text[error.range.clone()].chars().count().max(1);
        shown += &format!(
            "{text}\n{}{} {}: {}\n",
            " ".repeat(start),
            "^".repeat(width),
            error.code.id(),
            error.message
        );
        if let Some(help) = error.help {
            shown += &format!("  help: {help}\n");
        }
    }
    shown
}

#[test]
fn mistakes_are_told_at_their_place() {
    let wrong = [
        // syntax
        "",
        "1 +",
        "(1 + 2",
        "max(1, 2",
        "1 + * 2",
        "1 2",
        "2 temp",
        "temp = 3",
        "!standby",
        "x ? 1 : 2",
        "1 + 2)",
        "\"open",
        "power in",
        "power in kWatt",
        "ßü + 1 £ @",
        "1.2.3",
        // names
        "tmp + 5 K",
        "maks(x, y)",
        "foo(bar)",
        "sqrt()",
        "min(x)",
        // kinds
        "mode + 1",
        "standby + 1",
        "since + 1",
        "mode",
        "mode > 3",
        "mode < \"a\"",
        "standby == 1",
        "not x",
        "x and standby",
        "if(x, 1, 2)",
        "if(standby, 1, mode)",
        "is_missing(mode)",
        // units
        "current + temp",
        "power + 5",
        "5 + power",
        "power > 0.5",
        "temp + 5",
        "temp + 5 °C",
        "temp + ambient",
        "temp * 2",
        "2 * temp",
        "-temp",
        "temp ^ 2",
        "integral(temp)",
        "power in A",
        "power in °C",
        "x in W",
        "power in %",
        "power ^ x",
        "power ^ 0.3",
        "2 ^ power",
        "ln(power)",
        "sin(power)",
        "sqrt(power)",
        "max(power, temp)",
        "clamp(x, 0 W, 1 W)",
        "default(temp, 5)",
        "speed in Hz",
        "power ^ 8 ^ 8",
        // two at once
        "tmp + maks(pwoer, 3)",
    ];
    let all: Vec<String> = wrong.iter().map(|text| complaints(text)).collect();
    insta::assert_snapshot!(all.join("\n"));
}

/// An expression as the test has it.
#[derive(Clone, Debug)]
enum Tree {
    Constant(f64),
    Field(&'static str),
    Negate(Box<Tree>),
    Arithmetic(char, Box<Tree>, Box<Tree>),
    Function(&'static str, Vec<Tree>),
    Choice(Box<Condition>, Box<Tree>, Box<Tree>),
}

#[derive(Clone, Debug)]
enum Condition {
    Standby,
    Compare(&'static str, Tree, Tree),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    IsMissing(Tree),
}

/// A record: `x`, `y`, `count`, `standby`.
#[derive(Clone, Debug)]
struct Row {
    x: Option<f64>,
    y: Option<f64>,
    count: Option<i64>,
    standby: Option<bool>,
}

impl Tree {
    fn text(&self) -> String {
        match self {
            Self::Constant(value) => format!("{value}"),
            Self::Field(name) => (*name).to_owned(),
            Self::Negate(a) => format!("-({})", a.text()),
            Self::Arithmetic(operator, a, b) => format!("({}) {operator} ({})", a.text(), b.text()),
            Self::Function(name, arguments) => {
                let arguments: Vec<String> = arguments.iter().map(Self::text).collect();
                format!("{name}({})", arguments.join(", "))
            }
            Self::Choice(condition, a, b) => format!("if({}, {}, {})", condition.text(), a.text(), b.text()),
        }
    }

    /// Missing is none; so is what is not finite.
    fn value(&self, row: &Row) -> Option<f64> {
        let value = match self {
            Self::Constant(value) => *value,
            Self::Field("x") => row.x?,
            Self::Field("y") => row.y?,
            Self::Field(_) => row.count? as f64,
            Self::Negate(a) => -a.value(row)?,
            Self::Arithmetic(operator, a, b) => {
                let (a, b) = (a.value(row)?, b.value(row)?);
                match operator {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    '/' => a / b,
                    _ => a.powf(b),
                }
            }
            Self::Function("default", arguments) => {
                return arguments[0].value(row).or_else(|| arguments[1].value(row));
            }
            Self::Function(name, arguments) => {
                let values: Option<Vec<f64>> = arguments.iter().map(|argument| argument.value(row)).collect();
                let values = values?;
                match *name {
                    "abs" => values[0].abs(),
                    "round" => values[0].round(),
                    "floor" => values[0].floor(),
                    "ceil" => values[0].ceil(),
                    "sqrt" => values[0].sqrt(),
                    "exp" => values[0].exp(),
                    "ln" => values[0].ln(),
                    "log10" => values[0].log10(),
                    "sin" => values[0].sin(),
                    "cos" => values[0].cos(),
                    "sign" if values[0] > 0.0 => 1.0,
                    "sign" if values[0] < 0.0 => -1.0,
                    "sign" => 0.0,
                    "min" => values.iter().copied().reduce(f64::min).unwrap(),
                    "max" => values.iter().copied().reduce(f64::max).unwrap(),
                    "clamp" => values[0].max(values[1]).min(values[2]),
                    other => panic!("{other}"),
                }
            }
            Self::Choice(condition, then, otherwise) => {
                let branch = if condition.value(row)? { then } else { otherwise };
                branch.value(row)?
            }
        };
        value.is_finite().then_some(value)
    }
}

impl Condition {
    fn text(&self) -> String {
        match self {
            Self::Standby => "standby".to_owned(),
            Self::Compare(operator, a, b) => format!("({}) {operator} ({})", a.text(), b.text()),
            Self::Not(a) => format!("not ({})", a.text()),
            Self::And(a, b) => format!("({}) and ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) or ({})", a.text(), b.text()),
            Self::IsMissing(a) => format!("is_missing({})", a.text()),
        }
    }

    fn value(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Standby => row.standby,
            Self::Compare(operator, a, b) => {
                let (a, b) = (a.value(row)?, b.value(row)?);
                Some(match *operator {
                    "<" => a < b,
                    "<=" => a <= b,
                    ">" => a > b,
                    ">=" => a >= b,
                    "==" => a == b,
                    _ => a != b,
                })
            }
            Self::Not(a) => a.value(row).map(|a| !a),
            Self::And(a, b) => match (a.value(row), b.value(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(a, b) => match (a.value(row), b.value(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::IsMissing(a) => Some(a.value(row).is_none()),
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        prop_oneof![Just(0.0), Just(1.0), Just(2.0), 0.0..1000.0].prop_map(Tree::Constant),
        prop_oneof![Just("x"), Just("y"), Just("count")].prop_map(Tree::Field),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let one = prop_oneof![
            Just("abs"),
            Just("round"),
            Just("floor"),
            Just("ceil"),
            Just("sqrt"),
            Just("exp"),
            Just("ln"),
            Just("log10"),
            Just("sin"),
            Just("cos"),
            Just("sign"),
        ];
        let operator = prop_oneof![Just('+'), Just('-'), Just('*'), Just('/'), Just('^')];
        let comparison = prop_oneof![
            Just("<"),
            Just("<="),
            Just(">"),
            Just(">="),
            Just("=="),
            Just("!=")
        ];
        let simple = prop_oneof![
            Just(Condition::Standby),
            (comparison, inner.clone(), inner.clone()).prop_map(|(o, a, b)| Condition::Compare(o, a, b)),
            inner.clone().prop_map(Condition::IsMissing),
        ];
        let condition = simple.prop_recursive(2, 6, 2, |inner| {
            let boxed = || inner.clone().prop_map(Box::new);
            prop_oneof![
                boxed().prop_map(Condition::Not),
                (boxed(), boxed()).prop_map(|(a, b)| Condition::And(a, b)),
                (boxed(), boxed()).prop_map(|(a, b)| Condition::Or(a, b)),
            ]
        });
        prop_oneof![
            boxed().prop_map(Tree::Negate),
            (operator, boxed(), boxed()).prop_map(|(o, a, b)| Tree::Arithmetic(o, a, b)),
            (one, inner.clone()).prop_map(|(name, a)| Tree::Function(name, vec![a])),
            (
                prop_oneof![Just("min"), Just("max")],
                prop::collection::vec(inner.clone(), 2..4)
            )
                .prop_map(|(name, arguments)| Tree::Function(name, arguments)),
            prop::collection::vec(inner.clone(), 3).prop_map(|a| Tree::Function("clamp", a)),
            prop::collection::vec(inner.clone(), 2).prop_map(|a| Tree::Function("default", a)),
            (condition.prop_map(Box::new), boxed(), boxed()).prop_map(|(c, a, b)| Tree::Choice(c, a, b)),
        ]
    })
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let number = || prop::option::weighted(0.8, prop_oneof![Just(0.0), Just(-1.0), -1e3..1e3, any::<f64>()]);
    let number = move || number().prop_map(|value| value.filter(|value: &f64| value.is_finite()));
    let row = (
        number(),
        number(),
        prop::option::weighted(0.8, -5_i64..5),
        prop::option::weighted(0.8, any::<bool>()),
    );
    let row = row.prop_map(|(x, y, count, standby)| Row { x, y, count, standby });
    prop::collection::vec(row, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_formula_gives_what_its_tree_gives(tree in trees(), rows in rows()) {
        let text = tree.text();
        prop_assume!(text.len() < 8_000 && parse(&text).is_ok());
        let schema = schema();
        let mut builder = BatchBuilder::new(Arc::new(schema.clone()), rows.len());
        for row in &rows {
            let values = schema.fields().iter().map(|field| match &*field.name {
                "x" => row.x.map_or(Value::Missing, Value::Number),
                "y" => row.y.map_or(Value::Missing, Value::Number),
                "count" => row.count.map_or(Value::Missing, Value::Integer),
                "standby" => row.standby.map_or(Value::Missing, Value::Boolean),
                _ => Value::Missing,
            });
            builder.push(EventTime(0), Key(0), values.collect::<Vec<_>>());
        }
        let batch = builder.finish(Receipt::none());
        let (_, mut evaluator) = compile(&schema, &text).map_err(|e| TestCaseError::fail(format!("{text}: {e:?}")))?;
        let column = evaluator.evaluate(&batch).remove(0);
        for (number, row) in rows.iter().enumerate() {
            let expected = tree.value(row).map_or(Value::Missing, Value::Number);
            prop_assert_eq!(column.value(number), expected, "{} on {:?}", text, row);
        }
    }
}
