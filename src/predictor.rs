//! The flow's models behind the REST endpoints.

use std::path::PathBuf;
use std::sync::Arc;

use twinflow_engine::graph::{Graph, Node};
use twinflow_engine::language::YamlValue;
use twinflow_models::{Model, ModelStore};
use twinflow_ui::{Contribution, Explained, FeatureInfo, NamedModel, Prediction, Predictor};

/// The file of the model that the flow's first `classify` node names, and that node's name.
pub fn model_file(graph: &Graph) -> Option<(&str, PathBuf)> {
    model_files(graph).next()
}

fn model_files(graph: &Graph) -> impl Iterator<Item = (&str, PathBuf)> {
    let nodes = graph.nodes.iter().filter(|node| node.node_type == "classify");
    nodes.filter_map(|node| {
        let file = node.config.get("model")?;
        Some((node.id.as_str(), graph.path(file.scalar_text()?, file.span)))
    })
}

/// The fields that a `classify` node lets its model learn from, if it lists them.
pub fn listed_features(node: &Node) -> Option<Vec<String>> {
    match &node.config.get("features")?.value {
        YamlValue::Sequence(names) => Some(
            names
                .iter()
                .filter_map(|name| Some(name.scalar_text()?.to_owned()))
                .collect(),
        ),
        _ => None,
    }
}

/// The models of the flow by the names of their nodes, in the order of the flow.
pub fn models(graph: &Graph, models: &ModelStore) -> Vec<NamedModel> {
    let named = model_files(graph).filter_map(|(node, file)| {
        // The check of the flow has loaded it: this finds it in the store.
        let model = models.load(&file).ok()?;
        Some(NamedModel {
            name: node.to_owned(),
            predictor: Arc::new(Answering(model)),
        })
    });
    named.collect()
}

struct Answering(Arc<Model>);

impl Predictor for Answering {
    fn features(&self) -> Vec<FeatureInfo> {
        let feature = |feature: &twinflow_models::Feature| FeatureInfo {
            name: feature.name.clone(),
            unit: feature.unit.clone(),
            range: feature.range().map(|(min, max)| (f64::from(min), f64::from(max))),
        };
        self.0.features().iter().map(feature).collect()
    }

    fn explains(&self) -> bool {
        self.0.is_explainable()
    }

    fn predict(&self, values: &[f64], explain: bool) -> Option<Prediction> {
        let row: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        let mut probabilities = vec![0.0; self.0.classes().count()];
        let verdict = self.0.classify(&row, &mut probabilities).ok()?;
        let answer = self.0.answer(&verdict);
        let explanation = match explain {
            true => Some(self.explained(&row, values, verdict.class)?),
            false => None,
        };
        Some(Prediction {
            fault_code: answer.fault_code,
            fault_label: answer.fault_label.to_owned(),
            // Two digits say what a vote of 160 trees can tell.
            confidence: rounded(answer.confidence),
            severity: answer.severity.name().to_owned(),
            advice: answer.advice.to_owned(),
            explanation,
        })
    }

    fn model(&self) -> String {
        // A summary has nothing that JSON cannot say. Not by way of a `Value`, in which 26.4 becomes 26.399999618530273.
        serde_json::to_string(&self.0.summary()).unwrap_or_default()
    }
}

impl Answering {
    /// Why this class, the features of most weight first.
    fn explained(&self, row: &[f32], values: &[f64], class: usize) -> Option<Explained> {
        let explanation = self.0.explain(row, class).ok()?;
        let contributions = explanation.by_size().into_iter().filter_map(|(feature, share)| {
            Some(Contribution {
                feature: self.0.features().get(feature)?.name.clone(),
                value: *values.get(feature)?,
                contribution: rounded(share),
            })
        });
        Some(Explained {
            base: rounded(explanation.base),
            contributions: contributions.collect(),
        })
    }
}

fn rounded(share: f32) -> f64 {
    (f64::from(share) * 10_000.0).round() / 10_000.0
}
