//! Training: judge models that have not seen all runs, then grow one on every row.

use thiserror::Error;

use crate::classes::SeverityRule;
use crate::dataset::Dataset;
use crate::deciles::deciles;
use crate::evaluate::{JudgedBy, Report};
use crate::flatten::pack;
use crate::forest::Forest;
use crate::grow::grow_forest;
use crate::judge::{Judged, judge_fold, report};
use crate::model::{Feature, Model, Training};
use crate::packed::ForestError;
use crate::split::{Fold, Latest, folds_by_run, latest};

/// How to train. The defaults are those of the published classifier: 160 trees, depth 14, two rows a leaf.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainConfig {
    /// Number of trees, 1 to 4096.
    pub trees: u16,
    /// Most splits on the way to a leaf, 1 to 63.
    pub max_depth: u8,
    /// Fewest rows a leaf is grown from, at least 1.
    pub min_samples_leaf: u16,
    /// Features that are tried at each split, at least 1; the square root of their number by default.
    pub features_a_split: Option<u8>,
    /// Seed of every random choice: the same seed and data give the same model, on any number of cores.
    pub seed: u64,
    /// What the model is judged by.
    pub judgement: Judgement,
}

/// Which rows a model is judged by. The model that is written is trained on all of them afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Cross-validation: so many times, another part of the runs is held out whole. 2 to 100.
    Folds(u8),
    /// The latest quarter, by a model trained on what came before.
    Latest,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig {
            trees: 160,
            max_depth: 14,
            min_samples_leaf: 2,
            features_a_split: None,
            seed: 42,
            judgement: Judgement::Folds(5),
        }
    }
}

impl TrainConfig {
    fn check(&self) -> Result<(), TrainError> {
        let check = |right: bool, field, found: String, allowed| {
            if right {
                Ok(())
            } else {
                Err(TrainError::Config {
                    field,
                    found,
                    allowed,
                })
            }
        };
        let trees = usize::from(self.trees);
        check(
            (1..=Forest::MAX_TREES).contains(&trees),
            "trees",
            trees.to_string(),
            "1 to 4096",
        )?;
        let depth = u32::from(self.max_depth);
        check(
            (1..Forest::MAX_DEPTH).contains(&depth),
            "max_depth",
            depth.to_string(),
            "1 to 63",
        )?;
        let leaf = self.min_samples_leaf;
        check(leaf >= 1, "min_samples_leaf", leaf.to_string(), "1 or more")?;
        let features = self.features_a_split;
        check(
            features != Some(0),
            "features_a_split",
            "0".to_owned(),
            "1 or more",
        )?;
        match self.judgement {
            Judgement::Folds(folds) => {
                check((2..=100).contains(&folds), "folds", folds.to_string(), "2 to 100")
            }
            Judgement::Latest => Ok(()),
        }
    }
}

/// How far the training is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Trees grown so far.
    pub trees_done: usize,
    /// Trees to grow: those of the models that are only judged, and those of the model that is written.
    pub trees: usize,
}

/// Why no model could be trained.
#[derive(Debug, Error)]
pub enum TrainError {
    /// A setting outside its range.
    #[error("{field} is {found}; allowed: {allowed}")]
    Config {
        /// The setting.
        field: &'static str,
        /// Its value.
        found: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// No rows.
    #[error("the data set has no rows to train from")]
    Empty,
    /// Nothing to tell apart.
    #[error("all rows are of class `{label}`; record at least one other class too")]
    OneClass {
        /// Label of the only class.
        label: String,
    },
    /// No run could be held out.
    #[error(
        "{runs} run(s), and what is left when some are held out has only one class: a model is judged by runs it was not \
         trained on; record at least two runs of each class, or judge by the latest rows of the log"
    )]
    TooFewRuns {
        /// Number of runs.
        runs: usize,
    },
    /// Nobody knows which rows came last.
    #[error("the latest rows cannot be found: there are rows without a time")]
    NoTimes,
    /// Nothing to learn before the latest rows.
    #[error(
        "all rows before the latest quarter are of one class; record longer, or hold out whole runs instead"
    )]
    OneClassBefore,
    /// smartcore refused or failed; the message is its own.
    #[error("growing the trees failed: {0}")]
    Library(String),
    /// The forest grew beyond what a model file may hold.
    #[error("the forest is too large for a model; use fewer trees or a smaller depth")]
    Forest(#[from] ForestError),
}

/// Judges how well such a model does on rows that it has not seen, as `config.judgement` says, then trains the model
/// that is given back on all rows. All cores grow trees; `progress` is called from the calling thread.
///
/// Every tree is grown on as many rows of each class (repeating those of rare classes), so a class's
/// confidence does not depend on how long it was recorded.
///
/// # Errors
/// See [`TrainError`].
pub fn train(
    dataset: &Dataset,
    config: &TrainConfig,
    progress: &dyn Fn(Progress),
) -> Result<(Model, Report), TrainError> {
    let plan = Plan::new(dataset, config)?;
    let trees = usize::from(config.trees) * (plan.folds.len() + 1);
    let judged = plan.judge(dataset, config, trees, progress)?;
    let report = report(dataset, &plan.folds, &judged, plan.judged_by);

    let all: Vec<usize> = (0..dataset.row_count()).collect();
    let done = trees - usize::from(config.trees);
    let forest = grow(dataset, &all, config, &|step| {
        progress(Progress {
            trees_done: done + step.trees_done,
            trees,
        });
    })?;
    let training = Training {
        seed: config.seed,
        max_depth: config.max_depth,
        min_samples_leaf: config.min_samples_leaf,
        features_a_split: config.features_a_split,
        data_fingerprint: format!("{:016x}", dataset.fingerprint()),
        report: report.clone(),
    };
    let model = Model::new(
        features(dataset),
        dataset.classes().clone(),
        SeverityRule::default(),
        training,
        forest,
    );
    Ok((model, report))
}

/// Which rows are held out when.
pub(crate) struct Plan {
    pub folds: Vec<Fold>,
    pub judged_by: JudgedBy,
}

impl Plan {
    /// Checks that there is something to learn and something to judge by.
    pub fn new(dataset: &Dataset, config: &TrainConfig) -> Result<Self, TrainError> {
        config.check()?;
        let first = *dataset.labels().first().ok_or(TrainError::Empty)?;
        if dataset.labels().iter().all(|label| *label == first) {
            let label = dataset
                .classes()
                .get(first)
                .map(|class| class.label.clone())
                .unwrap_or_default();
            return Err(TrainError::OneClass { label });
        }
        match config.judgement {
            Judgement::Folds(folds) => {
                let folds = folds_by_run(dataset, usize::from(folds), config.seed)?;
                let judged_by = JudgedBy::Folds {
                    folds: folds.len(),
                    runs: dataset.run_names().len(),
                };
                Ok(Plan { folds, judged_by })
            }
            Judgement::Latest => {
                let (fold, what) = latest(dataset)?;
                let training_rows = fold.training.len();
                let judged_by = match what {
                    Latest::Runs(runs) => JudgedBy::LatestRuns { runs, training_rows },
                    Latest::Rows => JudgedBy::LatestRows { training_rows },
                };
                Ok(Plan {
                    folds: vec![fold],
                    judged_by,
                })
            }
        }
    }

    /// Trains a model for each fold, and lets it answer the rows that it has not seen. `trees` is what is to be
    /// grown in all, for the progress.
    pub fn judge(
        &self,
        dataset: &Dataset,
        config: &TrainConfig,
        trees: usize,
        progress: &dyn Fn(Progress),
    ) -> Result<Judged, TrainError> {
        let mut judged = Judged::new(dataset);
        let mut done = 0;
        for fold in &self.folds {
            let forest = grow(dataset, &fold.training, config, &|step| {
                progress(Progress {
                    trees_done: done + step.trees_done,
                    trees,
                });
            })?;
            done += usize::from(config.trees);
            judge_fold(&mut judged, dataset, &forest, fold, config.seed);
        }
        Ok(judged)
    }
}

fn grow(
    dataset: &Dataset,
    rows: &[usize],
    config: &TrainConfig,
    progress: &dyn Fn(Progress),
) -> Result<Forest, TrainError> {
    let trees = grow_forest(dataset, rows, config, progress)?;
    let packed = pack(&trees, dataset, rows);
    Ok(Forest::compile(
        &packed,
        dataset.features().len(),
        dataset.classes().count(),
    )?)
}

/// The columns with the range that each has.
fn features(dataset: &Dataset) -> Vec<Feature> {
    let column = |index: usize| dataset.rows().filter_map(move |row| row.get(index)).copied();
    dataset
        .features()
        .iter()
        .enumerate()
        .map(|(index, spec)| Feature {
            name: spec.name.clone(),
            unit: spec.unit.clone(),
            min: Some(column(index).fold(f32::MAX, f32::min)),
            max: Some(column(index).fold(f32::MIN, f32::max)),
            deciles: deciles(dataset, index),
        })
        .collect()
}
