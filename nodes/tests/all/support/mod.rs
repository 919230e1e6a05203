//! What several tests share.

pub mod bench;
pub mod brokers;
pub mod closed_loop;
pub mod inlet;
pub mod mosquitto;
