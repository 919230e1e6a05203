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

/// Resolves every `from:`; a node with a wire that cannot be resolved gets nothing.
pub(super) fn resolve(document: &Document, diagnostics: &mut Vec<Diagnostic>) -> Vec<Option<Vec<NamedWire>>> {
    let index: HashMap<&str, usize> = document
        .nodes
        .iter()
        .enumerate()
        .map(|(number, node)| (node.id.value.as_str(), number))
        .collect();
    let mut all = Vec::with_capacity(document.nodes.len());
    for node in &document.nodes {
        let wires: Vec<Option<NamedWire>> = node
            .from
            .iter()
            .map(|text| one(text, &index, document, diagnostics))
            .collect();
        all.push(wires.into_iter().collect());
    }
    all
}

fn one(
    text: &Spanned<String>,
    index: &HashMap<&str, usize>,
    document: &Document,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<NamedWire> {
    let (name, output) = match text.split_once('.') {
        Some((name, output)) => (name, Some(output.to_owned())),
        None => (text.as_str(), None),
    };
    if let Some(from) = index.get(name) {
        return Some(NamedWire {
            from: *from,
            output,
            text: text.clone(),
        });
    }
    let names = || document.nodes.iter().map(|node| node.id.value.as_str());
    let message = format!("there is no node `{}`", shortened(name));
    let mut diagnostic = Diagnostic::new(Code::UnknownNode, text.span, message);
    diagnostic = match nearest(name, names()) {
        Some(meant) => diagnostic
            .with_label(format!("did you mean `{meant}`?"))
            .with_fix(text.span, meant),
        None => diagnostic.with_help(format!("the nodes are {}", listed(names()))),
    };
    diagnostics.push(diagnostic);
    None
}

/// Whether a node has the wires that its role asks for.
pub(super) fn check_role(
    id: &Spanned<String>,
    type_name: &Spanned<String>,
    role: Role,
    wires: &[Spanned<String>],
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    match (role, wires) {
        (Role::Source, [first, ..]) => {
            let message = format!("`{}` is a source: nothing can lead into it", type_name.value);
            diagnostics.push(
                Diagnostic::new(Code::WiringNotAllowed, first.span, message)
                    .with_related(type_name.span, "the source")
                    .with_help("remove `from:`"),
            );
            false
        }
        (Role::Transform | Role::Sink, []) => {
            let message = format!("the node `{}` does not say where its records come from", id.value);
            diagnostics.push(
                Diagnostic::new(Code::WiringNotAllowed, id.span, message).with_help(format!(
                    "`{}` is a {}: add `from:` with a node's name",
                    type_name.value,
                    role.name()
                )),
            );
            false
        }
        _ => true,
    }
}
