//! `anomaly`: how far a machine is from what it was when it was sound.

mod learning;
mod limit;
mod memory;
mod normal;
mod run;
mod triangle;

use std::collections::HashSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Output, Part, Role};
use twinflow_engine::schema::{Field, FieldType};

use crate::number_field::NumberField;
use crate::steady::Hold;
use crate::time_span::seconds;
use learning::LearnTime;
use run::{CERTAIN, Scoring};

/// The node type.
pub struct Anomaly;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The fields that are judged together, numbers; 1 to 32.
    values: Vec<Spanned<String>>,
    /// How long a machine is taken to be sound and learnt, from its first record on, such as `10 min`; 60 s by default.
    learn: Option<Spanned<String>>,
    /// How long the score must be above 1 before it is an anomaly, and at most 1 before it is none any more; 1 s by default.
    steady: Option<Spanned<String>>,
}

const DEFAULT_LEARN_S: f64 = 60.0;
const DEFAULT_STEADY_S: f64 = 1.0;
const LONGEST_LEARN_S: u64 = 30 * 86_400;
const LONGEST_STEADY_S: u64 = 86_400;
const LEARN_HELP: &str = "write how long the machine is surely sound, such as `learn: 10 min`";
const STEADY_HELP: &str = "write how long it must last, such as `steady: 1 s`";
const MOST_VALUES: usize = 32;

impl NodeType for Anomaly {
    const NAME: &'static str = "anomaly";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Finds what nobody has seen before: learns from each machine what is normal for it, and tells how far a record is from that. A
fault model names the faults that it was trained with; this node needs no fault, no label and no training, and names none.
It adds

| field | holds |
| --- | --- |
| `anomaly_score` | the distance from normal; 1 is the limit |
| `is_anomaly` | whether the score has been above 1 for the time `steady` |
| `anomaly_driver` | the name of the field that adds most to the score: where it shows, which need not be the cause; missing when all is well |
| `anomaly_state` | `learning`, `normal` or `abnormal` |

The fields are judged together. A current may be usual, and a speed may be, and both at once may be what no sound machine does: the
distance goes by how the fields scatter and how they go along with each other (Hotelling's T², a squared Mahalanobis distance).
Best are fields that are much the same in every operating point, such as the residuals of a [`twin`](#twin). Of readings
themselves it learns the one operating point that it sees, and takes the next one for an anomaly.

**Learning.** For the first 60 s, or `learn`, by the time of the records, a machine is taken to be sound. There are no scores then.
It takes 30 readings at least, and 10 for each field: with fewer it goes on learning. After a silence of ten times as long, and
at least a minute, learning begins anew. What was learnt is never changed afterwards, or a fault that grows slowly would be learnt
away; it outlives restarts and edits. Learn anew after a repair by `twinflow state flow.yaml --forget NODE`. Other fields, another unit
or another `learn` make it learn anew as well.

**The limit.** If the fields are normally distributed, 1 reading in 1,000 of a sound machine has a score above 1. The limit allows
for how little was learnt: it is higher after few readings, and after readings that resemble each other, as means over a `window` do. Values
with single wild readings, such as knocks in a vibration, are not normally distributed; take their median in a `window` first. With
`steady`, a single reading beyond the limit is told by its score only: `anomaly_score > 1` is the condition for every one. A mean over 10 s stays where it is for 10 s, so behind one `steady`
must be longer.

**What a field needs.** A deviation that is smaller than the sensor's last digit explains is taken for that of the digit (by √12, at
most 1 % of the value; whole numbers are exact), and no deviation for less than a millionth of the value or of its `range`. So
a field that did not change while learning makes any change beyond that an anomaly. Correlations are taken for a little weaker
than they were, the more so the fewer readings there were; by a thousandth at least, so that fields of which one follows from another
do no harm.

A record that lacks one of the fields gets no score. One that comes late gets its score, and does not change what is told. A
clock that is set back does no harm either.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  pump:
    type: mqtt-in
    broker: plant
    topic: plant/+/pump
    key: topic[2]
    fields: { flow: { unit: L/min }, pressure: { unit: bar }, current: { unit: A } }
  novelty: { type: anomaly, from: pump, values: [flow, pressure, current], learn: 10 min, steady: 5 s }
  warn:
    type: dashboard-widget
    from: novelty
    widget: status
    fields: [anomaly_state, anomaly_driver]
    alert: is_anomaly
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let fields = fields(&config.values, check);
        let learn = time(
            &config.learn,
            DEFAULT_LEARN_S,
            1..=LONGEST_LEARN_S,
            LEARN_HELP,
            check,
        );
        let steady = time(
            &config.steady,
            DEFAULT_STEADY_S,
            0..=LONGEST_STEADY_S,
            STEADY_HELP,
            check,
        );
        let mut schema = (*check.input()).clone();
        let span = check.span();
        let mut whole = true;
        for field in outputs() {
            whole &= check.extend(&mut schema, field, span).is_some();
        }
        let (fields, learn) = (fields?, LearnTime::new(learn?));
        let hold = Hold::new((steady? * 1e6) as i64, CERTAIN);
        if !whole {
            return None;
        }
        let output = Output::main(schema);
        let extended = Arc::clone(&output.schema);
        let make = move |_: &NodeContext| Ok(Scoring::new(fields.clone(), learn, hold, &extended));
        Some(Checked {
            outputs: vec![output],
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}

fn time(
    text: &Option<Spanned<String>>,
    usual: f64,
    bounds: std::ops::RangeInclusive<u64>,
    help: &str,
    check: &mut Check<'_>,
) -> Option<f64> {
    match text {
        Some(text) => seconds(text, bounds, help, check),
        None => Some(usual),
    }
}

/// The fields that are judged, or reports of all that is wrong with them.
fn fields(names: &[Spanned<String>], check: &mut Check<'_>) -> Option<Vec<NumberField>> {
    if names.is_empty() || names.len() > MOST_VALUES {
        let message = format!(
            "`anomaly` judges 1 to {MOST_VALUES} fields together, here are {}",
            names.len()
        );
        let diagnostic = Diagnostic::new(Code::WrongValue, check.span(), message);
        let help = "list those that change when something breaks, such as `values: [temp_residual, current_residual]`";
        check.report(diagnostic.with_help(help));
        return None;
    }
    let mut known = HashSet::new();
    let mut is_right = true;
    for name in names {
        if !known.insert(&name.value) {
            let message = format!("`{}` is listed twice", name.value);
            let diagnostic = Diagnostic::new(Code::WrongValue, name.span, message);
            check.report(diagnostic.with_help("remove one of the two"));
            is_right = false;
        }
    }
    let fields: Vec<Option<NumberField>> = names.iter().map(|name| NumberField::read(name, check)).collect();
    fields.into_iter().collect::<Option<_>>().filter(|_| is_right)
}

/// The fields that it adds.
fn outputs() -> [Field; 4] {
    let field = |name: &str, field_type: FieldType, title: &str| {
        Field::new(name, field_type).titled(title).optional()
    };
    [
        field("anomaly_score", FieldType::plain_number(), "Distance from normal"),
        field("is_anomaly", FieldType::Boolean, "Anomaly"),
        field("anomaly_driver", FieldType::Text, "Anomaly driven by"),
        field("anomaly_state", FieldType::Text, "State"),
    ]
}
