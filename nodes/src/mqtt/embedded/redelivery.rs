//! The order in which the embedded broker repeats unacknowledged messages.
//!
//! MQTT 3.1.1 (section 4.6) wants them repeated in the order they were first sent in. rmqtt 0.24 takes them from the end
//! of the list when a client comes back, so they come newest first. Here the list is turned round as it is handed
//! over from the old session to the new one; everything else goes to rmqtt unchanged.

use std::sync::Arc;

use async_trait::async_trait;
use rmqtt::Result;
use rmqtt::session::Session;
use rmqtt::shared::{DefaultShared, Entry, RetainLoadCallback, Shared};
use rmqtt::types::{
    ForwardedCount, ForwardedRecipients, From, Id, IsAdmin, MsgID, NodeId, OfflineSession, Publish, Reason,
    SessionStatus, SubRelations, SubRelationsMap, SubsSearchParams, SubsSearchResult, Subscribe,
    SubscribeReturn, To, TopicFilter, Tx, Unsubscribe,
};

type Undelivered = Vec<(To, From, Publish, Reason)>;

/// rmqtt's sessions, handed over in order.
pub(super) struct OrderedRedelivery {
    shared: Box<DefaultShared>,
}

impl OrderedRedelivery {
    pub(super) fn new(shared: Box<DefaultShared>) -> Self {
        Self { shared }
    }
}

struct OrderedEntry(Box<dyn Entry>);

#[async_trait]
impl Entry for OrderedEntry {
    async fn kick(
        &mut self,
        clean_start: bool,
        clear_subscriptions: bool,
        is_admin: IsAdmin,
    ) -> Result<OfflineSession> {
        let mut session = self.0.kick(clean_start, clear_subscriptions, is_admin).await?;
        if let OfflineSession::Exist(Some(session)) = &mut session {
            session.inflight_messages.reverse();
        }
        Ok(session)
    }

    async fn try_lock(&self) -> Result<Box<dyn Entry>> {
        Ok(Box::new(OrderedEntry(self.0.try_lock().await?)))
    }

    fn id(&self) -> Id {
        self.0.id()
    }

    fn id_same(&self) -> Option<bool> {
        self.0.id_same()
    }

    async fn set(&mut self, session: Session, tx: Tx) -> Result<()> {
        self.0.set(session, tx).await
    }

    async fn remove(&mut self) -> Result<Option<(Session, Tx)>> {
        self.0.remove().await
    }

    async fn remove_with(&mut self, id: &Id) -> Result<Option<(Session, Tx)>> {
        self.0.remove_with(id).await
    }

    async fn online(&self) -> bool {
        self.0.online().await
    }

    async fn is_connected(&self) -> bool {
        self.0.is_connected().await
    }

    fn session(&self) -> Option<Session> {
        self.0.session()
    }

    fn exist(&self) -> bool {
        self.0.exist()
    }

    fn tx(&self) -> Option<Tx> {
        self.0.tx()
    }

    async fn subscribe(&self, subscribe: &Subscribe) -> Result<SubscribeReturn> {
        self.0.subscribe(subscribe).await
    }

    async fn unsubscribe(&self, unsubscribe: &Unsubscribe) -> Result<bool> {
        self.0.unsubscribe(unsubscribe).await
    }

    async fn publish(
        &self,
        from: From,
        publish: Publish,
    ) -> std::result::Result<(), (From, Publish, Reason)> {
        self.0.publish(from, publish).await
    }

    async fn subscriptions(&self) -> Option<Vec<SubsSearchResult>> {
        self.0.subscriptions().await
    }
}

#[async_trait]
impl Shared for OrderedRedelivery {
    fn entry(&self, id: Id) -> Box<dyn Entry> {
        Box::new(OrderedEntry(self.shared.entry(id)))
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
