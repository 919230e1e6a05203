//! `mqtt-out`: records to a broker.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::timeout;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Part, Role, Sink, SinkError, StartError};
use twinflow_engine::record::{Batch, Key, Keys};

use crate::brokers::Brokers;
use crate::connection_readiness;
use crate::field_selection::select_fields;
use crate::json_record::JsonRecords;
use crate::mqtt::{ConnectOptions, PublishError, Publisher, Qos, TopicName};
use crate::mqtt_settings::{QosLevel, broker_address, client_id};

/// The node type.
pub struct MqttOut {
    /// The brokers that run in this process.
    pub brokers: Arc<Brokers>,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the broker, from `brokers:`.
    broker: Spanned<String>,
    /// Topic; `{key}` in it becomes the machine's name.
    topic: Spanned<String>,
    /// The fields to send; all by default.
    fields: Option<Vec<Spanned<String>>>,
    /// 0: at most once; 1 (the default): at least once.
    #[serde(default)]
    qos: QosLevel,
    /// Whether the broker keeps the last message for clients that come later.
    retain: Option<Spanned<bool>>,
}

impl NodeType for MqttOut {
    const NAME: &'static str = "mqtt-out";
    const ROLE: Role = Role::Sink;
    const DOC: &'static str = r#"Sends every record to an MQTT broker as a JSON object: `timestamp` in milliseconds, `key` where there are several
machines, and the fields that the record has.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan:   { type: mqtt-in, broker: plant, topic: factory/fan/data, fields: { current: { unit: A } } }
  power: { type: kpi, from: fan, values: { power: 230 V * current } }
  twin:  { type: mqtt-out, from: power, broker: plant, topic: twin/out, fields: [power], qos: 0 }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let address = broker_address(&config.broker, check);
        let topic = topic_template(&config.topic, check);
        let fields = select_fields(config.fields.as_deref(), check);
        let (address, topic, fields) = (address?, topic?, fields?);
        let records = JsonRecords::of(&fields);
        let brokers = Arc::clone(&self.brokers);
        let retain = config.retain.as_ref().is_some_and(|retain| retain.value);
        if let (Some(place), true, true) = (&config.retain, retain, is_of_commands(&config.topic)) {
            let message = format!(
                "the broker would keep the last command on `{}`",
                config.topic.value
            );
            check.report(
                Diagnostic::new(Code::RetainedCommand, place.span, message).with_help(
                    "remove `retain: true`: a machine that connects later would obey an old command",
                ),
            );
        }
        let qos = config.qos;
        let make = move |context: &NodeContext| {
            let options = ConnectOptions::new(brokers.reach(&address), client_id(context));
            let publisher =
                Publisher::connect(&options, None).map_err(|error| StartError(error.to_string()))?;
            connection_readiness::follow(context, publisher.states());
            Ok(Publishing {
                publisher,
                topics: Topics::of(topic.clone(), Arc::clone(&context.keys)),
                records: records.clone(),
                qos: qos.into(),
                retain,
                keys: Arc::clone(&context.keys),
                sent: 0,
            })
        };
        Some(Checked {
            outputs: Vec::new(),
            part: Part::sink(make),
            view: None,
            decode: None,
        })
    }
}

/// Whether a level of the topic says that machines listen there for what to do.
fn is_of_commands(topic: &str) -> bool {
    const WORDS: [&str; 6] = ["command", "commands", "cmd", "cmnd", "set", "control"];
    topic
        .split('/')
        .any(|level| WORDS.contains(&level.to_lowercase().as_str()))
}

const KEY_PLACE: &str = "{key}";

/// A topic in which the key may still have to be filled in.
#[derive(Clone)]
enum TopicTemplate {
    Whole(TopicName),
    OfKey(String),
}

fn topic_template(topic: &Spanned<String>, check: &mut Check<'_>) -> Option<TopicTemplate> {
    match TopicName::from_str(&topic.replace(KEY_PLACE, "key")) {
        Ok(_) if topic.contains(KEY_PLACE) => Some(TopicTemplate::OfKey(topic.value.clone())),
        Ok(name) => Some(TopicTemplate::Whole(name)),
        Err(error) => {
            check.report(Diagnostic::new(Code::BadTopic, topic.span, error.to_string()));
            None
        }
    }
}

/// The topics of the machines, each made once.
struct Topics {
    template: TopicTemplate,
    keys: Arc<Keys>,
    by_key: Vec<Option<TopicName>>,
}

impl Topics {
    fn of(template: TopicTemplate, keys: Arc<Keys>) -> Self {
        Self {
            template,
            keys,
            by_key: Vec::new(),
        }
    }

    fn topic(&mut self, key: Key) -> Result<TopicName, SinkError> {
        let template = match &self.template {
            TopicTemplate::Whole(topic) => return Ok(topic.clone()),
            TopicTemplate::OfKey(template) => template,
        };
        let index = key.0 as usize;
        if let Some(Some(topic)) = self.by_key.get(index) {
            return Ok(topic.clone());
        }
        // A machine's name can hold what a topic cannot.
        let level: String = self
            .keys
            .name(key)
            .chars()
            .map(|c| if "+#/\0".contains(c) { '_' } else { c })
            .collect();
        let topic = template.replace(KEY_PLACE, if level.is_empty() { "_" } else { &level });
        let topic = TopicName::from_str(&topic).map_err(|error| SinkError::Never(error.to_string()))?;
        if self.by_key.len() <= index {
            self.by_key.resize(index + 1, None);
        }
        if let Some(known) = self.by_key.get_mut(index) {
            *known = Some(topic.clone());
        }
        Ok(topic)
    }
}

/// The broker gets this long to take a message before the engine is told to try later.
const PATIENCE: Duration = Duration::from_secs(2);

/// The run-time part.
struct Publishing {
    publisher: Publisher,
    topics: Topics,
    records: JsonRecords,
    qos: Qos,
    retain: bool,
    keys: Arc<Keys>,
    /// How many records of the batch at hand the publisher has already: a second try goes on from there.
    sent: usize,
}

#[async_trait]
impl Sink for Publishing {
    async fn write(&mut self, batch: &Batch) -> Result<(), SinkError> {
        while self.sent < batch.len() {
            let key = batch.keys().get(self.sent).copied().unwrap_or_default();
            let payload = self.records.object(batch, self.sent, &self.keys.name(key));
            let topic = self.topics.topic(key)?;
            match timeout(
                PATIENCE,
                self.publisher
                    .publish(&topic, payload.into(), self.qos, self.retain),
            )
            .await
            {
                Ok(Ok(())) => self.sent += 1,
                Ok(Err(error @ PublishError::TooLarge { .. })) => {
                    self.sent = 0;
                    return Err(SinkError::Never(error.to_string()));
                }
                Ok(Err(error @ PublishError::Closed)) => return Err(SinkError::Later(error.to_string())),
                Err(_) => return Err(SinkError::Later("the broker does not take messages".to_owned())),
            }
        }
        self.sent = 0;
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        match timeout(PATIENCE, self.publisher.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(SinkError::Later(error.to_string())),
            Err(_) => Err(SinkError::Later("the broker does not acknowledge".to_owned())),
        }
    }

    fn flush_interval(&self) -> Duration {
        Duration::from_millis(20)
    }
}
