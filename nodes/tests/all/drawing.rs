//! Flows as pictures.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use twinflow_engine::drawing::{dot, mermaid, svg};
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::node::Level;
use twinflow_engine::schema::{Field, FieldType};
use twinflow_nodes::{Shared, registry};

use crate::support::inlet;

fn graph(text: &str) -> Graph {
    let environment = BTreeMap::<String, String>::new();
    let registry = registry(&Shared::default());
    let compiled = compile_text(
        Path::new("flow.yaml"),
        text,
        &registry,
        &environment,
        Level::Static,
    );
    compiled
        .graph
        .unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

const FLOW: &str = r#"
twinflow: 1
name: 'A "fan" <b>&amp; \ more; `*x*` #1'
brokers: { plant: embedded }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan
    fields: { temp: { unit: °C }, current: { unit: A }, load: { unit: "%" }, mode: { type: text }, run: { type: integer }, x: {} }
  kpis: { type: kpi, from: fan, values: { power: 230 V * current, energy: integral(power) in Wh } }
  cool: { type: kpi, from: kpis, values: { loss: power - 1 W } }
  log: { type: csv-sink, from: [kpis, cool], file: all.csv }
  show: { type: dashboard-widget, from: kpis, widget: gauge, fields: [power] }
"#;

#[test]
fn edges_say_what_they_carry() {
    insta::assert_snapshot!("dot", dot(&graph(FLOW)));
    insta::assert_snapshot!("mermaid", mermaid(&graph(FLOW)));
}

/// What is left of an XML text without its tags; panics where the tags do not nest.
fn text_of(xml: &str) -> String {
    let mut open: Vec<&str> = Vec::new();
    let mut text = String::new();
    let mut rest = xml;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, after) = tag.split_once('>').expect("a tag does not end");
        assert!(!tag.contains('<'), "`<` within the tag {tag}");
        let name = tag.split([' ', '/']).next().unwrap();
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        rest = after;
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    text
}

#[test]
fn the_picture_is_whole_xml_with_every_name() {
    let picture = svg(&graph(FLOW));
    let text = text_of(&picture);
    for words in [
        "A &quot;fan&quot; &lt;b&gt;&amp;amp; \\ more;",
        "fan",
        "mqtt-in",
        "kpis",
        "+power [W]",
        "+energy [Wh]",
        "temp [°C]",
        "2 more",
        "show",
        "dashboard-widget",
    ] {
        assert!(text.contains(words), "`{words}` is not in:\n{text}");
    }
    assert_eq!(picture.matches("class=\"wire\"").count(), 5);
    assert!(picture.contains("prefers-color-scheme: dark"));
}

#[test]
fn names_of_any_letters_stay_text() {
    let fields = vec![
        Field::new("a\"<b>", FieldType::Text),
        Field::new("c\\n&amp;\u{7}", FieldType::Text),
        Field::new("`d`;#e*", FieldType::Text),
    ];
    let nodes = "  log: { type: csv-sink, from: in, file: all.csv }\n";
    let (graph, _inlet) = inlet::compile(Path::new(""), fields, nodes);
    let dot = dot(&graph);
    assert!(
        dot.contains(r#"label="a\"<b>\nc\\n&amp;amp; \n`d`;#e*"];"#),
        "{dot}"
    );
    let mermaid = mermaid(&graph);
    assert!(
        mermaid.contains("|\"a#34;#60;b#62;, c#92;n#38;amp#59; , #96;d#96;#59;#35;e#42;\"|"),
        "{mermaid}"
    );
    let text = text_of(&svg(&graph));
    for name in ["a&quot;&lt;b&gt;", "c\\n&amp;amp; ", "`d`;#e*"] {
        assert!(text.contains(name), "{name} is not in:\n{text}");
    }
}

/// The numbers of an attribute, element by element.
fn numbers(picture: &str, class: &str, attribute: &str) -> Vec<f64> {
    let elements = picture
        .split('<')
        .filter(|part| part.contains(&format!("class=\"{class}\"")));
    elements
        .map(|element| {
            let value = element.split(&format!(" {attribute}=\"")).nth(1).unwrap();
            value.split('"').next().unwrap().parse().unwrap()
        })
        .collect()
}

#[test]
fn nodes_stand_apart_and_behind_what_feeds_them() {
    let mut flow = String::from("twinflow: 1\nbrokers: { plant: embedded }\nnodes:\n");
    for fan in 0..7 {
        let _ = writeln!(
            flow,
            "  fan{fan}: {{ type: mqtt-in, broker: plant, topic: t{fan}, fields: {{ x: {{}} }} }}"
        );
    }
    for kpi in 0..7 {
        let (one, two) = (kpi, (kpi * 3 + 1) % 7);
        let from = if one == two {
            format!("fan{one}")
        } else {
            format!("[fan{one}, fan{two}]")
        };
        let _ = writeln!(
            flow,
            "  kpi{kpi}: {{ type: kpi, from: {from}, values: {{ y: x + 1 }} }}"
        );
    }
    flow.push_str("  all: { type: kpi, from: [fan0, kpi0, kpi6], values: { z: x } }\n");
    flow.push_str(
        "  out: { type: mqtt-out, from: [all, kpi1, kpi2, kpi3, kpi4, kpi5], broker: plant, topic: o }\n",
    );
    let picture = svg(&graph(&flow));
    let at = |class: &str| -> Vec<(f64, f64)> {
        numbers(&picture, class, "x")
            .into_iter()
            .zip(numbers(&picture, class, "y"))
            .collect()
    };
    let ids = at("id");
    assert_eq!(ids.len(), 16);
    for (number, (x, y)) in ids.iter().enumerate() {
        for (other_x, other_y) in &ids[number + 1..] {
            assert!(
                (x - other_x).abs() > 80.0 || (y - other_y).abs() > 50.0,
                "two nodes overlap at {x}, {y}"
            );
        }
    }
}

/// Chains beside each other, with wires that skip far ahead.
fn large() -> String {
    let mut flow = String::from("twinflow: 1\nbrokers: { plant: embedded }\nnodes:\n");
    flow.push_str("  fan: { type: mqtt-in, broker: plant, topic: t, fields: { x: {} } }\n");
    for number in 0..5_000 {
        let from = match number % 100 {
            0 => "fan".to_owned(),
            _ => format!("kpi{}", number - 1),
        };
        let _ = writeln!(
            flow,
            "  kpi{number}: {{ type: kpi, from: {from}, values: {{ y{number}: x }} }}\n  \
             out{number}: {{ type: mqtt-out, from: [fan, kpi{number}], broker: plant, topic: o{number} }}"
        );
    }
    flow
}

#[test]
fn ten_thousand_nodes_are_drawn() {
    let graph = graph(&large());
    assert_eq!(graph.nodes.len(), 10_001);
    for drawing in [dot(&graph), mermaid(&graph), svg(&graph)] {
        assert!(drawing.contains("kpi4999"));
        assert!(drawing.len() < 20_000_000);
    }
}

#[test]
fn what_leaves_by_error_says_so() {
    let flow = format!("{FLOW}  bad: {{ type: csv-sink, from: [fan.error, log.error], file: bad.csv }}\n");
    let drawn = dot(&graph(&flow));
    assert_eq!(drawn.matches("label=\"error\"").count(), 2, "{drawn}");
    let drawn = mermaid(&graph(&flow));
    assert_eq!(drawn.matches("|\"error\"|").count(), 2, "{drawn}");
}
