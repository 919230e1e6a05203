//! One classification and one explanation by the models of the fan: 160 trees of depth 14, over the 12 features beside the
//! twin, and over the 7 of a single reading.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark that cannot be set up has to stop, and criterion's macros make undocumented items"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use twinflow_models::Model;

const ROWS: usize = 1000;

/// Rows anywhere within the ranges of the features: the walks differ from row to row.
fn rows(model: &Model) -> Vec<f32> {
    let mut state = 1_u64;
    let mut share = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32
    };
    let mut rows = Vec::new();
    for _ in 0..ROWS {
        for feature in model.features() {
            let (min, max) = feature.range().unwrap();
            rows.push(min + (max - min) * share());
        }
    }
    rows
}

fn bench(criterion: &mut Criterion) {
    for name in ["fan-twin", "fan-faults"] {
        let bytes = std::fs::read(format!("{}/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let model = Model::from_json(&bytes).unwrap();
        let width = model.features().len();
        let rows = rows(&model);
        let row = |number: usize| &rows[number * width..][..width];
        criterion.bench_function(&format!("{name}: classify one row"), |bencher| {
            let mut probabilities = vec![0.0; model.classes().count()];
            let mut next = 0;
            bencher.iter(|| {
                next = (next + 101) % ROWS;
                model.classify(black_box(row(next)), &mut probabilities)
            });
        });
        criterion.bench_function(&format!("{name}: classify {ROWS} rows"), |bencher| {
            let mut verdicts = Vec::with_capacity(ROWS);
            bencher.iter(|| {
                verdicts.clear();
                model.classify_batch(black_box(&rows), &mut verdicts)
            });
        });
        criterion.bench_function(&format!("{name}: explain one row"), |bencher| {
            let mut next = 0;
            bencher.iter(|| {
                next = (next + 101) % ROWS;
                model.explain(black_box(row(next)), next % model.classes().count())
            });
        });
        criterion.bench_function(&format!("{name}: read the model file"), |bencher| {
            bencher.iter(|| Model::from_json(black_box(&bytes)));
        });
    }
}

criterion_group! {
    name = forest;
    config = Criterion::default().without_plots();
    targets = bench
}
criterion_main!(forest);
