//! Training: split by runs, grow, pack, judge.

use thiserror::Error;

use crate::classes::SeverityRule;
use crate::dataset::Dataset;
use crate::evaluate::Report;
use crate::flatten::pack;
use crate::forest::Forest;
use crate::grow::grow_forest;
use crate::model::{Feature, Model, Training};
use crate::packed::ForestError;
use crate::split::{Split, by_runs};

/// How to train. The defaults are those of the published classifier: 160 trees, depth 14, two rows a leaf.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainConfig {
    /// Number of trees, 1 to 4096.
    pub trees: u16,
    /// Most splits on the way to a leaf, 1 to 63.
    pub max_depth: u8,
    /// Fewest rows a leaf is grown from, at least 1.
    pub min_samples_leaf: u16,
    /// Seed of every random choice: the same seed and data give the same model, on any number of cores.
    pub seed: u64,
    /// Share of the runs that the model is judged by and not trained on, above 0 and below 1.
    pub held_out_share: f64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig {
            trees: 160,
            max_depth: 14,
            min_samples_leaf: 2,
            seed: 42,
            held_out_share: 0.25,
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
        let share = self.held_out_share;
        check(
            share > 0.0 && share < 1.0,
            "held_out_share",
            share.to_string(),
            "above 0 and below 1",
        )
    }
}

/// How far the training is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Trees grown so far.
    pub trees_done: usize,
    /// Trees to grow.
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
        "{runs} run(s), and no class is in two of them: a model is judged by runs it was not trained on; record at least \
         two runs of each class"
    )]
    TooFewRuns {
        /// Number of runs.
        runs: usize,
    },
    /// smartcore refused or failed; the message is its own.
    #[error("growing the trees failed: {0}")]
    Library(String),
    /// The forest grew beyond what a model file may hold.
    #[error("the forest is too large for a model; use fewer trees or a smaller depth")]
    Forest(#[from] ForestError),
}

/// Trains a model on most runs and judges it by the others, which it has never seen. The model that is given
/// back is the one that was judged. All cores grow trees; `progress` is called from the calling thread.
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
    let split = by_runs(dataset, config.held_out_share, config.seed);
    if split.held_out.is_empty() {
        return Err(TrainError::TooFewRuns {
            runs: dataset.run_names().len(),
        });
    }

    let trees = grow_forest(dataset, &split.training, config, progress)?;
    let packed = pack(&trees, dataset, &split.training);
    let forest = Forest::compile(&packed, dataset.features().len(), dataset.classes().count())?;
    let report = judge(&forest, dataset, &split);
    let training = Training {
        seed: config.seed,
        max_depth: config.max_depth,
        min_samples_leaf: config.min_samples_leaf,
        data_fingerprint: format!("{:016x}", dataset.fingerprint()),
        report: report.clone(),
    };
    let features = features(dataset, &split.training);
    let model = Model::new(
        features,
        dataset.classes().clone(),
        SeverityRule::default(),
        training,
        forest,
    );
    Ok((model, report))
}

fn judge(forest: &Forest, dataset: &Dataset, split: &Split) -> Report {
    let mut probabilities = vec![0.0; dataset.classes().count()];
    let truth = |rows: &[usize]| -> Vec<usize> {
        rows.iter()
            .filter_map(|row| dataset.labels().get(*row))
            .copied()
            .collect()
    };
    let predicted: Vec<usize> = split
        .held_out
        .iter()
        .map(|row| forest.classify(dataset.row(*row), &mut probabilities))
        .collect();
    let mut report = Report::new(
        dataset.classes(),
        &truth(&split.training),
        &truth(&split.held_out),
        &predicted,
    );
    report.held_out_runs = split
        .held_out_runs
        .iter()
        .filter_map(|run| dataset.run_names().get(*run))
        .cloned()
        .collect();
    report.training_runs = dataset.run_names().len() - split.held_out_runs.len();
    report
}

/// The columns with the range each has in the rows trained on.
fn features(dataset: &Dataset, training: &[usize]) -> Vec<Feature> {
    let column = |index: usize| {
        training
            .iter()
            .filter_map(move |row| dataset.row(*row).get(index))
    };
    dataset
        .features()
        .iter()
        .enumerate()
        .map(|(index, spec)| Feature {
            name: spec.name.clone(),
            unit: spec.unit.clone(),
            min: column(index).copied().fold(f32::MAX, f32::min),
            max: column(index).copied().fold(f32::MIN, f32::max),
        })
        .collect()
}
