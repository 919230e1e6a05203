//! What the board does when networks go, when nonsense comes, when its clock wraps: in make-believe, with a test for each.

use crate::cpp::{PORTABLE, Program, run};

const MACHINE: Program = Program {
    name: "machine_test",
    folders: &PORTABLE,
    files: &[],
    options: &[],
};

const SENSORS: Program = Program {
    name: "sensors_test",
    folders: &["sensors"],
    files: &[],
    options: &[],
};

const EDGE: Program = Program {
    name: "edge_test",
    folders: &PORTABLE,
    files: &[],
    options: &[
        "-DEDGE_MODEL",
        "-DEDGE_MODEL_HEADER=\"../../host/example_model.h\"",
    ],
};

const FUZZ: Program = Program {
    name: "fuzz_test",
    folders: &PORTABLE,
    files: &[],
    options: &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
};

/// The checks of each program, by name. A program that has another one makes its test fail.
macro_rules! checks {
    ($program:ident: $($check:ident),+ $(,)?) => {
        $(
            #[test]
            fn $check() {
                $program.check(stringify!($check));
            }
        )+

        #[test]
        fn every_check_is_run() {
            let names = run(&$program.path(), &[], b"").stdout;
            let names = String::from_utf8(names).unwrap();
            assert_eq!(names.lines().collect::<Vec<_>>(), [$(stringify!($check)),+]);
        }
    };
}

mod machine {
    use super::*;

    checks!(MACHINE:
        comes_online,
        obeys_commands,
        refuses_nonsense,
        survives_a_lost_broker,
        survives_a_lost_wifi,
        gives_up_a_silent_broker,
        tells_why_a_broker_refuses,
        stands_the_wrap_of_its_clock,
        keeps_its_pace,
        a_long_halt_makes_no_burst,
        understands_what_is_typed,
        learns_the_time,
        random_faults_end_with_a_command,
        needs_no_heap_once_it_runs,
        a_sensor_takes_the_place_of_the_simulation,
    );
}

mod sensors {
    use super::*;

    checks!(SENSORS: ds18b20, tmp36, tachometer, acs712, ina219, adxl345, mpu6050);
}

mod edge {
    use super::*;

    checks!(EDGE: asks_for_means_and_medians, publishes_what_the_model_says);
}

#[test]
fn a_million_hostile_texts_do_no_harm() {
    run(&FUZZ.path(), &["1000000", "1"], b"");
}
