//! A simulated machine as it shows itself to others: what its board would send, and how it answers.

mod settings;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use twinflow_engine::record::EventTime;
use twinflow_plant::{Fault, FaultInjector, Plant, PlantError, STEP_MS, Schedule};

pub use settings::{Behaviour, MachineSettings};

use crate::fan_command::apply_command;
use crate::fan_payload::Sent;
use crate::scenario::{Course, Network, Sensors};

/// It has been running for three minutes when it first speaks: what a fan shows while it warms up is no fault of its own.
const WARM_UP_STEPS: u32 = 1800;
/// After a longer pause the plant does not make up for what it missed; as on the board.
const LONGEST_CATCH_UP_MS: u64 = 60_000;

/// One machine: the plant, what happens to it, its sensors and its board.
pub(crate) struct Machine {
    name: Arc<str>,
    plant: Plant,
    happening: Happening,
    sensors: Sensors,
    period: Duration,
    /// The machine's own time, in ms: whole steps of the plant.
    now_ms: u64,
    /// Time that was too long to make up for, in ms.
    skipped_ms: u64,
    sequence: u64,
    /// Counts the stretches between changes of the fault, so that a log can be cut into runs.
    run: u64,
}

/// What happens by itself.
enum Happening {
    Nothing,
    RandomFaults(Schedule<FaultInjector>),
    Scenario(Box<Course>),
}

/// What a machine says to a command.
pub struct Answer {
    /// Why it refuses; nothing when it obeys.
    pub refused: Option<String>,
    /// The answer as JSON.
    pub payload: Vec<u8>,
}

impl Machine {
    /// A machine that has warmed up.
    ///
    /// # Errors
    /// When its room is colder or warmer than the plant can be.
    pub fn new(settings: &MachineSettings) -> Result<Self, PlantError> {
        let role = settings.role();
        let mut plant = Plant::new(role.seed, role.ambient_c)?;
        let happening = match &settings.behaviour {
            Behaviour::Steady { .. } => Happening::Nothing,
            Behaviour::RandomFaults { .. } => {
                Happening::RandomFaults(FaultInjector::new(role.seed).schedule())
            }
            Behaviour::Scenario(_) => {
                let course = Course::new(&role);
                plant.set_command(course.first_command());
                Happening::Scenario(Box::new(course))
            }
        };
        for _ in 0..WARM_UP_STEPS {
            plant.step();
        }
        Ok(Self {
            name: Arc::clone(&settings.name),
            plant,
            happening,
            sensors: Sensors::new(role.seed),
            period: settings.period,
            now_ms: 0,
            skipped_ms: 0,
            sequence: 0,
            run: 0,
        })
    }

    /// The time between its readings.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// Whether it has a connection to the broker.
    pub fn has_network(&self) -> bool {
        self.network() != Network::Lost
    }

    /// Lets the plant run until so much time has passed since the machine's start.
    pub fn run_to(&mut self, passed: Duration) {
        let step_ms = u64::from(STEP_MS);
        let passed_ms = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        let due_ms = passed_ms.saturating_sub(self.skipped_ms + self.now_ms);
        self.skipped_ms += due_ms.saturating_sub(LONGEST_CATCH_UP_MS);
        for _ in 0..due_ms.min(LONGEST_CATCH_UP_MS) / step_ms {
            self.step();
            self.now_ms += step_ms;
        }
    }

    /// What its board sends now: nothing while the network loses it.
    pub fn reading(&mut self, time: EventTime) -> Option<Vec<u8>> {
        // The board counts a reading whether it can be sent or not: the gap tells that one is missing.
        self.sequence += 1;
        let values = self.sensors.say(&self.plant.reading(), self.now_ms);
        match self.network() {
            Network::Up => {}
            Network::Lost => return None,
            Network::Poor(loss) => {
                if self.sensors.chance() < loss {
                    return None;
                }
            }
        }
        let sent = Sent {
            time,
            asset_id: &self.name,
            sequence: self.sequence,
            run: self.run,
        };
        Some(sent.payload_of(&self.plant, values))
    }

    /// Obeys a command or refuses it; nothing when another machine is meant.
    pub fn obey(&mut self, payload: &[u8]) -> Option<Answer> {
        let before = self.plant.command();
        match apply_command(before, payload, &self.name) {
            Ok(None) => None,
            Ok(Some(asked)) => {
                match &mut self.happening {
                    Happening::Scenario(course) => course.commanded(&before, &asked.command),
                    // A fault on command stays until a command ends it; and a fan that is to have none gets none by itself.
                    Happening::RandomFaults(_) if asked.names_fault => {
                        self.happening = Happening::Nothing;
                    }
                    Happening::RandomFaults(_) | Happening::Nothing => {}
                }
                self.count_run(asked.command.fault());
                self.plant.set_command(asked.command);
                if let Some(rate_hz) = asked.publish_rate_hz {
                    self.period = Duration::from_secs_f32(rate_hz.recip());
                }
                Some(self.answer(None))
            }
            Err(reason) => Some(self.answer(Some(reason))),
        }
    }

    fn answer(&self, refused: Option<String>) -> Answer {
        answer(&self.name, refused)
    }

    fn network(&self) -> Network {
        match &self.happening {
            Happening::Scenario(course) => course.network(),
            Happening::Nothing | Happening::RandomFaults(_) => Network::Up,
        }
    }

    fn step(&mut self) {
        let command = self.plant.command();
        let command = match &mut self.happening {
            Happening::Nothing => command,
            Happening::RandomFaults(faults) => match faults.next() {
                Some(episode) => command.with_fault(episode.fault),
                None => command,
            },
            Happening::Scenario(course) => course.play(self.now_ms, command, &mut self.sensors),
        };
        self.count_run(command.fault());
        self.plant.set_command(command);
        self.plant.step();
    }

    /// Another fault than that of now begins another run.
    fn count_run(&mut self, fault: Fault) {
        if self.plant.fault() != fault {
            self.run += 1;
        }
    }
}

/// What a machine of that name answers.
pub(crate) fn answer(name: &str, refused: Option<String>) -> Answer {
    let mut answer = json!({ "asset_id": name, "accepted": refused.is_none() });
    if let (Some(reason), Some(answer)) = (&refused, answer.as_object_mut()) {
        answer.insert("reason".to_owned(), Value::from(reason.as_str()));
    }
    Answer {
        refused,
        payload: answer.to_string().into_bytes(),
    }
}
