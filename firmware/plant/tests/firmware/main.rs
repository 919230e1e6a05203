//! The sketch of `firmware/uno-r4-wifi`, compiled for this machine and held against the Rust code.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "shared steps of tests fail as loudly as the tests"
)]

mod cpp;
mod plant_bits;
