//! The plant against the formulas it is made from.
#![allow(
    clippy::unwrap_used,
    reason = "shared steps of tests fail as loudly as the tests"
)]

use twinflow_plant::{Command, ControlMode, Fault, FaultClass, Mode, Plant, Reading};

const AMBIENT_C: f32 = 22.0;

fn manual(speed_pct: f32, heat_w: f32, load: f32) -> Command {
    Command::default()
        .with_control_mode(ControlMode::Manual)
        .with_speed_command_pct(speed_pct)
        .and_then(|command| command.with_process_heat_load_w(heat_w))
        .and_then(|command| command.with_mechanical_load(load))
        .unwrap()
}

fn plant_under(command: Command, fault: Fault) -> Plant {
    let mut plant = Plant::new(11, AMBIENT_C).unwrap();
    plant.set_command(command.with_fault(fault));
    plant
}

fn run_s(plant: &mut Plant, seconds: u32) {
    for _ in 0..seconds * 10 {
        plant.step();
    }
}

/// Mean reading over 600 s after 600 s of settling: long enough for the drifts to average out.
fn settled(command: Command, fault: Fault) -> Reading {
    let mut plant = plant_under(command, fault);
    run_s(&mut plant, 600);
    let mut sum = [0.0_f64; 4];
    for _ in 0..6000 {
        plant.step();
        let reading = plant.reading();
        let values = [
            reading.temp_c,
            reading.rpm,
            reading.current_a,
            reading.vibration_g,
        ];
        for (total, value) in sum.iter_mut().zip(values) {
            *total += f64::from(value);
        }
    }
    let mean = sum.map(|total| (total / 6000.0) as f32);
    Reading {
        temp_c: mean[0],
        rpm: mean[1],
        current_a: mean[2],
        vibration_g: mean[3],
    }
}

fn close(found: f32, expected: f32, tolerance: f32) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} is not within {tolerance} of {expected}"
    );
}

fn fault(class: FaultClass, severity: f32) -> Fault {
    Fault::new(class, severity).unwrap()
}

#[test]
fn steady_state_follows_the_formulas() {
    let reading = settled(manual(60.0, 120.0, 0.3), Fault::NONE);
    // Heat balance: 120 W = (T - ambient) (1 / 0.18 + 8.0 * 0.6) W/°C.
    close(reading.temp_c, AMBIENT_C + 120.0 / (1.0 / 0.18 + 8.0 * 0.6), 0.6);
    close(reading.rpm, 1800.0, 3.0);
    close(reading.current_a, 0.18 + 1.05 * 0.6 + 0.55 * 0.3, 0.02);
    close(reading.vibration_g, 0.010 + 0.020 * 0.6 + 0.008 * 0.3, 0.001);
}

#[test]
fn a_fan_at_rest_cools_passively_and_draws_nothing() {
    let reading = settled(manual(0.0, 100.0, 0.3), Fault::NONE);
    close(reading.temp_c, AMBIENT_C + 100.0 * 0.18, 1.0);
    assert!(reading.rpm < 10.0);
    assert!(reading.current_a < 0.015);
}

#[test]
fn speed_reaches_63_percent_after_its_time_constant() {
    let mut plant = plant_under(manual(100.0, 120.0, 0.3), Fault::NONE);
    for _ in 0..18 {
        plant.step();
    }
    close(plant.true_state().rpm, 3000.0 * 0.632, 40.0);
}

#[test]
fn automatic_control_follows_the_heat() {
    let at = |heat_w| {
        settled(
            Command::default().with_process_heat_load_w(heat_w).unwrap(),
            Fault::NONE,
        )
    };
    let (cool, usual, hot) = (at(60.0), at(110.0), at(180.0));
    assert!(
        cool.rpm < usual.rpm && usual.rpm < hot.rpm,
        "{cool:?} {usual:?} {hot:?}"
    );
    // Proportional control: 0.5 of 3000 rpm at 28 °C, and 0.035 more a degree.
    close(usual.rpm, 3000.0 * (0.5 + 0.035 * (usual.temp_c - 28.0)), 5.0);
}

#[test]
fn normal_operation_stays_within_the_dashboards_ranges() {
    for ambient_c in [18.0, 22.0, 26.0] {
        let mut plant = Plant::new(3, ambient_c).unwrap();
        run_s(&mut plant, 180);
        for _ in 0..6000 {
            plant.step();
            let reading = plant.reading();
            assert!((25.0..=36.0).contains(&reading.temp_c), "{reading:?}");
            assert!((500.0..=3200.0).contains(&reading.rpm), "{reading:?}");
            assert!((0.3..=2.0).contains(&reading.current_a), "{reading:?}");
            assert!((0.0..=0.15).contains(&reading.vibration_g), "{reading:?}");
            assert!((0.0..=400.0).contains(&reading.power_w()), "{reading:?}");
        }
    }
}

#[test]
fn overcurrent_draws_more_and_turns_slower() {
    let command = manual(60.0, 120.0, 0.3);
    let sound = settled(command, Fault::NONE);
    let faulty = settled(command, fault(FaultClass::Overcurrent, 0.9));
    close(faulty.current_a / sound.current_a, 1.0 + 0.6 * 0.9, 0.08);
    close(faulty.rpm / sound.rpm, 1.0 - 0.06 * 0.9, 0.01);
    assert!(faulty.temp_c > sound.temp_c);
    close(faulty.vibration_g, sound.vibration_g, 0.002);
}

#[test]
fn cooling_degradation_heats_up_and_lightens_the_motor() {
    let command = manual(60.0, 120.0, 0.3);
    let sound = settled(command, Fault::NONE);
    let faulty = settled(command, fault(FaultClass::CoolingDegradation, 0.9));
    assert!(faulty.temp_c > sound.temp_c + 3.0, "{faulty:?}");
    assert!(faulty.current_a < sound.current_a * 0.95, "{faulty:?}");
    close(faulty.rpm, sound.rpm, 2.0);
}

#[test]
fn imbalance_shakes_more_the_faster_the_fan_turns() {
    let extra = |speed_pct| {
        let command = manual(speed_pct, 120.0, 0.3);
        settled(command, fault(FaultClass::Imbalance, 0.6)).vibration_g
            - settled(command, Fault::NONE).vibration_g
    };
    // The force grows with the square of the speed: four times at twice the speed.
    close(extra(80.0) / extra(40.0), 4.0, 0.3);
}

#[test]
fn thermal_overload_heats_up_and_loads_the_motor() {
    let command = manual(60.0, 120.0, 0.3);
    let sound = settled(command, Fault::NONE);
    let faulty = settled(command, fault(FaultClass::ThermalOverload, 0.9));
    assert!(faulty.temp_c > sound.temp_c + 8.0, "{faulty:?}");
    assert!(faulty.current_a > sound.current_a + 0.05, "{faulty:?}");
}

#[test]
fn a_fault_fades_after_it_is_cleared() {
    let mut faulty = plant_under(manual(60.0, 120.0, 0.3), fault(FaultClass::ThermalOverload, 0.9));
    let mut sound = plant_under(manual(60.0, 120.0, 0.3), Fault::NONE);
    for plant in [&mut faulty, &mut sound] {
        run_s(plant, 300);
    }
    assert!(faulty.reading().temp_c > sound.reading().temp_c + 8.0);
    faulty.inject(Fault::NONE);
    for plant in [&mut faulty, &mut sound] {
        run_s(plant, 600);
    }
    // Both met the same noise, so that only the fault could set them apart.
    close(faulty.reading().temp_c, sound.reading().temp_c, 0.05);
}

#[test]
fn modes_follow_command_speed_and_heat() {
    let mut plant = plant_under(manual(50.0, 120.0, 0.3), Fault::NONE);
    assert_eq!(plant.mode(), Mode::Off);
    plant.step();
    assert_eq!(plant.mode(), Mode::StartUp);
    run_s(&mut plant, 10);
    assert_eq!(plant.mode(), Mode::Normal);
    plant.set_command(manual(50.0, 400.0, 0.3));
    run_s(&mut plant, 1);
    assert_eq!(plant.mode(), Mode::HighLoad);
    plant.set_command(manual(50.0, 100.0, 0.3));
    run_s(&mut plant, 1);
    assert_eq!(plant.mode(), Mode::Normal);
    plant.set_command(manual(0.0, 100.0, 0.3));
    run_s(&mut plant, 1);
    assert_eq!(plant.mode(), Mode::Off);
}

#[test]
fn high_load_is_entered_and_left_at_different_heats() {
    // The heat wanders by some percent around 198 W, between the two limits: seldom enough to switch often.
    let switches = |heat_w| {
        let mut plant = plant_under(manual(50.0, heat_w, 0.3), Fault::NONE);
        run_s(&mut plant, 20);
        let mut switches = 0;
        for _ in 0..36_000 {
            let before = plant.mode();
            plant.step();
            switches += u32::from(plant.mode() != before);
        }
        switches
    };
    let found = switches(198.0);
    assert!((2..60).contains(&found), "{found} switches in an hour");
}

#[test]
fn starting_up_draws_15_percent_more() {
    let mut plant = plant_under(manual(60.0, 120.0, 0.3), Fault::NONE);
    plant.step();
    let state = plant.true_state();
    let n = state.rpm / 3000.0;
    close(state.current_a, 1.15 * (0.18 + 1.05 * n + 0.55 * 0.3), 0.02);
}
