//! The REST API of a running flow.

use serde_json::{Value, json};

use crate::program::{self, Program};

/// It answers for single readings.
fn model_server() -> (tempfile::TempDir, Program) {
    serve("examples/fan-readings.yaml")
}

fn serve(flow: &str) -> (tempfile::TempDir, Program) {
    let folder = tempfile::tempdir().unwrap();
    let root = env!("CARGO_MANIFEST_DIR");
    let flow = std::fs::read_to_string(format!("{root}/{flow}"))
        .unwrap()
        .replace("../models", &format!("{root}/models"));
    std::fs::write(folder.path().join("flow.yaml"), flow).unwrap();
    let arguments = [
        "run",
        "flow.yaml",
        "--listen",
        "0",
        "--broker",
        "embedded://127.0.0.1:0",
    ];
    let program = Program::start(folder.path(), &arguments);
    (folder, program)
}

fn reading() -> Value {
    json!({
        "temp": 31.0, "rpm": 1850.0, "current": 1.0, "vibration": 0.025,
        "power": 230.0, "cooling_rate": 0.01, "thermal_efficiency": 4.3
    })
}

fn predict(program: &Program, body: &str) -> (u16, Value) {
    ask(program, "/predict", body)
}

fn ask(program: &Program, address: &str, body: &str) -> (u16, Value) {
    let (code, body) = program.request("POST", address, &[("Content-Type", "application/json")], body);
    (code, serde_json::from_str(&body).unwrap_or(Value::Null))
}

#[test]
fn predictions_have_the_shape_that_clients_know() {
    let (_folder, program) = model_server();
    let (code, answer) = predict(&program, &reading().to_string());
    assert_eq!(code, 200);
    assert_eq!(
        (&answer["fault_code"], &answer["severity"]),
        (&json!(0), &json!("None"))
    );
    let confidence = answer["confidence"].as_f64().unwrap();
    assert!((0.5..=1.0).contains(&confidence));
    let mut shaken = reading();
    shaken["vibration"] = json!(0.09);
    let (_, answer) = predict(&program, &shaken.to_string());
    assert_eq!(answer["fault_label"], json!("Mechanical Imbalance"));
    assert_eq!(answer.as_object().unwrap().len(), 5);
}

#[test]
fn bad_readings_are_refused_with_the_field() {
    let (_folder, program) = model_server();
    let mut cases: Vec<(String, Vec<(&str, &str)>)> = Vec::new();
    let mut unknown = reading();
    unknown["energy"] = json!(1.0);
    cases.push((unknown.to_string(), vec![("energy", "extra_forbidden")]));
    let mut missing = reading();
    missing.as_object_mut().unwrap().remove("rpm");
    cases.push((missing.to_string(), vec![("rpm", "missing")]));
    for no_number in ["NaN", "-Infinity", "Infinity", "1e999"] {
        let text = reading().to_string().replace("0.025", no_number);
        cases.push((text, vec![("vibration", "finite_number")]));
    }
    for wrong in ["\"hot\"", "null", "true", "[1]"] {
        let text = reading().to_string().replace("31.0", wrong);
        cases.push((text, vec![("temp", "float_type")]));
    }
    let mut two = reading();
    two.as_object_mut().unwrap().remove("power");
    two["temp"] = json!("x");
    cases.push((
        two.to_string(),
        vec![("temp", "float_type"), ("power", "missing")],
    ));
    for (body, faults) in cases {
        let (code, answer) = predict(&program, &body);
        assert_eq!(code, 422, "{body}");
        let found: Vec<(&str, &str)> = answer["detail"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| (fault["loc"][1].as_str().unwrap(), fault["type"].as_str().unwrap()))
            .collect();
        assert_eq!(found, faults, "{body}");
    }
    for body in ["", "{", "[]", "no JSON"] {
        let (code, answer) = predict(&program, body);
        assert_eq!(
            (code, &answer["detail"][0]["loc"]),
            (422, &json!(["body"])),
            "{body}"
        );
    }
}

#[test]
fn a_prediction_is_explained_when_asked_for() {
    let (_folder, program) = model_server();
    let mut shaken = reading();
    shaken["vibration"] = json!(0.09);
    let (code, answer) = ask(&program, "/predict?explain=true", &shaken.to_string());
    assert_eq!(code, 200);
    let explanation = &answer["explanation"];
    let contributions = explanation["contributions"].as_array().unwrap();
    assert_eq!(
        (&contributions[0]["feature"], &contributions[0]["value"]),
        (&json!("vibration"), &json!(0.09))
    );
    let shares: Vec<f64> = contributions
        .iter()
        .map(|one| one["contribution"].as_f64().unwrap())
        .collect();
    assert_eq!(shares.len(), 7);
    assert!(
        shares[0] > 0.3 && shares.is_sorted_by(|a, b| a.abs() >= b.abs()),
        "{shares:?}"
    );
    let sum = explanation["base"].as_f64().unwrap() + shares.iter().sum::<f64>();
    assert!(
        (sum - answer["confidence"].as_f64().unwrap()).abs() < 1e-3,
        "{answer}"
    );
    let (code, answer) = ask(&program, "/predict?explain=maybe", &shaken.to_string());
    assert_eq!(
        (code, &answer["detail"][0]["loc"]),
        (422, &json!(["query", "explain"]))
    );
}

#[test]
fn many_readings_are_answered_at_once() {
    let (_folder, program) = model_server();
    let mut shaken = reading();
    shaken["vibration"] = json!(0.09);
    let list = |count: usize, last: &Value| {
        let mut readings = vec![reading(); count];
        readings.push(last.clone());
        Value::Array(readings).to_string()
    };
    let (code, answers) = ask(&program, "/score", &list(9_999, &shaken));
    assert_eq!(code, 200);
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), 10_000);
    let (_, single) = predict(&program, &shaken.to_string());
    assert_eq!(answers[9_999], single);
    let (_, explained) = ask(&program, "/score?explain=true", &list(1, &shaken));
    assert_eq!(
        explained[1]["explanation"]["contributions"][0]["feature"],
        json!("vibration")
    );

    let mut broken = reading();
    broken["temp"] = json!("hot");
    let (code, answer) = predict(&program, &list(2, &broken));
    assert_eq!(
        (code, &answer["detail"][0]["loc"]),
        (422, &json!(["body", 2, "temp"]))
    );
    let (code, answer) = predict(&program, &list(2, &json!(5)));
    assert_eq!((code, &answer["detail"][0]["loc"]), (422, &json!(["body", 2])));
    let too_many = [("/score", 10_000), ("/score?explain=true", 1000)];
    for (address, count) in too_many {
        let (code, answer) = ask(&program, address, &list(count, &shaken));
        assert_eq!(
            (code, &answer["detail"][0]["type"]),
            (422, &json!("too_long")),
            "{address}"
        );
    }
    let (code, answer) = predict(&program, &format!("[\"{}\"]", "x".repeat(8 * 1024 * 1024)));
    assert_eq!((code, &answer["detail"][0]["type"]), (413, &json!("too_large")));
    assert!(
        answer["detail"][0]["msg"].as_str().unwrap().contains("8 MiB"),
        "{answer}"
    );
}

#[test]
fn the_model_tells_what_it_is() {
    let (_folder, program) = model_server();
    let (code, body) = program.request("GET", "/model", &[], "");
    assert_eq!(code, 200);
    let model: Value = serde_json::from_str(&body).unwrap();
    let temp = &model["features"][0];
    assert_eq!((&temp["name"], &temp["unit"]), (&json!("temp"), &json!("°C")));
    assert_eq!((&temp["min"], &temp["max"]), (&json!(26.13), &json!(49.81)));
    assert_eq!(model["classes"][3]["label"], json!("Mechanical Imbalance"));
    assert_eq!(model["trees"], json!(160));
    assert!(model["training"]["report"]["macro_f1"].as_f64().unwrap() > 0.8);
}

#[test]
fn the_api_is_described_with_the_models_own_features() {
    let (_folder, program) = model_server();
    let (code, body) = program.request("GET", "/openapi.json", &[], "");
    assert_eq!(code, 200);
    let described: Value = serde_json::from_str(&body).unwrap();
    let reading_schema = &described["components"]["schemas"]["Reading-faults"];
    let mut names: Vec<&str> = reading_schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    let mut sent: Vec<String> = reading().as_object().unwrap().keys().cloned().collect();
    sent.sort_unstable();
    assert_eq!(names, sent);
    assert_eq!(reading_schema["additionalProperties"], json!(false));
    assert_eq!(program.request("GET", "/docs/", &[], "").0, 200);
    assert_eq!(
        program.request("GET", "/healthz", &[], ""),
        (200, "ok\n".to_owned())
    );
    let (code, _) = program.request("GET", "/ui", &[], "");
    assert_eq!(code, 308);
}

#[test]
fn foreign_names_and_foreign_pages_are_refused() {
    let (_folder, program) = model_server();
    let (code, _) = program.request("GET", "/api/status", &[("Host", "plant.example")], "");
    assert_eq!(code, 403);
    let (code, _) = program.request("GET", "/api/status", &[("Origin", "http://plant.example")], "");
    assert_eq!(code, 403);
    let own = format!("http://{}", program.dashboard());
    let (code, _) = program.request("GET", "/api/status", &[("Origin", &own)], "");
    assert_eq!(code, 200);
}

/// The samples of a metric, by their labels.
fn samples<'t>(text: &'t str, metric: &str) -> Vec<(&'t str, f64)> {
    let samples = text.lines().filter_map(|line| line.strip_prefix(metric));
    let samples = samples.filter_map(|rest| rest.strip_prefix('{')?.rsplit_once("} "));
    samples
        .map(|(labels, value)| (labels, value.parse().unwrap()))
        .collect()
}

#[test]
fn metrics_count_what_goes_through() {
    let (_folder, program) = serve("flows/fan-cooling.yaml");
    let deadline = std::time::Instant::now() + program::PATIENCE;
    loop {
        let (code, text) = program.request("GET", "/metrics", &[], "");
        assert_eq!(code, 200);
        let of = |metric: &str, labels: &str| {
            let all = samples(&text, metric);
            all.iter()
                .find(|(found, _)| *found == labels)
                .map(|(_, value)| *value)
        };
        let logged = of("twinflow_node_records_in_total", "node=\"log\"").unwrap();
        if logged < 2.0 {
            assert!(std::time::Instant::now() < deadline, "{text}");
            continue;
        }
        assert_eq!(of("twinflow_node_problems_total", "node=\"kpis\""), Some(0.0));
        assert_eq!(
            of("twinflow_node_records_dropped_total", "node=\"log\""),
            Some(0.0)
        );
        assert_eq!(
            of("twinflow_node_queue_capacity_batches", "node=\"log\""),
            Some(64.0)
        );
        let batches = of("twinflow_node_batch_seconds_count", "node=\"faults\"").unwrap();
        let all = of(
            "twinflow_node_batch_seconds_bucket",
            "le=\"+Inf\",node=\"faults\"",
        )
        .unwrap();
        assert!(batches >= 1.0 && all == batches, "{text}");
        assert_eq!(of("twinflow_node_ready", "node=\"fan\""), Some(1.0));
        assert_eq!(
            of("twinflow_source_records_late_total", "node=\"fan\""),
            Some(0.0)
        );
        assert!(of("twinflow_source_open_records", "node=\"fan\"").is_some());
        assert!(
            of("twinflow_source_oldest_open_seconds", "node=\"fan\"").is_some_and(|oldest| oldest < 60.0)
        );
        // What was written is safe a tenth of a second later; only then has it a latency.
        let safe = of("twinflow_sink_latency_seconds_count", "node=\"log\"");
        if safe.is_none() {
            assert!(std::time::Instant::now() < deadline, "{text}");
            continue;
        }
        assert!(text.ends_with("# EOF\n"));
        break;
    }
}
