//! The commands, one file each.

pub mod check;
pub mod explain;
pub mod nodes;
pub mod run;
pub mod simulate;
pub mod train;
