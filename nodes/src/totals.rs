//! `totals`: what counters rose by in each hour, day and shift, and what that cost.

use std::sync::Arc;

use chrono::{NaiveTime, TimeDelta};
use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic, shortened};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{
    Check, Checked, Cost, Emitter, NodeContext, NodeType, Part, Place, Role, Shift, Shown, StartError,
    Totals as Info, Transform, View, ViewColumn,
};
use twinflow_engine::record::Batch;
use twinflow_engine::runtime::Feed;
use twinflow_engine::schema::{Field, FieldType};

/// The node type.
pub struct Totals;

/// A part of the day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ShiftConfig {
    /// What people call it.
    name: Spanned<String>,
    /// When it begins, such as `"06:00"`.
    from: Spanned<String>,
    /// When it ends; earlier than `from` when it goes on after midnight.
    to: Spanned<String>,
}

/// A price.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CostConfig {
    /// What one `per` costs.
    price: Spanned<f64>,
    /// The unit that the price is for, such as `kWh`.
    per: Spanned<String>,
    /// What it is paid in, such as `€`.
    currency: String,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The counters: fields that only rise, such as an energy. One that begins again at zero is understood.
    fields: Vec<Spanned<String>>,
    /// The shifts of a day, by the clock of the machine that runs twinflow.
    #[serde(default)]
    shifts: Vec<ShiftConfig>,
    /// What is paid for what the counters of a fitting unit count.
    cost: Option<CostConfig>,
    /// Its own heading; the fields' titles by default.
    title: Option<String>,
    /// The page on which it stands, by its title.
    page: Option<String>,
    /// The heading under which it stands.
    group: Option<String>,
    /// Columns of a grid of twelve.
    #[schemars(range(min = 1, max = 12))]
    width: Option<u8>,
    /// Those of lower order stand earlier in their group.
    #[serde(default)]
    order: i32,
}

impl NodeType for Totals {
    const NAME: &'static str = "totals";
    const ROLE: Role = Role::Sink;
    const DOC: &'static str = r#"Shows what counters rose by in each hour, day or shift, and what that cost: energy, CO₂, pieces, cubic metres.

A counter is a field that only rises. When it begins again at zero, after a restart or with a new meter, nothing is lost and nothing
counted twice, to within a minute. What is shown comes from the flow's history, so it is there after a restart too; hours, days and
shifts are those of the clock on the wall. Programs get it from `GET /api/totals/NODE?by=hour`, `day` or `shift`.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { current: { unit: A } } }
  kpis:
    type: kpi
    from: fan
    values: { energy: integral(230 V * current) in Wh, co2: energy * 0.233 g/Wh }
  consumption:
    type: totals
    from: kpis
    fields: [energy, co2]
    shifts:
      - { name: Early, from: "06:00", to: "14:00" }
      - { name: Late, from: "14:00", to: "22:00" }
      - { name: Night, from: "22:00", to: "06:00" }
    cost: { price: 0.30, per: kWh, currency: € }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let columns = counters(&config.fields, check);
        let shifts = shifts(&config.shifts, check);
        let cost = match &config.cost {
            Some(cost) => cost_of(cost, columns.as_deref(), check).map(Some),
            None => Some(None),
        };
        let (columns, shifts, cost) = (columns?, shifts?, cost?);
        let slots: Vec<usize> = columns.iter().filter_map(|column| column.slot).collect();
        let view = View {
            place: Place {
                page: config.page,
                group: config.group,
                order: config.order,
                width: config.width,
            },
            title: config.title,
            shown: Shown::Totals(Info { shifts, cost }),
            columns,
            alert: None,
            popup: false,
            span_seconds: None,
            bands: Vec::new(),
            files: None,
        };
        let make = move |context: &NodeContext| {
            let feed = context.feed.clone();
            Ok(Counting {
                feed: feed.ok_or_else(|| StartError("has no feed to the dashboard".to_owned()))?,
                slots: slots.clone(),
            })
        };
        Some(Checked {
            outputs: Vec::new(),
            part: Part::transform(make),
            view: Some(view),
            decode: None,
        })
    }
}

fn counters(names: &[Spanned<String>], check: &mut Check<'_>) -> Option<Vec<ViewColumn>> {
    if names.is_empty() {
        let diagnostic = Diagnostic::new(
            Code::MissingField,
            check.span(),
            "`totals` needs at least one counter",
        );
        check.report(diagnostic.with_help("such as `fields: [energy]`"));
        return None;
    }
    let column = |name: &Spanned<String>, check: &mut Check<'_>| {
        let (slot, field) = check.field(name)?;
        if !matches!(field.field_type, FieldType::Number(_) | FieldType::Integer) || !field.labels.is_empty()
        {
            let found = match field.labels.is_empty() {
                true => field.field_type.to_string(),
                false => "a code".to_owned(),
            };
            let message = format!("a counter is a number, but `{}` is {found}", field.name);
            check.report(Diagnostic::new(Code::WrongKind, name.span, message));
            return None;
        }
        Some(ViewColumn {
            field,
            slot: Some(slot),
            shown: true,
        })
    };
    let columns: Vec<Option<ViewColumn>> = names.iter().map(|name| column(name, check)).collect();
    columns.into_iter().collect()
}

fn shifts(configs: &[ShiftConfig], check: &mut Check<'_>) -> Option<Vec<Shift>> {
    let read: Vec<Option<Shift>> = configs.iter().map(|config| shift(config, check)).collect();
    let shifts = read.into_iter().collect::<Option<Vec<_>>>()?;
    let mut are_apart = true;
    for (at, (config, shift)) in configs.iter().zip(&shifts).enumerate() {
        let earlier = configs.iter().zip(&shifts).take(at);
        for (first, other) in earlier {
            if first.name.value == config.name.value {
                let message = format!("there are two shifts named `{}`", shortened(&config.name));
                let diagnostic = Diagnostic::new(Code::DuplicateKey, config.name.span, message);
                check.report(diagnostic.with_related(first.name.span, "the first one"));
                are_apart = false;
            } else if overlap(shift, other) {
                let message = format!(
                    "the shifts `{}` and `{}` overlap",
                    shortened(&first.name),
                    shortened(&config.name)
                );
                let diagnostic = Diagnostic::new(Code::WrongValue, config.from.span, message);
                check.report(
                    diagnostic
                        .with_related(first.from.span, "the other one")
                        .with_help("one hour belongs to one shift"),
                );
                are_apart = false;
            }
        }
    }
    are_apart.then_some(shifts)
}

fn shift(config: &ShiftConfig, check: &mut Check<'_>) -> Option<Shift> {
    let (from, to) = (time_of_day(&config.from, check), time_of_day(&config.to, check));
    let (from, to) = (from?, to?);
    if from == to {
        let diagnostic = Diagnostic::new(Code::WrongValue, config.to.span, "this shift ends when it begins");
        check.report(diagnostic.with_help("a whole day needs no shift: it is shown by `day`"));
        return None;
    }
    Some(Shift {
        name: config.name.value.clone(),
        from,
        to,
    })
}

fn time_of_day(text: &Spanned<String>, check: &mut Check<'_>) -> Option<NaiveTime> {
    let time = NaiveTime::parse_from_str(text.trim(), "%H:%M");
    if time.is_err() {
        let message = format!("`{}` is no time of day", shortened(text));
        let diagnostic = Diagnostic::new(Code::WrongValue, text.span, message);
        check.report(diagnostic.with_help("write hours and minutes, such as \"06:00\" or \"22:30\""));
    }
    time.ok()
}

/// Whether two shifts have a moment in common.
fn overlap(one: &Shift, other: &Shift) -> bool {
    contains(one, other.from) || contains(other, one.from)
}

fn contains(shift: &Shift, time: NaiveTime) -> bool {
    // How long after its beginning, around the clock.
    let after_begin = |time: NaiveTime| {
        let passed = time.signed_duration_since(shift.from);
        if passed < TimeDelta::zero() {
            passed + TimeDelta::days(1)
        } else {
            passed
        }
    };
    after_begin(time) < after_begin(shift.to)
}

fn cost_of(config: &CostConfig, columns: Option<&[ViewColumn]>, check: &mut Check<'_>) -> Option<Cost> {
    let per = check.unit(&config.per)?;
    let mut is_sound = true;
    if !(config.price.is_finite() && config.price.value >= 0.0) {
        let message = format!("a price is a number of at least 0, found {}", config.price.value);
        check.report(Diagnostic::new(Code::WrongValue, config.price.span, message));
        is_sound = false;
    }
    let fits = |field: &Field| {
        field
            .field_type
            .unit()
            .is_some_and(|unit| unit.conversion_to(&per).is_some())
    };
    if columns.is_some_and(|columns| !columns.iter().any(|column| fits(&column.field))) {
        let message = format!("none of the fields counts in {}", per.described());
        let diagnostic = Diagnostic::new(Code::UnitMismatch, config.per.span, message);
        check.report(diagnostic.with_help("`per` is a unit of one of `fields`, such as `kWh` for an energy"));
        is_sound = false;
    }
    is_sound.then(|| Cost {
        price: config.price.value,
        per,
        currency: config.currency.clone(),
    })
}

/// The run-time part: it gives the counters to the feed, from which the history is written.
struct Counting {
    feed: Arc<Feed>,
    slots: Vec<usize>,
}

impl Transform for Counting {
    fn process(&mut self, batch: Batch, _: &mut Emitter) {
        let columns = self.slots.iter().map(|slot| batch.column(*slot));
        self.feed
            .push(&batch, columns.map(|column| column.map(|column| &**column)));
    }
}
