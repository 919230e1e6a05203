//! The explanations of the codes: every example shows what it says, and the page in `docs` is up to date.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use twinflow_engine::diagnostic::{Code, Colour, render};
use twinflow_engine::graph::{Compiled, compile_text};
use twinflow_engine::node::Level;
use twinflow_nodes::{Shared, registry};

/// The codes without an example: a file that is too large would not fit on the page, a mistake in a script's header is not
/// in the flow, and a test that fails is good as the checks see it.
const WITHOUT_EXAMPLE: [Code; 3] = [Code::TooLarge, Code::NodeFile, Code::TestFailed];

/// The repository's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// The blocks of an explanation, each with what stands behind its three backticks.
fn blocks(explanation: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = explanation.split("```").collect();
    assert_eq!(parts.len() % 2, 1, "a block is never closed:\n{explanation}");
    let blocks = parts.iter().skip(1).step_by(2);
    blocks.map(|block| block.split_once('\n').unwrap()).collect()
}

/// Compiled as if it stood in `flows`, so that it can name the files that are shipped.
fn compile(flow: &str) -> Compiled {
    compile_text(
        &root().join("flows/example.yaml"),
        flow,
        &registry(&Shared::default()),
        &BTreeMap::<String, String>::new(),
        Level::Network,
    )
}

#[test]
fn every_example_gives_its_code_and_its_mended_twin_nothing() {
    for code in Code::ALL {
        let blocks = blocks(code.explanation());
        let expected = if WITHOUT_EXAMPLE.contains(code) { 0 } else { 2 };
        assert_eq!(blocks.len(), expected, "{} has other blocks", code.id());
        for (number, (tag, flow)) in blocks.into_iter().enumerate() {
            let compiled = compile(flow);
            let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
            let found = compiled.diagnostics.iter().any(|found| found.code == *code);
            match (number, tag) {
                (0, "yaml wrong") => assert!(found, "{} is not in:\n{flow}\n{shown}", code.id()),
                (1, "yaml right") => assert!(
                    compiled.diagnostics.is_empty() && compiled.graph.is_some(),
                    "{} is not mended:\n{flow}\n{shown}",
                    code.id()
                ),
                _ => panic!("{} has a block `{tag}` at place {number}", code.id()),
            }
        }
    }
}

#[test]
fn every_explanation_has_its_title_and_is_neither_scant_nor_long() {
    for code in Code::ALL {
        let text = code.explanation();
        let heading = format!("# {}: {}", code.id(), code.title());
        assert_eq!(text.lines().next(), Some(heading.as_str()));
        let mut is_code = false;
        let mut prose = 0;
        for line in text.lines() {
            assert!(
                line.chars().count() <= 140,
                "{}: this line is too long for a terminal: {line}",
                code.id()
            );
            is_code ^= line.starts_with("```");
            prose += usize::from(!is_code);
        }
        assert!(
            (9..=25).contains(&prose),
            "{} is told in {prose} lines",
            code.id()
        );
    }
}

/// All explanations on one page.
fn page() -> String {
    let mut contents = String::new();
    let mut sections = String::new();
    for code in Code::ALL {
        let (id, title) = (code.id(), code.title());
        contents.push_str(&format!("- [{id}](#{}): {title}\n", id.to_lowercase()));
        let (_, body) = code.explanation().split_once('\n').unwrap();
        sections.push_str(&format!("\n## {id}\n\n**{title}**\n{body}"));
    }
    format!(
        "# What checks find\n\n\
         Everything that `twinflow check` can find, by its code. `twinflow explain CODE` shows the same in the terminal.\n\
         Codes with an E are errors: the flow does not run. Codes with a W are warnings.\n\n\
         {contents}{sections}"
    )
}

#[test]
fn the_page_of_all_explanations_is_up_to_date() {
    let path = root().join("docs/diagnostics.md");
    if std::env::var("TWINFLOW_UPDATE_DOCS").is_ok_and(|value| value == "1") {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/diagnostics.md is stale; renew it with\n  \
         TWINFLOW_UPDATE_DOCS=1 cargo test -p twinflow-nodes --test all explain::"
    );
}
