//! `twinflow lsp`: the language server for editors, over standard input and output.
//!
//! Nothing but the protocol may be printed here: the log goes to standard error.

mod answers;
mod checker;
mod documents;
mod positions;
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Builder;
use tower_lsp_server::{LspService, Server};

use crate::exit::{Exit, Stop};

/// Serves an editor until it says `exit`.
pub fn lsp() -> Result<(), Stop> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Stop::failure(format!("the language server cannot start: {error}")))?;
    let is_shut_down = Arc::new(AtomicBool::new(false));
    let (service, socket) = LspService::new(|client| {
        let _guard = runtime.enter();
        server::FlowServer::new(client, Arc::clone(&is_shut_down))
    });
    runtime.block_on(
        Server::new(tokio::io::stdin(), tokio::io::stdout(), socket)
            // One at a time: an answer must be about the text of the change before it.
            .concurrency_level(1)
            .serve(service),
    );
    // A read of standard input may still wait for the editor.
    runtime.shutdown_background();
    // The protocol asks for 1 where `exit` comes without `shutdown`.
    if is_shut_down.load(Ordering::Acquire) {
        Ok(())
    } else {
        Err(Stop::told(Exit::Failure))
    }
}
