//! `{ … }` and `[ … ]`, over as many lines as they take.

use std::ops::Range;

use super::block::Reader;
use super::{Shape, comment, quoted};

/// The braces that are open while lines are read.
#[derive(Debug, Default)]
pub(super) struct Braces {
    /// The items whose brace is open, the innermost last.
    open: Vec<usize>,
    /// The item of the innermost that is being written.
    current: Option<usize>,
    /// The column of the key before the outermost.
    pub column: usize,
}

impl Braces {
    pub fn are_open(&self) -> bool {
        !self.open.is_empty()
    }

    pub fn forget(&mut self) {
        self.open.clear();
        self.current = None;
    }
}

/// Opens the brace at byte `at`, which is the value of `item`.
pub(super) fn open(reader: &mut Reader<'_>, item: usize, at: usize) {
    let shape = if reader.sketch.slice(&(at..at + 1)) == "{" {
        Shape::Mapping
    } else {
        Shape::Sequence
    };
    if let Some(item) = reader.sketch.items.get_mut(item) {
        item.shape = shape;
        item.value = at..at;
        item.region = at + 1..at + 1;
    }
    reader.braces.open.push(item);
    reader.braces.current = None;
}

/// Reads a line, or the rest of one, while braces are open.
pub(super) fn read(reader: &mut Reader<'_>, line: Range<usize>) {
    let text = reader.sketch.slice(&line);
    let line = line.start..line.start + comment(text);
    let mut at = line.start;
    while reader.braces.are_open() {
        let rest = reader.sketch.slice(&(at..line.end));
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let Some(first) = trimmed.chars().next() else {
            break;
        };
        match first {
            ',' => {
                finish(reader, at);
                at += 1;
            }
            '}' | ']' => {
                finish(reader, at);
                close(reader, at);
                at += 1;
            }
            '{' | '[' => {
                let item = match reader.braces.current.filter(|item| is_due(reader, *item)) {
                    Some(item) => item,
                    None => add(reader, None, at),
                };
                open(reader, item, at);
                at += 1;
            }
            ':' if colon(reader, at + 1) => at += 1,
            _ => {
                let (inside, length) = quoted(trimmed).unwrap_or_else(|| plain(trimmed));
                word(reader, at + inside.start..at + inside.end);
                at += length;
            }
        }
    }
    // What is still open goes on to here at least.
    let open = reader.braces.open.iter().copied().chain(reader.braces.current);
    for item in open.collect::<Vec<_>>() {
        stretch(reader, item, line.end);
    }
}

/// Whether `item` has a colon and no value yet.
fn is_due(reader: &Reader<'_>, item: usize) -> bool {
    let item = reader.sketch.get(item);
    item.is_some_and(|item| item.has_colon && item.shape == Shape::Open)
}

fn add(reader: &mut Reader<'_>, key: Option<Range<usize>>, at: usize) -> usize {
    let parent = reader.braces.open.last().copied();
    let item = reader.sketch.push(parent, key, at, None);
    reader.braces.current = Some(item);
    item
}

/// A key, or a value.
fn word(reader: &mut Reader<'_>, range: Range<usize>) {
    let is_mapping = reader
        .braces
        .open
        .last()
        .and_then(|open| reader.sketch.get(*open));
    let is_mapping = is_mapping.is_some_and(|open| open.shape == Shape::Mapping);
    let item = match reader.braces.current {
        Some(item) if is_due(reader, item) => item,
        // A second word where a comma is missing.
        Some(_) if !is_mapping => return,
        _ if is_mapping => {
            let end = range.end;
            add(reader, Some(range), end);
            return;
        }
        _ => add(reader, None, range.start),
    };
    if let Some(item) = reader.sketch.items.get_mut(item) {
        item.shape = Shape::Scalar;
        item.region.end = range.end;
        item.value = range;
    }
}

/// A colon behind the key that was read last; whether there is one.
fn colon(reader: &mut Reader<'_>, behind: usize) -> bool {
    let current = reader.braces.current;
    match current.and_then(|item| reader.sketch.items.get_mut(item)) {
        Some(item) if item.key.is_some() && !item.has_colon => {
            item.has_colon = true;
            item.region = behind..behind;
            item.value = behind..behind;
            true
        }
        _ => false,
    }
}

/// Ends the item that is being written.
fn finish(reader: &mut Reader<'_>, at: usize) {
    if let Some(item) = reader.braces.current.take() {
        stretch(reader, item, at);
    }
}

/// Closes the innermost brace.
fn close(reader: &mut Reader<'_>, at: usize) {
    let item = reader.braces.open.pop();
    if let Some(item) = item.and_then(|item| reader.sketch.items.get_mut(item)) {
        item.region.end = at;
    }
}

fn stretch(reader: &mut Reader<'_>, item: usize, to: usize) {
    let item = reader.sketch.items.get_mut(item);
    if let Some(item) = item.filter(|item| item.key.is_none() || item.has_colon) {
        item.region.end = item.region.end.max(to);
    }
}

/// The plain text at the start of `text`, at least one character of it.
fn plain(text: &str) -> (Range<usize>, usize) {
    let mut end = text.len();
    for (at, c) in text.char_indices().skip(1) {
        let after = text.get(at + 1..).unwrap_or_default();
        let is_colon = c == ':' && (after.is_empty() || after.starts_with([' ', '\t', ',', '}', ']']));
        if matches!(c, ',' | '{' | '}' | '[' | ']') || is_colon {
            end = at;
            break;
        }
    }
    let length = text.get(..end).unwrap_or_default().trim_end().len();
    (0..length, end)
}
