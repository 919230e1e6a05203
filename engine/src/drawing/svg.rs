//! As a picture that needs nothing else: one SVG file, readable on light and dark pages.

use std::fmt::{self, Display, Write};

use super::caption::{Caption, Captions};
use super::layout::{Layout, Place, layout};
use crate::graph::{Graph, Node};
use crate::node::Role;

const NODE_HEIGHT: f64 = 44.0;
const ROW: f64 = 68.0;
const LINE: f64 = 13.0;
/// Between what leaves a column and the next one: room for the curves.
const GAP: f64 = 72.0;
const STEM: f64 = 12.0;
const MARGIN: f64 = 24.0;
const HEADING: f64 = 36.0;
/// Longer names are cut.
const LONGEST: usize = 32;

const STYLE: &str = "
svg { --paper: #ffffff; --ink: #1d2733; --soft: #5d6b7a; --line: #9aa7b4; --source: #dff3e4; --source-edge: #2e8b57;
  --transform: #e2edfb; --transform-edge: #3a73c2; --sink: #fbeadb; --sink-edge: #c0702a; }
@media (prefers-color-scheme: dark) {
svg { --paper: #12181f; --ink: #e8edf2; --soft: #a3b1bf; --line: #5c6b7a; --source: #173524; --source-edge: #58b880;
  --transform: #18304f; --transform-edge: #6ea3ea; --sink: #40290f; --sink-edge: #e09a58; }
}
text { font-family: system-ui, sans-serif; fill: var(--ink); }
.paper { fill: var(--paper); }
.heading { font-size: 17px; font-weight: 600; }
.id { font-size: 13px; font-weight: 600; text-anchor: middle; }
.type { font-size: 11px; text-anchor: middle; fill: var(--soft); }
.caption { font-size: 10.5px; fill: var(--soft); }
.carries { fill: var(--paper); stroke: var(--line); stroke-width: .75; }
.wire { fill: none; stroke: var(--line); stroke-width: 1.5; }
.tip { fill: var(--line); }
.source { fill: var(--source); stroke: var(--source-edge); stroke-width: 1.5; }
.transform { fill: var(--transform); stroke: var(--transform-edge); stroke-width: 1.5; }
.sink { fill: var(--sink); stroke: var(--sink-edge); stroke-width: 1.5; }
";

/// The graph as an SVG file, from left to right.
#[must_use]
pub fn svg(graph: &Graph) -> String {
    let edges = graph.nodes.iter().enumerate().flat_map(|(to, node)| {
        let from = node.inputs.iter().map(|wire| wire.from);
        from.map(move |from| (from, to))
    });
    let edges: Vec<(usize, usize)> = edges.collect();
    let layout = layout(graph.nodes.len(), &edges);
    let captions = Captions::new(graph);
    let sheet = Sheet::new(graph, &layout, &captions);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = sheet.draw(&edges, &mut text);
    text
}

/// The measures of the drawing.
struct Sheet<'g> {
    graph: &'g Graph,
    layout: &'g Layout,
    signs: Vec<Vec<String>>,
    columns: Vec<Column>,
    width: f64,
    height: f64,
}

#[derive(Clone, Copy, Default)]
struct Column {
    left: f64,
    /// Of its nodes.
    width: f64,
    /// Of what its widest caption needs behind the nodes.
    captions: f64,
}

impl Column {
    fn right(self) -> f64 {
        self.left + self.width + self.captions
    }
}

impl<'g> Sheet<'g> {
    fn new(graph: &'g Graph, layout: &'g Layout, captions: &Captions) -> Self {
        let signs = (0..graph.nodes.len()).map(|number| sign(captions.outputs(number)));
        let signs: Vec<Vec<String>> = signs.collect();
        let mut columns = vec![Column::default(); layout.columns];
        let mut rows = 0.0_f64;
        for ((node, place), sign) in graph.nodes.iter().zip(&layout.places).zip(&signs) {
            if let Some(column) = columns.get_mut(place.column) {
                column.width = column.width.max(node_width(node));
                column.captions = column.captions.max(sign_width(sign));
            }
        }
        for place in layout.places.iter().chain(layout.bends.iter().flatten()) {
            rows = rows.max(place.row);
        }
        let mut left = MARGIN;
        for column in &mut columns {
            column.left = left;
            left = column.right() + GAP;
        }
        let heading = MARGIN * 2.0 + graph.name.chars().count() as f64 * 10.0;
        Self {
            graph,
            layout,
            signs,
            columns,
            width: (left - GAP + MARGIN).max(heading),
            height: HEADING + MARGIN * 2.0 + rows * ROW + NODE_HEIGHT,
        }
    }

    fn column(&self, place: Place) -> Column {
        self.columns.get(place.column).copied().unwrap_or_default()
    }

    fn draw(&self, edges: &[(usize, usize)], out: &mut String) -> fmt::Result {
        let (width, height) = (self.width.ceil(), self.height.ceil());
        let name = Escaped(&self.graph.name);
        write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{name}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n\
             <text class=\"heading\" x=\"{MARGIN}\" y=\"{}\">{name}</text>\n",
            MARGIN + 10.0
        )?;
        for (edge, bends) in edges.iter().zip(&self.layout.bends) {
            self.wire(*edge, bends, out)?;
        }
        for ((node, place), sign) in self.graph.nodes.iter().zip(&self.layout.places).zip(&self.signs) {
            self.node(node, *place, sign, out)?;
        }
        out.push_str("</svg>\n");
        Ok(())
    }

    fn wire(&self, (from, to): (usize, usize), bends: &[Place], out: &mut String) -> fmt::Result {
        let (Some(start), Some(end)) = (self.layout.places.get(from), self.layout.places.get(to)) else {
            return Ok(());
        };
        let column = self.column(*start);
        let node = self.graph.nodes.get(from).map_or(0.0, node_width);
        let (x, y) = (column.left + node, middle(*start));
        write!(
            out,
            "<path class=\"wire\" d=\"M{x:.1} {y:.1}H{:.1}",
            column.right()
        )?;
        let (mut x, mut y) = (column.right(), y);
        for place in bends {
            let column = self.column(*place);
            curve((x, y), (column.left, middle(*place)), out)?;
            write!(out, "H{:.1}", column.right())?;
            (x, y) = (column.right(), middle(*place));
        }
        // The curve ends where the arrow's tip begins.
        let (tip_x, tip_y) = (self.column(*end).left, middle(*end));
        curve((x, y), (tip_x - 6.0, tip_y), out)?;
        writeln!(
            out,
            "\"/>\n<path class=\"tip\" d=\"M{tip_x:.1} {tip_y:.1}l-8 -4v8z\"/>"
        )
    }

    fn node(&self, node: &Node, place: Place, sign: &[String], out: &mut String) -> fmt::Result {
        let (left, middle) = (self.column(place).left, middle(place));
        let (width, top) = (node_width(node), middle - NODE_HEIGHT / 2.0);
        let centre = left + width / 2.0;
        if !sign.is_empty() {
            let (x, height) = (left + width + STEM, sign.len() as f64 * LINE + 5.0);
            writeln!(
                out,
                "<rect class=\"carries\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"4\"/>",
                middle - height / 2.0,
                sign_width(sign) - STEM
            )?;
            for (number, line) in sign.iter().enumerate() {
                let y = middle - height / 2.0 + (number + 1) as f64 * LINE - 1.0;
                writeln!(
                    out,
                    "<text class=\"caption\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
                    x + 6.0,
                    Escaped(line)
                )?;
            }
        }
        let role = node.role.name();
        match node.role {
            Role::Source | Role::Transform => {
                let radius = if node.role == Role::Source {
                    NODE_HEIGHT / 2.0
                } else {
                    3.0
                };
                writeln!(
                    out,
                    "<rect class=\"{role}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" \
                     height=\"{NODE_HEIGHT}\" rx=\"{radius}\"/>"
                )?;
            }
            Role::Sink => {
                let (half, straight) = (NODE_HEIGHT / 2.0, width - 20.0);
                writeln!(
                    out,
                    "<path class=\"{role}\" d=\"M{left:.1} {middle:.1}l10 -{half}h{straight:.1}l10 {half}l-10 {half}\
                     h-{straight:.1}z\"/>"
                )?;
            }
        }
        writeln!(
            out,
            "<text class=\"id\" x=\"{centre:.1}\" y=\"{:.1}\">{}</text>\n\
             <text class=\"type\" x=\"{centre:.1}\" y=\"{:.1}\">{}</text>",
            middle - 3.0,
            Escaped(&cut(&node.id.value)),
            middle + 13.0,
            Escaped(&cut(&node.node_type))
        )
    }
}

/// What stands behind a node: its only caption line by line, or a line for each of several.
fn sign(outputs: &[Caption]) -> Vec<String> {
    match outputs {
        [only] => only.lines.iter().map(|line| cut(line)).collect(),
        several => several.iter().map(|caption| cut(&caption.in_line())).collect(),
    }
}

fn sign_width(sign: &[String]) -> f64 {
    let widest = sign.iter().map(|line| cells(line)).max();
    widest.map_or(0.0, |cells| STEM + 14.0 + cells as f64 * 6.3)
}

fn node_width(node: &Node) -> f64 {
    let id = cells(&cut(&node.id.value)) as f64 * 7.6;
    let node_type = cells(&cut(&node.node_type)) as f64 * 6.2;
    id.max(node_type).max(56.0) + 32.0
}

/// How wide a text is, roughly, in letters: those of East Asia count twice.
fn cells(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}

fn cut(text: &str) -> String {
    if text.chars().nth(LONGEST).is_none() {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// The height at which a node's middle stands.
fn middle(place: Place) -> f64 {
    HEADING + MARGIN + place.row * ROW + NODE_HEIGHT / 2.0
}

fn curve(from: (f64, f64), to: (f64, f64), out: &mut String) -> fmt::Result {
    let middle = f64::midpoint(from.0, to.0);
    write!(
        out,
        "C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}",
        from.1, to.1, to.0, to.1
    )
}

/// Text for XML, which allows no control characters at all.
struct Escaped<'t>(&'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => f.write_char(' ')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
