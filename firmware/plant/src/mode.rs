//! The operating mode of the fan.

/// The operating mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The drive gets no speed command; the rotor coasts or stands.
    Off,
    /// From the first speed command until the rotor has nearly reached it.
    StartUp,
    /// Running.
    Normal,
    /// Running while the process gives off much heat: entered at 210 W, left at 185 W.
    HighLoad,
}

/// Heat in W at which [`Mode::HighLoad`] is entered, and the lower one at which it is left.
const HIGH_LOAD_ENTER_W: f32 = 210.0;
const HIGH_LOAD_LEAVE_W: f32 = 185.0;
/// Share of the commanded speed at which a start-up has ended. Own choice: after about three time constants.
const START_UP_ENDS_AT: f32 = 0.95;

impl Mode {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Off => "OFF",
            Mode::StartUp => "START-UP",
            Mode::Normal => "NORMAL",
            Mode::HighLoad => "HIGH_LOAD",
        }
    }

    /// The mode that follows, from the speed command and the speed (fractions of 3000 rpm) and the heat in W.
    pub(crate) fn next(self, speed_command: f32, speed: f32, heat_w: f32) -> Mode {
        if speed_command <= 0.0 {
            return Mode::Off;
        }
        match self {
            Mode::Off => Mode::StartUp,
            Mode::StartUp if speed < speed_command * START_UP_ENDS_AT => Mode::StartUp,
            Mode::HighLoad if heat_w > HIGH_LOAD_LEAVE_W => Mode::HighLoad,
            _ if heat_w >= HIGH_LOAD_ENTER_W => Mode::HighLoad,
            _ => Mode::Normal,
        }
    }
}
