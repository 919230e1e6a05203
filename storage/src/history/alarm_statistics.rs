//! How the alarms of a plant do, by the measures of EEMUA 191 and ISA-18.2.

use std::collections::BTreeMap;

use serde::Serialize;

use super::journal::AlarmChange;

/// EEMUA 191 and ISA-18.2 count alarms in spans of ten minutes: one to two a span can be managed, more than ten are a flood.
const SPAN_MS: i64 = 600_000;
const FLOOD: usize = 10;
/// ISA-18.2 calls an alarm chattering that comes three times or more within a minute.
const CHATTER_MS: i64 = 60_000;
const CHATTER: usize = 3;

/// What the alarms of a span were like.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlarmStatistics {
    /// How often an alarm was raised.
    pub raised: usize,
    /// By priority.
    pub by_priority: BTreeMap<String, usize>,
    /// A mean ten minutes.
    pub per_ten_minutes: f64,
    /// The most in ten minutes.
    pub peak_per_ten_minutes: usize,
    /// The share of spans of ten minutes with more than ten.
    pub in_flood: f64,
    /// Those that came most often, with how often; ten at most.
    pub most_frequent: Vec<Frequent>,
    /// Those that came three times or more within a minute.
    pub chattering: Vec<Frequent>,
}

/// An alarm, and how often it was raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Frequent {
    /// The node that raised it.
    pub node: String,
    /// The machine.
    pub machine: String,
    /// Which of the node's alarms.
    pub alarm: String,
    /// How often.
    pub count: usize,
}

impl AlarmStatistics {
    /// Of the changes within a span, in any order.
    #[must_use]
    pub fn of(changes: &[AlarmChange], from_ms: i64, to_ms: i64) -> Self {
        let mut raised: Vec<&AlarmChange> = changes
            .iter()
            .filter(|change| change.state == "unacknowledged")
            .collect();
        raised.sort_by_key(|change| change.time_ms);
        let mut by_priority: BTreeMap<String, usize> = BTreeMap::new();
        let mut by_span: BTreeMap<i64, usize> = BTreeMap::new();
        let mut by_alarm: BTreeMap<(&str, &str, &str), Vec<i64>> = BTreeMap::new();
        for change in &raised {
            *by_priority.entry(change.priority.clone()).or_default() += 1;
            *by_span
                .entry((change.time_ms - from_ms).div_euclid(SPAN_MS))
                .or_default() += 1;
            by_alarm
                .entry((&change.node, &change.machine, &change.alarm))
                .or_default()
                .push(change.time_ms);
        }
        let spans = (to_ms.saturating_sub(from_ms).max(1) as f64 / SPAN_MS as f64).max(1.0);
        let floods = by_span.values().filter(|count| **count > FLOOD).count();
        let frequent = |(node, machine, alarm): &(&str, &str, &str), count: usize| Frequent {
            node: (*node).to_owned(),
            machine: (*machine).to_owned(),
            alarm: (*alarm).to_owned(),
            count,
        };
        let mut most_frequent: Vec<Frequent> = by_alarm
            .iter()
            .map(|(alarm, times)| frequent(alarm, times.len()))
            .collect();
        most_frequent.sort_by_key(|alarm| std::cmp::Reverse(alarm.count));
        most_frequent.truncate(10);
        let chattering = by_alarm.iter().filter(|(_, times)| chatters(times));
        Self {
            raised: raised.len(),
            by_priority,
            per_ten_minutes: raised.len() as f64 / spans,
            peak_per_ten_minutes: by_span.values().copied().max().unwrap_or(0),
            in_flood: floods as f64 / spans,
            most_frequent,
            chattering: chattering
                .map(|(alarm, times)| frequent(alarm, times.len()))
                .collect(),
        }
    }
}

fn chatters(times: &[i64]) -> bool {
    times.windows(CHATTER).any(|few| match few {
        [first, .., last] => last - first <= CHATTER_MS,
        _ => false,
    })
}
