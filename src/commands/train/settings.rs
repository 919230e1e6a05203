//! The settings of the forest: those of the command line, or the best of a search.

use anstream::println;
use indicatif::{ProgressBar, ProgressStyle};
use twinflow_models::{Dataset, Judgement, Model, Report, TrainConfig, Trial, TrialScores};

use crate::cli::{LearningOptions, SplitBy};
use crate::exit::Stop;

/// What the command line says, or the best of what it lets search.
pub fn chosen(dataset: &Dataset, options: &LearningOptions) -> Result<TrainConfig, Stop> {
    let config = TrainConfig {
        trees: options.trees,
        seed: options.seed,
        judgement: match options.split {
            SplitBy::Runs => Judgement::Folds(options.folds),
            SplitBy::Temporal => Judgement::Latest,
        },
        ..TrainConfig::default()
    };
    let Some(tries) = options.search else {
        return Ok(config);
    };
    let progress = bar("settings tried", u64::from(tries) + 1);
    let trials = twinflow_models::search(dataset, &config, usize::from(tries), &|done| {
        progress.set_position(done.trials_done as u64);
    });
    progress.finish_and_clear();
    let trials = trials.map_err(Stop::failure)?;
    println!("{}", table(&trials));
    Ok(trials.into_iter().next().map_or(config, |best| best.config))
}

/// Trains, and shows how far it is.
pub fn grow(dataset: &Dataset, config: &TrainConfig) -> Result<(Model, Report), Stop> {
    let progress = bar("trees", 0);
    let result = twinflow_models::train(dataset, config, &|done| {
        progress.set_length(done.trees as u64);
        progress.set_position(done.trees_done as u64);
    });
    progress.finish_and_clear();
    result.map_err(Stop::failure)
}

fn bar(what: &str, length: u64) -> ProgressBar {
    let progress = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template(&format!(
        "training {{bar:30}} {{pos}}/{{len}} {what}, {{eta}} left"
    )) {
        progress.set_style(style);
    }
    progress
}

/// The settings tried, the best first.
fn table(trials: &[Trial]) -> String {
    let mut lines = vec![
        "Settings tried, the best first; they were judged by other folds than those of the report below."
            .to_owned(),
        "trees  depth  rows a leaf  features a split  macro-F1  accuracy  fault F1".to_owned(),
    ];
    lines.extend(trials.iter().map(|trial| {
        let config = &trial.config;
        let features = config
            .features_a_split
            .map_or("root".to_owned(), |features| features.to_string());
        let setting = format!(
            "{:5}  {:5}  {:11}  {features:>16}",
            config.trees, config.max_depth, config.min_samples_leaf
        );
        match trial.scores {
            Some(TrialScores {
                macro_f1,
                accuracy,
                fault_f1,
            }) => format!("{setting}  {macro_f1:8.4}  {accuracy:8.4}  {fault_f1:8.4}"),
            None => format!("{setting}  too large for a model"),
        }
    }));
    lines.push(String::new());
    lines.join("\n")
}
