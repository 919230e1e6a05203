//! Sums of readings by seconds, minutes and hours.

use std::collections::HashMap;

use rusqlite::{Transaction, params};

use super::retention::Tier;
use super::store::SeriesId;

/// What is known of the readings of a span.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sum {
    count: i64,
    least: f64,
    greatest: f64,
    sum: f64,
}

/// Sums that are to be added to those on disk.
#[derive(Debug, Default)]
pub(super) struct Sums {
    by_span: HashMap<(SeriesId, Tier, i64), Sum>,
}

impl Sums {
    pub fn add(&mut self, series: SeriesId, time_ms: i64, value: f64) {
        for tier in Tier::ALL {
            let start = time_ms.div_euclid(tier.step_ms()) * tier.step_ms();
            let one = Sum {
                count: 1,
                least: value,
                greatest: value,
                sum: value,
            };
            let add = |sum: &mut Sum| {
                sum.count += 1;
                sum.least = sum.least.min(value);
                sum.greatest = sum.greatest.max(value);
                sum.sum += value;
            };
            self.by_span
                .entry((series, tier, start))
                .and_modify(add)
                .or_insert(one);
        }
    }

    pub fn write(self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut upsert = transaction.prepare_cached(
            "INSERT INTO sums (series, step_ms, time_ms, count, least, greatest, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET count = count + excluded.count, sum = sum + excluded.sum,
                 least = min(least, excluded.least), greatest = max(greatest, excluded.greatest)",
        )?;
        for ((series, tier, start), sum) in self.by_span {
            let Sum {
                count,
                least,
                greatest,
                sum,
            } = sum;
            upsert.execute(params![
                series.0,
                tier.step_ms(),
                start,
                count,
                least,
                greatest,
                sum
            ])?;
        }
        Ok(())
    }
}
