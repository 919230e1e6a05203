//! The commands, one file each.

pub mod check;
pub mod new;
pub mod nodes;
pub mod replay;
pub mod run;
pub mod simulate;
pub mod test;
pub mod train;
