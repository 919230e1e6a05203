//! Diagnostics as a terminal shows them.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Diagnostic;
use crate::language::{Sources, Span};

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
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| (diagnostic.span.is_none(), diagnostic.span, diagnostic.code));
    let mut text = String::new();
    for diagnostic in sorted {
        text.push_str(&renderer.render(&report(diagnostic, sources)));
        text.push_str("\n\n");
    }
    text
}

/// `2 errors and 1 warning`, or nothing when there are none.
#[must_use]
pub fn summary(diagnostics: &[Diagnostic]) -> Option<String> {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let count = |number: usize, name: &str| match number {
        0 => None,
        1 => Some(format!("1 {name}")),
        _ => Some(format!("{number} {name}s")),
    };
    match (count(errors, "error"), count(warnings, "warning")) {
        (Some(errors), Some(warnings)) => Some(format!("{errors} and {warnings}")),
        (some, None) | (None, some) => some,
    }
}

fn report<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let level = if diagnostic.is_error() {
        Level::ERROR
    } else {
        Level::WARNING
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.id());
    let Some(span) = diagnostic.span else {
        let mut group = Group::with_title(title);
        if let Some(source) = sources.get(crate::language::SourceId(0)) {
            group = group.element(Origin::path(source.path.to_string_lossy()));
        }
        return vec![with_help(group, diagnostic)];
    };
    let mut group = Group::with_title(title);
    let mut snippet = snippet(sources, span);
    snippet = snippet.annotation(
        AnnotationKind::Primary
            .span(visible(sources, span))
            .label(diagnostic.label.as_deref()),
    );
    let (here, elsewhere): (Vec<_>, Vec<_>) = diagnostic
        .related
        .iter()
        .partition(|(place, _)| place.source == span.source);
    for (place, label) in here {
        snippet = snippet.annotation(
            AnnotationKind::Context
                .span(visible(sources, *place))
                .label(label.as_str()),
        );
    }
    group = group.element(snippet);
    for (place, label) in elsewhere {
        group = group.element(
            self::snippet(sources, *place).annotation(
                AnnotationKind::Context
                    .span(visible(sources, *place))
                    .label(label.as_str()),
            ),
        );
    }
    vec![with_help(group, diagnostic)]
}

fn snippet<'a>(sources: &'a Sources, span: Span) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    match sources.get(span.source) {
        Some(source) => Snippet::source(&source.text).path(source.path.to_string_lossy()),
        None => Snippet::source(""),
    }
}

fn with_help<'a>(mut group: Group<'a>, diagnostic: &'a Diagnostic) -> Group<'a> {
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// The first line of a span, on character boundaries: a caret under ten lines of YAML says nothing.
fn visible(sources: &Sources, span: Span) -> std::ops::Range<usize> {
    let Some(source) = sources.get(span.source) else {
        return 0..0;
    };
    let text = &source.text;
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
