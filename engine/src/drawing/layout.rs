//! Places for the nodes: columns by the longest way from a source, and within a column an order in which few edges
//! cross.
//!
//! The steps are those of Sugiyama: ranks, bends where an edge passes a column, barycentre sweeps, straightening.
//! Every step is bounded: at most so many sweeps over the edges, and no bends in a graph that would need too many.

/// More bends than this, and edges go straight: the picture of such a graph is a map, not a drawing.
const MAX_BENDS: usize = 20_000;
const SWEEPS: usize = 12;

/// Where everything stands, in columns and rows; a row is the height of a node.
pub(super) struct Layout {
    /// By node.
    pub places: Vec<Place>,
    /// By edge: where it passes the columns between its ends.
    pub bends: Vec<Vec<Place>>,
    /// How many columns there are.
    pub columns: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Place {
    pub column: usize,
    pub row: f64,
}

/// Lays out `nodes` nodes. Every edge leads from a lower number to a higher one.
pub(super) fn layout(nodes: usize, edges: &[(usize, usize)]) -> Layout {
    let mut column = vec![0_usize; nodes];
    // The numbers of the heads grow, so each tail is final when its edges are looked at in this order.
    let mut by_head: Vec<(usize, usize)> = edges.to_vec();
    by_head.sort_unstable_by_key(|(_, to)| *to);
    for (from, to) in by_head {
        let least = column.get(from).copied().unwrap_or_default() + 1;
        if let Some(column) = column.get_mut(to) {
            *column = least.max(*column);
        }
    }
    let span = |(from, to): &(usize, usize)| {
        let (Some(from), Some(to)) = (column.get(*from), column.get(*to)) else {
            return 0;
        };
        to.saturating_sub(*from)
    };
    let needed: usize = edges.iter().map(|edge| span(edge).saturating_sub(1)).sum();
    let mut points = column.clone();
    let mut links: Vec<(usize, usize)> = Vec::with_capacity(edges.len() + needed.min(MAX_BENDS));
    let mut chains: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (edge, chain) in edges.iter().zip(&mut chains) {
        let mut last = edge.0;
        if needed <= MAX_BENDS {
            let start = column.get(edge.0).copied().unwrap_or_default();
            for step in 1..span(edge) {
                points.push(start + step);
                chain.push(points.len() - 1);
                links.push((last, points.len() - 1));
                last = points.len() - 1;
            }
        }
        links.push((last, edge.1));
    }
    let columns = points.iter().max().map_or(0, |last| last + 1);
    let rows = Rows::new(&points, columns, &links).settled();
    let place = |point: usize| Place {
        column: points.get(point).copied().unwrap_or_default(),
        row: rows.get(point).copied().unwrap_or_default(),
    };
    Layout {
        places: (0..nodes).map(place).collect(),
        bends: chains
            .iter()
            .map(|chain| chain.iter().map(|bend| place(*bend)).collect())
            .collect(),
        columns,
    }
}

struct Rows {
    /// The points of each column, from above.
    columns: Vec<Vec<usize>>,
    before: Vec<Vec<usize>>,
    behind: Vec<Vec<usize>>,
    rows: Vec<f64>,
}

impl Rows {
    fn new(points: &[usize], columns: usize, links: &[(usize, usize)]) -> Self {
        let mut rows = Self {
            columns: vec![Vec::new(); columns],
            before: vec![Vec::new(); points.len()],
            behind: vec![Vec::new(); points.len()],
            rows: vec![0.0; points.len()],
        };
        for (point, column) in points.iter().enumerate() {
            if let Some(column) = rows.columns.get_mut(*column) {
                column.push(point);
            }
        }
        for (from, to) in links {
            if let Some(before) = rows.before.get_mut(*to) {
                before.push(*from);
            }
            if let Some(behind) = rows.behind.get_mut(*from) {
                behind.push(*to);
            }
        }
        for column in &rows.columns {
            for (at, point) in column.iter().enumerate() {
                if let Some(row) = rows.rows.get_mut(*point) {
                    *row = at as f64 - column.len() as f64 / 2.0;
                }
            }
        }
        rows
    }

    /// The row of each point, from 0.
    fn settled(mut self) -> Vec<f64> {
        for sweep in 0..SWEEPS {
            let columns = self.columns.len();
            for step in 0..columns {
                let forward = sweep % 2 == 0;
                let column = if forward { step } else { columns - 1 - step };
                // The last sweeps keep the order and only straighten.
                self.settle(column, forward, sweep + 4 < SWEEPS);
            }
        }
        let least = self.rows.iter().copied().fold(f64::INFINITY, f64::min);
        for row in &mut self.rows {
            *row -= least;
        }
        self.rows
    }

    /// Draws the points of a column towards the middle of those that they are linked with.
    fn settle(&mut self, column: usize, forward: bool, reorders: bool) {
        let neighbours = if forward { &self.before } else { &self.behind };
        let row = |point: &usize| self.rows.get(*point).copied().unwrap_or_default();
        let Some(points) = self.columns.get_mut(column) else {
            return;
        };
        let mut wanted: Vec<(f64, usize)> = points
            .iter()
            .map(|point| {
                let linked = neighbours.get(*point).map(Vec::as_slice).unwrap_or_default();
                let mean = linked.iter().map(row).sum::<f64>() / linked.len() as f64;
                (if linked.is_empty() { row(point) } else { mean }, *point)
            })
            .collect();
        if reorders {
            wanted.sort_by(|(left, _), (right, _)| left.total_cmp(right));
        }
        let rows = spaced(&wanted);
        for (slot, ((_, point), row)) in points.iter_mut().zip(wanted.iter().zip(rows)) {
            *slot = *point;
            if let Some(place) = self.rows.get_mut(*point) {
                *place = row;
            }
        }
    }
}

/// Rows at least 1 apart, in order, as near to the wanted ones as that leaves: points that would overlap become a block
/// around the mean of what they want.
fn spaced(wanted: &[(f64, usize)]) -> Vec<f64> {
    // Sum and number of the wanted first rows of each block.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (row, _) in wanted {
        let mut block = (*row, 1_usize);
        while let Some((sum, count)) = blocks.last().copied() {
            if sum / count as f64 + (count as f64) <= block.0 / block.1 as f64 {
                break;
            }
            // Seen from the first of the joined block, each of these is `count` further up.
            block = (sum + block.0 - (count * block.1) as f64, count + block.1);
            blocks.pop();
        }
        blocks.push(block);
    }
    let rows = blocks.iter().flat_map(|(sum, count)| {
        let first = sum / *count as f64;
        (0..*count).map(move |at| first + at as f64)
    });
    rows.collect()
}
