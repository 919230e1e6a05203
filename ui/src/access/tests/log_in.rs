//! Logging in: right, wrong, and too often.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use super::plant::{Ask, PASSWORD, Plant, users, with_users};
use crate::access::AccessSetup;
use crate::access::password::{PasswordCheck, PasswordHash};

#[tokio::test]
async fn a_log_in_gives_a_cookie_that_scripts_and_other_sites_do_not_get() {
    let plant = Plant::open(with_users());
    let answer = plant.log_in("operator", PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let cookie = answer.header("set-cookie").unwrap();
    let (name, attributes) = cookie.split_once('=').unwrap();
    assert_eq!(name, format!("twinflow-{}", plant.port()));
    let (key, attributes) = attributes.split_once("; ").unwrap();
    assert_eq!((key.len(), attributes), (64, "HttpOnly; SameSite=Strict; Path=/"));
    let wanted = serde_json::json!({
        "name": "operator", "role": "operator", "loginRequired": true, "canLogOut": true,
        "roles": ["viewer", "operator", "engineer"],
    });
    assert_eq!(answer.json(), wanted);
    let me = plant.ask(Ask::get("/api/me").cookie(&answer.cookie())).await;
    assert_eq!(me.json(), wanted);
    assert_eq!(
        plant.ask(Ask::get("/api/me")).await.json()["name"],
        serde_json::Value::Null
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_answered_alike() {
    let plant = Plant::open(with_users());
    let wrong = plant.log_in("viewer", "not the password").await;
    let unknown = plant.log_in("nobody", PASSWORD).await;
    assert_eq!((wrong.status, unknown.status), (401, 401));
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(
        (wrong.header("set-cookie"), unknown.header("set-cookie")),
        (None, None)
    );
    // That of a token is no password.
    assert_eq!(plant.log_in("viewer program", "").await.status, 401);
    let nonsense = plant.ask(Ask::post("/api/login").body("{\"name\": 3}")).await;
    assert_eq!(nonsense.status, 400);
}

#[tokio::test]
async fn an_unknown_name_takes_as_long_as_a_wrong_password() {
    let check = PasswordCheck::new().unwrap();
    let hash = PasswordHash::of(PASSWORD).unwrap();
    let begun = Instant::now();
    assert!(matches!(
        check.check("wrong".to_owned(), Some(hash)).await,
        Ok(false)
    ));
    let wrong = begun.elapsed();
    let begun = Instant::now();
    assert!(matches!(
        check.check("the password of nobody".to_owned(), None).await,
        Ok(false)
    ));
    // Without the work it would be a thousandth; the machine may be busy meanwhile.
    assert!(begun.elapsed() > wrong / 20);
}

#[tokio::test]
async fn the_sixth_try_in_a_minute_has_to_wait() {
    let plant = Plant::open(with_users());
    for _ in 0..5 {
        assert_eq!(plant.log_in("viewer", "wrong").await.status, 401);
        plant.pass(Duration::from_secs(2));
    }
    let refused = plant.log_in("viewer", PASSWORD).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("50")));
    // From this address nobody else may try either.
    assert_eq!(plant.log_in("operator", PASSWORD).await.status, 429);
    plant.pass(Duration::from_secs(50));
    assert_eq!(plant.log_in("viewer", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn behind_a_proxy_addresses_are_counted_apart_and_names_are_not() {
    let plant = Plant::open(AccessSetup {
        users: Some(users()),
        hosts: vec!["plant.example".to_owned()],
        ..AccessSetup::default()
    });
    let try_from = async |address: &str, name: &str| {
        let body = super::plant::credentials(name, "wrong");
        let ask = Ask::post("/api/login").host("plant.example").body(&body);
        // The first one can be made up, the last one is the proxy's.
        plant
            .ask(ask.header("x-forwarded-for", format!("1.1.1.1, {address}")))
            .await
            .status
    };
    for _ in 0..5 {
        assert_eq!(try_from("10.0.0.1", "viewer").await, 401);
    }
    assert_eq!(try_from("10.0.0.1", "operator").await, 429);
    assert_eq!(try_from("10.0.0.2", "operator").await, 401);
    assert_eq!(try_from("10.0.0.2", "viewer").await, 429);
    let body = super::plant::credentials("engineer", PASSWORD);
    let ask = Ask::post("/api/login").host("plant.example").body(&body);
    let answer = plant
        .ask(
            ask.header("x-forwarded-for", "10.0.0.3")
                .header("x-forwarded-proto", "https"),
        )
        .await;
    assert!(
        answer.header("set-cookie").unwrap().contains("; Secure"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn without_a_proxy_nobody_can_make_up_an_address() {
    let plant = Plant::open_at((Ipv4Addr::UNSPECIFIED, 0).into(), with_users());
    for last in 0..6 {
        let body = super::plant::credentials(&format!("name {last}"), "wrong");
        let ask = Ask::post("/api/login")
            .body(&body)
            .header("x-forwarded-for", format!("10.0.0.{last}"));
        let status = plant.ask(ask).await.status;
        assert_eq!(status, if last < 5 { 401 } else { 429 });
    }
}

#[tokio::test]
async fn a_right_password_does_not_let_someone_try_those_of_others() {
    let plant = Plant::open(with_users());
    for name in ["operator", "engineer"] {
        for _ in 0..2 {
            assert_eq!(plant.log_in(name, "wrong").await.status, 401);
        }
        assert_eq!(plant.log_in("viewer", PASSWORD).await.status, 200);
    }
    assert_eq!(plant.log_in("engineer", "wrong").await.status, 401);
    assert_eq!(plant.log_in("viewer", PASSWORD).await.status, 429);
}
