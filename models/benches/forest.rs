//! One classification and one explanation by the fan's forest: 160 trees of depth 14 over 7 features.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark that cannot be set up has to stop, and criterion's macros make undocumented items"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use twinflow_models::{Classes, Dataset, FeatureSpec, Model, TrainConfig, train};

const FEATURES: usize = 7;

/// Overlapping classes of hashed noise: trees as large as real ones.
fn dataset() -> Dataset {
    let features = (0..FEATURES).map(|index| FeatureSpec::new(&format!("feature {index}"), None));
    let mut builder = Dataset::builder(features.collect(), Classes::fan()).unwrap();
    let mut state = 1_u64;
    let mut noise = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32
    };
    for row in 0..8000_u32 {
        let code = row % 5;
        let values: [f32; FEATURES] =
            std::array::from_fn(|index| noise() + noise() + 0.25 * code as f32 * (index % 3) as f32);
        builder.push(&values, code, &format!("run {}", row / 400));
    }
    builder.finish().0
}

fn bench(criterion: &mut Criterion) {
    let dataset = dataset();
    let (model, report) = train(&dataset, &TrainConfig::default(), &|_| {}).unwrap();
    let bytes = model.to_json().unwrap();
    println!(
        "macro-F1 {:.3}, model file of {} bytes",
        report.macro_f1,
        bytes.len()
    );

    let rows: Vec<&[f32]> = dataset.rows().collect();
    criterion.bench_function("classify one row", |bencher| {
        let mut probabilities = [0.0; 5];
        let mut next = 0;
        bencher.iter(|| {
            next = (next + 101) % rows.len();
            model.classify(black_box(rows[next]), &mut probabilities)
        });
    });
    criterion.bench_function("explain one row", |bencher| {
        let mut next = 0;
        bencher.iter(|| {
            next = (next + 101) % rows.len();
            model.explain(black_box(rows[next]), next % 5)
        });
    });
    let thousand = rows.concat()[..1000 * FEATURES].to_vec();
    criterion.bench_function("classify 1000 rows", |bencher| {
        let mut verdicts = Vec::with_capacity(1000);
        bencher.iter(|| {
            verdicts.clear();
            model.classify_batch(black_box(&thousand), &mut verdicts)
        });
    });
    criterion.bench_function("read the model file", |bencher| {
        bencher.iter(|| Model::from_json(black_box(&bytes)));
    });
}

criterion_group! {
    name = forest;
    config = Criterion::default().without_plots();
    targets = bench
}
criterion_main!(forest);
