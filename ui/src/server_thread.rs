//! The thread that answers browsers.

use tokio::runtime::{Builder, Handle, Runtime};

/// A runtime of one thread, apart from that of the flow: a node that takes its time does not delay an answer, and a thousand
/// browsers do not delay a reading.
#[derive(Debug)]
pub struct ServerThread {
    /// Always there until it is dropped.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl ServerThread {
    /// Starts the thread.
    pub fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("dashboard")
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        Ok(Self {
            runtime: Some(runtime),
            handle,
        })
    }

    /// Where its tasks are started.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for ServerThread {
    fn drop(&mut self) {
        // A runtime may not wait for its end inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
