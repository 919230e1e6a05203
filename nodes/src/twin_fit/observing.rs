//! What arrives at a `twin` node, as runs of readings.

use std::collections::BTreeMap;

use twinflow_engine::graph::Node;
use twinflow_engine::record::{Batch, EventTime, Keys};

use super::Seen;
use crate::twin::Following;

/// Collects what a `twin` node would follow.
pub struct Observer {
    following: Following,
    /// By machine and run.
    runs: BTreeMap<(String, String), (Option<EventTime>, Vec<Seen>)>,
    /// Records that lack a sensor.
    lacking: usize,
    /// Records that came late.
    late: usize,
}

impl Observer {
    /// One for a node of the graph; nothing if it is no `twin`.
    #[must_use]
    pub fn of(node: &Node) -> Option<Self> {
        Some(Self {
            following: Following::of(node)?,
            runs: BTreeMap::new(),
            lacking: 0,
            late: 0,
        })
    }

    /// Takes the records of a batch that `run_of` has a run for, by machine and time.
    pub fn add(
        &mut self,
        batch: &Batch,
        keys: &Keys,
        mut run_of: impl FnMut(&str, EventTime) -> Option<String>,
    ) {
        for (row, (time, key)) in batch.times().iter().zip(batch.keys()).enumerate() {
            let machine = keys.name(*key);
            let Some(run) = run_of(&machine, *time) else {
                continue;
            };
            let Some(measured) = self.following.measured(batch, row) else {
                self.lacking += 1;
                continue;
            };
            let (newest, seen) = self.runs.entry((machine.to_string(), run)).or_default();
            let after_s = newest.map(|newest| time.seconds_since(newest));
            if after_s.is_some_and(|after_s| after_s < 0.0) {
                self.late += 1;
                continue;
            }
            *newest = Some(*time);
            seen.push(Seen {
                after_s,
                measured,
                inputs: self.following.inputs.at(batch, row),
                ambient_c: self.following.inputs.ambient_c.value(batch, row),
            });
        }
    }

    /// Records that lack a sensor, and records that came late.
    #[must_use]
    pub fn left_out(&self) -> (usize, usize) {
        (self.lacking, self.late)
    }

    /// The runs, by machine and name.
    #[must_use]
    pub fn runs(self) -> Vec<Vec<Seen>> {
        self.runs.into_values().map(|(_, seen)| seen).collect()
    }
}
