//! Small ONNX files, written byte by byte as the format's protobuf schema says (onnx.proto of the ONNX project), so that
//! the reader is judged by the format and not by itself.
#![allow(dead_code, reason = "each test file uses some of it")]

/// A protobuf message under construction.
#[derive(Clone, Default)]
pub struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn int(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3);
        self.varint(value as u64);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u64, message: &Message) -> Self {
        self.bytes(field, &message.0)
    }

    fn floats(self, field: u64, values: &[f32]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.bytes(field, &bytes)
    }
}

/// A matrix or a vector of weights.
pub fn weights(name: &str, shape: &[i64], values: &[f32]) -> Message {
    let tensor = shape
        .iter()
        .fold(Message::default(), |tensor, size| tensor.int(1, *size));
    tensor.int(2, 1).floats(4, values).text(8, name)
}

/// Attributes of operators.
pub fn ints(name: &str, values: &[i64]) -> Message {
    let attribute = Message::default().text(1, name).int(20, 7);
    values
        .iter()
        .fold(attribute, |attribute, value| attribute.int(8, *value))
}

pub fn floats(name: &str, values: &[f32]) -> Message {
    Message::default().text(1, name).int(20, 6).floats(7, values)
}

pub fn strings(name: &str, values: &[&str]) -> Message {
    let attribute = Message::default().text(1, name).int(20, 8);
    values
        .iter()
        .fold(attribute, |attribute, value| attribute.text(9, value))
}

pub fn string(name: &str, value: &str) -> Message {
    Message::default().text(1, name).int(20, 3).text(4, value)
}

pub fn operator(
    kind: &str,
    domain: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[Message],
) -> Message {
    let node = inputs
        .iter()
        .fold(Message::default(), |node, name| node.text(1, name));
    let node = outputs.iter().fold(node, |node, name| node.text(2, name));
    let node = node.text(3, kind).text(4, kind).text(7, domain);
    attributes
        .iter()
        .fold(node, |node, attribute| node.message(5, attribute))
}

const FLOAT: i64 = 1;
const INT64: i64 = 7;

/// A value of any number of rows.
fn value(name: &str, kind: i64, width: Option<i64>) -> Message {
    let rows = Message::default().text(2, "rows");
    let shape = Message::default().message(1, &rows);
    let shape = width.iter().fold(shape, |shape, width| {
        shape.message(1, &Message::default().int(1, *width))
    });
    let tensor = Message::default().int(1, kind).message(2, &shape);
    Message::default()
        .text(1, name)
        .message(2, &Message::default().message(1, &tensor))
}

/// A whole file with the input `x` of so many columns.
pub fn file(width: i64, operators: &[Message], weights: &[Message], outputs: &[Message]) -> Vec<u8> {
    let graph = operators
        .iter()
        .fold(Message::default(), |graph, node| graph.message(1, node));
    let graph = weights
        .iter()
        .fold(graph.text(2, "test"), |graph, weights| graph.message(5, weights));
    let graph = graph.message(11, &value("x", FLOAT, Some(width)));
    let graph = outputs
        .iter()
        .fold(graph, |graph, output| graph.message(12, output));
    let set = |domain, version| Message::default().text(1, domain).int(2, version);
    Message::default()
        .int(1, 8)
        .text(2, "test")
        .message(8, &set("", 13))
        .message(8, &set("ai.onnx.ml", 3))
        .message(7, &graph)
        .0
}

pub fn numbers(name: &str, width: i64) -> Message {
    value(name, FLOAT, Some(width))
}

/// What a network of two features gives for three classes before the softmax: the features themselves and their mean.
const LAYER: [f32; 6] = [1.0, 0.0, 0.5, 0.0, 1.0, 0.5];

/// A layer of two features and three classes; with a softmax behind it, or without.
pub fn layer(with_softmax: bool) -> Vec<u8> {
    let weights = [weights("w", &[2, 3], &LAYER)];
    let multiply = |output| operator("MatMul", "", &["x", "w"], &[output], &[]);
    if with_softmax {
        let softmax = operator("Softmax", "", &["logits"], &["p"], &[]);
        file(2, &[multiply("logits"), softmax], &weights, &[numbers("p", 3)])
    } else {
        file(2, &[multiply("p")], &weights, &[numbers("p", 3)])
    }
}

/// The layer behind an imputer and a scaler, as scikit-learn's pipelines have them: the features less 20 and 0.1, times 0.5
/// and 10.
pub fn scaled_layer() -> Vec<u8> {
    let weights = [weights("w", &[2, 3], &LAYER)];
    let imputer = operator(
        "Imputer",
        "ai.onnx.ml",
        &["x"],
        &["whole"],
        &[floats("imputed_value_floats", &[1.0, 1.0])],
    );
    let scaler = operator(
        "Scaler",
        "ai.onnx.ml",
        &["whole"],
        &["scaled"],
        &[floats("offset", &[20.0, 0.1]), floats("scale", &[0.5, 10.0])],
    );
    let multiply = operator("MatMul", "", &["scaled", "w"], &["logits"], &[]);
    let softmax = operator("Softmax", "", &["logits"], &["p"], &[]);
    file(
        2,
        &[imputer, scaler, multiply, softmax],
        &weights,
        &[numbers("p", 3)],
    )
}

/// A single sigmoid over the difference of two features, as Keras writes for two classes.
pub fn sigmoid() -> Vec<u8> {
    let weights = [weights("w", &[2, 1], &[1.0, -1.0])];
    let multiply = operator("MatMul", "", &["x", "w"], &["logit"], &[]);
    let sigmoid = operator("Sigmoid", "", &["logit"], &["p"], &[]);
    file(2, &[multiply, sigmoid], &weights, &[numbers("p", 1)])
}

/// One tree as scikit-learn's converter writes it, labels and the map of probabilities with it: feature 1 at most 0.5 gives
/// class 0 with 0.9, else feature 0 at most 30 gives class 1, else class 2.
pub fn tree() -> Vec<u8> {
    tree_with_children(&[1, 0, 3, 0, 0])
}

/// The same tree with other children of those nodes for which the comparison holds.
pub fn tree_with_children(when_true: &[i64]) -> Vec<u8> {
    let classifier = operator(
        "TreeEnsembleClassifier",
        "ai.onnx.ml",
        &["x"],
        &["label", "probabilities"],
        &[
            ints("nodes_treeids", &[0, 0, 0, 0, 0]),
            ints("nodes_nodeids", &[0, 1, 2, 3, 4]),
            ints("nodes_featureids", &[1, 0, 0, 0, 0]),
            strings(
                "nodes_modes",
                &["BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"],
            ),
            floats("nodes_values", &[0.5, 0.0, 30.0, 0.0, 0.0]),
            floats("nodes_hitrates", &[1.0; 5]),
            ints("nodes_truenodeids", when_true),
            ints("nodes_falsenodeids", &[2, 0, 4, 0, 0]),
            ints("nodes_missing_value_tracks_true", &[0; 5]),
            ints("class_treeids", &[0; 9]),
            ints("class_nodeids", &[1, 1, 1, 3, 3, 3, 4, 4, 4]),
            ints("class_ids", &[0, 1, 2, 0, 1, 2, 0, 1, 2]),
            floats("class_weights", &[0.9, 0.1, 0.0, 0.0, 1.0, 0.0, 0.0, 0.25, 0.75]),
            ints("classlabels_int64s", &[0, 1, 2]),
            string("post_transform", "NONE"),
        ],
    );
    let map = operator(
        "ZipMap",
        "ai.onnx.ml",
        &["probabilities"],
        &["output_probability"],
        &[ints("classlabels_int64s", &[0, 1, 2])],
    );
    let label = value("label", INT64, None);
    // The type of a map is none that matters here.
    let mapped = Message::default().text(1, "output_probability");
    file(2, &[classifier, map], &[], &[label, mapped])
}

/// The card for two features and three classes.
pub const CARD: &str = "
features:
  - { name: temp, unit: °C, min: 20, max: 60 }
  - { name: vibration, unit: g }
classes:
  - { code: 0, label: Fine, normal: true }
  - { code: 1, label: Shaken, advice: Balance it. }
  - { code: 7, label: Hot, advice: Clean the filter. }
severity: { medium_from: 0.6, high_from: 0.8 }
";
