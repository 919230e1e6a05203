//! The sketch of `firmware/uno-r4-wifi`, compiled for this machine and held against the Rust code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "shared steps of tests fail as loudly as the tests"
)]

// The sources of the simulated fan below name the engine for one type of its, a time. The engine itself would take minutes to build:
// this crate stands in for it.
extern crate self as twinflow_engine;

/// Stands in for `twinflow_engine::record`.
pub mod record {
    /// Milliseconds since 1970.
    #[derive(Clone, Copy)]
    pub struct EventTime(pub i64);

    impl EventTime {
        /// As the engine's type gives it.
        pub fn as_millis(self) -> i64 {
            self.0
        }
    }
}

mod broker;
mod chip;
mod cpp;
#[allow(dead_code, reason = "of what a command demands, the test looks at a part")]
#[path = "../../../../nodes/src/fan_command.rs"]
mod fan_command;
#[path = "../../../../nodes/src/fan_payload.rs"]
mod fan_payload;
mod logic;
#[path = "../../../../nodes/tests/all/support/mosquitto.rs"]
mod mosquitto;
mod plant_bits;
mod wire;
