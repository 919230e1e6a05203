//! A timeline as one machine plays it.

use std::sync::Arc;

use twinflow_plant::{Command, ControlMode, Fault};

use super::Role;
use super::sensor::Sensors;
use super::timeline::{Change, Event, Loads, Network, Timeline};

/// Where a machine is in its timeline.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    timeline: Arc<Timeline>,
    heat_factor: f32,
    load_factor: f32,
    /// When the present round began, in ms of the machine's time.
    began_ms: u64,
    /// The event that comes next.
    next: usize,
    fault: Option<Lasting<Fault>>,
    network: Option<Lasting<Network>>,
    heat: Option<Ramp>,
    mechanical: Option<Ramp>,
    speed: Option<Ramp>,
    /// Whether a command has set the fault: the timeline's own do not come any more then.
    is_fault_commanded: bool,
}

#[derive(Debug, Clone, Copy)]
struct Lasting<T> {
    what: T,
    until_ms: Option<u64>,
}

/// A load on its way to another value.
#[derive(Debug, Clone, Copy)]
struct Ramp {
    from: f32,
    to: f32,
    begin_ms: u64,
    over_ms: u64,
}

impl Course {
    /// Before the beginning.
    pub fn new(role: &Role) -> Self {
        Self {
            timeline: Arc::clone(&role.timeline),
            heat_factor: role.heat_factor,
            load_factor: role.load_factor,
            began_ms: role.delay_ms,
            next: 0,
            fault: None,
            network: None,
            heat: None,
            mechanical: None,
            speed: None,
            is_fault_commanded: false,
        }
    }

    /// The loads before anything has happened.
    pub fn first_command(&self) -> Command {
        let command = Command::default();
        self.with_mechanical(
            self.with_heat(command, command.process_heat_load_w()),
            command.mechanical_load(),
        )
    }

    /// How the connection is.
    pub fn network(&self) -> Network {
        self.network.map_or(Network::Up, |network| network.what)
    }

    /// An operator has spoken: what he has set is no longer on its way elsewhere.
    pub fn commanded(&mut self, before: &Command, after: &Command) {
        if before.fault() != after.fault() {
            self.is_fault_commanded = true;
        }
        if before.process_heat_load_w() != after.process_heat_load_w() {
            self.heat = None;
        }
        if before.mechanical_load() != after.mechanical_load() {
            self.mechanical = None;
        }
        if before.speed_command_pct() != after.speed_command_pct()
            || before.control_mode() != after.control_mode()
        {
            self.speed = None;
        }
    }

    /// Plays what is due at `now_ms` of the machine's time, and gives what the machine is told then.
    pub fn play(&mut self, now_ms: u64, command: Command, sensors: &mut Sensors) -> Command {
        let mut command = command;
        if let Some(repeat_ms) = self.timeline.repeat_ms
            && now_ms >= self.began_ms.saturating_add(repeat_ms)
        {
            let rounds = (now_ms - self.began_ms) / repeat_ms;
            self.began_ms += rounds * repeat_ms;
            command = self.begin_anew(command, sensors);
        }
        while let Some(event) = self.due(now_ms) {
            self.next += 1;
            command = self.begin(&event, command, sensors);
        }
        if let Some(Lasting {
            until_ms: Some(until_ms),
            ..
        }) = self.network
            && now_ms >= until_ms
        {
            self.network = None;
        }
        if let Some(Lasting { what, until_ms }) = self.fault {
            let is_over = until_ms.is_some_and(|until_ms| now_ms >= until_ms);
            if is_over {
                self.fault = None;
            }
            if !self.is_fault_commanded {
                command = command.with_fault(if is_over { Fault::NONE } else { what });
            }
        }
        self.ramp(now_ms, command)
    }

    fn due(&self, now_ms: u64) -> Option<Event> {
        let event = self.timeline.events.get(self.next)?;
        let is_due = now_ms >= self.began_ms.saturating_add(event.at_ms);
        is_due.then_some(*event)
    }

    fn begin_anew(&mut self, command: Command, sensors: &mut Sensors) -> Command {
        self.next = 0;
        self.fault = None;
        self.network = None;
        self.heat = None;
        self.mechanical = None;
        self.speed = None;
        sensors.mend();
        let fault = if self.is_fault_commanded {
            command.fault()
        } else {
            Fault::NONE
        };
        self.first_command().with_fault(fault)
    }

    fn begin(&mut self, event: &Event, command: Command, sensors: &mut Sensors) -> Command {
        let at_ms = self.began_ms.saturating_add(event.at_ms);
        let until_ms = event.for_ms.map(|for_ms| at_ms.saturating_add(for_ms));
        match event.change {
            Change::Loads(loads) => return self.begin_loads(&loads, at_ms, command),
            Change::Fault(what) => self.fault = Some(Lasting { what, until_ms }),
            Change::Network(what) => self.network = Some(Lasting { what, until_ms }),
            Change::Sensor { sensor, failure } => sensors.fail(sensor, failure, until_ms),
            Change::Drift { sensor, per_second } => sensors.drift(sensor, per_second, at_ms, until_ms),
        }
        command
    }

    fn begin_loads(&mut self, loads: &Loads, at_ms: u64, command: Command) -> Command {
        let ramp = |from: f32, to: f32| Ramp {
            from,
            to,
            begin_ms: at_ms,
            over_ms: loads.over_ms,
        };
        if let Some(heat_w) = loads.heat_w {
            let to = (heat_w * self.heat_factor).clamp(0.0, 500.0);
            self.heat = Some(ramp(command.process_heat_load_w(), to));
        }
        if let Some(mechanical) = loads.mechanical {
            let to = (mechanical * self.load_factor).clamp(0.0, 1.0);
            self.mechanical = Some(ramp(command.mechanical_load(), to));
        }
        if let Some(speed_pct) = loads.speed_pct {
            self.speed = Some(ramp(command.speed_command_pct(), speed_pct));
        }
        match (loads.control, loads.speed_pct) {
            (Some(mode), _) => command.with_control_mode(mode),
            // A speed that is set is a speed by hand.
            (None, Some(_)) => command.with_control_mode(ControlMode::Manual),
            (None, None) => command,
        }
    }

    fn ramp(&mut self, now_ms: u64, command: Command) -> Command {
        let mut command = command;
        if let Some(heat_w) = arrive(&mut self.heat, now_ms) {
            command = command.with_process_heat_load_w(heat_w).unwrap_or(command);
        }
        if let Some(mechanical) = arrive(&mut self.mechanical, now_ms) {
            command = command.with_mechanical_load(mechanical).unwrap_or(command);
        }
        if let Some(speed_pct) = arrive(&mut self.speed, now_ms) {
            command = command.with_speed_command_pct(speed_pct).unwrap_or(command);
        }
        command
    }

    /// The machine's own share of a heat load. What the factors make of an allowed value is clamped into the range.
    fn with_heat(&self, command: Command, heat_w: f32) -> Command {
        let heat_w = (heat_w * self.heat_factor).clamp(0.0, 500.0);
        command.with_process_heat_load_w(heat_w).unwrap_or(command)
    }

    fn with_mechanical(&self, command: Command, load: f32) -> Command {
        let load = (load * self.load_factor).clamp(0.0, 1.0);
        command.with_mechanical_load(load).unwrap_or(command)
    }
}

/// Where a ramp is now; one that has arrived is done with.
fn arrive(ramp: &mut Option<Ramp>, now_ms: u64) -> Option<f32> {
    let Ramp {
        from,
        to,
        begin_ms,
        over_ms,
    } = (*ramp)?;
    let passed_ms = now_ms.saturating_sub(begin_ms);
    if passed_ms >= over_ms {
        *ramp = None;
        return Some(to);
    }
    Some(from + (to - from) * (passed_ms as f32 / over_ms as f32))
}
