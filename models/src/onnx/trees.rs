//! Trees in ONNX files, which are walked without a look at the bounds: they must be sound before.

use std::collections::HashMap;

use tract_onnx::pb::{AttributeProto, ModelProto, NodeProto};

use super::OnnxError;

/// Checks that every walk through a tree ends in a leaf whose classes exist, and that nothing is hidden in inner graphs,
/// which may loop for ever.
pub(super) fn check(proto: &ModelProto) -> Result<(), OnnxError> {
    let nodes = proto.graph.iter().flat_map(|graph| &graph.node);
    for node in nodes {
        if node
            .attribute
            .iter()
            .any(|attribute| attribute.g.is_some() || !attribute.graphs.is_empty())
        {
            let reason = format!(
                "`{}` has a graph of its own: loops and branches are not run",
                node.op_type
            );
            return Err(OnnxError::Unsupported(reason));
        }
        let prefix = match node.op_type.as_str() {
            "TreeEnsembleClassifier" => "class",
            "TreeEnsembleRegressor" => "target",
            _ => continue,
        };
        if !are_sound(node, prefix).unwrap_or(false) {
            let reason = "its trees do not hang together".to_owned();
            return Err(OnnxError::Damaged(reason));
        }
    }
    Ok(())
}

/// Nothing when an attribute is missing.
fn are_sound(node: &NodeProto, prefix: &str) -> Option<bool> {
    let ints = |name: &str| attribute(node, name).map(|attribute| attribute.ints.as_slice());
    let classes = match prefix {
        "class" => ints("classlabels_int64s")
            .map(<[i64]>::len)
            .or_else(|| Some(attribute(node, "classlabels_strings")?.strings.len()))?,
        _ => usize::try_from(attribute(node, "n_targets")?.i).ok()?,
    };
    let known = ints(&format!("{prefix}_ids"))?
        .iter()
        .all(|class| usize::try_from(*class).is_ok_and(|class| class < classes));
    let (trees, numbers) = (ints("nodes_treeids")?, ints("nodes_nodeids")?);
    let (when_true, when_false) = (ints("nodes_truenodeids")?, ints("nodes_falsenodeids")?);
    let modes = &attribute(node, "nodes_modes")?.strings;
    let lengths = [numbers.len(), when_true.len(), when_false.len(), modes.len()];
    if !known || lengths.iter().any(|length| *length != trees.len()) {
        return Some(false);
    }
    // By tree: how many nodes it has, and who is whose child.
    let mut sizes: HashMap<i64, i64> = HashMap::new();
    for tree in trees {
        *sizes.entry(*tree).or_default() += 1;
    }
    let mut seen: HashMap<(i64, i64), Standing> = HashMap::new();
    let children = when_true.iter().zip(when_false);
    for (((tree, number), children), mode) in trees.iter().zip(numbers).zip(children).zip(modes) {
        let in_tree = 0..sizes.get(tree).copied().unwrap_or(0);
        let own = seen.entry((*tree, *number)).or_default();
        // All different and below the size: they are counted through.
        if own.is_defined || !in_tree.contains(number) {
            return Some(false);
        }
        own.is_defined = true;
        if mode.as_slice() == b"LEAF" {
            continue;
        }
        for child in [children.0, children.1] {
            let of_child = seen.entry((*tree, *child)).or_default();
            // A way that begins at the root comes to no node twice, unless a node has two parents or the root has one.
            if of_child.has_parent || *child == 0 || !in_tree.contains(child) {
                return Some(false);
            }
            of_child.has_parent = true;
        }
    }
    Some(true)
}

/// What is known of a node of a tree.
#[derive(Default)]
struct Standing {
    is_defined: bool,
    has_parent: bool,
}

fn attribute<'n>(node: &'n NodeProto, name: &str) -> Option<&'n AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}
