//! What was fitted, for people, and as YAML for the flow.

use std::fmt;

use twinflow_nodes::twin_fit::{Estimate, Fitted, Misses};

/// The outcome of a fit.
pub struct FitReport<'f> {
    /// The node that was fitted.
    pub node: &'f str,
    pub fitted: &'f Fitted,
    /// How many readings it was fitted to.
    pub readings: usize,
    /// Readings with a fault, that lack a sensor, and that came late.
    pub faulty: usize,
    pub lacking: usize,
    pub late: usize,
    /// Whether the log tells faults apart.
    pub is_labelled: bool,
    /// What the twin misses with the usual parameters, and with those that were fitted, where it was not fitted to.
    pub before: Misses,
    pub after: Misses,
}

impl fmt::Display for FitReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "`{}` was fitted to {} readings.", self.node, self.readings)?;
        for (count, what) in [
            (self.faulty, "of a faulty machine were left out"),
            (self.lacking, "lack a sensor"),
            (self.late, "came late"),
        ] {
            if count > 0 {
                writeln!(f, "  {count} {what}")?;
            }
        }
        if !self.is_labelled {
            writeln!(
                f,
                "  The log does not tell faults: all of it was taken for a sound machine."
            )?;
        }
        writeln!(f, "\n{:16} {:>12} {:>10}  unit", "parameter", "fitted", "± error")?;
        for (name, estimate) in &self.fitted.estimates {
            let (value, error) = digits(estimate);
            if estimate.is_told {
                writeln!(f, "{name:16} {value:>12} {error:>10}  {}", unit(name))?;
            } else {
                writeln!(
                    f,
                    "{name:16} {value:>12} {:>10}  {}  left open by the log",
                    "",
                    unit(name)
                )?;
            }
        }
        writeln!(
            f,
            "\nMeasured minus expected on {} readings that it was not fitted to (root mean square):\n\n{:16} {:>12} {:>10}  unit",
            self.after.readings, "sensor", "usual", "fitted"
        )?;
        let Misses {
            temp_c,
            rpm,
            current_a,
            vibration_g,
            ..
        } = self.after;
        let sensors = [
            ("temp", self.before.temp_c, temp_c, "°C"),
            ("rpm", self.before.rpm, rpm, "rpm"),
            ("current", self.before.current_a, current_a, "A"),
            ("vibration", self.before.vibration_g, vibration_g, "g"),
        ];
        for (name, before, after, unit) in sensors {
            writeln!(f, "{name:16} {:>12} {:>10}  {unit}", short(before), short(after))?;
        }
        writeln!(
            f,
            "\nWrite this into the node `{}`, and train the models that learn from its residuals anew:\n\n    parameters:",
            self.node
        )?;
        for (name, estimate) in &self.fitted.estimates {
            writeln!(f, "      {name}: {} {}", digits(estimate).0, unit(name))?;
        }
        Ok(())
    }
}

/// The unit of a parameter in the flow.
fn unit(parameter: &str) -> &'static str {
    match parameter {
        "heat_capacity" => "J/°C",
        "passive_cooling" | "active_cooling" => "W/°C",
        "full_speed" => "rpm",
        "speed_time" => "s",
        name if name.ends_with("current") => "A",
        _ => "g",
    }
}

/// Three digits.
fn short(value: f64) -> String {
    with_digits(value, 3, value)
}

/// The value to the second digit of its error, and that error.
fn digits(estimate: &Estimate) -> (String, String) {
    (
        with_digits(estimate.value, 2, estimate.error),
        with_digits(estimate.error, 2, estimate.error),
    )
}

/// `value` to so many digits of `scale`.
fn with_digits(value: f64, digits: i32, scale: f64) -> String {
    let magnitude = if scale.abs() > 0.0 {
        scale.abs().log10().floor() as i32
    } else {
        0
    };
    let decimals = usize::try_from(digits - 1 - magnitude).unwrap_or(0).min(9);
    format!("{value:.decimals$}")
}
