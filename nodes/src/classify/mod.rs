//! `classify`: names the fault that a trained model sees in a record.

mod config;
mod drivers;
pub(crate) mod features;
mod memory;
mod run;
mod smooth;

use std::sync::Arc;

use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Output, Part, Role, StartError};
use twinflow_engine::schema::{Field, FieldType};
use twinflow_models::ModelStore;

use config::Config;
use run::Classifying;

/// The node type.
pub struct Classify {
    /// The models that this process has loaded.
    pub models: Arc<ModelStore>,
}

impl NodeType for Classify {
    const NAME: &'static str = "classify";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Asks a trained model what is wrong with the machine, for every record, inside the engine.

The model's features are found among the record's fields by name, and converted into the units that it was trained with;
a field that is missing is an error before the start. The model is a file that `twinflow train` has written, or an ONNX file
of another tool, such as scikit-learn or PyTorch: beside `fan.onnx` stands `fan.onnx.yaml`, which tells its features, their
units and its classes (`twinflow model card fan.onnx` prints one to fill in). A file that changes while the flow runs takes
the place of the old one, unless it does not fit the flow: then the old one stays, and the dashboard tells why.

It adds `fault_code`, `fault_label`, `confidence` (0 to 1),
`severity` (None, Low, Medium, High) and `advice`. A record that lacks a feature gets no verdict.

`features: [temp_residual, strength]` lists what `twinflow train` lets the model learn from. Without it, the model learns
from every number that arrives; with it, other numbers can stand beside them, such as set points and energies.

`explain: 3` tells by which features a fault was told: `drivers`, such as `vibration +0.41 (0.12 g), current −0.05 (0.41 A)`,
and for machines `driver_1`, `driver_1_share` and so on. A share of +0.41 says that the value of this feature makes the
fault by 0.41 more likely; all shares and what the fault has to begin with add up to the confidence of the reading. They
are missing when all is well. An explanation takes a few milliseconds.

Two settings keep a verdict from flickering; both go by the time of the records, for each machine by itself, and remember
over restarts.

- `smooth: 2 s` averages the probabilities before the class is chosen. A reading that is 2 s old counts half, one of 4 s a
  quarter. A reading that comes late counts as if it had come in time. The confidence is that of the average.
- `steady: 1 s` tells a class only when it has been on top in every reading for a second and then has a confidence of 0.5
  or more; `steady: { for: 3 s, confidence: 0.7 }` sets both. Until then the class told before stands, with the confidence
  that it still has; before the first one there is no verdict. A reading that comes late changes nothing.

With both, the average decides which class is on top. Behind a silence of ten times the setting, and at least a minute,
both begin anew, and so they do when a clock is set back that far; `steady` then still tells the class before until another
one has held. The drivers are always those of the reading itself.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan:
    type: mqtt-in
    broker: plant
    topic: factory/fan/data
    fields: { temp: { unit: °C }, rpm: { unit: rpm }, current: { unit: A }, vibration: { unit: g } }
  kpis:
    type: kpi
    from: fan
    values:
      power: 230 V * current
      cooling_rate: -rate(temp)
      thermal_efficiency: abs(cooling_rate) / max(1 W, power) * 100000 W*s/°C
  faults: { type: classify, from: kpis, model: ../models/fan-faults.json, smooth: 2 s, steady: 1 s, explain: 3 }
  show: { type: dashboard-widget, from: faults, widget: advice, group: Faults, fields: [fault_label, drivers, advice] }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let allowed = config.features.as_deref();
        features::are_numbers(allowed, check)?;
        let features = if check.may_read_files() {
            Some(self.features(&config.model, allowed, check)?)
        } else {
            None
        };
        let calm = config.calm(check)?;
        let drivers = config.explain.as_ref();
        if let (Some(drivers), Some((model, _))) = (drivers, &features)
            && !model.is_explainable()
        {
            let message = "an ONNX model cannot be explained";
            let diagnostic = Diagnostic::new(Code::WrongValue, drivers.span, message);
            check.report(
                diagnostic.with_help("remove `explain`, or use a forest that `twinflow train` has made"),
            );
            return None;
        }
        if let (Some(drivers), Some((model, _))) = (drivers, &features)
            && usize::from(drivers.value) > model.features().len()
        {
            let count = model.features().len();
            let message = format!("the model has only {count} feature(s) that could explain a fault");
            let diagnostic = Diagnostic::new(Code::WrongValue, drivers.span, message);
            check.report(diagnostic.with_help(format!("write `explain: {count}`")));
            return None;
        }
        let drivers = drivers.map(|drivers| drivers.value);
        let mut schema = (*check.input()).clone();
        let labels = features.as_ref().map(|(model, _)| {
            model
                .classes()
                .iter()
                .map(|class| (i64::from(class.code), class.label.clone()))
                .collect()
        });
        let mut code = Field::new("fault_code", FieldType::Integer)
            .titled("Fault code")
            .optional();
        code.labels = labels.unwrap_or_default();
        let verdict = [
            code,
            Field::new("fault_label", FieldType::Text)
                .titled("Fault class")
                .optional(),
            Field::new("confidence", FieldType::plain_number())
                .titled("Confidence")
                .ranged(0.0, 1.0)
                .optional(),
            Field::new("severity", FieldType::Text)
                .titled("Severity")
                .optional(),
            Field::new("advice", FieldType::Text)
                .titled("Maintenance advice")
                .optional(),
        ];
        let span = check.span();
        let drivers_fields = drivers.map(drivers::fields).unwrap_or_default();
        for field in verdict.into_iter().chain(drivers_fields) {
            check.extend(&mut schema, field, span)?;
        }
        let output = Output::main(schema);
        let extended = Arc::clone(&output.schema);
        let make = move |_: &NodeContext| {
            let (model, inputs) = features
                .clone()
                .ok_or_else(|| StartError("the model was not loaded".to_owned()))?;
            Ok(Classifying::new(model, inputs, calm, drivers, &extended))
        };
        Some(Checked {
            outputs: vec![output],
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}
