//! People operate a running flow over HTTP: they set values and acknowledge alarms, and what was is kept over a restart.

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use crate::program::{PATIENCE, Program, publish};

const FLOW: &str = "
twinflow: 1
name: Press
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  press:
    type: mqtt-in
    broker: plant
    topic: press/data
    fields:
      temp: { unit: °C, range: [0, 90] }
      speed: { unit: '%', range: [0, 100] }
  echo:
    type: mqtt-in
    broker: plant
    topic: press/command
    fields: { speed: { unit: '%' } }
  heat: { type: alarm, from: press, field: temp, high: 60 °C }
  set_speed: { type: control, from: press, widget: slider, field: speed }
  out: { type: mqtt-out, from: set_speed, broker: plant, topic: press/command }
  trend: { type: dashboard-widget, from: press, widget: chart, fields: [temp] }
  heard: { type: dashboard-widget, from: echo, widget: value, fields: [speed] }
";

fn start(folder: &Path) -> Program {
    Program::start(folder, &["run", "press.yaml", "--listen", "0"])
}

fn flow() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("press.yaml"), FLOW).unwrap();
    folder
}

fn get(program: &Program, path: &str) -> Value {
    let (code, body) = program.request("GET", path, &[], "");
    assert_eq!(code, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

fn post(program: &Program, path: &str, body: &Value) -> (u16, Value) {
    let headers = [("Content-Type", "application/json")];
    let (code, body) = program.request("POST", path, &headers, &body.to_string());
    (code, serde_json::from_str(&body).unwrap_or(Value::Null))
}

/// Asks until the answer is as wanted.
fn wait(program: &Program, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = get(program, path);
        if wanted(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "{path} stays {answer:#}");
        // The answer is asked for, not announced: there is no event to wait for.
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn reports(program: &Program, temp: f64) {
    publish(
        program.broker(),
        "press/data",
        &json!({ "temp": temp, "speed": 40 }).to_string(),
    );
}

#[test]
fn what_is_set_reaches_the_broker_and_what_may_not_be_set_is_refused() {
    let folder = flow();
    let program = start(folder.path());
    reports(&program, 20.0);
    program.wait_for_status(|status| status["nodes"]["press"]["out"] == 1);
    let (code, answer) = post(&program, "/api/controls/set_speed", &json!({ "value": 120 }));
    let error = "120 % is above 100 %, the most that is allowed";
    assert_eq!((code, answer), (422, json!({ "error": error })));
    let (code, answer) = post(&program, "/api/controls/set_speed", &json!({ "value": 60 }));
    assert_eq!((code, answer), (200, json!({ "value": 60 })));
    program.wait_for_status(|status| status["nodes"]["echo"]["out"] == 1);
    let (code, answer) = post(&program, "/api/controls/trend", &json!({ "value": 60 }));
    assert_eq!(
        (code, answer),
        (405, json!({ "error": "the node `trend` cannot be operated" }))
    );
    let headers = [("Content-Type", "application/json")];
    let (code, body) = program.request("POST", "/api/controls/set_speed", &headers, "{broken");
    assert!(
        code == 400 && body.contains("\"error\":\"Failed to parse"),
        "{code} {body}"
    );
    let (code, _) = post(&program, "/api/controls/nothing", &json!({ "value": 60 }));
    assert_eq!(code, 404);
    let audit = wait(&program, "/api/audit", |audit| {
        audit.as_array().unwrap().len() == 4
    });
    let (done, refused) = (&audit[2], &audit[3]);
    assert_eq!(
        (&done["operation"], &done["refused"]),
        (&json!("set"), &Value::Null)
    );
    assert_eq!(refused["refused"], json!(error));
}

#[test]
fn an_alarm_is_raised_acknowledged_and_journalled_and_survives_a_restart() {
    let folder = flow();
    let program = start(folder.path());
    assert_eq!(get(&program, "/api/alarms"), json!([]));
    reports(&program, 70.0);
    let alarms = wait(&program, "/api/alarms", |alarms| {
        alarms[0]["state"] == "unacknowledged"
    });
    assert_eq!(alarms[0]["message"], "Temp is above 60 °C");
    assert_eq!(
        (&alarms[0]["node"], &alarms[0]["value"]),
        (&json!("heat"), &json!(70.0))
    );
    let (code, _) = post(
        &program,
        "/api/nodes/heat/acknowledge",
        &json!({ "alarm": "high" }),
    );
    assert_eq!(code, 200);
    let (code, answer) = post(&program, "/api/nodes/heat/acknowledge", &json!({}));
    assert_eq!(
        (code, answer),
        (422, json!({ "error": "nothing is unacknowledged here" }))
    );
    assert_eq!(program.terminate().0, Some(0));

    let program = start(folder.path());
    assert_eq!(get(&program, "/api/alarms")[0]["state"], "acknowledged");
    reports(&program, 20.0);
    wait(&program, "/api/alarms", |alarms| *alarms == json!([]));
    let journal = get(&program, "/api/alarms/journal");
    let states: Vec<&str> = journal
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["normal", "acknowledged", "unacknowledged"]);
    assert_eq!(journal[1]["by"], "local");
    let statistics = get(&program, "/api/alarms/statistics");
    assert_eq!(
        (&statistics["raised"], &statistics["mostFrequent"][0]["alarm"]),
        (&json!(1), &json!("high"))
    );
}

#[test]
fn the_history_has_what_came_up_to_now_and_before_the_restart() {
    let folder = flow();
    let program = start(folder.path());
    let temps = |program: &Program| {
        let (_, body) = program.request("GET", "/api/history/trend?from=0&points=10000", &[], "");
        let excerpt: Value = serde_json::from_str(&body).unwrap();
        excerpt["fields"]["temp"]["mean"].clone()
    };
    for (count, temp) in [20.0, 21.5].into_iter().enumerate() {
        reports(&program, temp);
        program.wait_for_status(|status| status["nodes"]["trend"]["in"] == count + 1);
    }
    // All that came is there at once; from the years before, it is summed up by hours.
    assert_eq!(temps(&program), json!([20.75]));
    assert_eq!(program.terminate().0, Some(0));
    let program = start(folder.path());
    assert_eq!(temps(&program), json!([20.75]));
    let (code, csv) = program.request(
        "GET",
        "/api/history/trend?from=0&points=10000&format=csv",
        &[],
        "",
    );
    assert_eq!(code, 200);
    assert!(
        csv.contains("time,temp_mean,temp_min,temp_max\n") && csv.contains(",20.75,20,21.5\n"),
        "{csv}"
    );
    let refused = |query: &str| {
        let (code, body) = program.request("GET", &format!("/api/history/{query}"), &[], "");
        (
            code,
            serde_json::from_str::<Value>(&body)
                .map(|body| body["error"].clone())
                .unwrap_or_default(),
        )
    };
    assert_eq!(
        refused("heard2?from=0"),
        (
            404,
            json!("the dashboard has no widget of the node `heard2` with a history")
        )
    );
    assert_eq!(refused("trend?from=5&to=5").0, 422);
    assert_eq!(
        refused("trend?from=0&points=0"),
        (422, json!("`points` is 1 to 10000, found 0"))
    );
    assert_eq!(refused("trend?from=now").0, 400);
}
