//! Trying other settings.

use serde::Serialize;

use crate::dataset::Dataset;
use crate::shuffle::SplitMix64;
use crate::train::{Plan, Progress, TrainConfig, TrainError};

/// A setting with what it reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The setting.
    pub config: TrainConfig,
    /// Its scores; nothing when its forest grew too large for a model.
    pub scores: Option<TrialScores>,
}

/// What a setting reached on rows that it was not trained on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TrialScores {
    /// Mean F1 of the classes.
    pub macro_f1: f64,
    /// Share of the rows whose class was found.
    pub accuracy: f64,
    /// F1 of fault against normal operation.
    pub fault_f1: f64,
}

/// The part of the search that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchProgress {
    /// Settings tried so far.
    pub trials_done: usize,
    /// Settings to try.
    pub trials: usize,
    /// The setting under way.
    pub trial: Progress,
}

/// Judges `config` and `tries` random settings, and gives them the best first; of equals, the one tried first.
///
/// The folds are others than those that [`train`](crate::train) judges by: the best of many is always a little lucky
/// with the rows that it was chosen by.
///
/// # Errors
/// See [`TrainError`].
pub fn search(
    dataset: &Dataset,
    config: &TrainConfig,
    tries: usize,
    progress: &dyn Fn(SearchProgress),
) -> Result<Vec<Trial>, TrainError> {
    let folds_of = TrainConfig {
        seed: SplitMix64::new(config.seed, 3).next_u64(),
        ..config.clone()
    };
    let plan = Plan::new(dataset, &folds_of)?;
    let mut rng = SplitMix64::new(config.seed, 4);
    let features = dataset.features().len();
    let settings: Vec<TrainConfig> = std::iter::once(config.clone())
        .chain((0..tries).map(|_| random(config, features, &mut rng)))
        .collect();
    let mut trials = Vec::with_capacity(settings.len());
    for (trials_done, config) in settings.iter().enumerate() {
        let trees = usize::from(config.trees) * plan.folds.len();
        let judged = plan.judge(dataset, config, trees, &|trial| {
            progress(SearchProgress {
                trials_done,
                trials: settings.len(),
                trial,
            });
        });
        let scores = match judged {
            Ok(judged) => {
                let scores = judged.scores(dataset);
                Some(TrialScores {
                    macro_f1: scores.macro_f1,
                    accuracy: scores.accuracy,
                    fault_f1: scores.fault.f1,
                })
            }
            Err(TrainError::Forest(_)) => None,
            Err(error) => return Err(error),
        };
        trials.push(Trial {
            config: config.clone(),
            scores,
        });
    }
    let reached = |trial: &Trial| trial.scores.map_or(-1.0, |scores| scores.macro_f1);
    trials.sort_by(|a, b| reached(b).total_cmp(&reached(a)));
    Ok(trials)
}

fn random(config: &TrainConfig, features: usize, rng: &mut SplitMix64) -> TrainConfig {
    let mut one_of = |choices: &[u16]| choices.get(rng.below(choices.len())).copied().unwrap_or(1);
    TrainConfig {
        trees: one_of(&[40, 80, 160, 320]),
        max_depth: one_of(&[6, 8, 10, 12, 14, 17, 20]) as u8,
        min_samples_leaf: one_of(&[1, 2, 4, 8, 16, 32]),
        features_a_split: Some((1 + rng.below(features.min(12))) as u8),
        seed: config.seed,
        judgement: config.judgement,
    }
}
