//! The last hours of one machine, as counts: the stretch is cut into slices by the time of the records, and slides on by one
//! slice at a time.

use std::collections::VecDeque;

use twinflow_engine::record::EventTime;

use super::bins::Bins;

/// So many slices make up the stretch.
pub(super) const SLICES: i64 = 24;
/// Of what is older than this and than the stretch, the clock must have been set back.
const LATE_MICROS: i64 = 60_000_000;

/// How long the stretch is, and how it is parted.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    slice_micros: i64,
    pub bins: Vec<Bins>,
}

impl Layout {
    /// The stretch in microseconds, and the bins of each feature.
    pub fn new(over_micros: i64, bins: Vec<Bins>) -> Self {
        Self {
            slice_micros: (over_micros / SLICES).max(1),
            bins,
        }
    }

    /// How many counts a slice has.
    pub fn width(&self) -> usize {
        self.bins.iter().map(Bins::count).sum()
    }
}

/// What came in one slice of the time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slice {
    /// Its time by the length of a slice.
    pub number: i64,
    /// Feature by feature, the count of each bin.
    pub counts: Vec<u32>,
}

/// The slices of the stretch, the oldest first; those without records are not there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stretch {
    pub since: EventTime,
    pub newest: EventTime,
    slices: VecDeque<Slice>,
    /// The sum of all slices.
    totals: Vec<u32>,
}

impl Stretch {
    /// Of nothing, at the time of the first record.
    pub fn new(layout: &Layout, since: EventTime) -> Self {
        Self {
            since,
            newest: since,
            slices: VecDeque::new(),
            totals: vec![0; layout.width()],
        }
    }

    /// The same with slices that were saved; nothing where they are not in order, or do not fit.
    pub fn with(mut self, layout: &Layout, newest: EventTime, slices: Vec<Slice>) -> Option<Self> {
        let fit = slices.iter().all(|slice| slice.counts.len() == layout.width());
        let rise = slices
            .iter()
            .zip(slices.iter().skip(1))
            .all(|(one, next)| one.number < next.number);
        let newest_number = newest.0.div_euclid(layout.slice_micros);
        let end = slices.last().is_none_or(|last| last.number <= newest_number);
        if !(fit && rise && end && self.since <= newest && slices.len() as i64 <= SLICES) {
            return None;
        }
        for slice in &slices {
            for (total, count) in self.totals.iter_mut().zip(&slice.counts) {
                *total = total.saturating_add(*count);
            }
        }
        self.newest = newest;
        self.slices = slices.into();
        Some(self)
    }

    /// The slices.
    pub fn slices(&self) -> impl Iterator<Item = &Slice> {
        self.slices.iter()
    }

    /// Counts the values of a record, one for each feature; a value that it lacks is NaN. What came late counts in its own time.
    pub fn take(&mut self, layout: &Layout, time: EventTime, values: &[f32]) {
        let over = layout.slice_micros.saturating_mul(SLICES);
        if self.newest.0.saturating_sub(time.0) > over.max(LATE_MICROS) {
            *self = Self::new(layout, time);
        }
        self.newest = self.newest.max(time);
        self.forget(layout);
        let number = time.0.div_euclid(layout.slice_micros);
        if number <= self.oldest_left_out(layout) {
            return;
        }
        let place = self.slices.partition_point(|slice| slice.number < number);
        if self.slices.get(place).is_none_or(|slice| slice.number != number) {
            let counts = vec![0; layout.width()];
            self.slices.insert(place, Slice { number, counts });
        }
        let Some(slice) = self.slices.get_mut(place) else {
            return;
        };
        let mut first = 0;
        for (bins, value) in layout.bins.iter().zip(values) {
            if value.is_finite() {
                let bin = first + bins.of_value(*value);
                for counts in [&mut slice.counts, &mut self.totals] {
                    if let Some(count) = counts.get_mut(bin) {
                        *count = count.saturating_add(1);
                    }
                }
            }
            first += bins.count();
        }
    }

    /// The feature that is farthest from the training, and its index; nothing before the machine was seen for a whole stretch, or
    /// while no feature has `least` values.
    pub fn worst(&self, layout: &Layout, least: u64) -> Option<(usize, f64)> {
        let over = layout.slice_micros.saturating_mul(SLICES);
        if self.newest.0.saturating_sub(self.since.0) < over {
            return None;
        }
        let mut rest = self.totals.as_slice();
        let mut worst: Option<(usize, f64)> = None;
        for (feature, bins) in layout.bins.iter().enumerate() {
            let (counts, behind) = rest.split_at_checked(bins.count())?;
            rest = behind;
            if let Some(index) = bins.stability(counts, least)
                && worst.is_none_or(|(_, highest)| index > highest)
            {
                worst = Some((feature, index));
            }
        }
        worst
    }

    fn oldest_left_out(&self, layout: &Layout) -> i64 {
        self.newest
            .0
            .div_euclid(layout.slice_micros)
            .saturating_sub(SLICES)
    }

    fn forget(&mut self, layout: &Layout) {
        let left_out = self.oldest_left_out(layout);
        while let Some(oldest) = self.slices.pop_front_if(|slice| slice.number <= left_out) {
            for (total, count) in self.totals.iter_mut().zip(&oldest.counts) {
                *total = total.saturating_sub(*count);
            }
        }
    }
}
