//! Changing a running flow to what its file says now.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;
use twinflow_engine::diagnostic::{Colour, Warnings, render, verdict};
use twinflow_engine::graph::{Compiled, Graph};
use twinflow_engine::node::{Level, Restored};
use twinflow_engine::runtime::{Reloaded, Restoration};
use twinflow_nodes::{Shared, registry};
use twinflow_ui::ReloadReport;

use crate::cli::FlowOptions;
use crate::flow_file;

/// Editors write a file in several steps; it is read when there was none for so long.
const SETTLED: Duration = Duration::from_millis(150);

/// The files of a flow, and how to read them again.
pub struct FlowFiles<'f> {
    options: &'f FlowOptions,
    shared: &'f Shared,
}

/// Why the flow is not that of its file.
pub struct Unchanged {
    /// The whole report.
    pub report: String,
}

impl<'f> FlowFiles<'f> {
    pub fn new(options: &'f FlowOptions, shared: &'f Shared) -> Self {
        Self { options, shared }
    }

    /// Reads and checks the flow. Reading files may take its time: this is for a thread of its own.
    pub fn check(&self) -> Result<(Graph, Vec<PathBuf>), Unchanged> {
        let registry = registry(self.shared);
        let mut compiled =
            flow_file::check(self.options, &registry, Level::Environment).map_err(|stop| Unchanged {
                report: stop.message().to_owned(),
            })?;
        match compiled.graph.take() {
            Some(graph) => {
                let texts = texts(&compiled);
                Ok((graph, texts))
            }
            None => Err(Unchanged {
                report: report(&compiled),
            }),
        }
    }
}

/// The files that the flow consists of.
pub fn texts(compiled: &Compiled) -> Vec<PathBuf> {
    compiled.sources.paths().map(Path::to_owned).collect()
}

fn report(compiled: &Compiled) -> String {
    let mut report = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    report.extend(verdict(&compiled.diagnostics, Warnings::Allowed));
    report
}

/// What a reload did, for whoever asked for it.
pub fn told(reloaded: Reloaded) -> ReloadReport {
    let state = restored(&reloaded.restoration);
    ReloadReport {
        added: reloaded.added,
        removed: reloaded.removed,
        changed: reloaded.changed,
        state,
    }
}

/// What became of saved memories, a sentence for each that needs one.
pub fn restored(restoration: &Restoration) -> Vec<String> {
    let kept = restoration.of(Restored::Kept);
    let kept = kept.map(|(node, part)| format!("`{node}` goes on with its `{part}`"));
    let converted = restoration.of(Restored::Converted);
    let converted = converted
        .map(|(node, part)| format!("`{node}` goes on with its `{part}`, converted to the new unit"));
    let unknown = restoration.of(Restored::Unknown);
    let unknown = unknown.map(|(node, part)| {
        format!("nothing takes what `{node}` remembered as `{part}`; it is kept for 30 days, for the case that this is a mistake")
    });
    kept.chain(converted).chain(unknown).collect()
}

/// A watch on the files of a flow.
pub struct FileWatch {
    watcher: Option<RecommendedWatcher>,
    folders: HashSet<PathBuf>,
    changes: watch::Receiver<()>,
}

impl FileWatch {
    /// Watches the files. Where the system cannot, the flow is reloaded by command only.
    pub fn on(files: &[PathBuf]) -> Self {
        let changed = watch::Sender::new(());
        let changes = changed.subscribe();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
                changed.send_replace(());
            }
        });
        let watcher = watcher
            .inspect_err(|error| tracing::warn!("changes of the flow file are not noticed: {error}"))
            .ok();
        let mut watch = Self {
            watcher,
            folders: HashSet::new(),
            changes,
        };
        watch.add(files);
        watch
    }

    /// Watches further files. Their folders are watched, since editors put another file in the place of the old one.
    pub fn add(&mut self, files: &[PathBuf]) {
        for file in files {
            let folder = match file.parent() {
                Some(folder) if folder != Path::new("") => folder.to_owned(),
                _ => PathBuf::from("."),
            };
            if let (Some(watcher), true) = (&mut self.watcher, self.folders.insert(folder.clone()))
                && let Err(error) = watcher.watch(&folder, RecursiveMode::NonRecursive)
            {
                tracing::warn!("changes in {} are not noticed: {error}", folder.display());
            }
        }
    }

    /// Waits until something changed in the folders, and nothing more for a moment.
    pub async fn changed(&mut self) {
        if self.changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        while let Ok(Ok(())) = tokio::time::timeout(SETTLED, self.changes.changed()).await {}
    }
}

/// What stands in the files; folders change for other reasons as well.
pub fn contents(files: &[PathBuf]) -> Vec<Option<Vec<u8>>> {
    files.iter().map(|file| std::fs::read(file).ok()).collect()
}
