//! How the server is opened to other machines.

use std::net::{Ipv4Addr, SocketAddr};

use super::plant::{Ask, LOCAL, Plant, users, with_users};
use crate::access::AccessSetup;
use crate::{ServeError, Server};

const WIDE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

fn refused(listen: SocketAddr, access: AccessSetup) -> ServeError {
    match Server::bind(listen, access) {
        Ok(_) => panic!("bound"),
        Err(error) => error,
    }
}

#[test]
fn a_server_that_other_machines_reach_asks_who_one_is_unless_told_not_to() {
    insta::assert_snapshot!(refused(WIDE, AccessSetup::default()));
    let hosts = vec!["plant.example".to_owned()];
    let proxied = AccessSetup {
        hosts,
        ..AccessSetup::default()
    };
    insta::assert_snapshot!(refused(LOCAL, proxied));
    assert!(Server::bind(WIDE, with_users()).is_ok());
}

#[tokio::test]
async fn opened_to_everyone_it_answers_to_no_foreign_name() {
    let insecure = AccessSetup {
        insecure: true,
        ..AccessSetup::default()
    };
    let plant = Plant::open_at(WIDE, insecure);
    assert_eq!(plant.ask(Ask::get("/api/me")).await.json()["name"], "anyone");
    let refused = plant.ask(Ask::get("/api/me").host("evil.example")).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("--host NAME"), "{}", refused.body);
    let foreign = Ask::get("/api/me").header("origin", "http://evil.example");
    assert_eq!(plant.ask(foreign).await.status, 403);
}

#[tokio::test]
async fn names_that_were_told_are_the_only_ones() {
    let named = AccessSetup {
        users: Some(users()),
        hosts: vec!["plant-pc".to_owned()],
        ..AccessSetup::default()
    };
    let plant = Plant::open_at(WIDE, named);
    assert_eq!(
        plant.ask(Ask::get("/api/me").host("plant-pc:1880")).await.status,
        200
    );
    assert_eq!(
        plant.ask(Ask::get("/api/me").host("evil.example")).await.status,
        403
    );
    let local = Plant::open(AccessSetup::default());
    assert_eq!(local.ask(Ask::get("/").host("evil.example")).await.status, 403);
}
