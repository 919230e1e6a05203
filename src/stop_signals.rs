//! How someone asks the process to end.

use tokio::signal;

/// Ctrl-C, and on Unix SIGTERM.
pub struct StopSignals {
    #[cfg(unix)]
    terminate: signal::unix::Signal,
    #[cfg(unix)]
    interrupt: signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    /// From now on the signals do not end the process any more.
    pub fn listen() -> std::io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one.
    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl StopSignals {
    /// From now on the signals do not end the process any more.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for one.
    pub async fn wait(&mut self) {
        // Without a way to hear of Ctrl-C the process is ended from outside: nothing better can be done here.
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
