//! Networks and trees of other tools, by way of ONNX files.

mod graph;
mod rewriting;
mod sealed;
mod trees;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use thiserror::Error;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::DimLike;

use crate::card::OutputKind;

/// Why an ONNX file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OnnxError {
    /// Not an ONNX file, or cut off.
    #[error("the file is damaged or not an ONNX file: {0}")]
    Damaged(String),
    /// It has no input, or several.
    #[error(
        "a model with one input is due, this one has {found}: put the features side by side in one matrix"
    )]
    Inputs {
        /// How many it has.
        found: usize,
    },
    /// It uses something that is not understood, or does not fit together.
    #[error("this ONNX model cannot be run: {0}")]
    Unsupported(String),
    /// No output has a number for each class.
    #[error(
        "the card has {classes} classes, but no output of the model has that many numbers; found {found}"
    )]
    Outputs {
        /// How many classes the card has.
        classes: usize,
        /// The outputs with their shapes.
        found: String,
    },
    /// The numbers are no probabilities.
    #[error(
        "for a row in the middle of the features the model gives {found}, which are no probabilities; if a softmax is to \
         follow, write `output: logits` into its card"
    )]
    NoProbabilities {
        /// The numbers.
        found: String,
    },
    /// The model gives NaN or infinity.
    #[error("the model gives {found} for a row")]
    NotFinite {
        /// The numbers.
        found: String,
    },
}

/// How many numbers come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// One for each class.
    Each,
    /// Of two classes that of the second one, as a single sigmoid gives it.
    Second,
}

/// A loaded ONNX model for rows of a fixed width.
#[derive(Clone)]
pub(crate) struct Network {
    plan: Arc<TypedRunnableModel>,
    input: DatumType,
    features: usize,
    classes: usize,
    layout: Layout,
    output: OutputKind,
    operators: usize,
    /// FNV-1a over the file.
    fingerprint: u64,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Network({:016x})", self.fingerprint)
    }
}

impl PartialEq for Network {
    fn eq(&self, other: &Self) -> bool {
        (self.fingerprint, self.features, self.classes, self.output)
            == (other.fingerprint, other.features, other.classes, other.output)
    }
}

/// The width of a row and the number of classes, as far as an ONNX file tells them.
pub(crate) fn width_and_classes(bytes: &[u8]) -> Result<(Option<usize>, Option<usize>), OnnxError> {
    guarded(|| graph::width_and_classes(bytes))?
}

impl Network {
    /// Loads a model that takes `middle.len()` features; `middle` is a row that it is tried with.
    pub fn load(bytes: &[u8], middle: &[f32], classes: usize, output: OutputKind) -> Result<Self, OnnxError> {
        let network = guarded(|| Self::plan(bytes, middle.len(), classes, output))??;
        network.classify(middle, &mut vec![0.0; classes])?;
        Ok(network)
    }

    fn plan(bytes: &[u8], features: usize, classes: usize, output: OutputKind) -> Result<Self, OnnxError> {
        let graph = graph::read(bytes)?;
        let input = graph::input_type(&graph)?;
        let mut found = Vec::new();
        let mut failed = None;
        for candidate in graph::outputs(&graph)? {
            let fact = input.fact([1, features]);
            let model = graph
                .clone()
                .with_output_outlets(&[candidate])
                .and_then(|model| model.with_input_fact(0, fact.into()))
                .and_then(InferenceModelExt::into_optimized);
            // What leads to another output, such as the label's text, need not be understood.
            let model = match model {
                Ok(model) => model,
                Err(error) => {
                    failed = failed.or_else(|| Some(OnnxError::Unsupported(told(&error))));
                    continue;
                }
            };
            let fact = model
                .output_fact(0)
                .map_err(|error| OnnxError::Unsupported(told(&error)))?;
            let layout = match (fact.shape.volume().to_usize().ok(), fact.datum_type) {
                (Some(count), kind) if kind.is_float() && count == classes => Layout::Each,
                (Some(1), kind) if kind.is_float() && classes == 2 => Layout::Second,
                _ => {
                    found.push(format!("{fact:?}"));
                    continue;
                }
            };
            let operators = model.nodes().len();
            let plan = model
                .into_runnable()
                .map_err(|error| OnnxError::Unsupported(told(&error)))?;
            return Ok(Network {
                plan,
                input,
                features,
                classes,
                layout,
                output,
                operators,
                fingerprint: fingerprint(bytes),
            });
        }
        Err(failed.unwrap_or_else(|| OnnxError::Outputs {
            classes,
            found: found.join(", "),
        }))
    }

    /// Number of operators after optimisation.
    pub fn operators(&self) -> usize {
        self.operators
    }

    /// A number that tells files apart.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Writes each class's probability, and gives the class of the highest one (the first of equals).
    pub fn classify(&self, row: &[f32], probabilities: &mut [f32]) -> Result<usize, OnnxError> {
        let outputs = guarded(|| self.run(row))??;
        self.interpret(&outputs, probabilities)?;
        let mut best = 0;
        let mut highest = f32::NEG_INFINITY;
        for (class, probability) in probabilities.iter().enumerate() {
            if *probability > highest {
                (best, highest) = (class, *probability);
            }
        }
        Ok(best)
    }

    fn run(&self, row: &[f32]) -> Result<Vec<f32>, OnnxError> {
        let failed = |error: TractError| OnnxError::Unsupported(told(&error));
        let row = Tensor::from_shape(&[1, self.features], row).map_err(failed)?;
        let row = row.cast_to_dt(self.input).map_err(failed)?.into_owned();
        let outputs = self.plan.run(tvec!(row.into_tvalue())).map_err(failed)?;
        let output = outputs
            .first()
            .ok_or_else(|| OnnxError::Unsupported("it gives nothing".to_owned()))?;
        let output = output.cast_to::<f32>().map_err(failed)?;
        let view = output.to_plain_array_view::<f32>().map_err(failed)?;
        Ok(view.iter().copied().collect())
    }

    fn interpret(&self, outputs: &[f32], probabilities: &mut [f32]) -> Result<(), OnnxError> {
        if outputs.iter().any(|value| !value.is_finite()) {
            return Err(OnnxError::NotFinite {
                found: shown(outputs),
            });
        }
        let (whole, single) = (self.output, self.layout == Layout::Second);
        let complete: Vec<f32> = match (single, whole, outputs) {
            (true, OutputKind::Probabilities, [second]) => vec![1.0 - second, *second],
            (true, OutputKind::Logits, [second]) => vec![0.0, *second],
            _ => outputs.to_vec(),
        };
        if whole == OutputKind::Logits {
            softmax(&complete, probabilities);
            return Ok(());
        }
        let sum: f32 = complete.iter().sum();
        let is_share = |value: &f32| (-TOLERANCE..=1.0 + TOLERANCE).contains(value);
        if (sum - 1.0).abs() > TOLERANCE || !complete.iter().all(is_share) {
            return Err(OnnxError::NoProbabilities {
                found: shown(outputs),
            });
        }
        for (probability, share) in probabilities.iter_mut().zip(complete) {
            *probability = share.clamp(0.0, 1.0);
        }
        Ok(())
    }
}

/// Rounding of half-precision models stays below this.
const TOLERANCE: f32 = 5e-3;

/// Not above the largest logit, so that nothing overflows.
fn softmax(logits: &[f32], probabilities: &mut [f32]) {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
    for (probability, logit) in probabilities.iter_mut().zip(logits) {
        *probability = (logit - highest).exp() / sum;
    }
}

/// The library may panic at a file that nobody has foreseen; a flow must not.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, OnnxError> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| OnnxError::Unsupported("the library that runs ONNX files gave up on it".to_owned()))
}

/// The whole chain of reasons in one line.
fn told(error: &TractError) -> String {
    format!("{error:#}")
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
}

fn shown(values: &[f32]) -> String {
    let values: Vec<String> = values.iter().take(8).map(f32::to_string).collect();
    values.join(", ")
}

fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
