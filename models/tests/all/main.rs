//! The crate through its public surface.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "shared steps of tests fail as loudly as the tests"
)]

mod c_code;
mod c_source;
mod classify;
mod cleaning;
mod deciles;
mod explain;
mod fan_runs;
mod features;
mod judging;
mod model_file;
mod onnx;
mod onnx_file;
mod prune;
mod search;
mod small_model;
mod store;
mod training;
