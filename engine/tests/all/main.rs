//! The engine through its public surface, with node types that do as a test tells them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod bench;
mod buffer;
mod error_output;
mod format;
mod formula;
mod overflow;
mod passage;
mod reload;
mod reuse;
mod robust;
mod runtime;
mod simulation;
mod state;
mod tap;
