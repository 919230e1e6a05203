//! The node types at work.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::timeout;
use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::language::ProcessEnvironment;
use twinflow_engine::node::Level;
use twinflow_engine::record::{Batch, BatchBuilder, Delivery, EventTime, Receipt, Value};
use twinflow_engine::runtime::{Offline, Running, start};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;
use twinflow_nodes::mqtt::{BrokerAddress, ConnectOptions, EmbeddedAddress, Publisher, Qos, TopicName};
use twinflow_nodes::{Shared, registry};

use crate::support::inlet::{Inlet, Row, compile};

fn number(name: &str, unit: &str) -> Field {
    Field::new(name, FieldType::Number(Unit::parse(unit).unwrap()))
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// Runs records through transforms: what arrives at the widget `show`, by field.
struct Bench {
    graph: Graph,
    offline: Offline,
    // The source's end stays open.
    _inlet: Inlet,
}

impl Bench {
    fn new(fields: Vec<Field>, nodes: &str) -> Self {
        let (graph, inlet) = compile(Path::new(""), fields, nodes);
        let offline = Offline::up_to(&graph, "show").unwrap();
        Self {
            graph,
            offline,
            _inlet: inlet,
        }
    }

    fn push(&mut self, rows: &[Row]) -> Vec<Batch> {
        let schema = std::sync::Arc::clone(&self.graph.node("in").unwrap().1.outputs[0].schema);
        let mut builder = BatchBuilder::new(schema, rows.len());
        for (micros, key, values) in rows {
            let key = self.offline.keys().intern(key).unwrap();
            builder.push(EventTime(*micros), key, values.clone());
        }
        self.offline
            .arriving("in", builder.finish(Receipt::none()), "show")
    }

    /// The values of one field of all that arrives.
    fn values(&mut self, field: &str, rows: &[Row]) -> Vec<Value> {
        let batches = self.push(rows);
        let values = batches.iter().flat_map(|batch| {
            let slot = batch.schema().slot(field).unwrap();
            (0..batch.len()).map(move |row| batch.value(row, slot))
        });
        values.collect()
    }

    /// Kind, count and text of all problems.
    fn problems(&self) -> Vec<(&'static str, u64, String)> {
        let problems = self.offline.problems().all();
        problems
            .into_iter()
            .map(|p| (p.kind, p.count, p.message))
            .collect()
    }
}

const SECOND: i64 = 1_000_000;

#[test]
fn kpis_are_those_of_the_fan() {
    let mut bench = Bench::new(
        vec![number("temp", "°C"), number("current", "A")],
        "
  kpis:
    type: kpi
    from: in
    values:
      thermal_efficiency: abs(cooling_rate) / max(1 W, power) * 100000 W*s/°C
      co2: energy * 0.233 g/Wh
      energy: integral(power) in Wh
      cooling_rate: { formula: -rate(temp), range: [-0.5, 0.5] }
      power: 230 V * current
      half: { formula: power / 2, unit: kW, title: Half }
  show: { type: dashboard-widget, from: kpis, widget: value, fields: [power] }
",
    );
    let (_, show) = bench.graph.node("show").unwrap();
    let unit = |name: &str| match &show.input.field(name).unwrap().1.field_type {
        FieldType::Number(unit) => unit.symbol().to_owned(),
        other => panic!("{other}"),
    };
    let names = [
        "power",
        "energy",
        "cooling_rate",
        "co2",
        "thermal_efficiency",
        "half",
    ];
    assert_eq!(names.map(unit), ["W", "Wh", "°C/s", "g", "1", "kW"]);
    assert_eq!(show.input.field("half").unwrap().1.title.as_deref(), Some("Half"));
    assert_eq!(
        show.input.field("cooling_rate").unwrap().1.range,
        Some((-0.5, 0.5))
    );
    let row = |seconds: i64, key, temp: f64, current: f64| -> Row {
        (
            seconds * SECOND,
            key,
            vec![Value::Number(temp), Value::Number(current)],
        )
    };
    let rows = [
        row(0, "a", 40.0, 1.0),
        row(0, "b", 40.0, 2.0),
        row(36, "a", 36.4, 1.0),
        row(36, "b", 40.0, 2.0),
    ];
    let close = |found: &[Value], expected: [Option<f64>; 4]| {
        for (found, expected) in found.iter().zip(expected) {
            match (found, expected) {
                (Value::Number(found), Some(expected)) => {
                    assert!((found - expected).abs() < 1e-9, "{found} {expected}")
                }
                (found, expected) => assert!(
                    *found == Value::Missing && expected.is_none(),
                    "{found:?} {expected:?}"
                ),
            }
        }
    };
    let batches = bench.push(&rows);
    let column = |name: &str| -> Vec<Value> {
        let slot = batches[0].schema().slot(name).unwrap();
        (0..4).map(|row| batches[0].value(row, slot)).collect()
    };
    close(&column("power"), [230.0, 460.0, 230.0, 460.0].map(Some));
    close(&column("half"), [0.115, 0.23, 0.115, 0.23].map(Some));
    close(&column("energy"), [0.0, 0.0, 2.3, 4.6].map(Some));
    close(&column("co2"), [0.0, 0.0, 0.5359, 1.0718].map(Some));
    close(&column("cooling_rate"), [None, None, Some(0.1), Some(0.0)]);
    close(
        &column("thermal_efficiency"),
        [None, None, Some(0.1 / 230.0 * 1e5), Some(0.0)],
    );
}

#[test]
fn a_kpi_with_a_field_that_is_missing_is_missing() {
    let mut bench = Bench::new(
        vec![number("current", "A").optional()],
        "
  kpis:
    type: kpi
    from: in
    values: { power: 230 V * current, on: power > 1 W, known: not is_missing(current) }
  show: { type: dashboard-widget, from: kpis, widget: value, fields: [power] }
",
    );
    let rows: [Row; 2] = [(0, "a", vec![Value::Missing]), (1, "a", vec![Value::Number(1.0)])];
    assert_eq!(
        bench.values("power", &rows),
        [Value::Missing, Value::Number(230.0)]
    );
    assert_eq!(bench.values("on", &rows), [Value::Missing, Value::Boolean(true)]);
    assert_eq!(
        bench.values("known", &rows),
        [Value::Boolean(false), Value::Boolean(true)]
    );
    let (_, show) = bench.graph.node("show").unwrap();
    assert!(show.input.field("power").unwrap().1.optional);
    assert!(!show.input.field("known").unwrap().1.optional);
}

/// A script with the output `y`, on records with `x`.
fn script(output: &str, script: &str) -> Bench {
    let lines: Vec<String> = script.lines().map(|line| format!("      {line}")).collect();
    let nodes = format!(
        "
  script:
    type: rhai-function
    from: in
    outputs: {{ y: {output} }}
    script: |
{}
  show: {{ type: dashboard-widget, from: script, widget: text, fields: [y] }}
",
        lines.join("\n")
    );
    Bench::new(
        vec![
            number("x", "°C").optional(),
            Field::new("mode", FieldType::Text).optional(),
        ],
        &nodes,
    )
}

fn xs(all: &[f64]) -> Vec<Row> {
    let row = |(at, x): (usize, &f64)| (at as i64 * SECOND, "a", vec![Value::number(*x), text("on")]);
    all.iter().enumerate().map(row).collect()
}

#[test]
fn a_script_sees_the_record_and_keeps_state_by_machine() {
    let mut bench = script(
        "{ unit: °C }",
        "let before = state.mean ?? x;\ny = before + 0.5 * (x - before);\nstate.mean = y;",
    );
    let row = |key, x: f64| (0, key, vec![Value::Number(x), Value::Missing]);
    let rows = [
        row("a", 10.0),
        row("b", 100.0),
        row("a", 20.0),
        row("b", 100.0),
        row("a", 20.0),
    ];
    let expected = [10.0, 100.0, 15.0, 100.0, 17.5].map(Value::Number);
    assert_eq!(bench.values("y", &rows), expected);
    // The state outlives the batch.
    assert_eq!(bench.values("y", &[row("a", 17.5)]), [Value::Number(17.5)]);
    let mut bench = script("{ type: text }", "y = `${key} ${mode} ${time} ${x == ()}`;");
    let rows = [(1_500_000, "fan", vec![Value::Missing, text("on")])];
    assert_eq!(bench.values("y", &rows), [text("fan on 1.5 true")]);
    assert!(bench.problems().is_empty());
}

#[test]
fn every_type_comes_back_from_a_script() {
    let cases = [
        ("{}", "y = 1;", Value::Number(1.0)),
        ("{}", "y = 1.5;", Value::Number(1.5)),
        ("{}", "y = 1.0 / 0.0;", Value::Missing),
        ("{ type: integer }", "y = 7 / 2;", Value::Integer(3)),
        ("{ type: boolean }", "y = x > 1.0;", Value::Boolean(true)),
        ("{ type: text }", "y = `ü${mode}`;", text("üon")),
        (
            "{ type: time }",
            "y = time + 1.0;",
            Value::Time(EventTime(SECOND)),
        ),
        (
            "{ type: json }",
            "y = #{ a: [1, ()] };",
            Value::Json(serde_json::json!({ "a": [1, null] }).into()),
        ),
        ("{ optional: true }", "if x > 100.0 { y = 1; }", Value::Missing),
    ];
    for (output, code, expected) in cases {
        let mut bench = script(output, code);
        assert_eq!(bench.values("y", &xs(&[2.0])), [expected], "{code}");
        assert!(bench.problems().is_empty());
    }
}

#[test]
fn a_record_on_which_a_script_fails_goes_no_further() {
    let mut bench = script(
        "{}",
        "// a comment\ny = if x < 0.0 { throw \"below\" } else { x };",
    );
    let found = bench.values("y", &xs(&[1.0, -1.0, 2.0, -3.0]));
    assert_eq!(found, [1.0, 2.0].map(Value::Number));
    let problems = bench.problems();
    assert_eq!(problems.len(), 1);
    let (kind, count, message) = &problems[0];
    assert_eq!((*kind, *count), ("script failed", 2));
    assert!(
        message.starts_with("line 2, column 18: ") && message.contains("below"),
        "{message}"
    );
    for (output, code, words) in [
        ("{}", "let z = 1;", "assigned nothing to `y`"),
        ("{}", "y = \"warm\";", "assigned string to `y`, which is number"),
        (
            "{ type: integer }",
            "y = 1.5;",
            "assigned f64 to `y`, which is integer",
        ),
    ] {
        let mut bench = script(output, code);
        assert!(bench.values("y", &xs(&[1.0, 2.0])).is_empty());
        let problems = bench.problems();
        assert_eq!((problems[0].0, problems[0].1), ("wrong script output", 2));
        assert!(problems[0].2.contains(words), "{}", problems[0].2);
    }
}

#[test]
fn a_script_is_kept_within_its_limits() {
    for code in [
        "loop {}",
        "let s = \"x\"; loop { s += s; }",
        "let a = [0]; loop { a += a; }",
        "let m = #{}; let i = 0; loop { m[`${i}`] = i; i += 1; }",
        "fn f(n) { f(n + 1) } f(0);",
        "sleep(3600);",
        "sleep(3600.0);",
        "x = 5.0;",
        "key = \"other\";",
    ] {
        let mut bench = script("{}", &format!("{code}\ny = 1;"));
        assert!(bench.values("y", &xs(&[1.0])).is_empty(), "{code}");
        let problems = bench.problems();
        assert_eq!((problems.len(), problems[0].0), (1, "script failed"), "{code}");
        let is_placed = problems[0].2.starts_with("line 1, ") || problems[0].2 == "Too many operations";
        assert!(is_placed, "{code}: {}", problems[0].2);
    }
}

#[test]
fn a_script_cannot_keep_more_than_its_limits() {
    let mut bench = script(
        "{ type: integer }",
        "state.all = (state.all ?? \"x\") + (state.all ?? \"x\");\ny = state.all.len();",
    );
    let lengths = bench.values("y", &xs(&[1.0; 30]));
    assert!(
        lengths
            .iter()
            .all(|length| matches!(length, Value::Integer(1..=65_536)))
    );
    assert_eq!(lengths.len() as u64 + bench.problems()[0].1, 30);
    // A state that is no map any more is a fresh one.
    let mut bench = script(
        "{ type: integer }",
        "y = state.len(); state.n = 1; if x > 1.0 { state = 5; }",
    );
    let found = bench.values("y", &xs(&[0.0, 0.0, 2.0, 0.0]));
    assert_eq!(found, [0, 1, 1, 0].map(Value::Integer));
}

#[test]
fn a_state_that_grows_without_end_is_emptied() {
    for code in [
        "state[`${time}`] = x;",
        "if state.all == () { state.all = #{}; } state.all[`${time}`] = x;",
    ] {
        let mut bench = script("{}", &format!("{code}\ny = x;"));
        assert_eq!(bench.values("y", &xs(&[1.0; 12_000])).len(), 12_000, "{code}");
        let problems = bench.problems();
        assert_eq!(problems.len(), 1, "{code} {problems:?}");
        assert_eq!(problems[0].0, "script state too large");
    }
}

#[test]
fn a_script_with_a_header_is_a_node_type() {
    let folder = TempDir::new().unwrap();
    let nodes = "
  double: { type: ./scale.rhai, from: in, inputs: { value: x }, factor: 2 }
  show: { type: dashboard-widget, from: double, widget: value, fields: [scaled] }
";
    let script = "/* twinflow: 1
config: { factor: { default: 3 } }
inputs: { value: { unit: any } }
outputs: { scaled: { like: value } }
*/
scaled = factor * value;
";
    std::fs::write(folder.path().join("scale.rhai"), script).unwrap();
    let (graph, _inlet) = compile(folder.path(), vec![number("x", "A")], nodes);
    let mut offline = Offline::up_to(&graph, "show").unwrap();
    let schema = std::sync::Arc::clone(&graph.node("in").unwrap().1.outputs[0].schema);
    let mut builder = BatchBuilder::new(schema, 1);
    builder.push(
        EventTime(0),
        offline.keys().intern("").unwrap(),
        [Value::Number(4.0)],
    );
    let arrived = offline.arriving("in", builder.finish(Receipt::none()), "show");
    assert_eq!(arrived[0].value(0, 1), Value::Number(8.0));
    assert_eq!(
        arrived[0].schema().get(1).unwrap().field_type.to_string(),
        "number in A"
    );
}

/// A flow that logs into a folder of its own.
struct Log {
    folder: TempDir,
    fields: Vec<Field>,
    nodes: String,
}

const PATIENCE: Duration = Duration::from_secs(30);

impl Log {
    fn new(sink: &str) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            fields: vec![
                number("temp", "°C"),
                Field::new("mode", FieldType::Text).optional(),
            ],
            nodes: format!("  log: {{ type: csv-sink, from: in, {sink} }}\n"),
        }
    }

    fn start(&self) -> (Running, Inlet) {
        let (graph, inlet) = compile(self.folder.path(), self.fields.clone(), &self.nodes);
        (start(&graph).unwrap(), inlet)
    }

    /// Runs the flow for some rows, each batch delivered.
    async fn run(&self, batches: Vec<Vec<Row>>) -> Vec<String> {
        let (running, inlet) = self.start();
        for batch in batches {
            let settled = inlet.give(batch);
            let delivery = timeout(PATIENCE, settled).await.unwrap().unwrap();
            assert_eq!(delivery, Delivery::Done);
        }
        let problems = running.watched().problems();
        running.stop().await;
        problems
            .into_iter()
            .map(|p| format!("{}: {}", p.kind, p.message))
            .collect()
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }
}

fn reading(seconds: i64, temp: f64, mode: &str) -> Row {
    (seconds * SECOND, "fan 1", vec![Value::Number(temp), text(mode)])
}

#[tokio::test]
async fn rows_wait_for_a_sync_as_long_as_the_flow_says() {
    let log = Log::new("file: fan.csv, sync: 1 min");
    let (running, inlet) = log.start();
    let mut settled = inlet.give(vec![(0, "fan", vec![Value::Number(1.0), Value::Missing])]);
    let written = async {
        while running.watched().counts()["log"].emitted == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, written).await.unwrap();
    assert!(
        settled.try_recv().is_err(),
        "what is not synced is not acknowledged"
    );
    assert!(
        !log.folder
            .path()
            .join("fan.csv")
            .metadata()
            .is_ok_and(|file| file.len() > 0)
    );
    running.stop().await;
    assert_eq!(settled.try_recv(), Ok(Delivery::Done));
    assert_eq!(log.read("fan.csv").lines().count(), 2);
}

#[test]
fn a_sync_that_is_no_time_or_too_long_is_told() {
    let told = |sync: &str| {
        let text = format!(
            "twinflow: 1\nbrokers: {{ plant: embedded }}\nnodes:\n  fan: {{ type: mqtt-in, broker: plant, topic: fan, fields: {{ temp: {{ unit: °C }} }} }}\n  log: {{ type: csv-sink, from: fan, file: fan.csv, sync: {sync} }}\n"
        );
        let registry = registry(&Shared::default());
        let compiled = compile_text(
            Path::new("flow.yaml"),
            &text,
            &registry,
            &ProcessEnvironment,
            Level::Static,
        );
        let mut found = compiled.diagnostics.into_iter();
        found.next().map(|diagnostic| diagnostic.message)
    };
    assert_eq!(told("500 ms"), None);
    let found = ["2 min", "5 A", "0 s"].map(|sync| told(sync).unwrap());
    assert_eq!(
        found,
        [
            "`2 min` is too long: rows may wait a minute at most",
            "`5 A` is not a time; write one such as `5 min` or `200 ms`",
            "`0 s` must be more than zero",
        ]
    );
}

#[tokio::test]
async fn a_csv_file_has_one_header_and_grows_over_restarts() {
    let log = Log::new("file: data/new/fan.csv");
    let missing = (
        2 * SECOND,
        "",
        vec![Value::Number(158.01 - 1e-13), Value::Missing],
    );
    log.run(vec![
        vec![reading(0, 20.5, "on"), reading(1, -3.0, "a,\"b\"\nc\r")],
        vec![missing],
    ])
    .await;
    let first = "time,key,temp [°C],mode\n\
        1970-01-01T00:00:00.000Z,fan 1,20.5,on\n\
        1970-01-01T00:00:01.000Z,fan 1,-3,\"a,\"\"b\"\" c \"\n\
        1970-01-01T00:00:02.000Z,,158.01,\n";
    assert_eq!(log.read("data/new/fan.csv"), first);
    let problems = log.run(vec![vec![reading(3, 1.0, "off")]]).await;
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(
        log.read("data/new/fan.csv"),
        format!("{first}1970-01-01T00:00:03.000Z,fan 1,1,off\n")
    );
}

#[tokio::test]
async fn only_the_chosen_fields_are_written() {
    let log = Log::new("file: fan.csv, fields: [mode]");
    log.run(vec![vec![reading(0, 20.5, "on")]]).await;
    assert_eq!(
        log.read("fan.csv"),
        "time,key,mode\n1970-01-01T00:00:00.000Z,fan 1,on\n"
    );
}

#[tokio::test]
async fn a_file_with_other_columns_is_refused() {
    let log = Log::new("file: fan.csv");
    for foreign in [
        "time,key,temp [°F],mode\n1,a,2,on\n",
        "time,key,temp [°C]\n",
        "dear diary\nit was hot\n",
        "dear diary",
    ] {
        log.write("fan.csv", foreign);
        let (graph, _inlet) = compile(log.folder.path(), log.fields.clone(), &log.nodes);
        let failure = start(&graph).unwrap_err();
        assert_eq!(failure.node, "log");
        let first_line = foreign.lines().next().unwrap();
        assert!(
            failure.reason.contains(&format!("found `{first_line}`")),
            "{}",
            failure.reason
        );
        assert!(
            failure.reason.contains("expected `time,key,temp [°C],mode`"),
            "{}",
            failure.reason
        );
        assert_eq!(log.read("fan.csv"), foreign, "it is left as it was");
    }
}

#[tokio::test]
async fn a_torn_last_row_is_cut_off() {
    let whole = "time,key,temp [°C],mode\n1970-01-01T00:00:00.000Z,fan 1,20.5,on\n";
    for torn in [
        "",
        "1970-01-01T00:00:01.000Z,fan 1,2",
        "1970-01-01T00:00:01.000Z,fan 1,21,\"a, ",
        &"x".repeat(10_000),
    ] {
        let log = Log::new("file: fan.csv");
        log.write("fan.csv", &format!("{whole}{torn}"));
        let problems = log.run(vec![vec![reading(2, 22.0, "on")]]).await;
        assert_eq!(
            log.read("fan.csv"),
            format!("{whole}1970-01-01T00:00:02.000Z,fan 1,22,on\n")
        );
        assert_eq!(problems.len(), usize::from(!torn.is_empty()), "{problems:?}");
        for problem in problems {
            assert!(
                problem.contains(&format!("{} bytes were cut off", torn.len())),
                "{problem}"
            );
        }
    }
    // Torn within the header.
    let log = Log::new("file: fan.csv");
    log.write("fan.csv", "time,key,te");
    log.run(vec![vec![reading(2, 22.0, "on")]]).await;
    assert_eq!(
        log.read("fan.csv"),
        "time,key,temp [°C],mode\n1970-01-01T00:00:02.000Z,fan 1,22,on\n"
    );
}

#[tokio::test]
async fn a_date_in_the_name_makes_a_file_a_day() {
    let folder = "100%Quality";
    let mut log = Log::new("file: data/fan-%Y-%m-%d.csv");
    let outer = log.folder;
    std::fs::create_dir(outer.path().join(folder)).unwrap();
    log.folder = TempDir::new_in(outer.path().join(folder)).unwrap();
    let day = 86_400;
    log.run(vec![
        vec![reading(day - 1, 1.0, "a"), reading(day, 2.0, "b")],
        vec![reading(2 * day, 3.0, "c")],
        vec![reading(day + 1, 4.0, "late")],
    ])
    .await;
    let header = "time,key,temp [°C],mode\n";
    assert_eq!(
        log.read("data/fan-1970-01-01.csv"),
        format!("{header}1970-01-01T23:59:59.000Z,fan 1,1,a\n")
    );
    assert_eq!(
        log.read("data/fan-1970-01-02.csv"),
        format!("{header}1970-01-02T00:00:00.000Z,fan 1,2,b\n1970-01-02T00:00:01.000Z,fan 1,4,late\n")
    );
    assert_eq!(
        log.read("data/fan-1970-01-03.csv"),
        format!("{header}1970-01-03T00:00:00.000Z,fan 1,3,c\n")
    );
}

#[tokio::test]
async fn what_cannot_be_written_is_held_back_until_it_can() {
    let log = Log::new("file: data/fan.csv");
    // A file stands where the folder should be.
    log.write("data", "in the way");
    let (running, inlet) = log.start();
    let mut first = inlet.give(vec![reading(0, 1.0, "a")]);
    let second = inlet.give(vec![reading(1, 2.0, "b")]);
    let watched = running.watched();
    timeout(PATIENCE, async {
        while watched.problems().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert_eq!(watched.problems()[0].kind, "cannot write");
    assert!(first.try_recv().is_err(), "nothing is acknowledged");
    std::fs::remove_file(log.folder.path().join("data")).unwrap();
    for settled in [first, second] {
        assert_eq!(timeout(PATIENCE, settled).await.unwrap().unwrap(), Delivery::Done);
    }
    running.stop().await;
    assert_eq!(log.read("data/fan.csv").lines().count(), 3);
}

/// Set for the child process of the next test.
#[cfg(unix)]
const FOLDER_OF_CHILD: &str = "TWINFLOW_TEST_FOLDER";

/// A limit on the size of files stands for the full disk: the write comes back short, as it does there.
#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    if let Ok(folder) = std::env::var(FOLDER_OF_CHILD) {
        return fill(Path::new(&folder)).await;
    }
    let log = Log::new("file: fan.csv");
    let test = std::env::current_exe().unwrap();
    let output = std::process::Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact nodes::a_full_disk_loses_nothing_that_was_acknowledged",
        ])
        .arg(&test)
        .env(FOLDER_OF_CHILD, log.folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    let acknowledged: usize = log.read("acknowledged").parse().unwrap();
    assert!(acknowledged > 0);
    // With room again, the flow goes on behind the last whole row.
    log.run(vec![vec![reading(1_000_000, 1.0, "after")]]).await;
    let text = log.read("fan.csv");
    let rows: Vec<&str> = text.lines().skip(1).collect();
    assert!(
        rows.len() > acknowledged,
        "{} rows, {acknowledged} acknowledged",
        rows.len()
    );
    for (number, row) in rows[..rows.len() - 1].iter().enumerate() {
        assert!(row.ends_with(&format!(",{number},{}", "x".repeat(400))), "{row}");
    }
    assert!(rows[rows.len() - 1].ends_with(",1,after"));
}

/// Writes until a batch is held back, and notes how many rows were acknowledged.
#[cfg(unix)]
async fn fill(folder: &Path) {
    let log = Log {
        folder: TempDir::new().unwrap(),
        ..Log::new("file: fan.csv")
    };
    let (graph, inlet) = compile(folder, log.fields.clone(), &log.nodes);
    let running = start(&graph).unwrap();
    let watched = running.watched();
    let mut acknowledged = 0;
    loop {
        let row = reading(acknowledged, acknowledged as f64, &"x".repeat(400));
        let mut settled = inlet.give(vec![row]);
        let is_full = async {
            while watched.problems().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            delivery = &mut settled => {
                assert_eq!(delivery.unwrap(), Delivery::Done);
                acknowledged += 1;
            }
            () = is_full => {
                assert_eq!(watched.problems()[0].kind, "cannot write");
                running.stop().await;
                assert_eq!(settled.await.unwrap(), Delivery::Failed);
                break;
            }
        }
    }
    assert!(acknowledged > 3, "{acknowledged}");
    std::fs::write(folder.join("acknowledged"), acknowledged.to_string()).unwrap();
}

/// Payloads to an `mqtt-in` node with these options; the rows of the widget behind it, and the problems.
async fn readings(
    options: &str,
    fields: &str,
    payloads: &[&[u8]],
) -> (Vec<(EventTime, String, Vec<Value>)>, Vec<String>) {
    let shared = Shared::default();
    let text = format!(
        "twinflow: 1
name: Readings
brokers: {{ plant: \"embedded://127.0.0.1:0\" }}
nodes:
  in: {{ type: mqtt-in, broker: plant, topic: fan/+/data, {options} fields: {{ {fields} }} }}
  show: {{ type: dashboard-widget, from: in, widget: text, fields: [{}] }}
",
        fields
            .split(',')
            .filter_map(|field| field.split_once(": {"))
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
            .join(",")
    );
    let compiled = compile_text(
        Path::new("flow.yaml"),
        &text,
        &registry(&shared),
        &ProcessEnvironment,
        Level::Environment,
    );
    let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    let graph = compiled.graph.unwrap_or_else(|| panic!("{shown}"));
    shared
        .brokers
        .start(graph.brokers.iter().map(|(_, address)| address.as_str()))
        .await
        .unwrap();
    let address = BrokerAddress::Embedded(EmbeddedAddress {
        listen: shared.brokers.listening()[0],
        credentials: None,
    });
    let publisher = Publisher::connect(&ConnectOptions::new(address, "board"), None).unwrap();
    let topic: TopicName = "fan/7/data".parse().unwrap();
    // Retained, so that it waits for the subscription; what follows comes after it.
    let hello = payloads[0].to_vec();
    publisher
        .publish(&topic, hello.into(), Qos::AtLeastOnce, true)
        .await
        .unwrap();
    publisher.flush().await.unwrap();
    let running = start(&graph).unwrap();
    let watched = running.watched();
    let feed = std::sync::Arc::clone(watched.feed("show").unwrap());
    let mut pulse = watched.pulse();
    let wait_for = async |rows: &dyn Fn(u64) -> bool, pulse: &mut tokio::sync::watch::Receiver<()>| {
        while !rows(feed.next_sequence()) {
            timeout(PATIENCE, pulse.changed()).await.unwrap().unwrap();
        }
    };
    wait_for(&|rows| rows > 0, &mut pulse).await;
    for payload in &payloads[1..] {
        publisher
            .publish(&topic, payload.to_vec().into(), Qos::AtLeastOnce, false)
            .await
            .unwrap();
    }
    // The first payload again, as the last one: when it is through, all are.
    let before = payloads[0].to_vec();
    publisher
        .publish(&topic, before.into(), Qos::AtLeastOnce, false)
        .await
        .unwrap();
    publisher.flush().await.unwrap();
    let total = payloads.len() as u64 + 1;
    let done = |rows: u64| rows + watched.counts()["in"].errors >= total;
    wait_for(&done, &mut pulse).await;
    let rows = feed.rows_since(0, 1000).unwrap().rows;
    let rows = rows
        .into_iter()
        .map(|(time, key, values)| (time, watched.keys.name(key).to_string(), values));
    let rows = rows.collect();
    let mut problems: Vec<String> = watched
        .problems()
        .into_iter()
        .map(|p| format!("{} × {}: {}", p.count, p.kind, p.message))
        .collect();
    problems.sort();
    running.stop().await;
    publisher.close().await;
    shared.brokers.stop().await;
    (rows, problems)
}

#[tokio::test]
async fn what_is_no_reading_is_refused_and_told() {
    let good = br#"{"temp": 20.5, "count": 3, "on": 1, "extra": [1, 2]}"#;
    let big = format!(
        r#"{{"temp": 1, "count": 1, "on": 1, "pad": "{}"}}"#,
        "x".repeat(1_000_000)
    );
    let payloads: Vec<&[u8]> = vec![
        good,
        b"",
        b"hello",
        br#"{"temp": 20.5, "count": 3"#,
        br#"{"temp": NaN, "count": 3, "on": 1}"#,
        br#"{"temp": -Infinity, "count": 3, "on": 1}"#,
        br#"{"temp": inf, "count": 3, "on": 1}"#,
        br#"{"temp": 1e999, "count": 3, "on": 1}"#,
        br#"{"information": }"#,
        br#"[1, 2]"#,
        br#"{"count": 3, "on": 1}"#,
        br#"{"temp": null, "count": 3, "on": 1}"#,
        br#"{"temp": "hot", "count": 3, "on": 1}"#,
        br#"{"temp": 1, "count": 3.5, "on": 1}"#,
        br#"{"temp": 1, "count": 3, "on": 2}"#,
        b"\xff\xfe{}",
        big.as_bytes(),
        br#"{"temp": 21, "count": 3.0, "on": false}"#,
    ];
    let fields = "temp: { unit: °C }, count: { type: integer }, on: { type: boolean }";
    let (rows, problems) = readings("", fields, &payloads).await;
    let values: Vec<&[Value]> = rows.iter().map(|(.., values)| values.as_slice()).collect();
    let row = |temp, count, on| [Value::Number(temp), Value::Integer(count), Value::Boolean(on)];
    assert_eq!(
        values,
        [row(20.5, 3, true), row(21.0, 3, false), row(20.5, 3, true)]
    );
    insta::assert_snapshot!("refusals", problems.join("\n"));
}

#[tokio::test]
async fn a_reading_says_when_and_of_which_machine_it_is() {
    let payloads: [&[u8]; 8] = [
        br#"{"at": {"time": 1790000000}, "id": "fan 1", "s": [{"v": 1}], "state": {"temp": 2}}"#,
        br#"{"at": {"time": 1790000000500}, "id": 7, "s": [{"v": 1}], "state": {"temp": 2}}"#,
        br#"{"at": {"time": 1790000000000001}, "id": "fan 1", "s": [{"v": 1}], "state": {"temp": 2}}"#,
        br#"{"at": {"time": "2026-09-21T14:13:20.250+00:00"}, "id": "x", "s": [{"v": 1}], "state": {"temp": 2}}"#,
        br#"{"at": {"time": "soon"}, "id": "x", "s": [{"v": 1}], "state": {"temp": 2}}"#,
        br#"{"at": {"time": 1790000000000000000}, "id": "x", "s": [{"v": 1}], "state": {"temp": 2}}"#,
        br#"{"at": {"time": 1790000000}, "s": [{"v": 1}], "state": {"temp": 2}}"#,
        br#"{"at": {"time": 1790000000}, "id": {}, "s": [{"v": 1}], "state": {"temp": 2}}"#,
    ];
    let fields = "v: { path: \"s[0].v\" }, temp: { path: state.temp }";
    let (rows, problems) = readings("time: at.time, key: id,", fields, &payloads).await;
    let second = 1_790_000_000 * SECOND;
    let places: Vec<(i64, &str)> = rows.iter().map(|(time, key, _)| (time.0, key.as_str())).collect();
    let first = (second, "fan 1");
    assert_eq!(
        places,
        [
            first,
            (second + 500_000, "7"),
            (second + 1, "fan 1"),
            (second + 250_000, "x"),
            first
        ]
    );
    assert!(
        rows.iter()
            .all(|(.., values)| *values == [Value::Number(1.0), Value::Number(2.0)])
    );
    insta::assert_snapshot!("times_and_keys", problems.join("\n"));
}

#[tokio::test]
async fn a_level_of_the_topic_is_the_machine() {
    let (rows, problems) = readings(
        "key: \"topic[2]\",",
        "a: {}, b: { optional: true }",
        &[br#"{"a": 1}"#],
    )
    .await;
    assert_eq!(rows[0].1, "7");
    assert_eq!(rows[0].2, [Value::Number(1.0), Value::Missing]);
    assert_eq!(problems, Vec::<String>::new());
}
