//! Who may connect to the embedded broker.

use async_trait::async_trait;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType};
use rmqtt::types::AuthResult;

use crate::mqtt::credentials::Credentials;

/// Lets in whoever gives the one user name and password.
pub(super) struct CredentialsCheck {
    credentials: Credentials,
}

impl CredentialsCheck {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials }
    }
}

#[async_trait]
impl Handler for CredentialsCheck {
    async fn hook(&self, parameter: &Parameter, earlier: Option<HookResult>) -> ReturnType {
        let Parameter::ClientAuthenticate(client) = parameter else {
            return (true, earlier);
        };
        let user = client.username().map_or(&[][..], |user| user.as_bytes());
        let password = client.password().map_or(&[][..], |password| password.as_ref());
        let result = if self.credentials.accept(user, password) {
            AuthResult::Allow(false, None)
        } else {
            AuthResult::BadUsernameOrPassword
        };
        (false, Some(HookResult::AuthResult(result)))
    }
}
