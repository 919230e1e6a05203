//! The tests that stand in the flows of the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::compile_text;
use twinflow_engine::language::{SourceId, Sources};
use twinflow_engine::node::Level;
use twinflow_engine::testing::{Coverage, run};
use twinflow_nodes::scenario::Scenario;
use twinflow_nodes::{LogsAndSimulation, Shared, registry};

/// The flow files in a folder of the repository.
fn flows(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect()
}

/// Runs the tests of a flow: how many there are. They must pass, and reach every node that takes or gives records.
fn pass(path: &Path) -> usize {
    let text = fs::read_to_string(path).unwrap();
    let registry = registry(&Shared::default());
    let nothing = BTreeMap::<String, String>::new();
    let compiled = compile_text(path, &text, &registry, &nothing, Level::Environment);
    let findings = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    assert_eq!(findings, "", "{}", path.display());
    let graph = compiled.graph.unwrap();
    let mut coverage = Coverage::default();
    for test in &compiled.tests {
        let outcome = run(&graph, test, &LogsAndSimulation).unwrap();
        let failures = render(&outcome.failures, &compiled.sources, Colour::Plain);
        assert!(outcome.failures.is_empty(), "{}\n{failures}", path.display());
        coverage.add(&outcome);
    }
    let missed = coverage.missed(&graph).into_iter();
    let missed = missed.filter(|node| !node.inputs.is_empty() || !node.outputs.is_empty());
    let missed: Vec<&str> = missed.map(|node| node.id.value.as_str()).collect();
    assert!(
        missed.is_empty(),
        "no test of {} reaches {missed:?}",
        path.display()
    );
    compiled.tests.len()
}

#[test]
fn the_tests_of_all_flows_pass() {
    for path in ["flows", "examples"].into_iter().flat_map(flows) {
        assert!(pass(&path) > 0, "{} has no tests", path.display());
    }
}

#[test]
fn every_node_type_has_tests_that_pass() {
    let tested = flows("examples/nodes");
    for path in &tested {
        assert!(pass(path) > 0, "{} has no tests", path.display());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/nodes");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let scripts: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|end| end == "rhai"))
        .collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        let test = script.with_extension("test.yaml");
        assert!(tested.contains(&test), "{} is missing", test.display());
    }
}

#[test]
fn the_scenarios_are_good_and_begin_with_their_schema() {
    let scenarios = flows("examples/scenarios");
    assert!(scenarios.len() >= 4);
    let docs =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/simulation.md")).unwrap();
    let in_docs = docs
        .split("```yaml\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap());
    let mut texts: Vec<String> = in_docs.map(str::to_owned).collect();
    assert_eq!(texts.len(), 1);
    for path in &scenarios {
        let text = fs::read_to_string(path).unwrap();
        let schema = text.strip_prefix("# yaml-language-server: $schema=").unwrap();
        let schema = path.parent().unwrap().join(schema.lines().next().unwrap());
        assert!(schema.exists(), "{}", path.display());
        texts.push(text);
    }
    for text in texts {
        let mut found = Vec::new();
        let scenario = Scenario::read(SourceId(0), &text, &mut found);
        let shown = render(
            &found,
            &Sources::single("scenario.yaml", text.as_str()),
            Colour::Plain,
        );
        assert_eq!(shown, "");
        assert!(scenario.unwrap().name().is_some());
    }
}
