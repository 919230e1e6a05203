//! The node types and what they share, through their public surface: flow text in; records, diagnostics and requests out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod alarm;
mod anomaly;
mod classify;
mod comparison;
mod control;
mod dedupe;
mod diagnostics;
mod disk_buffer;
mod drawing;
mod drift;
mod experiment;
mod explain;
mod findings;
mod forecast;
mod interlock;
mod language_page;
mod mqtt_address;
mod mqtt_delivery;
mod mqtt_embedded_broker;
mod mqtt_reconnect;
mod mqtt_tls;
mod mqtt_topic;
mod nodes;
mod notification;
#[path = "../../../models/tests/all/onnx_file.rs"]
mod onnx_file;
mod pid;
mod playback;
mod reference;
mod scenario;
mod scripts;
mod setpoint;
mod shipped;
mod state_file;
mod support;
mod twin;
mod twin_fit;
mod virtual_plant;
mod window;
