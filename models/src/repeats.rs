//! Rows that a log holds twice.

use crate::dataset::Dataset;

/// Marks the rows that no row before them equals in run, time and values, and counts the others. Rows without a
/// time are never told to be the same: a sensor may well say the same again.
pub(crate) fn firsts(dataset: &Dataset) -> (Vec<bool>, usize) {
    let key = |row: usize| {
        let bits = dataset.row(row).iter().map(|value| value.to_bits());
        (dataset.runs().get(row).copied(), dataset.time_us(row), bits)
    };
    let order = |a: &usize, b: &usize| {
        let ((run_a, time_a, values_a), (run_b, time_b, values_b)) = (key(*a), key(*b));
        (run_a, time_a)
            .cmp(&(run_b, time_b))
            .then_with(|| values_a.cmp(values_b))
    };
    let mut timed: Vec<usize> = (0..dataset.row_count())
        .filter(|row| dataset.time_us(*row).is_some())
        .collect();
    // Stable: of equal rows the first of the log comes first, and is the one to stay.
    timed.sort_by(order);
    let mut is_first = vec![true; dataset.row_count()];
    let mut repeats = 0;
    for (row, next) in timed.iter().zip(timed.iter().skip(1)) {
        if order(row, next).is_eq()
            && let Some(is_first) = is_first.get_mut(*next)
        {
            *is_first = false;
            repeats += 1;
        }
    }
    (is_first, repeats)
}
