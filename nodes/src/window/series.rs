//! The values of one field of one machine, and the windows that look at them.

use std::collections::VecDeque;

use twinflow_engine::record::EventTime;

use super::function::Function;
use super::layout::WindowLayout;
use super::sliding::{Sample, Sliding};

/// How many values of a field are kept of a machine.
pub(super) const MOST_VALUES: usize = 100_000;

/// The values of a field, the oldest first: those in the longest window, and the last one before it.
#[derive(Debug)]
pub(super) struct Series {
    samples: VecDeque<Sample>,
    windows: Vec<Window>,
}

#[derive(Debug)]
struct Window {
    over: i64,
    /// Which sample is its oldest.
    start: usize,
    summary: Option<Sliding>,
    /// Its values by size.
    sorted: Option<Vec<f64>>,
}

impl Series {
    /// Without values.
    pub fn new(windows: &[WindowLayout]) -> Self {
        let window = |window: &WindowLayout| Window {
            over: window.over,
            start: 0,
            summary: window.has_summary.then(Sliding::default),
            sorted: window.has_median.then(Vec::new),
        };
        Self {
            samples: VecDeque::new(),
            windows: windows.iter().map(window).collect(),
        }
    }

    /// The values that are kept.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = Sample> {
        self.samples.iter().copied()
    }

    /// Adds the newest value; false when one had to leave a window for it before its time.
    pub fn push(&mut self, sample: Sample) -> bool {
        let mut is_whole = true;
        if self.samples.len() >= MOST_VALUES {
            for window in self.windows.iter_mut().filter(|window| window.start == 0) {
                window.lose_oldest(&self.samples);
                is_whole = false;
            }
            self.forget_oldest();
        }
        self.samples.push_back(sample);
        for window in &mut self.windows {
            if let Some(summary) = &mut window.summary {
                summary.push(sample);
            }
            if let Some(sorted) = &mut window.sorted {
                let at = sorted.partition_point(|value| *value < sample.value);
                sorted.insert(at, sample.value);
            }
        }
        is_whole
    }

    /// Takes out what is too old `now`.
    pub fn advance(&mut self, now: EventTime) {
        for window in &mut self.windows {
            let end = now.0.saturating_sub(window.over);
            while let Some(oldest) = self.samples.get(window.start)
                && oldest.time.0 <= end
            {
                window.lose_oldest(&self.samples);
            }
        }
        // `lag` wants the last one before a window.
        while self.windows.iter().all(|window| window.start > 1) && !self.samples.is_empty() {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        self.samples.pop_front();
        for window in &mut self.windows {
            window.start = window.start.saturating_sub(1);
        }
    }

    /// What `function` gives for a window `now`; NaN where it has too few values.
    pub fn value(&self, function: Function, window: usize, now: EventTime) -> f64 {
        let Some(window) = self.windows.get(window) else {
            return f64::NAN;
        };
        match function {
            Function::Count => (self.samples.len() - window.start) as f64,
            Function::Lag => self.lag(window, now),
            Function::Change => self.change(window).map_or(f64::NAN, |(_, change)| change),
            Function::Rate => self
                .change(window)
                .map_or(f64::NAN, |(seconds, change)| change / seconds),
            Function::Median => window.sorted.as_deref().map_or(f64::NAN, median),
            Function::Mean
            | Function::Min
            | Function::Max
            | Function::Range
            | Function::Sd
            | Function::Rms
            | Function::Crest
            | Function::Slope
            | Function::Sum => window
                .summary
                .as_ref()
                .map_or(f64::NAN, |summary| summarised(function, summary)),
        }
    }

    /// The value one window ago: the last one that is no newer. One from long before says nothing of that moment.
    fn lag(&self, window: &Window, now: EventTime) -> f64 {
        let last = window.start.checked_sub(1).and_then(|at| self.samples.get(at));
        let end = now.0.saturating_sub(window.over.saturating_mul(2));
        last.filter(|sample| sample.time.0 > end)
            .map_or(f64::NAN, |sample| sample.value)
    }

    /// From the oldest value of a window to the newest: seconds and difference.
    fn change(&self, window: &Window) -> Option<(f64, f64)> {
        let (oldest, newest) = (self.samples.get(window.start)?, self.samples.back()?);
        let has_two = self.samples.len() - window.start >= 2;
        has_two.then(|| {
            (
                newest.time.seconds_since(oldest.time),
                newest.value - oldest.value,
            )
        })
    }
}

impl Window {
    fn lose_oldest(&mut self, samples: &VecDeque<Sample>) {
        let Some(oldest) = samples.get(self.start) else {
            return;
        };
        self.start += 1;
        if let Some(summary) = &mut self.summary {
            summary.pop(samples.range(self.start..).copied());
        }
        if let Some(sorted) = &mut self.sorted {
            let at = sorted.partition_point(|value| *value < oldest.value);
            if at < sorted.len() {
                sorted.remove(at);
            }
        }
    }
}

fn median(sorted: &[f64]) -> f64 {
    let value = |at: usize| sorted.get(at).copied().unwrap_or(f64::NAN);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        value(middle)
    } else {
        f64::midpoint(value(middle.saturating_sub(1)), value(middle))
    }
}

fn summarised(function: Function, summary: &Sliding) -> f64 {
    let (total, origin) = summary.total();
    match function {
        _ if total.count == 0.0 => f64::NAN,
        Function::Mean => total.mean(origin),
        Function::Sum => total.sum(origin),
        Function::Min => total.low,
        Function::Max => total.high,
        Function::Range => total.high - total.low,
        Function::Sd => total.deviation(),
        Function::Rms => total.root_mean_square(origin),
        Function::Crest => total.crest(origin),
        Function::Slope => total.slope(),
        Function::Median | Function::Rate | Function::Change | Function::Lag | Function::Count => f64::NAN,
    }
}
