//! Least squares that begin with what is usual.

use std::collections::BTreeMap;

use nalgebra::{SMatrix, SVector};

/// One equation: what the weights are multiplied with, what should come of it, and a number of the stretch of time that it
/// lies in.
pub(super) struct Equation<const N: usize> {
    pub factors: SVector<f64, N>,
    pub value: f64,
    pub stretch: usize,
}

/// A figure that was fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// Whether the log says something about it; else the value is mostly the usual one.
    pub is_told: bool,
}

impl Estimate {
    /// The usual figure, of which the log says nothing.
    pub(super) fn open(usual: f64) -> Self {
        Self {
            value: usual,
            error: usual.abs() * USUAL_SHARE,
            is_told: false,
        }
    }
}

/// What is usual is known to its own size: a figure twice as large is one standard deviation away.
pub(super) const USUAL_SHARE: f64 = 1.0;
/// Below this share of what was open before, the log has told something.
const TOLD_SHARE: f64 = 0.3;

/// The weights under which the equations fit best: the mode of the posterior with a normal prior of mean `usual` and a
/// standard deviation of [`USUAL_SHARE`] times that, and normal noise whose variance is estimated as well. What the equations
/// leave open stays as usual. They are [`tempered`].
pub(super) fn solve<const N: usize>(equations: &[Equation<N>], usual: SVector<f64, N>) -> [Estimate; N] {
    let prior_sd = usual.map(|usual| (usual.abs() * USUAL_SHARE).max(f64::MIN_POSITIVE));
    let prior = SMatrix::<f64, N, N>::from_diagonal(&prior_sd.map(|sd| 1.0 / (sd * sd)));
    let mut weights = usual;
    let mut inverse = SMatrix::<f64, N, N>::from_diagonal(&prior_sd.map(|sd| sd * sd));
    let mut temper = 1.0;
    // The noise is known once the weights are: it settles within some rounds.
    for _ in 0..ROUNDS {
        let variance = mean_square(equations, &weights);
        let mut told = Told::default();
        let mut right = SVector::<f64, N>::zeros();
        let mut pulls: BTreeMap<usize, SVector<f64, N>> = BTreeMap::new();
        for equation in equations {
            told.normal += equation.factors * equation.factors.transpose() / variance;
            right += equation.factors * ((equation.value - equation.factors.dot(&usual)) / variance);
            let left = equation.value - equation.factors.dot(&weights);
            *pulls.entry(equation.stretch).or_insert_with(SVector::zeros) +=
                equation.factors * (left / variance);
        }
        told.pulls = pulls.values().map(|pull| pull * pull.transpose()).sum();
        temper = tempered(&told, &prior, temper);
        // It is a sum of squares and of a positive diagonal, so there is one.
        let Some(found) = (told.normal / temper + prior).try_inverse() else {
            break;
        };
        inverse = found;
        weights = usual + inverse * (right / temper);
    }
    estimates(&weights, &inverse.diagonal(), &prior_sd)
}

const ROUNDS: usize = 8;

/// What equations say, as if all readings stood by themselves.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told<const N: usize> {
    /// The matrix of the normal equations over the variance.
    pub normal: SMatrix<f64, N, N>,
    /// The sum over stretches of the outer product of what each stretch pulls with.
    pub pulls: SMatrix<f64, N, N>,
}

impl<const N: usize> Default for Told<N> {
    fn default() -> Self {
        Self {
            normal: SMatrix::zeros(),
            pulls: SMatrix::zeros(),
        }
    }
}

/// How many readings count as one. Neighbours resemble each other, and a machine does what no equation knows of: so stretches
/// of time pull further than readings would that stand by themselves, and the likelihood is weakened by as much (the magnitude
/// adjustment of composite likelihoods, Pauli, Racugno and Ventura 2011). `before` is the outcome of the round before, between
/// which and the new one it settles.
pub(super) fn tempered<const N: usize>(told: &Told<N>, prior: &SMatrix<f64, N, N>, before: f64) -> f64 {
    let Some(inverse) = (told.normal + prior * before).try_inverse() else {
        return before;
    };
    let found = (inverse * told.pulls).trace() / N as f64;
    if found.is_finite() { found.max(1.0) } else { before }
}

/// The figures with their errors, and which of them were told.
pub(super) fn estimates<const N: usize>(
    values: &SVector<f64, N>,
    variances: &SVector<f64, N>,
    prior_sd: &SVector<f64, N>,
) -> [Estimate; N] {
    let mut each = values.iter().zip(variances.iter()).zip(prior_sd.iter());
    std::array::from_fn(|_| {
        let ((value, variance), prior_sd) = each.next().unwrap_or(((&0.0, &0.0), &0.0));
        let error = variance.max(0.0).sqrt();
        Estimate {
            value: *value,
            error,
            is_told: error < TOLD_SHARE * prior_sd,
        }
    })
}

fn mean_square<const N: usize>(equations: &[Equation<N>], weights: &SVector<f64, N>) -> f64 {
    let squares = equations.iter().map(|equation| {
        let left = equation.value - equation.factors.dot(weights);
        left * left
    });
    squares.sum::<f64>() / (equations.len().max(1) as f64)
}
