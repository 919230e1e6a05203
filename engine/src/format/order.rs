//! The order of keys: a flow is read from the top, a node begins with what it is and where its records come from.

use crate::language::TOP_LEVEL_KEYS;
use std::ops::Range;

use super::edit::{Edit, apply};
use super::lines::Lines;
use super::meaning::tree;
use super::scalars::{Scalar, behind_closing, scalars};
use crate::language::{Entry, Yaml};

/// Which order the keys of a mapping have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyOrder {
    /// That of a flow.
    TopLevel,
    /// The writer's, but its values are nodes.
    OfNodes,
    /// That of a node.
    Node,
    /// The writer's.
    AsWritten,
}

impl KeyOrder {
    /// The keys that come first; the others follow as they were written.
    pub fn keys(self) -> Option<&'static [&'static str]> {
        match self {
            Self::TopLevel => Some(&TOP_LEVEL_KEYS),
            Self::Node => Some(&["type", "template", "from", "for_each", "with"]),
            Self::OfNodes | Self::AsWritten => None,
        }
    }
}

/// The order of the mapping under `key` of a mapping with order `parent`.
pub(super) fn order_of(parent: KeyOrder, key: &str) -> KeyOrder {
    match parent {
        KeyOrder::TopLevel if key == "nodes" => KeyOrder::OfNodes,
        KeyOrder::OfNodes => KeyOrder::Node,
        _ => KeyOrder::AsWritten,
    }
}

/// The text with its keys in order, each with the comments above it.
pub(super) fn order(text: &str) -> String {
    let Some(root) = tree(text) else {
        return text.to_owned();
    };
    let (lines, scalars) = (Lines::new(text), scalars(text));
    let nodes = root.entries().iter().filter(|entry| entry.key.value == "nodes");
    let nodes = nodes.flat_map(|entry| entry.value.entries());
    let edits = nodes
        .filter(|node| node.value.span.start >= node.key.span.end)
        .filter_map(|node| order_node(text, &lines, &scalars, &node.value));
    let text = apply(text, edits.collect());
    let Some(root) = tree(&text) else {
        return text;
    };
    let edit = order_flow(&text, &Lines::new(&text), &root);
    apply(&text, edit.into_iter().collect())
}

/// The positions of entries once they are in order; nothing when they are already.
fn sequence(entries: &[Entry], order: KeyOrder) -> Option<Vec<usize>> {
    let keys = order.keys()?;
    let rank = |entry: &Entry| {
        let place = keys.iter().position(|key| *key == entry.key.value);
        place.unwrap_or(keys.len())
    };
    if entries.is_sorted_by_key(rank) {
        return None;
    }
    let mut ranked: Vec<(usize, usize)> = entries.iter().map(rank).zip(0..).collect();
    ranked.sort_unstable();
    Some(ranked.into_iter().map(|(_, position)| position).collect())
}

fn order_node(text: &str, lines: &Lines<'_>, scalars: &[Scalar], node: &Yaml) -> Option<Edit> {
    let entries = node.entries();
    let sequence = sequence(entries, KeyOrder::Node)?;
    let range = node.span.range();
    if text.get(range.clone())?.starts_with('{') {
        // The parser's span of it may end behind a comment.
        let range = range.start..behind_closing(text, range.start, scalars)?;
        return order_braces(text, range, entries, &sequence);
    }
    let blocks = Blocks::new(text, lines, entries)?;
    let (first, column) = (*blocks.keys.first()?, blocks.column);
    let mut start = first;
    while start > 0 && lines.is_comment(start - 1) && lines.indentation(start - 1) == column {
        start -= 1;
    }
    // The first key on the line of a dash or behind `? `: no lines of its own.
    if lines.get(first).get(..column)?.contains(|c| c != ' ') {
        return None;
    }
    let end = blocks.end_of_last(text, lines, entries.last()?);
    Some(blocks.moved(lines, start, end, &sequence))
}

fn order_flow(text: &str, lines: &Lines<'_>, root: &Yaml) -> Option<Edit> {
    let entries = root.entries();
    let sequence = sequence(entries, KeyOrder::TopLevel)?;
    if text.get(root.span.range())?.starts_with('{') {
        return None;
    }
    let blocks = Blocks::new(text, lines, entries)?;
    let first = *blocks.keys.first()?;
    let start = end_of_header(lines, first, &entries.first()?.key.value);
    let end = blocks.end_of_last(text, lines, entries.last()?);
    Some(blocks.moved(lines, start, end, &sequence))
}

/// The line behind the comment at the head of the file, which stays there when the first key moves.
fn end_of_header(lines: &Lines<'_>, first: usize, key: &str) -> usize {
    match (0..first).rev().find(|line| !lines.is_comment(*line)) {
        Some(line) => line + 1,
        // Above `brokers:` a comment is about brokers; above the name it is about the flow.
        None if ["twinflow", "name", "description"].contains(&key) => first,
        None => 0,
    }
}

/// `{ b: 2, a: 1 }` on one line.
fn order_braces(text: &str, range: Range<usize>, entries: &[Entry], sequence: &[usize]) -> Option<Edit> {
    let starts = entries.iter().map(|entry| entry.key.span.start as usize);
    let ends = starts.clone().skip(1).chain(std::iter::once(range.end - 1));
    let parts: Vec<&str> = starts
        .clone()
        .zip(ends)
        .map(|(start, end)| text.get(start..end).map(|part| part.trim_end_matches([' ', ','])))
        .collect::<Option<_>>()?;
    let ordered: Vec<&str> = sequence
        .iter()
        .filter_map(|position| parts.get(*position).copied())
        .collect();
    Some(Edit {
        range: starts.min()?..range.end,
        replacement: format!("{} }}", ordered.join(", ")),
    })
}

/// The entries of a block mapping as groups of lines.
struct Blocks {
    /// The line of each key.
    keys: Vec<usize>,
    /// The column of the keys.
    column: usize,
}

impl Blocks {
    fn new(text: &str, lines: &Lines<'_>, entries: &[Entry]) -> Option<Self> {
        let first = entries.first()?.key.span.start as usize;
        let keys: Vec<usize> = entries
            .iter()
            .map(|entry| lines.of(entry.key.span.start as usize))
            .collect();
        let line = text.get(lines.start(lines.of(first))..first)?;
        keys.is_sorted_by(|a, b| a < b).then_some(Self {
            keys,
            column: line.len(),
        })
    }

    /// The line behind the last entry: its value, and comments that are indented as the value is.
    fn end_of_last(&self, text: &str, lines: &Lines<'_>, last: &Entry) -> usize {
        let key = self.keys.last().copied().unwrap_or_default();
        let value_end = last.value.span.end.max(last.key.span.end) as usize;
        let value_end = text.get(..value_end).unwrap_or_default().trim_end().len();
        let mut end = key.max(lines.of(value_end.saturating_sub(1))) + 1;
        let mut next = end;
        while next < lines.count() && (lines.is_blank(next) || lines.indentation(next) > self.column) {
            next += 1;
            if !lines.is_blank(next - 1) {
                end = next;
            }
        }
        end
    }

    /// The line with which each entry begins: that of its key, or of the first comment above it.
    fn starts(&self, lines: &Lines<'_>, first: usize) -> Vec<usize> {
        let above = |key: usize, limit: usize| {
            let belongs = |line: usize| {
                lines.is_blank(line) || lines.is_comment(line) && lines.indentation(line) <= self.column
            };
            (limit + 1..key)
                .rev()
                .take_while(|line| belongs(*line))
                .last()
                .unwrap_or(key)
        };
        let later = self.keys.iter().zip(self.keys.iter().skip(1));
        std::iter::once(first)
            .chain(later.map(|(before, key)| above(*key, *before)))
            .collect()
    }

    /// The lines from `start` to `end` with the entries in the order of `sequence`.
    fn moved(&self, lines: &Lines<'_>, start: usize, end: usize, sequence: &[usize]) -> Edit {
        let starts = self.starts(lines, start);
        let ends = starts.iter().skip(1).copied().chain(std::iter::once(end));
        let blocks: Vec<(bool, Range<usize>)> = starts
            .iter()
            .copied()
            .zip(ends)
            .map(|(from, to)| {
                let first = (from..to).find(|line| !lines.is_blank(*line)).unwrap_or(to);
                (first > from, first..to)
            })
            .collect();
        let is_apart = |position: usize| blocks.get(position).is_some_and(|(is_apart, _)| *is_apart);
        let new_first = sequence.first().copied().unwrap_or_default();
        let mut text = String::new();
        for (place, position) in sequence.iter().copied().enumerate() {
            // The blank line above what is first now goes to what was first before.
            let apart = match position {
                _ if place == 0 => false,
                0 => is_apart(new_first),
                _ => is_apart(position),
            };
            if apart {
                text.push('\n');
            }
            for line in blocks
                .get(position)
                .map(|(_, block)| block.clone())
                .unwrap_or_default()
            {
                text.push_str(lines.get(line));
                text.push('\n');
            }
        }
        Edit {
            range: lines.bytes(&(start..end)),
            replacement: text,
        }
    }
}
