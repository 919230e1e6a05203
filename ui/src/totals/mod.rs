//! `GET /api/totals/{node}`: what counters rose by in each hour, day or shift, and what that cost.

mod calendar;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{Local, TimeZone};
use serde::{Deserialize, Serialize};
use twinflow_engine::node::{Cost, Shift, Totals};
use twinflow_engine::record::EventTime;
use twinflow_engine::unit::Unit;
use twinflow_storage::history::Series;

use self::calendar::{HOUR_MS, Part};
use crate::history::{ShownHistory, machine};
use crate::refusal::{Refusal, from_disk};
use crate::shown::Current;

/// By what is summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Full hours.
    #[default]
    Hour,
    /// From midnight to midnight.
    Day,
    /// The shifts that the flow names.
    Shift,
}

impl By {
    /// What is shown when nobody says how much.
    const fn usual_ms(self) -> i64 {
        match self {
            Self::Hour => 24 * HOUR_MS,
            Self::Day => 30 * 24 * HOUR_MS,
            Self::Shift => 7 * 24 * HOUR_MS,
        }
    }

    fn parts<'s, Z: TimeZone>(self, span: &Range<i64>, shifts: &'s [Shift], zone: &Z) -> Vec<Part<'s>> {
        match self {
            Self::Hour => calendar::hours(span, zone),
            Self::Day => calendar::days(span, zone),
            Self::Shift => calendar::shifts(span, shifts, zone),
        }
    }
}

/// Which totals.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// By hour, day or shift.
    #[serde(default)]
    by: By,
    /// From this time, in milliseconds since 1970; a day, a month or a week before its end by default.
    from: Option<i64>,
    /// Up to this time; now by default.
    to: Option<i64>,
    /// The machine; it need not be named where there is only one.
    key: Option<String>,
}

/// What counters rose by.
#[derive(Debug, Serialize)]
struct Sums<'s> {
    by: By,
    from: i64,
    to: i64,
    buckets: Vec<Bucket<'s>>,
    fields: BTreeMap<&'s str, Counted>,
    currency: Option<&'s str>,
}

/// An hour, a day or a shift.
#[derive(Debug, Serialize)]
struct Bucket<'s> {
    from: i64,
    to: i64,
    name: Option<&'s str>,
    /// Whether it is over.
    whole: bool,
}

/// A counter.
#[derive(Debug, Serialize)]
struct Counted {
    unit: String,
    increases: Vec<Option<f64>>,
    sum: f64,
    cost: Option<f64>,
}

/// Longer than anybody looks back by the hour.
const MOST_BUCKETS: i64 = 10_000;

/// `GET /api/totals/{node}`.
pub async fn totals(
    State(current): State<Current>,
    Path(node): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refusal> {
    let (history, totals, now_ms) = {
        let shown = current.borrow();
        let totals = shown.dashboard.totals(&node).cloned();
        (
            shown.history.clone(),
            totals,
            shown.watched.clock.now().as_millis(),
        )
    };
    let of_no_totals = || Refusal::not_found(format!("the flow has no node `{node}` of the type `totals`"));
    let totals = totals.ok_or_else(of_no_totals)?;
    let history = history.ok_or_else(|| Refusal::not_found("this flow keeps no history"))?;
    from_disk(move || {
        let asked = Asked {
            node: &node,
            totals: &totals,
            now_ms: EventTime::now().as_millis().max(now_ms),
        };
        asked.answer(&history, &wanted)
    })
    .await
}

struct Asked<'a> {
    node: &'a str,
    totals: &'a Totals,
    now_ms: i64,
}

impl Asked<'_> {
    fn answer(&self, history: &ShownHistory, wanted: &Wanted) -> Result<Response, Refusal> {
        let fields = history.plan.stream(self.node).unwrap_or_default();
        let to = wanted.to.unwrap_or(self.now_ms.saturating_add(1));
        let from = wanted
            .from
            .unwrap_or_else(|| to.saturating_sub(wanted.by.usual_ms()));
        if from >= to || to.saturating_sub(from) > MOST_BUCKETS * HOUR_MS {
            let text = format!(
                "`from` ({from}) must be before `to` ({to}), both in milliseconds since 1970, by {MOST_BUCKETS} hours at most"
            );
            return Err(Refusal::unprocessable(text));
        }
        if wanted.by == By::Shift && self.totals.shifts.is_empty() {
            let text = format!("the node `{}` names no `shifts`", self.node);
            return Err(Refusal::unprocessable(text));
        }
        let span = from..to;
        let parts = wanted.by.parts(&span, &self.totals.shifts, &Local);
        let times: Vec<Range<i64>> = parts.iter().map(|part| part.time.clone()).collect();
        let store = history.recorder.caught_up();
        let machine = machine(store, fields, wanted.key.as_deref())?;
        let mut counted = BTreeMap::new();
        for (name, series) in fields {
            let increases = store
                .increases(series, &machine, &times, self.now_ms)
                .map_err(Refusal::unavailable)?;
            counted.insert(name.as_str(), self.counted(series, increases));
        }
        let buckets = parts.into_iter().map(|part| Bucket {
            from: part.time.start,
            to: part.time.end,
            name: part.name,
            whole: part.time.end <= self.now_ms,
        });
        let sums = Sums {
            by: wanted.by,
            from,
            to,
            buckets: buckets.collect(),
            fields: counted,
            currency: self.totals.cost.as_ref().map(|cost| cost.currency.as_str()),
        };
        Ok(Json(sums).into_response())
    }

    fn counted(&self, series: &Series, increases: Vec<Option<f64>>) -> Counted {
        let sum = increases.iter().flatten().sum();
        Counted {
            unit: series.unit.clone(),
            increases,
            sum,
            cost: self
                .totals
                .cost
                .as_ref()
                .and_then(|cost| paid(cost, &series.unit, sum)),
        }
    }
}

/// What so much of a unit costs; nothing when the price is for something else.
fn paid(cost: &Cost, unit: &str, amount: f64) -> Option<f64> {
    let conversion = Unit::parse(unit).ok()?.conversion_to(&cost.per)?;
    Some(conversion.apply(amount) * cost.price)
}
