//! Programs that show a token.

use super::plant::{Ask, Plant, token, with_users};
use crate::access::Role;

#[tokio::test]
async fn a_token_needs_neither_header_nor_origin() {
    let plant = Plant::open(with_users());
    let ask = || Ask::post("/api/controls/valve").body("{\"value\": 1}");
    assert_eq!(plant.ask(ask().bearer(&token(Role::Operator))).await.status, 404);
    assert_eq!(plant.ask(ask().bearer(&token(Role::Viewer))).await.status, 403);
    let me = plant
        .ask(Ask::get("/api/me").bearer(&token(Role::Operator)))
        .await
        .json();
    assert_eq!(
        (&me["name"], &me["canLogOut"]),
        (&"operator program".into(), &false.into())
    );
}

#[tokio::test]
async fn a_wrong_token_is_nobody_also_beside_a_session() {
    let plant = Plant::open(with_users());
    let cookie = plant.cookie_of("viewer").await;
    let ask = Ask::get("/api/status").cookie(&cookie).bearer("twinflow_wrong");
    assert_eq!(plant.ask(ask).await.status, 401);
    // Another scheme is that of someone else, such as a proxy's.
    let ask = Ask::get("/api/status")
        .cookie(&cookie)
        .header("authorization", "Basic eDp5");
    assert_eq!(plant.ask(ask).await.status, 200);
}

#[tokio::test]
async fn what_was_done_is_noted_with_the_name_of_whoever_did_it() {
    let folder = tempfile::tempdir().unwrap();
    let plant = Plant::open_noting(&folder.path().join("history.sqlite"), with_users());
    let ask = Ask::post("/api/controls/valve").body("{\"value\": 1}");
    assert_eq!(plant.ask(ask.bearer(&token(Role::Operator))).await.status, 404);
    // It is written beside the answer.
    for _ in 0..1000 {
        let audit = plant
            .ask(Ask::get("/api/audit?from=0").bearer(&token(Role::Engineer)))
            .await;
        if audit.body.contains("valve") {
            assert!(audit.body.contains("\"operator program\""), "{}", audit.body);
            return;
        }
        assert_eq!(audit.status, 200, "{}", audit.body);
    }
    panic!("it is not noted");
}
