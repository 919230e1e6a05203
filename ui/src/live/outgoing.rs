//! The way to a browser: messages go together, and pings tell how far they were read.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::time::Instant;

use super::message::ToBrowser;

/// A message of so many bytes goes out, even if more belongs to it: the page reads one while the next comes.
const MOST_WRITTEN: usize = 64 << 10;
/// How often a browser is asked how far it has read: at a ping it answers by itself, after all that was sent before.
const PING_EVERY: Duration = Duration::from_millis(250);
/// A browser that takes so long to read what was sent lags: more would only make what it shows older.
const LAG: Duration = Duration::from_secs(1);

/// The way to a browser, and how far it has read.
pub struct Outgoing {
    socket: SplitSink<WebSocket, Message>,
    written: String,
    /// When the last ping was sent, and whether it was answered.
    pinged: Instant,
    answered: bool,
    lagged: bool,
}

impl Outgoing {
    pub fn new(socket: SplitSink<WebSocket, Message>) -> Self {
        Self {
            socket,
            written: String::new(),
            pinged: Instant::now(),
            answered: true,
            lagged: false,
        }
    }

    /// Adds a message to those that are sent as one, a line each: there are no line feeds within our JSON.
    pub fn add(&mut self, message: &ToBrowser<'_>) {
        if let Ok(line) = serde_json::to_string(message) {
            if !self.written.is_empty() {
                self.written.push('\n');
            }
            self.written.push_str(&line);
        }
    }

    /// Adds a message, and sends what there is if that is much.
    pub async fn write(&mut self, message: &ToBrowser<'_>) -> Result<(), axum::Error> {
        self.add(message);
        match self.written.len() < MOST_WRITTEN {
            true => Ok(()),
            false => self.send().await,
        }
    }

    /// Sends what was written.
    pub async fn send(&mut self) -> Result<(), axum::Error> {
        if self.written.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.written);
        self.socket.send(Message::Text(text.into())).await?;
        match self.pinged.elapsed() >= PING_EVERY {
            true => self.ask().await,
            false => Ok(()),
        }
    }

    /// Asks how far the browser has read, if it is not about to tell.
    pub async fn ask(&mut self) -> Result<(), axum::Error> {
        if !self.answered {
            return Ok(());
        }
        (self.pinged, self.answered) = (Instant::now(), false);
        self.socket.send(Message::Ping(Bytes::new())).await
    }

    /// Whether it has read all that it was asked about.
    pub fn has_caught_up(&self) -> bool {
        self.answered
    }

    /// Takes down that a ping was answered.
    pub fn has_read(&mut self) {
        self.lagged |= self.lags();
        self.answered = true;
    }

    /// Whether it takes too long to read what was sent.
    pub fn lags(&self) -> bool {
        !self.answered && self.pinged.elapsed() >= LAG
    }

    /// Whether it has lagged since this was asked last.
    pub fn take_lagged(&mut self) -> bool {
        std::mem::take(&mut self.lagged)
    }
}
