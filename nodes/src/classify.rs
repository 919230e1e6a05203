//! `classify`: names the fault that a trained model sees in a record.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Spanned, listed, nearest};
use twinflow_engine::node::{Check, Checked, Emitter, NodeContext, NodeType, Output, Part, Role, Transform};
use twinflow_engine::record::{Batch, Column};
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::{Conversion, Unit};
use twinflow_models::{Model, ModelStore, Severity, Verdict};

/// The node type.
pub struct Classify {
    /// The models that this process has loaded.
    pub models: Arc<ModelStore>,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The model's file, as `twinflow train` writes it.
    model: Spanned<String>,
}

impl NodeType for Classify {
    const NAME: &'static str = "classify";
    const ROLE: Role = Role::Transform;
    const DOC: &'static str = r#"Asks a trained model what is wrong with the machine, for every record, inside the engine.

The model's features are found among the record's fields by name, and converted into the units that it was trained with;
a field that is missing is an error before the start. It adds `fault_code`, `fault_label`, `confidence` (0 to 1),
`severity` (None, Low, Medium, High) and `advice`. A record that lacks a feature gets no verdict.

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
  faults: { type: classify, from: kpis, model: ../models/fan-faults.json }
  show: { type: dashboard-widget, from: faults, widget: advice, group: Faults, fields: [fault_label, advice] }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let features = if check.may_read_files() {
            Some(self.features(&config.model, check)?)
        } else {
            None
        };
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
        for field in verdict {
            check.extend(&mut schema, field, span)?;
        }
        let output = Output::main(schema);
        let extended = Arc::clone(&output.schema);
        let make = move |_: &NodeContext| {
            let (model, inputs) = features
                .clone()
                .ok_or_else(|| twinflow_engine::node::StartError("the model was not loaded".to_owned()))?;
            Ok(Classifying::new(model, inputs, &extended))
        };
        Some(Checked {
            outputs: vec![output],
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}

/// A feature's slot in the record, and its way into the model's unit.
type FeatureInput = (usize, Conversion);

impl Classify {
    fn features(
        &self,
        file: &Spanned<String>,
        check: &mut Check<'_>,
    ) -> Option<(Arc<Model>, Vec<FeatureInput>)> {
        let path = check.path(file);
        check.uses_file(&path);
        let model = match self.models.load(&path) {
            Ok(model) => model,
            Err(error) => {
                check.report(
                    Diagnostic::new(Code::Model, file.span, error.to_string())
                        .with_help("`twinflow train` makes models; paths are relative to the flow file"),
                );
                return None;
            }
        };
        let inputs: Vec<Option<FeatureInput>> = model
            .features()
            .iter()
            .map(|feature| feature_input(&feature.name, feature.unit.as_deref(), file, check))
            .collect();
        Some((model, inputs.into_iter().collect::<Option<_>>()?))
    }
}

fn feature_input(
    name: &str,
    unit: Option<&str>,
    file: &Spanned<String>,
    check: &mut Check<'_>,
) -> Option<FeatureInput> {
    let input = check.input();
    let Some((slot, field)) = input.field(name) else {
        if input.is_partial() {
            return None;
        }
        let message = format!("the model needs `{name}`, which the records that arrive here lack");
        let mut diagnostic = Diagnostic::new(Code::Model, file.span, message);
        diagnostic = match nearest(name, input.names()) {
            Some(meant) => diagnostic.with_help(format!(
                "rename `{meant}` to `{name}`, or compute it in a `kpi` node before"
            )),
            None => diagnostic.with_help(format!("their fields are {}", listed(input.names()))),
        };
        check.report(diagnostic);
        return None;
    };
    let wanted = match unit {
        Some(unit) => Unit::parse(unit).ok(),
        None => Some(Unit::none()),
    };
    let conversion = match (&field.field_type, wanted) {
        (FieldType::Number(unit), Some(wanted)) => unit.conversion_to(&wanted),
        (FieldType::Integer | FieldType::Boolean, Some(wanted)) if wanted.is_none() => {
            Some(Conversion::IDENTITY)
        }
        _ => None,
    };
    if conversion.is_none() {
        let wanted = unit.map_or("a plain number".to_owned(), |unit| format!("a number in {unit}"));
        let message = format!(
            "the model needs `{name}` as {wanted}, here it is {}",
            field.field_type
        );
        check.report(Diagnostic::new(Code::Model, file.span, message));
    }
    conversion.map(|conversion| (slot, conversion))
}

/// The run-time part.
struct Classifying {
    model: Arc<Model>,
    inputs: Vec<FeatureInput>,
    schema: Arc<Schema>,
    /// By class: code, and the texts that are shared by all records.
    classes: Vec<(i64, Arc<str>, Arc<str>)>,
    severities: [Arc<str>; 4],
    row: Vec<f32>,
    probabilities: Vec<f32>,
}

impl Classifying {
    fn new(model: Arc<Model>, inputs: Vec<FeatureInput>, schema: &Arc<Schema>) -> Self {
        let classes: Vec<(i64, Arc<str>, Arc<str>)> = model
            .classes()
            .iter()
            .map(|class| {
                (
                    i64::from(class.code),
                    class.label.as_str().into(),
                    class.advice.as_str().into(),
                )
            })
            .collect();
        let probabilities = vec![0.0; classes.len()];
        let severities = ["None", "Low", "Medium", "High"].map(Into::into);
        Self {
            model,
            inputs,
            schema: Arc::clone(schema),
            classes,
            severities,
            row: Vec::new(),
            probabilities,
        }
    }

    fn verdict(&mut self, batch: &Batch, row: usize) -> Option<Verdict> {
        self.row.clear();
        for (slot, conversion) in &self.inputs {
            let value = match batch.column(*slot).map(|column| &**column) {
                Some(Column::Number(rows)) => rows.get(row).copied(),
                Some(Column::Integer(rows)) => rows.get(row).copied().flatten().map(|value| value as f64),
                Some(Column::Boolean(rows)) => rows
                    .get(row)
                    .copied()
                    .flatten()
                    .map(|value| f64::from(u8::from(value))),
                _ => None,
            };
            self.row.push(conversion.apply(value.unwrap_or(f64::NAN)) as f32);
        }
        // It refuses rows with a missing feature.
        self.model.classify(&self.row, &mut self.probabilities).ok()
    }

    fn severity(&self, verdict: &Verdict) -> Arc<str> {
        let [none, low, medium, high] = &self.severities;
        Arc::clone(match self.model.answer(verdict).severity {
            Severity::None => none,
            Severity::Low => low,
            Severity::Medium => medium,
            Severity::High => high,
        })
    }
}

impl Transform for Classifying {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let rows = batch.len();
        let mut codes = Vec::with_capacity(rows);
        let mut labels = Vec::with_capacity(rows);
        let mut confidences = Vec::with_capacity(rows);
        let mut severities = Vec::with_capacity(rows);
        let mut advice = Vec::with_capacity(rows);
        for row in 0..rows {
            let verdict = self.verdict(&batch, row);
            let class = verdict
                .as_ref()
                .and_then(|verdict| self.classes.get(verdict.class))
                .cloned();
            codes.push(class.as_ref().map(|(code, ..)| *code));
            confidences.push(
                verdict
                    .as_ref()
                    .map_or(f64::NAN, |verdict| f64::from(verdict.confidence)),
            );
            severities.push(verdict.as_ref().map(|verdict| self.severity(verdict)));
            let (label, text) = class.map(|(_, label, text)| (label, text)).unzip();
            labels.push(label);
            advice.push(text);
        }
        let columns = [
            Column::Integer(codes),
            Column::Text(labels),
            Column::Number(confidences),
            Column::Text(severities),
            Column::Text(advice),
        ];
        out.emit(0, batch.extended(&self.schema, columns));
    }
}
