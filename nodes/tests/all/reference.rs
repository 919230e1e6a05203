//! The JSON Schema for editors and the node reference: both true to the checks, and both up to date in docs/.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;
use twinflow_engine::reference::{json_schema, markdown};
use twinflow_nodes::scenario::scenario_schema;
use twinflow_nodes::{Shared, registry};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn validator() -> Validator {
    jsonschema::validator_for(&json_schema(&registry(&Shared::default()))).unwrap()
}

fn mistakes(validator: &Validator, flow: &str) -> Vec<String> {
    let flow: Value = serde_saphyr::from_str(flow).unwrap();
    let all = validator.iter_errors(&flow);
    all.map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// Compares a generated file with what it should be, or renews it where TWINFLOW_UPDATE_DOCS is set.
fn is_up_to_date(name: &str, expected: &str) {
    let path = root().join("docs").join(name);
    if std::env::var_os("TWINFLOW_UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/{name} is stale; renew it with\n    TWINFLOW_UPDATE_DOCS=1 cargo test -p twinflow-nodes --test all reference::"
    );
}

#[test]
fn the_schema_in_docs_is_up_to_date() {
    let schema = json_schema(&registry(&Shared::default()));
    is_up_to_date(
        "flow.schema.json",
        &format!("{}\n", serde_json::to_string_pretty(&schema).unwrap()),
    );
}

#[test]
fn the_schema_of_scenarios_in_docs_is_up_to_date() {
    is_up_to_date(
        "scenario.schema.json",
        &format!("{}\n", serde_json::to_string_pretty(&scenario_schema()).unwrap()),
    );
}

#[test]
fn the_node_reference_in_docs_is_up_to_date() {
    is_up_to_date("nodes.md", &markdown(&registry(&Shared::default())));
}

#[test]
fn good_flows_fit_the_schema() {
    let validator = validator();
    let mut count = 0;
    for folder in ["flows", "examples", "nodes/tests/flows/valid"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = std::fs::read_to_string(&path).unwrap();
                assert_eq!(
                    mistakes(&validator, &text),
                    Vec::<String>::new(),
                    "{}",
                    path.display()
                );
                count += 1;
            }
        }
    }
    assert!(count >= 7);
}

#[test]
fn shipped_scenarios_fit_their_schema() {
    let validator = jsonschema::validator_for(&scenario_schema()).unwrap();
    for entry in std::fs::read_dir(root().join("examples/scenarios")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            mistakes(&validator, &text),
            Vec::<String>::new(),
            "{}",
            path.display()
        );
    }
    let wrong = "twinflow-scenario: 1\ntimeline: [{ at: 1 s, fault: imbalanc }]\n";
    assert!(!mistakes(&validator, wrong).is_empty());
}

#[test]
fn the_examples_of_the_reference_fit_the_schema() {
    let validator = validator();
    for node_type in registry(&Shared::default()).all() {
        for block in node_type.doc().split("```yaml\n").skip(1) {
            let example = block.split("```").next().unwrap();
            assert_eq!(
                mistakes(&validator, example),
                Vec::<String>::new(),
                "{}",
                node_type.name()
            );
        }
    }
}

#[test]
fn mistakes_of_shape_do_not_fit_the_schema() {
    let validator = validator();
    let wrong = [
        "no-language-version",
        "language-version",
        "no-nodes",
        "nodes-as-a-list",
        "not-a-mapping",
        "missing-type",
        "unknown-node-type",
        "misspelt-keys",
        "missing-field",
        "bad-enum",
        "wrong-kind",
        "source-with-from",
        "sink-without-from",
        "number-out-of-bounds",
        "bad-labels",
    ];
    for name in wrong {
        let path = root().join(format!("nodes/tests/flows/invalid/{name}.yaml"));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(!mistakes(&validator, &text).is_empty(), "{name} fits the schema");
    }
}

#[test]
fn own_types_and_templates_have_their_place() {
    let validator = validator();
    let with = |node: &str| mistakes(&validator, &format!("twinflow: 1\nnodes: {{ a: {node} }}\n"));
    let good = [
        "{ type: types/median.rhai, from: b, over: 10 }",
        "{ template: machine, for_each: [m1, m2], with: { topic: fan } }",
    ];
    for node in good {
        assert_eq!(with(node), Vec::<String>::new(), "{node}");
    }
    let wrong = [
        "{ type: types/median.py, from: b }",
        "{ type: types/median.rhai, from: { b: c } }",
        "{ template: machine, for_eech: [1, 2] }",
        "{ template: 5 }",
        "{ for_each: [m1, m2] }",
        "{ template: machine, type: kpi, from: b, values: { x: 1 } }",
    ];
    for node in wrong {
        assert!(!with(node).is_empty(), "{node} fits the schema");
    }
}
