//! The twinflow engine: the flow language, its checks, the plan and the run-time.
//!
//! ```text
//! text ──parse──▶ Document ──resolve+check──▶ Graph ──plan──▶ Plan ──start──▶ Running
//! ```
//!
//! It knows no concrete node, no HTTP and no MQTT: node types are registered from outside.

pub mod diagnostic;
pub mod format;
pub mod formula;
pub mod graph;
pub mod language;
pub mod node;
pub mod record;
pub mod runtime;
pub mod schema;
pub mod unit;
