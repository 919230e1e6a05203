//! `forecast`: where a value goes, and when it reaches a limit.

mod course;
mod limit;
mod lookahead;
mod memory;
mod run;
mod trend;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Output, Part, Role};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_engine::unit::Unit;

use crate::number_field::NumberField;
use crate::quantity_text::QuantityText;
use crate::time_span::seconds;
use course::Times;
use limit::{Direction, Limit};
use run::Forecasting;

/// The node type.
pub struct Forecast;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The field that is foreseen, a number.
    field: Spanned<String>,
    /// How far ahead, such as `5 min`; from a second to 30 days.
    horizon: Spanned<String>,
    /// The age at which a reading counts half in level and slope, such as `1 min`; an eighth of the horizon by default.
    half_life: Option<Spanned<String>>,
    /// The value that must not be reached, such as `45 °C`; by default none.
    limit: Option<Spanned<QuantityText>>,
    /// How the value would come to the limit: `rising` (the default) or `falling`.
    direction: Option<Spanned<Direction>>,
}

const HORIZON_HELP: &str = "write how far to look ahead, such as `horizon: 5 min`";
const HALF_LIFE_HELP: &str = "write the age at which a reading counts half, such as `half_life: 1 min`";
const LONGEST_S: u64 = 30 * 86_400;

impl NodeType for Forecast {
    const NAME: &'static str = "forecast";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Foresees where a value goes, for each machine by itself: its value after the `horizon`, and the time until it reaches a
`limit`. For the field `temp` it adds

| field | holds |
| --- | --- |
| `temp_forecast` | the value that is expected after the horizon |
| `temp_forecast_low` `temp_forecast_high` | between these two it will lie in 9 of 10 cases |
| `time_to_temp_limit` | seconds until the limit is expected to be reached; 0 when it is |
| `time_to_temp_limit_low` `time_to_temp_limit_high` | the earliest and the latest: by the bounds above, not by the value |

The last three come with a `limit`, and each is missing when it is not foreseen within the horizon. So a time without a latest one says
that it may well not come to it; an earliest one alone, that it is possible but not expected. `limit` can be in another unit than the
field. A limit that the value must not fall below needs `direction: falling`.

How it is done: a line is laid through the readings, in which a reading counts half after the `half_life`. A long one ignores noise, a
short one follows sooner. What forecasts were worth is learnt from those that came due, over the horizon, a quarter and a
sixteenth of it: how much of the slope holds so long (a motor that warms up gets warmer more slowly), whether the newest reading says
more than the line, and how wide the bounds must be to hold 9 of 10 outcomes. At first they are as wide as the scatter of the readings explains, and after a few horizons as wide as the
errors were. After something that never happened before, such as a load that is switched on, they hold fewer until they have followed.

It says nothing before it has followed a machine for a half-life, and 5 readings. A reading that comes late gets no forecast and changes
nothing; behind a silence of ten half-lives, and at least a minute, it begins anew, and so it does when a clock is set back that
far. Single wild readings pull the line: put a `window` with `median` before it where there are some. What is known outlives
restarts, but not another unit, horizon or half-life.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  press: { type: mqtt-in, broker: plant, topic: press, fields: { temp: { unit: °C }, load: { unit: kN } } }
  ahead: { type: forecast, from: press, field: temp, horizon: 5 min, limit: 80 °C }
  warn:
    type: dashboard-widget
    from: ahead
    widget: status
    fields: [temp_forecast, time_to_temp_limit]
    alert: time_to_temp_limit < 3 min
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let field = NumberField::read(&config.field, check);
        let horizon = seconds(&config.horizon, 1..=LONGEST_S, HORIZON_HELP, check);
        let half_life = match &config.half_life {
            Some(text) => seconds(text, 0..=LONGEST_S, HALF_LIFE_HELP, check),
            None => horizon.map(|horizon| horizon / 8.0),
        };
        if let (None, Some(direction)) = (&config.limit, &config.direction) {
            let message = "without a `limit` there is no direction";
            let diagnostic = Diagnostic::new(Code::WrongValue, direction.span, message);
            check.report(diagnostic.with_help("add one, such as `limit: 45 °C`, or remove `direction`"));
            return None;
        }
        let field = field?;
        let limit = match &config.limit {
            Some(text) => {
                let direction = config.direction.as_ref().map(|direction| direction.value);
                Some(Limit::read(
                    text,
                    direction.unwrap_or(Direction::Rising),
                    &field,
                    check,
                )?)
            }
            None => None,
        };
        let times = Times::new(half_life?, horizon?);
        let span = check.span();
        let mut schema = (*check.input()).clone();
        let mut whole = true;
        for output in outputs(&field, config.horizon.trim(), limit.is_some())? {
            whole &= check.extend(&mut schema, output, span).is_some();
        }
        if !whole {
            return None;
        }
        let output = Output::main(schema);
        let extended = Arc::clone(&output.schema);
        let make = move |_: &NodeContext| Ok(Forecasting::new(field.clone(), times, limit, &extended));
        Some(Checked {
            outputs: vec![output],
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}

/// The fields that it adds.
fn outputs(field: &NumberField, horizon: &str, has_limit: bool) -> Option<Vec<Field>> {
    let (name, title) = (&field.name, field.field.display_title());
    let value = |end: &str, title: String| {
        let mut output = Field::new(
            format!("{name}_forecast{end}"),
            FieldType::Number(field.unit.clone()),
        );
        output.range = field.field.range;
        output.titled(title).optional()
    };
    let seconds = Unit::parse("s").ok()?;
    let time = |end: &str, title: String| {
        Field::new(
            format!("time_to_{name}_limit{end}"),
            FieldType::Number(seconds.clone()),
        )
        .titled(title)
        .optional()
    };
    let mut outputs = vec![
        value("", format!("{title} in {horizon}")),
        value("_low", format!("{title} in {horizon}, at least")),
        value("_high", format!("{title} in {horizon}, at most")),
    ];
    if has_limit {
        outputs.extend([
            time("", format!("{title}: time to the limit")),
            time("_low", format!("{title}: time to the limit, at least")),
            time("_high", format!("{title}: time to the limit, at most")),
        ]);
    }
    Some(outputs)
}
