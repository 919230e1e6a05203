//! The models of a running flow: asked by name, of twinflow and of other tools, and exchanged without a restart.

use std::fs;

use serde_json::{Value, json};

use crate::onnx_file::{self, CARD};
use crate::program::Program;

const FLOW: &str = "
twinflow: 1
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan: { type: virtual-fan, broker: plant, topic: fan }
  seen:
    type: mqtt-in
    broker: plant
    topic: fan
    fields: { temp: { unit: °C }, rpm: { unit: rpm }, current: { unit: A }, vibration: { unit: g } }
  kpis:
    type: kpi
    from: seen
    values:
      power: 230 V * current
      cooling_rate: -rate(temp)
      thermal_efficiency: abs(cooling_rate) / max(1 W, power) * 100000 W*s/°C
  faults: { type: classify, from: kpis, model: fan-faults.json }
  tree: { type: classify, from: seen, model: fan.onnx }
  show: { type: dashboard-widget, from: [faults, tree], widget: value, fields: [confidence] }
";

fn start() -> (tempfile::TempDir, Program) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/models/fan-faults.json");
    fs::copy(shipped, file("fan-faults.json")).unwrap();
    fs::write(file("fan.onnx"), onnx_file::tree()).unwrap();
    fs::write(file("fan.onnx.yaml"), CARD).unwrap();
    fs::write(file("flow.yaml"), FLOW).unwrap();
    let program = Program::start(folder.path(), &["run", "flow.yaml", "--listen", "0"]);
    (folder, program)
}

fn get(program: &Program, address: &str) -> (u16, Value) {
    let (code, body) = program.request("GET", address, &[], "");
    (code, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn ask(program: &Program, address: &str, body: &Value) -> (u16, Value) {
    let json = [("Content-Type", "application/json")];
    let (code, body) = program.request("POST", address, &json, &body.to_string());
    (code, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn reading() -> Value {
    json!({ "temp": 40.0, "vibration": 0.6 })
}

#[test]
fn each_model_of_a_flow_answers_under_its_name() {
    let (_folder, program) = start();
    let (code, models) = get(&program, "/models");
    assert_eq!(code, 200);
    assert_eq!(models[0]["name"], "faults");
    assert_eq!(
        models[1],
        json!({ "name": "tree", "features": [
            { "name": "temp", "unit": "°C", "range": [20.0, 60.0] },
            { "name": "vibration", "unit": "g", "range": null },
        ] })
    );
    for address in ["/models/tree/predict", "/models/tree/score"] {
        let (code, answer) = ask(&program, address, &reading());
        assert_eq!(code, 200);
        assert_eq!(
            answer,
            json!({ "fault_code": 7, "fault_label": "Hot", "confidence": 0.75, "severity": "Medium", "advice": "Clean the filter." })
        );
    }
    let (_, first) = get(&program, "/models/faults");
    assert_eq!(get(&program, "/model"), (200, first.clone()));
    assert_eq!((&first["kind"], &first["trees"]), (&json!("forest"), &json!(160)));
    let (_, second) = get(&program, "/models/tree");
    assert_eq!(
        (&second["kind"], &second["classes"][2]["code"]),
        (&json!("onnx"), &json!(7))
    );

    let (code, answer) = ask(&program, "/models/tre/predict", &reading());
    assert_eq!(code, 404);
    assert_eq!(
        answer["detail"],
        "this flow has no model `tre`: it has `faults` and `tree`"
    );
    assert_eq!(get(&program, "/models/tre").0, 404);
    let (code, answer) = ask(&program, "/models/tree/predict", &json!({ "temp": 1.0 }));
    assert_eq!(
        (code, &answer["detail"][0]["loc"]),
        (422, &json!(["body", "vibration"]))
    );
    let (code, answer) = ask(&program, "/models/tree/predict?explain=true", &reading());
    assert_eq!(
        (code, &answer["detail"][0]["loc"]),
        (422, &json!(["query", "explain"]))
    );

    let (_, described) = get(&program, "/openapi.json");
    assert!(described["paths"]["/models/tree/predict"]["post"].is_object());
    let wanted = &described["components"]["schemas"]["Reading-tree"]["properties"];
    assert_eq!(wanted["temp"]["examples"], json!([40.0]));
    assert_eq!(wanted["vibration"]["description"], "in g");
}

#[test]
fn a_model_that_changes_takes_its_place_if_it_fits_the_flow() {
    let (folder, program) = start();
    let label = || ask(&program, "/models/tree/predict", &reading()).1["fault_label"].clone();
    assert_eq!(label(), "Hot");
    let card = folder.path().join("fan.onnx.yaml");

    fs::write(&card, CARD.replace("label: Hot", "label: Blocked filter")).unwrap();
    program.wait_for_status(|_| label() == "Blocked filter");
    let (_, status) = get(&program, "/api/status");
    assert_eq!(status["fault"], json!(null));

    // It needs what no record has: the model before it stays.
    let before = program.wait_for_status(|status| status["nodes"]["tree"]["out"].as_u64() > Some(0));
    fs::write(&card, CARD.replace("name: temp,", "name: humidity,")).unwrap();
    let told = program.wait_for_status(|status| status["fault"] != json!(null));
    let report = told["fault"]["report"].as_str().unwrap();
    assert!(report.contains("the model needs `humidity`"), "{report}");
    assert_eq!(label(), "Blocked filter");
    let count = before["nodes"]["tree"]["out"].as_u64();
    program.wait_for_status(|status| status["nodes"]["tree"]["out"].as_u64() > count);

    // Half a file, as it is while someone copies it.
    let whole = onnx_file::tree();
    fs::write(folder.path().join("fan.onnx"), &whole[..whole.len() / 2]).unwrap();
    fs::write(&card, CARD).unwrap();
    program.wait_for_status(|status| {
        let report = status["fault"]["report"].as_str();
        report.is_some_and(|report| report.contains("not an ONNX file"))
    });
    fs::write(folder.path().join("fan.onnx"), &whole).unwrap();
    program.wait_for_status(|status| status["fault"] == json!(null));
    program.wait_for_status(|_| label() == "Hot");
}
