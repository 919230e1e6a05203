//! The loop of one machine: its mode, its safe state, and what it sends when.

use twinflow_engine::record::EventTime;

use super::law::{Course, Law};
use crate::silence::{Patience, Silence};

/// Who says what the output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    /// The controller.
    Automatic,
    /// A person.
    Manual,
}

impl Mode {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
        }
    }
}

/// Why a loop is in its safe state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Danger {
    /// There is no valid reading any more.
    Silence,
    /// The records have not brought a set-point yet.
    NoSetpoint,
}

/// What the flow says of the loops of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rules {
    pub law: Law,
    /// The output in the safe state.
    pub safe: f64,
    /// So long without a valid reading leads there.
    pub patience: Patience,
    /// A command is sent so often.
    pub every_s: f64,
    /// The mode before anybody has chosen one.
    pub start: Mode,
    /// The set-point before anybody has set one; nothing where the records bring it.
    pub setpoint: Option<f64>,
    /// What a set-point may be.
    pub setpoint_range: Option<(f64, f64)>,
}

/// A loop.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub mode: Mode,
    pub danger: Option<Danger>,
    pub setpoint: Option<f64>,
    /// What goes to the machine; nothing as long as the loop has not taken it over.
    pub output: Option<f64>,
    /// The last reading; nothing while none comes.
    pub measured: Option<f64>,
    /// Whether it differs from what was saved.
    pub is_changed: bool,
    /// Nothing at the first reading, and whenever somebody else says what the output is.
    course: Option<Course>,
    newest: Option<EventTime>,
    /// When the next command of the controller is due, by the readings' time.
    due: Option<EventTime>,
    /// How long no valid reading has come.
    silence: Silence,
    /// How long ago a command was repeated.
    unsent_s: f64,
}

impl Machine {
    pub fn new(rules: &Rules) -> Self {
        Self {
            mode: rules.start,
            danger: None,
            setpoint: rules.setpoint,
            output: None,
            measured: None,
            is_changed: false,
            course: None,
            newest: None,
            due: None,
            silence: Silence::default(),
            unsent_s: 0.0,
        }
    }

    /// As people see it: `automatic`, `manual` or `safe`.
    pub fn state(&self) -> &'static str {
        match self.danger {
            Some(_) => "safe",
            None => self.mode.name(),
        }
    }

    /// Takes a record with what it says of the measured value and the set-point. True when a command is to be sent.
    pub fn read(
        &mut self,
        measured: Option<f64>,
        setpoint: Option<f64>,
        time: EventTime,
        rules: &Rules,
    ) -> bool {
        let after_s = self.newest.map(|newest| time.seconds_since(newest));
        // A late reading says nothing of now; one that is behind by more than the patience is of a clock that was set back.
        if after_s.is_some_and(|after_s| after_s < 0.0 && -after_s < rules.patience.stale_s) {
            return false;
        }
        if let Some(setpoint) = setpoint {
            self.setpoint = Some(setpoint);
        }
        let Some(measured) = measured else {
            return false;
        };
        self.measured = Some(measured);
        self.newest = Some(time);
        self.silence.end();
        let state = self.state();
        if self.danger == Some(Danger::Silence) {
            self.leave_danger();
        }
        if self.mode == Mode::Manual {
            return self.state() != state;
        }
        let Some(setpoint) = self.setpoint else {
            self.enter_danger(Danger::NoSetpoint, rules);
            return self.state() != state;
        };
        if self.danger.is_some() {
            self.leave_danger();
        }
        let before = self.output.unwrap_or(rules.safe);
        let after_s = after_s.filter(|after_s| (0.0..=rules.patience.stale_s).contains(after_s));
        let output = match (&mut self.course, after_s) {
            (Some(course), Some(after_s)) => rules.law.proceed(course, measured, setpoint, after_s, before),
            _ => {
                self.course = Some(rules.law.begin(measured, setpoint, before));
                before
            }
        };
        self.is_changed |= self.output != Some(output);
        self.output = Some(output);
        self.is_due(time, rules) || self.state() != state
    }

    /// Whether the controller's next command is due. They keep their distance, however the readings come.
    fn is_due(&mut self, time: EventTime, rules: &Rules) -> bool {
        let every = EventTime((rules.every_s * 1e6) as i64).0;
        match self.due {
            // A clock that was set back must not silence it.
            Some(due) if time < due && due.0.saturating_sub(time.0) <= every => false,
            due => {
                let next = due.map(|due| due.0.saturating_add(every));
                let next = next.filter(|next| *next > time.0 && next.saturating_sub(time.0) <= every);
                self.due = Some(EventTime(next.unwrap_or(time.0.saturating_add(every))));
                true
            }
        }
    }

    /// Time passes. True when a command is to be sent: the safe output, or one again that the readings do not bring about.
    pub fn wait(&mut self, passed_s: f64, rules: &Rules) -> bool {
        self.unsent_s += passed_s;
        if self.silence.wait(passed_s, rules.patience) {
            self.measured = None;
            // A loop that has not taken the machine over leaves it alone.
            if self.mode == Mode::Automatic || self.output.is_some() {
                self.enter_danger(Danger::Silence, rules);
                self.unsent_s = 0.0;
                return true;
            }
        }
        let is_led_by_readings = self.danger.is_none() && self.mode == Mode::Automatic;
        if is_led_by_readings || self.output.is_none() || self.unsent_s + 1e-6 < rules.every_s {
            return false;
        }
        self.unsent_s = 0.0;
        true
    }

    fn enter_danger(&mut self, danger: Danger, rules: &Rules) {
        self.danger = Some(danger);
        self.course = None;
        self.output = Some(rules.safe);
        self.is_changed = true;
    }

    fn leave_danger(&mut self) {
        self.danger = None;
        self.course = None;
        self.due = None;
    }

    /// A person sets the output, or holds it where it is. In the safe state too: whoever does so sees what they do.
    pub fn take_by_hand(&mut self, output: f64) {
        self.mode = Mode::Manual;
        self.output = Some(output);
        self.leave_danger();
        self.unsent_s = 0.0;
        self.is_changed = true;
    }

    /// The controller takes over, from the output that stands. True when that is the safe one, as there is no reading.
    pub fn take_automatically(&mut self, rules: &Rules) -> bool {
        self.is_changed = true;
        if self.mode == Mode::Automatic {
            return false;
        }
        self.mode = Mode::Automatic;
        self.leave_danger();
        let is_silent = self.silence.is_too_long();
        if is_silent {
            self.enter_danger(Danger::Silence, rules);
        }
        is_silent
    }

    /// A person sets the set-point.
    pub fn aim(&mut self, setpoint: f64) {
        self.setpoint = Some(setpoint);
        self.is_changed = true;
    }
}
