//! The life of an alarm, after ISA-18.2: raised, acknowledged, returned, shelved, suppressed.

use serde::{Deserialize, Serialize};
use twinflow_engine::record::EventTime;

/// In which state an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be, and nobody has to look.
    Normal,
    /// It holds, and nobody has said that they saw it.
    Unacknowledged,
    /// It holds, and somebody knows.
    Acknowledged,
    /// It held, holds no more, and nobody has said that they saw it.
    Returned,
    /// Somebody has put it aside for a while.
    Shelved,
    /// The flow says that it means nothing now.
    Suppressed,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Unacknowledged => "unacknowledged",
            Self::Acknowledged => "acknowledged",
            Self::Returned => "returned",
            Self::Shelved => "shelved",
            Self::Suppressed => "suppressed",
        }
    }
}

/// How long something has to last, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Delays {
    /// Until the alarm is raised.
    pub on: i64,
    /// Until it returns.
    pub off: i64,
}

/// An alarm of one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Life {
    /// It holds.
    active: bool,
    /// Somebody knows, or there is nothing to know.
    acknowledged: bool,
    /// Since when the opposite of `active` has been seen, in microseconds since 1970.
    turning_since: Option<i64>,
    /// Until when it is put aside.
    shelved_until: Option<i64>,
    suppressed: bool,
    /// Since when it is in its state.
    since: i64,
    /// The value when it was raised.
    pub value: Option<f64>,
    /// Whether it was raised while no other one of its node stood.
    pub is_first: bool,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            active: false,
            acknowledged: true,
            turning_since: None,
            shelved_until: None,
            suppressed: false,
            since: 0,
            value: None,
            is_first: false,
        }
    }
}

impl Life {
    pub fn state(&self) -> State {
        match self {
            Self { suppressed: true, .. } => State::Suppressed,
            Self {
                shelved_until: Some(_),
                ..
            } => State::Shelved,
            Self {
                active: true,
                acknowledged: false,
                ..
            } => State::Unacknowledged,
            Self { active: true, .. } => State::Acknowledged,
            Self {
                acknowledged: false, ..
            } => State::Returned,
            _ => State::Normal,
        }
    }

    /// Whether its condition holds, whoever knows of it.
    pub fn is_active(&self) -> bool {
        self.active
    }

    pub fn since(&self) -> EventTime {
        EventTime(self.since)
    }

    pub fn shelved_until(&self) -> Option<EventTime> {
        self.shelved_until.map(EventTime)
    }

    /// What was seen at a time: whether the condition holds. True when the alarm is raised by that.
    pub fn see(&mut self, holds: bool, time: EventTime, delays: Delays) -> bool {
        if holds == self.active {
            self.turning_since = None;
            return false;
        }
        let since = *self.turning_since.get_or_insert(time.0);
        let needed = if holds { delays.on } else { delays.off };
        if time.0.saturating_sub(since) < needed {
            return false;
        }
        self.turning_since = None;
        self.active = holds;
        if holds {
            self.acknowledged = false;
        }
        holds
    }

    /// The flow says whether the alarm means something now.
    pub fn suppress(&mut self, suppressed: bool) {
        self.suppressed = suppressed;
    }

    /// Somebody knows. False when there is nothing to know.
    pub fn acknowledge(&mut self) -> bool {
        let is_open = matches!(self.state(), State::Unacknowledged | State::Returned);
        if is_open {
            self.acknowledged = true;
        }
        is_open
    }

    /// Puts it aside.
    pub fn shelve(&mut self, until: EventTime) {
        self.shelved_until = Some(until.0);
    }

    /// Takes it out again, if it was put aside: whoever knew of it then has to look anew.
    pub fn unshelve(&mut self) -> bool {
        let was_shelved = self.shelved_until.take().is_some();
        if was_shelved {
            self.acknowledged = !self.active;
        }
        was_shelved
    }

    /// Takes it out when its time is over.
    pub fn expire(&mut self, now: EventTime) {
        if self.shelved_until.is_some_and(|until| until <= now.0) {
            self.unshelve();
        }
    }

    /// Notes that the state is another one since `time`.
    pub fn mark(&mut self, time: EventTime) {
        self.since = time.0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT_ONCE: Delays = Delays { on: 0, off: 0 };

    fn at(seconds: i64) -> EventTime {
        EventTime(seconds * 1_000_000)
    }

    #[test]
    fn an_alarm_goes_its_way() {
        let mut life = Life::default();
        assert!(!life.acknowledge(), "there is nothing to know");
        assert!(life.see(true, at(1), AT_ONCE));
        assert_eq!(life.state(), State::Unacknowledged);
        assert!(life.acknowledge());
        assert_eq!(life.state(), State::Acknowledged);
        assert!(!life.see(false, at(2), AT_ONCE));
        assert_eq!(life.state(), State::Normal);
        assert!(life.see(true, at(3), AT_ONCE));
        life.see(false, at(4), AT_ONCE);
        assert_eq!(life.state(), State::Returned);
        assert!(life.acknowledge());
        assert_eq!(life.state(), State::Normal);
    }

    #[test]
    fn it_has_to_last() {
        let delays = Delays {
            on: 2_000_000,
            off: 5_000_000,
        };
        let mut life = Life::default();
        let raised = |life: &mut Life, seconds, holds| life.see(holds, at(seconds), delays);
        assert!(!raised(&mut life, 0, true));
        assert!(!raised(&mut life, 1, true));
        assert!(!raised(&mut life, 2, false), "it begins anew");
        assert!(!raised(&mut life, 3, true));
        assert!(raised(&mut life, 5, true));
        raised(&mut life, 6, false);
        raised(&mut life, 10, false);
        assert_eq!(life.state(), State::Unacknowledged);
        raised(&mut life, 11, false);
        assert_eq!(life.state(), State::Returned);
    }

    #[test]
    fn what_was_put_aside_comes_back_unacknowledged() {
        let mut life = Life::default();
        life.see(true, at(0), AT_ONCE);
        life.acknowledge();
        life.shelve(at(60));
        assert_eq!(life.state(), State::Shelved);
        life.expire(at(59));
        assert_eq!(life.state(), State::Shelved);
        life.expire(at(60));
        assert_eq!(life.state(), State::Unacknowledged);
        life.shelve(at(120));
        life.see(false, at(61), AT_ONCE);
        life.expire(at(120));
        assert_eq!(life.state(), State::Normal);
    }

    proptest! {
        /// Whatever happens, an alarm that holds and is not hidden is told, and one that nobody saw never becomes normal.
        #[test]
        fn no_alarm_is_lost(steps in prop::collection::vec((0_u8..5, any::<bool>()), 0..60)) {
            let mut life = Life::default();
            for (second, (what, flag)) in steps.into_iter().enumerate() {
                let before = life.clone();
                let now = at(second as i64);
                match what {
                    0 | 1 => drop(life.see(flag, now, AT_ONCE)),
                    2 => drop(life.acknowledge()),
                    3 => life.shelve(at(second as i64 + 3)),
                    _ => life.suppress(flag),
                }
                life.expire(now);
                let hidden = matches!(life.state(), State::Shelved | State::Suppressed);
                let told = matches!(life.state(), State::Unacknowledged | State::Acknowledged);
                prop_assert!(hidden || told == life.is_active());
                if before.state() == State::Unacknowledged && life.state() == State::Normal {
                    prop_assert!(what == 2, "only who looked can end it");
                }
            }
        }
    }
}
