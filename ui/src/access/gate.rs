//! The gate that every request goes through: who asks, and whether they may.

use std::sync::Arc;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::setup::Access;
use super::table::{Does, Said, said};
use super::who::{Known, Proof};
use crate::guard::same_origin;

/// By this header the page shows that a request is its own: forms and pictures of other sites cannot send it.
const ASKED_BY: &str = "x-requested-with";
const OUR_PAGE: &str = "twinflow";

/// Lets a request through to its route if whoever asks has the role that the table needs.
pub(crate) async fn gate(State(access): State<Arc<Access>>, mut request: Request, next: Next) -> Response {
    let Some(path) = request.extensions().get::<MatchedPath>() else {
        // No route: a file of the front end, which has nothing of the plant in it.
        return next.run(request).await;
    };
    let rule = match said(request.method(), path.as_str()) {
        Said::Rule(rule) => rule,
        Said::OtherMethod => {
            return refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                format!("{} is not for {}", path.as_str(), request.method()),
            );
        }
        Said::Nothing => {
            tracing::error!(
                "{} {} has no rule who may use it: refused",
                request.method(),
                path.as_str()
            );
            return refusal(StatusCode::FORBIDDEN, "nobody may use this address");
        }
    };
    let known = access.known(request.headers());
    if let Some(Known {
        proof: Proof::Session(_),
        ..
    }) = &known
        && let Some(refused) = foreign(rule.does, request.headers())
    {
        return refused;
    }
    if let Some(needed) = rule.needs {
        match &known {
            None => return unknown(),
            Some(known) if known.who.role < needed => {
                let (role, method) = (known.who.role, request.method());
                tracing::warn!(by = &*known.who.name, %role, %method, path = rule.path, "refused");
                let reason = format!("this needs the role {needed}, and {} is {role}", known.who.name);
                return refusal(StatusCode::FORBIDDEN, reason);
            }
            Some(_) => {}
        }
    }
    let is_private = rule.needs.is_some() && access.users.is_some();
    if let Some(known) = known {
        request.extensions_mut().insert(known);
    }
    let mut response = next.run(request).await;
    if is_private {
        // Whoever sits down after a log-out does not find it in the browser.
        let headers = response.headers_mut();
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

impl Access {
    /// Who sends a request with these headers.
    fn known(&self, headers: &HeaderMap) -> Option<Known> {
        let Some(users) = &self.users else {
            return Some(Known {
                who: self.unasked.clone(),
                proof: Proof::Unasked,
            });
        };
        if let Some(token) = bearer(headers) {
            // A wrong token is nobody, also in a browser that is logged in: a program is to learn of it.
            let who = users.by_token(token)?.clone();
            return Some(Known {
                who,
                proof: Proof::Token,
            });
        }
        let (who, end) = self.sessions.find(self.cookie.key(headers)?)?;
        Some(Known {
            who,
            proof: Proof::Session(end),
        })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Refuses what a page of another site could have made a browser send along with its cookie.
fn foreign(does: Does, headers: &HeaderMap) -> Option<Response> {
    if does == Does::Reads {
        return None;
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    if !headers.contains_key(header::ORIGIN) || !same_origin(headers, host) {
        return Some(refusal(
            StatusCode::FORBIDDEN,
            "requests from other sites are refused",
        ));
    }
    if does == Does::Changes && headers.get(ASKED_BY).is_none_or(|by| by != OUR_PAGE) {
        return Some(refusal(
            StatusCode::FORBIDDEN,
            "with a session this needs the header `X-Requested-With: twinflow`; programs send `Authorization: Bearer TOKEN` instead",
        ));
    }
    None
}

fn unknown() -> Response {
    let mut response = refusal(
        StatusCode::UNAUTHORIZED,
        "log in first; programs send `Authorization: Bearer TOKEN`, with a token of `twinflow user token`",
    );
    let challenge = HeaderValue::from_static("Bearer realm=\"twinflow\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// An answer that says why not.
pub(crate) fn refusal(status: StatusCode, error: impl Into<String>) -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (status, headers, Json(json!({ "error": error.into() }))).into_response()
}
