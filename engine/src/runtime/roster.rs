//! Who is in a running flow: its nodes in order, and where one can tap them.

use std::sync::Arc;

use thiserror::Error;

use super::tap::TapPlace;
use crate::graph::Graph;
use crate::language::{listed, nearest};
use crate::node::{ERROR_OUTPUT, Role};

/// A node of a running flow.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    /// Its name.
    pub id: Arc<str>,
    /// Its type's name.
    pub node_type: Arc<str>,
    /// Where it stands.
    pub role: Role,
    /// The names of its outputs, without `error`.
    pub outputs: Vec<Arc<str>>,
}

/// A name that stands for nothing that could be tapped.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UnknownTap {
    /// No node is called so.
    #[error("the flow has no node `{name}`; {hint}")]
    Node {
        /// What was asked for.
        name: String,
        /// What there is.
        hint: String,
    },
    /// The node has no such output.
    #[error("the node `{node}` has no output `{output}`; {hint}")]
    Output {
        /// The node.
        node: Arc<str>,
        /// What was asked for.
        output: String,
        /// What there is.
        hint: String,
    },
}

/// The nodes of `graph`, in its order.
pub(super) fn roster(graph: &Graph) -> Vec<NodeInfo> {
    let nodes = graph.nodes.iter().map(|node| NodeInfo {
        id: node.id.value.as_str().into(),
        node_type: node.node_type.as_str().into(),
        role: node.role,
        outputs: node
            .outputs
            .iter()
            .map(|output| Arc::clone(&output.name))
            .collect(),
    });
    nodes.collect()
}

/// The node that `name` means, and the place at it: `fan`, `switch.hot` or `fan.error`.
pub(super) fn find<'n>(
    nodes: &'n [NodeInfo],
    name: &str,
) -> Result<(&'n NodeInfo, Option<TapPlace>), UnknownTap> {
    let node = |id: &str| nodes.iter().find(|node| &*node.id == id);
    // The name of a node from a template has dots of its own.
    if let Some(node) = node(name) {
        return Ok((node, None));
    }
    let split = name.rsplit_once('.');
    if let Some((node, output)) = split.and_then(|(id, output)| Some((node(id)?, output))) {
        return match node.place(output) {
            Some(place) => Ok((node, Some(place))),
            None => Err(UnknownTap::Output {
                node: Arc::clone(&node.id),
                output: output.to_owned(),
                hint: hint(
                    output,
                    node.outputs.iter().map(|name| &**name).chain([ERROR_OUTPUT]),
                ),
            }),
        };
    }
    Err(UnknownTap::Node {
        name: name.to_owned(),
        hint: hint(name, nodes.iter().map(|node| &*node.id)),
    })
}

fn hint<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there is {}", listed(known)),
    }
}

impl NodeInfo {
    fn place(&self, output: &str) -> Option<TapPlace> {
        if output == ERROR_OUTPUT {
            return Some(TapPlace::Error);
        }
        let number = self.outputs.iter().position(|name| &**name == output)?;
        Some(TapPlace::Output(number))
    }

    /// The name of the output at `place`; nothing for what arrives.
    #[must_use]
    pub fn output(&self, place: TapPlace) -> Option<&str> {
        match place {
            TapPlace::Output(number) => self.outputs.get(number).map(|name| &**name),
            TapPlace::Error => Some(ERROR_OUTPUT),
            TapPlace::Arriving => None,
        }
    }
}
