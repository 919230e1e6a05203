//! `playback`: the machines of a recorded log, which publish over MQTT as they did.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Part, Role, StartError};

use crate::brokers::Brokers;
use crate::mqtt_settings::broker_address;
use crate::recording::{PayloadNames, Recording, RecordingColumns, RecordingSettings};
use crate::virtual_plant::Topics;
use crate::virtual_source::{VirtualSource, topic_pattern};

/// The node type.
pub struct Playback {
    /// The brokers that run in this process.
    pub brokers: Arc<Brokers>,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the broker, from `brokers:`.
    broker: Spanned<String>,
    /// Where it publishes the readings; `{machine}` stands for the machine's name.
    topic: Spanned<String>,
    /// Where it keeps `online` or `offline` of each machine, as a retained message; nowhere by default.
    status: Option<Spanned<String>>,
    /// The log, relative to the flow file: a CSV file as `csv-sink` writes it, or any other with a column of the time.
    file: Spanned<String>,
    /// So many times as fast as it was; 1 by default.
    #[schemars(range(min = 0.001, max = 1_000_000))]
    speed: Option<f64>,
    /// Whether it begins anew when it is over.
    #[serde(default)]
    repeat: bool,
    /// The column of the time; `time` by default.
    time: Option<String>,
    /// The column of the machine's name; `key` by default. Without such a column, the log is of one machine.
    key: Option<String>,
    /// Where columns stand in the payload, such as `heat_load: inputs.process_heat_load_w`; by default under their own names.
    #[serde(default)]
    names: Ordered<Spanned<String>>,
}

impl NodeType for Playback {
    const NAME: &'static str = "playback";
    const ROLE: Role = Role::Source;
    const DOC: &'static str = r#"Plays a recorded log as if its machines were there: what they said is published over MQTT
again, in the rhythm in which it was recorded. Nothing is wired to it: what it says arrives through an `mqtt-in` node, as
from real machines. To run a log through a flow as fast as it goes, without a broker, there is `twinflow replay`.

Each row becomes a JSON object. A column is a member under its name, without the unit that stands behind it in brackets; a
cell without a value is left out. `timestamp` is the present time, `asset_id` the machine's name, `sequence_id` counts its
readings. Rows stand in the order of their times; one may be up to a minute late.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  past:
    type: playback
    broker: plant
    topic: factory/{machine}/data
    file: ../data/fan.csv
    speed: 10
    names: { heat_load: inputs.process_heat_load_w }
  fans: { type: mqtt-in, broker: plant, topic: factory/+/data, fields: { temp: { unit: °C } } }
  show: { type: dashboard-widget, from: fans, widget: gauge, fields: [temp] }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let address = broker_address(&config.broker, check);
        let data = topic_pattern(&config.topic, check);
        let status = config.status.as_ref().map(|topic| topic_pattern(topic, check));
        let settings = settings(&config, check);
        if status == Some(None) {
            return None;
        }
        let (address, data, settings) = (address?, data?, settings?);
        let topics = Topics {
            data,
            commands: None,
            status: status.flatten(),
        };
        let brokers = Arc::clone(&self.brokers);
        let make = move |context: &NodeContext| {
            let recording =
                Recording::open(settings.clone()).map_err(|error| StartError(error.to_string()))?;
            VirtualSource::start(
                context,
                Box::new(recording),
                brokers.reach(&address),
                topics.clone(),
            )
        };
        Some(Checked {
            outputs: Vec::new(),
            part: Part::source(make),
            view: None,
            decode: None,
        })
    }
}

fn settings(config: &Config, check: &mut Check<'_>) -> Option<RecordingSettings> {
    let mut names = PayloadNames::default();
    let mut are_right = true;
    for (column, place) in config.names.iter() {
        if let Err(reason) = names.add(column, place) {
            check.report(Diagnostic::new(Code::WrongValue, place.span, reason));
            are_right = false;
        }
    }
    let default = RecordingColumns::default();
    let settings = RecordingSettings {
        file: check.path(&config.file),
        columns: RecordingColumns {
            time: config.time.clone().unwrap_or(default.time),
            key: config.key.clone().unwrap_or(default.key),
            names,
        },
        speed: config.speed.unwrap_or(1.0),
        repeat: config.repeat,
    };
    if check.may_read_files() {
        check.uses_file(&settings.file);
        if let Err(error) = Recording::check(&settings) {
            let diagnostic = Diagnostic::new(Code::File, config.file.span, error.to_string());
            check.report(if settings.file.exists() {
                diagnostic
            } else {
                diagnostic.with_help("paths are relative to the flow file")
            });
            return None;
        }
    }
    are_right.then_some(settings)
}
