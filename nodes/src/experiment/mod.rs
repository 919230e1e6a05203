//! `experiment`: runs that people start, with phases that send commands, and a log of each.

mod folder;
mod parameter;
mod past;
mod protocol;
mod record;
mod run;
mod running;
mod sent;
mod writer;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_engine::node::{
    Check, Checked, FileSet, NodeContext, NodeType, Output, Part, Place, Role, Shown, StartError, View,
    ViewColumn,
};
use twinflow_engine::record::EventTime;
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::Unit;

use self::folder::RunFolder;
use self::parameter::ParameterConfig;
use self::past::Past;
use self::protocol::{PhaseConfig, protocol};
use self::running::Experimenting;
use crate::csv_rows::CsvRows;
use crate::field_selection::select_fields;

/// The node type.
pub struct Experiment {
    /// Where it keeps its runs, in place of the folder that the flow names.
    pub folder: Option<PathBuf>,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of its runs, relative to the flow file: a CSV file and a JSON file a run.
    folder: Spanned<String>,
    /// What can be chosen for a run, by name.
    #[serde(default)]
    parameters: Ordered<Spanned<ParameterConfig>>,
    /// What a run goes through, in this order.
    phases: Spanned<Ordered<PhaseConfig>>,
    /// Its heading; `Experiment` by default.
    title: Option<String>,
    /// The page on which it stands, by its title.
    page: Option<String>,
    /// The heading under which it stands; `Experiments` by default.
    group: Option<String>,
    /// Columns of a grid of twelve.
    #[schemars(range(min = 1, max = 12))]
    width: Option<u8>,
    /// Those of lower order stand earlier in their group.
    #[serde(default)]
    order: i32,
}

/// The columns behind the fields of the records.
const RUN_COLUMNS: &[&str] = &["run", "phase"];

/// What whoever wants to start a run in a replay is told.
const IN_A_REPLAY: &str = "this is a replay: its runs are kept only where `--out` says";

impl NodeType for Experiment {
    const NAME: &'static str = "experiment";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Runs that people start: phases that send commands, and a log of each run. They are started on the dashboard, by `twinflow experiment
start`, or by `POST /api/nodes/NAME/start` with `{"parameters": {"fault": "Imbalance"}, "note": "new bearing"}`. At the beginning of each phase
its commands leave the node as one record, in most flows to an `mqtt-out`. While a run lasts, the records that arrive from its machine
are logged. One run at a time; where there are several machines, `"key"` names the one.

**Commands.** `$name` is what was chosen for a parameter, also within an object. `60 %` is a number in the unit of the field. A field that a phase
does not name is not sent. Whoever stops a run (`stop`) lets the last phase's commands go out at once: let the last phase undo what the others
did.

**Files.** `2026-11-27T15-04-05.csv` has the columns of a `csv-sink`, and `run` and `phase` behind them; a field of the records that is called
so makes room. `twinflow train` and `twinflow replay` read it. `2026-11-27T15-04-05.json` beside it tells who started the run when, the
note, what was chosen, when each phase began and what it sent, how many rows there are, and the outcome: `complete`, `stopped`, or `interrupted`
with the reason. Times are UTC. Until its run is over, a CSV file is called `.csv.partial`; a `.csv` is whole.

**When the process dies during a run**, the run is `interrupted` at the next start, and its rows are kept. The machine may still have what the run
set: when it reports for the first time after the start, it gets the commands of the last phase. A full disk ends a run as
`interrupted`, with those commands, and the flow goes on. A reload lets the run go on when the node is as it was, and stops it otherwise.

**Outputs.** Commands by the first one; a record for each change of phase by `run`: `run`, `phase`, `state` (`running`, then the outcome) and
`elapsed` (s).

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: fan/data
    fields: { temp: { unit: °C }, actual_fault: { path: fault.code, type: integer, optional: true } }
  trial:
    type: experiment
    from: fan
    folder: data/runs
    parameters:
      fault:
        options:
          - { value: { class: imbalance, severity: 0.9 }, label: Imbalance }
          - { value: { class: overcurrent, severity: 0.9 }, label: Overcurrent }
      heat_load: { unit: W, range: [0, 500], default: 150 }
    phases:
      baseline: { for: 60 s, send: { fault: { class: none }, process_heat_load_w: $heat_load } }
      fault:    { for: 480 s, send: { fault: $fault } }
      recovery: { for: 60 s, send: { fault: { class: none } } }
  commands: { type: mqtt-out, from: trial, broker: plant, topic: fan/command }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let folder = folder(&config.folder, check);
        let protocol = protocol(&config.parameters, &config.phases, check);
        let rows = CsvRows::of(select_fields(None, check)?).with(RUN_COLUMNS);
        let (folder, protocol) = (folder?, Arc::new(protocol?));
        let second = Unit::parse("s").ok()?;
        let (progress, events) = (progress(&second), events(&second));
        let is_elsewhere = self.folder.is_some();
        let folder = match &self.folder {
            Some(elsewhere) => elsewhere.join(&check.id().value),
            None => folder,
        };
        let view = View {
            place: Place {
                page: config.page,
                group: Some(config.group.unwrap_or_else(|| "Experiments".to_owned())),
                order: config.order,
                width: config.width,
            },
            title: Some(config.title.unwrap_or_else(|| "Experiment".to_owned())),
            shown: Shown::Experiment(protocol.info()),
            columns: progress
                .fields()
                .iter()
                .map(|field| ViewColumn {
                    field: field.clone(),
                    slot: None,
                    shown: true,
                })
                .collect(),
            alert: None,
            popup: false,
            span_seconds: None,
            bands: Vec::new(),
            files: Some(FileSet {
                folder: folder.clone(),
                pattern: "*.csv".to_owned(),
            }),
        };
        let commands = Output {
            name: "out".into(),
            schema: Arc::clone(&protocol.commands),
        };
        let run = Output {
            name: "run".into(),
            schema: Arc::new(events),
        };
        let (progress, events) = (Arc::new(progress), Arc::clone(&run.schema));
        let make = move |context: &NodeContext| {
            let feed = context.feed.clone();
            let is_replay = context.clock.replay_rate().is_some() && !is_elsewhere;
            let runs = RunFolder::new(folder.clone());
            Ok(Experimenting {
                context: context.clone(),
                feed: feed.ok_or_else(|| StartError("has no feed to the dashboard".to_owned()))?,
                protocol: Arc::clone(&protocol),
                rows: rows.clone(),
                events: Arc::clone(&events),
                progress: Arc::clone(&progress),
                closed: is_replay.then_some(IN_A_REPLAY),
                machines: BTreeSet::new(),
                past: match context.is_live && !is_replay {
                    true => Past::read(runs, context.problems.clone()),
                    false => Past::none(runs, context.problems.clone()),
                },
                run: None,
                told: EventTime::default(),
            })
        };
        Some(Checked {
            outputs: vec![commands, run],
            part: Part::transform(make),
            view: Some(view),
            decode: None,
        })
    }
}

/// The folder, which no other node may use.
fn folder(folder: &Spanned<String>, check: &mut Check<'_>) -> Option<PathBuf> {
    if folder.trim().is_empty() {
        let diagnostic = Diagnostic::new(Code::WrongValue, folder.span, "this names no folder");
        check.report(diagnostic.with_help("such as `folder: data/runs`"));
        return None;
    }
    // Without the `.` in `./runs`: both spellings claim one folder.
    let plain: PathBuf = check.path(folder).components().collect();
    let is_free = check.claim(&format!("the folder {}", plain.display()), folder.span);
    is_free.then_some(plain)
}

/// What the dashboard is told: see [`Shown::Experiment`].
fn progress(second: &Unit) -> Schema {
    Schema::new([
        Field::new("run", FieldType::Text),
        Field::new("phase", FieldType::Text),
        Field::new("elapsed", FieldType::Number(second.clone())),
        Field::new("phase_elapsed", FieldType::Number(second.clone())),
    ])
}

/// What leaves by the output `run`.
fn events(second: &Unit) -> Schema {
    Schema::new([
        Field::new("run", FieldType::Text),
        Field::new("phase", FieldType::Text).optional(),
        Field::new("state", FieldType::Text),
        Field::new("elapsed", FieldType::Number(second.clone())),
    ])
}
