//! From the names in `from:` to wires.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic, shortened};
use crate::language::{Document, Spanned, listed, nearest};
use crate::node::Role;

/// A wire by index of the node it comes from, before that node's outputs are known.
#[derive(Clone, Debug)]
pub(super) struct NamedWire {
    pub from: usize,
    /// The output that it names.
    pub output: Option<String>,
    pub text: Spanned<String>,
}

/// The wires into a node, as far as they could be resolved.
#[derive(Clone, Debug, Default)]
pub(super) struct NamedWires {
    pub wires: Vec<NamedWire>,
    /// Whether there are more, which lead from something that was reported.
    pub is_partial: bool,
}

/// A suggestion compares a name with all names. Who has misspelt more than this many has another problem.
const SUGGESTIONS: usize = 100;

/// Resolves every `from:`, node by node.
pub(super) fn resolve(document: &Document, diagnostics: &mut Vec<Diagnostic>) -> Vec<NamedWires> {
    let index: HashMap<&str, usize> = document
        .nodes
        .iter()
        .enumerate()
        .map(|(number, node)| (node.id.value.as_str(), number))
        .collect();
    let mut unknown = 0;
    let mut all = Vec::with_capacity(document.nodes.len());
    for node in &document.nodes {
        let mut named = NamedWires {
            wires: Vec::with_capacity(node.from.len()),
            is_partial: node.from_is_partial,
        };
        for text in &node.from {
            match find(text, &index) {
                Some(wire) => named.wires.push(wire),
                None => {
                    named.is_partial = true;
                    let ends = text.match_indices('.').map(|(at, _)| at).chain([text.len()]);
                    let mut names = ends.filter_map(|end| text.get(..end));
                    if !names.any(|name| document.unread_nodes.contains(name)) {
                        unknown += 1;
                        diagnostics.push(no_such_node(text, document, unknown <= SUGGESTIONS));
                    }
                }
            }
        }
        all.push(named);
    }
    all
}

fn find(text: &Spanned<String>, index: &HashMap<&str, usize>) -> Option<NamedWire> {
    // Nodes of templates have dots in their names: the longest name that is one is meant.
    let ends = text.match_indices('.').map(|(at, _)| at).chain([text.len()]);
    let (from, output) = ends
        .filter_map(|end| Some((*index.get(text.get(..end)?)?, text.get(end + 1..))))
        .next_back()?;
    Some(NamedWire {
        from,
        output: output.map(str::to_owned),
        text: text.clone(),
    })
}

fn no_such_node(text: &Spanned<String>, document: &Document, with_suggestion: bool) -> Diagnostic {
    let names = || {
        let nodes = document.nodes.iter().map(|node| node.id.value.as_str());
        nodes.chain(document.groups.iter().map(String::as_str))
    };
    let first = text.split('.').next().unwrap_or_default();
    let is_of_template = |name: &str| name.strip_prefix(first).is_some_and(|rest| rest.starts_with('.'));
    // Behind the name of a node, a dot leads to an output; in the names of a template's nodes, it is part of them.
    let name = match names().any(is_of_template) {
        true => text.as_str(),
        false => first,
    };
    let message = format!("there is no node `{}`", shortened(name));
    let diagnostic = Diagnostic::new(Code::UnknownNode, text.span, message);
    match with_suggestion.then(|| nearest(name, names())).flatten() {
        Some(meant) => {
            let output = text.get(name.len()..).unwrap_or_default();
            diagnostic
                .with_label(format!("did you mean `{meant}`?"))
                .with_fix(text.span, format!("{meant}{output}"))
        }
        None => diagnostic.with_help(format!("the nodes are {}", listed(names()))),
    }
}

/// Reports where a node lacks the wires that its role asks for, or has some that it cannot take.
pub(super) fn check_role(
    id: &Spanned<String>,
    type_name: &Spanned<String>,
    role: Role,
    wires: &[Spanned<String>],
    is_partial: bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    match (role, wires) {
        (Role::Source, [first, ..]) => {
            let message = format!("`{}` is a source: nothing can lead into it", type_name.value);
            diagnostics.push(
                Diagnostic::new(Code::WiringNotAllowed, first.span, message)
                    .with_related(type_name.span, "the source")
                    .with_help("remove `from:`"),
            );
        }
        (Role::Transform | Role::Sink, []) if !is_partial => {
            let message = format!("the node `{}` does not say where its records come from", id.value);
            diagnostics.push(
                Diagnostic::new(Code::WiringNotAllowed, id.span, message).with_help(format!(
                    "`{}` is a {}: add `from:` with a node's name",
                    type_name.value,
                    role.name()
                )),
            );
        }
        _ => {}
    }
}
