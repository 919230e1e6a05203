//! Operators of scikit-learn's converter that the library lacks, said in others that it has.

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};

/// Rewrites what can be said otherwise: scaling, the filling in of missing values, and maps from labels to probabilities, which
/// the converter adds unless told otherwise.
pub(super) fn rewrite(proto: &mut ModelProto) {
    let Some(graph) = &mut proto.graph else {
        return;
    };
    let nodes = std::mem::take(&mut graph.node);
    for node in nodes {
        match node.op_type.as_str() {
            "Scaler" => scale(node, graph),
            // A row with a missing value gets no verdict, so there is nothing to fill in.
            "Imputer" => graph.node.push(NodeProto {
                op_type: "Identity".to_owned(),
                domain: String::new(),
                attribute: Vec::new(),
                ..node
            }),
            "ZipMap" => unmap(&node, graph),
            _ => graph.node.push(node),
        }
    }
}

/// `(x − offset) · scale`, as the operators `Sub` and `Mul`.
fn scale(node: NodeProto, graph: &mut GraphProto) {
    let floats = |name: &str| {
        let attribute = node.attribute.iter().find(|attribute| attribute.name == name);
        attribute.map(|attribute| attribute.floats.clone())
    };
    let (Some(offset), Some(scale)) = (floats("offset"), floats("scale")) else {
        // It stays, and is told as what it is.
        graph.node.push(node);
        return;
    };
    let named = |what: &str| format!("{}/{what}", node.output.first().map_or("scaled", String::as_str));
    let steps = [
        (
            "Sub",
            node.input.clone(),
            named("offset"),
            offset,
            vec![named("moved")],
        ),
        (
            "Mul",
            vec![named("moved")],
            named("scale"),
            scale,
            node.output.clone(),
        ),
    ];
    for (op_type, mut input, name, values, output) in steps {
        input.push(name.clone());
        graph.initializer.push(TensorProto {
            dims: vec![i64::try_from(values.len()).unwrap_or(i64::MAX)],
            data_type: DataType::Float as i32,
            float_data: values,
            name,
            ..TensorProto::default()
        });
        graph.node.push(NodeProto {
            op_type: op_type.to_owned(),
            input,
            output,
            ..NodeProto::default()
        });
    }
}

/// Gives the probabilities themselves in the place of their map.
fn unmap(map: &NodeProto, graph: &mut GraphProto) {
    let (Some(probabilities), Some(name)) = (map.input.first(), map.output.first()) else {
        return;
    };
    for output in graph.output.iter_mut().filter(|output| output.name == *name) {
        *output = ValueInfoProto {
            name: probabilities.clone(),
            ..ValueInfoProto::default()
        };
    }
}
