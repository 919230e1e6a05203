//! Messages to people and programs: written without ever holding the flow up.
//!
//! A message must not stop the plant's records because a mail server is away. So a notifying sink takes every record at once,
//! and a [`Courier`] sends what has gathered, at most once in `every`, and tries again as long as it has room. What waits is
//! lost with the process: who must not lose it logs the records as well.

mod courier;
mod http;
mod message;

pub(crate) use courier::{Courier, Delivery, Undelivered};
pub(crate) use http::{agent, check_url, post};
pub(crate) use message::{Message, MessageText, fields_of};

use async_trait::async_trait;
use twinflow_engine::node::{Sink, SinkError};
use twinflow_engine::record::Batch;

/// The run-time part of every notifying sink.
pub(crate) struct Notifying {
    pub text: MessageText,
    pub courier: Courier,
}

#[async_trait]
impl Sink for Notifying {
    async fn write(&mut self, batch: &Batch) -> Result<(), SinkError> {
        for row in 0..batch.len() {
            self.courier.send(self.text.message(batch, row));
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}
