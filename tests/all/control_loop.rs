//! `setpoint` and `pid` in the program: by the clock on the wall, also where it is set forward and back; and a loop over the broker, which
//! people operate.

use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::program::{PATIENCE, Program, run_with};

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
    let expected = setpoints
        .map(|setpoint| format!("{{ setpoint: {setpoint} }}"))
        .join(", ");
    let text = FLOW.replace("START", start).replace("EXPECTED", &expected);
    fs::write(folder.path().join("oven.yaml"), text).unwrap();
    let ended = run_with(folder.path(), &["test", "oven.yaml"], &[("TZ", zone)]);
    assert!(
        ended.code == Some(0) || ended.stdout.contains("failed"),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    ended.code == Some(0)
}

/// Central European time, without a data base of zones: summer time from the last Sunday of March to that of October.
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

#[test]
fn a_clock_that_is_set_forward_leaves_out_an_hour() {
    // 00:00, 01:00, 03:00 (summer time), 04:00, 05:00, 06:00.
    let setpoints = [20, 20, 30, 40, 40, 40];
    assert!(passes(BERLIN, "2026-03-28T23:00:00Z", setpoints));
    assert!(
        !passes("UTC", "2026-03-28T23:00:00Z", setpoints),
        "in another zone it is another hour"
    );
}

#[test]
fn a_clock_that_is_set_back_repeats_an_hour() {
    // 01:00 and 02:00 (summer time), 02:00, 03:00, 04:00, 05:00.
    assert!(passes(BERLIN, "2026-10-24T23:00:00Z", [20, 30, 30, 30, 40, 40]));
}

const FAN: &str = "
twinflow: 1
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  machine: { type: virtual-fan, broker: plant, topic: fan/data, commands: fan/command, asset_id: fan-1, faults: none }
  fan:
    type: mqtt-in
    broker: plant
    topic: fan/data
    key: asset_id
    fields:
      temp: { unit: °C, range: [0, 60], title: Temperature }
      commanded: { path: inputs.speed_command_pct, unit: \"%\", optional: true }
  cooling:
    type: pid
    from: fan
    field: temp
    setpoint: 32 °C
    sends: speed_command_pct
    unit: \"%\"
    range: [0, 100]
    action: direct
    gain: 40 %/K
    integral_time: 60 s
    stale: 2 s
    safe: 100 %
    with: { control_mode: manual }
  commands: { type: mqtt-out, from: cooling, broker: plant, topic: fan/command, overflow: latest }
  obeyed: { type: dashboard-widget, from: fan, widget: value, fields: [commanded] }
";

#[test]
fn a_running_loop_shows_its_faceplate_and_the_fan_does_what_people_tell_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("fan.yaml"), FAN).unwrap();
    let program = Program::start(folder.path(), &["run", "fan.yaml", "--listen", "0"]);
    program.wait_for_status(|status| status["nodes"]["cooling"]["out"].as_u64() > Some(0));

    let (code, body) = program.request("GET", "/api/dashboard", &[], "");
    assert_eq!(code, 200);
    let dashboard: Value = serde_json::from_str(&body).unwrap();
    let group = &dashboard["pages"][0]["groups"][0];
    assert_eq!(group["title"], "Control");
    let faceplate = &group["widgets"][0];
    assert_eq!(
        (&faceplate["kind"], &faceplate["loop"]),
        (&json!("loop"), &json!({"settable": true}))
    );
    let fields = faceplate["fields"].as_array().unwrap();
    let shown = fields
        .iter()
        .map(|field| (field["name"].as_str().unwrap(), &field["unit"], &field["range"]));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            ("measured", &json!("°C"), &json!([0.0, 60.0])),
            ("setpoint", &json!("°C"), &json!([0.0, 60.0])),
            ("output", &json!("%"), &json!([0.0, 100.0])),
            ("mode", &Value::Null, &Value::Null),
            ("reason", &Value::Null, &Value::Null),
        ]
    );

    let post = |operation: &str, arguments: &Value| {
        let headers = [("Content-Type", "application/json")];
        let path = format!("/api/nodes/cooling/{operation}");
        let (code, body) = program.request("POST", &path, &headers, &arguments.to_string());
        (code, serde_json::from_str::<Value>(&body).unwrap())
    };
    let (code, answer) = post("manual", &json!({"output": 137}));
    assert_eq!(
        (code, answer),
        (
            422,
            json!({"error": "137 % is above 100 %, the most that is allowed"})
        )
    );
    let (code, answer) = post("manual", &json!({"output": 37}));
    assert_eq!(
        (code, &answer["mode"], &answer["output"]),
        (200, &json!("manual"), &json!(37.0))
    );
    // The fan's own readings tell that it obeys.
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let obeys = || {
        let path = format!("/api/history/obeyed?from={now_ms}&points=10000");
        let (_, body) = program.request("GET", &path, &[], "");
        let excerpt: Value = serde_json::from_str(&body).unwrap();
        let speeds = excerpt["fields"]["commanded"]["mean"].as_array().cloned();
        speeds.unwrap_or_default().contains(&json!(37.0))
    };
    let deadline = Instant::now() + PATIENCE;
    while !obeys() {
        assert!(Instant::now() < deadline, "the fan does not obey");
        // The answer is asked for, not announced: there is no event to wait for.
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(post("setpoint", &json!({"value": 30})).0, 200);
    assert_eq!(post("automatic", &json!({})).1["mode"], "automatic");
}
