//! A graph that runs with its dashboard until someone stops it.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anstream::eprintln;
use tokio::sync::mpsc;
use twinflow_engine::graph::Graph;
use twinflow_engine::language::Sources;
use twinflow_engine::record::EventTime;
use twinflow_engine::runtime::{self, Clock, Running, Setting};
use twinflow_nodes::{SCRIPT_STACK, Shared, dead_letters, disk_buffers, registry, state_file};
use twinflow_storage::history::{Plan, Recorder, Store, history_path};
use twinflow_ui::{
    AccessSetup, FlowFault, FlowGraph, FlowText, ReloadReport, Server, ServerSetup, ShownHistory, dashboard,
};

use crate::exit::Stop;
use crate::logging::GREETING;
use crate::predictor;
use crate::reloading::{FileWatch, FlowFiles, MadeOf, Unchanged, restored, told};
use crate::stop_signals::StopSignals;

/// What is served, and where.
pub struct Serving<'s> {
    pub graph: &'s Graph,
    /// The flow file, for the greeting.
    pub flow: &'s Path,
    pub shared: &'s Shared,
    pub listen: SocketAddr,
    /// Who may reach it.
    pub access: AccessSetup,
    /// By which it runs; by another than the machine's, the flow's brokers are not needed.
    pub clock: Clock,
    /// The files of a flow that follows them, and what it was made of.
    pub files: Option<(FlowFiles<'s>, MadeOf)>,
}

/// Runs a graph until it is told to stop.
pub fn serve(serving: &Serving<'_>) -> Result<(), Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(flow_threads())
        .thread_stack_size(SCRIPT_STACK)
        .enable_all()
        .build()
        .map_err(Stop::failure)?;
    runtime.block_on(serving.run())
}

/// Threads that carry the flow's tasks: half of the processors, and one at least.
///
/// Every reading wakes a chain of short tasks. Among more threads than that they are passed from one to the other, which costs
/// more than the work itself. What takes long leaves these threads by itself.
fn flow_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| (processors.get() / 2).max(1))
}

impl Serving<'_> {
    async fn run(&self) -> Result<(), Stop> {
        let Self { graph, shared, .. } = self;
        // Listening for signals begins before anything is started, so that an early Ctrl-C still ends in order.
        let mut stop = StopSignals::listen().map_err(Stop::failure)?;
        let bound = Server::bind(self.listen, self.access.clone()).map_err(Stop::failure)?;
        if self.with_brokers() {
            let addresses = graph.brokers.iter().map(|(_, address)| address.as_str());
            shared.brokers.start(addresses).await.map_err(Stop::failure)?;
        }
        let mut running = match runtime::start_in(graph, &self.setting()) {
            Ok(running) => running,
            Err(error) => {
                shared.brokers.stop().await;
                return Err(Stop::failure(error));
            }
        };
        let recorder = self.recorder();
        let (reloads, mut wishes) = mpsc::channel(1);
        let started = EventTime::now().0;
        let registry = registry(shared);
        let setup =
            |graph: &Graph, running: &Running, files: Option<(&FlowFiles<'_>, &MadeOf)>| ServerSetup {
                graph: match files {
                    Some((_, made_of)) => FlowGraph::of(graph, made_of.sources(), &registry),
                    None => FlowGraph::of(graph, &Sources::default(), &registry),
                },
                text: files.map(|(files, made_of)| Arc::new(files.texts(made_of)) as Arc<dyn FlowText>),
                dashboard: dashboard(graph, started, recorder.is_some()),
                watched: running.watched(),
                models: predictor::models(graph, &shared.models),
                history: recorder.as_ref().map(|recorder| {
                    let plan = Plan::of(graph);
                    recorder.follow(running.watched(), plan.clone());
                    ShownHistory {
                        recorder: recorder.handle(),
                        plan: Arc::new(plan),
                    }
                }),
            };
        let files = self.files.as_ref().map(|(files, made_of)| (files, made_of));
        let server = bound.serve(setup(graph, &running, files), reloads);
        self.greet(&server);
        tell_state(&restored(running.restoration()));
        if let Some((files, made_of)) = &self.files {
            let mut following = Following {
                files,
                watch: FileWatch::on(made_of),
                brokers: graph.brokers.iter().map(|(_, address)| address.clone()).collect(),
                made_of: made_of.clone(),
            };
            loop {
                let answer = tokio::select! {
                    () = stop.wait() => break,
                    Some(answer) = wishes.recv() => Some(answer),
                    () = following.changed() => None,
                };
                let result = self.reload(&mut following, &mut running).await;
                let result = result.map(|(graph, report)| {
                    server.show(setup(
                        &graph,
                        &running,
                        Some((following.files, &following.made_of)),
                    ));
                    report
                });
                tell(&server, &result, answer.is_none());
                if let Some(answer) = answer {
                    // Whoever asked may be gone.
                    let _ = answer.send(result.map_err(|Unchanged { report }| report));
                }
            }
        } else {
            drop(wishes);
            stop.wait().await;
        }
        if std::io::stderr().is_terminal() {
            eprintln!("\nstopping: the readings under way are written first (Ctrl-C again stops at once)");
        }
        let orderly = async {
            running.stop().await;
            server.stop().await;
            shared.brokers.stop().await;
        };
        tokio::select! {
            () = orderly => Ok(()),
            () = stop.wait() => Err(Stop::failure("stopped before everything was written")),
        }
    }

    /// Makes the running flow that of its files.
    async fn reload(
        &self,
        following: &mut Following<'_>,
        running: &mut Running,
    ) -> Result<(Graph, ReloadReport), Unchanged> {
        let cannot = |error: &dyn std::fmt::Display| Unchanged {
            report: format!("{error}; the flow runs on as it was"),
        };
        let checked = tokio::task::block_in_place(|| following.files.check(&mut following.made_of));
        // Also those of a flow with mistakes: a script that is mended is to be read.
        following.watch.add(&following.made_of);
        let graph = checked?;
        let addresses = || graph.brokers.iter().map(|(_, address)| address.as_str());
        let brokers = &self.shared.brokers;
        brokers.start(addresses()).await.map_err(|error| cannot(&error))?;
        let reloaded = match running.reload(&graph).await {
            Ok(reloaded) => reloaded,
            Err(error) => {
                let before = following.brokers.iter().map(String::as_str);
                // They ran a moment ago, and the flow tries to connect until they do again.
                let _ = brokers.start(before).await;
                return Err(cannot(&error));
            }
        };
        brokers.keep_only(addresses()).await;
        following.brokers = addresses().map(str::to_owned).collect();
        Ok((graph, told(reloaded)))
    }

    fn setting(&self) -> Setting {
        let folder = self.flow.parent().unwrap_or(Path::new(""));
        Setting {
            clock: self.clock,
            // What a replay could not take is in the log still.
            dead_letters: self.with_brokers().then(|| dead_letters(folder)),
            // Its records go nowhere, and those that wait for the plant's sinks are not to be touched.
            buffers: self.with_brokers().then(|| disk_buffers(self.flow)),
            state: self.with_brokers().then(|| state_file(self.flow)),
        }
    }

    /// Writes the history of what the dashboard shows, beside the flow. A flow runs without one rather than not at all.
    fn recorder(&self) -> Option<Recorder> {
        // What a replay shows was long ago, and is no history of the plant.
        if !self.with_brokers() {
            return None;
        }
        let store = Store::open(&history_path(self.flow));
        let recorder = store.and_then(|store| Recorder::start(store).map_err(|error| error.to_string()));
        match recorder {
            Ok(recorder) => Some(recorder),
            Err(error) => {
                tracing::error!("no history is kept: {error}");
                None
            }
        }
    }

    fn with_brokers(&self) -> bool {
        self.clock.replay_rate().is_none()
    }

    /// What runs, and where to look.
    fn greet(&self, server: &Server) {
        let bold = anstyle::Style::new().bold();
        let link = anstyle::AnsiColor::Cyan.on_default();
        let url = server.url();
        let fingerprint = self.access.tls.as_ref().map(|tls| tls.fingerprint());
        let graph = self.graph;
        if tracing::enabled!(target: GREETING, tracing::Level::INFO) {
            let brokers = self.shared.brokers.listening();
            let brokers: Vec<String> = brokers.iter().map(|broker| format!("mqtt://{broker}")).collect();
            tracing::info!(
                target: GREETING,
                flow = graph.name,
                file = %self.flow.display(),
                nodes = graph.nodes.len(),
                dashboard = %format_args!("{url}/"),
                certificate = fingerprint,
                embedded_brokers = brokers.join(" "),
                "running"
            );
            return;
        }
        eprintln!(
            "{bold}{}{bold:#} ({}, {} nodes) is running with twinflow {}",
            graph.name,
            self.flow.display(),
            graph.nodes.len(),
            env!("CARGO_PKG_VERSION")
        );
        eprintln!("  dashboard  {link}{url}/{link:#}");
        eprintln!("  REST API   {link}{url}/docs{link:#}");
        if let Some(fingerprint) = fingerprint {
            eprintln!("  TLS        the certificate's SHA-256 is {fingerprint}");
        }
        for listening in self.shared.brokers.listening() {
            eprintln!("  broker     {link}mqtt://{listening}{link:#} (embedded)");
        }
        for (name, address) in graph.brokers.iter().filter(|_| self.with_brokers()) {
            if let Ok(address) = address.parse::<twinflow_nodes::mqtt::BrokerAddress>()
                && !matches!(address, twinflow_nodes::mqtt::BrokerAddress::Embedded(_))
            {
                eprintln!("  broker     {link}{address}{link:#} ({name})");
            }
        }
        eprintln!("Ctrl-C stops it.");
    }
}

/// A flow that follows its files.
struct Following<'s> {
    files: &'s FlowFiles<'s>,
    watch: FileWatch,
    /// The addresses of the brokers that the running flow uses.
    brokers: Vec<String>,
    made_of: MadeOf,
}

impl Following<'_> {
    /// Waits until something of it is another.
    async fn changed(&mut self) {
        loop {
            // Before any event: they may have changed while nobody watched.
            if self.made_of.is_outdated() {
                return self.watch.settled().await;
            }
            self.watch.changed().await;
        }
    }
}

/// Tells what came of a reload: on the dashboard, and to whoever looks at the log.
fn tell(server: &Server, result: &Result<ReloadReport, Unchanged>, is_by_itself: bool) {
    match result {
        Ok(report) => {
            server.tell(None);
            let summary = report.to_string();
            if tracing::enabled!(target: GREETING, tracing::Level::INFO) {
                tracing::info!(target: GREETING, "reloaded: {summary}");
            } else {
                eprintln!("reloaded: {summary}");
            }
            tell_state(&report.state);
        }
        Err(Unchanged { report }) => {
            server.tell(Some(FlowFault {
                report: report.clone(),
                since_ms: EventTime::now().as_millis(),
            }));
            if tracing::enabled!(target: GREETING, tracing::Level::INFO) {
                tracing::error!(target: GREETING, "not reloaded: {report}");
            } else if is_by_itself {
                eprintln!("not reloaded, the flow runs on as it was\n{report}");
            }
        }
    }
}

/// Tells what became of saved memories.
fn tell_state(sentences: &[String]) {
    for sentence in sentences {
        if tracing::enabled!(target: GREETING, tracing::Level::INFO) {
            tracing::info!(target: GREETING, "{sentence}");
        } else {
            eprintln!("  state      {sentence}");
        }
    }
}
