//! The twinflow engine: the flow language, its checks, the plan and the run-time.
//!
//! ```text
//! text ──parse──▶ Document ──resolve+check──▶ Graph ──plan──▶ Plan ──start──▶ Running
//! ```
//!
//! It knows no concrete node, no HTTP and no MQTT: node types are registered from outside.

pub mod assist;
pub mod comparison;
pub mod diagnostic;
pub mod drawing;
pub mod format;
pub mod formula;
pub mod graph;
pub mod language;
pub mod node;
pub mod record;
pub mod reference;
pub mod runtime;
pub mod schema;
pub mod testing;
pub mod unit;
