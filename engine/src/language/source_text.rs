//! The texts of a flow, and lines and columns in them.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::span::{SourceId, Span};

/// One text of a flow with the path that messages name it by.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// As the user gave it; messages print it as it is.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
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

impl SourceText {
    /// The line, from 1, that byte `at` is in.
    #[must_use]
    pub fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// The first byte of `line`, which counts from 1; the end of the text beyond the last one.
    #[must_use]
    pub fn line_start(&self, line: usize) -> usize {
        let start = line.checked_sub(1).and_then(|at| self.lines.get(at));
        start.copied().unwrap_or(self.text.len())
    }
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
        let text = text.into();
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        self.texts.push(SourceText {
            path: path.into(),
            lines: std::iter::once(0).chain(starts).collect(),
            text,
        });
        SourceId(u32::try_from(self.texts.len() - 1).unwrap_or(u32::MAX))
    }

    /// The text that was added under this path.
    #[must_use]
    pub fn find(&self, path: &Path) -> Option<SourceId> {
        let at = self.texts.iter().position(|source| source.path == path)?;
        u32::try_from(at).ok().map(SourceId)
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
        let Some(source) = self.get(span.source) else {
            return LineColumn { line: 1, column: 1 };
        };
        let start = (span.start as usize).min(source.text.len());
        let line = source.line_of(start);
        let before = source
            .text
            .get(source.line_start(line)..start)
            .unwrap_or_default();
        LineColumn {
            line,
            column: before.chars().count() + 1,
        }
    }

    /// The path of the text that a span points into.
    #[must_use]
    pub fn path(&self, span: Span) -> Option<&Path> {
        self.get(span.source).map(|s| s.path.as_path())
    }

    /// The texts, the flow's own first.
    pub fn texts(&self) -> impl Iterator<Item = &SourceText> {
        self.texts.iter()
    }

    /// The folder of each text.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        let folder = |text: &SourceText| text.path.parent().unwrap_or(Path::new("")).to_owned();
        self.texts.iter().map(folder).collect()
    }

    /// The place of `part` (a byte range of the scalar's `value`) within the text at `scalar`; of a part of several
    /// lines, its first.
    ///
    /// The whole scalar where the text is spelt unlike the value: behind an escape or an environment variable.
    #[must_use]
    pub fn within(&self, scalar: Span, value: &str, part: Range<usize>) -> Span {
        let raw = self.slice(scalar);
        let place = [0, 1].into_iter().find_map(|quote| {
            let place = place(raw.get(quote..)?, value, &part)?;
            let base = scalar.start as usize + quote;
            Some(Span::new(scalar.source, base + place.start, base + place.end))
        });
        place.unwrap_or(scalar)
    }
}

/// Where `raw` has a part of `value`. YAML takes indentation away and folds lines, so the two may differ in white space.
fn place(raw: &str, value: &str, part: &Range<usize>) -> Option<Range<usize>> {
    let mut letters = raw.char_indices().filter(|(_, c)| !c.is_whitespace());
    let mut place: Option<Range<usize>> = None;
    for (at, c) in value.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        if at >= part.end && place.is_some() {
            break;
        }
        let (raw_at, _) = letters.next().filter(|(_, letter)| *letter == c)?;
        if at >= part.start {
            let letter = raw_at..raw_at + c.len_utf8();
            place = Some(place.map_or(letter.clone(), |place| place.start..letter.end));
        }
    }
    let place = place?;
    let first_line = raw.get(place.clone())?.lines().next()?.trim_end().len();
    Some(place.start..place.start + first_line)
}
