//! The conversation with the editor.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::ls_types::{
    CodeActionKind, CodeActionOptions, CodeActionOrCommand, CodeActionParams, CodeActionProviderCapability,
    CodeActionResponse, CompletionOptions, CompletionParams, CompletionResponse, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams, DocumentSymbolParams,
    DocumentSymbolResponse, GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverParams,
    HoverProviderCapability, InitializeParams, InitializeResult, Location, OneOf, SaveOptions,
    ServerCapabilities, ServerInfo, TextDocumentPositionParams, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions,
};
use tower_lsp_server::{Client, LanguageServer};
use twinflow_engine::assist::Assistant;
use twinflow_engine::node::Registry;
use twinflow_nodes::{Shared, registry};

use super::answers;
use super::checker::Checker;
use super::documents::{Documents, OpenFlow};
use super::positions::Lines;

/// The language server.
pub struct FlowServer {
    documents: Arc<Documents>,
    registry: Arc<Registry>,
    checker: Checker,
    has_snippets: OnceLock<bool>,
    is_shut_down: Arc<AtomicBool>,
}

impl FlowServer {
    /// A server that speaks to `client`, and notes when it is asked to shut down.
    pub fn new(client: Client, is_shut_down: Arc<AtomicBool>) -> Self {
        let documents = Arc::new(Documents::default());
        let registry = Arc::new(registry(&Shared::default()));
        Self {
            checker: Checker::start(client, Arc::clone(&documents), Arc::clone(&registry)),
            documents,
            registry,
            has_snippets: OnceLock::new(),
            is_shut_down,
        }
    }

    /// Asks about a place of an open flow; nothing comes of a file that is not open.
    fn ask<T>(
        &self,
        at: &TextDocumentPositionParams,
        question: impl FnOnce(&Assistant<'_>, &OpenFlow, usize) -> T,
    ) -> Option<T> {
        let flow = self.documents.get(&at.text_document.uri)?;
        let byte = Lines::new(&flow.text).byte(at.position);
        let assistant = Assistant::new(&flow.text, &self.registry, flow.last_good.as_deref());
        Some(question(&assistant, &flow, byte))
    }
}

impl LanguageServer for FlowServer {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let completion = params.capabilities.text_document.and_then(|text| text.completion);
        let has_snippets = completion
            .and_then(|completion| completion.completion_item)
            .and_then(|item| item.snippet_support);
        let _ = self.has_snippets.set(has_snippets.unwrap_or(false));
        let triggers = [":", " ", "[", "{", ",", "."];
        Ok(InitializeResult {
            server_info: Some(ServerInfo {
                name: "twinflow".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            capabilities: ServerCapabilities {
                text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
                    open_close: Some(true),
                    change: Some(TextDocumentSyncKind::FULL),
                    save: Some(SaveOptions::default().into()),
                    ..TextDocumentSyncOptions::default()
                })),
                completion_provider: Some(CompletionOptions {
                    trigger_characters: Some(triggers.map(str::to_owned).to_vec()),
                    ..CompletionOptions::default()
                }),
                hover_provider: Some(HoverProviderCapability::Simple(true)),
                definition_provider: Some(OneOf::Left(true)),
                document_symbol_provider: Some(OneOf::Left(true)),
                code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
                    code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
                    ..CodeActionOptions::default()
                })),
                ..ServerCapabilities::default()
            },
            ..InitializeResult::default()
        })
    }

    async fn shutdown(&self) -> Result<()> {
        self.is_shut_down.store(true, Ordering::Release);
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        self.documents.set(&document.uri, document.text, document.version);
        self.checker.look_at(document.uri);
    }

    async fn did_change(&self, mut params: DidChangeTextDocumentParams) {
        // Every change is the whole text; the last one counts.
        if let Some(change) = params.content_changes.pop() {
            let document = params.text_document;
            self.documents.set(&document.uri, change.text, document.version);
            self.checker.look_at(document.uri);
        }
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.documents.touch(&params.text_document.uri);
        self.checker.look_at(params.text_document.uri);
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.documents.close(&params.text_document.uri);
        self.checker.look_at(params.text_document.uri);
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let has_snippets = self.has_snippets.get().copied().unwrap_or(false);
        let items = self.ask(&params.text_document_position, |assistant, flow, at| {
            answers::completions(&flow.text, assistant.completions(at), has_snippets)
        });
        Ok(items.map(CompletionResponse::Array))
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let hover = self.ask(&params.text_document_position_params, |assistant, flow, at| {
            Some(answers::hover(&flow.text, assistant.hover(at)?))
        });
        Ok(hover.flatten())
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let location = self.ask(&at, |assistant, flow, byte| {
            let range = assistant.definition(byte)?;
            let uri = at.text_document.uri.clone();
            Some(Location::new(uri, Lines::new(&flow.text).range(&range)))
        });
        Ok(location.flatten().map(GotoDefinitionResponse::Scalar))
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        let flow = self.documents.get(&params.text_document.uri);
        Ok(flow.map(|flow| {
            let assistant = Assistant::new(&flow.text, &self.registry, None);
            DocumentSymbolResponse::Nested(answers::symbols(&flow.text, assistant.symbols()))
        }))
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let uri = params.text_document.uri;
        let flow = self.documents.get(&uri);
        let actions = flow.and_then(|flow| {
            let findings = flow.findings?;
            Some(answers::code_actions(&uri, &flow.text, &findings, params.range))
        });
        Ok(actions.map(|actions| actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()))
    }
}
