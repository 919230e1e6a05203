//! How messages that a client has not acknowledged get from its old session to its new one.
//!
//! rmqtt 0.24 packs them into one message to the new session, which has two faults. It takes them from the end, so they
//! come newest first, while MQTT 3.1.1 (section 4.6) wants the order they were first sent in. And if the client dies
//! again before the session has looked at that message, it is thrown away with all of them. So they are taken out here
//! and handed to the new session one by one, ahead of everything that is published later. All else goes to rmqtt
//! unchanged.

use std::sync::Arc;

use async_trait::async_trait;
use rmqtt::Result;
use rmqtt::inflight::MomentStatus;
use rmqtt::session::Session;
use rmqtt::shared::{DefaultShared, Entry, RetainLoadCallback, Shared};
use rmqtt::types::{
    ForwardedCount, ForwardedRecipients, From, Id, IsAdmin, Message, MsgID, NodeId, OfflineSession, Publish,
    Reason, SessionStatus, SubRelations, SubRelationsMap, SubsSearchParams, SubsSearchResult, Subscribe,
    SubscribeReturn, To, TopicFilter, Tx, Unsubscribe,
};

type Undelivered = Vec<(To, From, Publish, Reason)>;

/// rmqtt's sessions, with unacknowledged messages handed over in order and without loss.
pub(super) struct OrderedRedelivery {
    shared: Box<DefaultShared>,
}

impl OrderedRedelivery {
    pub(super) fn new(shared: Box<DefaultShared>) -> Self {
        Self { shared }
    }
}

/// The session of one client.
struct OrderedEntry {
    entry: Box<dyn Entry>,
    /// Of the session that ended, oldest first, on the way to the one that begins.
    handed_over: Vec<(From, Publish)>,
}

impl OrderedEntry {
    fn new(entry: Box<dyn Entry>) -> Self {
        Self {
            entry,
            handed_over: Vec::new(),
        }
    }
}

#[async_trait]
impl Entry for OrderedEntry {
    async fn kick(
        &mut self,
        clean_start: bool,
        clear_subscriptions: bool,
        is_admin: IsAdmin,
    ) -> Result<OfflineSession> {
        let mut session = self
            .entry
            .kick(clean_start, clear_subscriptions, is_admin)
            .await?;
        if let OfflineSession::Exist(Some(session)) = &mut session {
            let (released, sent): (Vec<_>, Vec<_>) = std::mem::take(&mut session.inflight_messages)
                .into_iter()
                .partition(|message| message.status == MomentStatus::UnComplete);
            // At QoS 2 a message that the client has is not sent again, only released; rmqtt does that.
            session.inflight_messages = released;
            self.handed_over.extend(sent.into_iter().map(|message| {
                let mut publish = message.publish;
                publish.dup = true;
                (message.from, publish)
            }));
            self.handed_over.extend(session.offline_messages.drain(..));
        }
        Ok(session)
    }

    async fn set(&mut self, session: Session, tx: Tx) -> Result<()> {
        // Repeated messages keep their packet ids, so new ones must not get them.
        let ids = self
            .handed_over
            .iter()
            .filter_map(|(_, publish)| publish.packet_id);
        if let Some(last) = ids.max() {
            session.out_inflight().write().await.advance_next_id(last.get());
        }
        for (from, publish) in self.handed_over.drain(..) {
            tx.unbounded_send(Message::Forward(from, publish))?;
        }
        // Only now can others find the session, and send it something newer.
        self.entry.set(session, tx).await
    }

    async fn try_lock(&self) -> Result<Box<dyn Entry>> {
        Ok(Box::new(OrderedEntry::new(self.entry.try_lock().await?)))
    }

    fn id(&self) -> Id {
        self.entry.id()
    }

    fn id_same(&self) -> Option<bool> {
        self.entry.id_same()
    }

    async fn remove(&mut self) -> Result<Option<(Session, Tx)>> {
        self.entry.remove().await
    }

    async fn remove_with(&mut self, id: &Id) -> Result<Option<(Session, Tx)>> {
        self.entry.remove_with(id).await
    }

    async fn online(&self) -> bool {
        self.entry.online().await
    }

    async fn is_connected(&self) -> bool {
        self.entry.is_connected().await
    }

    fn session(&self) -> Option<Session> {
        self.entry.session()
    }

    fn exist(&self) -> bool {
        self.entry.exist()
    }

    fn tx(&self) -> Option<Tx> {
        self.entry.tx()
    }

    async fn subscribe(&self, subscribe: &Subscribe) -> Result<SubscribeReturn> {
        self.entry.subscribe(subscribe).await
    }

    async fn unsubscribe(&self, unsubscribe: &Unsubscribe) -> Result<bool> {
        self.entry.unsubscribe(unsubscribe).await
    }

    async fn publish(
        &self,
        from: From,
        publish: Publish,
    ) -> std::result::Result<(), (From, Publish, Reason)> {
        self.entry.publish(from, publish).await
    }

    async fn subscriptions(&self) -> Option<Vec<SubsSearchResult>> {
        self.entry.subscriptions().await
    }
}

#[async_trait]
impl Shared for OrderedRedelivery {
    fn entry(&self, id: Id) -> Box<dyn Entry> {
        Box::new(OrderedEntry::new(self.shared.entry(id)))
    }

    fn exist(&self, client_id: &str) -> bool {
        self.shared.exist(client_id)
    }

    async fn forwards(
        &self,
        message: Option<MsgID>,
        from: From,
        publish: Publish,
    ) -> std::result::Result<ForwardedCount, (ForwardedCount, Undelivered)> {
        self.shared.forwards(message, from, publish).await
    }

    async fn forwards_and_get_shareds(
        &self,
        from: From,
        publish: Publish,
    ) -> std::result::Result<(SubRelationsMap, ForwardedRecipients), (ForwardedRecipients, Undelivered)> {
        self.shared.forwards_and_get_shareds(from, publish).await
    }

    async fn forwards_to(
        &self,
        from: From,
        publish: &Publish,
        relations: SubRelations,
        message: Option<MsgID>,
    ) -> std::result::Result<ForwardedRecipients, (ForwardedRecipients, Undelivered)> {
        self.shared.forwards_to(from, publish, relations, message).await
    }

    fn iter(&self) -> Box<dyn Iterator<Item = Box<dyn Entry>> + Sync + Send + '_> {
        self.shared.iter()
    }

    fn random_session(&self) -> Option<Session> {
        self.shared.random_session()
    }

    async fn session_status(&self, client_id: &str) -> Option<SessionStatus> {
        self.shared.session_status(client_id).await
    }

    async fn client_states_count(&self) -> usize {
        self.shared.client_states_count().await
    }

    fn sessions_count(&self) -> usize {
        self.shared.sessions_count()
    }

    async fn query_subscriptions(&self, query: &SubsSearchParams) -> Vec<SubsSearchResult> {
        self.shared.query_subscriptions(query).await
    }

    async fn subscriptions_count(&self) -> usize {
        self.shared.subscriptions_count().await
    }

    async fn retain_load_with(
        &self,
        filter: &TopicFilter,
        callback: Arc<dyn RetainLoadCallback>,
    ) -> Result<Vec<(NodeId, MsgID)>> {
        self.shared.retain_load_with(filter, callback).await
    }
}
