//! Who asks.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::role::Role;
use super::sessions::SessionEnd;

/// Whoever asks, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The name in the users file.
    pub name: Arc<str>,
    /// What they may do.
    pub role: Role,
}

impl Who {
    /// Whoever sits at the machine itself, where nobody has to log in.
    #[must_use]
    pub fn local() -> Self {
        Self {
            name: "local".into(),
            role: Role::Engineer,
        }
    }

    /// Whoever reaches a server that was opened to the network without log-in.
    #[must_use]
    pub fn anyone() -> Self {
        Self {
            name: "anyone".into(),
            role: Role::Engineer,
        }
    }
}

/// How someone has shown who they are.
#[derive(Clone, Debug)]
pub(crate) enum Proof {
    /// The server asks nobody.
    Unasked,
    /// A program showed its token.
    Token,
    /// A browser showed its session.
    Session(SessionEnd),
}

/// Who asks and how they have shown it; the gate lays it beside the request.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub who: Who,
    pub proof: Proof,
}

impl<S: Sync> FromRequestParts<S> for Known {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        // Only a route that the table opens to everybody can be without.
        parts.extensions.get().cloned().ok_or(StatusCode::UNAUTHORIZED)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Known {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get().cloned())
    }
}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        let known = <Known as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(known.who)
    }
}
