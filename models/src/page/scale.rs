//! Scales with round marks.

/// From values to places on an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    values: (f64, f64),
    places: (f64, f64),
}

impl Scale {
    /// `values.0` stands at `places.0`, `values.1` at `places.1`; what lies outside is put at the ends.
    pub fn new(values: (f64, f64), places: (f64, f64)) -> Self {
        Self { values, places }
    }

    pub fn place(self, value: f64) -> f64 {
        let (least, greatest) = self.values;
        let share = if greatest > least {
            ((value - least) / (greatest - least)).clamp(0.0, 1.0)
        } else {
            0.5
        };
        self.places.0 + share * (self.places.1 - self.places.0)
    }

    /// About `count` round values in the range.
    pub fn marks(self, count: usize) -> Vec<f64> {
        let (least, greatest) = self.values;
        let step = round_step((greatest - least) / count.max(1) as f64);
        if !step.is_normal() {
            return vec![least];
        }
        // Multiples of a whole number, so that no rounding error adds up.
        let first = (least / step - 1e-9).ceil() as i64;
        let last = (greatest / step + 1e-9).floor() as i64;
        (first..=last.min(first.saturating_add(50)))
            .map(|multiple| multiple as f64 * step)
            .collect()
    }
}

/// 1, 2 or 5 times a power of ten, at least as large.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = step / power;
    let round = [1.0, 2.0, 5.0].into_iter().find(|round| factor <= round + 1e-9);
    round.unwrap_or(10.0) * power
}

/// A number with as many digits as its size makes sense of.
pub(super) fn told(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        _ => 4,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
