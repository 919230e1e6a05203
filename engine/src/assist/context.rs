//! Where in a flow the cursor is, in a text that may be half written.

use std::ops::Range;

use super::sketch::{Item, Shape, Sketch};

/// A step from the top of the file down to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into the value of a key.
    Key(String),
    /// Into an item of a list.
    Item,
}

/// What the cursor is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A key, or where one may be written.
    Key,
    /// A value.
    Value,
}

/// Where the cursor is.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// Down to the mapping that a key belongs to, or to the value itself.
    pub path: Vec<Step>,
    /// Whether it is at a key or in a value.
    pub place: Place,
    /// The key, or the value without its quotes, that is there already; empty where nothing is.
    pub written: Range<usize>,
    /// The entry that is there already, and the one that it belongs to.
    pub(super) item: Option<usize>,
    pub(super) parent: Option<usize>,
}

impl Context {
    /// The node's name, and the path from there on; nothing outside of nodes.
    #[must_use]
    pub fn within_node(&self) -> Option<(&str, &[Step])> {
        match self.path.as_slice() {
            [Step::Key(nodes), Step::Key(id), rest @ ..] if nodes == "nodes" => Some((id, rest)),
            _ => None,
        }
    }
}

/// The context of byte `at`; nothing in comments and between values.
pub(super) fn locate(sketch: &Sketch<'_>, at: usize) -> Option<Context> {
    let line_start = sketch.text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let holds = |range: &Range<usize>| range.start <= at && at <= range.end;
    let items = || sketch.items().iter().enumerate().rev();
    if let Some((number, item)) = items().find(|(_, item)| item.key.as_ref().is_some_and(holds)) {
        return Some(Context {
            path: path_to(sketch, item.parent),
            place: Place::Key,
            written: item.key.clone().unwrap_or_default(),
            item: Some(number),
            parent: item.parent,
        });
    }
    let has_value = |item: &Item| item.key.is_none() || item.has_colon;
    let innermost = items().find(|(_, item)| has_value(item) && holds(&item.region));
    if let Some((number, item)) = innermost {
        let is_new = item.shape == Shape::Mapping || item.shape == Shape::Sequence;
        let written = if is_new || item.shape == Shape::Open || at < item.value.start {
            at..at
        } else if is_behind_quote(sketch, item, at) {
            return None;
        } else {
            // Spaces behind a value belong to what is being written.
            item.value.start..item.value.end.max(at)
        };
        let mut path = path_to(sketch, Some(number));
        if item.shape == Shape::Sequence {
            path.push(Step::Item);
        }
        return Some(Context {
            path,
            place: if item.shape == Shape::Mapping {
                Place::Key
            } else {
                Place::Value
            },
            written,
            item: (!is_new).then_some(number),
            parent: if is_new { Some(number) } else { item.parent },
        });
    }
    let before = sketch.text.get(line_start..at)?;
    if !before.trim().is_empty() {
        return None;
    }
    // On an empty line, the column tells what a key would belong to.
    let column = before.len();
    let above = items().find(|(_, item)| item.column.is_some() && item.region.start <= at);
    let mut parent = above.map(|(number, _)| number);
    while let Some(item) = parent.and_then(|parent| sketch.get(parent)) {
        if item.column.is_some_and(|of_item| of_item < column) {
            break;
        }
        parent = item.parent;
    }
    let is_scalar = parent
        .and_then(|parent| sketch.get(parent))
        .is_some_and(|item| item.shape != Shape::Open);
    (!is_scalar).then(|| Context {
        path: path_to(sketch, parent),
        place: Place::Key,
        written: at..at,
        item: None,
        parent,
    })
}

/// Whether byte `at` is behind the closing quote of a value.
fn is_behind_quote(sketch: &Sketch<'_>, item: &Item, at: usize) -> bool {
    let behind = sketch.text.get(item.value.end..at);
    behind.is_some_and(|behind| behind.contains(['"', '\'']))
}

fn path_to(sketch: &Sketch<'_>, item: Option<usize>) -> Vec<Step> {
    let items = item.map(|item| sketch.ancestry(item)).unwrap_or_default();
    let step = |item: usize| {
        sketch
            .key(item)
            .map_or(Step::Item, |key| Step::Key(key.to_owned()))
    };
    items.into_iter().map(step).collect()
}
