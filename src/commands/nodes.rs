//! `twinflow nodes`.

use std::path::Path;

use anstream::{print, println};
use serde_json::Value;
use twinflow_engine::language::{Sources, listed, nearest, read_text};
use twinflow_engine::node::{AnyNodeType, Registry};
use twinflow_engine::reference::first_sentence;
use twinflow_nodes::{Shared, registry};

use crate::cli::NodesOptions;
use crate::exit::{Exit, Stop};
use crate::flow_file;

/// Lists the node types, or explains one.
pub fn nodes(options: &NodesOptions) -> Result<(), Stop> {
    let registry = registry(&Shared::default());
    let Some(name) = &options.node_type else {
        let bold = anstyle::Style::new().bold();
        for node_type in registry.all() {
            let summary = first_sentence(node_type.doc());
            println!(
                "{bold}{:17}{bold:#} {:10} {summary}",
                node_type.name(),
                node_type.role().name()
            );
        }
        println!("\n`twinflow nodes TYPE` explains one.");
        return Ok(());
    };
    let path = Path::new(name);
    if registry.is_file(name) {
        return explain_file(path, &registry);
    }
    let Some(node_type) = registry.get(name) else {
        let names = || registry.all().map(|node_type| node_type.name());
        let hint = match nearest(name, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the types are {}", listed(names())),
        };
        return Err(Stop::usage(format!("there is no node type `{name}`; {hint}")));
    };
    explain(node_type);
    Ok(())
}

/// Explains a node type that is a file.
fn explain_file(path: &Path, registry: &Registry) -> Result<(), Stop> {
    let text = read_text(path)
        .map_err(|reason| Stop::usage(format!("{} cannot be read: {reason}", path.display())))?;
    let sources = Sources::single(path, text);
    let mut diagnostics = Vec::new();
    match registry.load_file(&sources, &mut diagnostics) {
        Some(node_type) => {
            explain(&*node_type);
            Ok(())
        }
        None => {
            flow_file::print_rendered(&diagnostics, &sources);
            Err(Stop::told(Exit::Usage))
        }
    }
}

fn explain(node_type: &dyn AnyNodeType) {
    println!(
        "{} ({})\n\n{}\n",
        node_type.name(),
        node_type.role().name(),
        node_type.doc()
    );
    let schema = node_type.config_schema();
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let bold = anstyle::Style::new().bold();
    println!("Fields:");
    for (name, field) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let about = field
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .replace('\n', " ");
        let needed = if required.contains(&name.as_str()) {
            " (required)"
        } else {
            ""
        };
        print!("  {bold}{name:10}{bold:#} {about}{needed}\n");
    }
}
