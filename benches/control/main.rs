//! How well a loop holds the temperature of the simulated fan: `cargo bench --bench control` prints the tables of
//! docs/control.md.
//!
//! The flow runs offline, in simulated time: the figures do not depend on the computer. The heat, the load and the room of the
//! plant wander, and its sensors are noisy. So every change is measured by two runs that meet the same noise, one with the change and
//! one without: what differs is what the change does. The figures are medians over several plants.

#![allow(missing_docs, reason = "a benchmark has no readers of its items")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot be set up should stop"
)]

#[path = "../../nodes/tests/all/support/closed_loop.rs"]
mod closed_loop;
mod response;
mod step_test;

use closed_loop::{ClosedLoop, Fan, READING_S, Sensor};
use response::{Response, table};
use serde_json::json;
use step_test::{identify, simc};
use twinflow_plant::{Command, ControlMode, Fault, FaultClass, Plant};

const SEEDS: u64 = 9;
const ROOM_C: f32 = 22.0;
const HEAT_LOAD_W: f32 = 100.0;
const SETPOINT_C: f64 = 33.0;
/// Before the change, everything is warm and the loop is calm.
const WARM_UP_S: f64 = 900.0;
/// Then it is watched for so long.
const WATCHED_S: f64 = 600.0;

/// What happens to a loop.
#[derive(Clone, Copy)]
enum Change {
    Setpoint(f64),
    HeatLoad(f32),
    Fault(FaultClass),
}

impl Change {
    fn name(self) -> String {
        match self {
            Self::Setpoint(by) => format!("set-point {by:+} K"),
            Self::HeatLoad(by) => format!("heat load {by:+} W"),
            Self::Fault(class) => class.name().replace('_', " "),
        }
    }
}

/// Who controls the fan.
#[derive(Clone, Copy, PartialEq)]
enum Controller {
    /// The node `pid` with this gain in %/K and this integral time in s.
    Pid(f64, f64),
    /// The board itself.
    Board,
}

fn plant(seed: u64) -> Plant {
    let mut plant = Plant::new(seed, ROOM_C).unwrap();
    plant.set_command(Command::default().with_process_heat_load_w(HEAT_LOAD_W).unwrap());
    plant
}

fn flow(gain: f64, integral_s: f64, start: &str) -> String {
    format!(
        "
twinflow: 1
name: Loop
brokers: {{ plant: embedded }}
nodes:
  fan: {{ type: mqtt-in, broker: plant, topic: fan, fields: {{ temp: {{ unit: °C, range: [15, 60] }} }} }}
  cooling:
    type: pid
    from: fan
    field: temp
    setpoint: {SETPOINT_C} °C
    sends: speed_command_pct
    unit: '%'
    range: [0, 100]
    action: direct
    gain: {gain} %/K
    integral_time: {integral_s} s
    stale: 2 s
    safe: 100 %
    start: {start}
    with: {{ control_mode: manual }}
  commands: {{ type: mqtt-out, from: cooling, broker: plant, topic: command }}
"
    )
}

/// Temperatures in °C, one each reading, and what was told to the fan in percent, one each second.
struct Run {
    temps_c: Vec<f64>,
    outputs_pct: Vec<f64>,
}

fn run(controller: Controller, seed: u64, change: Option<Change>) -> Run {
    let (gain, integral_s, start) = match controller {
        Controller::Pid(gain, integral_s) => (gain, integral_s, "automatic"),
        Controller::Board => (1.0, 60.0, "manual"),
    };
    let mut bench = ClosedLoop::new(&flow(gain, integral_s, start), vec![Fan::new("fan", plant(seed))]);
    bench.run(WARM_UP_S);
    match change {
        None => {}
        Some(Change::Setpoint(by)) => {
            bench
                .ask("setpoint", json!({ "value": SETPOINT_C + by }))
                .unwrap();
        }
        Some(Change::HeatLoad(by)) => {
            let plant = &mut bench.fans[0].plant;
            plant.set_command(
                plant
                    .command()
                    .with_process_heat_load_w(HEAT_LOAD_W + by)
                    .unwrap(),
            );
        }
        Some(Change::Fault(class)) => bench.fans[0].plant.inject(Fault::new(class, 0.9).unwrap()),
    }
    let mut run = Run {
        temps_c: Vec::new(),
        outputs_pct: Vec::new(),
    };
    let end = bench.second + WATCHED_S;
    let mut steps = 0;
    while bench.second < end {
        bench.step();
        let fan = &bench.fans[0];
        run.temps_c.push(fan.temp_c());
        if steps % 5 == 0 {
            let command = fan.plant.command();
            run.outputs_pct.push(match command.control_mode() {
                ControlMode::Manual => f64::from(command.speed_command_pct()),
                // The board's controller, as firmware/plant/src/control.rs has it.
                ControlMode::Automatic => {
                    (50.0 + 3.5 * (f64::from(fan.plant.reading().temp_c) - 28.0)).clamp(20.0, 100.0)
                }
            });
        }
        steps += 1;
    }
    run
}

/// What a change does, by two runs that meet the same noise.
fn respond(controller: Controller, seed: u64, change: Change) -> Response {
    let (with, without) = (run(controller, seed, Some(change)), run(controller, seed, None));
    let wanted_k = match change {
        Change::Setpoint(by) => by,
        Change::HeatLoad(_) | Change::Fault(_) => 0.0,
    };
    let differences = with.temps_c.iter().zip(&without.temps_c);
    let differences: Vec<f64> = differences.map(|(with, without)| with - without).collect();
    Response::of(&differences, wanted_k, &with.outputs_pct)
}

/// Seconds from the last reading of a sensor that falls silent until the safe output is commanded. `stale` is 2.1 s, so that ticks and
/// readings are not in step.
fn seconds_until_safe(offset_s: f64) -> f64 {
    let text = flow(40.0, 60.0, "automatic").replace("stale: 2 s", "stale: 2.1 s");
    let mut bench = ClosedLoop::new(&text, vec![Fan::new("fan", plant(1))]);
    bench.run(WARM_UP_S + offset_s);
    let (lost_s, sent) = (bench.second, bench.fans[0].commands.len());
    bench.fans[0].sensor = Sensor::Silent;
    bench.run(5.0);
    let safe = bench.fans[0].commands[sent..]
        .iter()
        .find(|(_, percent)| *percent == 100.0);
    safe.unwrap().0 - lost_s
}

fn main() {
    let model = identify(&flow(1.0, 60.0, "manual"), plant);
    println!("Step of the speed from 40 to 50 %, at {HEAT_LOAD_W} W and {ROOM_C} °C around:");
    println!("{model}\n");
    println!("| τc in s | gain in %/K | integral time in s |");
    println!("| --- | --- | --- |");
    for closed_s in [10.0, 20.0, 40.0] {
        let (gain, integral_s) = simc(&model, closed_s);
        println!("| {closed_s} | {gain:.0} | {integral_s:.0} |");
    }
    let changes = [
        Change::Setpoint(1.0),
        Change::Setpoint(-1.0),
        Change::Setpoint(4.0),
        Change::HeatLoad(20.0),
        Change::HeatLoad(-20.0),
        Change::HeatLoad(150.0),
        Change::Fault(FaultClass::Overcurrent),
        Change::Fault(FaultClass::CoolingDegradation),
        Change::Fault(FaultClass::Imbalance),
        Change::Fault(FaultClass::ThermalOverload),
    ];
    for (title, controller, changes) in [
        (
            "`pid`, 40 %/K and 60 s",
            Controller::Pid(40.0, 60.0),
            &changes[..],
        ),
        (
            "`pid`, 25 %/K and 56 s",
            Controller::Pid(25.0, 56.0),
            &changes[..],
        ),
        ("The board's own controller", Controller::Board, &changes[3..]),
    ] {
        let rows = changes.iter().map(|change| {
            let responses = (0..SEEDS).map(|seed| respond(controller, seed, *change));
            (change.name(), responses.collect::<Vec<_>>())
        });
        println!("\n{title}:\n\n{}", table(rows));
    }
    let times = (0..20).map(|reading| seconds_until_safe(f64::from(reading) * READING_S));
    let (first, last) = times.fold((f64::MAX, f64::MIN), |(first, last), time| {
        (first.min(time), last.max(time))
    });
    println!(
        "\nThe sensor falls silent, `stale: 2.1 s`: the safe output is commanded after {first:.2} to {last:.2} s."
    );
}
