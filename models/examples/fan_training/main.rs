//! Trains the fan's model from simulated runs and prints how good it is on runs it has not seen.
//!
//! `cargo run --release -p twinflow-models --example fan_training [model file to write]`

use std::error::Error;
use std::time::Instant;

use twinflow_models::{TrainConfig, train};

mod fan_runs;

fn main() -> Result<(), Box<dyn Error>> {
    let (dataset, cleaning) = fan_runs::dataset(240)?;
    println!("{cleaning}");

    let start = Instant::now();
    let (model, report) = train(&dataset, &TrainConfig::default(), &|_| {})?;
    let file = model.to_json()?;
    println!(
        "{:.1?}, model file of {} bytes\n\n{report}",
        start.elapsed(),
        file.len()
    );
    if let Some(path) = std::env::args().nth(1) {
        std::fs::write(path, file)?;
    }
    Ok(())
}
