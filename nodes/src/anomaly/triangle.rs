//! Symmetric matrices as the rows of their lower triangle, and what comes of dividing by one.

/// The lower triangle of a symmetric matrix: row `i` has `i + 1` numbers.
pub(super) type Triangle = Vec<Vec<f64>>;

/// A triangle of zeros.
pub(super) fn zeros(size: usize) -> Triangle {
    (1..=size).map(|width| vec![0.0; width]).collect()
}

/// The Cholesky factor L of a positive definite matrix, LLᵀ.
#[derive(Clone, Debug)]
pub(super) struct Factor(Triangle);

impl Factor {
    /// By Cholesky and Banachiewicz, row by row; nothing for a matrix that is not positive definite.
    pub fn of(matrix: &Triangle) -> Option<Self> {
        let mut rows: Triangle = Vec::with_capacity(matrix.len());
        for row in matrix {
            let mut factors: Vec<f64> = Vec::with_capacity(row.len());
            for (column, value) in row.iter().enumerate() {
                let factor = match rows.get(column) {
                    Some(above) => (value - product(&factors, above)) / above.last()?,
                    None => (value - product(&factors, &factors)).sqrt(),
                };
                factors.push(factor);
            }
            // The root of what is not above zero is no number, or divides by nothing.
            if !factors.last().is_some_and(|root| root.is_normal()) {
                return None;
            }
            rows.push(factors);
        }
        Some(Self(rows))
    }

    /// The vector that the matrix makes into `values`.
    pub fn solve(&self, values: &[f64]) -> Vec<f64> {
        let mut solved: Vec<f64> = Vec::with_capacity(values.len());
        for (row, value) in self.0.iter().zip(values) {
            let root = row.last().copied().unwrap_or(1.0);
            solved.push((value - product(&solved, row)) / root);
        }
        for (number, row) in self.0.iter().enumerate().rev() {
            let Some((before, rest)) = solved.split_at_mut_checked(number) else {
                continue;
            };
            let (Some(value), Some((root, factors))) = (rest.first_mut(), row.split_last()) else {
                continue;
            };
            *value /= root;
            for (other, factor) in before.iter_mut().zip(factors) {
                *other -= factor * *value;
            }
        }
        solved
    }
}

/// The scalar product, as far as the shorter one goes.
fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_solved_makes_the_values_again(
            rows in prop::collection::vec(prop::collection::vec(-1.0_f64..1.0, 5), 5),
            values in prop::collection::vec(-9.0_f64..9.0, 5),
        ) {
            // AAᵀ + 1/10 is positive definite whatever A is.
            let entry = |i: usize, j: usize| product(&rows[i], &rows[j]) + if i == j { 0.1 } else { 0.0 };
            let matrix: Triangle = (0..5).map(|i| (0..=i).map(|j| entry(i, j)).collect()).collect();
            let solved = Factor::of(&matrix).unwrap().solve(&values);
            for (i, value) in values.iter().enumerate() {
                let again: f64 = (0..5).map(|j| entry(i, j) * solved[j]).sum();
                prop_assert!((again - value).abs() < 1e-9, "{again} {value}");
            }
        }
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor() {
        for matrix in [
            vec![vec![0.0]],
            vec![vec![-1.0]],
            vec![vec![1.0], vec![2.0, 1.0]],
            vec![vec![1.0], vec![1.0, 1.0]],
            vec![vec![f64::NAN]],
            vec![vec![f64::INFINITY]],
        ] {
            assert!(Factor::of(&matrix).is_none(), "{matrix:?}");
        }
    }
}
