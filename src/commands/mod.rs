//! The commands, one file each.

pub mod check;
pub mod explain;
pub mod fmt;
pub mod nodes;
pub mod run;
pub mod simulate;
pub mod train;
