//! A virtual plant as a source of a flow: nothing is wired to it, what it says goes through the broker.

use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, NodeContext, Source, SourceError, StartError};
use twinflow_engine::record::Batch;

use crate::connection_readiness;
use crate::mqtt::{BrokerAddress, ConnectionState};
use crate::mqtt_settings::client_id;
use crate::virtual_plant::{Loss, Machines, Observer, PlantSettings, TopicPattern, Topics, VirtualPlant};

/// Machines that run as long as the node does.
pub(crate) struct VirtualSource {
    /// Nothing behind the end.
    plant: Option<VirtualPlant>,
}

impl VirtualSource {
    pub fn start(
        context: &NodeContext,
        machines: Box<dyn Machines>,
        address: BrokerAddress,
        topics: Topics,
    ) -> Result<Self, StartError> {
        let settings = PlantSettings {
            address,
            client_id: client_id(context),
            topics,
            observer: Arc::new(NodeObserver(context.clone())),
        };
        let plant = VirtualPlant::start(machines, &settings).map_err(StartError)?;
        Ok(Self { plant: Some(plant) })
    }
}

#[async_trait]
impl Source for VirtualSource {
    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        if let Some(plant) = &mut self.plant {
            plant.run().await.map_err(SourceError)?;
        }
        // A log that is over leaves its machines silent, and connected.
        std::future::pending().await
    }

    async fn finish(&mut self) {
        if let Some(plant) = self.plant.take() {
            plant.close().await;
        }
    }
}

/// Tells the node's problems.
struct NodeObserver(NodeContext);

impl Observer for NodeObserver {
    fn connecting(&self, states: watch::Receiver<ConnectionState>) {
        connection_readiness::follow(&self.0, states);
    }

    fn sent(&self) {}

    fn lost(&self, loss: Loss, _: u32) {
        // What the scenario wants is no problem.
        if loss != Loss::Scenario {
            self.0.problems.report("reading not sent", loss.to_string());
        }
    }

    fn commanded(&self, refused: Option<&str>) {
        if let Some(reason) = refused {
            self.0.problems.report("command refused", reason);
        }
    }
}

/// A topic in which `{machine}` may stand for the name, or a report.
pub(crate) fn topic_pattern(topic: &Spanned<String>, check: &mut Check<'_>) -> Option<TopicPattern> {
    match TopicPattern::from_str(topic) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            check.report(Diagnostic::new(Code::BadTopic, topic.span, error.to_string()));
            None
        }
    }
}
