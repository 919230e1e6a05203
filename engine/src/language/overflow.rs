//! What happens when records come faster than a node takes them.

use serde_json::{Value, json};

/// The rule of a node's queue once it is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// Whoever sends waits, back to the source: nothing is lost.
    #[default]
    Block,
    /// The oldest records make room, and count as dropped.
    DropOldest,
    /// Only the newest are kept: for what shows the present.
    Latest,
}

impl Overflow {
    /// All rules.
    pub const ALL: [Self; 3] = [Self::Block, Self::DropOldest, Self::Latest];

    /// As a flow says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::DropOldest => "drop-oldest",
            Self::Latest => "latest",
        }
    }

    /// The rule called `name`.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|overflow| overflow.name() == name)
    }

    /// The shape of `overflow:` in a flow file.
    pub(crate) fn schema() -> Value {
        let choice = |overflow: Self, about: &str| json!({ "const": overflow.name(), "description": about });
        json!({
            "description": "what happens when records come faster than this node takes them",
            "anyOf": [
                choice(Self::Block, "whoever sends waits, back to the source: nothing is lost (the default)"),
                choice(Self::DropOldest, "the oldest waiting records are dropped and counted"),
                choice(Self::Latest, "only the newest records are kept")
            ]
        })
    }
}
