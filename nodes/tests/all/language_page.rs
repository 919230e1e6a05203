//! The page of the flow language, docs/language.md: every flow on it compiles as it says, and the tests in these flows pass.
//!
//! What stands behind the three backticks says what a block is:
//!
//! - `yaml`: a whole flow, which must be without findings and laid out as `twinflow fmt` does it;
//! - `yaml part`: a flow without its first lines, which are [`FIRST_LINES`];
//! - `yaml wrong E019`, `yaml part wrong E019`: a flow that must be told this code and no other;
//! - a language and a path, such as `rhai nodes/average.rhai`: a file that the flows behind it use;
//! - `sh`, `json` and `text`: nothing to compile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use twinflow_engine::diagnostic::{Code, Colour, render};
use twinflow_engine::format::format;
use twinflow_engine::graph::{Compiled, compile_text};
use twinflow_engine::node::Level;
use twinflow_nodes::{LogsAndSimulation, Shared, registry};

/// What a part of a flow leaves out.
const FIRST_LINES: &str = "twinflow: 1\nbrokers: { plant: embedded }\n";

/// A block of a page.
struct Block<'p> {
    /// Where it begins, from 1.
    line: usize,
    /// What stands behind the three backticks.
    info: &'p str,
    text: String,
}

fn page(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::fs::read_to_string(root.join(name)).unwrap()
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for (number, line) in page.lines().enumerate() {
        match (open.take(), line.strip_prefix("```")) {
            (None, None) => {}
            (None, Some(info)) => {
                open = Some(Block {
                    line: number + 1,
                    info,
                    text: String::new(),
                });
            }
            (Some(block), Some("")) => blocks.push(block),
            (Some(block), Some(_)) => panic!("line {}: this block is never closed", block.line),
            (Some(mut block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
        }
    }
    assert!(open.is_none(), "the last block is never closed");
    blocks
}

/// The folder in which the flows of a page stand.
struct Folder {
    folder: TempDir,
    /// Files of the page that no flow has used yet.
    unused: Vec<String>,
}

impl Folder {
    fn write(&mut self, path: &str, text: &str) {
        let file = self.folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        self.unused.push(path.to_owned());
    }

    fn compile(&mut self, flow: &str) -> Compiled {
        self.unused.retain(|path| !flow.contains(path.as_str()));
        let secret = ("MQTT_PASSWORD".to_owned(), "correct horse".to_owned());
        compile_text(
            &self.flow(),
            flow,
            &registry(&Shared::default()),
            &BTreeMap::from([secret]),
            Level::Environment,
        )
    }

    fn flow(&self) -> PathBuf {
        self.folder.path().join("flow.yaml")
    }
}

/// Compiles a block as its first line says, runs its tests, and tells how many there were.
fn judge(block: &Block<'_>, folder: &mut Folder) -> usize {
    let words: Vec<&str> = block.info.split(' ').collect();
    let part = format!("{FIRST_LINES}{}", block.text);
    match words.as_slice() {
        ["yaml"] => is_good(block, &block.text, folder),
        ["yaml", "part"] => is_good(block, &part, folder),
        ["yaml", "wrong", code] => is_wrong(block, &block.text, code, folder),
        ["yaml", "part", "wrong", code] => is_wrong(block, &part, code, folder),
        [_, path] if path.contains('.') => {
            folder.write(path, &block.text);
            0
        }
        ["sh" | "json" | "text"] => 0,
        _ => panic!("line {}: no test knows what `{}` is", block.line, block.info),
    }
}

fn is_good(block: &Block<'_>, flow: &str, folder: &mut Folder) -> usize {
    let compiled = folder.compile(flow);
    let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    assert!(compiled.diagnostics.is_empty(), "line {}:\n{shown}", block.line);
    let formatted = format(&folder.flow(), flow).unwrap();
    assert!(
        formatted == flow,
        "line {}: `twinflow fmt` gives\n{formatted}",
        block.line
    );
    let graph = compiled.graph.unwrap();
    for test in &compiled.tests {
        let outcome = twinflow_engine::testing::run(&graph, test, &LogsAndSimulation).unwrap();
        let failures = render(&outcome.failures, &compiled.sources, Colour::Plain);
        assert!(outcome.failures.is_empty(), "line {}:\n{failures}", block.line);
    }
    compiled.tests.len()
}

fn is_wrong(block: &Block<'_>, flow: &str, code: &str, folder: &mut Folder) -> usize {
    let compiled = folder.compile(flow);
    let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    let found: Vec<&str> = compiled.diagnostics.iter().map(|found| found.code.id()).collect();
    assert!(
        Code::named(code).is_some(),
        "line {}: no code `{code}`",
        block.line
    );
    assert_eq!(found, [code], "line {}:\n{shown}", block.line);
    0
}

#[test]
fn every_flow_on_the_page_of_the_language_is_as_it_says() {
    let page = page("docs/language.md");
    let mut folder = Folder {
        folder: TempDir::new().unwrap(),
        unused: Vec::new(),
    };
    let tests: usize = blocks(&page).iter().map(|block| judge(block, &mut folder)).sum();
    assert_eq!(folder.unused, Vec::<String>::new(), "no flow uses these files");
    assert!(tests >= 10, "only {tests} tests stand on the page");
}

/// A block that is a part of a flow stands in a flow that is compiled elsewhere.
#[test]
fn every_whole_flow_of_the_readme_is_good() {
    let page = page("README.md");
    let mut folder = Folder {
        folder: TempDir::new().unwrap(),
        unused: Vec::new(),
    };
    let is_whole = |block: &&Block<'_>| block.info == "yaml" && block.text.starts_with("twinflow:");
    for block in blocks(&page).iter().filter(is_whole) {
        judge(block, &mut folder);
    }
}
