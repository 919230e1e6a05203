//! What counters rose by, and what the log's files hold, over HTTP.

use std::time::Instant;

use serde_json::{Value, json};

use crate::program::{PATIENCE, Program, publish};

const FLOW: &str = "
twinflow: 1
name: Meter
history: { readings: 2 d }
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  meter:
    type: mqtt-in
    broker: plant
    topic: meter
    time: at
    fields: { energy: { unit: Wh }, state: { type: text } }
  use:
    type: totals
    from: meter
    fields: [energy]
    cost: { price: 0.5, per: kWh, currency: € }
  log: { type: csv-sink, from: meter, file: data/%Y/log-%m-%d.csv, show: { page: Log, fields: [energy] } }
";

/// A full hour in 2026: 1st January, 10:00 UTC.
const HOUR_S: i64 = 1_767_261_600;

fn reports(program: &Program, seconds: i64, energy_wh: f64) {
    let payload = json!({ "at": HOUR_S + seconds, "energy": energy_wh, "state": "on" });
    publish(program.broker(), "meter", &payload.to_string());
}

fn get(program: &Program, path: &str) -> (u16, Value) {
    let (code, body) = program.request("GET", path, &[], "");
    (code, serde_json::from_str(&body).unwrap_or(Value::String(body)))
}

fn started() -> (tempfile::TempDir, Program) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("meter.yaml"), FLOW).unwrap();
    let program = Program::start(folder.path(), &["run", "meter.yaml", "--listen", "0"]);
    let readings = [(0, 100.0), (1_800, 300.0), (3_600, 350.0), (5_400, 2_350.0)];
    for (count, (seconds, energy)) in readings.into_iter().enumerate() {
        reports(&program, seconds, energy);
        // The broker keeps one message for a subscriber that comes only then.
        program.wait_for_status(|status| status["nodes"]["log"]["in"] == count + 1);
    }
    (folder, program)
}

#[test]
fn counters_are_summed_up_by_the_hour_with_what_they_cost() {
    let (_folder, program) = started();
    let (from, to) = (HOUR_S * 1_000, (HOUR_S + 2 * 3_600) * 1_000);
    let (code, sums) = get(&program, &format!("/api/totals/use?by=hour&from={from}&to={to}"));
    assert_eq!(code, 200, "{sums}");
    let energy = &sums["fields"]["energy"];
    assert_eq!(energy["increases"], json!([200.0, 2_050.0]));
    assert_eq!(
        (&energy["sum"], &energy["cost"]),
        (&json!(2_250.0), &json!(1.125))
    );
    assert_eq!((&energy["unit"], &sums["currency"]), (&json!("Wh"), &json!("€")));
    assert_eq!(
        sums["buckets"][1],
        json!({ "from": from + 3_600_000, "to": to, "name": null, "whole": true })
    );
    // It is in the layout, and is refused in words where it makes no sense.
    let (_, dashboard) = get(&program, "/api/dashboard");
    let totals = &dashboard["pages"][0]["groups"][0]["widgets"][0];
    assert_eq!(totals["kind"], "totals");
    assert_eq!(
        totals["totals"],
        json!({ "shifts": [], "cost": { "price": 0.5, "per": "kWh", "currency": "€" } })
    );
    assert_eq!(
        get(&program, "/api/totals/use?by=shift"),
        (422, json!({ "error": "the node `use` names no `shifts`" }))
    );
    assert_eq!(
        get(&program, "/api/totals/log"),
        (
            404,
            json!({ "error": "the flow has no node `log` of the type `totals`" })
        )
    );
}

#[test]
fn the_files_of_a_log_can_be_looked_into_and_taken_away() {
    let (folder, program) = started();
    // Neither of them is the sink's.
    std::fs::write(folder.path().join("data/2026/secret.txt"), "no").unwrap();
    std::fs::write(folder.path().join("data/other.csv"), "no").unwrap();
    let path = "/api/files/log/2026%2Flog-01-01.csv";
    let deadline = Instant::now() + PATIENCE;
    // Rows are synced in groups, and nobody is told when.
    while get(&program, &format!("{path}/columns")).1["rows"] != 4 {
        assert!(Instant::now() < deadline, "the rows are not written");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let (code, files) = get(&program, "/api/files/log");
    assert_eq!((code, files.as_array().map(Vec::len)), (200, Some(1)), "{files}");
    assert_eq!(files[0]["name"], "2026/log-01-01.csv");
    let (code, text) = program.request("GET", path, &[], "");
    let written = std::fs::read_to_string(folder.path().join("data/2026/log-01-01.csv")).unwrap();
    assert_eq!((code, text), (200, written));
    let (code, excerpt) = get(&program, &format!("{path}/columns"));
    assert_eq!(code, 200, "{excerpt}");
    assert_eq!(
        excerpt["columns"],
        json!([
            { "name": "energy", "unit": "Wh", "kind": "number" },
            { "name": "state", "unit": null, "kind": "text" }
        ])
    );
    assert_eq!(excerpt["values"]["energy"], json!([100.0, 300.0, 350.0, 2_350.0]));
    assert_eq!(excerpt["texts"]["state"][0], "on");
    assert_eq!(excerpt["times"][1], (HOUR_S + 1_800) * 1_000);
    // Of more rows than points, the least and the greatest of each stretch.
    let (_, thinned) = get(&program, &format!("{path}/columns?fields=energy&points=1"));
    assert_eq!((&thinned["rows"], &thinned["shown"]), (&json!(4), &json!(4)));
    assert_eq!(thinned["values"]["energy"], json!([100.0, 300.0, 350.0, 2_350.0]));
    let (_, span) = get(
        &program,
        &format!("{path}/columns?from={}", (HOUR_S + 3_600) * 1_000),
    );
    assert_eq!(span["rows"], 2);
    for outside in [
        "..%2Fother.csv",
        "2026%2Fsecret.txt",
        "2026%2F..%2F2026%2Flog-01-01.csv",
        "%2Fetc%2Fpasswd",
    ] {
        let (code, _) = get(&program, &format!("/api/files/log/{outside}"));
        assert_eq!(code, 404, "{outside}");
    }
    let (code, refusal) = get(&program, &format!("{path}/columns?fields=power"));
    let error = refusal["error"].as_str().unwrap();
    assert!(
        code == 422 && error.contains("there is no column `power`"),
        "{code} {error}"
    );
    let (_, dashboard) = get(&program, "/api/dashboard");
    let log = dashboard["pages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|page| page["title"] == "Log")
        .unwrap();
    assert_eq!(log["groups"][0]["widgets"][0]["kind"], "log");
}
