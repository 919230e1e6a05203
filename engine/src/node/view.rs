//! What the dashboard shows of a node. The engine only carries it.

use std::path::PathBuf;

use serde::Serialize;

use crate::schema::Field;
use crate::unit::Unit;

/// How values are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WidgetKind {
    /// A dial for each field, with its range and unit.
    Gauge,
    /// Lines over time; fields of one unit share a chart.
    Chart,
    /// The number itself, with a sparkline.
    Value,
    /// A lamp and a word: normal or not.
    Status,
    /// Which state held when: for codes with names, or texts.
    Timeline,
    /// What to do: headline, severity, confidence and advice.
    Advice,
    /// The text of a field.
    Text,
    /// A straight scale for each field, with its normal part and its limits.
    Bar,
    /// The newest records, or the latest of each machine.
    Table,
    /// How often a number was how large.
    Histogram,
    /// A cell for each machine, coloured by its value.
    HeatMap,
}

/// How a value is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ControlKind {
    /// A number within its range, by dragging.
    Slider,
    /// A number, typed.
    Number,
    /// On or off.
    Switch,
    /// One of several.
    Select,
    /// One value, sent at every press.
    Button,
}

/// What a view is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// The fields of records.
    Widget(WidgetKind),
    /// A value that people set; the only field is what it is now, as far as the records tell.
    Control(ControlKind, Setting),
    /// A text in Markdown that stands in the flow.
    Note(String),
    /// Alarms; each row of the feed is a change of one.
    Alarms(Vec<AlarmInfo>),
    /// Experiments that people start and stop. The columns are `run` and `phase` (texts, empty while none runs), `elapsed` and
    /// `phase_elapsed` (s): all computed by the node.
    Experiment(ExperimentInfo),
    /// What counters rose by.
    Totals(Totals),
    /// What the files hold that the node writes.
    Log,
    /// A control loop. Its columns are the measured value, the set-point, the output, the mode (`automatic`, `manual`,
    /// `safe`) and why it is in the safe state, in this order.
    Loop(LoopInfo),
}

/// An experiment as its flow declares it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExperimentInfo {
    /// What a run goes through, in this order.
    pub phases: Vec<PhaseInfo>,
    /// What can be chosen for a run.
    pub parameters: Vec<ParameterInfo>,
}

/// A phase of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseInfo {
    /// Its name.
    pub name: String,
    /// How long it lasts.
    pub seconds: f64,
}

/// Something that can be chosen for a run: one of its options, or a number within its range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParameterInfo {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The unit of a number.
    pub unit: Option<String>,
    /// Least and greatest number.
    pub range: Option<(f64, f64)>,
    /// A number goes in steps of this size.
    pub step: Option<f64>,
    /// What can be chosen; nothing for a number.
    pub options: Option<Vec<SettingOption>>,
    /// What holds when nothing is chosen.
    pub default: serde_json::Value,
}

/// By what counters are summed up beside hours and days, and what a unit costs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// The shifts of a day.
    pub shifts: Vec<Shift>,
    /// What is paid for what is counted.
    pub cost: Option<Cost>,
}

/// A part of the day, by the clock on the wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// What people call it.
    pub name: String,
    /// When it begins.
    pub from: chrono::NaiveTime,
    /// When it ends; before `from` when it goes on after midnight.
    pub to: chrono::NaiveTime,
}

/// A price.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// For one `per`.
    pub price: f64,
    /// The unit.
    pub per: Unit,
    /// What it is paid in.
    pub currency: String,
}

/// Files that a node writes, for people to look into and take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSet {
    /// Where they are.
    pub folder: PathBuf,
    /// Their names under the folder; `*` stands for any text without `/`.
    pub pattern: String,
}

/// What can be done with a control loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LoopInfo {
    /// Whether people set its set-point; they do not where the records bring it.
    pub settable: bool,
}

/// An alarm as its flow declares it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlarmInfo {
    /// Its name within the node.
    pub name: String,
    /// How soon somebody has to act.
    pub priority: AlarmPriority,
    /// What it says.
    pub message: String,
}

/// How soon somebody has to act.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmPriority {
    /// When there is time.
    Low,
    /// Soon.
    #[default]
    Medium,
    /// Now.
    High,
    /// At once: people or the machine are in danger.
    Critical,
}

impl AlarmPriority {
    /// In the flow language's words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The next more urgent one.
    #[must_use]
    pub const fn raised(self) -> Self {
        match self {
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }
}

/// What can be set, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Setting {
    /// A number goes in steps of this size.
    pub step: Option<f64>,
    /// What is asked before it is sent.
    pub confirm: Option<String>,
    /// What can be chosen.
    pub options: Option<Vec<SettingOption>>,
}

/// A value to choose.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingOption {
    /// What is sent.
    pub value: serde_json::Value,
    /// What is shown of it.
    pub label: String,
}

/// Where on the dashboard a view stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The page; the first one by default.
    pub page: Option<String>,
    /// The heading under which it stands.
    pub group: Option<String>,
    /// The lower, the earlier within its group; 0 by default, and those of equal order stand as in the flow.
    pub order: i32,
    /// Columns of a twelve-column grid.
    pub width: Option<u8>,
}

/// A widget as its flow declares it, with what the schema knows about its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Where it stands.
    pub place: Place,
    /// Its own heading, when the flow gives one.
    pub title: Option<String>,
    /// How it is shown.
    pub shown: Shown,
    /// What is shown.
    pub columns: Vec<ViewColumn>,
    /// Which of the columns says that something is wrong.
    pub alert: Option<usize>,
    /// Whether a notice pops up when that becomes true.
    pub popup: bool,
    /// How much of the past a chart or a timeline shows.
    pub span_seconds: Option<f64>,
    /// Coloured parts of the range.
    pub bands: Vec<Band>,
    /// The files that the node writes.
    pub files: Option<FileSet>,
}

/// A column of the node's feed.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewColumn {
    /// Its field, with title, unit, range and labels.
    pub field: Field,
    /// Its slot in the records that arrive at the node; nothing when the node computes it itself.
    pub slot: Option<usize>,
    /// Whether it is shown, or only needed for the alert.
    pub shown: bool,
}

/// A part of the range with a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Band {
    /// From this value.
    pub from: f64,
    /// To this value.
    pub to: f64,
    /// What it means to be in it.
    pub level: BandLevel,
}

/// How serious it is to be in a coloured part of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BandLevel {
    /// As it should be.
    Normal,
    /// Worth a look.
    Warning,
    /// Act.
    Alarm,
}
