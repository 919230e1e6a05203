//! The commands, one file each.

pub mod check;
pub mod diff;
pub mod graph;
pub mod nodes;
pub mod run;
pub mod schema;
pub mod simulate;
pub mod train;
