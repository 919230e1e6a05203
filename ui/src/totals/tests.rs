//! The calendar: hours, days and shifts, also where the clock is put forward and back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

use chrono::{DateTime, FixedOffset, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use twinflow_engine::node::Shift;

use super::calendar::{HOUR_MS, days, hours, shifts};

/// Central Europe in 2026: put forward on 29 March and back on 25 October, both at 01:00 UTC.
#[derive(Clone, Copy, Debug)]
struct Berlin;

impl Berlin {
    fn is_summer(utc: NaiveDateTime) -> bool {
        let at = |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        utc >= at("2026-03-29 01:00") && utc < at("2026-10-25 01:00")
    }

    fn at(hours: i32) -> FixedOffset {
        FixedOffset::east_opt(hours * 3600).unwrap()
    }
}

impl TimeZone for Berlin {
    type Offset = FixedOffset;

    fn from_offset(_: &FixedOffset) -> Self {
        Self
    }

    fn offset_from_local_date(&self, _: &chrono::NaiveDate) -> chrono::MappedLocalTime<FixedOffset> {
        chrono::MappedLocalTime::None
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> chrono::MappedLocalTime<FixedOffset> {
        let fits: Vec<FixedOffset> = [2, 1]
            .map(Self::at)
            .into_iter()
            .filter(|offset| {
                let utc = *local - chrono::TimeDelta::seconds(offset.local_minus_utc().into());
                Self::is_summer(utc) == (offset.local_minus_utc() == 7200)
            })
            .collect();
        match fits.as_slice() {
            [] => chrono::MappedLocalTime::None,
            [one] => chrono::MappedLocalTime::Single(*one),
            [first, second, ..] => chrono::MappedLocalTime::Ambiguous(*first, *second),
        }
    }

    fn offset_from_utc_date(&self, _: &chrono::NaiveDate) -> FixedOffset {
        Self::at(1).fix()
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
        Self::at(if Self::is_summer(*utc) { 2 } else { 1 })
    }
}

fn ms(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
}

fn shift(name: &str, from: &str, to: &str) -> Shift {
    let time = |text| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
    Shift {
        name: name.to_owned(),
        from: time(from),
        to: time(to),
    }
}

#[test]
fn days_begin_at_midnight_and_are_longer_or_shorter_when_the_clock_is_changed() {
    let length = |day: &str| {
        let noon = ms(&format!("{day}T12:00:00Z"));
        let days = days(&(noon..noon + 1), &Berlin);
        assert_eq!(days.len(), 1);
        (days[0].time.end - days[0].time.start) / HOUR_MS
    };
    assert_eq!(length("2026-03-28"), 24);
    assert_eq!(length("2026-03-29"), 23);
    assert_eq!(length("2026-10-25"), 25);
    let first = &days(&(ms("2026-07-01T12:00:00Z")..ms("2026-07-01T12:00:01Z")), &Berlin)[0];
    assert_eq!(first.time.start, ms("2026-06-30T22:00:00Z"));
}

#[test]
fn a_span_gets_all_the_hours_that_it_touches() {
    let span = ms("2026-07-01T10:30:00Z")..ms("2026-07-01T13:00:00Z");
    let starts: Vec<i64> = hours(&span, &Utc)
        .into_iter()
        .map(|part| part.time.start)
        .collect();
    assert_eq!(
        starts,
        ["10", "11", "12"].map(|hour| ms(&format!("2026-07-01T{hour}:00:00Z")))
    );
    // India is half an hour off: its hours begin at half past.
    let india = FixedOffset::east_opt(19_800).unwrap();
    let first = hours(&span, &india)[0].time.start;
    assert_eq!(first, ms("2026-07-01T10:30:00Z"));
}

#[test]
fn shifts_go_over_midnight() {
    let plan = [
        shift("Early", "06:00", "14:00"),
        shift("Late", "14:00", "22:00"),
        shift("Night", "22:00", "06:00"),
    ];
    let span = ms("2026-07-01T03:00:00Z")..ms("2026-07-01T23:00:00Z");
    let found: Vec<(Option<&str>, i64, i64)> = shifts(&span, &plan, &Utc)
        .iter()
        .map(|part| (part.name, part.time.start, part.time.end))
        .collect();
    let day = |hour: &str| ms(&format!("2026-07-01T{hour}:00:00Z"));
    assert_eq!(
        found,
        [
            (Some("Night"), ms("2026-06-30T22:00:00Z"), day("06")),
            (Some("Early"), day("06"), day("14")),
            (Some("Late"), day("14"), day("22")),
            (Some("Night"), day("22"), ms("2026-07-02T06:00:00Z")),
        ]
    );
}

#[test]
fn a_time_that_the_clock_leaves_out_is_when_it_goes_on() {
    let plan = [shift("Odd", "02:30", "10:00")];
    let span = ms("2026-03-29T00:00:00Z")..ms("2026-03-29T12:00:00Z");
    let found = shifts(&span, &plan, &Berlin);
    // 02:30 does not exist on that day: the clock goes from 02:00 to 03:00, which is 01:00 UTC.
    assert_eq!(found[0].time.start, ms("2026-03-29T01:00:00Z"));
    assert_eq!(found[0].time.end, ms("2026-03-29T08:00:00Z"));
}
