//! What a node type has at hand while it checks one node.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::formula::syntax::Expression;
use crate::formula::{self, FormulaError};
use crate::language::{Document, Environment, FileState, SourceId, Sources, Span, Spanned, listed, nearest};
use crate::schema::{Field, Schema};
use crate::unit::{KNOWN_UNITS, Unit};

/// How far a check may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// At the text alone.
    Static,
    /// Also at the files that it names: models, certificates.
    Environment,
    /// Also whether its brokers answer.
    Network,
}

/// The check of one node.
pub struct Check<'a> {
    pub(crate) id: &'a Spanned<String>,
    pub(crate) node_type: &'a Spanned<String>,
    pub(crate) input: Option<Arc<Schema>>,
    pub(crate) document: &'a Document,
    pub(crate) sources: &'a mut Sources,
    pub(crate) environment: &'a dyn Environment,
    pub(crate) level: Level,
    pub(crate) claims: &'a mut HashMap<String, Span>,
    pub(crate) uses: Vec<String>,
    pub(crate) files: &'a mut Vec<FileState>,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Check<'_> {
    /// The node's name.
    #[must_use]
    pub fn id(&self) -> &Spanned<String> {
        self.id
    }

    /// The flow's name.
    #[must_use]
    pub fn flow(&self) -> &str {
        &self.document.name
    }

    /// Where `type:` stands: the place for what concerns the node as a whole.
    #[must_use]
    pub fn span(&self) -> Span {
        self.node_type.span
    }

    /// The records that arrive. A source gets an empty schema.
    #[must_use]
    pub fn input(&self) -> Arc<Schema> {
        self.input.clone().unwrap_or_default()
    }

    /// Reports a finding.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// A path as the flow means it: relative to the file that it stands in.
    #[must_use]
    pub fn path(&self, relative: &Spanned<String>) -> PathBuf {
        self.folder(relative.span).join(&relative.value)
    }

    /// The folder of the file that `place` is in.
    #[must_use]
    pub fn folder(&self, place: Span) -> &Path {
        let path = self.sources.path(place).and_then(Path::parent);
        path.unwrap_or(Path::new(""))
    }

    /// Whether files may be opened.
    #[must_use]
    pub fn may_read_files(&self) -> bool {
        self.level != Level::Static
    }

    /// Reads a unit, or reports why it cannot.
    pub fn unit(&mut self, text: &Spanned<String>) -> Option<Unit> {
        match Unit::parse(text) {
            Ok(unit) => Some(unit),
            Err(error) => {
                let diagnostic = Diagnostic::new(Code::UnknownUnit, text.span, error.to_string());
                self.report(diagnostic.with_help(KNOWN_UNITS));
                None
            }
        }
    }

    /// Reads a formula, or reports why it cannot.
    pub fn formula(&mut self, text: &Spanned<String>) -> Option<Expression> {
        match formula::parse(text) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.report_formula(text, vec![error]);
                None
            }
        }
    }

    /// Reports what is wrong with a formula, each at its column.
    pub fn report_formula(&mut self, text: &Spanned<String>, errors: Vec<FormulaError>) {
        for error in errors {
            let span = self.within(text, error.range);
            let mut diagnostic = Diagnostic::new(error.code, span, error.message);
            if let Some(help) = error.help {
                diagnostic = diagnostic.with_help(help);
            }
            self.report(diagnostic);
        }
    }

    /// The place of a part of a text value.
    #[must_use]
    pub fn within(&self, text: &Spanned<String>, part: Range<usize>) -> Span {
        self.sources.within(text.span, &text.value, part)
    }

    /// The field of the arriving records that `name` means, or a report of the fields that there are. Where a mistake
    /// before keeps the fields from being known ([`Schema::is_partial`]), nothing is reported.
    pub fn field(&mut self, name: &Spanned<String>) -> Option<(usize, Field)> {
        let input = self.input();
        if let Some((slot, field)) = input.field(name) {
            return Some((slot, field.clone()));
        }
        if input.is_partial() {
            return None;
        }
        let mut diagnostic = Diagnostic::new(
            Code::UnknownRecordField,
            name.span,
            format!(
                "the records that arrive at `{}` have no field `{}`",
                self.id.value,
                crate::diagnostic::shortened(name)
            ),
        );
        if let Some(meant) = nearest(name, input.names()) {
            diagnostic = diagnostic
                .with_label(format!("did you mean `{meant}`?"))
                .with_fix(name.span, meant);
        }
        self.report(diagnostic.with_help(format!("their fields are {}", listed(input.names()))));
        None
    }

    /// Adds a field that the node computes, or reports that the record has one of that name.
    pub fn extend(&mut self, schema: &mut Schema, field: Field, span: Span) -> Option<usize> {
        let name = field.name.to_string();
        if let Ok(slot) = schema.try_push(field) {
            return Some(slot);
        }
        self.report(
            Diagnostic::new(
                Code::FieldTaken,
                span,
                format!("the record already has a field `{name}`"),
            )
            .with_help("give the new one another name"),
        );
        None
    }

    /// The address of the broker that `name` means, or a report of the brokers that there are.
    pub fn broker(&mut self, name: &Spanned<String>) -> Option<String> {
        let brokers = &self.document.brokers;
        if let Some((_, address)) = brokers.iter().find(|(known, _)| known.value == name.value) {
            self.uses.push(address.value.clone());
            return Some(address.value.clone());
        }
        if self.document.unread_brokers.contains(&name.value) {
            return None;
        }
        let known = || brokers.iter().map(|(name, _)| name.value.as_str());
        let shown = crate::diagnostic::shortened(name);
        let mut diagnostic = Diagnostic::new(
            Code::UnknownBroker,
            name.span,
            format!("the flow has no broker `{shown}`"),
        );
        if let Some(meant) = nearest(name, known()) {
            diagnostic = diagnostic
                .with_label(format!("did you mean `{meant}`?"))
                .with_fix(name.span, meant);
        }
        let help = if brokers.is_empty() {
            format!("add `brokers: {{ {shown}: embedded }}` at the top of the file")
        } else {
            format!("`brokers:` defines {}", listed(known()))
        };
        self.report(diagnostic.with_help(help));
        None
    }

    /// Notes a file that the node is made with, before it is read: when it is another one, the node is not the same, and a
    /// flow that follows its files is checked again.
    pub fn uses_file(&mut self, path: &Path) {
        let state = FileState::now(path);
        self.uses.push(state.to_string());
        if !self.files.contains(&state) {
            self.files.push(state);
        }
    }

    /// Reads a text that belongs to the flow although it stands in a file of its own, such as a scenario, or reports why it
    /// cannot. It becomes one of the flow's texts: findings can point into it, and another text is another flow.
    pub fn text(&mut self, name: &Spanned<String>) -> Option<(SourceId, String)> {
        let path = self.path(name);
        let known = self.sources.find(&path);
        let text = match known.and_then(|id| self.sources.get(id)) {
            Some(source) => Ok(source.text.clone()),
            None => self.environment.read(&path),
        };
        match text {
            Ok(text) => {
                let source = known.unwrap_or_else(|| self.sources.add(&path, text.as_str()));
                self.uses.push(text.clone());
                Some((source, text))
            }
            Err(reason) => {
                // So that it is looked for again when it is there.
                self.uses_file(&path);
                let message = format!("{} cannot be read: {reason}", path.display());
                let diagnostic = Diagnostic::new(Code::File, name.span, message);
                self.report(diagnostic.with_help("paths are relative to the flow file"));
                None
            }
        }
    }

    /// Claims something that only one node may use, such as a file to write; reports who has it already.
    pub fn claim(&mut self, resource: &str, span: Span) -> bool {
        if let Some(first) = self.claims.get(resource) {
            let diagnostic = Diagnostic::new(Code::ResourceTaken, span, format!("two nodes use {resource}"))
                .with_related(*first, "the first one")
                .with_help("give each its own");
            self.report(diagnostic);
            return false;
        }
        self.claims.insert(resource.to_owned(), span);
        true
    }
}
