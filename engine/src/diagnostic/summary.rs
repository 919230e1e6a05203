//! The lines below the diagnostics: how many there are, what that means, and where to read more.

use super::{Code, Diagnostic, render};

/// Whether a flow with warnings passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warnings {
    /// It does.
    Allowed,
    /// It does not: a warning counts as an error.
    Denied,
}

/// Whether a flow of which this was said passes.
#[must_use]
pub fn passes(diagnostics: &[Diagnostic], warnings: Warnings) -> bool {
    match warnings {
        Warnings::Allowed => !diagnostics.iter().any(Diagnostic::is_error),
        Warnings::Denied => diagnostics.is_empty(),
    }
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

/// The summary, and that warnings alone keep the flow from passing where they do.
#[must_use]
pub fn verdict(diagnostics: &[Diagnostic], warnings: Warnings) -> Option<String> {
    let summary = summary(diagnostics)?;
    let denied = passes(diagnostics, Warnings::Allowed) && !passes(diagnostics, warnings);
    let note = match diagnostics.len() {
        _ if !denied => "",
        1 => ", which counts as an error here",
        _ => ", which count as errors here",
    };
    Some(format!("{summary}{note}"))
}

/// Where to read more about what was found, or nothing when nothing was.
#[must_use]
pub fn pointer(diagnostics: &[Diagnostic]) -> Option<String> {
    const NAMED: usize = 3;
    let mut codes: Vec<Code> = Vec::new();
    for diagnostic in render::in_order(diagnostics) {
        if !codes.contains(&diagnostic.code) {
            codes.push(diagnostic.code);
        }
    }
    // Errors first: they are what keeps the flow from running.
    codes.sort_by_key(|code| code.id().starts_with('W'));
    let (first, others) = codes.split_first()?;
    let kind = if first.id().starts_with('W') {
        "a warning"
    } else {
        "an error"
    };
    let others: Vec<&str> = others.iter().take(NAMED - 1).map(|code| code.id()).collect();
    let others = match others.as_slice() {
        [] => String::new(),
        [second] => format!(" (or {second})"),
        several => format!(" (or {})", several.join(", ")),
    };
    let first = first.id();
    Some(format!(
        "For more information about {kind}, try `twinflow explain {first}`{others}."
    ))
}
