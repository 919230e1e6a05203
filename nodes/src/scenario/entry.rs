//! A line of a timeline.

use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Span, Spanned, listed};
use twinflow_plant::Fault;

use super::quantities::{self, Text};
use super::sensor::{SENSORS, Sensor};
use super::text::{EntryText, FailureName, FaultName, NetworkName, SensorName};
use super::timeline::{Change, Event, Failure, Loads, Network};

/// How bad a fault is that does not say it; as in a command.
const FULL_SEVERITY: f32 = 0.9;

/// The things that a line can be about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thing {
    Loads,
    Fault,
    Network,
    Sensor,
    Drift,
}

impl Thing {
    /// As a message names it.
    fn name(self) -> &'static str {
        match self {
            Self::Loads => "the loads",
            Self::Fault => "`fault`",
            Self::Network => "`network`",
            Self::Sensor => "`sensor`",
            Self::Drift => "`drift`",
        }
    }
}

/// The event of a line, or a report of all that is wrong with it.
pub(super) fn read(line: &Spanned<EntryText>, found: &mut Vec<Diagnostic>) -> Option<Event> {
    let before = found.len();
    let thing = thing(line, found);
    if let Some(thing) = thing {
        refuse_strangers(line, thing, found);
    }
    let at_ms = quantities::time_ms(&line.at, found);
    let duration = line.duration.as_ref();
    let for_ms = duration.and_then(|text| quantities::duration_ms(text, found));
    let change = thing.and_then(|thing| match thing {
        Thing::Loads => loads(line, found),
        Thing::Fault => fault(line, found),
        Thing::Network => network(line, found),
        Thing::Sensor => sensor(line, found),
        Thing::Drift => drift(line, found),
    });
    (found.len() == before).then_some(Event {
        at_ms: at_ms?,
        for_ms,
        change: change?,
    })
}

/// What the line is about: one thing.
fn thing(line: &Spanned<EntryText>, found: &mut Vec<Diagnostic>) -> Option<Thing> {
    let load = [
        line.heat_load.as_ref().map(|text| text.span),
        line.mechanical_load.as_ref().map(|load| load.span),
        line.speed.as_ref().map(|text| text.span),
        line.control.as_ref().map(|_| line.span),
    ];
    let things = [
        (Thing::Loads, load.into_iter().flatten().next()),
        (Thing::Fault, line.fault.as_ref().map(|fault| fault.span)),
        (Thing::Network, line.network.as_ref().map(|network| network.span)),
        (Thing::Sensor, line.sensor.as_ref().map(|sensor| sensor.span)),
        (Thing::Drift, line.drift.as_ref().map(|sensor| sensor.span)),
    ];
    let things: Vec<(Thing, Span)> = things
        .into_iter()
        .filter_map(|(thing, span)| Some((thing, span?)))
        .collect();
    match things.as_slice() {
        [] => {
            let message = "this line says when, but not what happens";
            let help = "add one of `heat_load`, `mechanical_load`, `speed`, `control`, `fault`, `network`, `sensor` and `drift`";
            found.push(Diagnostic::new(Code::MissingField, line.at.span, message).with_help(help));
            None
        }
        [(only, _)] => Some(*only),
        [(first, _), (second, span), ..] => {
            let message = format!(
                "a line is about one thing, and this one about {} and {}",
                first.name(),
                second.name()
            );
            let help = "write two lines with the same `at`";
            found.push(Diagnostic::new(Code::WrongValue, *span, message).with_help(help));
            None
        }
    }
}

/// Reports what belongs to other things than that of the line.
fn refuse_strangers(line: &EntryText, thing: Thing, found: &mut Vec<Diagnostic>) {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.span);
    let details: [(&str, Option<Span>, &[Thing]); 6] = [
        ("over", text(&line.over), &[Thing::Loads]),
        (
            "severity",
            line.severity.as_ref().map(|severity| severity.span),
            &[Thing::Fault],
        ),
        ("loss", text(&line.loss), &[Thing::Network]),
        (
            "failure",
            line.failure.as_ref().map(|failure| failure.span),
            &[Thing::Sensor],
        ),
        ("by", text(&line.by), &[Thing::Sensor, Thing::Drift]),
        (
            "for",
            text(&line.duration),
            &[Thing::Fault, Thing::Network, Thing::Sensor, Thing::Drift],
        ),
    ];
    for (name, span, owners) in details {
        let Some(span) = span.filter(|_| !owners.contains(&thing)) else {
            continue;
        };
        let mut owners: Vec<&str> = owners.iter().map(|owner| owner.name()).collect();
        let last = owners.pop().unwrap_or_default();
        let owners = match owners.as_slice() {
            [] => last.to_owned(),
            rest => format!("{} and {last}", rest.join(", ")),
        };
        let message = format!(
            "`{name}` belongs to {owners}, and this line is about {}",
            thing.name()
        );
        let diagnostic = Diagnostic::new(Code::WrongValue, span, message);
        found.push(match name {
            "for" => diagnostic
                .with_help("loads stay until another line sets them; `over` makes them change slowly"),
            _ => diagnostic.with_help("remove it"),
        });
    }
}

fn loads(line: &EntryText, found: &mut Vec<Diagnostic>) -> Option<Change> {
    let heat = line.heat_load.as_ref();
    let speed = line.speed.as_ref();
    let over = line.over.as_ref();
    Some(Change::Loads(Loads {
        heat_w: heat.and_then(|text| quantities::number_in(text, "W", (0.0, 500.0), found)),
        mechanical: line.mechanical_load.as_ref().map(|load| load.value),
        speed_pct: speed.and_then(|text| quantities::number_in(text, "%", (0.0, 100.0), found)),
        control: line.control.map(Into::into),
        over_ms: over
            .and_then(|text| quantities::duration_ms(text, found))
            .unwrap_or(0),
    }))
}

fn fault(line: &EntryText, found: &mut Vec<Diagnostic>) -> Option<Change> {
    let name = line.fault.as_ref()?;
    if name.value == FaultName::None {
        refuse_with_none(
            "fault: none",
            &[
                ("severity", line.severity.as_ref().map(|severity| severity.span)),
                ("for", line.duration.as_ref().map(|text| text.span)),
            ],
            found,
        );
        return Some(Change::Fault(Fault::NONE));
    }
    let severity = line
        .severity
        .as_ref()
        .map_or(FULL_SEVERITY, |severity| severity.value);
    match Fault::new(name.value.into(), severity) {
        Ok(fault) => Some(Change::Fault(fault)),
        Err(error) => {
            let place = line.severity.as_ref().map_or(name.span, |severity| severity.span);
            found.push(Diagnostic::new(Code::WrongValue, place, error.to_string()));
            None
        }
    }
}

fn network(line: &EntryText, found: &mut Vec<Diagnostic>) -> Option<Change> {
    let name = line.network.as_ref()?;
    if name.value != NetworkName::Poor
        && let Some(loss) = &line.loss
    {
        let message = "`loss` belongs to `network: poor`";
        let help = "a lost network loses everything";
        found.push(Diagnostic::new(Code::WrongValue, loss.span, message).with_help(help));
    }
    let network = match name.value {
        NetworkName::Lost => Network::Lost,
        NetworkName::Back => {
            let duration = line.duration.as_ref().map(|text| text.span);
            refuse_with_none("network: back", &[("for", duration)], found);
            Network::Up
        }
        NetworkName::Poor => match &line.loss {
            Some(loss) => Network::Poor(quantities::share(loss, found)?),
            None => {
                let message = "a poor network needs the share of the readings that it loses";
                let diagnostic = Diagnostic::new(Code::MissingField, name.span, message);
                found.push(diagnostic.with_help("add `loss: 20 %`"));
                return None;
            }
        },
    };
    Some(Change::Network(network))
}

fn sensor(line: &EntryText, found: &mut Vec<Diagnostic>) -> Option<Change> {
    let name = line.sensor.as_ref()?;
    let (sensor, about) = by_name(name.value)?;
    let Some(failure) = &line.failure else {
        let message = format!("how does the sensor of `{}` fail?", about.name);
        let names = ["stuck", "missing", "noise", "offset", "none"];
        let help = format!("add `failure`, which is one of {}", listed(names));
        found.push(Diagnostic::new(Code::MissingField, name.span, message).with_help(help));
        return None;
    };
    let by = line.by.as_ref();
    let failure = match failure.value {
        FailureName::Noise | FailureName::Offset => {
            let Some(by) = by else {
                let message = format!("by how much does the sensor of `{}` err?", about.name);
                let diagnostic = Diagnostic::new(Code::MissingField, failure.span, message);
                let unit = if about.unit == "°C" { "K" } else { about.unit };
                found.push(diagnostic.with_help(format!("add `by: 2 {unit}`")));
                return None;
            };
            let offset = quantities::offset(by, about, found)?;
            if failure.value == FailureName::Noise {
                Failure::Noise(offset.abs())
            } else {
                Failure::Offset(offset)
            }
        }
        other => {
            if let Some(by) = by {
                let message = "`by` belongs to the failures `noise` and `offset`";
                found.push(Diagnostic::new(Code::WrongValue, by.span, message).with_help("remove it"));
            }
            match other {
                FailureName::Stuck => Failure::Stuck,
                FailureName::Missing => Failure::Missing,
                _ => {
                    let duration = line.duration.as_ref().map(|text| text.span);
                    refuse_with_none("failure: none", &[("for", duration)], found);
                    Failure::None
                }
            }
        }
    };
    Some(Change::Sensor { sensor, failure })
}

fn drift(line: &EntryText, found: &mut Vec<Diagnostic>) -> Option<Change> {
    let name = line.drift.as_ref()?;
    let (sensor, about) = by_name(name.value)?;
    let Some(by) = &line.by else {
        let unit = if about.unit == "°C" { "K" } else { about.unit };
        let message = format!("how fast does the sensor of `{}` wander?", about.name);
        let diagnostic = Diagnostic::new(Code::MissingField, name.span, message);
        found.push(diagnostic.with_help(format!("add `by: 0.5 {unit}/h`")));
        return None;
    };
    let per_second = quantities::wandering(by, about, found)?;
    Some(Change::Drift { sensor, per_second })
}

/// Reports details of something that is only ended.
fn refuse_with_none(end: &str, details: &[(&str, Option<Span>)], found: &mut Vec<Diagnostic>) {
    for (name, span) in details {
        if let Some(span) = span {
            let message = format!("`{end}` ends what was before, and has no `{name}`");
            found.push(Diagnostic::new(Code::WrongValue, *span, message).with_help("remove it"));
        }
    }
}

fn by_name(name: SensorName) -> Option<(usize, &'static Sensor)> {
    let at = match name {
        SensorName::Temp => 0,
        SensorName::Rpm => 1,
        SensorName::Current => 2,
        SensorName::Vibration => 3,
    };
    SENSORS.get(at).map(|sensor| (at, sensor))
}
