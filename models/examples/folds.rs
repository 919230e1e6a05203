//! Writes the rows of the simulated fan with the fold that each is judged in, and prints what our forest reaches in those
//! folds: `benches/compare/forest` lets another library learn from the same rows in the same folds.

#[path = "../tests/all/fan_runs.rs"]
mod fan_runs;

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};

use twinflow_models::{TrainConfig, folds_by_run, train};

const RUNS: u32 = 240;
const FOLDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: folds ROWS.csv")?;
    let (dataset, _) = fan_runs::dataset(RUNS)?;
    let config = TrainConfig::default();

    let mut fold_of = vec![0; dataset.row_count()];
    for (number, fold) in folds_by_run(&dataset, FOLDS, config.seed)?.iter().enumerate() {
        for row in &fold.judged {
            if let Some(fold) = fold_of.get_mut(*row) {
                *fold = number;
            }
        }
    }
    let mut out = BufWriter::new(File::create(path)?);
    write!(out, "fold,label")?;
    for feature in dataset.features() {
        write!(out, ",{}", feature.name)?;
    }
    writeln!(out)?;
    for ((row, label), fold) in dataset.rows().zip(dataset.labels()).zip(fold_of) {
        write!(out, "{fold},{label}")?;
        for value in row {
            write!(out, ",{value}")?;
        }
        writeln!(out)?;
    }
    out.flush()?;

    let (_, report) = train(&dataset, &config, &|_| {})?;
    let classes: Vec<f64> = report.classes.iter().map(|class| class.f1).collect();
    println!(
        "{}",
        serde_json::json!({
            "trees": config.trees,
            "max_depth": config.max_depth,
            "min_samples_leaf": config.min_samples_leaf,
            "accuracy": report.accuracy,
            "macro_f1": report.macro_f1,
            "fault_f1": report.fault.f1,
            "class_f1": classes,
            "brier": report.calibration.brier,
        })
    );
    Ok(())
}
