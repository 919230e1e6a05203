//! What forecasts that came due teach about those to come.
//!
//! A line is a good guess for a few seconds and a bad one for an hour: how bad, only the machine tells. So forecasts over
//! one length are kept until they come due, and compared with what was measured then. Two things are learnt from it.
//!
//! **How much of the slope holds, and of the rest.** A motor that warms up gets warmer more slowly; the slope of noise does not
//! hold at all. And where the newest reading lies beside the line, this is noise on one machine and the beginning of a new
//! course on another. Both shares are those of least squares between what was known and how the value changed, with a prior
//! for "all of the slope, nothing of the rest": a damped trend (E. S. Gardner and E. McKenzie, Forecasting trends in time
//! series, 1985) whose damping is learnt.
//!
//! **How wide the interval must be.** It is a multiple of what the scatter of the readings explains. The multiple grows
//! with each outcome outside and shrinks with each inside, 9 to 1, so that in the long run 9 of 10 lie inside, whatever
//! the errors are like: adaptive conformal inference (I. Gibbs and E. Candès, Adaptive conformal inference under
//! distribution shift, 2021), here on the logarithm of the multiple.

use std::collections::VecDeque;

use twinflow_engine::record::EventTime;

/// The share of the outcomes that are to lie outside the interval.
const OUTSIDE: f64 = 0.1;
/// 90 % of a normal distribution lie within so many standard deviations.
const NORMAL_90: f64 = 1.644_853_626_951_472_7;
/// How fast the width follows: all outcomes of one length outside widen the interval by e^0.45, or 57 %.
const GAIN: f64 = 0.5;
/// After so many lengths an outcome counts by 1/e.
const MEMORY: f64 = 20.0;
/// Forecasts kept over one length.
const KEPT: f64 = 48.0;
/// An outcome that is later than due by more than this share of the length teaches nothing.
const LATE: f64 = 0.25;
/// Half-widths in standard deviations, as logarithms: between a hundredth and a million.
const WIDTHS: std::ops::RangeInclusive<f64> = -4.6..=13.8;

/// How many outcomes the prior is worth: for all of the slope, and for nothing of the rest.
const SLOPE_PRIOR: f64 = 1.0;
const REST_PRIOR: f64 = 2.0;

/// What was learnt, which outlives a restart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Learnt {
    /// Sums of products of slope, rest and change, in standard deviations.
    pub slope_slope: f64,
    pub slope_rest: f64,
    pub rest_rest: f64,
    pub slope_change: f64,
    pub rest_change: f64,
    /// Logarithm of the interval's half-width in standard deviations.
    pub width: f64,
}

impl Default for Learnt {
    fn default() -> Self {
        Self {
            slope_slope: 0.0,
            slope_rest: 0.0,
            rest_rest: 0.0,
            slope_change: 0.0,
            rest_change: 0.0,
            width: NORMAL_90.ln(),
        }
    }
}

/// How much of what is known now is still true when the forecast is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shares {
    pub slope: f64,
    pub rest: f64,
}

impl Learnt {
    pub fn shares(&self) -> Shares {
        let (slope, rest) = (SLOPE_PRIOR + self.slope_slope, REST_PRIOR + self.rest_rest);
        let (slope_change, rest_change) = (SLOPE_PRIOR + self.slope_change, self.rest_change);
        let determinant = slope * rest - self.slope_rest * self.slope_rest;
        let solved = |numerator: f64| numerator / determinant;
        Shares {
            slope: solved(rest * slope_change - self.slope_rest * rest_change).clamp(0.0, 1.5),
            rest: solved(slope * rest_change - self.slope_rest * slope_change).clamp(0.0, 1.5),
        }
    }
}

/// What is known when a forecast is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// The value of the line.
    pub level: f64,
    /// The line's change in a second.
    pub slope: f64,
    /// How far the newest reading lies above the line.
    pub rest: f64,
}

/// A forecast that is not due yet.
#[derive(Clone, Copy, Debug)]
struct Pending {
    made: EventTime,
    known: Known,
    deviation: f64,
}

/// Forecasts over one length.
#[derive(Clone, Debug)]
pub(super) struct Lookahead {
    pub seconds: f64,
    pub learnt: Learnt,
    pending: VecDeque<Pending>,
    /// When the forecast was made that was judged last.
    judged: Option<EventTime>,
}

impl Lookahead {
    pub fn new(seconds: f64) -> Self {
        Self {
            seconds,
            learnt: Learnt::default(),
            pending: VecDeque::new(),
            judged: None,
        }
    }

    /// Keeps a forecast, unless the last one is about as old.
    pub fn keep(&mut self, made: EventTime, known: Known, deviation: f64) {
        let is_due = self
            .pending
            .back()
            .is_none_or(|last| made.seconds_since(last.made) * KEPT >= self.seconds);
        if is_due && deviation > 0.0 {
            self.pending.push_back(Pending {
                made,
                known,
                deviation,
            });
        }
    }

    /// Compares forecasts that are due with what is measured now.
    pub fn judge(&mut self, now: EventTime, value: f64) {
        while let Some(pending) = self.pending.front().copied() {
            let ahead = now.seconds_since(pending.made);
            if ahead < self.seconds {
                return;
            }
            self.pending.pop_front();
            if ahead <= self.seconds * (1.0 + LATE) {
                // Outcomes close to each other say much the same: a length of them counts as one.
                let since = self.judged.map(|judged| pending.made.seconds_since(judged));
                let weight = since.map_or(1.0 / KEPT, |since| (since / self.seconds).clamp(0.0, 1.0));
                self.judged = Some(pending.made);
                self.learn(&pending, ahead, value, weight);
            }
        }
    }

    fn learn(&mut self, pending: &Pending, ahead: f64, value: f64, weight: f64) {
        let Pending {
            known: Known { level, slope, rest },
            deviation,
            ..
        } = *pending;
        let [slope, rest, change] = [slope * ahead, rest, value - level].map(|part| part / deviation);
        let learnt = &mut self.learnt;
        let (shares, width) = (learnt.shares(), learnt.width.exp());
        let foreseen = shares.slope * slope + shares.rest * rest;
        let error = change - foreseen;
        let outside = if error.abs() > width { 1.0 } else { 0.0 };
        learnt.width += weight * GAIN * (outside - OUTSIDE);
        learnt.width = learnt.width.clamp(*WIDTHS.start(), *WIDTHS.end());
        // A single wild reading says nothing about the shares.
        let change = foreseen + error.clamp(-2.0 * width, 2.0 * width);
        let products = [
            slope * slope,
            slope * rest,
            rest * rest,
            slope * change,
            rest * change,
        ];
        if products.iter().all(|product| product.is_finite()) {
            let faded = (-weight / MEMORY).exp();
            let sums = [
                &mut learnt.slope_slope,
                &mut learnt.slope_rest,
                &mut learnt.rest_rest,
                &mut learnt.slope_change,
                &mut learnt.rest_change,
            ];
            for (sum, product) in sums.into_iter().zip(products) {
                *sum = *sum * faded + weight * product;
            }
        }
    }
}
