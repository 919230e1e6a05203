//! `virtual-fan`: a simulated machine that publishes over MQTT as the board does.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Interval, MissedTickBehavior};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{
    Check, Checked, NodeContext, NodeType, Part, Role, Source, SourceError, StartError,
};
use twinflow_engine::record::{Batch, EventTime};
use twinflow_engine::unit::{Quantity, Unit};
use twinflow_plant::{FaultInjector, Plant, STEP_MS, Schedule};

use crate::brokers::Brokers;
use crate::connection_readiness;
use crate::fan_command::apply_command;
use crate::fan_payload::Sent;
use crate::mqtt::{
    BrokerAddress, ConnectOptions, Publisher, Qos, SessionKind, Subscriber, Subscription, TopicFilter,
    TopicName,
};
use crate::mqtt_settings::{broker_address, client_id};

/// The node type.
pub struct VirtualFan {
    /// The brokers that run in this process.
    pub brokers: Arc<Brokers>,
}

/// Which faults come by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Faults {
    /// One after the other at random, with normal operation between.
    #[default]
    Random,
    /// Only those that a command asks for.
    None,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the broker, from `brokers:`.
    broker: Spanned<String>,
    /// Where it publishes its readings.
    topic: Spanned<String>,
    /// Where it takes commands; it answers them on this topic with `/ack` behind it.
    commands: Option<Spanned<String>>,
    /// The machine's name in its readings; the node's name by default.
    asset_id: Option<String>,
    /// Readings a second, such as `5 Hz` (the default); at most 10 Hz, the plant's own step.
    rate: Option<Spanned<String>>,
    /// Which faults come by themselves.
    #[serde(default)]
    faults: Faults,
    /// Seed of the noise and the faults: one seed, one history.
    #[serde(default = "default_seed")]
    seed: u64,
}

fn default_seed() -> u64 {
    1
}

impl NodeType for VirtualFan {
    const NAME: &'static str = "virtual-fan";
    const ROLE: Role = Role::Source;
    const DOC: &'static str = r#"A simulated fan. It behaves as the board with the sketch from `firmware/` does: it publishes readings and takes commands
over MQTT. Nothing is wired to it: what it says arrives through an `mqtt-in` node, as from a real machine.

A command is a JSON object with any of `control_mode` ("automatic", "manual"), `speed_command_pct` (0 to 100),
`process_heat_load_w` (0 to 500), `mechanical_load` (0 to 1) and `fault`, such as
`{"class": "overcurrent", "severity": 0.9}`; the class "none" ends a fault. Once a command has named one, be it "none", faults no longer
come by themselves. With a `key`, it is for the machine of that name only.
The answer comes on the topic of the commands with `/ack` behind it: `accepted`, and if not, the `reason`.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  machine: { type: virtual-fan, broker: plant, topic: factory/fan/data, commands: factory/fan/command, rate: 5 Hz }
  fan: { type: mqtt-in, broker: plant, topic: factory/fan/data, fields: { temp: { unit: °C } } }
  show: { type: dashboard-widget, from: fan, widget: gauge, fields: [temp] }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let address = broker_address(&config.broker, check);
        let topic = topic_name(&config.topic, check);
        let commands = config.commands.as_ref().map(|topic| topic_name(topic, check));
        let period = match &config.rate {
            Some(rate) => period(rate, check),
            None => Some(Duration::from_millis(200)),
        };
        if commands == Some(None) {
            return None;
        }
        let (address, topic, period, commands) = (address?, topic?, period?, commands.flatten());
        let brokers = Arc::clone(&self.brokers);
        let asset_id = config.asset_id.unwrap_or_else(|| check.id().value.clone());
        let answers = commands
            .as_ref()
            .and_then(|topic| TopicName::from_str(&format!("{}/ack", topic.as_str())).ok());
        let (faults, seed) = (config.faults, config.seed);
        let make = move |context: &NodeContext| {
            let address = brokers.reach(&address);
            let settings = Settings {
                topic: topic.clone(),
                commands: commands.clone(),
                answers: answers.clone(),
                asset_id: asset_id.clone(),
                period,
                faults,
                seed,
            };
            Simulated::start(context, &address, settings)
        };
        Some(Checked {
            outputs: Vec::new(),
            part: Part::source(make),
            view: None,
            decode: None,
        })
    }
}

fn topic_name(topic: &Spanned<String>, check: &mut Check<'_>) -> Option<TopicName> {
    match TopicName::from_str(topic) {
        Ok(name) => Some(name),
        Err(error) => {
            check.report(Diagnostic::new(Code::BadTopic, topic.span, error.to_string()));
            None
        }
    }
}

/// The time between readings: whole steps of the plant.
fn period(rate: &Spanned<String>, check: &mut Check<'_>) -> Option<Duration> {
    let step = Duration::from_millis(STEP_MS.into());
    let hertz = Quantity::parse(rate).and_then(|quantity| {
        let hertz = Unit::parse("Hz").map_err(|error| error.to_string())?;
        let conversion = quantity.unit.conversion_to(&hertz);
        conversion
            .map(|to| to.apply(quantity.value))
            .ok_or_else(|| format!("`{}` is not a rate", rate.value))
    });
    match hertz {
        Ok(hertz) if hertz > 0.0 && hertz <= 1.0 / step.as_secs_f64() => {
            let steps = (1.0 / hertz / step.as_secs_f64()).round().clamp(1.0, 1e6);
            Some(step.mul_f64(steps))
        }
        other => {
            let reason = other
                .err()
                .unwrap_or_else(|| format!("`{}` is not more than 0 Hz and at most 10 Hz", rate.value));
            check.report(Diagnostic::new(Code::WrongValue, rate.span, reason).with_help("such as `5 Hz`"));
            None
        }
    }
}

struct Settings {
    topic: TopicName,
    commands: Option<TopicName>,
    answers: Option<TopicName>,
    asset_id: String,
    period: Duration,
    faults: Faults,
    seed: u64,
}

/// It has been running for three minutes when it first speaks: what a fan shows while it warms up is no fault of its own.
const WARM_UP_STEPS: u32 = 1800;
/// °C around the machine.
const AMBIENT_C: f32 = 22.0;

/// The run-time part.
struct Simulated {
    plant: Plant,
    faults: Option<Schedule<FaultInjector>>,
    publisher: Option<Publisher>,
    commands: Option<Subscriber>,
    settings: Settings,
    context: NodeContext,
    ticks: Interval,
    sequence: u64,
    /// Counts the stretches between changes of the fault, so that a log can be cut into runs.
    run: u64,
}

impl Simulated {
    fn start(context: &NodeContext, address: &BrokerAddress, settings: Settings) -> Result<Self, StartError> {
        let mut plant =
            Plant::new(settings.seed, AMBIENT_C).map_err(|error| StartError(error.to_string()))?;
        for _ in 0..WARM_UP_STEPS {
            plant.step();
        }
        let options = ConnectOptions::new(address.clone(), client_id(context));
        let publisher = Publisher::connect(&options, None).map_err(|error| StartError(error.to_string()))?;
        connection_readiness::follow(context, publisher.states());
        let commands = match &settings.commands {
            None => None,
            Some(topic) => {
                let options =
                    ConnectOptions::new(address.clone(), format!("{}-commands", client_id(context)));
                let filter =
                    TopicFilter::from_str(topic.as_str()).map_err(|error| StartError(error.to_string()))?;
                let subscriptions = vec![Subscription {
                    filter,
                    qos: Qos::AtLeastOnce,
                }];
                let subscriber = Subscriber::connect(&options, SessionKind::Clean, subscriptions);
                Some(subscriber.map_err(|error| StartError(error.to_string()))?)
            }
        };
        let faults =
            (settings.faults == Faults::Random).then(|| FaultInjector::new(settings.seed).schedule());
        let mut ticks = tokio::time::interval(settings.period);
        // After a pause of the machine the readings go on; there is no use in making up for those of the past.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Ok(Self {
            plant,
            faults,
            publisher: Some(publisher),
            commands,
            settings,
            context: context.clone(),
            ticks,
            sequence: 0,
            run: 0,
        })
    }

    /// Lets the plant run on to the next reading.
    fn advance(&mut self) {
        let steps = self.settings.period.as_millis() / u128::from(STEP_MS);
        for _ in 0..steps {
            if let Some(episode) = self.faults.as_mut().and_then(Iterator::next) {
                if self.plant.fault() != episode.fault {
                    self.run += 1;
                }
                self.plant.inject(episode.fault);
            }
            self.plant.step();
        }
    }

    fn payload(&mut self) -> Vec<u8> {
        self.sequence += 1;
        Sent {
            time: EventTime::now(),
            asset_id: &self.settings.asset_id,
            sequence: self.sequence,
            run: self.run,
        }
        .payload(&self.plant)
    }

    async fn publish(&mut self) {
        let payload = self.payload();
        if let Some(publisher) = &self.publisher {
            // At QoS 0 and with a bound on the wait: a reading that cannot go out now is of no use later.
            let publish = publisher.publish(&self.settings.topic, payload.into(), Qos::AtMostOnce, false);
            if tokio::time::timeout(self.settings.period, publish).await.is_err() {
                self.context
                    .problems
                    .report("reading not sent", "the broker does not take it");
            }
        }
    }

    /// Obeys a command, and answers whether it did.
    async fn command(&mut self, payload: &[u8]) {
        let answer = match apply_command(self.plant.command(), payload, &self.settings.asset_id) {
            // Another machine answers.
            Ok(None) => return,
            Ok(Some(demand)) => {
                if demand.command.fault() != self.plant.fault() {
                    self.run += 1;
                }
                if demand.names_fault {
                    // A fault on command stays until a command ends it; and a fan that is to have none gets none by itself.
                    self.faults = None;
                }
                self.plant.set_command(demand.command);
                json!({ "asset_id": self.settings.asset_id, "accepted": true })
            }
            Err(reason) => {
                self.context.problems.report("command refused", &*reason);
                json!({ "asset_id": self.settings.asset_id, "accepted": false, "reason": reason })
            }
        };
        if let (Some(publisher), Some(topic)) = (&self.publisher, &self.settings.answers) {
            let payload = answer.to_string().into_bytes();
            let publish = publisher.publish(topic, payload.into(), Qos::AtMostOnce, false);
            // Whoever asked sees by the readings what became of it.
            let _ = tokio::time::timeout(self.settings.period, publish).await;
        }
    }
}

/// Waits for commands; for ever when there is no topic for them.
async fn next_commands(commands: &mut Option<Subscriber>) -> Vec<crate::mqtt::Message> {
    match commands {
        Some(subscriber) => subscriber.next_batch(16).await,
        None => std::future::pending().await,
    }
}

#[async_trait]
impl Source for Simulated {
    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        loop {
            tokio::select! {
                messages = next_commands(&mut self.commands) => {
                    for message in messages {
                        self.command(&message.payload).await;
                        message.acknowledgement.acknowledge();
                    }
                }
                _ = self.ticks.tick() => {
                    self.advance();
                    self.publish().await;
                }
            }
        }
    }

    async fn finish(&mut self) {
        if let Some(publisher) = self.publisher.take() {
            publisher.close().await;
        }
        if let Some(subscriber) = self.commands.take() {
            subscriber.close().await;
        }
    }
}
