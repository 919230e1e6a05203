//! What a change does to a loop, in figures.

use std::fmt::Write;

use crate::closed_loop::READING_S;

/// Within this distance of where it is to be, the temperature has settled, in K.
const BAND_K: f64 = 0.2;
/// What is left is the mean over this time at the end, in s.
const END_S: f64 = 60.0;

/// A response.
pub struct Response {
    /// When the temperature is in the band for good, in s; nothing when it never is.
    settling_s: Option<f64>,
    /// How far it went: beyond a new set-point, or away from the old one, in K.
    overshoot_k: f64,
    /// What is left at the end, in K.
    left_k: f64,
    /// The integral of the absolute error, in K·s.
    absolute_error_ks: f64,
    /// How far the output went in all, up and down, in percent of its range for each minute.
    travel_pct_per_min: f64,
}

impl Response {
    /// Of the temperature's difference from a run without the change, where `wanted_k` is what it should come to.
    pub fn of(differences_k: &[f64], wanted_k: f64, outputs_pct: &[f64]) -> Self {
        let errors: Vec<f64> = differences_k
            .iter()
            .map(|difference| difference - wanted_k)
            .collect();
        let last_out = errors.iter().rposition(|error| error.abs() > BAND_K);
        let settling_s = match last_out {
            None => Some(0.0),
            // It is out at the very end.
            Some(last) if last + 1 == errors.len() => None,
            Some(last) => Some((last + 1) as f64 * READING_S),
        };
        let beyond = errors.iter().map(|error| match wanted_k {
            0.0 => error.abs(),
            wanted => error * wanted.signum(),
        });
        let end = (END_S / READING_S) as usize;
        let end = &errors[errors.len() - end..];
        let travel: f64 = outputs_pct.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        Self {
            settling_s,
            overshoot_k: beyond.fold(0.0, f64::max),
            left_k: end.iter().sum::<f64>() / end.len() as f64,
            absolute_error_ks: errors.iter().map(|error| error.abs() * READING_S).sum(),
            travel_pct_per_min: travel / outputs_pct.len() as f64 * 60.0,
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The medians of each change's responses as a table.
pub fn table(rows: impl Iterator<Item = (String, Vec<Response>)>) -> String {
    let mut table = String::from(
        "| change | settles in s | overshoot or largest error in K | left after 10 min in K | integral of the error in K·s | output moves in %/min |\n| --- | --- | --- | --- | --- | --- |",
    );
    for (name, responses) in rows {
        let of = |figure: fn(&Response) -> f64| median(responses.iter().map(figure));
        let settling = of(|response| response.settling_s.unwrap_or(f64::INFINITY));
        let settling = match settling.is_finite() {
            true => format!("{settling:.0}"),
            false => "never".to_owned(),
        };
        write!(
            table,
            "\n| {name} | {settling} | {:.2} | {:.2} | {:.0} | {:.0} |",
            of(|response| response.overshoot_k),
            // Less than half of a hundredth is nothing, of whatever sign.
            (of(|response| response.left_k) * 100.0).round() / 100.0 + 0.0,
            of(|response| response.absolute_error_ks),
            of(|response| response.travel_pct_per_min),
        )
        .unwrap();
    }
    table
}
