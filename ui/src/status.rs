//! How the flow is doing: counters and problems.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use twinflow_engine::runtime::{NodeCounts, Problem};

use crate::shown::{FlowFault, Shown};

/// A snapshot of a running flow.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Milliseconds since the flow started.
    #[serde(rename = "uptimeMs")]
    pub uptime_ms: u64,
    /// Counters by node.
    pub nodes: BTreeMap<Arc<str>, NodeCounts>,
    /// What went wrong, the latest first.
    pub problems: Vec<Problem>,
    /// Why the flow that runs is not that of its file, when it is not.
    pub fault: Option<FlowFault>,
}

impl Status {
    /// The state of the flow now.
    #[must_use]
    pub(crate) fn of(shown: &Shown) -> Self {
        let watched = &shown.watched;
        Self {
            uptime_ms: u64::try_from(watched.uptime().as_millis()).unwrap_or(u64::MAX),
            nodes: watched.counts(),
            problems: watched.problems(),
            fault: shown.fault.clone(),
        }
    }
}
