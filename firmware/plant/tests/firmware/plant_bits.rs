//! The C++ plant says the same as the Rust plant, to the last bit.

use std::fmt::Write;

use twinflow_plant::{
    Command, ControlMode, Fault, FaultClass, FaultInjector, Inputs, Mode, Parameters, Plant, Reading, Twin,
};

use crate::cpp::{Program, run};

const TRACE: Program = Program {
    name: "plant_trace",
    folders: &["plant"],
    files: &[],
    options: &["-O2"],
};

/// Ten minutes of steps.
const STEPS: usize = 6000;

/// Follows a script for `host/plant_trace.cpp` with the Rust model.
#[derive(Default)]
struct Story {
    script: String,
    due: Vec<(String, u32)>,
}

/// What the steps of a part of the story are to do.
struct Part {
    plant: Plant,
    faults: Option<Box<dyn Iterator<Item = Fault>>>,
    twin: Option<(Twin, Inputs)>,
    what: String,
}

fn command(mode: ControlMode, speed_pct: f32, heat_w: f32, load: f32, fault: Fault) -> Command {
    let command = Command::default().with_control_mode(mode).with_fault(fault);
    let command = command.with_speed_command_pct(speed_pct).unwrap();
    let command = command.with_process_heat_load_w(heat_w).unwrap();
    command.with_mechanical_load(load).unwrap()
}

impl Story {
    fn begin(&mut self, seed: u64, ambient_c: f32, what: &str) -> Part {
        writeln!(self.script, "plant {seed} {ambient_c}").unwrap();
        Part {
            plant: Plant::new(seed, ambient_c).unwrap(),
            faults: None,
            twin: None,
            what: what.to_owned(),
        }
    }

    fn set(&mut self, part: &mut Part, command: Command) {
        writeln!(
            self.script,
            "command {} {} {} {} {} {}",
            command.control_mode().name(),
            command.speed_command_pct(),
            command.process_heat_load_w(),
            command.mechanical_load(),
            command.fault().class().code(),
            command.fault().severity(),
        )
        .unwrap();
        part.plant.set_command(command);
    }

    fn words(&mut self, what: &str, words: impl IntoIterator<Item = u32>) {
        self.due
            .extend(words.into_iter().map(|word| (what.to_owned(), word)));
    }

    fn step(&mut self, part: &mut Part, count: usize) {
        writeln!(self.script, "step {count}").unwrap();
        for step in 0..count {
            if let Some(fault) = part.faults.as_mut().and_then(Iterator::next) {
                part.plant.inject(fault);
            }
            part.plant.step();
            let reading = part.plant.reading();
            let state = part.plant.true_state();
            let what = format!("{}, step {step}", part.what);
            self.words(&what, bits(&reading));
            let floats = [
                state.temp_c,
                state.rpm,
                state.current_a,
                state.vibration_g,
                state.heat_w,
                state.ambient_c,
                state.cooling_efficiency,
            ];
            self.words(&what, floats.map(f32::to_bits));
            let mode = match part.plant.mode() {
                Mode::Off => 0,
                Mode::StartUp => 1,
                Mode::Normal => 2,
                Mode::HighLoad => 3,
            };
            let fault = part.plant.fault();
            self.words(
                &what,
                [mode, fault.severity().to_bits(), fault.class().code().into()],
            );
            if let Some((twin, inputs)) = &mut part.twin
                && step % 2 == 1
            {
                let expected = twin
                    .follow(&Parameters::default(), reading, inputs, None, 0.2)
                    .unwrap();
                self.words(&format!("twin of {what}"), bits(&expected.reading));
            }
        }
    }

    /// Lets the C++ follow the script, and compares.
    fn check(self) {
        let output = run(&TRACE.path(), &[], self.script.as_bytes());
        let said: Vec<u32> = output
            .stdout
            .chunks_exact(4)
            .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()))
            .collect();
        assert_eq!(said.len(), self.due.len());
        for ((what, due), said) in self.due.iter().zip(said) {
            assert_eq!(
                said,
                *due,
                "{what}: C++ says {} (or the word {said}), Rust {} (or the word {due})",
                f32::from_bits(said),
                f32::from_bits(*due)
            );
        }
    }
}

fn bits(reading: &Reading) -> [u32; 4] {
    [
        reading.temp_c,
        reading.rpm,
        reading.current_a,
        reading.vibration_g,
    ]
    .map(f32::to_bits)
}

#[test]
fn ten_minutes_of_every_mode_and_fault_are_the_same_bits() {
    let mut story = Story::default();
    let controls = [
        (ControlMode::Automatic, 50.0, 100.0, 0.3),
        (ControlMode::Automatic, 50.0, 205.0, 1.0),
        (ControlMode::Manual, 0.0, 100.0, 0.0),
        (ControlMode::Manual, 37.5, 260.0, 0.77),
        (ControlMode::Manual, 100.0, 500.0, 0.123),
    ];
    let mut modes = std::collections::HashSet::new();
    for (number, (control_mode, speed_pct, heat_w, load)) in controls.into_iter().enumerate() {
        for class in FaultClass::ALL {
            let severity = [0.3, 0.6, 0.9][(number + usize::from(class.code())) % 3];
            let fault = Fault::new(class, severity).unwrap();
            let what = format!(
                "{} at {speed_pct} %, {heat_w} W, {}",
                control_mode.name(),
                class.name()
            );
            let mut part = story.begin(number as u64 * 1_000_003 + 7, 22.0, &what);
            story.set(
                &mut part,
                command(control_mode, speed_pct, heat_w, load, Fault::NONE),
            );
            story.step(&mut part, 1);
            modes.insert(part.plant.mode());
            story.step(&mut part, 599);
            story.set(&mut part, command(control_mode, speed_pct, heat_w, load, fault));
            story.step(&mut part, 4800);
            modes.insert(part.plant.mode());
            story.set(&mut part, command(control_mode, 0.0, heat_w, load, Fault::NONE));
            story.step(&mut part, 600);
        }
    }
    assert_eq!(modes.len(), 4, "the commands reach only the modes {modes:?}");
    story.check();
}

#[test]
fn random_faults_of_a_seed_are_the_same_bits() {
    let mut story = Story::default();
    for (seed, ambient_c) in [(1, 22.0), (u64::MAX, -20.0), (0, 50.0), (42, 35.25)] {
        let mut part = story.begin(seed, ambient_c, &format!("random faults of {seed}"));
        writeln!(story.script, "random-faults {seed}").unwrap();
        part.faults = Some(Box::new(
            FaultInjector::new(seed).schedule().map(|episode| episode.fault),
        ));
        story.step(&mut part, STEPS);
    }
    story.check();
}

#[test]
fn the_twin_expects_the_same_bits() {
    let mut story = Story::default();
    for (mode, speed_pct) in [(ControlMode::Automatic, 50.0), (ControlMode::Manual, 62.5)] {
        for class in FaultClass::ALL {
            let fault = Fault::new(class, 0.9).unwrap();
            let mut part = story.begin(5, 22.0, class.name());
            story.set(&mut part, command(mode, speed_pct, 100.0, 0.3, Fault::NONE));
            writeln!(story.script, "twin {} {speed_pct} 100 0.3", mode.name()).unwrap();
            let speed_command_pct = (mode == ControlMode::Manual).then_some(speed_pct);
            let inputs = Inputs {
                speed_command_pct,
                ..Inputs::default()
            };
            part.twin = Some((Twin::default(), inputs));
            story.step(&mut part, 600);
            story.set(&mut part, command(mode, speed_pct, 100.0, 0.3, fault));
            story.step(&mut part, 1200);
        }
    }
    story.check();
}
