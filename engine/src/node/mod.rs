//! What a node type is, and the list of those that a program knows.
//!
//! A node type is one file outside this crate. It implements [`NodeType`]: a name, a configuration, and a `check` that
//! looks at the configuration and the records that arrive, and answers with the schemas of its outputs and with the
//! maker of its run-time [`Part`].

mod check;
mod context;
mod memory;
mod operation;
mod part;
mod registry;
mod rejection;
mod view;

pub use check::{Check, Level};
pub use context::NodeContext;
pub use memory::{Extent, Memory, Remembered, Restored};
pub use operation::{Operable, Operation};
pub use part::{
    Decode, Decoded, Emitter, MakePart, Part, Refusal, Sink, SinkError, Source, SourceError, StartError,
    Transform,
};
pub use registry::{AnyNodeType, BrokerCheck, NodeFile, NodeFiles, Registry};
pub(crate) use registry::{Known, Registered};
pub(crate) use rejection::error_batch;
pub use rejection::{ERROR_OUTPUT, Rejection, error_schema};
pub use view::{
    AlarmInfo, AlarmPriority, Band, BandLevel, ControlKind, Cost, ExperimentInfo, FileSet, LoopInfo,
    ParameterInfo, PhaseInfo, Place, Setting, SettingOption, Shift, Shown, Totals, View, ViewColumn,
    WidgetKind,
};

use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::schema::Schema;

/// Where in a flow a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Begins: nothing leads in.
    Source,
    /// Between: records come in and go out.
    Transform,
    /// Ends: nothing leads out.
    Sink,
}

impl Role {
    /// In the flow language's words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Transform => "transform",
            Self::Sink => "sink",
        }
    }
}

/// A node type.
pub trait NodeType: Send + Sync + 'static {
    /// What `type:` says: `mqtt-in`.
    const NAME: &'static str;
    /// Where it stands.
    const ROLE: Role;
    /// The reference page: a sentence, then a runnable flow as a `yaml` block.
    const DOC: &'static str;
    /// What the flow file can set.
    type Config: DeserializeOwned + JsonSchema;

    /// Checks a node of this type; reports through `check` and answers nothing when it cannot run.
    fn check(&self, config: Self::Config, check: &mut Check<'_>) -> Option<Checked>;
}

/// A node that passed its check.
pub struct Checked {
    /// Its outputs; the first is meant when a wire names none.
    pub outputs: Vec<Output>,
    /// Its run-time part.
    pub part: Part,
    /// What the dashboard shows of it.
    pub view: Option<View>,
    /// How a source that gets payloads reads them.
    pub decode: Option<Decode>,
}

/// An output of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name behind the dot in `from: node.name`.
    pub name: Arc<str>,
    /// What comes out.
    pub schema: Arc<Schema>,
}

impl Output {
    /// The only output of most nodes.
    #[must_use]
    pub fn main(schema: Schema) -> Self {
        Self {
            name: "out".into(),
            schema: Arc::new(schema),
        }
    }
}
