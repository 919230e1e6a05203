//! The HTTP server: the dashboard that is generated from a flow, its live data, the REST endpoint of the model, and the
//! API's documentation.
//!
//! It reads a running flow through [`twinflow_engine::runtime::Watched`] and never makes it wait.

mod access;
mod assets;
mod files;
mod flow;
mod guard;
mod history;
mod layout;
mod live;
mod metrics;
mod openapi;
mod operate;
mod page;
mod predict;
mod refusal;
mod reload;
mod report;
mod server;
mod server_thread;
mod shown;
mod status;
mod tap;
mod totals;

pub use access::{
    AccessSetup, Mistake, PasswordError, Role, Shows, Tls, TlsError, Users, UsersError, UsersFile, Who,
    host_name,
};

pub use flow::{
    FlowGraph, FlowNode, FlowText, FlowTextFile, NodeInput, NodeOutput, NotSaved, Saved, Suggestion,
};
pub use history::ShownHistory;
pub use layout::{Dashboard, dashboard};
pub use predict::{Contribution, Explained, FeatureInfo, NamedModel, Prediction, Predictor};
pub use reload::{ReloadReport, ReloadRequest};
pub use report::{FlowReport, NodeReport, ProblemReport, QueueReport};
pub use server::{Bound, ServeError, Server};
pub use shown::{FlowFault, ServerSetup};
