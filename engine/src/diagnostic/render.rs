//! Diagnostics as a terminal shows them.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Diagnostic;
use super::passwords::{masked, without_passwords};
use crate::language::{SourceId, SourceText, Sources, Span};

/// Whether the output may carry terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// For a terminal.
    Styled,
    /// For files, logs and tests.
    Plain,
}

/// All diagnostics in the order of the text, each with its source line and a caret.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Styled => Renderer::styled(),
        Colour::Plain => Renderer::plain(),
    };
    let mut text = String::new();
    for diagnostic in in_order(diagnostics) {
        let diagnostic = masked(diagnostic);
        let excerpts = Excerpts::new(&diagnostic, sources);
        text.push_str(&renderer.render(&[excerpts.report(sources)]));
        text.push_str("\n\n");
    }
    text
}

/// In the order of the text.
pub(super) fn in_order(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| (diagnostic.span.is_none(), diagnostic.span, diagnostic.code));
    sorted
}

/// A diagnostic with the pieces of text that its snippets are cut from.
struct Excerpts<'a> {
    diagnostic: &'a Diagnostic,
    /// The text of the primary place, then those of related places in other texts.
    pieces: Vec<Excerpt<'a>>,
}

/// The lines of one text from the first to the last of some places.
struct Excerpt<'a> {
    path: Cow<'a, str>,
    text: String,
    first_line: usize,
    marks: Vec<(Range<usize>, AnnotationKind, Option<&'a str>)>,
}

impl<'a> Excerpts<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Self {
        let primary = diagnostic
            .span
            .map(|span| (span, AnnotationKind::Primary, diagnostic.label.as_deref()));
        let related = diagnostic
            .related
            .iter()
            .map(|(span, label)| (*span, AnnotationKind::Context, Some(label.as_str())));
        let mut by_source: Vec<(SourceId, Vec<Mark<'a>>)> = Vec::new();
        for mark in primary.into_iter().chain(related) {
            match by_source.iter_mut().find(|(source, _)| *source == mark.0.source) {
                Some((_, marks)) => marks.push(mark),
                None => by_source.push((mark.0.source, vec![mark])),
            }
        }
        let excerpt = |(source, marks): (SourceId, Vec<Mark<'a>>)| Excerpt::new(sources.get(source)?, &marks);
        Self {
            diagnostic,
            pieces: by_source.into_iter().filter_map(excerpt).collect(),
        }
    }

    fn report<'e>(&'e self, sources: &'e Sources) -> Group<'e> {
        let level = if self.diagnostic.is_error() {
            Level::ERROR
        } else {
            Level::WARNING
        };
        let title = level
            .primary_title(&self.diagnostic.message)
            .id(self.diagnostic.code.id());
        let mut group = Group::with_title(title);
        if let ([], Some(source)) = (self.pieces.as_slice(), sources.get(SourceId(0))) {
            group = group.element(Origin::path(source.path.to_string_lossy()));
        }
        for piece in &self.pieces {
            let mut snippet = Snippet::source(piece.text.as_str())
                .line_start(piece.first_line)
                .path(&*piece.path);
            for (place, kind, label) in &piece.marks {
                snippet = snippet.annotation(kind.span(place.clone()).label(*label));
            }
            group = group.element(snippet);
        }
        with_help(group, self.diagnostic)
    }
}

type Mark<'a> = (Span, AnnotationKind, Option<&'a str>);

impl<'a> Excerpt<'a> {
    /// Only the lines from the first mark to the last: a snippet costs as much as the text that it is cut from.
    fn new(source: &'a SourceText, marks: &[Mark<'a>]) -> Option<Self> {
        let places: Vec<Range<usize>> = marks
            .iter()
            .map(|(span, ..)| visible(&source.text, *span))
            .collect();
        let first = places.iter().map(|place| place.start).min()?;
        let last = places.iter().map(|place| place.end).max()?;
        let first_line = source.line_of(first);
        let start = source.line_start(first_line);
        let end = source.line_start(source.line_of(last) + 1);
        Some(Self {
            path: source.path.to_string_lossy(),
            text: without_passwords(source.text.get(start..end).unwrap_or_default()),
            first_line,
            marks: places
                .into_iter()
                .zip(marks)
                .map(|(place, (_, kind, label))| (place.start - start..place.end - start, *kind, *label))
                .collect(),
        })
    }
}

fn with_help<'a>(mut group: Group<'a>, diagnostic: &'a Diagnostic) -> Group<'a> {
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// The first line of a span, on character boundaries: a caret under ten lines of YAML says nothing.
fn visible(text: &str, span: Span) -> Range<usize> {
    let mut start = (span.start as usize).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let line_end = text
        .get(start..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |at| start + at);
    let mut end = (span.end as usize).clamp(start, line_end);
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}
