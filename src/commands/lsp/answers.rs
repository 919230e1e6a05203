//! What the engine says, in the protocol's words.

use std::collections::HashMap;

use tower_lsp_server::ls_types::{
    CodeAction, CodeActionKind, CompletionItem, CompletionItemKind, CompletionTextEdit, Diagnostic,
    DiagnosticRelatedInformation, DiagnosticSeverity, DocumentSymbol, Documentation, Hover, HoverContents,
    InsertTextFormat, InsertTextMode, Location, MarkupContent, MarkupKind, NumberOrString, Position, Range,
    SymbolKind as LspSymbolKind, TextEdit, Uri, WorkspaceEdit,
};
use twinflow_engine::assist::{self, Completion, CompletionKind, Symbol, SymbolKind};
use twinflow_engine::diagnostic::Diagnostic as Finding;
use twinflow_engine::language::{SourceId, Span};

use super::documents::Findings;
use super::positions::Lines;

/// The findings of the flow at `uri`: of thousands, which only a broken file has, the first.
pub fn diagnostics(uri: &Uri, text: &str, findings: &Findings) -> Vec<Diagnostic> {
    const MOST: usize = 1000;
    let lines = Lines::new(text);
    let all = findings.diagnostics.iter().take(MOST);
    all.map(|finding| diagnostic(uri, &lines, findings, finding))
        .collect()
}

fn diagnostic(uri: &Uri, lines: &Lines<'_>, findings: &Findings, finding: &Finding) -> Diagnostic {
    let location = |(span, label): &(Span, String)| {
        Some(DiagnosticRelatedInformation {
            location: location(uri, lines, findings, *span)?,
            message: label.clone(),
        })
    };
    let related: Vec<_> = finding.related.iter().filter_map(location).collect();
    let beside = finding.label.iter().chain(&finding.help);
    let message: Vec<&str> = std::iter::once(&finding.message)
        .chain(beside)
        .map(String::as_str)
        .collect();
    Diagnostic {
        range: place(lines, finding.span),
        severity: Some(if finding.is_error() {
            DiagnosticSeverity::ERROR
        } else {
            DiagnosticSeverity::WARNING
        }),
        code: Some(NumberOrString::String(finding.code.id().to_owned())),
        source: Some("twinflow".to_owned()),
        message: message.join("\n"),
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

/// A place in the open text; its beginning for what concerns the file as a whole.
fn place(lines: &Lines<'_>, span: Option<Span>) -> Range {
    match span {
        Some(span) if span.source == SourceId(0) => lines.range(&span.range()),
        _ => Range::new(Position::new(0, 0), Position::new(0, 0)),
    }
}

fn location(uri: &Uri, lines: &Lines<'_>, findings: &Findings, span: Span) -> Option<Location> {
    if span.source == SourceId(0) {
        return Some(Location::new(uri.clone(), lines.range(&span.range())));
    }
    let source = findings.sources.get(span.source)?;
    let uri = Uri::from_file_path(&source.path)?;
    Some(Location::new(uri, Lines::new(&source.text).range(&span.range())))
}

/// The replacements that mend what is found in `range`.
pub fn code_actions(uri: &Uri, text: &str, findings: &Findings, range: Range) -> Vec<CodeAction> {
    let lines = Lines::new(text);
    let action = |finding: &Finding| {
        let fix = finding
            .fix
            .as_ref()
            .filter(|fix| fix.span.source == SourceId(0))?;
        let diagnostic = diagnostic(uri, &lines, findings, finding);
        let is_there = diagnostic.range.start <= range.end && range.start <= diagnostic.range.end;
        let edit = TextEdit::new(lines.range(&fix.span.range()), fix.replacement.clone());
        is_there.then(|| CodeAction {
            title: format!("Replace with `{}`", fix.replacement),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![diagnostic]),
            edit: Some(WorkspaceEdit {
                changes: Some(HashMap::from([(uri.clone(), vec![edit])])),
                ..WorkspaceEdit::default()
            }),
            is_preferred: Some(true),
            ..CodeAction::default()
        })
    };
    findings.diagnostics.iter().filter_map(action).collect()
}

/// Completions in their order; `has_snippets` says whether the editor can place the cursor within what it inserts.
pub fn completions(text: &str, completions: Vec<Completion>, has_snippets: bool) -> Vec<CompletionItem> {
    let lines = Lines::new(text);
    let item = |(number, completion): (usize, Completion)| {
        let is_snippet = has_snippets && completion.caret < completion.insert.len();
        let insert = if is_snippet {
            snippet(&completion)
        } else {
            completion.insert.clone()
        };
        CompletionItem {
            kind: Some(item_kind(completion.kind)),
            detail: completion.detail,
            documentation: completion
                .about
                .map(|about| Documentation::MarkupContent(markdown(about))),
            sort_text: Some(format!("{number:05}")),
            filter_text: Some(completion.label.clone()),
            insert_text_format: Some(if is_snippet {
                InsertTextFormat::SNIPPET
            } else {
                InsertTextFormat::PLAIN_TEXT
            }),
            // What is inserted has its indentation already.
            insert_text_mode: insert.contains('\n').then_some(InsertTextMode::AS_IS),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(
                lines.range(&completion.replace),
                insert,
            ))),
            label: completion.label,
            ..CompletionItem::default()
        }
    };
    completions.into_iter().enumerate().map(item).collect()
}

fn snippet(completion: &Completion) -> String {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}");
    match completion.insert.split_at_checked(completion.caret) {
        Some((before, behind)) => format!("{}$0{}", escaped(before), escaped(behind)),
        None => escaped(&completion.insert),
    }
}

fn item_kind(kind: CompletionKind) -> CompletionItemKind {
    match kind {
        CompletionKind::Key => CompletionItemKind::PROPERTY,
        CompletionKind::NodeType => CompletionItemKind::CLASS,
        CompletionKind::Node => CompletionItemKind::VARIABLE,
        CompletionKind::Broker => CompletionItemKind::MODULE,
        CompletionKind::Field => CompletionItemKind::FIELD,
        CompletionKind::Function => CompletionItemKind::FUNCTION,
        CompletionKind::Unit => CompletionItemKind::UNIT,
        CompletionKind::Word => CompletionItemKind::KEYWORD,
    }
}

/// A hover.
pub fn hover(text: &str, hover: assist::Hover) -> Hover {
    Hover {
        range: Some(Lines::new(text).range(&hover.range)),
        contents: HoverContents::Markup(markdown(hover.text)),
    }
}

fn markdown(value: String) -> MarkupContent {
    MarkupContent {
        kind: MarkupKind::Markdown,
        value,
    }
}

/// The outline.
pub fn symbols(text: &str, symbols: Vec<Symbol>) -> Vec<DocumentSymbol> {
    let lines = Lines::new(text);
    let symbol = |symbol: Symbol| {
        // The protocol's type asks for a field that the protocol no longer wants.
        #[allow(deprecated, reason = "the field must be given")]
        DocumentSymbol {
            name: symbol.name,
            detail: symbol.detail,
            kind: match symbol.kind {
                SymbolKind::Broker => LspSymbolKind::MODULE,
                SymbolKind::Node => LspSymbolKind::OBJECT,
            },
            tags: None,
            deprecated: None,
            range: lines.range(&symbol.range),
            selection_range: lines.range(&symbol.selection),
            children: None,
        }
    };
    symbols.into_iter().map(symbol).collect()
}
