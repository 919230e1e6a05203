//! What the checks tell the user.

mod code;
mod github;
mod json;
mod passwords;
mod render;
mod summary;

pub use code::Code;
pub use github::github;
pub use json::json;
pub(crate) use passwords::without_passwords;
pub use passwords::without_secrets;
pub use render::{Colour, render};
pub use summary::{Warnings, passes, pointer, summary, verdict};

use crate::language::Span;

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// What it is about.
    pub code: Code,
    /// The place; nothing when it concerns the file as a whole.
    pub span: Option<Span>,
    /// What is wrong: what was found, what was expected.
    pub message: String,
    /// A few words beside the caret.
    pub label: Option<String>,
    /// Other places that belong to it, such as the other end of a wire.
    pub related: Vec<(Span, String)>,
    /// How to mend it.
    pub help: Vec<String>,
    /// A replacement that mends it, when there is a single one.
    pub fix: Option<Fix>,
}

/// Text to put in place of a span.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What to replace.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

impl Diagnostic {
    /// A finding at `span`.
    pub fn new(code: Code, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self {
            code,
            span: span.into(),
            message: message.into(),
            label: None,
            related: Vec::new(),
            help: Vec::new(),
            fix: None,
        }
    }

    /// Adds words beside the caret.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn with_related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    /// Adds a way to mend it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds the replacement that mends it.
    #[must_use]
    pub fn with_fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix {
            span,
            replacement: replacement.into(),
        });
        self
    }

    /// Whether the flow cannot run because of it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.code.id().starts_with('E')
    }
}

/// User text as a message quotes it: one line, not too long, without the passwords of addresses.
#[must_use]
pub fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    // Hidden before it is cut: half an address no longer shows what in it is the password.
    let text = passwords::without_passwords(text);
    let mut line: String = text
        .chars()
        .take(SHOWN)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        line.push('…');
    }
    line
}
