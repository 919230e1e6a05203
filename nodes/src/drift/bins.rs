//! The bins of a feature, and how far live counts are from the shares of the training.

use twinflow_models::Feature;

/// A bin that nobody was ever in counts as if one of ten thousand were: the logarithm of nothing is no number.
const LEAST_SHARE: f64 = 1e-4;

/// The bins that a feature's deciles part its values into: one up to each, and one above the last.
#[derive(Clone, Debug)]
pub(super) struct Bins {
    edges: Vec<f32>,
    /// The shares of the training's rows.
    shares: Vec<f64>,
}

impl Bins {
    /// Nothing for a feature without deciles.
    pub fn of(feature: &Feature) -> Option<Self> {
        if feature.deciles.is_empty() {
            return None;
        }
        let mut shares: Vec<f64> = feature.deciles.iter().map(|decile| decile.share.into()).collect();
        shares.push(1.0 - shares.iter().sum::<f64>());
        Some(Self {
            edges: feature.deciles.iter().map(|decile| decile.up_to).collect(),
            shares,
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.shares.len()
    }

    /// The bin of a value.
    pub fn of_value(&self, value: f32) -> usize {
        self.edges.partition_point(|edge| *edge < value)
    }

    /// The population stability index: Σ (live − training) · ln(live / training) over the shares in the bins (N. Siddiqi, Credit
    /// Risk Scorecards, 2006). Nothing with fewer than `least` values.
    pub fn stability(&self, counts: &[u32], least: u64) -> Option<f64> {
        let total: u64 = counts.iter().copied().map(u64::from).sum();
        if total < least.max(1) {
            return None;
        }
        let index = counts.iter().zip(&self.shares).map(|(count, share)| {
            let live = (f64::from(*count) / total as f64).max(LEAST_SHARE);
            let training = share.max(LEAST_SHARE);
            (live - training) * (live / training).ln()
        });
        Some(index.sum())
    }
}
