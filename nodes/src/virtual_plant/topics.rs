//! Where machines publish and listen.

use std::fmt;
use std::str::FromStr;

use crate::mqtt::{TopicError, TopicName};

/// Stands for a machine's name in a topic.
pub const MACHINE: &str = "{machine}";

/// A topic in which [`MACHINE`] may stand for the machine's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPattern(String);

/// The topics of all machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// Of the readings.
    pub data: TopicPattern,
    /// Of the commands; they are answered on the same with `/ack` behind it.
    pub commands: Option<TopicPattern>,
    /// Of the retained `online` or `offline`.
    pub status: Option<TopicPattern>,
}

/// The topics of one machine.
#[derive(Debug, Clone)]
pub(super) struct MachineTopics {
    pub data: TopicName,
    pub commands: Option<TopicName>,
    pub answers: Option<TopicName>,
    pub status: Option<TopicName>,
}

impl TopicPattern {
    /// Whether each machine has a topic of its own.
    #[must_use]
    pub fn is_of_each(&self) -> bool {
        self.0.contains(MACHINE)
    }

    /// The topic of a machine.
    fn of(&self, machine: &str) -> Result<TopicName, TopicError> {
        // A name from a log can have characters in it that mean something else in a topic.
        let level: String = machine
            .chars()
            .map(|c| {
                if matches!(c, '/' | '+' | '#' | '\0') {
                    '-'
                } else {
                    c
                }
            })
            .collect();
        TopicName::from_str(&self.0.replace(MACHINE, &level))
    }
}

impl FromStr for TopicPattern {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        // The placeholder has only characters that a topic may have.
        TopicName::from_str(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for TopicPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Topics {
    pub(super) fn of(&self, machine: &str) -> Result<MachineTopics, String> {
        let of = |pattern: &TopicPattern| pattern.of(machine).map_err(|error| error.to_string());
        let answers = |commands: &TopicPattern| {
            let answers = TopicPattern(format!("{commands}/ack"));
            answers.of(machine).map_err(|error| error.to_string())
        };
        Ok(MachineTopics {
            data: of(&self.data)?,
            commands: self.commands.as_ref().map(of).transpose()?,
            answers: self.commands.as_ref().map(answers).transpose()?,
            status: self.status.as_ref().map(of).transpose()?,
        })
    }
}
