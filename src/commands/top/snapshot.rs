//! One look at a flow as plain text, for scripts.

use twinflow_ui::{FlowReport, NodeReport};

use super::figures::{mean_time_s, short_time, uptime};

const HEAD: [&str; 9] = [
    "NODE", "TYPE", "IN", "OUT", "ERRORS", "DROPS", "QUEUE", "TIME", "STATE",
];

/// The nodes with their counts since the start, then what went wrong.
pub fn text(report: &FlowReport) -> String {
    let rows: Vec<[String; 9]> = std::iter::once(HEAD.map(str::to_owned))
        .chain(report.nodes.iter().map(row))
        .collect();
    let mut widths = [0; 9];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = format!("{}, up {}\n\n", report.flow, uptime(report.uptime_ms));
    for row in &rows {
        let cells = row.iter().zip(widths).enumerate();
        let cells: Vec<String> = cells
            .map(|(at, (cell, width))| match at {
                2..=7 => format!("{cell:>width$}"),
                _ => format!("{cell:<width$}"),
            })
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    if !report.problems.is_empty() {
        text.push('\n');
    }
    for problem in &report.problems {
        text.push_str(&format!(
            "{}: {}, {} times, lastly {}\n",
            problem.node, problem.kind, problem.count, problem.message
        ));
    }
    text
}

fn row(node: &NodeReport) -> [String; 9] {
    [
        node.node.clone(),
        node.node_type.clone(),
        node.received.to_string(),
        node.emitted.to_string(),
        node.errors.to_string(),
        node.dropped.to_string(),
        node.queue.as_ref().map_or("-".to_owned(), |queue| {
            format!("{}/{}", queue.waiting, queue.capacity)
        }),
        mean_time_s(node).map_or("-".to_owned(), short_time),
        node.not_ready.clone().unwrap_or_else(|| "ready".to_owned()),
    ]
}
