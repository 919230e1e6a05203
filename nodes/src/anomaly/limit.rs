//! How far from normal a reading may be.

use statrs::distribution::{ContinuousCDF, FisherSnedecor};

/// So many of the readings of a sound machine lie within the limit.
const WITHIN: f64 = 0.999;
/// Readings that are so alike that they are worth fewer than so many for each value count as so many: otherwise a machine that
/// was followed through one slow rise would have no limit at all.
const LEAST_WORTH: f64 = 3.0;
/// More readings than this lower the limit by less than a thousandth.
const MOST_WORTH: f64 = 100_000.0;
/// With the least worth there is no point farther than this: that of one value and two degrees of freedom is 998.5.
const FARTHEST: f64 = 1024.0;
/// Each halves the rest: after these it is that of a double.
const BISECTIONS: u32 = 64;

/// The limit of T² for a new reading of `width` values, where `worth` independent readings told what is normal.
///
/// `p(n+1)(n−1) / (n(n−p)) · F(p, n−p)`: N. D. Tracy, J. C. Young and R. L. Mason, Multivariate control charts for individual
/// observations, Journal of Quality Technology 24 (1992). Nothing where there are no values.
pub(super) fn limit(width: usize, worth: f64) -> Option<f64> {
    let width = width as f64;
    let worth = worth.max(LEAST_WORTH * width).max(width + 2.0).min(MOST_WORTH);
    let point = point(&FisherSnedecor::new(width, worth - width).ok()?);
    let limit = width * (worth + 1.0) * (worth - 1.0) / (worth * (worth - width)) * point;
    (limit.is_finite() && limit > 0.0).then_some(limit)
}

/// The point up to which [`WITHIN`] lie, by bisection: what the crate has for it does not come to an end with many degrees of
/// freedom.
fn point(distribution: &FisherSnedecor) -> f64 {
    let (mut low, mut high) = (0.0, FARTHEST);
    for _ in 0..BISECTIONS {
        let middle = f64::midpoint(low, high);
        if distribution.cdf(middle) < WITHIN {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From bisection of the incomplete beta function with 30 digits, by mpmath.
    #[test]
    fn the_limits_are_those_of_the_formula() {
        let known = [
            (1, 30.0, 13.837_619_933),
            (2, 40.0, 17.527_034_284_3),
            (4, 300.0, 19.245_727_071_9),
            (4, 12.0, 85.749_857_731_5),
            (12, 300.0, 35.669_133_784_6),
            (32, 5000.0, 63.095_488_793_9),
        ];
        for (width, worth, expected) in known {
            let found = limit(width, worth).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-8, "{width} {worth}: {found}");
        }
    }

    #[test]
    fn every_machine_has_a_limit() {
        for width in 1..=32 {
            let mut before = f64::INFINITY;
            for worth in [0.0, 1.0, 40.0, 300.5, 5e4, 1e7, 4e9] {
                let limit = limit(width, worth).unwrap();
                assert!(
                    limit <= before * 1.000_001 && limit > 10.0,
                    "{width} {worth}: {limit}"
                );
                before = limit;
            }
        }
        assert_eq!(limit(0, 100.0), None);
    }
}
