//! The program as its users run it: arguments, files and requests in; files, answers and messages out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod access;
mod assist;
mod brokers;
mod buffering;
mod cli;
mod control_loop;
mod counted;
mod durability;
mod editing;
mod experiments;
mod export;
mod fit;
mod flow_tests;
mod flow_text;
mod lsp;
mod model;
mod models_served;
#[path = "../../nodes/tests/all/support/mosquitto.rs"]
mod mosquitto;
#[path = "../../models/tests/all/onnx_file.rs"]
mod onnx_file;
mod operating;
mod outages;
mod page;
mod program;
mod reload;
mod replay;
mod rest;
mod sight;
mod simulate;
mod soak;
mod training;
mod watching;
