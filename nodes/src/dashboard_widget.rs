//! `dashboard-widget`: a part of the generated dashboard.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::formula::{Compiler, Evaluator};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{
    Band, BandLevel, Check, Checked, Emitter, NodeContext, NodeType, Part, Place, Role, Shown, StartError,
    Transform, View, ViewColumn, WidgetKind,
};
use twinflow_engine::record::{Batch, Column};
use twinflow_engine::runtime::Feed;
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::{Conversion, Quantity};

use crate::field_spec::{ordered, warn_if_exceeded};

/// The node type.
pub struct DashboardWidget;

/// A coloured part of the range.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BandConfig {
    /// From this value.
    from: f64,
    /// To this value.
    to: f64,
    /// What it means to be in it.
    level: BandLevel,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How the values are shown.
    widget: WidgetKind,
    /// The fields to show.
    fields: Vec<Spanned<String>>,
    /// The page on which it stands, by its title; pages stand in the order in which the flow names them.
    page: Option<String>,
    /// The heading under which it stands; widgets of one group stand together.
    group: Option<String>,
    /// Its own heading; the field's title by default.
    title: Option<String>,
    /// Show numbers in this unit instead of the field's own.
    unit: Option<Spanned<String>>,
    /// Draw to this range instead of the field's own.
    range: Option<Spanned<[f64; 2]>>,
    /// How much of the past a chart or a timeline shows, such as `5 min` (the default).
    span: Option<Spanned<String>>,
    /// A condition under which something is wrong, such as `fault_code != 0`.
    alert: Option<Spanned<String>>,
    /// Whether a notice pops up when the alert begins.
    #[serde(default)]
    popup: bool,
    /// Coloured parts of the range.
    #[serde(default)]
    bands: Vec<BandConfig>,
    /// Columns of a grid of twelve.
    #[schemars(range(min = 1, max = 12))]
    width: Option<u8>,
    /// Widgets of lower order stand earlier in their group; those of equal order (0 by default) stand as in the flow.
    #[serde(default)]
    order: i32,
}

impl NodeType for DashboardWidget {
    const NAME: &'static str = "dashboard-widget";
    const ROLE: Role = Role::Sink;
    const DOC: &'static str = r#"Shows fields on the dashboard, live. Title, unit, range and the names of codes come from the fields themselves.

| `widget` | shows |
| --- | --- |
| `gauge` | a dial for each field |
| `bar` | a straight scale for each field: less room than a dial, and easier to compare |
| `chart` | lines over time; fields of one unit share a chart |
| `value` | the number, with a sparkline |
| `status` | a lamp and a word; `alert` says when it is red |
| `timeline` | which state held when, for codes with names or for texts |
| `advice` | headline, severity, confidence and what to do |
| `text` | the text of a field |
| `table` | the newest records, or the latest of each machine when there are several |
| `histogram` | how often a number was how large within `span` |
| `heat-map` | a cell for each machine, coloured by its value |

Pages stand as tabs in the order in which the flow names them, groups and widgets likewise; `order` and `width` change that.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C, range: [0, 60] } } }
  dial: { type: dashboard-widget, from: fan, widget: gauge, group: Overview, fields: [temp] }
  trend: { type: dashboard-widget, from: fan, widget: chart, group: Trends, fields: [temp], span: 10 min }
  lamp:
    type: dashboard-widget
    from: fan
    widget: status
    group: Alerts
    fields: [temp]
    alert: temp > 45 °C
    popup: true
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let columns = columns(&config, check);
        let alert = config.alert.as_ref().map(|formula| condition(formula, check));
        let span_seconds = config.span.as_ref().map(|span| duration_seconds(span, check));
        let mut whole = true;
        if config.popup && config.alert.is_none() {
            let diagnostic = Diagnostic::new(
                Code::MissingField,
                check.span(),
                "a pop-up needs `alert`: the condition under which it comes",
            );
            check.report(diagnostic.with_help("such as `alert: fault_code != 0`"));
            whole = false;
        }
        if !whole || alert == Some(None) || span_seconds == Some(None) {
            return None;
        }
        let (mut columns, conversions) = columns?;
        let evaluator = alert.flatten();
        let alert = evaluator.is_some().then(|| {
            let field = Field::new("alert", FieldType::Boolean);
            columns.push(ViewColumn {
                field,
                slot: None,
                shown: false,
            });
            columns.len() - 1
        });
        let slots: Vec<(usize, Conversion)> = columns
            .iter()
            .filter_map(|column| column.slot)
            .zip(conversions)
            .collect();
        let bands = config.bands.iter().map(|band| Band {
            from: band.from,
            to: band.to,
            level: band.level,
        });
        let view = View {
            place: Place {
                page: config.page,
                group: config.group,
                order: config.order,
                width: config.width,
            },
            title: config.title,
            shown: Shown::Widget(config.widget),
            columns,
            alert,
            popup: config.popup,
            span_seconds: span_seconds.flatten(),
            bands: bands.collect(),
            files: None,
        };
        let make = move |context: &NodeContext| {
            let feed = context
                .feed
                .clone()
                .ok_or_else(|| StartError("has no feed to the dashboard".to_owned()))?;
            let evaluator = evaluator.clone().map(Evaluator::new);
            Ok(Showing {
                feed,
                slots: slots.clone(),
                evaluator,
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

/// The shown fields as columns, each with the conversion into the shown unit.
fn columns(config: &Config, check: &mut Check<'_>) -> Option<(Vec<ViewColumn>, Vec<Conversion>)> {
    let range = match &config.range {
        Some(range) => Some(ordered(range, check)?),
        None => None,
    };
    if config.fields.is_empty() {
        check.report(Diagnostic::new(
            Code::MissingField,
            check.span(),
            "a widget shows at least one field",
        ));
        return None;
    }
    let columns: Vec<Option<(ViewColumn, Conversion)>> = config
        .fields
        .iter()
        .map(|name| {
            let (slot, mut field) = check.field(name)?;
            fits(config.widget, &field, name, check)?;
            let conversion = converted(&mut field, config, check)?;
            if let (Some(range), Some(place), Some(reached), WidgetKind::Gauge | WidgetKind::Bar) =
                (range, &config.range, field.range, config.widget)
            {
                let whose = format!("this scale of `{}`", field.name);
                warn_if_exceeded(range, reached, &field, &whose, place.span, check);
            }
            field.range = range.or(field.range);
            Some((
                ViewColumn {
                    field,
                    slot: Some(slot),
                    shown: true,
                },
                conversion,
            ))
        })
        .collect();
    Some(
        columns
            .into_iter()
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .unzip(),
    )
}

/// Whether the widget can show such a field.
fn fits(kind: WidgetKind, field: &Field, name: &Spanned<String>, check: &mut Check<'_>) -> Option<()> {
    let is_number = matches!(field.field_type, FieldType::Number(_) | FieldType::Integer);
    let expected = match kind {
        WidgetKind::Gauge
        | WidgetKind::Bar
        | WidgetKind::Chart
        | WidgetKind::Value
        | WidgetKind::Histogram
        | WidgetKind::HeatMap
            if !is_number =>
        {
            "a number"
        }
        WidgetKind::Timeline
            if !matches!(
                field.field_type,
                FieldType::Integer | FieldType::Text | FieldType::Boolean
            ) =>
        {
            "a whole number, true/false or text"
        }
        _ => return Some(()),
    };
    let message = format!(
        "this widget shows {expected}, but `{}` is {}",
        field.name, field.field_type
    );
    check.report(Diagnostic::new(Code::WrongKind, name.span, message));
    None
}

/// Turns the field into the shown unit, its range included.
fn converted(field: &mut Field, config: &Config, check: &mut Check<'_>) -> Option<Conversion> {
    let Some(text) = &config.unit else {
        return Some(Conversion::IDENTITY);
    };
    let unit = check.unit(text)?;
    let conversion = match &field.field_type {
        FieldType::Number(from) => from.conversion_to(&unit),
        _ => None,
    };
    let Some(conversion) = conversion else {
        let message = format!(
            "`{}` is {}, which cannot be shown in {}",
            field.name,
            field.field_type,
            unit.described()
        );
        check.report(Diagnostic::new(Code::UnitMismatch, text.span, message));
        return None;
    };
    field.field_type = FieldType::Number(unit);
    field.range = field
        .range
        .map(|(low, high)| (conversion.apply(low), conversion.apply(high)));
    Some(conversion)
}

fn duration_seconds(text: &Spanned<String>, check: &mut Check<'_>) -> Option<f64> {
    match Quantity::parse_duration(text) {
        Ok(duration) => Some(duration.as_secs_f64()),
        Err(reason) => {
            check.report(Diagnostic::new(Code::WrongValue, text.span, reason));
            None
        }
    }
}

fn condition(formula: &Spanned<String>, check: &mut Check<'_>) -> Option<twinflow_engine::formula::Program> {
    let expression = check.formula(formula)?;
    let input = check.input();
    let mut compiler = Compiler::new(&input);
    match compiler.add_condition(&expression) {
        Ok(()) => Some(compiler.finish()),
        Err(errors) => {
            check.report_formula(formula, errors);
            None
        }
    }
}

/// The run-time part. It only puts rows into the feed, so it runs within the task before it: no queue, no wait.
struct Showing {
    feed: Arc<Feed>,
    slots: Vec<(usize, Conversion)>,
    evaluator: Option<Evaluator>,
}

impl Transform for Showing {
    fn process(&mut self, batch: Batch, _: &mut Emitter) {
        let alert = self
            .evaluator
            .as_mut()
            .map(|evaluator| evaluator.evaluate(&batch))
            .unwrap_or_default();
        let converted: Vec<Option<Column>> = self
            .slots
            .iter()
            .map(|(slot, conversion)| {
                let column = batch.column(*slot).filter(|_| !conversion.is_identity())?;
                Some(column.converted(*conversion))
            })
            .collect();
        let shown = self
            .slots
            .iter()
            .zip(&converted)
            .map(|((slot, _), converted)| match converted {
                Some(column) => Some(column),
                None => batch.column(*slot).map(|column| &**column),
            });
        self.feed.push(&batch, shown.chain(alert.iter().map(Some)));
    }
}
