//! The course of one machine's value: what is known of it, and what is foreseen.

use twinflow_engine::record::EventTime;

use super::limit::{Direction, Limit};
use super::lookahead::{Known, Learnt, Lookahead};
use super::trend::{Line, Sums};
use crate::lapse::Lapse;

/// The lengths over which forecasts are judged, as shares of the horizon, the shortest first.
pub(super) const LOOKAHEADS: [f64; 3] = [1.0 / 16.0, 0.25, 1.0];
/// So many readings are needed, and they must reach over a half-life.
const LEAST_READINGS: u32 = 5;
/// The scatter of the readings is that of so many half-lives.
const NOISE_HALF_LIVES: f64 = 4.0;
/// Points at which the course is held against a limit.
const POINTS: u32 = 64;

/// The times of the setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub half_life_s: f64,
    pub horizon_s: f64,
    lapse: Lapse,
}

impl Times {
    pub fn new(half_life_s: f64, horizon_s: f64) -> Self {
        Self {
            half_life_s,
            horizon_s,
            lapse: Lapse::of((half_life_s * 1e6) as i64),
        }
    }
}

/// The scatter of the readings about the line, from how each missed what the readings before it foresaw.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Noise {
    pub weight: f64,
    pub squares: f64,
}

/// What is known of a machine.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub newest: EventTime,
    pub first: EventTime,
    pub readings: u32,
    pub sums: Sums,
    pub noise: Noise,
    pub lookaheads: [Lookahead; 3],
    /// Whether it differs from what was saved.
    pub is_changed: bool,
}

impl Course {
    /// One that has seen nothing, at the time of its first reading.
    pub fn new(times: &Times, first: EventTime) -> Self {
        Self {
            newest: first,
            first,
            readings: 0,
            sums: Sums::default(),
            noise: Noise::default(),
            lookaheads: LOOKAHEADS.map(|share| Lookahead::new(share * times.horizon_s)),
            is_changed: false,
        }
    }

    /// Takes a reading in, and tells what is foreseen. Nothing while too little is known, and for a reading that is late:
    /// the course has gone past it.
    pub fn take(&mut self, times: &Times, time: EventTime, value: f64) -> Option<Outlook> {
        if times.lapse.has_passed(self.newest, time) {
            // How the machine behaves is still true; where it is, is not.
            let learnt = self.lookaheads.each_ref().map(|lookahead| lookahead.learnt);
            *self = Self::new(times, time).with(learnt);
        }
        if time < self.newest {
            return None;
        }
        let passed = time.seconds_since(self.newest) / times.half_life_s;
        self.newest = time;
        self.is_changed = true;
        self.sums.advance(passed);
        let faded = (-passed / NOISE_HALF_LIVES).exp2();
        self.noise.weight *= faded;
        self.noise.squares *= faded;
        if self.readings >= 3
            && let Some(line) = self.sums.line()
        {
            let missed = (value - line.level).powi(2) / (1.0 + line.variance(0.0));
            if missed.is_finite() {
                self.noise.weight += 1.0;
                self.noise.squares += missed;
            }
        }
        for lookahead in &mut self.lookaheads {
            lookahead.judge(time, value);
        }
        self.sums.push(value);
        self.readings = self.readings.saturating_add(1);
        let is_known = self.readings >= LEAST_READINGS
            && self.noise.weight > 0.0
            && time.seconds_since(self.first) >= times.half_life_s;
        let line = self.sums.line().filter(|_| is_known)?;
        let outlook = Outlook {
            line,
            rest: value - line.level,
            half_life_s: times.half_life_s,
            noise: (self.noise.squares / self.noise.weight).sqrt(),
            known: self
                .lookaheads
                .each_ref()
                .map(|ahead| (ahead.seconds.ln(), ahead.learnt)),
        };
        let known = Known {
            level: line.level,
            slope: line.slope / times.half_life_s,
            rest: outlook.rest,
        };
        for lookahead in &mut self.lookaheads {
            lookahead.keep(time, known, outlook.deviation(lookahead.seconds));
        }
        Some(outlook)
    }

    /// The same with what forecasts have taught.
    pub fn with(mut self, learnt: [Learnt; 3]) -> Self {
        for (lookahead, learnt) in self.lookaheads.iter_mut().zip(learnt) {
            lookahead.learnt = learnt;
        }
        self
    }
}

/// What is foreseen, from the newest reading on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlook {
    line: Line,
    /// How far the newest reading lies above the line.
    rest: f64,
    half_life_s: f64,
    /// Standard deviation of a reading.
    noise: f64,
    /// By lookahead: logarithm of its seconds, and what it taught.
    known: [(f64, Learnt); 3],
}

/// A value with the bounds between which 9 of 10 outcomes lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Foreseen {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Outlook {
    /// The value after so many seconds.
    pub fn at(&self, seconds: f64) -> Foreseen {
        let slope = self.learnt(seconds, |learnt| learnt.shares().slope);
        let rest = self.learnt(seconds, |learnt| learnt.shares().rest);
        let value = self.line.level + slope * self.line.slope * seconds / self.half_life_s + rest * self.rest;
        let width = self.deviation(seconds) * self.learnt(seconds, |learnt| learnt.width).exp();
        Foreseen {
            value,
            low: value - width,
            high: value + width,
        }
    }

    /// When a limit is reached, in seconds from now: at the earliest, as foreseen, at the latest; nothing for what is not
    /// foreseen up to the horizon.
    pub fn reaches(&self, limit: &Limit, horizon_s: f64) -> [Option<f64>; 3] {
        let mut found = [None; 3];
        let mut before: Option<(f64, [f64; 3])> = None;
        for point in 0..=POINTS {
            let seconds = horizon_s * f64::from(point) / f64::from(POINTS);
            let Foreseen { value, low, high } = self.at(seconds);
            // How far each is past the limit.
            let past = match limit.direction {
                Direction::Rising => [high, value, low].map(|value| value - limit.value),
                Direction::Falling => [low, value, high].map(|value| limit.value - value),
            };
            for (index, (found, past)) in found.iter_mut().zip(past).enumerate() {
                if found.is_none() && past >= 0.0 {
                    let last = before.and_then(|(at, past)| Some((at, *past.get(index)?)));
                    *found = Some(match last {
                        Some((at, short)) => at + (seconds - at) * short / (short - past),
                        None => 0.0,
                    });
                }
            }
            before = Some((seconds, past));
        }
        found
    }

    /// Standard deviation of the error after so many seconds, as far as the scatter of the readings explains it: that of
    /// the line, and that of the reading itself.
    fn deviation(&self, seconds: f64) -> f64 {
        self.noise * (1.0 + self.line.variance(seconds / self.half_life_s)).sqrt()
    }

    /// What was learnt for so many seconds: between two lookaheads, in proportion to the logarithm of the time.
    fn learnt(&self, seconds: f64, of: impl Fn(&Learnt) -> f64) -> f64 {
        let at = seconds.ln();
        let [first, .., last] = &self.known;
        if at <= first.0 {
            return of(&first.1);
        }
        for (before, after) in self.known.iter().zip(self.known.iter().skip(1)) {
            if at < after.0 {
                let share = (at - before.0) / (after.0 - before.0);
                return of(&before.1) * (1.0 - share) + of(&after.1) * share;
            }
        }
        of(&last.1)
    }
}
