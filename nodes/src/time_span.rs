//! Settings that are times: `5 min`.

use std::ops::RangeInclusive;
use std::time::Duration;

use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::Check;
use twinflow_engine::unit::Quantity;

/// A time in seconds within the bounds, which are whole seconds, or a report. `help` tells what to write.
pub(crate) fn seconds(
    text: &Spanned<String>,
    bounds: RangeInclusive<u64>,
    help: &str,
    check: &mut Check<'_>,
) -> Option<f64> {
    let (least, most) = (*bounds.start(), *bounds.end());
    let reason = match Quantity::parse_duration(text) {
        Ok(time) if time < Duration::from_secs(least) => {
            format!("`{}` is too short: {} is the least", text.trim(), shown(least))
        }
        Ok(time) if time > Duration::from_secs(most) => {
            format!("`{}` is too long: {} is the most", text.trim(), shown(most))
        }
        Ok(time) => return Some(time.as_secs_f64()),
        Err(reason) => reason,
    };
    check.report(Diagnostic::new(Code::WrongValue, text.span, reason).with_help(help));
    None
}

/// Whole seconds in the largest unit that divides them.
fn shown(seconds: u64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "min")];
    match units
        .iter()
        .find(|(length, _)| seconds > 0 && seconds.is_multiple_of(*length))
    {
        Some((length, unit)) => format!("{} {unit}", seconds / length),
        None => format!("{seconds} s"),
    }
}
