//! Scripts in rhai: what they see, how they are compiled, and how they run on records.

mod compile;
mod engine;
mod layout;
mod memory;
mod run;
mod values;

pub(crate) use compile::compile;
pub use engine::SCRIPT_STACK;
pub(crate) use layout::{Assigned, Input, Layout, check_names, ports, tick_interval};
pub(crate) use run::Scripted;
