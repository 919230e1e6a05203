//! Integrals over polynomials from 0 to 1, exact but for rounding: Gauss-Legendre quadrature.

use std::f64::consts::PI;
use std::ops::{Add, Mul, Sub};

/// A value at each place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AtPlaces<const POINTS: usize>(pub [f32; POINTS]);

impl<const POINTS: usize> AtPlaces<POINTS> {
    /// One everywhere.
    pub const ONE: Self = Self([1.0; POINTS]);

    /// Each times a number.
    #[inline(always)]
    pub fn scaled(self, by: f32) -> Self {
        Self(self.0.map(|value| value * by))
    }

    /// `share·(1 - t) + t`.
    #[inline(always)]
    pub fn factor(self, share: f32) -> Self {
        Self(self.0.map(|t| share * (1.0 - t) + t))
    }

    /// One over each.
    #[inline(always)]
    pub fn inverse(self) -> Self {
        Self(self.0.map(|value| 1.0 / value))
    }

    #[inline(always)]
    fn with(mut self, other: Self, mut combine: impl FnMut(&mut f32, f32)) -> Self {
        for (value, other) in self.0.iter_mut().zip(other.0) {
            combine(value, other);
        }
        self
    }

    /// The sum of all.
    #[inline(always)]
    pub fn sum(self) -> f32 {
        self.0.iter().sum()
    }
}

impl<const POINTS: usize> Add for AtPlaces<POINTS> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.with(other, |value, other| *value += other)
    }
}

impl<const POINTS: usize> Sub for AtPlaces<POINTS> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.with(other, |value, other| *value -= other)
    }
}

impl<const POINTS: usize> Mul for AtPlaces<POINTS> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.with(other, |value, other| *value *= other)
    }
}

/// Places and weights: a polynomial of degree 2·POINTS - 1 or less integrates to the sum of its values at the places times
/// the weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quadrature<const POINTS: usize> {
    pub places: AtPlaces<POINTS>,
    pub weights: AtPlaces<POINTS>,
}

impl<const POINTS: usize> Quadrature<POINTS> {
    /// The places are the roots of the Legendre polynomial, found by Newton's method from Chebyshev's.
    pub fn new() -> Self {
        let mut places = [0.0; POINTS];
        let mut weights = [0.0; POINTS];
        for (index, (place, weight)) in places.iter_mut().zip(&mut weights).enumerate() {
            let mut root = -(PI * (index as f64 + 0.75) / (POINTS as f64 + 0.5)).cos();
            let mut slope = 0.0;
            // Five steps reach the last bit for as many points as a tree can be deep.
            for _ in 0..8 {
                let value;
                (value, slope) = legendre(POINTS, root);
                root -= value / slope;
            }
            // From -1..1 to 0..1.
            *place = (0.5 * (root + 1.0)) as f32;
            *weight = (1.0 / ((1.0 - root * root) * slope * slope)) as f32;
        }
        Self {
            places: AtPlaces(places),
            weights: AtPlaces(weights),
        }
    }
}

/// The Legendre polynomial of a degree at `x`, and its slope there.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=degree {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, degree as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const POINTS: usize>() {
        let quadrature = Quadrature::<POINTS>::new();
        for degree in 0..2 * POINTS {
            let terms = quadrature.places.0.iter().zip(quadrature.weights.0);
            let integral: f64 = terms
                .map(|(place, weight)| f64::from(*place).powi(degree as i32) * f64::from(weight))
                .sum();
            let exact = 1.0 / (degree as f64 + 1.0);
            assert!(
                (integral - exact).abs() < 1e-6,
                "{POINTS} points, degree {degree}: {integral}"
            );
        }
    }

    #[test]
    fn powers_integrate_exactly() {
        check::<4>();
        check::<8>();
        check::<32>();
    }
}
