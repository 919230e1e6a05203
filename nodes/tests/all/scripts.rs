//! Scripts at work: what they send where, on which clock, and what happens to the flow when they misbehave.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::timeout;
use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::node::Level;
use twinflow_engine::record::{Batch, BatchBuilder, Delivery, EventTime, Receipt, Value};
use twinflow_engine::runtime::{Offline, Passing, Problem, start};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;
use twinflow_nodes::{SCRIPT_STACK, Shared, registry};

use crate::support::inlet::{Inlet, Row, compile};

/// The node `script`, which gets records with `x` in °C.
struct Bench {
    graph: Graph,
    offline: Offline,
    // The source's end stays open.
    _inlet: Inlet,
}

fn fields() -> Vec<Field> {
    vec![Field::new("x", FieldType::Number(Unit::parse("°C").unwrap()))]
}

/// `text` with every line moved to the right.
fn indented(text: &str, by: usize) -> String {
    let lines = text.lines().map(|line| format!("{:by$}{line}\n", ""));
    lines.collect()
}

impl Bench {
    /// A script, and what its node is configured with.
    fn new(config: &str, script: &str) -> Self {
        let nodes = format!(
            "  script:\n    type: rhai-function\n    from: in\n{}    script: |\n{}",
            indented(config, 4),
            indented(script, 6)
        );
        Self::of(Path::new(""), &nodes)
    }

    fn of(folder: &Path, nodes: &str) -> Self {
        let (graph, inlet) = compile(folder, fields(), nodes);
        Self {
            offline: Offline::new(&graph).unwrap(),
            graph,
            _inlet: inlet,
        }
    }

    /// Gives rows as one batch: what leaves the script, as `output machine@seconds: values`.
    fn push(&mut self, rows: &[(f64, &'static str, f64)]) -> Vec<String> {
        let schema = Arc::clone(&self.graph.node("in").unwrap().1.outputs[0].schema);
        let mut builder = BatchBuilder::new(schema, rows.len());
        let keys = self.offline.keys();
        for (seconds, key, x) in rows {
            let time = EventTime((seconds * 1e6) as i64);
            builder.push(time, keys.intern(key).unwrap(), [Value::Number(*x)]);
        }
        let (script, node) = self.graph.node("script").unwrap();
        let mut seen = Vec::new();
        self.offline
            .push("in", builder.finish(Receipt::none()), &mut |number, passing| {
                // What leaves by `error` is for the problems to tell.
                if let (true, Passing::Leaving(output, batch)) = (number == script, passing)
                    && let Some(output) = node.outputs.get(output)
                {
                    let output = &output.name;
                    let row =
                        |row| format!("{output} {}@{}", keys.name(batch.keys()[row]), shown(batch, row));
                    seen.extend((0..batch.len()).map(row));
                }
            });
        seen
    }

    fn problems(&self) -> Vec<Problem> {
        self.offline.problems().all()
    }
}

/// `2.5: x=1 y=true`.
fn shown(batch: &Batch, row: usize) -> String {
    let fields = batch.schema().fields().iter().enumerate();
    let values = fields.map(|(slot, field)| {
        let value = match batch.value(row, slot) {
            Value::Number(number) => number.to_string(),
            other => other.to_json().to_string(),
        };
        format!("{}={value}", field.name)
    });
    let values: Vec<String> = values.collect();
    format!("{}: {}", batch.times()[row].0 as f64 / 1e6, values.join(" "))
}

/// Readings of one machine, a second apart.
fn readings(xs: &[f64]) -> Vec<(f64, &'static str, f64)> {
    let rows = xs.iter().enumerate();
    rows.map(|(at, x)| (at as f64, "a", *x)).collect()
}

#[test]
fn a_record_goes_out_as_often_and_where_the_script_says() {
    let mut bench = Bench::new(
        "outputs: { y: {} }\nports: [low, high]",
        "y = x * 2.0;
if x == 1.0 { skip(); }
if x == 2.0 { emit(\"high\"); }
if x == 3.0 { emit(); emit(\"high\", #{ y: 0 }); emit(#{ y: 9.5 }); }
if x == 4.0 { skip(); emit(\"high\"); }
y += 0.5;",
    );
    let expected = [
        "low a@0: x=0 y=0.5",
        "low a@3: x=3 y=6.5",
        "low a@3: x=3 y=9.5",
        "high a@2: x=2 y=4.5",
        "high a@3: x=3 y=0",
        "high a@4: x=4 y=8.5",
    ];
    assert_eq!(bench.push(&readings(&[0.0, 1.0, 2.0, 3.0, 4.0])), expected);
    assert!(bench.problems().is_empty());
}

#[test]
fn a_script_without_fields_of_its_own_sorts() {
    let mut bench = Bench::new(
        "ports: [cool, hot]",
        "emit(if x > 40.0 { \"hot\" } else { \"cool\" });",
    );
    assert_eq!(
        bench.push(&readings(&[20.0, 60.0])),
        ["cool a@0: x=20", "hot a@1: x=60"]
    );
}

#[test]
fn what_cannot_be_emitted_is_told_with_its_place() {
    let cases = [
        (
            "y = x;\n  emit(\"hgih\");",
            "line 2, column 3: Runtime error: there is no output `hgih`; there is `low` and `high`",
        ),
        (
            "y = x;\n  emit(#{ z: 1 });",
            "line 2, column 3: Runtime error: the script adds no field `z`; it adds `y`",
        ),
        // The fields of the record are not the script's to change.
        (
            "y = x;\nemit(\"low\", #{ x: 1 });",
            "line 2, column 1: Runtime error: the script adds no field `x`; it adds `y`",
        ),
        (
            "y = x;\nloop { emit(); }",
            "line 2, column 8: Runtime error: more than 1000 records for one",
        ),
        (
            "y = x;\nemit(#{ y: \"warm\" });",
            "the script assigned string to `y`, which is number",
        ),
    ];
    for (code, expected) in cases {
        let script = format!("if x > 0.0 {{ y = x; return; }}\n{code}");
        let expected = expected.replace("line 2", "line 3");
        let mut bench = Bench::new("outputs: { y: {} }\nports: [low, high]", &script);
        // The next record is not touched by it.
        assert_eq!(bench.push(&readings(&[0.0, 7.0])), ["low a@1: x=7 y=7"], "{code}");
        let told: Vec<String> = bench.problems().into_iter().map(|p| p.message).collect();
        assert_eq!(told, [expected], "{code}");
    }
}

#[test]
fn a_timer_ticks_on_the_time_of_the_records_for_every_machine() {
    let mut bench = Bench::new(
        "outputs: { n: { type: integer }, beat: { type: boolean } }\ntick: 1 s",
        "state.n = (state.n ?? 0) + 1;\nn = state.n;\nbeat = tick;",
    );
    // The tick at 2 s comes before the record of that time, and between records of one batch.
    let found = bench.push(&[(0.0, "a", 1.0), (0.5, "b", 2.0), (2.0, "a", 3.0)]);
    let expected = [
        "out a@0: x=1 n=1 beat=false",
        "out b@0.5: x=2 n=1 beat=false",
        "out a@1: x=1 n=2 beat=true",
        "out b@1: x=2 n=2 beat=true",
        "out a@2: x=1 n=3 beat=true",
        "out b@2: x=2 n=3 beat=true",
        "out a@2: x=3 n=4 beat=false",
    ];
    assert_eq!(found, expected);
    // And what is emitted does not depend on how records are batched.
    let mut one_by_one = Bench::new(
        "outputs: { n: { type: integer }, beat: { type: boolean } }\ntick: 1 s",
        "state.n = (state.n ?? 0) + 1;\nn = state.n;\nbeat = tick;",
    );
    let rows = [(0.0, "a", 1.0), (0.5, "b", 2.0), (2.0, "a", 3.0)];
    let found: Vec<String> = rows.iter().flat_map(|row| one_by_one.push(&[*row])).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_timer_ticks_in_a_running_flow() {
    let nodes = "
  script:
    type: rhai-function
    from: in
    outputs: { beat: { type: boolean } }
    tick: 10 ms
    script: beat = tick;
  show: { type: dashboard-widget, from: script, widget: text, fields: [x, beat] }
";
    let (graph, inlet) = compile(Path::new(""), fields(), nodes);
    let running = start(&graph).unwrap();
    let watched = running.watched();
    let mut pulse = watched.pulse();
    let reading: Row = (0, "a", vec![Value::Number(5.0)]);
    let settled = inlet.give(vec![reading]);
    let feed = watched.feed("show").unwrap();
    while feed.next_sequence() < 4 {
        timeout(Duration::from_secs(60), pulse.changed())
            .await
            .expect("no tick came")
            .unwrap();
    }
    let rows = feed.rows_since(0, 4_000).unwrap().rows;
    assert_eq!(rows[0].2, [Value::Number(5.0), Value::Boolean(false)]);
    for (_, key, values) in &rows[1..] {
        assert_eq!(*watched.keys.name(*key), *"a");
        assert_eq!(*values, [Value::Number(5.0), Value::Boolean(true)]);
    }
    let times: Vec<i64> = rows.iter().map(|(time, ..)| time.0).collect();
    assert!(times.is_sorted(), "{times:?}");
    // That the script keeps the record for its timer does not hold back the acknowledgement.
    assert_eq!(settled.await, Ok(Delivery::Done));
    running.stop().await;
}

/// What no script may do: each is stopped, told once, and the next record goes through.
#[test]
fn a_flow_outlives_its_scripts() {
    let thread = std::thread::Builder::new().stack_size(SCRIPT_STACK);
    thread.spawn(try_hostile_scripts).unwrap().join().unwrap();
}

fn try_hostile_scripts() {
    let hostile = [
        "loop {}",
        "f(0);",
        "let s = \"x\"; loop { s += s; }",
        "let s = \"x\"; s.pad(1000000000, \"y\");",
        "let s = \"x\"; s.pad(65536, \"x\"); s.replace(\"x\", s);",
        "let a = [0]; loop { a += a; }",
        "let a = []; a.pad(1000000000, 0);",
        "let a = []; loop { a = [a]; }",
        "let b = blob(1000000000);",
        "let m = #{}; let i = 0; loop { m[`${i}`] = i; i += 1; }",
        "let m = #{}; loop { m = #{ m: m }; }",
        "for i in range(0, 9000000000000) {}",
        "open(\"/etc/passwd\");",
        "sleep(3600);",
    ];
    for code in hostile {
        let mut bench = Bench::new(
            "outputs: { y: {} }",
            &format!("fn f(n) {{ f(n + 1) }}\nif x < 0.0 {{ {code} }}\ny = x;"),
        );
        assert_eq!(
            bench.push(&readings(&[-1.0, 2.0])),
            ["out a@1: x=2 y=2"],
            "{code}"
        );
        let problems = bench.problems();
        let told = (problems.len(), problems[0].kind, problems[0].count);
        assert_eq!(told, (1, "script failed", 1), "{code}: {problems:?}");
    }
}

#[test]
fn a_state_that_nests_deeper_and_deeper_is_emptied() {
    for code in ["state.before = state;", "state.list = [state.list];"] {
        let mut bench = Bench::new("outputs: { y: {} }", &format!("y = x;\n{code}"));
        bench.push(&readings(&[1.0; 12_000]));
        assert!(!bench.problems().is_empty(), "{code}");
        assert_eq!(
            bench.push(&[(20_000.0, "b", 1.0)]),
            ["out b@20000: x=1 y=1"],
            "{code}"
        );
    }
}

/// What a check says of a flow with a node `script`, whose folder has `counter.rhai`.
fn findings(node: &str) -> String {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("counter.rhai"), COUNTER).unwrap();
    let flow = format!(
        "twinflow: 1\nbrokers: {{ plant: embedded }}\nnodes:\n  in: {{ type: mqtt-in, broker: plant, topic: t, fields: {{ temp: {{ unit: °C }} }} }}\n  \
         script:\n{}  show: {{ type: dashboard-widget, from: script, widget: text, fields: [temp] }}\n",
        indented(node, 4)
    );
    let found = compile_text(
        &folder.path().join("flow.yaml"),
        &flow,
        &registry(&Shared::default()),
        &BTreeMap::<String, String>::new(),
        Level::Environment,
    );
    let shown = render(&found.diagnostics, &found.sources, Colour::Plain);
    shown.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn a_check_finds_what_a_script_cannot_say() {
    let scripts = [
        "y = tmep * 2.0;",
        "y = temp;\neval(\"y = 1\");",
        "import \"other\" as other;\ny = temp;",
        "y = temp\nlet z = 1;",
        "if tick { y = temp; }",
    ];
    let found = scripts.map(|script| {
        findings(&format!(
            "type: rhai-function\nfrom: in\noutputs: {{ y: {{}} }}\nscript: |\n{}",
            indented(script, 2)
        ))
    });
    insta::assert_snapshot!(found.join("\n"));
}

/// A node type with a setting of each kind.
const COUNTER: &str = "/* twinflow: 1
doc: Counts.
config:
  limit: { like: value, doc: in the unit of the value }
  hold: { unit: s, default: 5, range: [1, 60] }
  mode: { type: text, choices: [above, below], default: above }
  times: { type: integer, default: 1, range: [1, 9] }
  strict: { type: boolean, default: true }
inputs:
  value: { unit: any }
outputs:
  told: { type: text }
*/
told = `${limit} ${hold} ${mode} ${times} ${strict}`;
";

#[test]
fn a_script_gets_its_settings_in_its_own_units() {
    let cases = [
        ("limit: 20", "20.0 5.0 above 1 true"),
        (
            "limit: 300.15 K\nhold: 0.5 min\nmode: below\ntimes: 9\nstrict: false",
            "27.0 30.0 below 9 false",
        ),
    ];
    for (settings, expected) in cases {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("counter.rhai"), COUNTER).unwrap();
        let nodes = format!(
            "  script:\n    type: ./counter.rhai\n    from: in\n    inputs: {{ value: x }}\n{}",
            indented(settings, 4)
        );
        let mut bench = Bench::of(folder.path(), &nodes);
        assert_eq!(
            bench.push(&readings(&[1.0])),
            [format!("out a@0: x=1 told=\"{expected}\"")]
        );
    }
}

#[test]
fn a_check_finds_what_a_setting_cannot_be() {
    let node = "type: ./counter.rhai\nfrom: in\ninputs: { value: temp }\n";
    let settings = [
        "limit: 3 A\nhold: 2 min\nmode: sideways\ntimes: 10\nstrict: maybe",
        "hold: 0\ntimes: 2.5",
        "limit: warm\nlimits: 3",
    ];
    let found = settings.map(|settings| findings(&format!("{node}{settings}")));
    insta::assert_snapshot!(found.join("\n"));
}
