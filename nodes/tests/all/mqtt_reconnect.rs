//! Connections come back by themselves, and say in plain words why they are down.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use twinflow_nodes::mqtt::{
    ConnectError, ConnectOptions, ConnectionState, LossReason, Publisher, Qos, SessionKind, Subscriber,
};

use crate::support::brokers::{
    self, Broker, address, connected, in_time, lost, receive_texts, subscriptions, test_with_each_broker,
};
use crate::support::mosquitto::{self, Mosquitto};

test_with_each_broker!(
    a_killed_broker_that_comes_back_is_found_and_subscribed_again,
    what_is_published_while_the_broker_is_away_arrives_when_it_is_back,
    a_second_client_of_the_same_name_throws_the_first_out,
);

async fn a_killed_broker_that_comes_back_is_found_and_subscribed_again(mut broker: Broker) {
    let filters = [("plant/a", Qos::AtLeastOnce), ("plant/b", Qos::AtMostOnce)];
    let mut subscriber = broker
        .subscriber("reader", SessionKind::Persistent, &filters)
        .await;
    let mut states = subscriber.states();
    broker.kill().await;
    lost(&mut states).await;
    broker.restart().await;
    connected(&mut states).await;
    mosquitto::publish(broker.port(), "plant/a", b"a", &["-q", "1"]);
    mosquitto::publish(broker.port(), "plant/b", b"b", &["-q", "1"]);
    assert_eq!(receive_texts(&mut subscriber, 2).await, ["a", "b"]);
}

async fn what_is_published_while_the_broker_is_away_arrives_when_it_is_back(mut broker: Broker) {
    let publisher = broker.publisher("writer").await;
    broker.kill().await;
    lost(&mut publisher.states()).await;
    let topic = "plant".parse().unwrap();
    for number in 0..50 {
        let qos = if number % 2 == 0 {
            Qos::AtLeastOnce
        } else {
            Qos::AtMostOnce
        };
        publisher
            .publish(&topic, number.to_string().into(), qos, true)
            .await
            .unwrap();
    }
    broker.restart().await;
    publisher.flush().await.unwrap();
    // The last one is retained, so all of them got there.
    let mut subscriber = broker
        .subscriber("reader", SessionKind::Clean, &[("plant", Qos::AtLeastOnce)])
        .await;
    assert_eq!(receive_texts(&mut subscriber, 1).await, ["49"]);
}

async fn a_second_client_of_the_same_name_throws_the_first_out(broker: Broker) {
    let first = broker.publisher("same").await;
    let mut states = first.states();
    let _second = broker.publisher("same").await;
    let reason = lost(&mut states).await;
    assert!(matches!(reason, LossReason::Closed { .. }), "{reason:?}");
    assert!(
        reason
            .to_string()
            .contains("does another client use the client id `same`?")
    );
}

/// Passes bytes between a client and `port`, until it is frozen: then it holds the connection open and passes nothing.
async fn half_open(port: u16) -> (u16, tokio::sync::watch::Sender<bool>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own_port = listener.local_addr().unwrap().port();
    let frozen = tokio::sync::watch::Sender::new(false);
    let freezing = frozen.subscribe();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut freezing = freezing.clone();
            tokio::spawn(async move {
                let mut broker = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let freeze = async { drop(freezing.wait_for(|is_frozen| *is_frozen).await) };
                let is_frozen = tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut broker) => false,
                    () = freeze => true,
                };
                if is_frozen {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (own_port, frozen)
}

#[tokio::test]
async fn a_connection_that_is_dead_without_a_word_is_replaced() {
    let broker = Mosquitto::start();
    let (port, frozen) = half_open(broker.port()).await;
    let mut options = ConnectOptions::new(address(port), "reader");
    options.keep_alive = std::time::Duration::from_secs(1);
    let filters = subscriptions(&[("plant", Qos::AtLeastOnce)]);
    let mut subscriber = Subscriber::connect(&options, SessionKind::Persistent, filters).unwrap();
    let mut states = subscriber.states();
    connected(&mut states).await;
    frozen.send_replace(true);
    mosquitto::publish(broker.port(), "plant", b"on its way", &["-q", "1"]);
    lost(&mut states).await;
    frozen.send_replace(false);
    connected(&mut states).await;
    assert_eq!(receive_texts(&mut subscriber, 1).await, ["on its way"]);
}

#[tokio::test]
async fn a_broker_that_is_away_at_the_start_is_tried_until_it_is_there() {
    in_time(async {
        let port = mosquitto::free_port();
        let subscriptions = subscriptions(&[("plant", Qos::AtLeastOnce)]);
        let options = ConnectOptions::new(address(port), "reader");
        let subscriber = Subscriber::connect(&options, SessionKind::Clean, subscriptions).unwrap();
        let mut states = subscriber.states();
        let reason = lost(&mut states).await;
        assert_eq!(
            reason.to_string(),
            format!("connection refused by 127.0.0.1:{port}: is the broker running?")
        );
        let broker = twinflow_nodes::mqtt::EmbeddedBroker::start(brokers::loopback(port), None)
            .await
            .unwrap();
        connected(&mut states).await;
        subscriber.close().await;
        assert_eq!(*states.borrow(), ConnectionState::Closed);
        broker.stop().await;
    })
    .await;
}

/// Why a publisher with this address does not get a connection.
async fn reason_of(address: &str) -> LossReason {
    let options = ConnectOptions::new(address.parse().unwrap(), "writer");
    let publisher = Publisher::connect(&options, None).unwrap();
    let reason = in_time(lost(&mut publisher.states())).await;
    in_time(publisher.close()).await;
    reason
}

#[tokio::test]
async fn a_wrong_password_is_named_and_not_shown() {
    let broker = Mosquitto::start_with_credentials("plant", "right");
    let at = format!("127.0.0.1:{}", broker.port());
    for login in ["plant:wrong", "other:right"] {
        let reason = reason_of(&format!("mqtt://{login}@{at}")).await;
        // Mosquitto answers "not authorised" to both.
        assert_eq!(reason, LossReason::NotAuthorised { broker: at.clone() });
        assert!(!reason.to_string().contains("wrong"));
    }
    let options = ConnectOptions::new(format!("mqtt://plant:right@{at}").parse().unwrap(), "writer");
    let publisher = Publisher::connect(&options, None).unwrap();
    in_time(connected(&mut publisher.states())).await;
}

#[tokio::test]
async fn a_host_that_does_not_exist_is_named() {
    // The domain is reserved for names that do not exist (RFC 2606).
    let reason = reason_of("mqtt://plant.invalid").await;
    assert_eq!(
        reason,
        LossReason::HostNotFound {
            broker: "plant.invalid:1883".to_owned()
        }
    );
}

#[tokio::test]
async fn a_server_that_is_no_broker_is_named() {
    let server = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let at = server.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = server.accept().await.unwrap();
            let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
            tokio::io::AsyncWriteExt::write_all(&mut client, answer)
                .await
                .unwrap();
        }
    });
    let reason = reason_of(&format!("mqtt://{at}")).await;
    assert_eq!(
        reason,
        LossReason::NotMqtt {
            broker: at.to_string()
        }
    );
}

#[tokio::test]
async fn a_subscription_the_broker_forbids_is_named() {
    // Mosquitto accepts what its access list forbids and sends nothing, so this broker is played.
    let server = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let at = server.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut client, _) = server.accept().await.unwrap();
        let mut packet = [0; 256];
        assert!(
            client.read(&mut packet).await.unwrap() > 0 && packet[0] == 0x10,
            "no CONNECT"
        );
        client.write_all(&[0x20, 2, 0, 0]).await.unwrap();
        assert!(
            client.read(&mut packet).await.unwrap() > 0 && packet[0] == 0x82,
            "no SUBSCRIBE"
        );
        // Granted at QoS 1, and refused.
        client
            .write_all(&[0x90, 4, packet[2], packet[3], 1, 0x80])
            .await
            .unwrap();
        std::future::pending::<()>().await;
    });
    let options = ConnectOptions::new(address(at.port()), "reader");
    let filters = subscriptions(&[("plant/#", Qos::AtLeastOnce), ("secret/#", Qos::AtLeastOnce)]);
    let subscriber = Subscriber::connect(&options, SessionKind::Clean, filters).unwrap();
    let reason = in_time(lost(&mut subscriber.states())).await;
    let filter = "secret/#".to_owned();
    assert_eq!(
        reason,
        LossReason::SubscriptionRefused {
            broker: at.to_string(),
            filter
        }
    );
}

#[tokio::test]
async fn options_that_no_broker_takes_are_refused_at_once() {
    let options = ConnectOptions::new(address(1883), "");
    assert!(matches!(
        Publisher::connect(&options, None),
        Err(ConnectError::ClientId { .. })
    ));
    let mut options = ConnectOptions::new(address(1883), "writer");
    options.keep_alive = std::time::Duration::from_millis(10);
    assert!(matches!(
        Publisher::connect(&options, None),
        Err(ConnectError::KeepAlive { .. })
    ));
    let options = ConnectOptions::new(address(1883), "reader");
    let refused = Subscriber::connect(&options, SessionKind::Clean, Vec::new());
    assert!(matches!(refused, Err(ConnectError::NoSubscription)));
}
