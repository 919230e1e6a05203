//! The command line: exit codes, what is printed, and what is written.

use std::fs;

use crate::program::{self, Program, run, run_in};

const FLOW: &str = "
twinflow: 1
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  show: { type: dashboard-widget, from: fan, widget: gauge, fields: [temp] }
";

#[test]
fn a_good_flow_is_good() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flow.yaml"), FLOW).unwrap();
    let ended = run_in(folder.path(), &["check", "flow.yaml"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(ended.stdout, "flow.yaml is good: 2 nodes, 1 wire\n");
}

#[test]
fn every_shipped_flow_is_good() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut checked = 0;
    for folder in ["flows", "examples"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let ended = run_in(root, &["check", path.to_str().unwrap()]);
                assert_eq!(
                    (ended.code, ended.stderr.as_str()),
                    (Some(0), ""),
                    "{}",
                    path.display()
                );
                checked += 1;
            }
        }
    }
    assert!(checked >= 2);
}

#[test]
fn every_mistake_is_told_in_one_run_and_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let text = "
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-inn, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  good: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C }, current: { unit: A } } }
  kpis: { type: kpi, from: good, values: { wrong: temp + current } }
  dial: { type: dashboard-widget, from: good, widget: gauge, feilds: [temp] }
  a: { type: kpi, from: b, values: { x: '1' } }
  b: { type: kpi, from: a, values: { y: '1' } }
  a: { type: kpi, from: good, values: { z: '1' } }
";
    fs::write(folder.path().join("flow.yaml"), text).unwrap();
    let ended = run_in(folder.path(), &["check", "flow.yaml"]);
    assert_eq!(ended.code, Some(2));
    for part in [
        "error[E011]: there is no node type `mqtt-inn`",
        "flow.yaml:5:16",
        "did you mean `mqtt-in`?",
        "error[E019]",
        "flow.yaml:7:51",
        "has no field `feilds`",
        "did you mean `fields`?",
        "these nodes feed themselves: a → b → a",
        "error[E002]: `a` stands here twice",
        "errors",
    ] {
        assert!(
            ended.stderr.contains(part),
            "`{part}` is not in:\n{}",
            ended.stderr
        );
    }
}

#[test]
fn wrong_usage_ends_with_2_and_tells_the_way() {
    let ended = run(&["run", "no-such-flow.yaml"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("no-such-flow.yaml cannot be read"),
        "{}",
        ended.stderr
    );
    let ended = run(&["checkk"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("similar subcommand exists: 'check'"),
        "{}",
        ended.stderr
    );
    let ended = run(&["nodes", "kpy"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("did you mean `kpi`?"), "{}", ended.stderr);
}

#[test]
fn nodes_are_listed_and_explained() {
    let all = run(&["nodes"]);
    assert_eq!(all.code, Some(0));
    let types = [
        "mqtt-in",
        "virtual-fan",
        "kpi",
        "rhai-function",
        "classify",
        "csv-sink",
        "mqtt-out",
        "dashboard-widget",
    ];
    for name in types {
        assert!(
            all.stdout.lines().any(|line| line.starts_with(name)),
            "{name} is not in:\n{}",
            all.stdout
        );
        let one = run(&["nodes", name]);
        assert_eq!(one.code, Some(0));
        assert!(one.stdout.contains("```yaml"), "{}", one.stdout);
    }
}

#[test]
fn an_address_beyond_this_machine_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flow.yaml"), FLOW).unwrap();
    let ended = run_in(folder.path(), &["run", "flow.yaml", "--listen", "0.0.0.0:0"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("can be reached from other machines"),
        "{}",
        ended.stderr
    );
    let open = FLOW.replace("127.0.0.1:0", "0.0.0.0:0");
    fs::write(folder.path().join("flow.yaml"), open).unwrap();
    let ended = run_in(folder.path(), &["run", "flow.yaml", "--listen", "0"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("0.0.0.0"), "{}", ended.stderr);
}

#[test]
fn taken_ports_are_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flow.yaml"), FLOW).unwrap();
    let ended = run_in(folder.path(), &["run", "flow.yaml", "--listen", &port]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .contains(&format!("port {port} on 127.0.0.1 is taken")),
        "{}",
        ended.stderr
    );
    let flow = FLOW.replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
    fs::write(folder.path().join("flow.yaml"), flow).unwrap();
    let ended = run_in(folder.path(), &["run", "flow.yaml", "--listen", "0"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains(&port) && ended.stderr.contains("mqtt://"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_published_protocol_lasts_ten_minutes_and_names_the_loads() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "simulate",
        "--out",
        "log.csv",
        "--runs",
        "2",
        "--protocol",
        "full",
    ];
    let simulated = run_in(folder.path(), &arguments);
    assert_eq!(simulated.code, Some(0), "{}", simulated.stderr);
    let text = fs::read_to_string(folder.path().join("log.csv")).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let (load, run, fault) = (column("heat_load [W]"), column("run"), column("actual_fault"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 2 * 3000);
    let of_first: Vec<_> = rows.iter().filter(|row| row[run] == "0").collect();
    let faulty: Vec<usize> = (0..of_first.len())
        .filter(|row| of_first[*row][fault] == "1")
        .collect();
    assert_eq!((faulty.len(), faulty[0]), (480 * 5, 60 * 5));
    // Each experiment has loads of its own.
    assert_ne!(rows[0][load], rows[3000][load]);
}

#[test]
fn sigterm_writes_what_is_under_way_and_ends_with_0() {
    let folder = tempfile::tempdir().unwrap();
    let flow = format!("{FLOW}  log: {{ type: csv-sink, from: fan, file: log.csv }}\n");
    fs::write(folder.path().join("flow.yaml"), flow).unwrap();
    let program = Program::start(folder.path(), &["run", "flow.yaml", "--listen", "0"]);
    program::publish(program.broker(), "fan", r#"{"temp": 21.5}"#);
    // The reading has reached the engine once the status counts it; stopping must bring it into the file. It comes twice if
    // the engine subscribes in the moment in which it is published: once as it is, once retained.
    program.wait_for_status(|status| status["nodes"]["fan"]["out"].as_u64() >= Some(1));
    let (code, stderr) = program.terminate();
    assert_eq!(code, Some(0), "{stderr}");
    let log = fs::read_to_string(folder.path().join("log.csv")).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines.len() >= 2, "{log}");
    assert_eq!(lines[0], "time,key,temp [°C]");
    assert!(lines[1..].iter().all(|line| line.ends_with(",,21.5")), "{log}");
}

#[test]
fn the_log_can_be_json_for_programs() {
    use std::io::BufRead;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("flow.yaml"), FLOW).unwrap();
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_twinflow"))
        .current_dir(folder.path())
        .args(["--log-format", "json", "run", "flow.yaml", "--listen", "0"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut log = std::io::BufReader::new(program.stderr.take().unwrap());
    log.read_line(&mut line).unwrap();
    program.kill().unwrap();
    program.wait().unwrap();
    let event: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (event["message"].as_str(), event["nodes"].as_u64()),
        (Some("running"), Some(2))
    );
    let dashboard = event["dashboard"].as_str().unwrap();
    assert!(dashboard.starts_with("http://127.0.0.1:"), "{line}");
    assert!(
        event["embedded_brokers"]
            .as_str()
            .unwrap()
            .starts_with("mqtt://127.0.0.1:"),
        "{line}"
    );
}
