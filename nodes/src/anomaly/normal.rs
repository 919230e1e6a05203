//! What is normal for a machine, and how far a reading is from it.

use super::learning::Learning;
use super::limit::limit;
use super::triangle::{Factor, Triangle};

/// What is less than this share of a value, or of its range, is rounding.
const ROUNDING: f64 = 1e-6;
/// A sensor's last digit is taken for no more than this share of the value: 1 V can be told to a volt or to a millivolt.
const DIGIT_SHARE: f64 = 0.01;
/// Correlations are taken for so much weaker at least. Values of which one follows from the others would otherwise make every
/// rounding an anomaly, and the matrix one that nothing can be divided by.
const LEAST_SHRINKAGE: f64 = 1e-3;
/// Farther away than so many deviations is all the same, and stays a number that can be computed with.
const FARTHEST: f64 = 1e6;

/// What is known of a value before anything was learnt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// How wide the declared range is; 0 where there is none.
    pub range: f64,
    /// Whether its values are rounded, as those of sensors are; whole numbers are exact.
    pub is_rounded: bool,
}

/// What is normal.
#[derive(Clone, Debug)]
pub(super) struct Normal {
    means: Vec<f64>,
    deviations: Vec<f64>,
    correlations: Factor,
    limit: f64,
}

/// How far a reading is from normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Distance {
    /// T² by its limit.
    pub score: f64,
    /// Which value adds most to it.
    pub driver: usize,
}

impl Normal {
    /// From what was learnt; nothing where the numbers were beyond what can be computed with.
    pub fn of(learning: &Learning, scales: &[Scale]) -> Option<Self> {
        let freedom = learning.count.checked_sub(1).filter(|freedom| *freedom > 0)? as f64;
        let squares = learning.products.iter().filter_map(|row| row.last());
        let deviations: Vec<f64> = learning
            .seen
            .iter()
            .zip(squares)
            .zip(scales)
            .map(|((seen, squares), scale)| {
                let floor = scale.least_deviation(seen.mean, seen.digit);
                (squares / freedom).sqrt().max(floor)
            })
            .collect();
        if !deviations.iter().all(|deviation| deviation.is_normal()) {
            return None;
        }
        let correlations = correlations(&learning.products, &deviations, freedom);
        Some(Self {
            means: learning.seen.iter().map(|seen| seen.mean).collect(),
            correlations: Factor::of(&shrunk(correlations, freedom))?,
            limit: limit(deviations.len(), learning.worth())?,
            deviations,
        })
    }

    /// The distance of a reading: Hotelling's T², zᵀR⁻¹z, for standardised values z with correlations R. It is the sum of
    /// zᵢ(R⁻¹z)ᵢ over the values, and the greatest of these tells the driver (the partial decomposition of C. F. Alcala and
    /// S. J. Qin, Reconstruction-based contribution for process monitoring, Automatica 45, 2009).
    pub fn distance(&self, values: &[f64]) -> Distance {
        let standard: Vec<f64> = values
            .iter()
            .zip(&self.means)
            .zip(&self.deviations)
            .map(|((value, mean), deviation)| ((value - mean) / deviation).clamp(-FARTHEST, FARTHEST))
            .collect();
        let solved = self.correlations.solve(&standard);
        let (mut total, mut greatest, mut driver) = (0.0, f64::NEG_INFINITY, 0);
        for (number, (z, solved)) in standard.iter().zip(&solved).enumerate() {
            let share = z * solved;
            total += share;
            if share > greatest {
                (greatest, driver) = (share, number);
            }
        }
        Distance {
            score: total.max(0.0) / self.limit,
            driver,
        }
    }
}

impl Scale {
    /// A deviation that no value is better than.
    ///
    /// What is told to a digit lies anywhere within it, so it has a deviation of the digit by √12 at least (B. Widrow and
    /// I. Kollár, Quantization Noise, 2008). What is exact, or always zero, still has rounding.
    fn least_deviation(&self, mean: f64, digit: f64) -> f64 {
        let digit = match digit.is_finite() && self.is_rounded {
            true => (digit / 12_f64.sqrt()).min(DIGIT_SHARE * mean.abs()),
            false => 0.0,
        };
        let rounding = ROUNDING * mean.abs().max(self.range);
        match digit.max(rounding) {
            0.0 => ROUNDING,
            least => least,
        }
    }
}

/// Correlations for the deviations, which may be larger than the sample's.
fn correlations(products: &Triangle, deviations: &[f64], freedom: f64) -> Triangle {
    let row = |(number, (row, one)): (usize, (&Vec<f64>, &f64))| {
        let entry = |(other_number, (sum, other)): (usize, (&f64, &f64))| {
            if other_number == number {
                1.0
            } else {
                (sum / freedom / one / other).clamp(-1.0, 1.0)
            }
        };
        row.iter().zip(deviations).enumerate().map(entry).collect()
    };
    products.iter().zip(deviations).enumerate().map(row).collect()
}

/// Correlations shrunk towards none, by as much as they are uncertain: Σ Var(r) / Σ r² (J. Schäfer and K. Strimmer, A shrinkage
/// approach to large-scale covariance matrix estimation, 2005), with (1−r²)²/(n−1) for the variance of a correlation r.
///
/// The more values there are and the fewer readings, the more of a sample's correlations are chance, and the chance ones make
/// some direction look as if nothing ever varied in it.
fn shrunk(mut correlations: Triangle, freedom: f64) -> Triangle {
    let apart = correlations.iter().filter_map(|row| row.split_last());
    let apart: Vec<f64> = apart.flat_map(|(_, apart)| apart).copied().collect();
    let uncertain: f64 = apart.iter().map(|r| (1.0 - r * r).powi(2)).sum::<f64>() / freedom;
    let squares: f64 = apart.iter().map(|r| r * r).sum();
    // Without any correlation it is infinite, or no number.
    let share = uncertain / squares;
    let shrinkage = if share.is_nan() {
        1.0
    } else {
        share.clamp(LEAST_SHRINKAGE, 1.0)
    };
    for row in &mut correlations {
        if let Some((_, apart)) = row.split_last_mut() {
            apart.iter_mut().for_each(|r| *r *= 1.0 - shrinkage);
        }
    }
    correlations
}
