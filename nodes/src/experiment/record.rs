//! What is kept of a run beside its rows: who began it when, with what, and how it ended.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use twinflow_engine::record::EventTime;

/// How a run is, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// It is going on.
    Running,
    /// All phases went by.
    Complete,
    /// Somebody stopped it, or the flow ended or was changed.
    Stopped,
    /// The process died, or the disk took nothing more.
    Interrupted,
}

impl Outcome {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A run, as its metadata file has it. Times are ISO 8601, in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RunRecord {
    /// Its id, which begins with its start.
    pub run: String,
    /// The flow.
    pub flow: String,
    /// The node.
    pub node: String,
    /// The machine.
    pub key: String,
    pub started: String,
    pub ended: Option<String>,
    pub outcome: Outcome,
    /// Why it did not become complete.
    pub reason: Option<String>,
    /// Who began it.
    pub by: String,
    pub note: String,
    /// What was chosen, as people read it.
    pub parameters: Map<String, Json>,
    pub phases: Vec<PhaseRecord>,
    /// How many rows its file has.
    pub rows: u64,
    /// Its file, beside this one.
    pub file: String,
    /// Whether the commands of the last phase went out, so that nothing of the run is left in the machine.
    pub last_phase_sent: bool,
    /// The version of the program.
    pub twinflow: String,
}

/// A phase of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PhaseRecord {
    pub name: String,
    pub seconds: f64,
    /// When it began; nothing when it did not come to that.
    pub began: Option<String>,
    /// What is sent when it begins.
    pub sends: Map<String, Json>,
}

impl RunRecord {
    /// Notes how it ended.
    pub fn end(&mut self, outcome: Outcome, reason: Option<String>, at: EventTime) {
        self.outcome = outcome;
        self.reason = reason;
        self.ended = Some(at.to_iso());
    }

    /// As the operation `list` tells it; `bytes` is the size of its file.
    pub fn told(&self, bytes: u64) -> Json {
        json!({
            "run": self.run,
            "key": self.key,
            "started": self.started,
            "ended": self.ended,
            "outcome": self.outcome,
            "reason": self.reason,
            "by": self.by,
            "note": self.note,
            "parameters": self.parameters,
            "rows": self.rows,
            "file": self.file,
            "bytes": bytes,
        })
    }
}
