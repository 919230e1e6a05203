//! Changing a running flow to what its file says now.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::watch;
use twinflow_engine::diagnostic::{Colour, Warnings, render, verdict};
use twinflow_engine::graph::{Compiled, Graph};
use twinflow_engine::language::{FileState, Sources};
use twinflow_engine::node::{Level, Restored};
use twinflow_engine::runtime::{BufferLeft, Reloaded, Restoration};
use twinflow_nodes::{Shared, registry};
use twinflow_ui::ReloadReport;

use crate::cli::FlowOptions;
use crate::flow_file;
use crate::flow_texts::FlowTexts;

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
    /// The flow's texts, for those who change them.
    pub fn texts(&self, made_of: &MadeOf) -> FlowTexts {
        let paths = made_of.texts.iter().map(|(path, _)| path.clone());
        FlowTexts::new(self.options, self.shared, paths.collect())
    }

    pub fn new(options: &'f FlowOptions, shared: &'f Shared) -> Self {
        Self { options, shared }
    }

    /// Reads and checks the flow. Whether it is good or not, `made_of` becomes what was read. Reading files may take its
    /// time: this is for a thread of its own.
    pub fn check(&self, made_of: &mut MadeOf) -> Result<Graph, Unchanged> {
        let registry = registry(self.shared);
        let mut compiled = match flow_file::check(self.options, &registry, Level::Environment) {
            Ok(compiled) => compiled,
            Err(stop) => {
                // It is tried again when it is another file than this, or none, or one again.
                *made_of = MadeOf::unreadable(&self.options.flow);
                let report = stop.message().to_owned();
                return Err(Unchanged { report });
            }
        };
        *made_of = MadeOf::new(&compiled);
        compiled.graph.take().ok_or_else(|| Unchanged {
            report: report(&compiled),
        })
    }
}

/// What a flow was made of when it was read.
#[derive(Clone, Debug)]
pub struct MadeOf {
    /// Its texts; nothing for a file that is not there.
    texts: Vec<(PathBuf, Option<Vec<u8>>)>,
    /// What its nodes use beside them, such as models.
    files: Vec<FileState>,
    /// The texts as places in the graph mean them.
    sources: Arc<Sources>,
}

impl MadeOf {
    /// That of a flow that was checked.
    pub fn new(compiled: &Compiled) -> Self {
        let texts = compiled.sources.texts();
        let texts = texts.map(|text| (text.path.clone(), Some(text.text.clone().into_bytes())));
        Self {
            texts: texts.collect(),
            files: compiled.files.clone(),
            sources: Arc::new(compiled.sources.clone()),
        }
    }

    /// A flow file of which nothing can be made.
    fn unreadable(path: &Path) -> Self {
        Self {
            texts: vec![(path.to_owned(), std::fs::read(path).ok())],
            files: Vec::new(),
            sources: Arc::default(),
        }
    }

    /// The texts, into which the places of the graph's nodes point.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Whether something of it is another by now; the folders change for other reasons as well.
    pub fn is_outdated(&self) -> bool {
        let mut texts = self.texts.iter();
        texts.any(|(path, text)| std::fs::read(path).ok() != *text)
            || self.files.iter().any(FileState::is_outdated)
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        let texts = self.texts.iter().map(|(path, _)| path.as_path());
        texts.chain(self.files.iter().map(FileState::path))
    }
}

fn report(compiled: &Compiled) -> String {
    let mut report = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    report.extend(verdict(&compiled.diagnostics, Warnings::Allowed));
    report
}

/// What a reload did, for whoever asked for it.
pub fn told(reloaded: Reloaded) -> ReloadReport {
    let state = restored(&reloaded.restoration);
    let left = reloaded.left.into_iter().map(|(node, BufferLeft { records, place })| {
        format!(
            "{records} records wait in the buffer of `{node}`: they stay in {place} until a sink of this name with `buffer: disk` \
             takes them, or the file is deleted"
        )
    });
    ReloadReport {
        added: reloaded.added,
        removed: reloaded.removed,
        changed: reloaded.changed,
        state: state.into_iter().chain(left).collect(),
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
    pub fn on(made_of: &MadeOf) -> Self {
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
        watch.add(made_of);
        watch
    }

    /// Watches further files. Their folders are watched, since editors put another file in the place of the old one.
    pub fn add(&mut self, made_of: &MadeOf) {
        for file in made_of.paths() {
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

    /// Waits until something changes in the folders.
    pub async fn changed(&mut self) {
        if self.changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until nothing has changed there for a moment.
    pub async fn settled(&mut self) {
        while let Ok(Ok(())) = tokio::time::timeout(SETTLED, self.changes.changed()).await {}
    }
}
