//! Checks flows beside the conversation with the editor, one after the other, each in its newest text.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_lsp_server::Client;
use tower_lsp_server::ls_types::Uri;
use twinflow_engine::graph::{Compiled, compile_text};
use twinflow_engine::language::ProcessEnvironment;
use twinflow_engine::node::{Level, Registry};

use super::answers;
use super::documents::{Documents, Findings, OpenFlow, file_path};

/// Where to say that a flow is to be checked.
#[derive(Clone)]
pub struct Checker {
    changed: UnboundedSender<Uri>,
}

impl Checker {
    /// Starts the work; it ends with the last `Checker`.
    pub fn start(client: Client, documents: Arc<Documents>, registry: Arc<Registry>) -> Self {
        let (changed, changes) = unbounded_channel();
        tokio::spawn(work(changes, client, documents, registry));
        Self { changed }
    }

    /// Says that a flow was opened, changed or closed.
    pub fn look_at(&self, uri: Uri) {
        // The work only ends with the program.
        let _ = self.changed.send(uri);
    }
}

async fn work(
    mut changes: UnboundedReceiver<Uri>,
    client: Client,
    documents: Arc<Documents>,
    registry: Arc<Registry>,
) {
    // By generations, a message of an older text finds its work done, or superseded.
    let mut checked: Option<u64> = None;
    while let Some(uri) = changes.recv().await {
        let Some(flow) = documents.get(&uri) else {
            client.publish_diagnostics(uri, Vec::new(), None).await;
            continue;
        };
        if checked == Some(flow.generation) {
            continue;
        }
        checked = Some(flow.generation);
        let compiled = {
            let (uri, flow, registry) = (uri.clone(), flow.clone(), Arc::clone(&registry));
            tokio::task::spawn_blocking(move || compile(&uri, &flow, &registry)).await
        };
        let compiled = match compiled {
            Ok(compiled) => compiled,
            Err(error) => {
                tracing::error!("the checks of {} failed: {error}", uri.as_str());
                continue;
            }
        };
        let findings = Arc::new(Findings {
            sources: compiled.sources,
            diagnostics: compiled.diagnostics,
        });
        if documents.keep(&uri, flow.generation, &findings, compiled.graph) {
            let diagnostics = answers::diagnostics(&uri, &flow.text, &findings);
            client.publish_diagnostics(uri, diagnostics, flow.version).await;
        }
    }
}

fn compile(uri: &Uri, flow: &OpenFlow, registry: &Registry) -> Compiled {
    // What has no folder yet names no files that could be looked at.
    let (path, level) = match file_path(uri) {
        Some(path) => (path, Level::Environment),
        None => (Path::new("flow.yaml").to_owned(), Level::Static),
    };
    compile_text(&path, &flow.text, registry, &ProcessEnvironment, level)
}
