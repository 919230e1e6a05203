//! `smooth`: the mean of the probabilities of the last readings, the newest counting most.
//!
//! Each reading has a weight, which halves with its age; the mean is the weighted sum over the sum of the weights. Both are
//! kept as they are at the time of the newest reading. So a gap lets the past fade, several readings of one moment count
//! alike, and a reading that comes late counts as if it had come in time: the order of arrival does not matter.

use twinflow_engine::record::EventTime;

use crate::lapse::Lapse;

/// The setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Smoothing {
    half_life_micros: f64,
    lapse: Lapse,
}

impl Smoothing {
    /// The age at which a reading counts half.
    pub fn new(half_life_micros: i64) -> Self {
        Self {
            half_life_micros: half_life_micros as f64,
            lapse: Lapse::of(half_life_micros),
        }
    }

    /// What is left of a weight after that much time.
    fn faded(&self, micros: i64) -> f64 {
        (-(micros as f64) / self.half_life_micros).exp2()
    }
}

/// The readings of one machine so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Smoothed {
    pub newest: EventTime,
    pub weight: f64,
    /// By class.
    pub sums: Vec<f64>,
}

impl Smoothed {
    /// Takes a reading in, and puts the means in the place of its probabilities. `known` is what was known before.
    pub fn take(
        known: &mut Option<Smoothed>,
        smoothing: &Smoothing,
        time: EventTime,
        probabilities: &mut [f32],
    ) {
        let known = match known {
            Some(known)
                if !smoothing.lapse.has_passed(known.newest, time)
                    && known.sums.len() == probabilities.len() =>
            {
                known
            }
            _ => known.insert(Smoothed {
                newest: time,
                weight: 0.0,
                sums: vec![0.0; probabilities.len()],
            }),
        };
        let later = time.0.saturating_sub(known.newest.0);
        let (kept, added) = (smoothing.faded(later.max(0)), smoothing.faded((-later).max(0)));
        known.newest = known.newest.max(time);
        known.weight = known.weight * kept + added;
        for (sum, probability) in known.sums.iter_mut().zip(probabilities) {
            *sum = *sum * kept + f64::from(*probability) * added;
            *probability = (*sum / known.weight) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn means(half_life_micros: i64, readings: &[(i64, f32)]) -> Vec<f32> {
        let mut known = None;
        let smoothing = Smoothing::new(half_life_micros);
        let mean = |(time, probability): &(i64, f32)| {
            let mut probabilities = [*probability, 1.0 - probability];
            Smoothed::take(&mut known, &smoothing, EventTime(*time), &mut probabilities);
            assert!((probabilities[0] + probabilities[1] - 1.0).abs() < 1e-5);
            probabilities[0]
        };
        readings.iter().map(mean).collect()
    }

    #[test]
    fn a_reading_counts_half_after_the_half_life() {
        let found = means(2_000_000, &[(0, 1.0), (2_000_000, 0.0), (2_000_000, 0.0)]);
        assert_eq!(found[..2], [1.0, 0.333_333_34]);
        assert_eq!(found[2], 0.2, "readings of one moment count alike");
    }

    #[test]
    fn after_a_long_silence_or_a_clock_set_back_it_begins_anew() {
        let hour = 3_600_000_000;
        assert_eq!(means(1_000_000, &[(0, 1.0), (hour, 0.25)]), [1.0, 0.25]);
        assert_eq!(
            means(1_000_000, &[(hour, 1.0), (0, 0.25), (0, 0.75)]),
            [1.0, 0.25, 0.5]
        );
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(
            readings in prop::collection::vec((0_i64..30_000_000, 0_u8..=10), 1..20),
        ) {
            let readings: Vec<(i64, f32)> =
                readings.iter().map(|(time, tenths)| (*time, f32::from(*tenths) / 10.0)).collect();
            let mut in_order = readings.clone();
            in_order.sort_by_key(|(time, _)| *time);
            let last = |readings: &[(i64, f32)]| *means(5_000_000, readings).last().unwrap();
            prop_assert!((last(&readings) - last(&in_order)).abs() < 1e-4);
        }
    }
}
