//! A fan that cools a process, simulated: the plant behind every demonstration, training set and test of the
//! fan flow.
//!
//! [`Plant`] advances in steps of 100 ms under a [`Command`] and gives a [`Reading`] of its four sensors
//! after each step. The same seed, ambient temperature and commands give the same readings, bit by bit.
//!
//! # Why the arithmetic is plain
//! The model is repeated in C++ for a Cortex-M4 (`firmware/uno-r4-wifi/src/plant`). So it needs no `std`, no
//! allocation and no mathematical library: every figure is an `f32`, every operation is one of `+ - * /` or a
//! comparison, in the order written. A twin in another language that keeps that order, with contraction into
//! fused multiply-add switched off, gets the same bits, and a test holds the C++ to that: change both or neither.
//!
//! ```
//! use twinflow_plant::{Command, Fault, FaultClass, Plant};
//!
//! let mut plant = Plant::new(7, 22.0)?;
//! plant.set_command(Command::default().with_process_heat_load_w(150.0)?);
//! plant.inject(Fault::new(FaultClass::Imbalance, 0.6)?);
//! for _ in 0..600 {
//!     plant.step();
//! }
//! assert!(plant.reading().vibration_g > 0.0);
//! # Ok::<(), twinflow_plant::PlantError>(())
//! ```
#![no_std]

mod command;
mod control;
mod drift;
mod error;
mod experiment;
mod fault;
mod mode;
mod noise;
mod parameters;
mod plant;
mod schedule;
mod sensors;
mod twin;

pub use command::{Command, ControlMode};
pub use error::PlantError;
pub use experiment::{Experiment, LabelledReading, Readings};
pub use fault::{Fault, FaultClass};
pub use mode::Mode;
pub use noise::Pcg32;
pub use parameters::Parameters;
pub use plant::{Plant, STEP_MS, TrueState};
pub use schedule::{Episode, FaultInjector, Phase, Protocol, Schedule};
pub use sensors::{Reading, SUPPLY_V};
pub use twin::{Expected, Inputs, Twin};
