//! `setpoint` in the program: by the clock on the wall, also where it is set forward and back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod program;

use std::fs;

use program::run_with;

/// From two to four in the morning it is 30 °C, from four to eight 40 °C, otherwise 20 °C.
const FLOW: &str = "
twinflow: 1
brokers: { plant: embedded }
nodes:
  oven: { type: mqtt-in, broker: plant, topic: oven, fields: { temp: { unit: °C } } }
  target:
    type: setpoint
    from: oven
    default: 20 °C
    schedule:
      - { from: \"02:00\", to: \"04:00\", value: 30 °C }
      - { from: \"04:00\", to: \"08:00\", value: 40 °C }
  show: { type: dashboard-widget, from: target, widget: value, fields: [temp, setpoint] }
tests:
  hours:
    start: START
    every: 1 h
    given: { oven: [{ temp: 1 }, { temp: 2 }, { temp: 3 }, { temp: 4 }, { temp: 5 }, { temp: 6 }] }
    expect: { target: [EXPECTED] }
";

fn passes(zone: &str, start: &str, setpoints: [i32; 6]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let expected = setpoints.map(|setpoint| format!("{{ setpoint: {setpoint} }}")).join(", ");
    let text = FLOW.replace("START", start).replace("EXPECTED", &expected);
    fs::write(folder.path().join("oven.yaml"), text).unwrap();
    let ended = run_with(folder.path(), &["test", "oven.yaml"], &[("TZ", zone)]);
    assert!(ended.code == Some(0) || ended.stdout.contains("failed"), "{}{}", ended.stdout, ended.stderr);
    ended.code == Some(0)
}

/// Central European time, without a data base of zones: summer time from the last Sunday of March to that of October.
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

#[test]
fn a_clock_that_is_set_forward_leaves_out_an_hour() {
    // 00:00, 01:00, 03:00 (summer time), 04:00, 05:00, 06:00.
    let setpoints = [20, 20, 30, 40, 40, 40];
    assert!(passes(BERLIN, "2026-03-28T23:00:00Z", setpoints));
    assert!(!passes("UTC", "2026-03-28T23:00:00Z", setpoints), "in another zone it is another hour");
}

#[test]
fn a_clock_that_is_set_back_repeats_an_hour() {
    // 01:00 and 02:00 (summer time), 02:00, 03:00, 04:00, 05:00.
    assert!(passes(BERLIN, "2026-10-24T23:00:00Z", [20, 30, 30, 30, 40, 40]));
}
