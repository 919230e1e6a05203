//! Retained messages of the embedded broker.

use std::time::Duration;

use async_trait::async_trait;
use rmqtt::Result;
use rmqtt::retain::{DefaultRetainStorage, RetainStorage};
use rmqtt::types::{Retain, TopicFilter, TopicName};

/// Keeps the last retained message of every topic in memory.
///
/// rmqtt's own storage has the tree of topics, but its `RetainStorage` methods do nothing: it expects a plug-in there.
#[derive(Default)]
pub(super) struct RetainedMessages {
    tree: DefaultRetainStorage,
}

#[async_trait]
impl RetainStorage for RetainedMessages {
    fn enable(&self) -> bool {
        true
    }

    async fn set(&self, topic: &TopicName, message: Retain, expiry: Option<Duration>) -> Result<()> {
        // The broker's message expiry of zero means never; the tree would take it for at once.
        let expiry = expiry.filter(|expiry| !expiry.is_zero());
        self.tree.set_with_timeout(topic, message, expiry).await
    }

    async fn get(&self, filter: &TopicFilter) -> Result<Vec<(TopicName, Retain)>> {
        self.tree.get_message(filter).await
    }

    async fn count(&self) -> isize {
        self.tree.count().await
    }

    async fn max(&self) -> isize {
        self.tree.max().await
    }
}
