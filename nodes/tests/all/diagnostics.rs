//! What is said of flows: nothing of good ones, and of wrong ones every mistake, at its place, with a way to mend it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use twinflow_engine::diagnostic::{Colour, render, summary};
use twinflow_engine::graph::{Compiled, compile_text};
use twinflow_engine::language::{Environment, read_text};
use twinflow_engine::node::Level;
use twinflow_nodes::{Shared, registry};

/// The flows of a folder below `tests/flows`, each by its path there.
fn flows(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows");
    let entries = std::fs::read_dir(root.join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| Path::new(folder).join(entry.unwrap().file_name()))
        .collect();
    paths.sort();
    paths
}

/// Variables from a table, and files of `tests/flows`.
struct Surroundings(BTreeMap<String, String>);

impl Environment for Surroundings {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn read(&self, path: &Path) -> Result<String, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows");
        read_text(&root.join(path))
    }
}

fn compile(path: &Path, level: Level) -> Compiled {
    let environment = BTreeMap::from([
        ("MQTT_PASSWORD".to_owned(), "s3cret".to_owned()),
        ("SET".to_owned(), "temp".to_owned()),
    ]);
    let environment = if path.ends_with("missing-environment.yaml") {
        BTreeMap::from([("SET".to_owned(), "temp".to_owned())])
    } else {
        environment
    };
    let environment = Surroundings(environment);
    let text = environment.read(path).unwrap();
    compile_text(path, &text, &registry(&Shared::default()), &environment, level)
}

#[test]
fn every_mistake_is_told() {
    let paths = flows("invalid");
    assert!(paths.len() >= 45);
    for path in paths {
        let compiled = compile(&path, Level::Environment);
        assert!(compiled.graph.is_none(), "{} is good", path.display());
        let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
        for secret in ["s3cret", "pä55wörd", "p\u{e4}55"] {
            assert!(
                !shown.contains(secret),
                "{} tells a password:\n{shown}",
                path.display()
            );
        }
        let summary = summary(&compiled.diagnostics).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, format!("{shown}{summary}"));
        });
    }
}

#[test]
fn a_good_flow_is_left_alone() {
    for path in flows("valid") {
        let compiled = compile(&path, Level::Environment);
        let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
        let expected = match path.file_stem().unwrap().to_str().unwrap() {
            "unused" => 1,
            "unused-definitions" => 2,
            _ => 0,
        };
        assert_eq!(
            compiled.diagnostics.len(),
            expected,
            "{}:\n{shown}",
            path.display()
        );
        assert!(compiled.graph.is_some(), "{}", path.display());
    }
}

/// The `yaml` blocks of a node type's reference page.
fn examples(doc: &str) -> impl Iterator<Item = &str> {
    let blocks = doc.split("```yaml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap())
}

#[test]
fn the_examples_of_the_reference_are_good() {
    let registry = registry(&Shared::default());
    for node_type in registry.all() {
        let mut count = 0;
        for example in examples(node_type.doc()) {
            count += 1;
            let path = format!("{}.yaml", node_type.name());
            let compiled = compile_text(
                Path::new(&path),
                example,
                &registry,
                &BTreeMap::<String, String>::new(),
                Level::Static,
            );
            let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
            assert!(compiled.diagnostics.is_empty(), "{shown}");
            let graph = compiled.graph.unwrap();
            let uses_it = graph.nodes.iter().any(|node| node.node_type == node_type.name());
            assert!(uses_it, "the example of `{}` does without it", node_type.name());
        }
        assert!(count > 0, "`{}` has no example", node_type.name());
    }
}

#[test]
fn every_option_of_a_node_type_is_described() {
    let registry = registry(&Shared::default());
    for node_type in registry.all() {
        let schema = node_type.config_schema();
        for (name, option) in schema["properties"].as_object().unwrap() {
            let described = option.get("description").is_some();
            assert!(described, "`{name}` of `{}` has no description", node_type.name());
        }
    }
}
