//! Why a row got its verdict.

use crate::model::{ClassifyError, Model};

/// What every feature added to the probability of a class, or took from it.
///
/// The base and all contributions add up to the probability: nothing is left unexplained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The probability that the forest gives the class before it looks at any feature: its mean over the training rows,
    /// all classes counting alike.
    pub base: f32,
    /// One for each feature, in the order of [`Model::features`].
    pub contributions: Vec<f32>,
}

impl Explanation {
    /// The features by the size of what they contribute, greatest first; of equals, the one that the model names first.
    pub fn by_size(&self) -> Vec<(usize, f32)> {
        let mut drivers: Vec<(usize, f32)> = self.contributions.iter().copied().enumerate().collect();
        drivers.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
        drivers
    }
}

impl Model {
    /// Explains the probability of a class (its index) for a row: the Shapley values of the features, path-dependent as
    /// those of TreeSHAP. The first explanation of a class takes some milliseconds more, which prepare those that follow.
    ///
    /// # Errors
    /// See [`ClassifyError`].
    pub fn explain(&self, row: &[f32], class: usize) -> Result<Explanation, ClassifyError> {
        self.check_row(row)?;
        let expected = self.classes().count();
        if class >= expected {
            return Err(ClassifyError::Class {
                found: class,
                expected,
            });
        }
        let (forest, _) = self.forest().ok_or(ClassifyError::Unexplainable)?;
        Ok(forest.explain(row, class))
    }
}
