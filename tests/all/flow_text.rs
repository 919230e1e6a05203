//! The flow's text is checked, completed and saved over HTTP, and a running flow follows it.

use serde_json::{Value, json};

use crate::program::{self, Program};

const FLOW: &str = "twinflow: 1
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  show:
    type: dashboard-widget
    from: fan
    widget: value
    fields: [temp]
";

fn start() -> (tempfile::TempDir, Program) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fan.yaml"), FLOW).unwrap();
    let program = Program::start(folder.path(), &["run", "fan.yaml", "--listen", "0"]);
    (folder, program)
}

fn ask(program: &Program, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let headers = [("Content-Type", "application/json")];
    let (code, body) = program.request(method, path, &headers, &body.to_string());
    (code, serde_json::from_str(&body).unwrap_or(Value::Null))
}

#[test]
fn the_graph_tells_nodes_wires_lines_and_fields() {
    let (_folder, program) = start();
    let (code, flow) = ask(&program, "GET", "/api/flow", &json!({}));
    assert_eq!(code, 200);
    assert_eq!((&flow["editable"], &flow["fault"]), (&json!(true), &Value::Null));
    assert_eq!(flow["files"][0]["text"], FLOW);
    let (fan, show) = (&flow["nodes"][0], &flow["nodes"][1]);
    assert_eq!(
        (&fan["id"], &fan["role"], &fan["lines"]),
        (&json!("fan"), &json!("source"), &json!([4, 4]))
    );
    assert_eq!(fan["outputs"][0]["fields"][0]["unit"], "°C");
    assert_eq!(
        (&show["lines"], &show["inputs"]),
        (&json!([5, 9]), &json!([{ "from": "fan", "output": "out" }]))
    );
    assert!(show["doc"].as_str().unwrap().contains("dashboard"));
    let (code, page) = program.request("GET", "/flow", &[], "");
    assert!(code == 200 && page.contains("<!doctype html>"), "{page}");
}

#[test]
fn a_draft_is_checked_and_completed_without_being_written() {
    let (folder, program) = start();
    let draft = FLOW.replace("widget: value", "widget: valeu");
    let (_, answer) = ask(
        &program,
        "POST",
        "/api/flow/check",
        &json!({ "path": "fan.yaml", "text": draft }),
    );
    assert_eq!(answer["ok"], false);
    let finding = &answer["diagnostics"][0];
    assert_eq!(
        (&finding["line"], &finding["column"], &finding["severity"]),
        (&json!(8), &json!(13), &json!("error"))
    );
    let at = json!({ "path": "fan.yaml", "text": FLOW.replace("widget: value", "widget: "), "line": 7, "column": 12 });
    let (_, answer) = ask(&program, "POST", "/api/flow/complete", &at);
    let labels: Vec<&str> = answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["label"].as_str().unwrap())
        .collect();
    assert!(labels.contains(&"gauge"), "{labels:?}");
    let at = json!({ "path": "fan.yaml", "text": FLOW, "line": 5, "column": 12 });
    let (_, answer) = ask(&program, "POST", "/api/flow/hover", &at);
    assert!(
        answer["markdown"].as_str().unwrap().contains("dashboard"),
        "{answer}"
    );
    let foreign = json!({ "path": "../other.yaml", "text": "" });
    assert_eq!(
        ask(&program, "POST", "/api/flow/check", &foreign).1["diagnostics"],
        json!([])
    );
    assert_eq!(
        std::fs::read_to_string(folder.path().join("fan.yaml")).unwrap(),
        FLOW
    );
}

#[test]
fn only_a_good_text_is_saved_and_only_over_the_one_that_was_read() {
    let (folder, program) = start();
    let path = folder.path().join("fan.yaml");
    let (_, flow) = ask(&program, "GET", "/api/flow", &json!({}));
    let revision = flow["files"][0]["revision"].clone();
    let save = |path: &str, text: &str, revision: &Value| {
        let edit = json!({ "path": path, "text": text, "revision": revision });
        ask(&program, "PUT", "/api/flow/files", &edit)
    };
    let broken = FLOW.replace("[temp]", "[tmp]");
    let (code, answer) = save("fan.yaml", &broken, &revision);
    assert_eq!(
        (code, &answer["diagnostics"][0]["code"]),
        (422, &json!("E021")),
        "{answer}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), FLOW);
    let (code, _) = save("../fan.yaml", FLOW, &revision);
    assert_eq!(code, 500);
    let better = FLOW
        .replace("value", "gauge")
        .replace("°C }", "°C, range: [0, 60] }");
    let (code, answer) = save("fan.yaml", &better, &revision);
    assert_eq!(code, 200, "{answer}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), better);
    // The running flow follows.
    let deadline = std::time::Instant::now() + program::PATIENCE;
    loop {
        let (_, dashboard) = ask(&program, "GET", "/api/dashboard", &json!({}));
        if dashboard["pages"][0]["groups"][0]["widgets"][0]["kind"] == "gauge" {
            break;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "it does not follow: {dashboard:#}"
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // Who still has the text from before is told what it is now.
    let (code, answer) = save("fan.yaml", FLOW, &revision);
    assert_eq!((code, &answer["text"]), (409, &json!(better)));
}
