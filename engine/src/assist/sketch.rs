//! The keys and values of a flow as its lines show them.
//!
//! Whoever types has a text that no parser takes. This reads any text, by lines and indentation, and never fails: what
//! is half written is there as far as it goes.

mod block;
mod flow;

use std::ops::Range;

/// A key with its value, or an item of a list.
#[derive(Debug)]
pub(super) struct Item {
    /// What it stands in; nothing at the top.
    pub parent: Option<usize>,
    /// Where its key stands, without quotes; nothing for an item of a list.
    pub key: Option<Range<usize>>,
    /// Whether there is a colon behind the key yet.
    pub has_colon: bool,
    /// What it holds.
    pub shape: Shape,
    /// A scalar's text, without quotes.
    pub value: Range<usize>,
    /// Where a cursor is within the value: between the braces, or up to the end of the line.
    pub region: Range<usize>,
    /// The column of its first character; nothing between braces, where columns mean nothing.
    pub column: Option<usize>,
    first_child: Option<usize>,
    last_child: Option<usize>,
    next: Option<usize>,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing yet, or on the following lines.
    Open,
    /// Text on the line.
    Scalar,
    /// `{ … }`.
    Mapping,
    /// `[ … ]`.
    Sequence,
}

/// All items of a text, in its order.
#[derive(Debug)]
pub(super) struct Sketch<'t> {
    pub text: &'t str,
    items: Vec<Item>,
    last_root: Option<usize>,
}

impl<'t> Sketch<'t> {
    /// Reads `text`.
    pub fn new(text: &'t str) -> Self {
        block::read(Self {
            text,
            items: Vec::new(),
            last_root: None,
        })
    }

    pub fn get(&self, item: usize) -> Option<&Item> {
        self.items.get(item)
    }

    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The text at `range`.
    pub fn slice(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// An item's key.
    pub fn key(&self, item: usize) -> Option<&'t str> {
        self.get(item)?.key.as_ref().map(|key| self.slice(key))
    }

    /// An item's scalar.
    pub fn value(&self, item: usize) -> &'t str {
        self.get(item).map_or("", |item| self.slice(&item.value))
    }

    /// What stands in `parent`, or at the top.
    pub fn children(&self, parent: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        let first = match parent {
            Some(parent) => self.get(parent).and_then(|parent| parent.first_child),
            None => (!self.items.is_empty()).then_some(0),
        };
        std::iter::successors(first, |item| self.get(*item)?.next)
    }

    /// The entry `key` of `parent`.
    pub fn entry(&self, parent: Option<usize>, key: &str) -> Option<usize> {
        self.children(parent).find(|child| self.key(*child) == Some(key))
    }

    /// The items from the top down to `item`.
    pub fn ancestry(&self, item: usize) -> Vec<usize> {
        let mut items: Vec<usize> =
            std::iter::successors(Some(item), |item| self.get(*item)?.parent).collect();
        items.reverse();
        items
    }

    /// From an item's first byte to the last byte of what it holds.
    pub fn extent(&self, item: usize) -> Range<usize> {
        let Some(first) = self.get(item) else {
            return 0..0;
        };
        let start = first.key.as_ref().map_or(first.value.start, |key| key.start);
        let down = std::iter::successors(Some(first), |item| self.get(item.last_child?));
        let end = down.map(|item| self.own_end(item)).max();
        start..end.unwrap_or(start).max(start)
    }

    /// Where an item ends without what stands in it, with its closing brace or quote.
    fn own_end(&self, item: &Item) -> usize {
        let end = match item.shape {
            Shape::Mapping | Shape::Sequence => item.region.end,
            Shape::Open | Shape::Scalar => item.value.end,
        };
        let closing = self.text.get(end..).unwrap_or_default();
        match item.shape {
            Shape::Open => item.key.as_ref().map_or(end, |key| key.end),
            Shape::Scalar if closing.starts_with(['"', '\'']) => end + 1,
            Shape::Mapping | Shape::Sequence if closing.starts_with(['}', ']']) => end + 1,
            _ => end,
        }
    }

    fn push(
        &mut self,
        parent: Option<usize>,
        key: Option<Range<usize>>,
        at: usize,
        column: Option<usize>,
    ) -> usize {
        let item = self.items.len();
        self.items.push(Item {
            parent,
            key,
            has_colon: false,
            shape: Shape::Open,
            value: at..at,
            region: at..at,
            column,
            first_child: None,
            last_child: None,
            next: None,
        });
        let before = match parent.and_then(|parent| self.items.get_mut(parent)) {
            Some(parent) => {
                parent.first_child.get_or_insert(item);
                parent.last_child.replace(item)
            }
            None => self.last_root.replace(item),
        };
        if let Some(before) = before.and_then(|before| self.items.get_mut(before)) {
            before.next = Some(item);
        }
        item
    }
}

/// Where a quoted text that begins at the start of `text` ends: its inside, and what it takes with its quotes. To the
/// end of `text` when it is not closed.
fn quoted(text: &str) -> Option<(Range<usize>, usize)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' && quote == '"' {
            is_escaped = true;
        } else if c == quote {
            return Some((1..at, at + 1));
        }
    }
    Some((1..text.len(), text.len()))
}

/// Where in a line its comment begins, or where it ends: a `#` behind white space.
fn comment(line: &str) -> usize {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_whitespace() {
            return at;
        }
        before = c;
    }
    line.len()
}
