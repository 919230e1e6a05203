//! From the text of a scenario to the scenario, or to everything that is wrong with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{
    Ordered, SourceId, Span, Spanned, check_shape, from_yaml, nearest, parse_yaml,
};

use super::text::{EntryText, MachineText, ScenarioText, SpreadText, scenario_schema};
use super::timeline::Timeline;
use super::{MachineRef, Own, SCENARIO_VERSION, Scenario, Spread, entry, quantities};

/// °C around machines, unless the scenario says something else.
const AMBIENT_C: f32 = 22.0;
/// The rooms that the plant knows, in °C.
const AMBIENT_LIMITS_C: (f32, f32) = (-20.0, 50.0);

impl Scenario {
    /// Reads the text of a scenario file; `found` gets all that is wrong with it.
    pub fn read(source: SourceId, text: &str, found: &mut Vec<Diagnostic>) -> Option<Self> {
        let before = found.len();
        let no_scenario = || {
            let message = "this is no scenario: `twinflow-scenario` is missing";
            let help = format!("begin with `twinflow-scenario: {SCENARIO_VERSION}`, then `timeline:`");
            Diagnostic::new(Code::LanguageVersion, Span::new(source, 0, 0), message).with_help(help)
        };
        if text.trim().is_empty() {
            found.push(no_scenario());
            return None;
        }
        // A scenario is the same on every computer: it knows no environment.
        let yaml = parse_yaml(source, text, &BTreeMap::<String, String>::new(), found)?;
        // One with a misspelt version is a scenario, and told so by its shape.
        let mut keys = yaml.entries().iter().map(|entry| &entry.key);
        if !keys.any(|key| nearest(key, ["twinflow-scenario"]).is_some()) {
            found.push(no_scenario());
            return None;
        }
        check_shape(&yaml, &scenario_schema(), "a scenario", found);
        if found.len() > before {
            return None;
        }
        let text: ScenarioText = match from_yaml(&yaml) {
            Ok(text) => text,
            Err(mismatch) => {
                let place = mismatch.span.unwrap_or(yaml.span);
                found.push(Diagnostic::new(Code::WrongValue, place, mismatch.message));
                return None;
            }
        };
        let scenario = Reader { text: &text, found }.scenario();
        (found.len() == before).then_some(scenario)
    }
}

struct Reader<'t> {
    text: &'t ScenarioText,
    found: &'t mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// The scenario; what is wrong with it was reported, and left out.
    fn scenario(mut self) -> Scenario {
        let text = self.text;
        if text.version.value != SCENARIO_VERSION {
            let message = format!("the version {} of scenarios is not known", text.version.value);
            self.found.push(
                Diagnostic::new(Code::LanguageVersion, text.version.span, message)
                    .with_help(format!("write `twinflow-scenario: {SCENARIO_VERSION}`")),
            );
        }
        let lasts_ms = text
            .lasts
            .as_ref()
            .and_then(|lasts| quantities::duration_ms(lasts, self.found));
        let timeline = self.timeline(&text.timeline, lasts_ms);
        let ambient_c = self.ambient(text.ambient.as_ref()).unwrap_or(AMBIENT_C);
        let spread = text.spread.as_ref().map(|spread| self.spread(spread, ambient_c));
        let own = self.own(&text.machines, lasts_ms);
        Scenario {
            name: text.name.clone(),
            seed: text.seed.unwrap_or(1),
            ambient_c,
            spread: spread.unwrap_or_default(),
            timeline: Arc::new(timeline),
            own,
        }
    }

    fn timeline(&mut self, entries: &[Spanned<EntryText>], lasts_ms: Option<u64>) -> Timeline {
        let mut events = Vec::with_capacity(entries.len());
        let mut end_ms = 0;
        for text in entries {
            let Some(event) = entry::read(text, self.found) else {
                continue;
            };
            end_ms = end_ms.max(event.end_ms());
            if let Some(lasts_ms) = lasts_ms
                && event.at_ms >= lasts_ms
            {
                let message = "this line comes when the timeline is over already";
                let mut diagnostic = Diagnostic::new(Code::WrongValue, text.at.span, message);
                if let Some(lasts) = &self.text.lasts {
                    diagnostic = diagnostic.with_related(lasts.span, "it lasts so long");
                }
                self.found.push(diagnostic);
            }
            events.push(event);
        }
        // Lines may stand in any order; of one time, the later line has the last word.
        events.sort_by_key(|event| event.at_ms);
        let repeat_ms = self.text.repeat.then(|| lasts_ms.unwrap_or(end_ms));
        if repeat_ms == Some(0) {
            let message = "a timeline that begins anew needs a length";
            let place = entries
                .first()
                .map_or(self.text.version.span, |first| first.at.span);
            self.found.push(
                Diagnostic::new(Code::MissingField, place, message)
                    .with_help("add `lasts: 10 min` beside `repeat`"),
            );
        }
        Timeline {
            events,
            repeat_ms: repeat_ms.filter(|repeat_ms| *repeat_ms > 0),
        }
    }

    fn ambient(&mut self, text: Option<&quantities::Text>) -> Option<f32> {
        quantities::number_in(text?, "°C", AMBIENT_LIMITS_C, self.found)
    }

    fn spread(&mut self, text: &SpreadText, ambient_c: f32) -> Spread {
        let (least_c, most_c) = AMBIENT_LIMITS_C;
        let room_c = (ambient_c - least_c).min(most_c - ambient_c);
        let found = &mut *self.found;
        let ambient = text.ambient.as_ref();
        let ambient_c = ambient.and_then(|text| quantities::temperature_difference(text, room_c, found));
        let start_ms = text
            .start
            .as_ref()
            .and_then(|text| quantities::time_ms(text, found));
        let heat_share = text
            .heat_load
            .as_ref()
            .and_then(|text| quantities::share(text, found));
        let load = text.mechanical_load.as_ref();
        let load_share = load.and_then(|text| quantities::share(text, found));
        Spread {
            start_ms: start_ms.unwrap_or(0),
            ambient_c: ambient_c.unwrap_or(0.0),
            heat_share: heat_share.unwrap_or(0.0),
            load_share: load_share.unwrap_or(0.0),
        }
    }

    fn own(
        &mut self,
        machines: &Ordered<Spanned<MachineText>>,
        lasts_ms: Option<u64>,
    ) -> Vec<(MachineRef, Own)> {
        let mut own = Vec::new();
        for (key, machine) in machines.iter() {
            let reference = match key.parse::<u32>() {
                Ok(0) => {
                    let message = "machines count from 1";
                    self.found
                        .push(Diagnostic::new(Code::WrongValue, key.span, message));
                    continue;
                }
                Ok(number) => MachineRef::Number(number),
                Err(_) => MachineRef::Name(key.value.clone()),
            };
            let timeline = machine.timeline.as_deref();
            own.push((
                reference,
                Own {
                    seed: machine.seed,
                    ambient_c: self.ambient(machine.ambient.as_ref()),
                    timeline: timeline.map(|entries| Arc::new(self.timeline(entries, lasts_ms))),
                },
            ));
        }
        own
    }
}
