//! Writes the rows of the simulated fan with the fold that each is judged in, and prints what our forest reaches in those
//! folds, and how long it takes for an answer: `benches/compare/forest` lets another library learn from the same rows in the same folds.

#[path = "../tests/all/fan_runs.rs"]
mod fan_runs;

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::time::Instant;

use twinflow_models::{ClassifyError, Model, TrainConfig, folds_by_run, train};

const RUNS: u32 = 240;
const FOLDS: usize = 5;
/// Rows that are asked about at once.
const BULK: usize = 10_000;

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

    let (model, report) = train(&dataset, &config, &|_| {})?;
    let rows: Vec<&[f32]> = dataset.rows().take(BULK).collect();
    let (single_us, bulk_us) = answering_us(&model, &rows)?;
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
            "single_us": single_us,
            "bulk_us": bulk_us,
            "bulk_rows": rows.len(),
        })
    );
    Ok(())
}

/// Microseconds a row: asked about one by one, and all at once. The median of eleven rounds.
fn answering_us(model: &Model, rows: &[&[f32]]) -> Result<(f64, f64), ClassifyError> {
    let flat = rows.concat();
    let mut probabilities = vec![0.0; model.classes().count()];
    let mut verdicts = Vec::with_capacity(rows.len());
    let (mut single, mut bulk) = (Vec::new(), Vec::new());
    for _ in 0..11 {
        let begin = Instant::now();
        for row in rows {
            black_box(model.classify(black_box(row), &mut probabilities)?);
        }
        single.push(begin.elapsed());
        verdicts.clear();
        let begin = Instant::now();
        model.classify_batch(black_box(&flat), &mut verdicts)?;
        bulk.push(begin.elapsed());
    }
    let median = |mut times: Vec<std::time::Duration>| {
        times.sort_unstable();
        let middle = times.get(times.len() / 2).copied().unwrap_or_default();
        middle.as_secs_f64() * 1e6 / rows.len().max(1) as f64
    };
    Ok((median(single), median(bulk)))
}
