//! Files that the flow's nodes name as their types.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic};
use crate::language::{Document, Environment, Sources, Spanned};
use crate::node::{Known, NodeFile, Registered, Registry};

/// The types that files are, each read once; nothing for one that was reported.
#[derive(Default)]
pub(super) struct FileTypes {
    types: HashMap<PathBuf, Option<FileType>>,
}

struct FileType {
    registered: Registered,
    text: String,
}

impl FileTypes {
    /// Reads every file that a node of the document names as its type, and adds its text to `sources`.
    pub fn read(
        document: &Document,
        sources: &mut Sources,
        registry: &Registry,
        environment: &dyn Environment,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut types = HashMap::new();
        for node in &document.nodes {
            let Known::File(kind) = registry.known(&node.node_type) else {
                continue;
            };
            let path = path(&node.node_type, sources);
            if types.contains_key(&path) {
                continue;
            }
            let loaded = match environment.read(&path) {
                Ok(text) => {
                    let source = sources.add(&path, text.clone());
                    let name = &node.node_type.value;
                    let file = NodeFile {
                        name,
                        source,
                        text: &text,
                    };
                    let loaded = kind.load(&file, diagnostics).map(Registered::new);
                    loaded.map(|registered| FileType { registered, text })
                }
                Err(reason) => {
                    let message = format!("the node type {} cannot be read: {reason}", path.display());
                    diagnostics.push(
                        Diagnostic::new(Code::File, node.node_type.span, message).with_help(
                            "paths are relative to the flow file; `twinflow new node NAME` makes one",
                        ),
                    );
                    None
                }
            };
            types.insert(path, loaded);
        }
        Self { types }
    }

    /// The type of the file that a node names; nothing when it was reported.
    pub fn get(&self, node_type: &Spanned<String>, sources: &Sources) -> Option<&Registered> {
        let known = self.types.get(&path(node_type, sources))?.as_ref();
        known.map(|known| &known.registered)
    }

    /// The text of that file.
    pub fn text(&self, node_type: &Spanned<String>, sources: &Sources) -> Option<String> {
        let known = self.types.get(&path(node_type, sources))?.as_ref();
        known.map(|known| known.text.clone())
    }
}

fn path(node_type: &Spanned<String>, sources: &Sources) -> PathBuf {
    let folder = sources.path(node_type.span).and_then(Path::parent);
    // Without the `.` in `./average.rhai`: both spellings are one file.
    folder
        .unwrap_or(Path::new(""))
        .join(&node_type.value)
        .components()
        .collect()
}
