//! Who may do what: the one table of it. A route that is not in it is refused to everybody.

use axum::http::Method;

use super::role::Role;
use super::role::Role::{Engineer, Operator, Viewer};

/// What a request does, by which it is guarded against pages of other sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// It changes nothing, whatever its method is.
    Reads,
    /// It changes something.
    Changes,
    /// It opens a WebSocket, which pages of any site may try to.
    Converses,
}

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub method: &'static str,
    /// The route as the router has it.
    pub path: &'static str,
    /// The role; nothing where everybody may.
    pub needs: Option<Role>,
    pub does: Does,
}

const fn open(method: &'static str, path: &'static str, does: Does) -> Rule {
    Rule {
        method,
        path,
        needs: None,
        does,
    }
}

const fn rule(method: &'static str, path: &'static str, needs: Role, does: Does) -> Rule {
    Rule {
        method,
        path,
        needs: Some(needs),
        does,
    }
}

use Does::{Changes, Converses, Reads};

#[rustfmt::skip]
pub(crate) const RULES: &[Rule] = &[
    // Nothing of the plant is in these: whether the server is up, the log-in, and the page that shows its form. It has more in it for
    // someone who is known already.
    open("GET",  "/healthz",                Reads),
    open("GET",  "/api/me",                 Reads),
    open("POST", "/api/login",              Changes),
    open("POST", "/api/logout",             Changes),
    open("GET",  "/",                       Reads),
    open("GET",  "/flow",                   Reads),
    open("GET",  "/ui",                     Reads),
    open("GET",  "/ui/",                    Reads),
    open("GET",  "/docs",                   Reads),
    open("GET",  "/docs/",                  Reads),
    open("GET",  "/docs/{*rest}",           Reads),

    rule("GET",  "/api/dashboard",          Viewer, Reads),
    rule("GET",  "/api/status",             Viewer, Reads),
    rule("GET",  "/api/nodes",              Viewer, Reads),
    rule("GET",  "/api/nodes/{node}/list",  Viewer, Reads),
    rule("GET",  "/api/history/{node}",     Viewer, Reads),
    rule("GET",  "/api/totals/{node}",      Viewer, Reads),
    rule("GET",  "/api/files/{node}",       Viewer, Reads),
    rule("GET",  "/api/files/{node}/{name}", Viewer, Reads),
    rule("GET",  "/api/files/{node}/{name}/columns", Viewer, Reads),
    rule("GET",  "/api/alarms",             Viewer, Reads),
    rule("GET",  "/api/alarms/journal",     Viewer, Reads),
    rule("GET",  "/api/alarms/statistics",  Viewer, Reads),
    rule("GET",  "/api/flow",               Viewer, Reads),
    rule("GET",  "/metrics",                Viewer, Reads),
    rule("GET",  "/readyz",                 Viewer, Reads),
    rule("GET",  "/openapi.json",           Viewer, Reads),
    rule("GET",  "/ws",                     Viewer, Converses),
    rule("GET",  "/model",                  Viewer, Reads),
    rule("GET",  "/models",                 Viewer, Reads),
    rule("GET",  "/models/{name}",          Viewer, Reads),
    rule("POST", "/predict",                Viewer, Reads),
    rule("POST", "/score",                  Viewer, Reads),
    rule("POST", "/models/{name}/predict",  Viewer, Reads),
    rule("POST", "/models/{name}/score",    Viewer, Reads),

    rule("GET",  "/api/tap/{node}",         Operator, Reads),
    rule("POST", "/api/controls/{node}",    Operator, Changes),
    rule("POST", "/api/nodes/{node}/{operation}", Operator, Changes),

    rule("POST", "/api/flow/check",         Engineer, Reads),
    rule("POST", "/api/flow/complete",      Engineer, Reads),
    rule("POST", "/api/flow/hover",         Engineer, Reads),
    rule("PUT",  "/api/flow/files",         Engineer, Changes),
    rule("POST", "/api/reload",             Engineer, Changes),
    rule("GET",  "/api/audit",              Engineer, Reads),
];

/// What the table says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// This.
    Rule(Rule),
    /// The route is there, but not by this method.
    OtherMethod,
    /// Nothing.
    Nothing,
}

/// What the table says of a method of a route. Asking for the head alone is reading.
pub(crate) fn said(method: &Method, path: &str) -> Said {
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let mut said = Said::Nothing;
    for rule in RULES.iter().filter(|rule| rule.path == path) {
        if rule.method == method.as_str() {
            return Said::Rule(*rule);
        }
        said = Said::OtherMethod;
    }
    said
}
