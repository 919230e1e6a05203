//! Logging in and out, and who one is.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::gate::refusal;
use super::peer::{self, Peer};
use super::role::Role;
use super::setup::Access;
use super::who::{Known, Proof, Who};

/// What `/api/login` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    name: String,
    password: String,
}

/// What `/api/me` and `/api/login` answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Me<'a> {
    /// Nothing for someone who has not logged in.
    name: Option<&'a str>,
    role: Option<Role>,
    /// Whether this server asks who one is.
    login_required: bool,
    /// Whether there is a session that can be ended.
    can_log_out: bool,
    /// The roles, the one that may the least first.
    roles: [Role; 3],
}

impl<'a> Me<'a> {
    /// Someone whom the gate knows, or nobody.
    pub(crate) fn of(access: &Access, known: Option<&'a Known>) -> Self {
        let can_log_out = known.is_some_and(|known| matches!(known.proof, Proof::Session(_)));
        Self::new(access, known.map(|known| &known.who), can_log_out)
    }

    fn new(access: &Access, who: Option<&'a Who>, can_log_out: bool) -> Self {
        Self {
            name: who.map(|who| &*who.name),
            role: who.map(|who| who.role),
            login_required: access.users.is_some(),
            can_log_out,
            roles: Role::ALL,
        }
    }
}

/// `POST /api/login` with `{"name": …, "password": …}`.
pub(crate) async fn login(
    State(access): State<Arc<Access>>,
    ConnectInfo(Peer(address)): ConnectInfo<Peer>,
    headers: HeaderMap,
    credentials: Result<Json<Credentials>, JsonRejection>,
) -> Response {
    let (Some(users), Some(passwords)) = (&access.users, &access.passwords) else {
        return refusal(StatusCode::CONFLICT, "nobody has to log in here");
    };
    let Ok(Json(Credentials { name, password })) = credentials else {
        return refusal(
            StatusCode::BAD_REQUEST,
            "expected JSON: {\"name\": …, \"password\": …}",
        );
    };
    let is_behind_proxy = access.hosts.is_behind_proxy();
    let address = peer::asking(address, &headers, is_behind_proxy);
    // What is typed as a name may be of any length, and is only kept to count it.
    let counted: String = name.chars().take(100).collect();
    if let Err(wait) = access.tries.take(address, &counted) {
        tracing::warn!(%address, "too many tries to log in");
        return later(StatusCode::TOO_MANY_REQUESTS, wait);
    }
    let user = users.user(&name);
    let hash = user.map(|user| user.password.clone());
    let Ok(is_right) = passwords.check(password, hash).await else {
        return later(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(2));
    };
    let Some(user) = user.filter(|_| is_right) else {
        // A name that nobody has may be a password that was typed too early.
        let name = user.map_or("(a name that nobody has)", |user| &user.who.name);
        tracing::warn!(name, %address, "log-in refused");
        return refusal(StatusCode::UNAUTHORIZED, "name or password is wrong");
    };
    access.tries.succeeded(address, &counted);
    // Someone else may have been logged in in this browser.
    if let Some((_, end)) = access
        .cookie
        .key(&headers)
        .and_then(|key| access.sessions.find(key))
    {
        access.sessions.end(end.key());
    }
    let key = match access.sessions.begin(user.who.clone()) {
        Ok(key) => key,
        Err(error) => return refusal(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    };
    tracing::info!(name = &*user.who.name, role = %user.who.role, %address, "logged in");
    let cookie = access
        .cookie
        .given(&key, peer::is_tls_at_proxy(&headers, is_behind_proxy));
    with_cookie(me_is(&Me::new(&access, Some(&user.who), true)), cookie)
}

/// `POST /api/logout` ends the session.
pub(crate) async fn logout(
    State(access): State<Arc<Access>>,
    headers: HeaderMap,
    known: Option<Known>,
) -> Response {
    if let Some(Known {
        who,
        proof: Proof::Session(end),
    }) = known
    {
        access.sessions.end(end.key());
        tracing::info!(name = &*who.name, "logged out");
    }
    let is_tls_at_proxy = peer::is_tls_at_proxy(&headers, access.hosts.is_behind_proxy());
    with_cookie(
        me_is(&Me::new(&access, None, false)),
        access.cookie.taken(is_tls_at_proxy),
    )
}

/// `GET /api/me`: who one is here.
pub(crate) async fn me(State(access): State<Arc<Access>>, known: Option<Known>) -> Response {
    me_is(&Me::of(&access, known.as_ref()))
}

fn me_is(me: &Me<'_>) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(me)).into_response()
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn later(status: StatusCode, wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let mut response = refusal(status, format!("too many tries; try again in {seconds} s"));
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}
