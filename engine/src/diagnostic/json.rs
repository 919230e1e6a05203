//! Diagnostics for programs: editors, scripts, whatever keeps a list of what is wrong.

use std::path::Path;

use serde::Serialize;

use super::passwords::masked;
use super::render::in_order;
use super::{Diagnostic, Warnings, passes};
use crate::language::{Sources, Span};

/// What was found in one flow.
#[derive(Serialize)]
struct Report {
    flow: String,
    ok: bool,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Finding>,
}

#[derive(Serialize)]
struct Finding {
    code: &'static str,
    severity: &'static str,
    message: String,
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    label: Option<String>,
    help: Vec<String>,
    related: Vec<Related>,
    fix: Option<Replacement>,
}

/// Lines and columns count from 1, columns in characters; the end is the place behind the last character.
#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Related {
    file: String,
    line: usize,
    column: usize,
    message: String,
}

#[derive(Serialize)]
struct Replacement {
    file: String,
    #[serde(flatten)]
    place: Place,
    replacement: String,
}

/// One JSON document about the flow at `flow`, in the order of its text. What concerns the file as a whole has `null` for its place.
#[must_use]
pub fn json(flow: &Path, diagnostics: &[Diagnostic], sources: &Sources, warnings: Warnings) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let report = Report {
        flow: flow.display().to_string(),
        ok: passes(diagnostics, warnings),
        errors,
        warnings: diagnostics.len() - errors,
        diagnostics: in_order(diagnostics)
            .into_iter()
            .map(|diagnostic| finding(flow, masked(diagnostic), sources))
            .collect(),
    };
    // Texts and numbers: there is nothing in it that JSON could not say.
    serde_json::to_string_pretty(&report).unwrap_or_default()
}

fn finding(flow: &Path, diagnostic: Diagnostic, sources: &Sources) -> Finding {
    let file = |span: Option<Span>| {
        let path = span.and_then(|span| sources.path(span)).unwrap_or(flow);
        path.display().to_string()
    };
    let place = diagnostic.span.map(|span| place_of(span, sources));
    let severity = if diagnostic.is_error() { "error" } else { "warning" };
    let related = diagnostic.related.into_iter().map(|(span, message)| {
        let start = sources.line_column(span);
        Related {
            file: file(Some(span)),
            line: start.line,
            column: start.column,
            message,
        }
    });
    Finding {
        code: diagnostic.code.id(),
        severity,
        message: diagnostic.message,
        file: file(diagnostic.span),
        line: place.as_ref().map(|place| place.line),
        column: place.as_ref().map(|place| place.column),
        end_line: place.as_ref().map(|place| place.end_line),
        end_column: place.as_ref().map(|place| place.end_column),
        label: diagnostic.label,
        help: diagnostic.help,
        related: related.collect(),
        fix: diagnostic.fix.map(|fix| Replacement {
            file: file(Some(fix.span)),
            place: place_of(fix.span, sources),
            replacement: fix.replacement,
        }),
    }
}

fn place_of(span: Span, sources: &Sources) -> Place {
    let start = sources.line_column(span);
    let end = sources.line_column(Span {
        start: span.end,
        ..span
    });
    Place {
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
