//! `window`: what the last seconds looked like.

mod function;
mod layout;
mod memory;
mod run;
mod series;
mod sliding;
mod statistic;
mod summary;
mod value;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Ordered, Spanned};
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Output, Part, Role};
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::Quantity;

use crate::field_spec::{check_field_name, ordered, warn_if_exceeded};
use layout::Layout;
use run::Windowing;
use statistic::Statistic;
use value::Value;

/// The node type.
pub struct Window;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How far back it looks from each record, such as `10 s` or `5 min`.
    over: Spanned<String>,
    /// The values to compute by name: a function of a field each, such as `slope(temp)`, or one with a window, unit,
    /// range and title of its own.
    values: Ordered<Spanned<Value>>,
}

impl NodeType for Window {
    const NAME: &'static str = "window";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Tells how fields went over the last seconds or minutes: mean, slope, scatter, peaks. One reading shows that a motor is
warm; a window shows that it gets warmer, or that it shakes more than it did. A model that names faults learns more from that.

The window of a record reaches back from its time by `over`: what was measured exactly that long ago is out. Each machine has
windows of its own. Time is that of the records, not the clock on the wall.

| function | gives | unit |
| --- | --- | --- |
| `mean(x)` `median(x)` | the mean; the value in the middle, which single spikes do not move | that of `x` |
| `min(x)` `max(x)` | the least and the greatest value | that of `x` |
| `range(x)` | greatest less least | of a difference |
| `sd(x)` | sample standard deviation: how far values scatter | of a difference |
| `rms(x)` | root of the mean square: how strong a vibration is | that of `x` |
| `crest(x)` | greatest value without its sign by `rms`: shocks, as of a damaged bearing, raise it | none |
| `slope(x)` | slope of the line that fits all values best | per second |
| `rate(x)` | the change from the oldest value to the newest by the time between | per second |
| `change(x)` | newest less oldest | of a difference |
| `lag(x)` | the value one window ago: the last one that is no newer, if it is not two windows old | that of `x` |
| `sum(x)` | the sum | that of `x` |
| `count()` `count(x)` | how many records there are; how many have `x` | none |

`slope(temp) in °C/min` converts. The long form is `{ of: slope(temp), over: 1 min, unit: °C/min, range: [-5, 5], title: Trend }`,
where all but `of` can be left out. A function takes a field, no formula: a `kpi` node before this one computes what is needed, and
one behind it computes on. Whole numbers count as plain numbers, true as 1 and false as 0.

What a record lacks is left out. With too few values the result is missing: `sd`, `slope`, `rate` and `change` need two, `lag` a record
from one window ago. A record that is older than the newest of its machine comes too late for the window: it goes on with what the
window says now, and does not change it. When it is older by more than a minute and by more than the longest window, the clock must have
been set back, and the windows of the machine begin anew.

Each record costs the same however long the window is, but for `median`, which takes longer with a longer one. Of each field and
machine at most 100,000 values are kept; when a window would need more, it looks back less far, and Problems tells it.

The values in the windows outlive restarts and edits, under the names of their fields; the windows themselves may change. They are
saved when the flow stops, and while it runs every second, or seldomer when they are large (10 kB a second on average): after a
crash a window can lack what came last.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  press: { type: mqtt-in, broker: plant, topic: press, fields: { temp: { unit: °C }, vibration: { unit: g } } }
  trends:
    type: window
    from: press
    over: 10 s
    values:
      heating:   { of: slope(temp), over: 1 min, unit: °C/min }
      shaking:   rms(vibration)
      shocks:    crest(vibration)
      unrest:    sd(temp)
  show: { type: dashboard-widget, from: trends, widget: value, fields: [heating, shaking] }

tests:
  a steady rise has its slope and hardly any scatter:
    every: 5 s
    given: { press: [{ temp: 20, vibration: 3 }, { temp: 21, vibration: 4 }, { temp: 22, vibration: 0 }] }
    expect:
      trends:
        - { heating: ~, shaking: 3, unrest: ~ }
        - { heating: 12, shaking: 3.535533906, shocks: 1.131370850, unrest: 0.707106781 }
        - { heating: 12, shaking: 2.828427125, shocks: 1.414213562, unrest: 0.707106781 }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        if config.values.iter().next().is_none() {
            let diagnostic = Diagnostic::new(
                Code::MissingField,
                check.span(),
                "`window` needs at least one value",
            );
            check.report(diagnostic.with_help("such as `values: { heating: slope(temp) }`"));
            return None;
        }
        let over = window_length(&config.over, check);
        let mut layout = Layout::default();
        let mut schema = (*check.input()).clone();
        let mut whole = true;
        for (name, value) in config.values.iter() {
            whole &= add(name, value, over, &mut layout, &mut schema, check).is_some();
        }
        if !whole {
            return None;
        }
        let output = Output::main(schema);
        let (layout, extended) = (Arc::new(layout), Arc::clone(&output.schema));
        let make = move |context: &NodeContext| Ok(Windowing::new(&layout, &extended, context));
        Some(Checked {
            outputs: vec![output],
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}

/// Adds a value to what is computed and to the records that leave; reports everything that is wrong with it.
fn add(
    name: &Spanned<String>,
    value: &Spanned<Value>,
    over: Option<i64>,
    layout: &mut Layout,
    schema: &mut Schema,
    check: &mut Check<'_>,
) -> Option<()> {
    let mut statistic = Statistic::read(&value.of(value.span), check);
    let is_named = check_field_name(name, check).is_some();
    let over = match &value.over {
        Some(own) => window_length(own, check),
        None => over,
    };
    if let Some(unit) = &value.unit {
        let wanted = check.unit(unit);
        statistic = statistic.zip(wanted).and_then(|(mut statistic, wanted)| {
            statistic.give_in(&wanted, unit.span, check)?;
            Some(statistic)
        });
    }
    let range = match &value.range {
        Some(range) => Some((ordered(range, check)?, range.span)),
        None => None,
    };
    let (statistic, over) = statistic.zip(over).filter(|_| is_named)?;
    let mut field = Field::new(name.value.as_str(), FieldType::Number(statistic.unit.clone()));
    field.optional = statistic.is_optional();
    field.title.clone_from(&value.title);
    let reach = statistic.reach();
    if let Some((range, place)) = range {
        field.range = Some(range);
        let whose = format!("`{}`", name.value);
        warn_if_exceeded(range, reach, &field, &whose, place, check);
    } else if statistic.function.is_among_values() && reach.0.is_finite() && reach.1.is_finite() {
        field.range = Some(reach);
    }
    check.extend(schema, field, name.span)?;
    layout.add(&statistic, over);
    Some(())
}

/// The shortest window.
const LEAST_MICROS: i64 = 1000;

/// How long a window is, in microseconds.
fn window_length(text: &Spanned<String>, check: &mut Check<'_>) -> Option<i64> {
    let reason = match Quantity::parse_duration(text) {
        Ok(over) => match i64::try_from(over.as_micros()) {
            Ok(micros) if micros >= LEAST_MICROS => return Some(micros),
            Ok(_) => format!("a window is 1 ms long or more, found `{}`", text.value.trim()),
            Err(_) => format!("`{}` is longer than anyone measures", text.value.trim()),
        },
        Err(reason) => reason,
    };
    check.report(
        Diagnostic::new(Code::WrongValue, text.span, reason)
            .with_help("write how far to look back, such as `over: 10 s`"),
    );
    None
}
