//! Who may talk to the server, and what browsers may do with its pages.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::Access;

/// Refuses requests that reach this machine under a foreign name, or come from a foreign page.
pub async fn known_host(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    if !access.hosts.answers_to(host) {
        return (StatusCode::FORBIDDEN, access.hosts.refusal()).into_response();
    }
    if !same_origin(headers, host) {
        return (StatusCode::FORBIDDEN, "requests from other sites are refused\n").into_response();
    }
    next.run(request).await
}

/// Whether a request does not come from a page of another site. Programs say nothing of pages.
pub fn same_origin(headers: &HeaderMap, host: &str) -> bool {
    match headers.get(header::ORIGIN).map(|origin| origin.to_str()) {
        None => true,
        Some(Ok(origin)) => origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)),
        Some(Err(_)) => false,
    }
}

/// Pages run only what comes from this server.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Swagger UI sets styles on its elements and draws icons from data addresses.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Browsers that came by HTTPS once do so for a month. They do for every port under that name, and so not for ever.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=2592000");

/// Adds the headers that keep browsers from doing more than the pages need.
pub async fn security_headers(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let is_docs = request.uri().path().starts_with("/docs");
    let mut response = next.run(request).await;
    let policy = if is_docs { DOCS_POLICY } else { PAGE_POLICY };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ];
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    if access.has_tls {
        response
            .headers_mut()
            .insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    response
}
