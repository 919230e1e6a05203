//! The flows that are open in the editor.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tower_lsp_server::ls_types::Uri;
use twinflow_engine::diagnostic::Diagnostic;
use twinflow_engine::graph::Graph;
use twinflow_engine::language::Sources;

/// An open flow. Cloning shares its text and what is known of it.
#[derive(Clone)]
pub struct OpenFlow {
    /// The text as the editor has it.
    pub text: Arc<str>,
    /// The editor's number of this text.
    pub version: Option<i32>,
    /// Grows with each text, and with each wish to check it again.
    pub generation: u64,
    /// What the checks said of exactly this text; nothing until they are done.
    pub findings: Option<Arc<Findings>>,
    /// The graph of the newest text that was good.
    pub last_good: Option<Arc<Graph>>,
}

/// What the checks said.
pub struct Findings {
    /// The texts that diagnostics point into.
    pub sources: Sources,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// All open flows by their address in the editor.
#[derive(Default)]
pub struct Documents {
    open: Mutex<HashMap<Uri, OpenFlow>>,
    generations: AtomicU64,
}

impl Documents {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uri, OpenFlow>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_generation(&self) -> u64 {
        self.generations.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes a new text.
    pub fn set(&self, uri: &Uri, text: String, version: i32) {
        let mut open = self.lock();
        let last_good = open.get(uri).and_then(|flow| flow.last_good.clone());
        let flow = OpenFlow {
            text: text.into(),
            version: Some(version),
            generation: self.next_generation(),
            findings: None,
            last_good,
        };
        open.insert(uri.clone(), flow);
    }

    /// Marks a flow as one to check again: a file that it names may be another one now.
    pub fn touch(&self, uri: &Uri) {
        if let Some(flow) = self.lock().get_mut(uri) {
            flow.generation = self.next_generation();
        }
    }

    /// Forgets a flow.
    pub fn close(&self, uri: &Uri) {
        self.lock().remove(uri);
    }

    /// The flow at `uri`, if it is open.
    pub fn get(&self, uri: &Uri) -> Option<OpenFlow> {
        self.lock().get(uri).cloned()
    }

    /// Keeps what the checks said, unless the text has changed since; tells whether it was kept.
    pub fn keep(&self, uri: &Uri, generation: u64, findings: &Arc<Findings>, graph: Option<Graph>) -> bool {
        let mut open = self.lock();
        let Some(flow) = open.get_mut(uri) else {
            return false;
        };
        // The fields of an older good text are better than none.
        if let Some(graph) = graph {
            flow.last_good = Some(Arc::new(graph));
        }
        let is_newest = flow.generation == generation;
        if is_newest {
            flow.findings = Some(Arc::clone(findings));
        }
        is_newest
    }
}

/// The path of a file; nothing for a text that has not been saved yet.
pub fn file_path(uri: &Uri) -> Option<PathBuf> {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    is_file
        .then(|| uri.to_file_path())
        .flatten()
        .map(|path| path.into_owned())
}
