//! Topic names and topic filters (MQTT 3.1.1, section 4.7).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest topic in bytes of UTF-8 (MQTT 3.1.1, section 1.5.3).
const TOPIC_BYTES_MAX: usize = 65_535;

/// A topic that messages are published to: checked, and without wildcards. Clones share the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TopicName(Arc<str>);

/// What to subscribe to: a topic, or a pattern of topics with `+` for one level and `#` for all levels that follow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TopicFilter(String);

/// Why a text is not a topic or not a topic filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column} of topic `{text}`: {fault}")]
pub struct TopicError {
    /// The text.
    pub text: String,
    /// Where the fault is, in characters, starting with 1.
    pub column: usize,
    /// What the fault is.
    pub fault: TopicFault,
}

/// What is wrong at one place of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopicFault {
    /// There is no text.
    #[error("a topic has at least one character")]
    Empty,
    /// More than 65,535 bytes.
    #[error("a topic has at most 65535 bytes, this one has {0}")]
    TooLong(usize),
    /// The character U+0000.
    #[error("a topic cannot hold the character NUL")]
    Nul,
    /// `#` not at the end.
    #[error("`#` stands for all levels that follow, so it has to be the last character")]
    HashNotLast,
    /// `#` as a part of a level.
    #[error("`#` has to be a whole level: put a `/` before it")]
    HashInsideLevel,
    /// `+` as a part of a level.
    #[error(
        "`+` has to be a whole level, with a `/` before and behind it unless the topic starts or ends there"
    )]
    PlusInsideLevel,
    /// A wildcard in a topic to publish to.
    #[error("`{0}` can be subscribed to but not published to: name the topic in full")]
    WildcardInName(char),
}

impl TopicName {
    /// The topic as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TopicFilter {
    /// The filter as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether messages of `topic` come to a subscriber of this filter.
    ///
    /// Topics that start with `$` belong to the broker; a wildcard at the start does not match them
    /// (MQTT 3.1.1, section 4.7.2).
    pub fn matches(&self, topic: &str) -> bool {
        if topic.starts_with('$') && self.0.starts_with(['+', '#']) {
            return false;
        }
        let mut levels = topic.split('/');
        for pattern in self.0.split('/') {
            if pattern == "#" {
                // No level need be left: `fan/#` matches `fan` itself.
                return true;
            }
            match levels.next() {
                Some(level) if pattern == "+" || pattern == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }
}

impl FromStr for TopicName {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        check_length_and_characters(text)?;
        match text.chars().enumerate().find(|(_, c)| matches!(c, '+' | '#')) {
            None => Ok(Self(text.into())),
            Some((index, wildcard)) => Err(fault_at(text, index, TopicFault::WildcardInName(wildcard))),
        }
    }
}

impl FromStr for TopicFilter {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        check_length_and_characters(text)?;
        let mut before = None;
        let mut characters = text.chars().enumerate().peekable();
        while let Some((index, character)) = characters.next() {
            let after = characters.peek().map(|(_, next)| *next);
            let starts_level = matches!(before, None | Some('/'));
            match character {
                '#' if !starts_level => return Err(fault_at(text, index, TopicFault::HashInsideLevel)),
                '#' if after.is_some() => return Err(fault_at(text, index, TopicFault::HashNotLast)),
                '+' if !starts_level || !matches!(after, None | Some('/')) => {
                    return Err(fault_at(text, index, TopicFault::PlusInsideLevel));
                }
                _ => before = Some(character),
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_length_and_characters(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(fault_at(text, 0, TopicFault::Empty));
    }
    if text.len() > TOPIC_BYTES_MAX {
        let index = text
            .char_indices()
            .take_while(|(byte, _)| *byte < TOPIC_BYTES_MAX)
            .count();
        let fault = TopicFault::TooLong(text.len());
        // The whole text would drown the message.
        return Err(fault_at(
            &format!("{}…", text.chars().take(40).collect::<String>()),
            index,
            fault,
        ));
    }
    match text.chars().position(|c| c == '\0') {
        None => Ok(()),
        Some(index) => Err(fault_at(text, index, TopicFault::Nul)),
    }
}

fn fault_at(text: &str, index: usize, fault: TopicFault) -> TopicError {
    TopicError {
        text: text.escape_debug().to_string(),
        column: index + 1,
        fault,
    }
}
