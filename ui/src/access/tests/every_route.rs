//! The table, route by route and role by role.

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use serde_json::Value;
use tokio::net::TcpListener;

use super::plant::{Ask, LOCAL, Plant, paths, token, with_users};
use crate::access::gate::gate;
use crate::access::table::{RULES, Said, said};
use crate::access::{Access, Clock, Role};

/// Routes that a library makes.
const OF_THE_DOCS: [&str; 3] = ["/docs", "/docs/", "/docs/{*rest}"];

#[tokio::test]
async fn every_route_is_in_the_table_and_the_table_has_no_other() {
    let paths = paths();
    for path in &paths {
        let is_there = RULES.iter().any(|rule| rule.path == *path);
        assert!(is_there, "say in ui/src/access/table.rs who may use {path}");
    }
    for rule in RULES {
        let is_there = paths.contains(&rule.path) || OF_THE_DOCS.contains(&rule.path);
        assert!(is_there, "{} is in the table, and no route", rule.path);
    }
}

/// The path of a request to a route.
fn asked(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{*rest}" => "index.html",
        part if part.starts_with('{') => "x",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_route_is_open_to_its_role_and_those_above_and_to_nobody_else() {
    let plant = Plant::open(with_users());
    for rule in RULES {
        let path = asked(rule.path);
        for role in [
            None,
            Some(Role::Viewer),
            Some(Role::Operator),
            Some(Role::Engineer),
        ] {
            let mut ask = Ask::of(rule.method, &path).body("{}");
            if let Some(role) = role {
                ask = ask.bearer(&token(role));
            }
            let answer = plant.ask(ask).await;
            let wanted = match (rule.needs, role) {
                (None, _) => None,
                (Some(_), None) => Some(401),
                (Some(needed), Some(role)) => (role < needed).then_some(403),
            };
            let who = role.map_or("nobody", Role::as_str);
            let case = format!(
                "{} {path} as {who}: {} {}",
                rule.method, answer.status, answer.body
            );
            match wanted {
                Some(status) => {
                    assert_eq!(answer.status, status, "{case}");
                    assert!(answer.json()["error"].is_string(), "{case}");
                }
                None => assert!(!matches!(answer.status, 401 | 403), "{case}"),
            }
            if let (Some(403), Some(needed)) = (wanted, rule.needs) {
                assert!(answer.body.contains(needed.as_str()), "{case}");
            }
        }
    }
}

#[tokio::test]
async fn on_this_machine_nobody_is_asked() {
    let plant = Plant::open(crate::AccessSetup::default());
    for rule in RULES {
        let path = asked(rule.path);
        let answer = plant.ask(Ask::of(rule.method, &path).body("{}")).await;
        assert!(!matches!(answer.status, 401 | 403), "{path}: {}", answer.body);
    }
    let me = plant.ask(Ask::get("/api/me")).await.json();
    let wanted = serde_json::json!({
        "name": "local", "role": "engineer", "loginRequired": false, "canLogOut": false,
        "roles": ["viewer", "operator", "engineer"],
    });
    assert_eq!(me, wanted);
    assert_eq!(plant.log_in("local", "").await.status, 409);
}

#[test]
fn the_head_is_read_like_the_whole_and_other_methods_are_not_there() {
    assert!(matches!(said(&Method::HEAD, "/api/status"), Said::Rule(_)));
    assert_eq!(said(&Method::DELETE, "/api/status"), Said::OtherMethod);
    assert_eq!(said(&Method::GET, "/api/new"), Said::Nothing);
}

#[tokio::test]
async fn a_route_that_is_not_in_the_table_is_refused_to_everybody() {
    let access = Arc::new(Access::new(crate::AccessSetup::default(), LOCAL, Clock::default()).unwrap());
    let router = Router::new().route("/api/new", get(|| async { "secret" }));
    let router = router.layer(from_fn_with_state(access, gate));
    let listener = TcpListener::bind(LOCAL).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async { axum::serve(listener, router).await });
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let answer = Ask::get("/api/new").send(stream, "localhost").await;
    assert_eq!(answer.status, 403);
    server.abort();
}

/// What stands in a page for its first picture.
fn beginning(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"beginning\">").unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(json).unwrap()
}

#[tokio::test]
async fn the_page_and_its_files_are_for_everybody_and_the_plant_is_not() {
    let plant = Plant::open(with_users());
    let page = plant.ask(Ask::get("/").header("accept", "text/html")).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(beginning(&page.body), Value::Null);
    let asked = Ask::get("/flow").bearer(&token(Role::Viewer));
    let page = plant.ask(asked).await;
    let begun = beginning(&page.body);
    assert_eq!(begun["me"]["name"], "viewer program");
    assert_eq!(begun["dashboard"]["name"], "Plant");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    // A browser keeps this one for when the server is away, whoever sits at it then.
    let kept = plant
        .ask(Ask::get("/index.html").bearer(&token(Role::Viewer)))
        .await;
    assert_eq!((kept.status, beginning(&kept.body)), (200, Value::Null));
    let refused = plant.ask(Ask::get("/api/dashboard")).await;
    assert_eq!(
        (refused.status, refused.header("cache-control")),
        (401, Some("no-store"))
    );
    assert_eq!(
        refused.header("www-authenticate"),
        Some("Bearer realm=\"twinflow\"")
    );
    let read = plant
        .ask(Ask::get("/api/dashboard").bearer(&token(Role::Viewer)))
        .await;
    assert_eq!(
        (read.status, read.header("cache-control")),
        (200, Some("no-store"))
    );
    assert_eq!(read.header("strict-transport-security"), None);
}
