//! The commands, one file each.

pub mod check;
pub mod diff;
pub mod experiment;
pub mod explain;
pub mod export;
pub mod fit;
pub mod fmt;
pub mod graph;
pub mod lsp;
pub mod migrate;
pub mod model;
pub mod new;
pub mod nodes;
pub mod reload;
pub mod replay;
pub mod run;
pub mod schema;
pub mod simulate;
pub mod state;
pub mod tap;
pub mod test;
pub mod top;
pub mod train;
pub mod user;
