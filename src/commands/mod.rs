//! The commands, one file each.

pub mod check;
pub mod diff;
pub mod explain;
pub mod fmt;
pub mod graph;
pub mod lsp;
pub mod migrate;
pub mod new;
pub mod nodes;
pub mod replay;
pub mod run;
pub mod schema;
pub mod simulate;
pub mod state;
pub mod test;
pub mod train;
