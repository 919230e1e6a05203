//! From the views of a flow to the page that the browser draws.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::NaiveTime;
use serde::{Serialize, Serializer};
use serde_json::json;
use twinflow_engine::graph::Graph;
use twinflow_engine::node::{
    AlarmInfo, Band, ControlKind, ExperimentInfo, FileSet, LoopInfo, Setting, Shown, Totals, View,
    ViewColumn, WidgetKind,
};
use twinflow_engine::schema::FieldType;

/// How long without a reading until the page says that the data is late.
const STALE_AFTER_MS: u32 = 2_500;
/// Where views stand that name no page.
const FIRST_PAGE: &str = "Overview";
/// Where views stand that name no group.
const FIRST_GROUP: &str = "Overview";

/// The whole page.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    /// The flow's name.
    pub name: String,
    /// A sentence about the flow.
    pub description: Option<String>,
    /// Changes with the layout and with every start of the flow: the browser loads the page anew then.
    pub revision: String,
    /// Milliseconds without a reading until the data counts as late.
    pub stale_after_ms: u32,
    /// Whether what was before is kept.
    pub history: bool,
    /// The pages in the order in which the flow names them.
    pub pages: Vec<Page>,
    /// The nodes that raise alarms.
    pub alarms: Vec<AlarmNode>,
}

impl Dashboard {
    fn widgets(&self, node: &str) -> impl Iterator<Item = &Widget> {
        let groups = self.pages.iter().flat_map(|page| &page.groups);
        groups
            .flat_map(|group| &group.widgets)
            .filter(move |widget| widget.node == node)
    }

    /// By what the counters of a node are summed up, if it does so.
    pub(crate) fn totals(&self, node: &str) -> Option<&Totals> {
        self.widgets(node).find_map(|widget| widget.totals.as_ref())
    }

    /// The files that a node writes, if people may look into them.
    pub(crate) fn files(&self, node: &str) -> Option<&FileSet> {
        self.widgets(node).find_map(|widget| widget.files.as_ref())
    }
}

/// A node that raises alarms. What stands is told by `GET /api/alarms`, what changes by its stream.
#[derive(Clone, Debug, Serialize)]
pub struct AlarmNode {
    /// The node, which takes `acknowledge`, `shelve` and `unshelve`.
    pub node: String,
    /// The stream of the changes: the node's feed.
    pub stream: String,
    /// What its alarms are called together.
    pub title: String,
    /// Its alarms.
    pub alarms: Vec<AlarmInfo>,
    /// The columns of the stream.
    pub fields: Vec<WidgetField>,
}

/// A page of the dashboard.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// What its tab says.
    pub title: String,
    /// The groups in the order in which the flow names them.
    pub groups: Vec<Group>,
}

/// Widgets under one heading.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// The heading.
    pub title: String,
    /// The widgets by their `order`, then in that of the flow.
    pub widgets: Vec<Widget>,
}

/// One widget.
#[derive(Clone, Debug, Serialize)]
pub struct Widget {
    /// Unique on the page.
    pub id: String,
    /// The node that declares it.
    pub node: String,
    /// The stream that its rows come in: the node's feed.
    pub stream: String,
    /// How it is shown.
    pub kind: Kind,
    /// Its heading.
    pub title: String,
    /// Columns of twelve.
    pub width: Option<u8>,
    #[serde(skip)]
    order: i32,
    /// What it shows.
    pub fields: Vec<WidgetField>,
    /// The slot that says that something is wrong.
    pub alert: Option<usize>,
    /// Whether a notice pops up then.
    pub popup: bool,
    /// Seconds of the past that it shows.
    pub span: Option<f64>,
    /// Coloured parts of the range.
    pub bands: Vec<Band>,
    /// How the value is set, of a control.
    pub control: Option<Setting>,
    /// What a run goes through, and what can be chosen for it, of an experiment.
    pub experiment: Option<ExperimentInfo>,
    /// The text of a note, in Markdown.
    pub text: Option<String>,
    /// By what counters are summed up.
    #[serde(serialize_with = "as_totals")]
    pub totals: Option<Totals>,
    /// The files that its node writes.
    #[serde(skip)]
    pub files: Option<FileSet>,
    /// What can be done with a control loop.
    #[serde(rename = "loop")]
    pub loop_info: Option<LoopInfo>,
}

/// How a widget is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Kind {
    /// Fields of records.
    Widget(WidgetKind),
    /// A value that people set.
    Control(ControlKind),
    /// Anything else.
    Other(OtherKind),
}

/// What is neither a field nor set by people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherKind {
    /// A text that stands in the flow.
    Markdown,
    /// Runs that people start and stop.
    Experiment,
    /// What counters rose by.
    Totals,
    /// What the files of the node hold.
    Log,
    /// A control loop.
    Loop,
}

fn as_totals<S: Serializer>(totals: &Option<Totals>, serializer: S) -> Result<S::Ok, S::Error> {
    let Some(Totals { shifts, cost }) = totals else {
        return serializer.serialize_none();
    };
    let time = |time: NaiveTime| time.format("%H:%M").to_string();
    let shifts: Vec<_> = shifts
        .iter()
        .map(|shift| json!({ "name": shift.name, "from": time(shift.from), "to": time(shift.to) }))
        .collect();
    let cost = cost
        .as_ref()
        .map(|cost| json!({ "price": cost.price, "per": cost.per.symbol(), "currency": cost.currency }));
    json!({ "shifts": shifts, "cost": cost }).serialize(serializer)
}

/// A field of a widget.
#[derive(Clone, Debug, Serialize)]
pub struct WidgetField {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its unit.
    pub unit: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// What the plant is meant to reach.
    pub range: Option<(f64, f64)>,
    /// Names of the values of a whole number.
    pub labels: Option<BTreeMap<i64, String>>,
    /// Its place in the rows of the stream.
    pub slot: usize,
}

/// Lays out the dashboard of a flow. `start` tells one start of the flow from another, `history` whether what was before is kept.
#[must_use]
pub fn dashboard(graph: &Graph, start: i64, history: bool) -> Dashboard {
    let mut views: Vec<(u32, &str, &View)> = graph
        .nodes
        .iter()
        .filter_map(|node| Some((node.id.span.start, node.id.value.as_str(), node.view.as_ref()?)))
        .collect();
    views.sort_by_key(|(place, ..)| *place);
    let mut pages: Vec<Page> = Vec::new();
    let mut alarms = Vec::new();
    for (_, node, view) in views {
        if let Shown::Alarms(infos) = &view.shown {
            alarms.push(AlarmNode {
                node: node.to_owned(),
                stream: node.to_owned(),
                title: view.title.clone().unwrap_or_else(|| node.to_owned()),
                alarms: infos.clone(),
                fields: view
                    .columns
                    .iter()
                    .enumerate()
                    .map(|(slot, column)| field(slot, column))
                    .collect(),
            });
            continue;
        }
        let title = view.place.page.as_deref().unwrap_or(FIRST_PAGE);
        let page = entry(
            &mut pages,
            |page| page.title == title,
            || Page {
                title: title.to_owned(),
                groups: Vec::new(),
            },
        );
        let title = view.place.group.as_deref().unwrap_or(FIRST_GROUP);
        let group = entry(
            &mut page.groups,
            |group| group.title == title,
            || Group {
                title: title.to_owned(),
                widgets: Vec::new(),
            },
        );
        group.widgets.extend(widgets(node, view));
    }
    for group in pages.iter_mut().flat_map(|page| &mut page.groups) {
        group.widgets.sort_by_key(|widget| widget.order);
    }
    let mut dashboard = Dashboard {
        name: graph.name.clone(),
        description: graph.description.clone(),
        revision: String::new(),
        stale_after_ms: STALE_AFTER_MS,
        history,
        pages,
        alarms,
    };
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(&dashboard)
        .unwrap_or_default()
        .hash(&mut hasher);
    start.hash(&mut hasher);
    dashboard.revision = format!("{:016x}", hasher.finish());
    dashboard
}

/// The entry that `is` the one, put at the end if there is none yet.
fn entry<T>(all: &mut Vec<T>, is: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> &mut T {
    let found = all.iter().position(is);
    let at = found.unwrap_or(all.len());
    if found.is_none() {
        all.push(make());
    }
    #[allow(
        clippy::indexing_slicing,
        reason = "it was found there, or has just been put there"
    )]
    &mut all[at]
}

/// A node's view as widgets: a dial for each field, a chart for each unit, one card for everything else.
fn widgets(node: &str, view: &View) -> Vec<Widget> {
    let shown: Vec<(usize, &ViewColumn)> = view
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.shown)
        .collect();
    let parts: Vec<Vec<(usize, &ViewColumn)>> = match &view.shown {
        Shown::Widget(
            WidgetKind::Gauge
            | WidgetKind::Bar
            | WidgetKind::Value
            | WidgetKind::Timeline
            | WidgetKind::Text
            | WidgetKind::Histogram
            | WidgetKind::HeatMap,
        ) => shown.into_iter().map(|column| vec![column]).collect(),
        Shown::Widget(WidgetKind::Chart) => by_unit(shown),
        Shown::Widget(WidgetKind::Status | WidgetKind::Advice | WidgetKind::Table)
        | Shown::Control(..)
        | Shown::Note(_)
        | Shown::Experiment(_)
        | Shown::Totals(_)
        | Shown::Log
        | Shown::Loop(_)
        | Shown::Alarms(_) => vec![shown],
    };
    let several = parts.len() > 1;
    parts
        .into_iter()
        .map(|columns| widget(node, view, &columns, several))
        .collect()
}

fn by_unit(columns: Vec<(usize, &ViewColumn)>) -> Vec<Vec<(usize, &ViewColumn)>> {
    let mut parts: Vec<Vec<(usize, &ViewColumn)>> = Vec::new();
    for column in columns {
        let same = |part: &&mut Vec<(usize, &ViewColumn)>| {
            part.first().is_some_and(|(_, first)| {
                let both_plain =
                    first.field.field_type.unit().is_none() && column.1.field.field_type.unit().is_none();
                // Plain numbers measure unlike things: an index and a count share no axis.
                !both_plain && first.field.field_type == column.1.field.field_type
            })
        };
        match parts.iter_mut().find(same) {
            Some(part) => part.push(column),
            None => parts.push(vec![column]),
        }
    }
    parts
}

fn widget(node: &str, view: &View, columns: &[(usize, &ViewColumn)], several: bool) -> Widget {
    let fields: Vec<WidgetField> = columns
        .iter()
        .map(|(slot, column)| field(*slot, column))
        .collect();
    let own = view.title.clone().filter(|_| !several);
    let from_fields = || {
        fields
            .iter()
            .map(|field| field.title.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let id = match (several, fields.first()) {
        (true, Some(first)) => format!("{node}.{}", first.name),
        _ => node.to_owned(),
    };
    Widget {
        id,
        node: node.to_owned(),
        stream: node.to_owned(),
        kind: match &view.shown {
            Shown::Widget(kind) => Kind::Widget(*kind),
            Shown::Control(kind, _) => Kind::Control(*kind),
            Shown::Note(_) | Shown::Alarms(_) => Kind::Other(OtherKind::Markdown),
            Shown::Experiment(_) => Kind::Other(OtherKind::Experiment),
            Shown::Totals(_) => Kind::Other(OtherKind::Totals),
            Shown::Log => Kind::Other(OtherKind::Log),
            Shown::Loop(_) => Kind::Other(OtherKind::Loop),
        },
        title: own.unwrap_or_else(|| match view.shown {
            Shown::Widget(WidgetKind::Status | WidgetKind::Advice) | Shown::Loop(_) => fields
                .first()
                .map(|field| field.title.clone())
                .unwrap_or_default(),
            _ => from_fields(),
        }),
        width: view.place.width,
        order: view.place.order,
        control: match &view.shown {
            Shown::Control(_, setting) => Some(setting.clone()),
            _ => None,
        },
        experiment: match &view.shown {
            Shown::Experiment(info) => Some(info.clone()),
            _ => None,
        },
        text: match &view.shown {
            Shown::Note(text) => Some(text.clone()),
            _ => None,
        },
        totals: match &view.shown {
            Shown::Totals(totals) => Some(totals.clone()),
            _ => None,
        },
        files: view.files.clone(),
        loop_info: match &view.shown {
            Shown::Loop(info) => Some(*info),
            _ => None,
        },
        alert: view.alert,
        popup: view.popup,
        span: view.span_seconds,
        bands: view.bands.clone(),
        fields,
    }
}

fn field(slot: usize, column: &ViewColumn) -> WidgetField {
    let field = &column.field;
    WidgetField {
        name: field.name.to_string(),
        title: field.display_title(),
        unit: field.field_type.unit().map(|unit| unit.symbol().to_owned()),
        type_name: match &field.field_type {
            // Times and JSON travel to the browser as text.
            FieldType::Time | FieldType::Json => "text",
            other => other.name(),
        },
        range: field.range,
        labels: (!field.labels.is_empty()).then(|| field.labels.clone()),
        slot,
    }
}
