//! The scalars of a text and where they stand, and the comments between them.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::lines::Lines;
use crate::language::written_length;

/// A scalar in the text.
#[derive(Clone, Debug)]
pub(super) enum Scalar {
    /// Without quotes.
    Plain(Range<usize>),
    /// With its quotes.
    Quoted(Range<usize>),
    /// The lines below a `|` or `>`.
    Block(Block),
}

/// A block scalar.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The byte of its first letter.
    pub start: usize,
    /// Its lines; of those that are empty at its end, only the ones that it keeps.
    pub lines: Range<usize>,
    /// The indentation of its first line.
    pub indentation: usize,
    /// Whether a number behind `|` says its indentation.
    pub is_explicit: bool,
}

/// All scalars in the order of the text; those before the mistake when it is not YAML.
pub(super) fn scalars(text: &str) -> Vec<Scalar> {
    let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let byte = |character: usize| offsets.get(character).copied().unwrap_or(text.len());
    let lines = Lines::new(text);
    let mut scalars = Vec::new();
    let mut parser = Parser::new_from_str(text);
    while let Some(Ok((event, span))) = parser.next_event() {
        let Event::Scalar(_, style, ..) = event else {
            if event == Event::StreamEnd {
                break;
            }
            continue;
        };
        let start = byte(span.start.index());
        let covered = text.get(start..byte(span.end.index())).unwrap_or_default();
        // The parser's spans go on to the next token, over spaces and a comment.
        let range = start..start + covered.trim_end().len();
        scalars.push(match style {
            ScalarStyle::Plain => Scalar::Plain(range),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                Scalar::Quoted(start..start + written_length(covered, style))
            }
            ScalarStyle::Literal | ScalarStyle::Folded => Scalar::Block(block(&lines, &range)),
        });
    }
    scalars
}

/// The block scalar whose first letter is at the start of `range`.
fn block(lines: &Lines<'_>, range: &Range<usize>) -> Block {
    let first = lines.of(range.start);
    if range.is_empty() {
        return Block {
            start: range.start,
            lines: first..first,
            indentation: 0,
            is_explicit: false,
        };
    }
    let mut start = first;
    while start > 0 && lines.is_blank(start - 1) {
        start -= 1;
    }
    let header = lines.get(start.saturating_sub(1));
    let indicator = header.split(" #").next().unwrap_or_default().trim_end();
    let marks = indicator.rsplit(['|', '>']).next().unwrap_or_default();
    let indentation = lines.indentation(first);
    let mut end = first + 1;
    let mut last = end;
    while end < lines.count() && (lines.is_blank(end) || lines.indentation(end) >= indentation) {
        end += 1;
        if !lines.is_blank(end - 1) {
            last = end;
        }
    }
    // Behind the last line end there is no line.
    let kept = if end == lines.count() && lines.get(end - 1).is_empty() {
        end - 1
    } else {
        end
    };
    Block {
        start: range.start,
        lines: start..if marks.contains('+') { kept.max(last) } else { last },
        indentation,
        is_explicit: marks.contains(|c: char| c.is_ascii_digit()),
    }
}

/// The byte behind the bracket that closes the one at `start`, on the same line. Those within `scalars`, which are all of
/// the text's, are text.
pub(super) fn behind_closing(text: &str, start: usize, scalars: &[Scalar]) -> Option<usize> {
    let first = scalars.partition_point(|scalar| match scalar {
        Scalar::Plain(range) | Scalar::Quoted(range) => range.start < start,
        Scalar::Block(block) => block.start < start,
    });
    let within = scalars.get(first..)?.iter().map_while(|scalar| match scalar {
        Scalar::Plain(range) | Scalar::Quoted(range) => Some(range.clone()),
        Scalar::Block(_) => None,
    });
    let mut depth = 0_usize;
    let mut from = start;
    for range in within.chain(std::iter::once(text.len()..text.len())) {
        for (at, letter) in text.get(from..range.start)?.char_indices() {
            match letter {
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.checked_sub(1)?,
                // A comment may hold brackets, and ends the line.
                '#' | '\n' => return None,
                _ => {}
            }
            if depth == 0 {
                return Some(from + at + 1);
            }
        }
        from = range.end;
    }
    None
}

/// The comments, from their `#` on, without spaces at their ends.
pub(super) fn comments(text: &str) -> Vec<&str> {
    let lines = Lines::new(text);
    let mut comments = Vec::new();
    let mut from = 0;
    let taken = scalars(text).into_iter().map(|scalar| match scalar {
        Scalar::Plain(range) | Scalar::Quoted(range) => range,
        Scalar::Block(block) => lines.bytes(&block.lines),
    });
    for range in taken.chain(std::iter::once(text.len()..text.len())) {
        between(text, from..range.start.max(from), &mut comments);
        from = range.end.max(from);
    }
    comments
}

/// Adds the comments of a part of the text in which no scalar stands.
fn between<'t>(text: &'t str, part: Range<usize>, comments: &mut Vec<&'t str>) {
    let mut from = part.start;
    while let Some(found) = text.get(from..part.end).and_then(|rest| rest.find('#')) {
        let at = from + found;
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let line = text
            .get(at..)
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        // A `#` within a word, such as that of a tag, begins no comment.
        if before.is_none_or(char::is_whitespace) {
            comments.push(line.trim_end());
            from = at + line.len();
        } else {
            from = at + 1;
        }
        if from > part.end {
            break;
        }
    }
}
