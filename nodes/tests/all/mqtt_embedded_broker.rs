//! The embedded broker itself: where it listens, whom it lets in, and that it ends.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use twinflow_nodes::mqtt::{
    BrokerAddress, BrokerError, ConnectOptions, Credentials, EmbeddedBroker, LossReason, Publisher, Qos,
    SessionKind, Subscriber,
};

use crate::support::brokers::{connected, in_time, loopback, lost, receive, receive_texts, subscriptions};
use crate::support::mosquitto;

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_two_ways_out() {
    let first = EmbeddedBroker::start(loopback(0), None).await.unwrap();
    let at = first.local_addr();
    let error = EmbeddedBroker::start(at, None).await.unwrap_err();
    let next = loopback(at.port() + 1);
    assert!(matches!(&error, BrokerError::AddressInUse { listen, other } if *listen == at && *other == next));
    let text = error.to_string();
    assert!(text.contains(&format!("{at} is taken")), "{text}");
    assert!(
        text.contains(&format!("`mqtt://{at}`")) && text.contains(&format!("`embedded://{next}`")),
        "{text}"
    );
}

#[tokio::test]
async fn without_credentials_it_listens_on_loopback_only() {
    let open = "0.0.0.0:0".parse().unwrap();
    let error = EmbeddedBroker::start(open, None).await.unwrap_err();
    assert!(matches!(error, BrokerError::OpenToNetwork { .. }));
    assert!(error.to_string().contains("embedded://user:password@0.0.0.0:0"));
    let broker = EmbeddedBroker::start(open, Some(Credentials::new("plant", "secret")))
        .await
        .unwrap();
    // Clients of this machine reach it by the loopback address.
    let publisher = Publisher::connect(&ConnectOptions::new(broker.address(), "writer"), None).unwrap();
    in_time(connected(&mut publisher.states())).await;
}

#[tokio::test]
async fn an_address_of_another_machine_is_refused() {
    // The range is reserved for documentation (RFC 5737).
    let elsewhere = "192.0.2.1:0".parse().unwrap();
    let error = EmbeddedBroker::start(elsewhere, Some(Credentials::new("a", "b")))
        .await
        .unwrap_err();
    assert!(matches!(error, BrokerError::AddressNotLocal { .. }), "{error}");
}

#[tokio::test]
async fn only_the_right_credentials_are_let_in() {
    let broker = EmbeddedBroker::start(loopback(0), Some(Credentials::new("plant", "p@ss:w/rd")))
        .await
        .unwrap();
    let at = broker.local_addr();
    for wrong in ["plant:wrong@", "plant@", "other:p%40ss:w/rd@", ""] {
        let address: BrokerAddress = format!("mqtt://{wrong}{at}").parse().unwrap();
        let publisher = Publisher::connect(&ConnectOptions::new(address, "writer"), None).unwrap();
        let reason = in_time(lost(&mut publisher.states())).await;
        assert_eq!(
            reason,
            LossReason::BadCredentials {
                broker: at.to_string()
            },
            "{wrong}"
        );
    }
    let address = format!("mqtt://plant:p%40ss:w/rd@{at}").parse().unwrap();
    let publisher = Publisher::connect(&ConnectOptions::new(address, "writer"), None).unwrap();
    in_time(connected(&mut publisher.states())).await;
}

#[tokio::test]
async fn clients_of_mqtt_5_and_3_1_1_talk_to_each_other() {
    in_time(async {
        let broker = EmbeddedBroker::start(loopback(0), None).await.unwrap();
        let port = broker.local_addr().port();
        let options = ConnectOptions::new(broker.address(), "reader");
        let filters = subscriptions(&[("to/3", Qos::AtLeastOnce)]);
        let mut old = Subscriber::connect(&options, SessionKind::Clean, filters).unwrap();
        connected(&mut old.states()).await;
        mosquitto::publish(port, "to/3", b"from 5", &["-V", "5", "-q", "1"]);
        assert_eq!(receive_texts(&mut old, 1).await, ["from 5"]);

        let new = mosquitto::Subscription::start(port, "to/5", &["-V", "5", "-q", "1"]);
        let publisher = Publisher::connect(&ConnectOptions::new(broker.address(), "writer"), None).unwrap();
        publisher
            .publish(&"to/5".parse().unwrap(), "from 3".into(), Qos::AtLeastOnce, false)
            .await
            .unwrap();
        publisher.flush().await.unwrap();
        assert_eq!(new.message(), "to/5 1 0 from 3");
    })
    .await;
}

#[tokio::test]
async fn stop_ends_every_connection_and_frees_the_port() {
    in_time(async {
        let broker = EmbeddedBroker::start(loopback(0), None).await.unwrap();
        let at = broker.local_addr();
        let publisher = Publisher::connect(&ConnectOptions::new(broker.address(), "writer"), None).unwrap();
        connected(&mut publisher.states()).await;
        // One client that has not said a word, and one in the middle of its first packet.
        let mut silent = TcpStream::connect(at).await.unwrap();
        let mut slow = TcpStream::connect(at).await.unwrap();
        slow.write_all(&[0x10, 0x20]).await.unwrap();

        broker.stop().await;
        assert!(matches!(
            lost(&mut publisher.states()).await,
            LossReason::Closed { .. } | LossReason::Refused { .. }
        ));
        for client in [&mut silent, &mut slow] {
            // The end of the stream, or a reset because the broker had not read all.
            assert!(matches!(client.read(&mut [0; 16]).await, Ok(0) | Err(_)));
        }
        let again = EmbeddedBroker::start(at, None).await.unwrap();
        connected(&mut publisher.states()).await;
        again.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_dropped_broker_ends_its_connections() {
    in_time(async {
        let broker = EmbeddedBroker::start(loopback(0), None).await.unwrap();
        let publisher = Publisher::connect(&ConnectOptions::new(broker.address(), "writer"), None).unwrap();
        connected(&mut publisher.states()).await;
        drop(broker);
        lost(&mut publisher.states()).await;
    })
    .await;
}

#[tokio::test]
async fn thousands_of_messages_wait_for_a_client_that_is_away() {
    in_time(async {
        let broker = EmbeddedBroker::start(loopback(0), None).await.unwrap();
        let options = ConnectOptions::new(broker.address(), "reader");
        let filters = subscriptions(&[("number", Qos::AtLeastOnce)]);
        let subscriber = Subscriber::connect(&options, SessionKind::Persistent, filters.clone()).unwrap();
        connected(&mut subscriber.states()).await;
        subscriber.close().await;

        let publisher = Publisher::connect(&ConnectOptions::new(broker.address(), "writer"), None).unwrap();
        // More than rmqtt keeps by itself, and more than it sends ahead.
        for number in 0..3000u32 {
            let payload = number.to_be_bytes().to_vec().into();
            publisher
                .publish(&"number".parse().unwrap(), payload, Qos::AtLeastOnce, false)
                .await
                .unwrap();
        }
        publisher.flush().await.unwrap();

        let mut subscriber = Subscriber::connect(&options, SessionKind::Persistent, filters).unwrap();
        for number in 0..3000u32 {
            let message = receive(&mut subscriber, 1).await.remove(0);
            assert_eq!(message.payload[..], number.to_be_bytes());
            message.acknowledgement.acknowledge();
        }
    })
    .await;
}

#[tokio::test]
async fn a_slow_reader_at_qos_0_keeps_its_connection_and_counts_what_is_dropped() {
    in_time(async {
        let broker = EmbeddedBroker::start(loopback(0), None).await.unwrap();
        let mut options = ConnectOptions::new(broker.address(), "reader");
        options.keep_alive = std::time::Duration::from_secs(1);
        let filters = subscriptions(&[("flood", Qos::AtMostOnce)]);
        let mut subscriber = Subscriber::connect(&options, SessionKind::Clean, filters).unwrap();
        let mut states = subscriber.states();
        connected(&mut states).await;
        states.mark_unchanged();

        let publisher = Publisher::connect(&ConnectOptions::new(broker.address(), "writer"), None).unwrap();
        let count = 20_000u64;
        for _ in 0..count {
            let payload = vec![0; 1000].into();
            publisher
                .publish(&"flood".parse().unwrap(), payload, Qos::AtMostOnce, false)
                .await
                .unwrap();
        }
        publisher
            .publish(&"flood".parse().unwrap(), "last".into(), Qos::AtMostOnce, false)
            .await
            .unwrap();
        publisher.flush().await.unwrap();
        // Nothing is taken until something had to be dropped, half a keep-alive later at the latest.
        let counters = subscriber.counters();
        while counters.dropped() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let mut taken = 0;
        loop {
            let batch = subscriber.next_batch(usize::MAX).await;
            taken += batch.len() as u64;
            if batch.last().is_some_and(|message| message.payload == "last") {
                break;
            }
        }
        assert_eq!(taken + counters.dropped(), count + 1);
        assert!(
            !states.has_changed().unwrap(),
            "the connection broke: {:?}",
            states.borrow()
        );
    })
    .await;
}

#[tokio::test]
async fn a_burst_at_qos_0_waits_for_the_reader_instead_of_being_dropped() {
    in_time(async {
        let broker = EmbeddedBroker::start(loopback(0), None).await.unwrap();
        let mut options = ConnectOptions::new(broker.address(), "reader");
        options.keep_alive = std::time::Duration::from_secs(600);
        let filters = subscriptions(&[("burst", Qos::AtMostOnce)]);
        let mut subscriber = Subscriber::connect(&options, SessionKind::Clean, filters).unwrap();
        connected(&mut subscriber.states()).await;
        let publisher = Publisher::connect(&ConnectOptions::new(broker.address(), "writer"), None).unwrap();
        let count = 20_000u32;
        for number in 0..count {
            let payload = number.to_be_bytes().to_vec().into();
            publisher
                .publish(&"burst".parse().unwrap(), payload, Qos::AtMostOnce, false)
                .await
                .unwrap();
        }
        for number in 0..count {
            let message = subscriber.next_batch(1).await.remove(0);
            assert_eq!(message.payload[..], number.to_be_bytes());
        }
        assert_eq!(subscriber.counters().dropped(), 0);
    })
    .await;
}

#[tokio::test]
async fn no_message_is_lost_while_a_client_dies_again_and_again() {
    in_time(async {
        let broker = EmbeddedBroker::start(loopback(0), None).await.unwrap();
        let options = ConnectOptions::new(broker.address(), "reader");
        let filters = subscriptions(&[("number", Qos::AtLeastOnce)]);
        let publisher = Publisher::connect(&ConnectOptions::new(broker.address(), "writer"), None).unwrap();
        let topic = "number".parse().unwrap();
        let mut missing = std::collections::BTreeSet::new();
        for round in 0..50u32 {
            let dying = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap();
            let (options, filters) = (options.clone(), filters.clone());
            let (up, is_up) = tokio::sync::oneshot::channel();
            dying.spawn(async move {
                let subscriber = Subscriber::connect(&options, SessionKind::Persistent, filters).unwrap();
                connected(&mut subscriber.states()).await;
                up.send(()).unwrap();
                std::future::pending::<()>().await;
            });
            is_up.await.unwrap();
            for number in round * 20..(round + 1) * 20 {
                missing.insert(number);
                let payload = number.to_be_bytes().to_vec().into();
                publisher
                    .publish(&topic, payload, Qos::AtLeastOnce, false)
                    .await
                    .unwrap();
            }
            // In the middle of the messages that are on their way. None of them is acknowledged.
            dying.shutdown_background();
            publisher.flush().await.unwrap();
        }
        let mut subscriber = Subscriber::connect(&options, SessionKind::Persistent, filters).unwrap();
        while !missing.is_empty() {
            for message in subscriber.next_batch(100).await {
                missing.remove(&u32::from_be_bytes(message.payload[..].try_into().unwrap()));
                message.acknowledgement.acknowledge();
            }
        }
    })
    .await;
}
