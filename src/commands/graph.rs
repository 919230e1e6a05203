//! `twinflow graph`.

use std::path::Path;

use anstream::eprintln;
use twinflow_engine::drawing;
use twinflow_engine::graph::Graph;
use twinflow_engine::node::Level;
use twinflow_nodes::{Shared, registry};

use crate::cli::{GraphFormat, GraphOptions};
use crate::exit::Stop;
use crate::{flow_file, output};

/// Draws a flow.
pub fn graph(options: &GraphOptions) -> Result<(), Stop> {
    let format = match (options.format, &options.out) {
        (Some(format), _) => format,
        (None, Some(out)) => of_extension(out)?,
        (None, None) => GraphFormat::Dot,
    };
    let graph = flow_file::compile(&options.flow, &registry(&Shared::default()), Level::Environment)?;
    let drawing = draw(&graph, format);
    let Some(out) = &options.out else {
        return output::write(&drawing);
    };
    std::fs::write(out, drawing)
        .map_err(|error| Stop::failure(format!("{} cannot be written: {error}", out.display())))?;
    eprintln!("wrote {}", out.display());
    Ok(())
}

fn draw(graph: &Graph, format: GraphFormat) -> String {
    match format {
        GraphFormat::Dot => drawing::dot(graph),
        GraphFormat::Mermaid => drawing::mermaid(graph),
        GraphFormat::Svg => drawing::svg(graph),
    }
}

fn of_extension(out: &Path) -> Result<GraphFormat, Stop> {
    let extension = out.extension().unwrap_or_default().to_string_lossy();
    match extension.to_ascii_lowercase().as_str() {
        "dot" | "gv" => Ok(GraphFormat::Dot),
        "mmd" | "mermaid" => Ok(GraphFormat::Mermaid),
        "svg" => Ok(GraphFormat::Svg),
        _ => Err(Stop::usage(format!(
            "the name {} does not tell the format; end it in .dot, .mmd or .svg, or add --format",
            out.display()
        ))),
    }
}
