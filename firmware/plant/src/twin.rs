//! The machine as it should be: the plant's model, run in step with a real fan.
//!
//! It takes the speed that the fan really has and the loads that are set, and says which temperature, current and vibration a
//! sound fan would have then. What differs is the fault. The room's temperature is not measured: it is estimated while the
//! fan is first seen, which is taken to be sound at that time.

use crate::command::{Command, ControlMode};
use crate::control::speed_command;
use crate::error::PlantError;
use crate::parameters::Parameters;
use crate::sensors::Reading;

/// For so long the room's temperature is estimated afresh, and the expected temperature is the measured one.
const SETTLE_S: f32 = 10.0;
/// Then the estimate follows what is left of the difference, so slowly that a fault is not taken for the weather.
const TRACK_S: f32 = 7200.0;
/// After a longer silence the model begins again at the measured values; what it knows of the room stays.
const SILENCE_S: f32 = 60.0;
/// The model moves in steps of this length at most, a fraction of its shortest time constant.
const STEP_S: f32 = 0.1;

/// What is known of a fan beside its sensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inputs {
    /// Heat that the process is set to give off, in W.
    pub heat_load_w: f32,
    /// Mechanical load of the fan, 0 to 1.
    pub mechanical_load: f32,
    /// The speed in percent of full speed where an operator sets it; nothing where the controller does.
    pub speed_command_pct: Option<f32>,
}

impl Default for Inputs {
    /// Those of [`Command::default`].
    fn default() -> Self {
        let command = Command::default();
        Inputs {
            heat_load_w: command.process_heat_load_w(),
            mechanical_load: command.mechanical_load(),
            speed_command_pct: None,
        }
    }
}

impl Inputs {
    /// The speed that is commanded at a measured temperature in °C, as a fraction of full speed.
    ///
    /// # Errors
    /// [`PlantError::OutOfRange`] for a commanded speed outside 0 to 100 %.
    pub fn commanded_speed(&self, measured_c: f32) -> Result<f32, PlantError> {
        let command = match self.speed_command_pct {
            Some(speed_pct) => Command::default()
                .with_control_mode(ControlMode::Manual)
                .with_speed_command_pct(speed_pct)?,
            None => Command::default(),
        };
        Ok(speed_command(&command, measured_c))
    }
}

/// What a sound fan would report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The four sensors, without noise.
    pub reading: Reading,
    /// The room's temperature in °C, as given or as estimated.
    pub ambient_c: f32,
}

/// The twin of one fan.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Twin {
    /// What it has seen since it was last at rest, in s; no longer counted once settled.
    seen_s: f32,
    ambient_c: f32,
    temp_c: f32,
    speed: f32,
    /// The temperature at the first reading.
    begin_c: f32,
    /// Means while it settles: temperature, and heat over conductance.
    mean_temp_c: f32,
    mean_rise_c: f32,
    mean_conductance: f32,
    readings: f32,
}

impl Twin {
    /// How many numbers [`to_numbers`](Self::to_numbers) gives.
    pub const NUMBERS: usize = 9;

    /// What it knows, to be kept over a restart.
    pub const fn to_numbers(&self) -> [f32; Self::NUMBERS] {
        [
            self.seen_s,
            self.ambient_c,
            self.temp_c,
            self.speed,
            self.begin_c,
            self.mean_temp_c,
            self.mean_rise_c,
            self.mean_conductance,
            self.readings,
        ]
    }

    /// A twin that knows what another one knew; nothing if a number is not finite.
    pub fn from_numbers(numbers: [f32; Self::NUMBERS]) -> Option<Self> {
        let [
            seen_s,
            ambient_c,
            temp_c,
            speed,
            begin_c,
            mean_temp_c,
            mean_rise_c,
            mean_conductance,
            readings,
        ] = numbers;
        let twin = Twin {
            seen_s,
            ambient_c,
            temp_c,
            speed,
            begin_c,
            mean_temp_c,
            mean_rise_c,
            mean_conductance,
            readings,
        };
        numbers.iter().all(|number| number.is_finite()).then_some(twin)
    }

    /// Whether it has seen enough to expect a temperature of its own.
    pub const fn is_settled(&self) -> bool {
        self.seen_s >= SETTLE_S
    }

    /// Takes a reading of a fan with these parameters that came `after_s` seconds behind the one before, in a room of `ambient_c` if that is known, and says
    /// what it should have been. All figures of the reading must be finite.
    ///
    /// # Errors
    /// [`PlantError::OutOfRange`] for a commanded speed outside 0 to 100 %.
    pub fn follow(
        &mut self,
        parameters: &Parameters,
        measured: Reading,
        inputs: &Inputs,
        ambient_c: Option<f32>,
        after_s: f32,
    ) -> Result<Expected, PlantError> {
        let commanded = inputs.commanded_speed(measured.temp_c)?;
        let n = measured.rpm / parameters.full_speed_rpm;
        let is_first = self.readings == 0.0;
        let begins = is_first || !(0.0..=SILENCE_S).contains(&after_s);
        if begins {
            self.temp_c = measured.temp_c;
            self.speed = n;
        }
        let after_s = if begins { 0.0 } else { after_s };
        let conductance = parameters.cooling_w_per_c(n);
        if self.seen_s < SETTLE_S {
            let capacity = parameters.heat_capacity_j_per_c;
            self.settle(&measured, inputs.heat_load_w, conductance, capacity, after_s);
        }
        if let Some(ambient_c) = ambient_c {
            self.ambient_c = ambient_c;
        }
        let mut left_s = after_s;
        while left_s > 0.0 {
            let dt_s = left_s.min(STEP_S);
            left_s -= dt_s;
            self.speed += (commanded - self.speed) * (dt_s / parameters.speed_time_s);
            let given_off_w = (self.temp_c - self.ambient_c) * conductance;
            self.temp_c += (inputs.heat_load_w - given_off_w) * (dt_s / parameters.heat_capacity_j_per_c);
        }
        if self.seen_s < SETTLE_S {
            self.temp_c = measured.temp_c;
        } else if ambient_c.is_none() {
            self.ambient_c += (measured.temp_c - self.temp_c) * (after_s / TRACK_S);
        }
        Ok(Expected {
            reading: Reading {
                temp_c: self.temp_c,
                rpm: parameters.full_speed_rpm * self.speed,
                current_a: parameters.current_a(commanded, n, inputs.mechanical_load),
                vibration_g: parameters.vibration_g(commanded, n, inputs.mechanical_load),
            },
            ambient_c: self.ambient_c,
        })
    }

    /// Estimates the room's temperature from the balance of heat over all that was seen so far: what the process gives off
    /// leaves through the walls and with the air, or warms it up.
    fn settle(&mut self, measured: &Reading, heat_w: f32, conductance: f32, capacity: f32, after_s: f32) {
        if self.readings == 0.0 {
            self.begin_c = measured.temp_c;
        }
        self.seen_s += after_s;
        self.readings += 1.0;
        let mean = |mean: &mut f32, value: f32, readings: f32| *mean += (value - *mean) / readings;
        mean(&mut self.mean_temp_c, measured.temp_c, self.readings);
        mean(&mut self.mean_rise_c, heat_w / conductance, self.readings);
        mean(&mut self.mean_conductance, conductance, self.readings);
        // Over less than a second the sensor's noise would be taken for a warming.
        let warming_c_per_s = if self.seen_s < 1.0 {
            0.0
        } else {
            (measured.temp_c - self.begin_c) / self.seen_s
        };
        let warming_c = capacity * warming_c_per_s / self.mean_conductance;
        self.ambient_c = self.mean_temp_c - self.mean_rise_c + warming_c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, FaultClass, Plant};

    /// Runs plant and twin side by side and gives the mean differences of the last minute: temperature, speed, current,
    /// vibration; and the twin's room.
    fn differences(fault: Fault, room_c: f32) -> ([f32; 4], f32) {
        let mut plant = Plant::new(3, room_c).unwrap();
        let mut twin = Twin::default();
        let mut sums = [0.0; 4];
        let mut ambient_c = 0.0;
        for step in 0..4800 {
            if step == 2400 {
                plant.inject(fault);
            }
            plant.step();
            if step < 1800 || step % 2 == 1 {
                continue;
            }
            let reading = plant.reading();
            let expected = twin
                .follow(&Parameters::default(), reading, &Inputs::default(), None, 0.2)
                .unwrap();
            ambient_c = expected.ambient_c;
            if step >= 4200 {
                let expected = expected.reading;
                let differences = [
                    reading.temp_c - expected.temp_c,
                    reading.rpm - expected.rpm,
                    reading.current_a - expected.current_a,
                    reading.vibration_g - expected.vibration_g,
                ];
                for (sum, difference) in sums.iter_mut().zip(differences) {
                    *sum += difference / 300.0;
                }
            }
        }
        (sums, ambient_c)
    }

    #[test]
    fn a_sound_fan_is_as_expected_in_any_room() {
        for room_c in [5.0, 22.0, 35.0] {
            let ([temp_c, rpm, current_a, vibration_g], ambient_c) = differences(Fault::NONE, room_c);
            // The heat wanders by up to 24 W, which leave at 7 W/°C when the fan runs slowest; the room's estimate takes in as
            // much of it as there was in its ten seconds.
            assert!((ambient_c - room_c).abs() < 3.4, "{ambient_c} for {room_c}");
            assert!(temp_c.abs() < 3.4, "{temp_c}");
            assert!(rpm.abs() < 5.0, "{rpm}");
            assert!(current_a.abs() < 0.05, "{current_a}");
            assert!(vibration_g.abs() < 0.002, "{vibration_g}");
        }
    }

    #[test]
    fn each_fault_shows_where_it_acts() {
        let of = |class| differences(Fault::new(class, 0.9).unwrap(), 22.0).0;
        let [_, rpm, current_a, _] = of(FaultClass::Overcurrent);
        assert!(current_a > 0.3 && rpm < -50.0, "{current_a} {rpm}");
        let [temp_c, _, current_a, _] = of(FaultClass::CoolingDegradation);
        assert!(temp_c > 3.0 && current_a < -0.2, "{temp_c} {current_a}");
        let [_, _, _, vibration_g] = of(FaultClass::Imbalance);
        assert!(vibration_g > 0.02, "{vibration_g}");
        let [temp_c, _, current_a, _] = of(FaultClass::ThermalOverload);
        assert!(temp_c > 3.0 && current_a > 0.1, "{temp_c} {current_a}");
    }

    #[test]
    fn after_a_silence_it_begins_at_what_is_measured() {
        let mut plant = Plant::new(1, 22.0).unwrap();
        (0..1800).for_each(|_| plant.step());
        let mut twin = Twin::default();
        let warm = plant.reading();
        for _ in 0..100 {
            twin.follow(&Parameters::default(), warm, &Inputs::default(), None, 0.2)
                .unwrap();
        }
        let room_c = twin.ambient_c;
        let hot = Reading {
            temp_c: warm.temp_c + 10.0,
            ..warm
        };
        let expected = twin
            .follow(&Parameters::default(), hot, &Inputs::default(), None, 3600.0)
            .unwrap();
        assert_eq!(expected.reading.temp_c, hot.temp_c);
        assert_eq!(expected.ambient_c, room_c);
        // A minute between readings is none: the model goes on by itself.
        let expected = twin
            .follow(&Parameters::default(), hot, &Inputs::default(), None, 60.0)
            .unwrap();
        assert!(expected.reading.temp_c < hot.temp_c - 3.0);
    }

    #[test]
    fn what_it_knows_can_be_kept() {
        let mut twin = Twin::default();
        let reading = Plant::new(1, 22.0).unwrap().reading();
        twin.follow(&Parameters::default(), reading, &Inputs::default(), None, 0.0)
            .unwrap();
        assert_eq!(Twin::from_numbers(twin.to_numbers()), Some(twin));
        let mut broken = twin.to_numbers();
        broken[2] = f32::NAN;
        assert_eq!(Twin::from_numbers(broken), None);
    }

    #[test]
    fn a_command_out_of_range_is_refused() {
        let inputs = Inputs {
            speed_command_pct: Some(120.0),
            ..Inputs::default()
        };
        let reading = Plant::new(1, 22.0).unwrap().reading();
        assert!(
            Twin::default()
                .follow(&Parameters::default(), reading, &inputs, None, 0.2)
                .is_err()
        );
    }
}
