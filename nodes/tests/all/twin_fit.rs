//! Fitting a twin to another fan than the simulated one.

use twinflow_nodes::twin_fit::{Estimate, Fitted, Seen, fit, misses};
use twinflow_plant::{Inputs, Parameters, Reading};

/// A larger fan, slower, in a well-ventilated cabinet.
const OTHER: Parameters = Parameters {
    heat_capacity_j_per_c: 1500.0,
    passive_cooling_w_per_c: 3.0,
    active_cooling_w_per_c: 14.0,
    full_speed_rpm: 2600.0,
    speed_time_s: 4.0,
    idle_current_a: 0.3,
    speed_current_a: 1.6,
    load_current_a: 0.4,
    idle_vibration_g: 0.012,
    speed_vibration_g: 0.035,
    load_vibration_g: 0.004,
};

/// Numbers that look like noise: a linear congruential generator (Numerical Recipes) and the sum of twelve.
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f64 {
        let sum: f64 = (0..12)
            .map(|_| {
                self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from(self.0) / f64::from(u32::MAX)
            })
            .sum();
        sum - 6.0
    }
}

/// What a run is made of: the room, and heat, load and command over time in s.
struct Run {
    room_c: f64,
    heat_w: fn(f64) -> f64,
    load: fn(f64) -> f64,
    command_pct: fn(f64) -> f64,
    knows_room: bool,
}

/// Five minutes of readings at 5 Hz, by equations written here anew.
fn readings(run: &Run, seed: u32) -> Vec<Seen> {
    let mut noise = Noise(seed);
    let (mut temp_c, mut speed) = (run.room_c + 4.0, 0.3);
    let mut seen = Vec::new();
    for step in 0..1500 {
        let time_s = f64::from(step) * 0.2;
        let (heat_w, load) = ((run.heat_w)(time_s), (run.load)(time_s));
        let command = (run.command_pct)(time_s) / 100.0;
        for _ in 0..20 {
            speed += (command - speed) * 0.01 / 4.0;
            temp_c += (heat_w - (3.0 + 14.0 * speed) * (temp_c - run.room_c)) * 0.01 / 1500.0;
        }
        let measured = Reading {
            temp_c: (temp_c + 0.05 * noise.next()) as f32,
            rpm: (2600.0 * speed + 8.0 * noise.next()) as f32,
            current_a: (0.3 + 1.6 * speed + 0.4 * load + 0.02 * noise.next()) as f32,
            vibration_g: (0.012 + 0.035 * speed + 0.004 * load + 0.001 * noise.next()) as f32,
        };
        seen.push(Seen {
            after_s: (step > 0).then_some(0.2),
            measured,
            inputs: Inputs {
                heat_load_w: heat_w as f32,
                mechanical_load: load as f32,
                speed_command_pct: Some((command * 100.0) as f32),
            },
            ambient_c: run.knows_room.then_some(run.room_c as f32),
        });
    }
    seen
}

fn steps(time_s: f64, length_s: f64, values: [f64; 4]) -> f64 {
    values[(time_s / length_s) as usize % 4]
}

fn lively(room_c: f64, knows_room: bool) -> Run {
    Run {
        room_c,
        heat_w: |time_s| steps(time_s, 130.0, [80.0, 200.0, 120.0, 260.0]),
        load: |time_s| steps(time_s, 45.0, [0.2, 0.7, 0.4, 0.9]),
        command_pct: |time_s| steps(time_s, 70.0, [40.0, 90.0, 60.0, 100.0]),
        knows_room,
    }
}

fn figures(parameters: &Parameters) -> Vec<f64> {
    let Parameters {
        heat_capacity_j_per_c,
        passive_cooling_w_per_c,
        active_cooling_w_per_c,
        full_speed_rpm,
        speed_time_s,
        idle_current_a,
        speed_current_a,
        load_current_a,
        idle_vibration_g,
        speed_vibration_g,
        load_vibration_g,
    } = *parameters;
    [
        heat_capacity_j_per_c,
        passive_cooling_w_per_c,
        active_cooling_w_per_c,
        full_speed_rpm,
        speed_time_s,
        idle_current_a,
        speed_current_a,
        load_current_a,
        idle_vibration_g,
        speed_vibration_g,
        load_vibration_g,
    ]
    .map(f64::from)
    .to_vec()
}

fn estimate(fitted: &Fitted, name: &str) -> Estimate {
    fitted
        .estimates
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap()
        .1
}

#[test]
fn another_fans_figures_are_found_with_their_errors() {
    for knows_room in [false, true] {
        let runs = [
            readings(&lively(18.0, knows_room), 1),
            readings(&lively(27.0, knows_room), 2),
            readings(&lively(22.0, knows_room), 3),
        ];
        let fitted = fit(&runs).unwrap();
        for (((name, estimate), found), wanted) in fitted
            .estimates
            .iter()
            .zip(figures(&fitted.parameters))
            .zip(figures(&OTHER))
        {
            assert!(estimate.is_told, "{name}: {estimate:?}");
            assert!((found - estimate.value).abs() <= 1e-6 * found.abs(), "{name}");
            let off = (found - wanted).abs() / wanted;
            assert!(
                off < 0.06,
                "{name} is {found}, not {wanted}; knows the room: {knows_room}"
            );
            // Within five of its errors, and a little for the twin's coarser steps.
            let allowed = 5.0 * estimate.error + 0.02 * wanted;
            assert!(
                (found - wanted).abs() < allowed,
                "{name}: {estimate:?}, not {wanted}"
            );
        }
        let judged = [readings(&lively(24.0, knows_room), 4)];
        let (before, after) = (
            misses(&judged, &Parameters::default()),
            misses(&judged, &fitted.parameters),
        );
        assert_eq!(before.readings, after.readings);
        // What is left is the sensors' noise. A room that is not known is estimated in the first ten seconds, which are stormy.
        let most_c = if knows_room { 0.1 } else { 1.5 };
        assert!(after.temp_c < most_c, "{before:?} {after:?}");
        assert!(
            after.rpm < 12.0 && after.current_a < 0.025 && after.vibration_g < 0.0012,
            "{after:?}"
        );
    }
}

#[test]
fn what_the_log_leaves_open_stays_as_usual() {
    // Nothing ever changes: only sums can be told.
    let still = Run {
        room_c: 20.0,
        heat_w: |_| 150.0,
        load: |_| 0.3,
        command_pct: |_| 60.0,
        knows_room: false,
    };
    let fitted = fit(&[readings(&still, 5)]).unwrap();
    for open in ["load_current", "load_vibration"] {
        assert!(
            !estimate(&fitted, open).is_told,
            "{open}: {:?}",
            estimate(&fitted, open)
        );
    }
    let Parameters {
        idle_current_a,
        speed_current_a,
        load_current_a,
        ..
    } = fitted.parameters;
    let current_a = idle_current_a + 0.6 * speed_current_a + 0.3 * load_current_a;
    assert!(
        (current_a - (0.3 + 0.6 * 1.6 + 0.3 * 0.4)).abs() < 0.02,
        "{current_a}"
    );
}

#[test]
fn a_handful_of_readings_is_no_log() {
    let few = readings(&lively(20.0, true), 1)[..40].to_vec();
    assert_eq!(fit(&[few]), None);
    assert_eq!(fit(&[]), None);
}
