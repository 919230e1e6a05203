//! The texts of a flow, and lines and columns in them.

use std::path::{Path, PathBuf};

use super::span::{SourceId, Span};

/// One text of a flow with the path that messages name it by.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// As the user gave it; messages print it as it is.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

/// All texts of one flow; a [`Span`] points into one of them.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    texts: Vec<SourceText>,
}

/// A position as editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Sources {
    /// A flow of one text.
    #[must_use]
    pub fn single(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let mut sources = Self::default();
        sources.add(path, text);
        sources
    }

    /// Adds a text and names it.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> SourceId {
        self.texts.push(SourceText {
            path: path.into(),
            text: text.into(),
        });
        SourceId(u32::try_from(self.texts.len() - 1).unwrap_or(u32::MAX))
    }

    /// The text behind `id`.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&SourceText> {
        self.texts.get(id.0 as usize)
    }

    /// The text that a span covers, or nothing when the span is not of these sources.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source)
            .and_then(|s| s.text.get(span.range()))
            .unwrap_or_default()
    }

    /// Line and column of a span's first character.
    #[must_use]
    pub fn line_column(&self, span: Span) -> LineColumn {
        let text = self.get(span.source).map_or("", |s| s.text.as_str());
        let before = text.get(..span.start as usize).unwrap_or(text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        LineColumn { line, column }
    }

    /// The path of the text that a span points into.
    #[must_use]
    pub fn path(&self, span: Span) -> Option<&Path> {
        self.get(span.source).map(|s| s.path.as_path())
    }

    /// The place of `part` (a byte range of the scalar's `value`) within the text at `scalar`.
    ///
    /// Exact for plain scalars, quoted ones without escapes, and block scalars; the whole scalar otherwise.
    #[must_use]
    pub fn within(&self, scalar: Span, value: &str, part: std::ops::Range<usize>) -> Span {
        let raw = self.slice(scalar);
        for quote in [0, 1] {
            if raw.get(quote..).is_some_and(|r| r.starts_with(value)) {
                let base = scalar.start as usize + quote;
                return Span::new(scalar.source, base + part.start, base + part.end);
            }
        }
        self.within_block(scalar, value, part).unwrap_or(scalar)
    }

    /// A block scalar (`|`): its lines stand in the text one below the other, all indented by the same amount.
    fn within_block(&self, scalar: Span, value: &str, part: std::ops::Range<usize>) -> Option<Span> {
        let text = &self.get(scalar.source)?.text;
        let before = value.get(..part.start)?;
        let line_number = before.matches('\n').count();
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let mut start = text
            .get(..scalar.start as usize)?
            .rfind('\n')
            .map_or(0, |at| at + 1);
        // The span starts at the indicator or at the first content line, depending on the parser: find the first line
        // whose content is the value's first line.
        let first = value.lines().next()?;
        loop {
            let line = text.get(start..)?.lines().next()?;
            if line.trim_start() == first.trim_start() && !first.trim().is_empty() {
                break;
            }
            start += line.len() + 1;
            if start > scalar.end as usize {
                return None;
            }
        }
        let first_line = text.get(start..)?.lines().next()?;
        let indent =
            first_line.len() - first_line.trim_start().len() - (first.len() - first.trim_start().len());
        for _ in 0..line_number {
            start += text.get(start..)?.find('\n')? + 1;
        }
        let at = start + indent + column;
        Some(Span::new(scalar.source, at, at + part.len()))
    }
}
