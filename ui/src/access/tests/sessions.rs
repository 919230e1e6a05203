//! Sessions: their end, and what pages of other sites cannot do with them.

use std::time::Duration;

use futures_util::StreamExt;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::plant::{Ask, PASSWORD, Plant, with_users};

const HOUR: Duration = Duration::from_secs(3600);

async fn status(plant: &Plant, cookie: &str) -> u16 {
    plant.ask(Ask::get("/api/status").cookie(cookie)).await.status
}

#[tokio::test]
async fn an_unused_session_ends_after_twelve_hours_and_a_used_one_after_seven_days() {
    let plant = Plant::open(with_users());
    let (used, unused) = (plant.cookie_of("viewer").await, plant.cookie_of("viewer").await);
    plant.pass(11 * HOUR);
    assert_eq!(status(&plant, &used).await, 200);
    plant.pass(HOUR);
    assert_eq!(status(&plant, &unused).await, 401);
    for _ in 0..15 {
        assert_eq!(status(&plant, &used).await, 200);
        plant.pass(11 * HOUR);
    }
    assert_eq!(status(&plant, &used).await, 401);
}

#[tokio::test]
async fn a_log_out_ends_the_session_on_the_server() {
    let plant = Plant::open(with_users());
    let cookie = plant.cookie_of("viewer").await;
    let answer = plant
        .ask(Ask::post("/api/logout").cookie(&cookie).by_page(&plant))
        .await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("set-cookie").unwrap().ends_with("; Max-Age=0"));
    assert_eq!(answer.json()["name"], serde_json::Value::Null);
    assert_eq!(status(&plant, &cookie).await, 401);
}

#[tokio::test]
async fn whoever_logs_in_anew_leaves_no_old_session_behind() {
    let plant = Plant::open(with_users());
    let old = plant.cookie_of("viewer").await;
    let body = super::plant::credentials("operator", PASSWORD);
    let answer = plant
        .ask(Ask::post("/api/login").body(&body).cookie(&old).by_page(&plant))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        (status(&plant, &old).await, status(&plant, &answer.cookie()).await),
        (401, 200)
    );
}

#[tokio::test]
async fn a_session_is_one_of_its_server_and_no_part_of_it_will_do() {
    let plant = Plant::open(with_users());
    let cookie = plant.cookie_of("viewer").await;
    assert_eq!(status(&plant, &format!("other=1; {cookie}; more=2")).await, 200);
    assert_eq!(status(&plant, &cookie[..cookie.len() - 1]).await, 401);
    assert_eq!(status(&Plant::open(with_users()), &cookie).await, 401);
}

#[tokio::test]
async fn a_session_changes_something_only_for_our_own_page() {
    let plant = Plant::open(with_users());
    let cookie = plant.cookie_of("engineer").await;
    let ask = || {
        Ask::post("/api/controls/valve")
            .cookie(&cookie)
            .body("{\"value\": 1}")
    };
    let ours = format!("http://{}", plant.host());
    for (what, ask) in [
        ("a form", ask()),
        ("our origin alone", ask().header("origin", ours.clone())),
        ("the header alone", ask().header("x-requested-with", "twinflow")),
        (
            "another header",
            ask()
                .header("origin", ours.clone())
                .header("x-requested-with", "XMLHttpRequest"),
        ),
        (
            "another site",
            ask()
                .header("origin", "http://evil.example")
                .header("x-requested-with", "twinflow"),
        ),
        (
            "no site",
            ask()
                .header("origin", "null")
                .header("x-requested-with", "twinflow"),
        ),
    ] {
        assert_eq!(plant.ask(ask).await.status, 403, "{what}");
    }
    // Taken: there is no such node.
    assert_eq!(plant.ask(ask().by_page(&plant)).await.status, 404);
    // Reading needs neither.
    assert_eq!(
        plant.ask(Ask::get("/api/tap/valve").cookie(&cookie)).await.status,
        404
    );
}

#[tokio::test]
async fn a_role_that_is_too_low_is_told_which_one_is_needed() {
    let plant = Plant::open(with_users());
    let cookie = plant.cookie_of("viewer").await;
    let answer = plant
        .ask(
            Ask::post("/api/controls/valve")
                .cookie(&cookie)
                .by_page(&plant)
                .body("{}"),
        )
        .await;
    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.json()["error"],
        "this needs the role operator, and viewer is viewer"
    );
}

/// Opens the WebSocket, or tells with which status that was refused.
async fn web_socket(
    plant: &Plant,
    headers: &[(&'static str, &str)],
) -> Result<
    impl futures_util::Stream<Item = Result<tokio_tungstenite::tungstenite::Message, Error>> + use<>,
    u16,
> {
    let mut request = format!("ws://{}/ws", plant.host()).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match client_async(request, plant.connect().await).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_web_socket_needs_a_session_and_our_origin_and_ends_with_the_session() {
    let plant = Plant::open(with_users());
    let cookie = plant.cookie_of("viewer").await;
    let ours = format!("http://{}", plant.host());
    assert_eq!(web_socket(&plant, &[("origin", &ours)]).await.err(), Some(401));
    assert_eq!(web_socket(&plant, &[("cookie", &cookie)]).await.err(), Some(403));
    let foreign = [("cookie", &*cookie), ("origin", "http://evil.example")];
    assert_eq!(web_socket(&plant, &foreign).await.err(), Some(403));
    let mut socket = web_socket(&plant, &[("cookie", &cookie), ("origin", &ours)])
        .await
        .ok()
        .unwrap();
    plant
        .ask(Ask::post("/api/logout").cookie(&cookie).by_page(&plant))
        .await;
    // It says nothing before it was asked to: what comes first is its end.
    assert!(matches!(socket.next().await, None | Some(Err(_))));
}
