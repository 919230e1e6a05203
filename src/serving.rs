//! A graph that runs with its dashboard until someone stops it.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;

use anstream::eprintln;
use tokio::signal;
use twinflow_engine::graph::Graph;
use twinflow_engine::record::EventTime;
use twinflow_engine::runtime::{self, Clock, Setting};
use twinflow_nodes::{SCRIPT_STACK, Shared, dead_letters, disk_buffers};
use twinflow_ui::{Server, ServerSetup, dashboard};

use crate::exit::Stop;
use crate::logging::GREETING;
use crate::predictor;

/// What is served, and where.
pub struct Serving<'s> {
    pub graph: &'s Graph,
    /// The flow file, for the greeting.
    pub flow: &'s Path,
    pub shared: &'s Shared,
    pub listen: SocketAddr,
    /// By which it runs; by another than the machine's, the flow's brokers are not needed.
    pub clock: Clock,
}

/// Runs a graph until it is told to stop.
pub fn serve(serving: &Serving<'_>) -> Result<(), Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(SCRIPT_STACK)
        .enable_all()
        .build()
        .map_err(Stop::failure)?;
    runtime.block_on(serving.run())
}

impl Serving<'_> {
    async fn run(&self) -> Result<(), Stop> {
        let Self { graph, shared, .. } = self;
        // Listening for signals begins before anything is started, so that an early Ctrl-C still ends in order.
        let mut stop = StopSignals::listen().map_err(Stop::failure)?;
        let bound = Server::bind(self.listen).await.map_err(Stop::failure)?;
        if self.with_brokers() {
            let addresses = graph.brokers.iter().map(|(_, address)| address.as_str());
            shared.brokers.start(addresses).await.map_err(Stop::failure)?;
        }
        let running = match runtime::start_in(graph, &self.setting()) {
            Ok(running) => running,
            Err(error) => {
                shared.brokers.stop().await;
                return Err(Stop::failure(error));
            }
        };
        let server = bound.serve(ServerSetup {
            dashboard: dashboard(graph, EventTime::now().0),
            watched: running.watched(),
            predictor: predictor::predictor(graph, &shared.models),
        });
        self.greet(&server);
        stop.wait().await;
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

    fn setting(&self) -> Setting {
        let folder = self.flow.parent().unwrap_or(Path::new(""));
        Setting {
            clock: self.clock,
            // What a replay could not take is in the log still.
            dead_letters: self.with_brokers().then(|| dead_letters(folder)),
            // Its records go nowhere, and those that wait for the plant's sinks are not to be touched.
            buffers: self.with_brokers().then(|| disk_buffers(self.flow)),
        }
    }

    fn with_brokers(&self) -> bool {
        self.clock.replay_rate().is_none()
    }

    /// What runs, and where to look.
    fn greet(&self, server: &Server) {
        let bold = anstyle::Style::new().bold();
        let link = anstyle::AnsiColor::Cyan.on_default();
        let address = server.address();
        let graph = self.graph;
        if tracing::enabled!(target: GREETING, tracing::Level::INFO) {
            let brokers = self.shared.brokers.listening();
            let brokers: Vec<String> = brokers.iter().map(|broker| format!("mqtt://{broker}")).collect();
            tracing::info!(
                target: GREETING,
                flow = graph.name,
                file = %self.flow.display(),
                nodes = graph.nodes.len(),
                dashboard = %format_args!("http://{address}/"),
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
        eprintln!("  dashboard  {link}http://{address}/{link:#}");
        eprintln!("  REST API   {link}http://{address}/docs{link:#}");
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

/// Ctrl-C, and on Unix SIGTERM.
struct StopSignals {
    #[cfg(unix)]
    terminate: signal::unix::Signal,
    #[cfg(unix)]
    interrupt: signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn listen() -> std::io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl StopSignals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    async fn wait(&mut self) {
        // Without a way to hear of Ctrl-C the process is ended from outside: nothing better can be done here.
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
