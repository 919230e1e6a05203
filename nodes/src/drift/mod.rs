//! `drift`: whether the values that a model gets are still spread as those that it learnt from.

mod bins;
mod memory;
mod run;
mod stretch;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Spanned, listed};
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Output, Part, Role, StartError};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_models::{Model, ModelStore};

use crate::classify::Classify;
use crate::classify::features::FeatureInput;
use crate::time_span::seconds;
use bins::Bins;
use run::Comparing;
use stretch::Layout;

/// The node type.
pub struct Drift {
    /// The models that this process has loaded.
    pub models: Arc<ModelStore>,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The model's file, as `twinflow train` writes it.
    model: Spanned<String>,
    /// How far back it looks, such as `1 d`; 1 h by default, from a minute to a year.
    over: Option<Spanned<String>>,
}

const DEFAULT_OVER_S: f64 = 3600.0;
const LONGEST_S: u64 = 366 * 86_400;
const OVER_HELP: &str = "write how far to look back, such as `over: 1 d`";

impl NodeType for Drift {
    const NAME: &'static str = "drift";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Tells when a model is due to be trained again: whether the values that it gets are still spread as those that it learnt from. A
model knows the machine as it was then. A new bearing, another product or a sensor that was moved make its verdicts worth
less, and nothing else tells.

`model` is that of a [`classify`](#classify) node, which gets the same records; its features are found in the same way, by name, and
converted. The node adds

| field | holds |
| --- | --- |
| `drift_psi` | how far the feature that is farthest from the training is from it: its population stability index |
| `drift_feature` | the name of this feature |
| `drift_state` | `stable` below 0.1, `watch` below 0.25, `drifted` from there on |
| `drift_advice` | what to do; only when it has drifted |

The index compares the shares of the values in ten bins, which the training's deciles make: Σ (live − training) ln(live / training).
An empty bin counts as 1 of 10,000. The limits 0.1 and 0.25 are the usual rule of thumb (N. Siddiqi, Credit Risk Scorecards,
2006), no law. The training's rows are those of normal operation: a training set is mostly faults, a plant is mostly not. So a fault
that lasts is a drift, too, and the other way round a new normal that looks like a fault is found here.

**Look back over a day, not an hour.** The training saw many operating points; a machine stays in one for a while. An hour in one of them
is not spread as the training is, though nothing has changed: with `over: 1 h`, an index of 0.25 and more is to be expected of any
feature that depends on load, product or season. Take `over: 1 d`, or as long as it takes the machine to go through what it
does. Features that depend on little, such as the residuals of a [`twin`](#twin), can do with less.

It says nothing before it has seen a machine for as long as it looks back, and while no feature has 500 values. Each machine is by
itself. The stretch slides by a 24th of its length. A record that comes late counts in its own time; one that is older
than the stretch, and older by more than a minute, comes of a clock that was set back, and the machine begins anew. What a record
lacks is left out. The counts outlive restarts, but not another model or stretch.

A model file without deciles is an error: files of earlier versions have none. Train the model again; the same log and seed give the same
forest.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: factory/fan/data
    fields: { temp: { unit: °C }, rpm: { unit: rpm }, current: { unit: A }, vibration: { unit: g } }
  sound: { type: twin, from: fan, model: fan }
  recent:
    type: window
    from: sound
    over: 2 s
    values:
      temp_residual_2s:       mean(temp_residual)
      rpm_residual_2s:        mean(rpm_residual)
      current_residual_2s:    mean(current_residual)
      vibration_residual_2s:  median(vibration_residual)
      temp_residual_10s:      { of: mean(temp_residual), over: 10 s }
      rpm_residual_10s:       { of: mean(rpm_residual), over: 10 s }
      current_residual_10s:   { of: mean(current_residual), over: 10 s }
      vibration_residual_10s: { of: median(vibration_residual), over: 10 s }
  faults: { type: classify, from: recent, model: ../models/fan-twin.json }
  ageing: { type: drift, from: faults, model: ../models/fan-twin.json, over: 1 d }
  show: { type: dashboard-widget, from: ageing, widget: status, fields: [drift_state, drift_feature], alert: drift_psi >= 0.25 }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let known = if check.may_read_files() {
            Some(self.known(&config.model, check)?)
        } else {
            None
        };
        let over_s = match &config.over {
            Some(text) => seconds(text, 60..=LONGEST_S, OVER_HELP, check)?,
            None => DEFAULT_OVER_S,
        };
        let mut schema = (*check.input()).clone();
        let span = check.span();
        let mut whole = true;
        for field in outputs() {
            whole &= check.extend(&mut schema, field, span).is_some();
        }
        if !whole {
            return None;
        }
        let output = Output::main(schema);
        let extended = Arc::clone(&output.schema);
        let make = move |_: &NodeContext| {
            let Known { model, inputs, bins } = known
                .clone()
                .ok_or_else(|| StartError("the model was not loaded".to_owned()))?;
            let layout = Layout::new((over_s * 1e6) as i64, bins);
            let meaning = memory::meaning(&model, over_s);
            Ok(Comparing::new(inputs, layout, meaning, &extended))
        };
        Some(Checked {
            outputs: vec![output],
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}

/// A model, where its features are in the records that arrive, and how they were spread.
#[derive(Clone)]
struct Known {
    model: Arc<Model>,
    inputs: Vec<FeatureInput>,
    bins: Vec<Bins>,
}

impl Drift {
    /// The model as `classify` finds it, or a report of what is wrong.
    fn known(&self, file: &Spanned<String>, check: &mut Check<'_>) -> Option<Known> {
        let classify = Classify {
            models: Arc::clone(&self.models),
        };
        let (model, inputs) = classify.features(file, None, check)?;
        let bins: Vec<Option<Bins>> = model.features().iter().map(Bins::of).collect();
        let features = model.features().iter().zip(&bins);
        let lacking: Vec<&str> = features
            .filter(|(_, bins)| bins.is_none())
            .map(|(feature, _)| feature.name.as_str())
            .collect();
        if !lacking.is_empty() {
            let message = format!(
                "the model file has no deciles of {}: it does not say how the training's values were spread",
                listed(lacking)
            );
            let diagnostic = Diagnostic::new(Code::Model, file.span, message);
            check.report(diagnostic.with_help(
                "train the model again with `twinflow train`, from a log with normal operation in it",
            ));
            return None;
        }
        Some(Known {
            bins: bins.into_iter().collect::<Option<_>>()?,
            model,
            inputs,
        })
    }
}

/// The fields that it adds.
fn outputs() -> [Field; 4] {
    let field = |name: &str, field_type: FieldType, title: &str| {
        Field::new(name, field_type).titled(title).optional()
    };
    [
        field("drift_psi", FieldType::plain_number(), "Drift from training"),
        field("drift_feature", FieldType::Text, "Drifted most"),
        field("drift_state", FieldType::Text, "Model inputs"),
        field("drift_advice", FieldType::Text, "Model advice"),
    ]
}
