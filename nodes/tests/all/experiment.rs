//! `experiment`: phases go by and send their commands, the machine's records are logged, and however a run ends, it is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use twinflow_engine::node::Operation;
use twinflow_engine::record::{Delivery, EventTime, Value};
use twinflow_engine::runtime::{Clock, Running, Setting, TapReader, Watched, start, start_in};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;
use twinflow_nodes::Shared;

use crate::support::inlet::{Inlet, compile, compile_with};

const TRIAL: &str = "
  trial:
    type: experiment
    from: in
    folder: runs
    parameters:
      fault:
        title: Kind of fault
        options:
          - { value: { class: imbalance, severity: 0.9 }, label: Imbalance }
          - { value: { class: overcurrent, severity: 0.9 }, label: Overcurrent }
      heat_load: { unit: W, range: [0, 500], default: 150 }
      severity: { range: [0, 1], step: 0.1, default: 0.5 }
    phases:
      baseline: { for: 30 s, send: { fault: { class: none }, heat: $heat_load, speed: 60 % } }
      fault:    { for: 1 min, send: { fault: $fault } }
      recovery: { for: 30 s, send: { fault: { class: none, severity: $severity } } }
  show: { type: dashboard-widget, from: trial, widget: table, fields: [fault] }
";

/// 27th November 2026, 15:04:05.
const START_US: i64 = 1_795_791_845_000_000;
const FIRST: &str = "2026-11-27T15-04-05";

/// The flow on a clock of its own, which the tests' time drives.
struct Bench {
    running: Running,
    watched: Arc<Watched>,
    inlet: Inlet,
    tap: TapReader,
    folder: PathBuf,
}

fn fields() -> Vec<Field> {
    vec![
        Field::new("temp", FieldType::Number(Unit::parse("°C").unwrap())),
        Field::new("note", FieldType::Text).optional(),
        // Of the machine's own, and not of ours.
        Field::new("run", FieldType::Integer).optional(),
    ]
}

impl Bench {
    fn on(root: &Path, nodes: &str) -> Self {
        let shared = Shared {
            log_folder: Some(root.to_owned()),
            ..Shared::default()
        };
        let (graph, inlet) = compile_with(&shared, root, fields(), nodes);
        let setting = Setting {
            clock: Clock::replaying(EventTime(START_US), 1.0),
            ..Setting::default()
        };
        let running = start_in(&graph, &setting).unwrap();
        let watched = running.watched();
        Self {
            tap: watched.tap("trial").unwrap().1,
            watched,
            running,
            inlet,
            folder: root.join("trial"),
        }
    }

    async fn reports(&self, machine: &'static str, second: i64, temp: f64) {
        let values = vec![Value::Number(temp), Value::Text("a\nb".into()), Value::Integer(7)];
        let row = (START_US + second * 1_000_000, machine, values);
        assert_eq!(self.inlet.give(vec![row]).await, Ok(Delivery::Done));
    }

    async fn ask(&self, name: &str, arguments: Json) -> Result<Json, String> {
        let operation = Operation {
            name: name.to_owned(),
            arguments,
            by: "ada".into(),
        };
        let answer = self.watched.operate("trial", operation).await;
        answer.map_err(|error| error.to_string())
    }

    async fn start(&self, arguments: Json) -> String {
        let answer = self.ask("start", arguments).await.unwrap();
        answer["run"].as_str().unwrap().to_owned()
    }

    async fn list(&self) -> Vec<Json> {
        self.ask("list", json!({}))
            .await
            .unwrap()
            .as_array()
            .unwrap()
            .clone()
    }

    /// The run, once it is over and its files are whole.
    async fn over(&self, run: &str) -> Json {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let list = self.list().await;
            let told = list.into_iter().find(|told| told["run"] == run).unwrap();
            if told["outcome"] != "running" {
                return told;
            }
            assert!(Instant::now() < deadline, "{told:#}");
            // The thread that writes goes by the machine's time, and the flow by the test's, which has to pass for the flow to look,
            // but slowly: another run may be going on.
            std::thread::sleep(Duration::from_millis(5));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The next records: commands as JSON, changes of phase as words.
    async fn told(&mut self, count: usize) -> Vec<String> {
        let mut told = Vec::new();
        while told.len() < count {
            let (_, batch) = self.tap.next().await.unwrap().batch.unwrap();
            let key = self.watched.keys.name(batch.keys()[0]);
            let mut line = key.to_string();
            for (slot, field) in batch.schema().fields().iter().enumerate() {
                match batch.value(0, slot) {
                    Value::Missing => {}
                    value => line.push_str(&format!(" {}={}", field.name, value.to_json())),
                }
            }
            told.push(line);
        }
        told
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap()
    }

    fn metadata(&self, run: &str) -> Json {
        serde_json::from_str(&self.read(&format!("{run}.json"))).unwrap()
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn bench() -> (TempDir, Bench) {
    let root = tempfile::tempdir().unwrap();
    let bench = Bench::on(root.path(), TRIAL);
    (root, bench)
}

async fn pass(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

const NONE: &str = r#"fan-1 fault={"class":"none","severity":0.5}"#;

#[tokio::test(start_paused = true)]
async fn a_run_goes_through_its_phases_and_leaves_a_log_and_what_is_known_of_it() {
    let (_root, mut bench) = bench();
    bench.reports("fan-1", 0, 20.0).await;
    let arguments =
        json!({ "parameters": { "fault": "Overcurrent", "heat_load": 200 }, "note": "new bearing" });
    let run = bench.start(arguments).await;
    assert_eq!(run, FIRST);
    bench.reports("fan-1", 1, 21.0).await;
    bench.reports("fan-1", 2, 21.5).await;
    pass(30.1).await;
    bench.reports("fan-1", 31, 40.0).await;
    // No record comes for the rest: phases go by the clock.
    pass(100.0).await;
    let fault = r#"{"class":"overcurrent","severity":0.9}"#;
    let expected = [
        r#"fan-1 fault={"class":"none"} heat=200.0 speed=60.0"#.to_owned(),
        format!(r#"fan-1 run="{FIRST}" phase="baseline" state="running" elapsed=0.0"#),
        format!("fan-1 fault={fault}"),
        format!(r#"fan-1 run="{FIRST}" phase="fault" state="running" elapsed=30.0"#),
        NONE.to_owned(),
        format!(r#"fan-1 run="{FIRST}" phase="recovery" state="running" elapsed=90.0"#),
        format!(r#"fan-1 run="{FIRST}" state="complete" elapsed=120.0"#),
    ];
    assert_eq!(bench.told(expected.len()).await, expected);
    let told = bench.over(&run).await;
    let csv = "time,key,temp [°C],note,run,phase\n\
        2026-11-27T15:04:06.000Z,fan-1,21,a b,2026-11-27T15-04-05,baseline\n\
        2026-11-27T15:04:07.000Z,fan-1,21.5,a b,2026-11-27T15-04-05,baseline\n\
        2026-11-27T15:04:36.000Z,fan-1,40,a b,2026-11-27T15-04-05,fault\n";
    assert_eq!(bench.read(&format!("{FIRST}.csv")), csv);
    assert_eq!(bench.files(), [format!("{FIRST}.csv"), format!("{FIRST}.json")]);
    let parameters = json!({ "fault": "Overcurrent", "heat_load": 200, "severity": 0.5 });
    assert_eq!(
        told,
        json!({
            "run": FIRST, "key": "fan-1", "started": "2026-11-27T15:04:05.000Z", "ended": "2026-11-27T15:06:05.000Z",
            "outcome": "complete", "reason": null, "by": "ada", "note": "new bearing", "parameters": parameters,
            "rows": 3, "file": format!("{FIRST}.csv"), "bytes": csv.len(),
        })
    );
    let metadata = bench.metadata(FIRST);
    assert_eq!(
        (
            &metadata["flow"],
            &metadata["node"],
            &metadata["outcome"],
            &metadata["last_phase_sent"]
        ),
        (&json!("Test"), &json!("trial"), &json!("complete"), &json!(true))
    );
    assert_eq!(
        (&metadata["rows"], &metadata["parameters"]),
        (&json!(3), &parameters)
    );
    assert_eq!(
        metadata["phases"][1],
        json!({
            "name": "fault", "seconds": 60.0, "began": "2026-11-27T15:04:35.000Z",
            "sends": { "fault": { "class": "overcurrent", "severity": 0.9 } },
        })
    );
    assert_eq!(metadata["twinflow"], env!("CARGO_PKG_VERSION"));
    bench.running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_dashboard_is_told_how_far_a_run_is() {
    let (_root, bench) = bench();
    bench.reports("fan-1", 0, 20.0).await;
    let run = bench.start(json!({})).await;
    pass(31.05).await;
    let last = || {
        let rows = bench
            .watched
            .feed("trial")
            .unwrap()
            .rows_since(0, 1)
            .unwrap()
            .rows;
        rows[0].2.clone()
    };
    let text = |text: &str| Value::Text(text.into());
    let now = last();
    assert_eq!(now[..2], [text(&run), text("fault")]);
    let [Value::Number(elapsed), Value::Number(phase_elapsed)] = now[2..] else {
        panic!("{now:?}")
    };
    assert!((30.5..=31.05).contains(&elapsed), "{elapsed}");
    assert!((elapsed - phase_elapsed - 30.0).abs() < 1e-6, "{phase_elapsed}");
    let listed = &bench.list().await[0];
    assert_eq!(
        (&listed["outcome"], &listed["phase"]),
        (&json!("running"), &json!("fault"))
    );
    bench.ask("stop", json!({})).await.unwrap();
    assert_eq!(last()[..2], [text(""), text("")]);
    bench.running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_stops_a_run_undoes_what_it_did() {
    let (_root, mut bench) = bench();
    bench.reports("fan-1", 0, 20.0).await;
    let run = bench.start(json!({})).await;
    bench.told(2).await;
    bench.reports("fan-1", 1, 21.0).await;
    assert_eq!(bench.ask("stop", json!({})).await, Ok(json!({ "run": run })));
    let ended = format!(r#"fan-1 run="{FIRST}" state="stopped" elapsed=0.0"#);
    assert_eq!(bench.told(2).await, [NONE.to_owned(), ended]);
    let told = bench.ask("stop", json!({})).await;
    assert_eq!(told, Err("no run is going on".to_owned()));
    // The next begins in the same second, and is another one.
    let second = bench.start(json!({})).await;
    assert_eq!(second, format!("{FIRST}-2"));
    let runs: Vec<Json> = bench
        .list()
        .await
        .iter()
        .map(|told| told["run"].clone())
        .collect();
    assert_eq!(runs, [json!(second), json!(run)]);
    let told = bench.over(&run).await;
    assert_eq!(
        (&told["outcome"], &told["reason"], &told["rows"]),
        (&json!("stopped"), &json!("stopped by ada"), &json!(1))
    );
    assert_eq!(bench.metadata(&run)["phases"][1]["began"], Json::Null);
    // In the last phase, there is nothing more to send.
    pass(100.0).await;
    bench.ask("stop", json!({})).await.unwrap();
    let told = bench.told(7).await;
    assert!(
        told[4].starts_with(NONE) && told[6].contains("stopped"),
        "{told:?}"
    );
    bench.running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_started_is_refused_with_the_reason() {
    let (_root, bench) = bench();
    let refused = async |arguments: Json| bench.ask("start", arguments).await.unwrap_err();
    assert_eq!(
        refused(json!({})).await,
        "no machine has reported yet: there is nothing to log"
    );
    bench.reports("fan-1", 0, 20.0).await;
    let cases = [
        (
            json!({ "heat_load": 600 }),
            "`heat_load`: 600 W is above 500 W, the most that is allowed",
        ),
        (
            json!({ "heat_load": "0.6 kW" }),
            "`heat_load`: 600 W is above 500 W, the most that is allowed",
        ),
        (
            json!({ "heat_load": "20 °C" }),
            "`heat_load`: `20 °C` is `°C` (temperature), not `W` (power)",
        ),
        (
            json!({ "heat_load": true }),
            "`heat_load`: expected a number, found `true`",
        ),
        (
            json!({ "fault": "Flood" }),
            "`fault`: `Flood` is none of `Imbalance`, `Overcurrent`",
        ),
        (
            json!({ "faults": "Imbalance", "severity": 2 }),
            "there is no parameter `faults`; there is `fault`, `heat_load` and `severity`; \
             `severity`: 2 is above 1, the most that is allowed",
        ),
        (json!([1]), "`parameters` gives values by name, found `[1]`"),
    ];
    for (parameters, reason) in cases {
        assert_eq!(refused(json!({ "parameters": parameters })).await, reason);
    }
    assert_eq!(refused(json!({ "note": 5 })).await, "`note` is a text, found `5`");
    assert_eq!(
        refused(json!({ "note": "x".repeat(2001) })).await,
        "a note has 2000 characters at most"
    );
    assert_eq!(
        refused(json!({ "key": "fan-2" })).await,
        "there is no machine `fan-2`; there is `fan-1`"
    );
    assert_eq!(
        bench.ask("pause", json!({})).await.unwrap_err(),
        "an experiment can be asked to `start`, `stop` and `list`, not to `pause`"
    );
    assert_eq!(bench.list().await, [] as [Json; 0]);
    assert!(!bench.folder.exists());
    bench.start(json!({ "parameters": { "heat_load": "0.2 kW", "fault": { "class": "overcurrent", "severity": 0.9 } } })).await;
    let told = refused(json!({})).await;
    assert_eq!(
        told,
        format!("the run {FIRST}, started by ada, is going on: stop it first")
    );
    let parameters = json!({ "fault": "Overcurrent", "heat_load": 200.0, "severity": 0.5 });
    assert_eq!(bench.list().await[0]["parameters"], parameters);
    bench.running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn of_several_machines_the_named_one_is_logged_and_commanded() {
    let (_root, mut bench) = bench();
    bench.reports("fan-1", 0, 20.0).await;
    bench.reports("fan-2", 0, 30.0).await;
    let told = bench.ask("start", json!({})).await.unwrap_err();
    assert_eq!(told, "say which machine is meant: `fan-1`, `fan-2`");
    let run = bench.start(json!({ "key": "fan-2" })).await;
    bench.reports("fan-1", 1, 21.0).await;
    bench.reports("fan-2", 1, 31.0).await;
    let told = bench.told(2).await;
    assert!(told.iter().all(|line| line.starts_with("fan-2 ")), "{told:?}");
    bench.ask("stop", json!({})).await.unwrap();
    bench.over(&run).await;
    let csv = bench.read(&format!("{run}.csv"));
    assert!(csv.contains("fan-2,31,") && !csv.contains("fan-1"), "{csv}");
    bench.running.stop().await;
}

/// What a killed process leaves behind: copied while it runs, and the last row torn.
fn killed(bench: &Bench) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("trial");
    fs::create_dir(&folder).unwrap();
    for file in bench.files() {
        fs::copy(bench.folder.join(&file), folder.join(&file)).unwrap();
    }
    let mut rows = fs::read(folder.join(format!("{FIRST}.csv.partial"))).unwrap();
    rows.extend_from_slice(b"2026-11-27T15:0");
    fs::write(folder.join(format!("{FIRST}.csv.partial")), rows).unwrap();
    root
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_process_died_is_closed_and_its_machine_set_right() {
    let (_root, bench) = bench();
    bench.reports("fan-1", 0, 20.0).await;
    bench.start(json!({ "parameters": { "severity": 0.25 } })).await;
    bench.reports("fan-1", 1, 21.0).await;
    pass(31.0).await;
    // The end of a phase makes the rows before it safe.
    let deadline = Instant::now() + Duration::from_secs(60);
    while bench.list().await[0]["rows"] != 1 || bench.metadata(FIRST)["phases"][1]["began"] == Json::Null {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    let left = killed(&bench);
    bench.running.stop().await;

    let mut bench = Bench::on(left.path(), TRIAL);
    let told = &bench.list().await[0];
    assert_eq!(
        (&told["outcome"], &told["reason"], &told["rows"]),
        (
            &json!("interrupted"),
            &json!("twinflow ended during the run"),
            &json!(1)
        )
    );
    assert!(told["ended"].is_string(), "{told}");
    assert_eq!(bench.files(), [format!("{FIRST}.csv"), format!("{FIRST}.json")]);
    assert_eq!(bench.read(&format!("{FIRST}.csv")).lines().count(), 2);
    // Another machine is not meant.
    bench.reports("fan-2", 0, 20.0).await;
    bench.reports("fan-1", 0, 20.0).await;
    let none = r#"fan-1 fault={"class":"none","severity":0.25}"#;
    assert_eq!(bench.told(1).await, [none]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while bench.metadata(FIRST)["last_phase_sent"] == false {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    bench.running.stop().await;

    // Once is enough.
    let mut bench = Bench::on(left.path(), TRIAL);
    bench.reports("fan-1", 0, 20.0).await;
    bench.start(json!({})).await;
    let told = bench.told(1).await;
    assert!(told[0].contains("heat=150"), "{told:?}");
    bench.running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_ends_closes_its_run() {
    let (root, bench) = bench();
    bench.reports("fan-1", 0, 20.0).await;
    bench.start(json!({})).await;
    bench.reports("fan-1", 1, 21.0).await;
    bench.running.stop().await;
    let mut bench = Bench::on(root.path(), TRIAL);
    let told = &bench.list().await[0];
    assert_eq!((&told["outcome"], &told["rows"]), (&json!("stopped"), &json!(1)));
    let reason = "the flow ended, or the experiment was changed, during the run";
    assert_eq!(told["reason"], reason);
    bench.reports("fan-1", 0, 20.0).await;
    assert_eq!(bench.told(1).await, [NONE]);
    bench.running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_reload_lets_a_run_go_on_or_stops_it() {
    let (root, mut bench) = bench();
    bench.reports("fan-1", 0, 20.0).await;
    let run = bench.start(json!({})).await;
    bench.told(2).await;
    let shared = Shared {
        log_folder: Some(root.path().to_owned()),
        ..Shared::default()
    };
    let more = "  more: { type: dashboard-widget, from: in, widget: value, fields: [temp] }\n";
    let (graph, _) = compile_with(&shared, root.path(), fields(), &format!("{TRIAL}{more}"));
    bench.running.reload(&graph).await.unwrap();
    bench.watched = bench.running.watched();
    bench.reports("fan-1", 1, 21.0).await;
    assert_eq!(bench.list().await[0]["outcome"], "running");

    let changed = TRIAL.replace("for: 1 min", "for: 2 min");
    let (graph, _) = compile_with(&shared, root.path(), fields(), &changed);
    bench.running.reload(&graph).await.unwrap();
    bench.watched = bench.running.watched();
    bench.tap = bench.watched.tap("trial").unwrap().1;
    let deadline = Instant::now() + Duration::from_secs(60);
    while bench.list().await.is_empty() {
        assert!(Instant::now() < deadline);
        pass(0.1).await;
    }
    let told = bench.over(&run).await;
    assert_eq!((&told["outcome"], &told["rows"]), (&json!("stopped"), &json!(1)));
    bench.reports("fan-1", 2, 22.0).await;
    assert_eq!(bench.told(1).await, [NONE]);
    bench.start(json!({})).await;
    bench.running.stop().await;
}

#[tokio::test]
async fn in_a_replay_without_a_folder_no_run_begins() {
    let root = tempfile::tempdir().unwrap();
    let (graph, inlet) = compile(root.path(), fields(), TRIAL);
    let setting = Setting {
        clock: Clock::replaying(EventTime(START_US), 1.0),
        ..Setting::default()
    };
    let running = start_in(&graph, &setting).unwrap();
    let operation = Operation {
        name: "start".to_owned(),
        arguments: json!({}),
        by: "ada".into(),
    };
    let refused = running.watched().operate("trial", operation).await.unwrap_err();
    assert!(refused.to_string().contains("this is a replay"), "{refused}");
    drop(inlet);
    running.stop().await;
    assert!(!root.path().join("runs").exists());
}

/// Set for the child process of the next test.
#[cfg(unix)]
const FOLDER_OF_CHILD: &str = "TWINFLOW_TEST_FOLDER";

/// A limit on the size of files stands for the full disk: the write comes back short, as it does there.
#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_ends_the_run_and_not_the_flow() {
    if let Ok(folder) = std::env::var(FOLDER_OF_CHILD) {
        return fill(Path::new(&folder)).await;
    }
    let root = tempfile::tempdir().unwrap();
    let test = std::env::current_exe().unwrap();
    let output = std::process::Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 32; exec \"$0\" --exact experiment::a_full_disk_ends_the_run_and_not_the_flow",
        ])
        .arg(&test)
        .env(FOLDER_OF_CHILD, root.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Runs until the disk takes no more.
#[cfg(unix)]
async fn fill(root: &Path) {
    let (graph, inlet) = compile(root, fields(), TRIAL);
    let running = start(&graph).unwrap();
    let watched = running.watched();
    let mut tap = watched.tap("trial").unwrap().1;
    let ask = async |name: &str| {
        let operation = Operation {
            name: name.to_owned(),
            arguments: json!({}),
            by: "ada".into(),
        };
        watched.operate("trial", operation).await.unwrap()
    };
    let report = async |second: i64| {
        let text = Value::Text("x".repeat(400).into());
        let row = (
            second * 1_000_000,
            "fan-1",
            vec![Value::Number(20.0), text, Value::Missing],
        );
        assert_eq!(inlet.give(vec![row]).await, Ok(Delivery::Done));
    };
    report(0).await;
    let run = ask("start").await["run"].as_str().unwrap().to_owned();
    // The commands of the first phase, and its change.
    for _ in 0..2 {
        tap.next().await.unwrap();
    }
    for second in 1..200 {
        report(second).await;
    }
    // Those of the last phase, and the end.
    let (_, commands) = tap.next().await.unwrap().batch.unwrap();
    assert_eq!(commands.value(0, 0).to_json()["class"], "none");
    let (_, end) = tap.next().await.unwrap().batch.unwrap();
    assert_eq!(end.value(0, 2), Value::Text("interrupted".into()));
    let told = loop {
        let told = ask("list").await[0].clone();
        if told["outcome"] != "running" {
            break told;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(told["outcome"], "interrupted");
    assert!(
        told["reason"]
            .as_str()
            .unwrap()
            .contains("csv.partial cannot be written"),
        "{told}"
    );
    let problems = watched.problems();
    assert_eq!((problems[0].kind, &*problems[0].node), ("run not kept", "trial"));
    // What was safe before is whole, and the flow goes on.
    let csv = fs::read_to_string(root.join(format!("runs/{run}.csv"))).unwrap();
    assert!(csv.ends_with('\n'));
    assert_eq!(csv.lines().count() as u64 - 1, told["rows"].as_u64().unwrap());
    report(300).await;
    running.stop().await;
}
