//! Constants, templates and included files: what nodes come of them.

use std::fmt::Write as _;

use twinflow_engine::diagnostic::{Code, Colour, render};
use twinflow_engine::graph::Graph;

use crate::bench::Bench;

fn graph(text: &str) -> Graph {
    let compiled = Bench::default().compile(text);
    let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    assert!(compiled.diagnostics.is_empty(), "{shown}");
    compiled.graph.unwrap()
}

/// Every node with what leads into it.
fn wires(graph: &Graph) -> Vec<String> {
    let from = |wire: &twinflow_engine::graph::Wire| graph.nodes[wire.from].id.value.clone();
    let node = |node: &twinflow_engine::graph::Node| {
        let inputs: Vec<String> = node.inputs.iter().map(from).collect();
        format!("{} <- {}", node.id.value, inputs.join(" "))
    };
    graph.nodes.iter().map(node).collect()
}

#[test]
fn a_template_makes_its_nodes_for_each_name() {
    let graph = graph(
        "twinflow: 1
templates:
  line:
    parameters: { limit: 1 W, formula: temp + $(limit) }
    nodes:
      in: { type: feed, fields: { temp: W } }
      sum: { type: map, from: in, formula: $(formula) }
nodes:
  lines: { template: line, for_each: { a: , b: { formula: temp } } }
  spare: { template: line, with: { limit: 2 W } }
  all: { type: store, from: [lines.sum, spare.sum] }
  one: { type: store, from: lines.b.in }
",
    );
    let mut wires = wires(&graph);
    wires.sort();
    assert_eq!(
        wires,
        [
            "all <- lines.a.sum lines.b.sum spare.sum",
            "lines.a.in <- ",
            "lines.a.sum <- lines.a.in",
            "lines.b.in <- ",
            "lines.b.sum <- lines.b.in",
            "one <- lines.b.in",
            "spare.in <- ",
            "spare.sum <- spare.in",
        ]
    );
    let formula = |id: &str| {
        let node = graph.node(id).unwrap().1;
        node.config
            .get("formula")
            .unwrap()
            .scalar_text()
            .unwrap()
            .to_owned()
    };
    assert_eq!(formula("lines.a.sum"), "temp + 1 W");
    assert_eq!(formula("lines.b.sum"), "temp");
    assert_eq!(formula("spare.sum"), "temp + 2 W");
}

#[test]
fn arguments_can_use_the_name_at_hand() {
    let graph = graph(
        "twinflow: 1
constants: { all: [a, b], interval: 5 }
templates:
  line:
    parameters: { formula: }
    nodes:
      in: { type: feed, fields: { a: W, b: W, one: W } }
      sum: { type: map, from: in, formula: $(formula) }
nodes:
  lines: { template: line, for_each: $(all), with: { formula: $(name) * 2 } }
  one: { template: line, with: { formula: $(name) * 3 } }
  out: { type: store, from: [lines.sum, one.sum] }
  most: { type: store, from: lines.a.in, interval: $(interval) }
",
    );
    let formula = |id: &str| {
        let node = graph.node(id).unwrap().1;
        node.config
            .get("formula")
            .unwrap()
            .scalar_text()
            .unwrap()
            .to_owned()
    };
    assert_eq!(formula("lines.a.sum"), "a * 2");
    assert_eq!(formula("lines.b.sum"), "b * 2");
    assert_eq!(formula("one.sum"), "one * 3");
}

#[test]
fn templates_stand_within_templates() {
    let graph = graph(
        "twinflow: 1
templates:
  cell: { nodes: { in: { type: feed, fields: { temp: W } } } }
  line:
    nodes:
      cells: { template: cell, for_each: [x, y] }
      log: { type: store, from: cells.in }
nodes:
  lines: { template: line, for_each: [a, b] }
  all: { type: store, from: lines.cells.in }
  some: { type: store, from: lines.cells.x.in }
  few: { type: store, from: lines.a.cells.in }
",
    );
    let wires = wires(&graph);
    for expected in [
        "lines.a.log <- lines.a.cells.x.in lines.a.cells.y.in",
        "lines.b.log <- lines.b.cells.x.in lines.b.cells.y.in",
        "all <- lines.a.cells.x.in lines.a.cells.y.in lines.b.cells.x.in lines.b.cells.y.in",
        "some <- lines.a.cells.x.in lines.b.cells.x.in",
        "few <- lines.a.cells.x.in lines.a.cells.y.in",
    ] {
        assert!(
            wires.iter().any(|wire| wire == expected),
            "{expected} is not in {wires:#?}"
        );
    }
}

#[test]
fn a_constant_is_a_whole_value_or_a_part_of_a_text() {
    let graph = graph(
        "twinflow: 1
name: $(plant) is no reference here
constants: { plant: Mill, unit: W, fields: { temp: $(unit), power: $(unit) } }
nodes:
  in: { type: feed, fields: $(fields) }
  sum: { type: map, from: in, formula: temp + power + 3 $(unit) }
  out: { type: store, from: sum }
brokers: { hall: $$(plant) of the $(plant) }
",
    );
    assert_eq!(graph.node("in").unwrap().1.outputs[0].schema.width(), 2);
    assert_eq!(
        graph.brokers,
        [("hall".to_owned(), "$(plant) of the Mill".to_owned())]
    );
}

#[test]
fn ten_machines_take_one_line_and_ten_thousand_are_made_at_once() {
    let mut names = String::new();
    for number in 0..5_000 {
        write!(names, "m{number}, ").unwrap();
    }
    let text = format!(
        "twinflow: 1
templates:
  line:
    nodes:
      in: {{ type: feed, fields: {{ temp: W }} }}
      log: {{ type: store, from: in }}
nodes:
  lines: {{ template: line, for_each: [{names}] }}
"
    );
    assert_eq!(graph(&text).nodes.len(), 10_000);
}

#[test]
fn what_multiplies_is_stopped() {
    let mut constants = "a0: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]".to_owned();
    for number in 1..12 {
        let before = format!("$(a{})", number - 1);
        write!(constants, ", a{number}: [{}]", vec![before; 10].join(", ")).unwrap();
    }
    let bomb = format!(
        "twinflow: 1\nconstants: {{ {constants} }}\nnodes: {{ in: {{ type: feed, fields: {{ temp: $(a11) }} }} }}\n"
    );
    let mut templates = "t0: { nodes: { in: { type: feed, fields: { temp: W } } } }".to_owned();
    for number in 1..4 {
        let items: Vec<String> = (0..200).map(|item| format!("i{item}")).collect();
        write!(
            templates,
            ", t{number}: {{ nodes: {{ n: {{ template: t{}, for_each: [{}] }} }} }}",
            number - 1,
            items.join(", ")
        )
        .unwrap();
    }
    let nodes = format!("twinflow: 1\ntemplates: {{ {templates} }}\nnodes: {{ all: {{ template: t3 }} }}\n");
    for text in [bomb, nodes] {
        let compiled = Bench::default().compile(&text);
        let codes: Vec<Code> = compiled.diagnostics.iter().map(|found| found.code).collect();
        assert!(codes.contains(&Code::TooLarge), "{codes:?}");
        assert!(compiled.diagnostics.len() < 100);
    }
}
