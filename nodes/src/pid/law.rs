//! The control law: PID in the standard (ISA) form, in positions.
//!
//! With the error `e = ±(measured − setpoint)`, positive where more output is due:
//!
//! `output = gain · (weighted e + 1/Ti · ∫ e dt + Td · d measured/dt)`
//!
//! after Åström and Murray, "Feedback Systems", 2nd edition (2021), chapter 11: the set-point can be weighted in the
//! proportional part, the derivative is that of the measured value only and goes through a first-order filter, and
//! back-calculation keeps the integral from winding up while the output stands at an end of its range.

/// The filter of the derivative has the time constant `Td / FILTER`; 2 to 20 are usual.
const FILTER: f64 = 10.0;

/// What a controller is set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Law {
    /// Units of output for each unit of error: positive where a higher measured value needs more output.
    pub gain: f64,
    /// Ti.
    pub integral_s: f64,
    /// Td; 0 for none.
    pub derivative_s: f64,
    /// How much of a change of the set-point acts at once, from 0 to 1.
    pub setpoint_weight: f64,
    /// The least and the greatest output. Nothing outside of it ever leaves.
    pub range: (f64, f64),
}

/// What the law knows of the readings before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Course {
    integral: f64,
    derivative: f64,
    measured: f64,
}

impl Law {
    /// The output, held within its range; the least of it for what is no number.
    pub fn limited(&self, output: f64) -> f64 {
        // `max` takes the number where the other is none.
        output.max(self.range.0).min(self.range.1)
    }

    /// A course that begins at a reading and goes on from an output that stands already: there is no bump.
    pub fn begin(&self, measured: f64, setpoint: f64, output: f64) -> Course {
        Course {
            integral: output - self.proportional(measured, setpoint),
            derivative: 0.0,
            measured,
        }
    }

    /// The output after a reading that came `after_s` behind the one before; the output `before` stands until then.
    pub fn proceed(
        &self,
        course: &mut Course,
        measured: f64,
        setpoint: f64,
        after_s: f64,
        before: f64,
    ) -> f64 {
        if self.derivative_s > 0.0 && after_s > 0.0 {
            let filter_s = self.derivative_s / FILTER;
            let change = self.gain * self.derivative_s * (measured - course.measured);
            course.derivative = (filter_s * course.derivative + change) / (filter_s + after_s);
        }
        course.measured = measured;
        course.integral += self.gain / self.integral_s * (measured - setpoint) * after_s;
        let wanted = self.proportional(measured, setpoint) + course.integral + course.derivative;
        let output = self.limited(wanted);
        course.integral += (output - wanted) * (after_s / self.tracking_s()).min(1.0);
        if !(course.integral.is_finite() && course.derivative.is_finite()) {
            // A reading beyond all measure: what follows must not suffer from it.
            *course = self.begin(measured, setpoint, before);
            return before;
        }
        output
    }

    fn proportional(&self, measured: f64, setpoint: f64) -> f64 {
        self.gain * (measured - self.setpoint_weight * setpoint)
    }

    /// How fast the integral follows an output that cannot: `√(Ti·Td)`, and `Ti` without a derivative.
    fn tracking_s(&self) -> f64 {
        if self.derivative_s > 0.0 {
            (self.integral_s * self.derivative_s).sqrt()
        } else {
            self.integral_s
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COOLING: Law = Law {
        gain: 10.0,
        integral_s: 20.0,
        derivative_s: 0.0,
        setpoint_weight: 1.0,
        range: (0.0, 100.0),
    };

    #[test]
    fn it_begins_where_the_output_is() {
        let mut course = COOLING.begin(25.0, 20.0, 37.0);
        let output = COOLING.proceed(&mut course, 25.0, 20.0, 0.0, 37.0);
        assert!((output - 37.0).abs() < 1e-12, "{output}");
    }

    #[test]
    fn an_error_that_stays_adds_the_proportional_part_once_in_each_integral_time() {
        let mut course = COOLING.begin(20.0, 20.0, 10.0);
        let mut output = 10.0;
        for _ in 0..200 {
            output = COOLING.proceed(&mut course, 21.0, 20.0, 0.1, output);
        }
        // 10 at the start, 10 by the proportional part, 10 by the integral after 20 s.
        assert!((output - 30.0).abs() < 1e-9, "{output}");
    }

    #[test]
    fn a_set_point_of_no_weight_changes_nothing_at_once() {
        let calm = Law {
            setpoint_weight: 0.0,
            ..COOLING
        };
        let mut course = calm.begin(20.0, 20.0, 10.0);
        assert_eq!(calm.proceed(&mut course, 20.0, 15.0, 0.0, 10.0), 10.0);
        let mut course = COOLING.begin(20.0, 20.0, 10.0);
        assert_eq!(COOLING.proceed(&mut course, 20.0, 15.0, 0.0, 10.0), 60.0);
    }

    #[test]
    fn the_derivative_sees_the_measured_value_alone() {
        let law = Law {
            derivative_s: 5.0,
            integral_s: 1e9,
            ..COOLING
        };
        let mut course = law.begin(20.0, 20.0, 50.0);
        let mut output = 50.0;
        // 0.1 °C/s: the derivative settles at gain · Td · 0.1 = 5.
        for step in 1..=200 {
            output = law.proceed(&mut course, 20.0 + 0.01 * f64::from(step), 20.0, 0.1, output);
        }
        assert!((output - (50.0 + 20.0 + 5.0)).abs() < 0.01, "{output}");
        let before = course.derivative;
        law.proceed(&mut course, 22.0, 10.0, 1e-9, output);
        assert!((course.derivative - before).abs() < 0.01);
    }

    #[test]
    fn saturation_does_not_wind_it_up() {
        let mut course = COOLING.begin(20.0, 20.0, 50.0);
        let mut output = 50.0;
        for _ in 0..36_000 {
            output = COOLING.proceed(&mut course, 60.0, 20.0, 0.1, output);
        }
        assert_eq!(output, 100.0);
        // An hour of a hopeless error; yet it leaves the end of its range as soon as the error changes its sign.
        let output = COOLING.proceed(&mut course, 19.9, 20.0, 0.1, output);
        assert!(output < 100.0, "{output}");
    }

    proptest! {
        /// Whatever is measured and wherever the set-point stands, what leaves is in the range.
        #[test]
        fn nothing_out_of_range_ever_leaves(
            readings in prop::collection::vec((any::<f64>(), any::<f64>(), 0.0..1e6_f64), 1..50),
            derivative_s in 0.0..100.0_f64,
            gain in -1e6..1e6_f64,
        ) {
            let law = Law { derivative_s, gain, ..COOLING };
            let mut course = law.begin(20.0, 20.0, 50.0);
            let mut output = 50.0;
            for (measured, setpoint, after_s) in readings {
                output = law.proceed(&mut course, measured, setpoint, after_s, output);
                prop_assert!((0.0..=100.0).contains(&output), "{output}");
            }
        }
    }
}
