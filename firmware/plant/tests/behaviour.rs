//! Determinism, bounds, refused commands and schedules.
#![allow(
    clippy::unwrap_used,
    reason = "shared steps of tests fail as loudly as the tests"
)]

use proptest::prelude::*;
use twinflow_plant::{
    Command, ControlMode, Fault, FaultClass, FaultInjector, Phase, Plant, PlantError, Protocol,
};

const GOLDEN: [[u32; 4]; 3] = [
    [0x41b1_4487, 0x43c3_6c4d, 0x3f31_699a, 0x3c80_b117],
    [0x41bc_d89a, 0x4472_0e68, 0x3f73_2b66, 0x3c8f_e5f7],
    [0x41f9_b28a, 0x44dd_be99, 0x3fab_10e9, 0x3cd0_a713],
];

fn readings_bits(seed: u64) -> Vec<[u32; 4]> {
    let mut plant = Plant::new(seed, 22.0).unwrap();
    let schedule = FaultInjector::new(seed).schedule();
    schedule
        .take(3000)
        .map(|episode| {
            plant.inject(episode.fault);
            plant.step();
            let reading = plant.reading();
            [
                reading.temp_c,
                reading.rpm,
                reading.current_a,
                reading.vibration_g,
            ]
            .map(f32::to_bits)
        })
        .collect()
}

#[test]
fn equal_seeds_give_equal_bits_and_others_do_not() {
    assert_eq!(readings_bits(5), readings_bits(5));
    assert_ne!(readings_bits(5), readings_bits(6));
}

/// What a twin in another language must give, bit by bit: seed 42 at 22 °C, an overcurrent of 0.6 from the
/// first step, after 10, 100 and 1000 steps. Changes only together with the model.
#[test]
fn readings_are_these_bits() {
    let mut plant = Plant::new(42, 22.0).unwrap();
    plant.inject(Fault::new(FaultClass::Overcurrent, 0.6).unwrap());
    let mut found = Vec::new();
    for step in 1..=1000 {
        plant.step();
        if [10, 100, 1000].contains(&step) {
            let reading = plant.reading();
            found.push(
                [
                    reading.temp_c,
                    reading.rpm,
                    reading.current_a,
                    reading.vibration_g,
                ]
                .map(f32::to_bits),
            );
        }
    }
    assert_eq!(found, GOLDEN, "{found:#x?}");
}

#[test]
fn commands_out_of_range_are_refused_by_name() {
    let refused = |result: Result<Command, PlantError>| result.unwrap_err().to_string();
    assert_eq!(
        refused(Command::default().with_speed_command_pct(101.0)),
        "speed_command_pct is 101; give a number from 0 to 100"
    );
    assert_eq!(
        refused(Command::default().with_process_heat_load_w(-1.0)),
        "process_heat_load_w is -1; give a number from 0 to 500"
    );
    assert_eq!(
        refused(Command::default().with_mechanical_load(f32::NAN)),
        "mechanical_load is NaN; give a number from 0 to 1"
    );
    assert!(matches!(
        Fault::new(FaultClass::Imbalance, 1.5),
        Err(PlantError::OutOfRange {
            field: "severity",
            ..
        })
    ));
    assert!(matches!(
        Plant::new(1, f32::INFINITY),
        Err(PlantError::OutOfRange {
            field: "ambient_c",
            ..
        })
    ));
    assert_eq!(
        FaultClass::from_code(5),
        Err(PlantError::UnknownFaultCode { found: 5 })
    );
    assert_eq!(
        ControlMode::from_name("auto"),
        Err(PlantError::UnknownControlMode)
    );
}

#[test]
fn names_and_codes_lead_back_to_their_values() {
    for class in FaultClass::ALL {
        assert_eq!(FaultClass::from_code(u32::from(class.code())), Ok(class));
    }
    for mode in [ControlMode::Automatic, ControlMode::Manual] {
        assert_eq!(ControlMode::from_name(mode.name()), Ok(mode));
    }
    assert_eq!(Fault::new(FaultClass::None, 0.9), Ok(Fault::NONE));
}

#[test]
fn the_full_protocol_takes_ten_minutes() {
    let fault = Fault::new(FaultClass::Overcurrent, 0.6).unwrap();
    let steps: Vec<_> = Protocol::full(fault).schedule().collect();
    assert_eq!(steps.len(), 6000);
    assert_eq!(
        (steps[599].phase, steps[599].fault),
        (Phase::Baseline, Fault::NONE)
    );
    assert_eq!((steps[600].phase, steps[600].fault), (Phase::Fault, fault));
    assert_eq!((steps[5399].phase, steps[5399].fault), (Phase::Fault, fault));
    assert_eq!(
        (steps[5400].phase, steps[5400].fault),
        (Phase::Recovery, Fault::NONE)
    );
}

#[test]
fn an_empty_phase_is_skipped() {
    let protocol = Protocol {
        baseline_s: 0,
        fault_s: 1,
        recovery_s: 0,
        ..Protocol::full(Fault::NONE)
    };
    assert!(protocol.schedule().all(|episode| episode.phase == Phase::Fault));
    assert_eq!(protocol.schedule().count(), 10);
}

#[test]
fn the_injector_shows_every_class_within_eight_minutes() {
    for seed in 0..50 {
        let mut seen = Vec::new();
        for episode in FaultInjector::new(seed).schedule().take(4800) {
            if !seen.contains(&episode.fault.class()) {
                seen.push(episode.fault.class());
            }
        }
        assert_eq!(seen.len(), 5, "seed {seed} showed {seen:?}");
        assert_eq!(seen[0], FaultClass::None);
    }
}

#[test]
fn the_injector_deals_the_classes_in_random_order() {
    let classes = |seed| -> Vec<FaultClass> {
        let faults = FaultInjector::new(seed).filter(|episode| episode.phase == Phase::Fault);
        faults.take(8).map(|episode| episode.fault.class()).collect()
    };
    for first in &FaultClass::ALL[1..] {
        assert!(
            (0..40).any(|seed| classes(seed)[0] == *first),
            "{first:?} never comes first"
        );
    }
    for seed in 0..40 {
        for round in classes(seed).chunks(4) {
            assert!(
                FaultClass::ALL[1..].iter().all(|class| round.contains(class)),
                "{round:?}"
            );
        }
    }
}

#[test]
fn the_injector_keeps_to_its_lengths_and_severities() {
    for episode in FaultInjector::new(9).take(400) {
        let seconds = episode.steps / 10;
        if episode.phase == Phase::Fault {
            assert!((20..=60).contains(&seconds));
            assert!((0.3..=0.9).contains(&episode.fault.severity()));
        } else {
            assert!((30..=60).contains(&seconds));
            assert_eq!(episode.fault, Fault::NONE);
        }
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    (
        any::<bool>(),
        0.0_f32..=100.0,
        0.0_f32..=500.0,
        0.0_f32..=1.0,
        0_u32..5,
        0.0_f32..=1.0,
    )
        .prop_map(|(manual, speed_pct, heat_w, load, code, severity)| {
            let mode = if manual {
                ControlMode::Manual
            } else {
                ControlMode::Automatic
            };
            Command::default()
                .with_control_mode(mode)
                .with_fault(Fault::new(FaultClass::from_code(code).unwrap(), severity).unwrap())
                .with_speed_command_pct(speed_pct)
                .and_then(|command| command.with_process_heat_load_w(heat_w))
                .and_then(|command| command.with_mechanical_load(load))
                .unwrap()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn readings_stay_physical_under_any_commands(
        seed in any::<u64>(),
        ambient_c in -20.0_f32..=50.0,
        commands in prop::collection::vec((any_command(), 1_usize..600), 1..12),
    ) {
        let mut plant = Plant::new(seed, ambient_c).unwrap();
        // Hottest: all the heat there can be, through the passive resistance alone.
        let hottest_c = ambient_c + 1.2 + 0.18 * (500.0 * 1.24 + 220.0 + 20.0) + 0.2;
        for (command, steps) in commands {
            plant.set_command(command);
            for _ in 0..steps {
                plant.step();
                let reading = plant.reading();
                prop_assert!(reading.temp_c >= ambient_c - 1.5 && reading.temp_c <= hottest_c, "{reading:?}");
                prop_assert!((0.0..=3050.0).contains(&reading.rpm), "{reading:?}");
                prop_assert!((0.0..=3.0).contains(&reading.current_a), "{reading:?}");
                prop_assert!((0.0..=0.3).contains(&reading.vibration_g), "{reading:?}");
            }
        }
    }
}
