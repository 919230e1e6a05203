//! What the server shows: the flow as it runs now, which a reload replaces.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;
use twinflow_engine::runtime::Watched;
use utoipa::openapi::OpenApi;

use crate::flow::{FlowGraph, FlowText, SharedText};
use crate::history::ShownHistory;
use crate::layout::Dashboard;
use crate::openapi;
use crate::predict::NamedModel;

/// What is shown of a flow.
pub struct ServerSetup {
    /// The page.
    pub dashboard: Dashboard,
    /// The running flow.
    pub watched: Arc<Watched>,
    /// The flow's models; the first one answers under `/predict`.
    pub models: Vec<NamedModel>,
    /// What was before, if that is kept.
    pub history: Option<ShownHistory>,
    /// The flow's graph.
    pub graph: FlowGraph,
    /// Its text, if it is one of a file.
    pub text: Option<Arc<dyn FlowText>>,
}

/// Why the flow that runs is not that of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FlowFault {
    /// The whole report, as on a terminal.
    pub report: String,
    /// When it was found, in milliseconds since 1970.
    pub since_ms: i64,
}

/// A flow with all that is made of it once.
pub(crate) struct Shown {
    pub dashboard: Dashboard,
    pub watched: Arc<Watched>,
    pub models: Vec<NamedModel>,
    pub history: Option<ShownHistory>,
    pub graph: FlowGraph,
    pub text: Option<SharedText>,
    pub docs: OpenApi,
    pub fault: Option<FlowFault>,
}

impl Shown {
    pub fn new(setup: ServerSetup) -> Self {
        Self {
            docs: openapi::describe(&setup.dashboard.name, &setup.models),
            dashboard: setup.dashboard,
            watched: setup.watched,
            models: setup.models,
            history: setup.history,
            graph: setup.graph,
            text: setup.text,
            fault: None,
        }
    }
}

/// The end at which handlers see what is shown.
pub(crate) type Current = watch::Receiver<Shown>;
