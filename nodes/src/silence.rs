//! Readings that stay away for too long.

use twinflow_engine::record::EventTime;

/// How long readings may stay away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Patience {
    /// By then, something has been done about it.
    pub stale_s: f64,
}

impl Patience {
    /// How often to look, so that it is noticed in time.
    pub fn tick_s(self) -> f64 {
        (self.stale_s / 20.0).min(0.25)
    }
}

/// How long the readings of a machine have stayed away.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Silence {
    lasts_s: f64,
    is_too_long: bool,
}

impl Silence {
    /// A reading came.
    pub fn end(&mut self) {
        *self = Self::default();
    }

    /// Whether it was found to be too long.
    pub fn is_too_long(&self) -> bool {
        self.is_too_long
    }

    /// Time passes. True once, when the silence gets too long: a little before the patience is over, since at the next tick it could
    /// be too late, and a command needs a moment to get to its machine, too.
    pub fn wait(&mut self, passed_s: f64, patience: Patience) -> bool {
        self.lasts_s += passed_s;
        let is_late = self.lasts_s + 2.0 * patience.tick_s() > patience.stale_s;
        is_late && !std::mem::replace(&mut self.is_too_long, is_late)
    }
}

/// Time between ticks, whatever happens to the machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Passing(Option<EventTime>);

impl Passing {
    /// The seconds since the tick before; those of a tick where it is not known, or the clock was set back.
    pub fn since(&mut self, now: EventTime, tick_s: f64) -> f64 {
        let before = self.0.replace(now);
        let passed_s = before.map(|before| now.seconds_since(before));
        passed_s.filter(|passed_s| *passed_s > 0.0).unwrap_or(tick_s)
    }
}
