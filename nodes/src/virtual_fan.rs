//! `virtual-fan`: a simulated machine that publishes over MQTT as the board does.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Part, Role, StartError};
use twinflow_engine::unit::{Quantity, Unit};
use twinflow_plant::STEP_MS;

use crate::brokers::Brokers;
use crate::mqtt_settings::broker_address;
use crate::scenario::Scenario;
use crate::virtual_plant::{Behaviour, Fleet, Topics};
use crate::virtual_source::{VirtualSource, topic_pattern};

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
    /// Where it keeps `online` or `offline`, as a retained message; nowhere by default.
    status: Option<Spanned<String>>,
    /// A file, relative to the flow file, that says what happens to the machine and when.
    scenario: Option<Spanned<String>>,
    /// Which faults come by themselves: `random` ones by default. With a `scenario`, that one says it.
    faults: Option<Spanned<Faults>>,
    /// Seed of the noise and the faults: one seed, one history. 1 by default; a `scenario` has its own.
    seed: Option<Spanned<u64>>,
}

/// The seed of a machine that has none.
const DEFAULT_SEED: u64 = 1;

impl NodeType for VirtualFan {
    const NAME: &'static str = "virtual-fan";
    const ROLE: Role = Role::Source;
    const DOC: &'static str = r#"A simulated fan. It behaves as the board with the sketch from `firmware/` does: it publishes readings and takes commands
over MQTT. Nothing is wired to it: what it says arrives through an `mqtt-in` node, as from a real machine.

A command is a JSON object with any of `control_mode` ("automatic", "manual"), `speed_command_pct` (0 to 100),
`process_heat_load_w` (0 to 500), `mechanical_load` (0 to 1) and `fault`, such as
`{"class": "overcurrent", "severity": 0.9}`; the class "none" ends a fault. Once a command has named one, be it "none", faults no longer
come by themselves. With a `key`, it is for the machine of that name only.
The answer comes on the topic of the commands with `/ack` behind it: `accepted`, and if not, the `reason`. `publish_rate_hz`
(1 to 20) sets the readings a second.

What happens to it is random, or stands in a [scenario](simulation.md): loads, faults, sensors that fail or drift, a network
that goes. In topics, `{machine}` stands for the machine's name.

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
        let topics = topics(&config, check);
        let period = match &config.rate {
            Some(rate) => period(rate, check),
            None => Some(Duration::from_millis(200)),
        };
        let behaviour = behaviour(&config, check);
        let (address, topics, period, behaviour) = (address?, topics?, period?, behaviour?);
        let brokers = Arc::clone(&self.brokers);
        let asset_id = config.asset_id.unwrap_or_else(|| check.id().value.clone());
        let make = move |context: &NodeContext| {
            let names = vec![asset_id.as_str().into()];
            let fleet = Fleet::new(names, period, &behaviour).map_err(StartError)?;
            VirtualSource::start(context, Box::new(fleet), brokers.reach(&address), topics.clone())
        };
        Some(Checked {
            outputs: Vec::new(),
            part: Part::source(make),
            view: None,
            decode: None,
        })
    }
}

fn topics(config: &Config, check: &mut Check<'_>) -> Option<Topics> {
    let data = topic_pattern(&config.topic, check);
    let commands = config.commands.as_ref().map(|topic| topic_pattern(topic, check));
    let status = config.status.as_ref().map(|topic| topic_pattern(topic, check));
    if commands == Some(None) || status == Some(None) {
        return None;
    }
    Some(Topics {
        data: data?,
        commands: commands.flatten(),
        status: status.flatten(),
    })
}

/// What happens to the machine, or a report.
fn behaviour(config: &Config, check: &mut Check<'_>) -> Option<Behaviour> {
    let Some(file) = &config.scenario else {
        let seed = config.seed.as_ref().map_or(DEFAULT_SEED, |seed| seed.value);
        return Some(match config.faults.as_ref().map(|faults| faults.value) {
            None | Some(Faults::Random) => Behaviour::RandomFaults { seed },
            Some(Faults::None) => Behaviour::Steady { seed },
        });
    };
    let faults = config.faults.as_ref().map(|faults| ("faults", faults.span));
    let seed = config.seed.as_ref().map(|seed| ("seed", seed.span));
    let mut is_right = true;
    for (name, span) in faults.into_iter().chain(seed) {
        let message = format!("the scenario says what `{name}` would say");
        let diagnostic =
            Diagnostic::new(Code::WrongValue, span, message).with_related(file.span, "the scenario");
        check.report(diagnostic.with_help(format!("remove `{name}`, or `scenario`")));
        is_right = false;
    }
    if !check.may_read_files() {
        return is_right.then_some(Behaviour::Steady { seed: DEFAULT_SEED });
    }
    let (source, text) = check.text(file)?;
    let mut found = Vec::new();
    let scenario = Scenario::read(source, &text, &mut found);
    for diagnostic in found {
        check.report(diagnostic);
    }
    scenario
        .filter(|_| is_right)
        .map(|scenario| Behaviour::Scenario(Arc::new(scenario)))
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
