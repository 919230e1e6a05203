//! Simulated machines, each in its own rhythm.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use twinflow_engine::record::EventTime;

use super::machines::{Act, Machines};
use crate::machine::{Answer, Behaviour, Machine, MachineSettings};

/// Simulated machines.
pub struct Fleet {
    names: Vec<Arc<str>>,
    machines: Vec<Machine>,
    /// When each acts next, the first one on top.
    due: BinaryHeap<Reverse<(Duration, usize)>>,
}

impl Fleet {
    /// Machines of these names that send a reading every `period`, spread evenly over it: a thousand at once would be a load
    /// that no plant makes.
    ///
    /// # Errors
    /// When a machine's room is colder or warmer than the plant can be.
    pub fn new(names: Vec<Arc<str>>, period: Duration, behaviour: &Behaviour) -> Result<Self, String> {
        let count = u32::try_from(names.len()).unwrap_or(u32::MAX).max(1);
        let mut machines = Vec::with_capacity(names.len());
        let mut due = BinaryHeap::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            let number = u32::try_from(place).unwrap_or(u32::MAX);
            let settings = MachineSettings {
                name: Arc::clone(name),
                number: number.saturating_add(1),
                period,
                behaviour: behaviour.clone(),
            };
            machines.push(Machine::new(&settings).map_err(|error| format!("{name}: {error}"))?);
            due.push(Reverse((period * number / count, place)));
        }
        Ok(Self { names, machines, due })
    }
}

impl Machines for Fleet {
    fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    fn due(&self) -> Option<Duration> {
        self.due.peek().map(|Reverse((due, _))| *due)
    }

    fn act(&mut self, now: Duration) -> Result<Act, String> {
        let nobody = || "there is no machine".to_owned();
        let Reverse((due, place)) = self.due.pop().ok_or_else(nobody)?;
        let machine = self.machines.get_mut(place).ok_or_else(nobody)?;
        machine.run_to(now);
        let payload = machine.reading(EventTime::now());
        // What was missed is not made up for: there is no use in readings of the past. The rhythm stays.
        let periods = now.saturating_sub(due).as_nanos() / machine.period().as_nanos().max(1);
        let missed = u32::try_from(periods).unwrap_or(u32::MAX - 1);
        let next = due + machine.period() * (missed + 1);
        self.due.push(Reverse((next, place)));
        Ok(Act {
            machine: place,
            has_network: machine.has_network(),
            payload,
            patience: machine.period(),
            missed,
        })
    }

    fn obey(&mut self, machine: usize, payload: &[u8]) -> Option<Answer> {
        self.machines.get_mut(machine)?.obey(payload)
    }
}
