//! Hostile and huge input: no panic, no end of the stack, no endless work, and a clear answer.

use std::fmt::Write as _;

use proptest::prelude::*;
use twinflow_engine::diagnostic::{Code, Colour, Diagnostic, render};
use twinflow_engine::formula::{Compiler, parse};
use twinflow_engine::language::Sources;
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::{Quantity, Unit, longest_unit_prefix};

use crate::bench::Bench;

const VALID: [&str; 4] = [
    "twinflow: 1
name: Fan
brokers: { plant: embedded, cloud: \"mqtt://u:p@host\" }
nodes:
  fan: { type: feed, fields: &f { temp: °C, power: W } }
  oven: { type: feed, fields: *f }
  both: { type: map, from: [fan, oven], do: split }
  kpi:
    type: map
    from: both.high
    formula: |
      max(1 W, power) * 2
        + 5 W
  log: { type: store, from: kpi, interval: 100 }
  rest: { type: store, from: both.low }
",
    "twinflow: 1\r\nnodes:\r\n  a:\r\n    type: feed\r\n    fields: {x: '1', ü: \"m/s²\"}\r\n  b:\r\n    type: map\r\n    from: a\r\n    formula: >-\r\n      if(x > 0,\r\n      ü, 2 m/s²) in\r\n      km/h/s\r\n  c: {type: store, from: b}\r\n",
    "twinflow: ${VERSION:-1}\nnodes:\n  a: {type: feed, fields: {}}\n  b: {type: store, from: a}\n",
    "twinflow: 1
constants: { unit: W, fields: { temp: °C, power: $(unit) }, most: 5 $(unit) }
templates:
  line:
    parameters: { limit: $(most), names: }
    nodes:
      in: { type: feed, fields: $(names) }
      sum: { type: map, from: in, formula: power + $(limit) }
      parts: { type: map, from: sum, do: split }
  hall: { nodes: { lines: { template: line, for_each: [a, b], with: { names: $(fields) } } } }
nodes:
  halls: { template: hall, for_each: { x: , y: ~ } }
  all: { type: store, from: [halls.lines.parts.low, halls.x.lines.a.sum, halls.lines.parts.high] }
tests:
  sums:
    every: 200 ms
    until: 10
    given: { halls.x.lines.a.in: [{ temp: 1, power: 2 kW }, { at: 3 s, key: m, temp: 3, power: 4 }] }
    expect:
      halls.x.lines.a.sum: [{ power: 2 kW ± 1 W }, { temp: 3, key: m }]
      halls.x.lines.a.parts.low: { any: \"power > 1 W\", count: 1, errors: 0 }
",
];

/// The answer to a text; rendering it is part of the test.
fn answer(text: &str) -> (Vec<Diagnostic>, bool) {
    let compiled = Bench::default().compile(text);
    let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    for diagnostic in &compiled.diagnostics {
        assert!(shown.contains(diagnostic.code.id()));
        if let Some(span) = diagnostic.span {
            let place = compiled.sources.line_column(span);
            assert!(place.line >= 1 && place.column >= 1);
        }
    }
    (compiled.diagnostics, compiled.graph.is_some())
}

#[test]
fn the_flows_that_are_mutated_are_good() {
    for text in VALID {
        assert_eq!(answer(text), (Vec::new(), true));
    }
}

fn formula_words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("temp"),
        Just("power"),
        Just("x"),
        Just("mode"),
        Just("1"),
        Just("230 V"),
        Just("5 °C"),
        Just("1e308"),
        Just("+"),
        Just("-"),
        Just("*"),
        Just("/"),
        Just("^"),
        Just("("),
        Just(")"),
        Just(","),
        Just("in kWh"),
        Just("in °F"),
        Just("and"),
        Just("not"),
        Just("<"),
        Just("=="),
        Just("max("),
        Just("rate("),
        Just("integral("),
        Just("sqrt("),
        Just("if("),
        Just("'a'"),
        Just("g"),
        Just("%"),
        Just("ü"),
        Just("²"),
        Just("\u{a0}"),
        Just("m^-128"),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.join(" "))
}

/// A valid flow in which pieces are cut, doubled, swapped or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(""),
        Just(":"),
        Just("- "),
        Just("{"),
        Just("}"),
        Just("["),
        Just("\n"),
        Just("\n  "),
        Just("\t"),
        Just("\""),
        Just("$(unit)"),
        Just("$("),
        Just("$(fields)"),
        Just("template: hall"),
        Just("for_each: [a]"),
        Just("± 1 A"),
        Just("'"),
        Just("&a "),
        Just("*a"),
        Just("*f"),
        Just("!x "),
        Just("|"),
        Just(">\n"),
        Just("#"),
        Just("---\n"),
        Just("..."),
        Just("°"),
        Just("\u{feff}"),
        Just("\u{0}"),
        Just("${X}"),
        Just("${"),
        Just("null"),
        Just("~"),
        Just("<<: *f"),
        Just("? "),
        Just("0x"),
        Just("1e999"),
        Just(".nan"),
        Just("from"),
        Just("a.b"),
        Just("from: fan"),
        Just("%"),
        Just("@"),
        Just("`"),
    ];
    let cut = (any::<prop::sample::Index>(), 0_usize..12, piece);
    (0..VALID.len(), prop::collection::vec(cut, 1..8)).prop_map(|(which, cuts)| {
        let mut letters: Vec<char> = VALID[which].chars().collect();
        for (at, length, piece) in cuts {
            let at = at.index(letters.len() + 1);
            let end = (at + length).min(letters.len());
            letters.splice(at..end, piece.chars());
        }
        letters.into_iter().collect()
    })
}

fn schema() -> Schema {
    Schema::new([
        Field::new("temp", FieldType::Number(Unit::parse("°C").unwrap())),
        Field::new("power", FieldType::Number(Unit::parse("W").unwrap())),
        Field::new("x", FieldType::plain_number()),
        Field::new("mode", FieldType::Text),
    ])
}

/// Inputs a test; TWINFLOW_FUZZ_CASES=1000000 for a long night.
fn cases() -> u32 {
    let asked = std::env::var("TWINFLOW_FUZZ_CASES").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(2000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn any_text_gets_an_answer(text in any::<String>()) {
        let (diagnostics, is_good) = answer(&text);
        prop_assert!(is_good || diagnostics.iter().any(Diagnostic::is_error));
    }

    #[test]
    fn a_broken_flow_gets_an_answer(text in mutated()) {
        let (diagnostics, is_good) = answer(&text);
        prop_assert_eq!(is_good, !diagnostics.iter().any(Diagnostic::is_error));
    }

    #[test]
    fn any_formula_gets_an_answer(text in prop_oneof![any::<String>(), formula_words()]) {
        let schema = schema();
        let errors = match parse(&text) {
            Ok(expression) => Compiler::new(&schema).add("a", &expression, None).err().unwrap_or_default(),
            Err(error) => vec![error],
        };
        for error in errors {
            prop_assert!(text.get(error.range.clone()).is_some(), "{:?} of {:?}", error.range, text);
        }
    }

    #[test]
    fn any_unit_and_quantity_gets_an_answer(text in prop_oneof![any::<String>(), "[a-zA-Z°%µ/*·^²⁻0-9 -]{0,12}"]) {
        let taken = longest_unit_prefix(&text);
        prop_assert!(text.is_char_boundary(taken));
        let _ = Quantity::parse(&text);
        let _ = Quantity::parse_duration(&text);
        if let Ok(unit) = Unit::parse(&text) {
            prop_assert!(unit.factor().is_normal());
            prop_assert!(unit.conversion_to(&unit).is_some_and(|same| same.is_identity()));
        }
    }

    #[test]
    fn a_part_of_a_scalar_is_found_where_it_stands(
        words in prop::collection::vec("[a-zü]{1,6}", 1..6),
        which in any::<prop::sample::Index>(),
        style in 0..4,
    ) {
        let which = which.index(words.len());
        let (text, value) = match style {
            0 => (format!("é: {}\n", words.join(" ")), words.join(" ")),
            1 => (format!("é: '{}'\n", words.join(" ")), words.join(" ")),
            2 => (format!("é: |\n   {}\n", words.join("\n   ")), words.join("\n") + "\n"),
            _ => (format!("é: >\r\n  {}\r\n", words.join("\r\n  ")), words.join(" ") + "\n"),
        };
        let sources = Sources::single("a.yaml", text.as_str());
        let environment = std::collections::BTreeMap::new();
        let root = twinflow_engine::language::parse_yaml(
            twinflow_engine::language::SourceId(0), &text, &environment, &mut Vec::new(),
        ).unwrap();
        let scalar = root.get("é").unwrap();
        prop_assert_eq!(scalar.scalar_text(), Some(value.as_str()));
        let start: usize = words[..which].iter().map(|word| word.len() + 1).sum();
        let span = sources.within(scalar.span, &value, start..start + words[which].len());
        prop_assert_eq!(sources.slice(span), words[which].as_str());
        let before: usize = words[..which].iter().map(|word| word.len()).sum();
        let letters: usize = text[..span.start as usize].chars().filter(|c| c.is_alphabetic()).map(char::len_utf8).sum();
        prop_assert_eq!(letters, before + "é".len(), "the right one of equal words");
    }
}

#[track_caller]
fn only(text: &str, code: Code) {
    let (diagnostics, is_good) = answer(text);
    assert!(!is_good);
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [code]);
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        let text = format!(
            "twinflow: 1\nnodes:\n  {}1{}\n",
            open.repeat(100_000),
            close.repeat(100_000)
        );
        let (diagnostics, _) = answer(&text);
        assert!(
            matches!(diagnostics[0].code, Code::TooLarge | Code::Syntax),
            "{open}"
        );
        assert_eq!(diagnostics.len(), 1);
    }
    let mut indented = "twinflow: 1\nnodes:\n".to_owned();
    for depth in 1..300 {
        let _ = writeln!(indented, "{}a:", " ".repeat(depth));
    }
    only(&indented, Code::TooLarge);
}

#[test]
fn deep_formulas_are_refused() {
    let schema = schema();
    for text in [
        "(".repeat(7_000),
        "-".repeat(7_000) + "x",
        "+ ".repeat(3_500) + "x",
        "not ".repeat(1_900) + "x",
        "x ^ ".repeat(1_900) + "x",
        "x + ".repeat(1_900) + "x",
        "x * ".repeat(1_900) + "x",
        "max(x, ".repeat(1_000) + "x" + &")".repeat(1_000),
        "x or ".repeat(1_500) + "x",
        "x".to_owned() + &" in %".repeat(1_500),
        "x".repeat(9_000),
        "1".repeat(7_000),
    ] {
        let answer = parse(&text).map_err(|error| vec![error]);
        let answer = answer.and_then(|formula| Compiler::new(&schema).add("a", &formula, None));
        // Only the pluses have a meaning.
        assert_eq!(answer.is_ok(), text.starts_with('+'), "{}", &text[..20]);
    }
}

#[test]
fn a_large_formula_fits_on_a_small_stack() {
    let schema = schema();
    let text = "x + ".repeat(190) + &"(".repeat(30) + "x" + &")".repeat(30);
    let thread = std::thread::Builder::new().stack_size(1024 * 1024);
    let checked = thread.spawn(move || {
        let formula = parse(&text).unwrap();
        Compiler::new(&schema).add("a", &formula, None).is_ok()
    });
    assert!(checked.unwrap().join().unwrap());
}

#[test]
fn aliases_cannot_multiply_a_file() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let copies = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(laughs, "a{level}: &a{level} [{copies}]");
    }
    only(&laughs, Code::TooLarge);
    // Anchors within anchors would keep sixty copies of the rest.
    let mut nested = "a: ".to_owned();
    for level in 0..60 {
        let _ = write!(nested, "&b{level} [");
    }
    nested += &"1,".repeat(200_000);
    nested += &"]".repeat(60);
    only(&nested, Code::TooLarge);
    only("a: &a [*a]\n", Code::Syntax);
    only("a: *b\n", Code::Syntax);
}

#[test]
fn ten_megabytes_are_read() {
    let mut text = "twinflow: 1\nnodes:\n  fan: { type: feed, fields: { temp: K } }\n  log: { type: store, from: fan, note: [\n".to_owned();
    while text.len() < 10_000_000 {
        text += "    \"all work and no play makes the fan a dull machine, over and over, day by day, year by year\",\n";
    }
    text += "  ] }\n";
    let (diagnostics, _) = answer(&text);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, Code::UnknownField);
}

const MANY: usize = 10_000;

fn flow(nodes: impl Fn(usize) -> String) -> String {
    let mut text = "twinflow: 1\nnodes:\n".to_owned();
    for number in 0..MANY {
        text += &nodes(number);
    }
    text
}

fn chain() -> String {
    flow(|number| match number {
        0 => "  n0: { type: feed, fields: { temp: K } }\n".to_owned(),
        last if last == MANY - 1 => format!("  n{last}: {{ type: store, from: n{} }}\n", last - 1),
        _ => format!("  n{number}: {{ type: map, from: n{} }}\n", number - 1),
    })
}

fn fan_out() -> String {
    flow(|number| match number {
        0 => "  n0: { type: feed, fields: { temp: K } }\n".to_owned(),
        _ => format!("  n{number}: {{ type: store, from: n0 }}\n"),
    })
}

#[test]
fn a_chain_of_ten_thousand_nodes_is_good() {
    assert_eq!(answer(&chain()), (Vec::new(), true));
}

#[test]
fn the_order_of_the_text_does_not_matter() {
    let text = chain();
    let (head, nodes) = text.split_at(text.find("  n0").unwrap());
    let mut lines: Vec<&str> = nodes.lines().collect();
    lines.reverse();
    let reversed = format!("{head}{}\n", lines.join("\n"));
    let compiled = Bench::default().compile(&reversed);
    let graph = compiled.graph.unwrap();
    assert_eq!(graph.nodes.len(), MANY);
    for (number, node) in graph.nodes.iter().enumerate() {
        assert!(node.inputs.iter().all(|wire| wire.from < number));
    }
}

#[test]
fn a_fan_out_to_ten_thousand_nodes_is_good() {
    assert_eq!(answer(&fan_out()), (Vec::new(), true));
}

#[test]
fn a_join_of_ten_thousand_nodes_is_good() {
    let names: Vec<String> = (0..MANY).map(|number| format!("n{number}")).collect();
    let text = flow(|number| format!("  n{number}: {{ type: feed, fields: {{ temp: K }} }}\n"));
    let text = format!("{text}  log: {{ type: store, from: [{}] }}\n", names.join(", "));
    assert_eq!(answer(&text), (Vec::new(), true));
}

#[test]
fn a_ring_of_ten_thousand_nodes_is_told_once() {
    let text = chain().replace(
        "n0: { type: feed, fields: { temp: K } }",
        "n0: { type: map, from: n9998 }",
    );
    let (diagnostics, _) = answer(&text);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, Code::Cycle);
    assert!(diagnostics[0].message.len() < 200, "{}", diagnostics[0].message);
}

#[test]
fn ten_thousand_mistakes_are_all_told() {
    for (text, code) in [
        (fan_out().replace("from: n0", "from: nowhere"), Code::UnknownNode),
        (
            fan_out().replace("type: store", "type: stoer"),
            Code::UnknownNodeType,
        ),
        (
            fan_out().replace("from: n0", "from: n0, colour: red"),
            Code::UnknownField,
        ),
        (
            fan_out().replace("type: store, from", "type: map, formula: tmep, from"),
            Code::UnknownRecordField,
        ),
        (fan_out().replace("from: n0", "from: n0.hot"), Code::UnknownOutput),
    ] {
        let (diagnostics, is_good) = answer(&text);
        assert!(!is_good);
        assert_eq!(diagnostics.len(), MANY - 1);
        assert!(diagnostics.iter().all(|diagnostic| diagnostic.code == code));
    }
    let (diagnostics, _) = answer(&flow(|_| {
        "  same: { type: feed, fields: { temp: K } }\n".to_owned()
    }));
    let doubles = diagnostics.iter().filter(|d| d.code == Code::DuplicateKey);
    assert_eq!(doubles.count(), MANY - 1);
}
