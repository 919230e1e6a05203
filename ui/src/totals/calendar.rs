//! Hours, days and shifts of the clock on the wall, in a time zone with its summer time.

use std::ops::Range;

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use twinflow_engine::node::Shift;

/// An hour in milliseconds.
pub(super) const HOUR_MS: i64 = 3_600_000;

/// A stretch of time with, if it is a shift, its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part<'s> {
    /// In milliseconds since 1970.
    pub time: Range<i64>,
    /// The shift.
    pub name: Option<&'s str>,
}

/// The hours that touch `span`. They are as long as any: an hour that the clock shows twice is two.
pub(super) fn hours<Z: TimeZone>(span: &Range<i64>, zone: &Z) -> Vec<Part<'static>> {
    // Full hours of the zone, of which some are half an hour off those of Greenwich.
    let offset_ms = zone_offset_ms(span.start, zone);
    let first = (span.start + offset_ms).div_euclid(HOUR_MS) * HOUR_MS - offset_ms;
    let starts = (0..).map(|number| first + number * HOUR_MS);
    starts
        .take_while(|start| *start < span.end)
        .map(|start| Part {
            time: start..start + HOUR_MS,
            name: None,
        })
        .collect()
}

/// The days that touch `span`, from midnight to midnight.
pub(super) fn days<Z: TimeZone>(span: &Range<i64>, zone: &Z) -> Vec<Part<'static>> {
    dates(span, zone)
        .filter_map(|date| {
            let start = instant_ms(date.and_time(NaiveTime::MIN), zone)?;
            let end = instant_ms(date.succ_opt()?.and_time(NaiveTime::MIN), zone)?;
            Some(Part {
                time: start..end,
                name: None,
            })
        })
        .filter(|part| touches(&part.time, span))
        .collect()
}

/// The shifts that touch `span`, in the order in which they begin.
pub(super) fn shifts<'s, Z: TimeZone>(span: &Range<i64>, shifts: &'s [Shift], zone: &Z) -> Vec<Part<'s>> {
    let mut parts: Vec<Part<'s>> = dates(span, zone)
        .flat_map(|date| shifts.iter().map(move |shift| (date, shift)))
        .filter_map(|(date, shift)| {
            let last = if shift.to <= shift.from {
                date.succ_opt()?
            } else {
                date
            };
            let start = instant_ms(date.and_time(shift.from), zone)?;
            let end = instant_ms(last.and_time(shift.to), zone)?;
            (start < end).then_some(Part {
                time: start..end,
                name: Some(shift.name.as_str()),
            })
        })
        .filter(|part| touches(&part.time, span))
        .collect();
    parts.sort_by_key(|part| part.time.start);
    parts
}

fn touches(part: &Range<i64>, span: &Range<i64>) -> bool {
    part.start < span.end && part.end > span.start
}

/// The dates of a span, and one before: a shift may have begun on it.
fn dates<Z: TimeZone>(span: &Range<i64>, zone: &Z) -> impl Iterator<Item = NaiveDate> + use<Z> {
    let date = |time_ms: i64| wall(time_ms, zone).map(|time| time.date());
    let first = date(span.start).and_then(|date| date.pred_opt());
    let last = date(span.end);
    first
        .into_iter()
        .flat_map(|date| date.iter_days())
        .take_while(move |date| last.is_some_and(|last| *date <= last))
}

fn wall<Z: TimeZone>(time_ms: i64, zone: &Z) -> Option<NaiveDateTime> {
    let time = DateTime::from_timestamp_millis(time_ms)?;
    Some(time.with_timezone(zone).naive_local())
}

/// How far the clock on the wall is before that of Greenwich.
fn zone_offset_ms<Z: TimeZone>(time_ms: i64, zone: &Z) -> i64 {
    let local = wall(time_ms, zone).map(|time| time.and_utc().timestamp_millis());
    local.map_or(0, |local| local - time_ms)
}

/// When the clock shows this. A time that it shows twice is the first of both; one that it leaves out is when it goes on.
fn instant_ms<Z: TimeZone>(time: NaiveDateTime, zone: &Z) -> Option<i64> {
    // No clock is put forward by more than two hours.
    let steps = (0..=8).map(|quarters| time + TimeDelta::minutes(15 * quarters));
    steps
        .filter_map(|time| match zone.from_local_datetime(&time) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => {
                Some(instant.timestamp_millis())
            }
            LocalResult::None => None,
        })
        .next()
}
