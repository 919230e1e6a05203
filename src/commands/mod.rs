//! The commands, one file each.

pub mod check;
pub mod lsp;
pub mod nodes;
pub mod run;
pub mod simulate;
pub mod train;
