//! `mqtt-in`: readings from a broker.

use std::collections::VecDeque;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{oneshot, watch};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_engine::node::{
    Check, Checked, Decode, NodeContext, NodeType, Output, Part, Refusal, Rejection, Role, Source,
    SourceError, StartError,
};
use twinflow_engine::record::{Batch, BatchBuilder, Delivery, EventTime, Key, Receipt};
use twinflow_engine::schema::Schema;

use crate::brokers::Brokers;
use crate::connection_readiness;
use crate::field_spec::FieldSpec;
use crate::json_path::JsonPath;
use crate::mqtt::{
    Acknowledgement, BrokerAddress, ConnectOptions, ConnectionState, Delivered, InboxCounters, Message,
    MessageId, PAYLOAD_BYTES_MAX, Position, Qos, SessionKind, Subscriber, Subscription, TopicFilter,
};
use crate::mqtt_settings::{QosLevel, broker_address, client_id};
use crate::reading::ReadingFormat;

/// The node type.
pub struct MqttIn {
    /// The brokers that run in this process.
    pub brokers: Arc<Brokers>,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the broker, from `brokers:`.
    broker: Spanned<String>,
    /// Topic or filter; `+` stands for one level, `#` for all that follow.
    topic: Spanned<String>,
    /// 0: at most once; 1 (the default): at least once, acknowledged when every sink has the reading safely.
    #[serde(default)]
    qos: QosLevel,
    /// The fields of a reading by name.
    fields: Ordered<FieldSpec>,
    /// Where the payload says when it was measured; ISO 8601, or seconds, milliseconds or microseconds since 1970.
    /// Without it, or where a payload lacks it, the time of arrival counts.
    time: Option<Spanned<String>>,
    /// Where the payload says which machine it is of, such as `asset_id`, or a level of the topic: `topic[2]`.
    key: Option<Spanned<String>>,
}

impl NodeType for MqttIn {
    const NAME: &'static str = "mqtt-in";
    const ROLE: Role = Role::Source;
    const DOC: &'static str = r#"Brings readings from an MQTT broker: one JSON object a message.

Every field has a type, and numbers a unit and a range; what follows in the flow takes them from here. A payload that lacks
a field or has text where a number is due is refused as a whole, counted by kind, and reported with its topic.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: factory/+/data
    key: topic[2]
    time: timestamp
    fields:
      temp:    { unit: °C, range: [0, 60], title: Temperature }
      current: { unit: A, range: [0, 2] }
      load:    { path: inputs.load, unit: "%", optional: true }
  show: { type: dashboard-widget, from: fan, widget: gauge, group: Fan, fields: [temp, current] }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let address = broker_address(&config.broker, check);
        let filter = topic_filter(&config.topic, check);
        let format = format(&config, check);
        let key_level = config.key.as_ref().and_then(|key| topic_level(key));
        let (address, filter, format) = (address?, filter?, format?);
        let schema = (*format.schema).clone();
        let reads = format.clone();
        let decode: Decode = Arc::new(move |payload: &[u8]| reads.read(payload));
        let brokers = Arc::clone(&self.brokers);
        let qos = config.qos;
        let make = move |context: &NodeContext| {
            Subscribed::connect(
                context,
                &brokers,
                &address,
                &filter,
                qos,
                format.clone(),
                key_level,
            )
        };
        Some(Checked {
            outputs: vec![Output::main(schema)],
            part: Part::source(make),
            view: None,
            decode: Some(decode),
        })
    }
}

fn topic_filter(topic: &Spanned<String>, check: &mut Check<'_>) -> Option<TopicFilter> {
    match TopicFilter::from_str(topic) {
        Ok(filter) => Some(filter),
        Err(error) => {
            check.report(Diagnostic::new(Code::BadTopic, topic.span, error.to_string()));
            None
        }
    }
}

/// `topic[2]` is the second level of the topic.
fn topic_level(key: &str) -> Option<usize> {
    let number: usize = key.strip_prefix("topic[")?.strip_suffix(']')?.parse().ok()?;
    number.checked_sub(1)
}

fn format(config: &Config, check: &mut Check<'_>) -> Option<ReadingFormat> {
    let mut schema = Schema::default();
    let mut paths = Vec::new();
    let mut whole = true;
    for (name, declared) in config.fields.iter() {
        let field = declared.field(name, check);
        let path = match &declared.path {
            Some(path) => json_path(path, check),
            None => Some(JsonPath::key(name)),
        };
        match (field, path) {
            (Some(field), Some(path)) => {
                whole &= check.extend(&mut schema, field, name.span).is_some();
                paths.push(path);
            }
            _ => whole = false,
        }
    }
    if config.fields.iter().next().is_none() {
        let diagnostic = Diagnostic::new(
            Code::MissingField,
            check.span(),
            "a reading needs at least one field",
        );
        check.report(diagnostic.with_help("such as `fields: { temp: { unit: °C } }`"));
        return None;
    }
    let time = config.time.as_ref().map(|time| json_path(time, check));
    let key = config
        .key
        .as_ref()
        .filter(|key| topic_level(key).is_none())
        .map(|key| json_path(key, check));
    if !whole || time == Some(None) || key == Some(None) {
        return None;
    }
    Some(ReadingFormat::new(
        Arc::new(schema),
        paths,
        time.flatten(),
        key.flatten(),
    ))
}

fn json_path(path: &Spanned<String>, check: &mut Check<'_>) -> Option<JsonPath> {
    match JsonPath::parse(path) {
        Ok(parsed) => Some(parsed),
        Err(reason) => {
            check.report(
                Diagnostic::new(Code::WrongValue, path.span, reason)
                    .with_help("a path is keys with dots, and positions in brackets: `sensors[0].value`"),
            );
            None
        }
    }
}

/// How many messages travel in one batch at most.
const BATCH: usize = 256;

/// The run-time part.
struct Subscribed {
    /// Nothing once closed.
    subscriber: Option<Subscriber>,
    states: watch::Receiver<ConnectionState>,
    context: NodeContext,
    format: ReadingFormat,
    key_level: Option<usize>,
    /// What came and is no reading, until the engine asks for it.
    refused: Vec<Rejection>,
    /// Batches on their way, in order.
    open: VecDeque<Open>,
    /// The messages that need not be taken again when the broker has missed their acknowledgement.
    delivered: Delivered,
    position: Position,
    counters: Arc<InboxCounters>,
    /// What was told of these counters: dropped, too large.
    told: (u64, u64),
}

/// A batch on its way.
struct Open {
    settled: oneshot::Receiver<Delivery>,
    /// What its delivery releases.
    acknowledgements: Vec<(Option<MessageId>, Acknowledgement)>,
}

impl Subscribed {
    fn connect(
        context: &NodeContext,
        brokers: &Brokers,
        address: &BrokerAddress,
        filter: &TopicFilter,
        qos: QosLevel,
        format: ReadingFormat,
        key_level: Option<usize>,
    ) -> Result<Self, StartError> {
        let options = ConnectOptions::new(brokers.reach(address), client_id(context));
        let qos = Qos::from(qos);
        let session = match qos {
            Qos::AtMostOnce => SessionKind::Clean,
            Qos::AtLeastOnce => SessionKind::Persistent,
        };
        let subscriptions = vec![Subscription {
            filter: filter.clone(),
            qos,
        }];
        let subscriber = Subscriber::connect(&options, session, subscriptions)
            .map_err(|error| StartError(error.to_string()))?;
        let states = subscriber.states();
        connection_readiness::follow(context, subscriber.states());
        let counters = subscriber.counters();
        let subscriber = Some(subscriber);
        Ok(Self {
            subscriber,
            states,
            context: context.clone(),
            format,
            key_level,
            refused: Vec::new(),
            open: VecDeque::new(),
            delivered: Delivered::default(),
            position: Position::default(),
            counters,
            told: (0, 0),
        })
    }

    /// Tells of messages that had to be left out since it was last told.
    fn tell_left_out(&mut self) {
        let now = (self.counters.dropped(), self.counters.too_large());
        let (dropped, too_large) = (now.0 - self.told.0, now.1 - self.told.1);
        self.told = now;
        if dropped > 0 {
            let message = "they came faster than the flow takes them, at QoS 0, where nobody sends them again; with `qos: 1` the broker keeps them";
            self.context
                .problems
                .report_many("messages dropped", dropped, message);
        }
        if too_large > 0 {
            let message = format!("a payload of more than {PAYLOAD_BYTES_MAX} bytes is no reading");
            self.context
                .problems
                .report_many("message too large", too_large, message);
        }
    }

    /// A batch of the messages that are readings; the others are reported and acknowledged.
    fn batch(&mut self, messages: Vec<Message>) -> Option<Batch> {
        let mut builder = BatchBuilder::new(Arc::clone(&self.format.schema), messages.len());
        let mut acknowledgements = Vec::new();
        for message in messages {
            let id = MessageId::of(&message);
            if let (Some(id), true) = (id, message.duplicate)
                && self.is_taken(id)
            {
                self.acknowledge_again(id, message.acknowledgement);
                continue;
            }
            if let Some(id) = id {
                self.position.add(id);
            }
            match self.format.read(&message.payload) {
                Ok(reading) => {
                    let name = match self.key_level {
                        Some(level) => message.topic.split('/').nth(level).unwrap_or_default().to_owned(),
                        None => reading.key.unwrap_or_default(),
                    };
                    match self.context.keys.intern(&name) {
                        Some(key) => {
                            builder.push(reading.time.unwrap_or_else(EventTime::now), key, reading.values)
                        }
                        None => self.refused.push(rejection(
                            &message,
                            Refusal {
                                kind: "too many machines",
                                reason: format!("no room for `{name}`"),
                            },
                        )),
                    }
                }
                Err(Refusal { kind, reason }) => {
                    let reason = format!("on `{}`: {reason}", message.topic);
                    self.refused.push(rejection(&message, Refusal { kind, reason }));
                }
            }
            acknowledgements.push((id, message.acknowledgement));
        }
        let awaited = acknowledgements
            .iter()
            .any(|(_, acknowledgement)| acknowledgement.is_awaited());
        let receipt = if awaited {
            let (receipt, settled) = Receipt::issue();
            self.open.push_back(Open {
                settled,
                acknowledgements,
            });
            receipt
        } else {
            Receipt::none()
        };
        (!builder.is_empty() || !self.refused.is_empty()).then(|| builder.finish(receipt))
    }

    /// Whether a message that the broker brings again was delivered, or is on its way.
    fn is_taken(&self, id: MessageId) -> bool {
        let mut open = self.open.iter().flat_map(|open| &open.acknowledgements);
        self.delivered.contains(id) || open.any(|(known, _)| *known == Some(id))
    }

    /// Acknowledges a message that came again: when it is delivered, or at once.
    fn acknowledge_again(&mut self, id: MessageId, acknowledgement: Acknowledgement) {
        let mut open = self.open.iter_mut().flat_map(|open| &mut open.acknowledgements);
        match open.find(|(known, _)| *known == Some(id)) {
            // The one before belongs to a connection that is gone.
            Some((_, before)) => *before = acknowledgement,
            None => acknowledgement.acknowledge(),
        }
    }

    /// Acknowledges a delivered batch.
    fn settle(&mut self, delivery: Delivery) -> Result<(), SourceError> {
        let Some(Open { acknowledgements, .. }) = self.open.pop_front() else {
            return Ok(());
        };
        match delivery {
            Delivery::Done => {
                for (id, acknowledgement) in acknowledgements {
                    if let Some(id) = id {
                        self.delivered.add(id);
                    }
                    acknowledgement.acknowledge();
                }
                Ok(())
            }
            Delivery::Failed => Err(SourceError(
                "a sink lost readings; connecting anew so that the broker sends them again".to_owned(),
            )),
        }
    }
}

/// A message that is no reading, with what it was.
fn rejection(message: &Message, refusal: Refusal) -> Rejection {
    /// Longer payloads are cut: what is wrong with them shows at the beginning.
    const SHOWN_BYTES: usize = 4096;
    let shown = message.payload.get(..message.payload.len().min(SHOWN_BYTES));
    let text = String::from_utf8_lossy(shown.unwrap_or_default());
    Rejection {
        time: EventTime::now(),
        key: Key::default(),
        refusal,
        record: json!({ "topic": message.topic, "payload": text }),
    }
}

/// Waits for the oldest open batch; for ever when there is none.
async fn oldest(open: &mut VecDeque<Open>) -> Delivery {
    match open.front_mut() {
        // A receipt that vanished without a word was not delivered.
        Some(oldest) => (&mut oldest.settled).await.unwrap_or(Delivery::Failed),
        None => std::future::pending().await,
    }
}

#[async_trait]
impl Source for Subscribed {
    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        loop {
            let Some(subscriber) = self.subscriber.as_mut() else {
                return Ok(None);
            };
            tokio::select! {
                delivery = oldest(&mut self.open) => self.settle(delivery)?,
                changed = self.states.changed() => {
                    if changed.is_err() {
                        return Err(SourceError("the connection ended".to_owned()));
                    }
                    if let ConnectionState::Lost { reason, .. } = &*self.states.borrow_and_update() {
                        self.context.problems.report("broker lost", reason.to_string());
                    }
                }
                messages = subscriber.next_batch(BATCH) => {
                    self.tell_left_out();
                    if let Some(batch) = self.batch(messages) {
                        return Ok(Some(batch));
                    }
                }
            }
        }
    }

    fn take_refused(&mut self) -> Vec<Rejection> {
        std::mem::take(&mut self.refused)
    }

    fn position(&mut self) -> Option<Vec<u8>> {
        Some(self.position.end_epoch())
    }

    fn resume(&mut self, position: &[u8]) {
        for id in self.position.resume(position) {
            self.delivered.add(id);
        }
    }

    async fn finish(&mut self) {
        while !self.open.is_empty() {
            let delivery = oldest(&mut self.open).await;
            if self.settle(delivery).is_err() {
                break;
            }
        }
        if let Some(subscriber) = self.subscriber.take() {
            subscriber.close().await;
        }
    }
}
