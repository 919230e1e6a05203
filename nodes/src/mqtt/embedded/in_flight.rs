//! Keeps a message that the embedded broker is about to write.

use async_trait::async_trait;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType};
use rmqtt::inflight::{MomentStatus, OutInflightMessage};
use rmqtt::types::QoS;

/// Notes a message as on its way to the client before it is written to the socket.
///
/// rmqtt 0.24 takes a message from the client's queue, writes it, and notes it after that; if the write fails because the
/// connection just broke, the message is in neither place and lost. Noted before, it is sent again when the client is
/// back. The note rmqtt makes itself replaces this one, as it has the same packet id.
pub(super) struct NotedBeforeWritten;

#[async_trait]
impl Handler for NotedBeforeWritten {
    async fn hook(&self, parameter: &Parameter, earlier: Option<HookResult>) -> ReturnType {
        if let Parameter::MessageDelivered(session, from, publish) = parameter {
            let status = match publish.qos {
                QoS::AtMostOnce => None,
                QoS::AtLeastOnce => Some(MomentStatus::UnAck),
                QoS::ExactlyOnce => Some(MomentStatus::UnReceived),
            };
            if let Some(status) = status {
                let message = OutInflightMessage::new(status, from.clone(), (*publish).clone());
                session.out_inflight().write().await.push_back(message);
            }
        }
        (true, earlier)
    }
}
