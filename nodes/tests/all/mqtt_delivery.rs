//! Messages get from one end to the other, whatever the broker.

use bytes::Bytes;
use twinflow_nodes::mqtt::{LastWill, PAYLOAD_BYTES_MAX, PublishError, Publisher, Qos, SessionKind};

use crate::support::brokers::{self, Broker, connected, receive, receive_texts, test_with_each_broker};
use crate::support::mosquitto;

test_with_each_broker!(
    receives_what_mosquitto_pub_publishes,
    mosquitto_sub_gets_what_is_published,
    wildcards_match_as_the_filter_says,
    a_new_subscriber_gets_the_retained_value,
    a_megabyte_arrives_unharmed,
    a_payload_above_the_limit_is_left_out_and_the_connection_lives,
    what_is_not_acknowledged_comes_again_in_order,
    acknowledgements_may_be_called_in_any_order,
    a_client_that_died_gets_its_unacknowledged_messages_again_in_order,
    the_last_will_is_published_when_a_node_dies,
    a_close_sends_what_was_taken,
);

async fn receives_what_mosquitto_pub_publishes(broker: Broker) {
    let filters = [("plant/once", Qos::AtLeastOnce), ("plant/lossy", Qos::AtMostOnce)];
    let mut subscriber = broker.subscriber("reader", SessionKind::Clean, &filters).await;
    mosquitto::publish(broker.port(), "plant/lossy", b"a", &["-q", "0"]);
    mosquitto::publish(broker.port(), "plant/once", b"b", &["-q", "1"]);
    mosquitto::publish(broker.port(), "plant/lossy", b"c", &["-q", "1"]);
    let mut messages = Vec::new();
    for message in receive(&mut subscriber, 3).await {
        assert_eq!(
            message.acknowledgement.is_awaited(),
            message.qos == Qos::AtLeastOnce
        );
        messages.push((
            message.topic,
            message.payload,
            message.qos,
            message.retain,
            message.duplicate,
        ));
    }
    let expected = [
        (
            "plant/lossy".to_owned(),
            Bytes::from("a"),
            Qos::AtMostOnce,
            false,
            false,
        ),
        (
            "plant/once".to_owned(),
            Bytes::from("b"),
            Qos::AtLeastOnce,
            false,
            false,
        ),
        (
            "plant/lossy".to_owned(),
            Bytes::from("c"),
            Qos::AtMostOnce,
            false,
            false,
        ),
    ];
    assert_eq!(messages, expected);
    subscriber.close().await;
}

async fn mosquitto_sub_gets_what_is_published(broker: Broker) {
    let heard = mosquitto::Subscription::start(broker.port(), "plant/#", &["-q", "1"]);
    let publisher = broker.publisher("writer").await;
    let topic = "plant/fan".parse().unwrap();
    publisher
        .publish(&topic, Bytes::from("1"), Qos::AtMostOnce, false)
        .await
        .unwrap();
    publisher
        .publish(&topic, Bytes::from("2"), Qos::AtLeastOnce, false)
        .await
        .unwrap();
    publisher.flush().await.unwrap();
    assert_eq!(heard.message(), "plant/fan 0 0 1");
    assert_eq!(heard.message(), "plant/fan 1 0 2");
    publisher.close().await;
}

async fn wildcards_match_as_the_filter_says(broker: Broker) {
    let filters = [("plant/+/temp", Qos::AtLeastOnce), ("log/#", Qos::AtLeastOnce)];
    let mut subscriber = broker.subscriber("reader", SessionKind::Clean, &filters).await;
    let publisher = broker.publisher("writer").await;
    for topic in [
        "plant/temp",
        "plant/fan/temp",
        "plant/fan/rpm",
        "log",
        "log/a/b",
        "plant/a/b/temp",
        "plant//temp",
    ] {
        publisher
            .publish(&topic.parse().unwrap(), Bytes::new(), Qos::AtLeastOnce, false)
            .await
            .unwrap();
    }
    let topics: Vec<_> = receive(&mut subscriber, 4)
        .await
        .into_iter()
        .map(|message| message.topic)
        .collect();
    assert_eq!(topics, ["plant/fan/temp", "log", "log/a/b", "plant//temp"]);
}

async fn a_new_subscriber_gets_the_retained_value(broker: Broker) {
    let publisher = broker.publisher("writer").await;
    for (topic, value) in [
        ("set/a", "old"),
        ("set/a", "new"),
        ("set/b", "gone"),
        ("set/b", ""),
    ] {
        publisher
            .publish(&topic.parse().unwrap(), value.into(), Qos::AtLeastOnce, true)
            .await
            .unwrap();
    }
    publisher.flush().await.unwrap();
    let filters = [("set/+", Qos::AtLeastOnce)];
    let mut subscriber = broker.subscriber("reader", SessionKind::Clean, &filters).await;
    let retained = receive(&mut subscriber, 1).await.remove(0);
    assert_eq!(
        (retained.topic.as_str(), &retained.payload[..], retained.retain),
        ("set/a", &b"new"[..], true)
    );
    // `set/b` was cleared: the next message is one that is published now.
    publisher
        .publish(&"set/c".parse().unwrap(), "live".into(), Qos::AtLeastOnce, true)
        .await
        .unwrap();
    let live = receive(&mut subscriber, 1).await.remove(0);
    assert_eq!((live.topic.as_str(), live.retain), ("set/c", false));
}

async fn a_megabyte_arrives_unharmed(broker: Broker) {
    let mut subscriber = broker
        .subscriber("reader", SessionKind::Clean, &[("picture", Qos::AtLeastOnce)])
        .await;
    let publisher = broker.publisher("writer").await;
    let picture: Bytes = (0..1_000_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    publisher
        .publish(
            &"picture".parse().unwrap(),
            picture.clone(),
            Qos::AtLeastOnce,
            false,
        )
        .await
        .unwrap();
    publisher.flush().await.unwrap();
    assert!(receive(&mut subscriber, 1).await.remove(0).payload == picture);
}

async fn a_payload_above_the_limit_is_left_out_and_the_connection_lives(broker: Broker) {
    let publisher = broker.publisher("writer").await;
    let topic = "picture".parse().unwrap();
    let too_large = Bytes::from(vec![0; PAYLOAD_BYTES_MAX + 1]);
    let refused = publisher
        .publish(&topic, too_large.clone(), Qos::AtLeastOnce, false)
        .await;
    assert_eq!(
        refused,
        Err(PublishError::TooLarge {
            topic: topic.clone(),
            bytes: PAYLOAD_BYTES_MAX + 1
        })
    );

    // A persistent session: what is not acknowledged would come again for ever.
    let filters = [("picture", Qos::AtLeastOnce)];
    let mut subscriber = broker
        .subscriber("reader", SessionKind::Persistent, &filters)
        .await;
    mosquitto::publish(broker.port(), "picture", &too_large, &["-q", "1"]);
    publisher
        .publish(&topic, "small".into(), Qos::AtLeastOnce, false)
        .await
        .unwrap();
    assert_eq!(receive_texts(&mut subscriber, 1).await, ["small"]);
    assert_eq!(subscriber.counters().too_large(), 1);
    subscriber.close().await;

    let mut subscriber = broker
        .subscriber("reader", SessionKind::Persistent, &filters)
        .await;
    publisher
        .publish(&topic, "next".into(), Qos::AtLeastOnce, false)
        .await
        .unwrap();
    assert_eq!(receive_texts(&mut subscriber, 1).await, ["next"]);
    assert_eq!(subscriber.counters().too_large(), 0);
}

async fn publish_numbers(broker: &Broker, numbers: std::ops::Range<u32>) {
    let publisher = broker.publisher("numbers").await;
    for number in numbers {
        let payload = number.to_string().into();
        publisher
            .publish(&"number".parse().unwrap(), payload, Qos::AtLeastOnce, false)
            .await
            .unwrap();
    }
    publisher.flush().await.unwrap();
    publisher.close().await;
}

async fn what_is_not_acknowledged_comes_again_in_order(broker: Broker) {
    let filters = [("number", Qos::AtLeastOnce)];
    let mut subscriber = broker
        .subscriber("reader", SessionKind::Persistent, &filters)
        .await;
    publish_numbers(&broker, 0..10).await;
    let mut first = receive(&mut subscriber, 10).await;
    let unacknowledged = first.split_off(4);
    first
        .into_iter()
        .for_each(|message| message.acknowledgement.acknowledge());
    subscriber.close().await;
    publish_numbers(&broker, 10..12).await;

    let mut subscriber = broker
        .subscriber("reader", SessionKind::Persistent, &filters)
        .await;
    // Acknowledgements of the old connection mean nothing on the new one, where packet ids mean other messages.
    unacknowledged
        .into_iter()
        .for_each(|message| message.acknowledgement.acknowledge());
    let second = receive(&mut subscriber, 8).await;
    let expected: Vec<_> = (4..12).map(|number| (number.to_string(), number < 10)).collect();
    let found: Vec<_> = second
        .iter()
        .map(|message| {
            (
                String::from_utf8_lossy(&message.payload).into_owned(),
                message.duplicate,
            )
        })
        .collect();
    assert_eq!(found, expected);
}

async fn acknowledgements_may_be_called_in_any_order(broker: Broker) {
    let filters = [("number", Qos::AtLeastOnce)];
    let mut subscriber = broker
        .subscriber("reader", SessionKind::Persistent, &filters)
        .await;
    publish_numbers(&broker, 0..10).await;
    let mut messages = receive(&mut subscriber, 10).await;
    let skipped = messages.remove(7);
    messages
        .into_iter()
        .rev()
        .for_each(|message| message.acknowledgement.acknowledge());
    subscriber.close().await;
    drop(skipped);
    let mut subscriber = broker
        .subscriber("reader", SessionKind::Persistent, &filters)
        .await;
    // Those behind the one that was skipped could not be told to the broker before it.
    assert_eq!(receive_texts(&mut subscriber, 3).await, ["7", "8", "9"]);
}

async fn a_client_that_died_gets_its_unacknowledged_messages_again_in_order(broker: Broker) {
    let options = broker.options("reader");
    let filters = [("number", Qos::AtLeastOnce)];
    let (received, wait) = tokio::sync::oneshot::channel();
    let (subscribed, published) = (
        tokio::sync::oneshot::channel(),
        tokio::sync::oneshot::channel::<()>(),
    );
    let dying = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    dying.spawn(async move {
        let subscriptions = brokers::subscriptions(&filters);
        let mut subscriber =
            twinflow_nodes::mqtt::Subscriber::connect(&options, SessionKind::Persistent, subscriptions)
                .unwrap();
        connected(&mut subscriber.states()).await;
        subscribed.0.send(()).unwrap();
        published.1.await.unwrap();
        let messages = receive(&mut subscriber, 10).await;
        received.send(messages.len()).unwrap();
        std::future::pending::<()>().await;
    });
    subscribed.1.await.unwrap();
    publish_numbers(&broker, 0..10).await;
    published.0.send(()).unwrap();
    assert_eq!(wait.await.unwrap(), 10);
    // A second client of the same name takes over while the broker still holds the first for alive.
    let mut subscriber = broker
        .subscriber("reader", SessionKind::Persistent, &filters)
        .await;
    dying.shutdown_background();
    let expected: Vec<_> = (0..10).map(|number| number.to_string()).collect();
    assert_eq!(receive_texts(&mut subscriber, 10).await, expected);
}

async fn the_last_will_is_published_when_a_node_dies(broker: Broker) {
    let mut subscriber = broker
        .subscriber("reader", SessionKind::Clean, &[("state", Qos::AtLeastOnce)])
        .await;
    let will = LastWill {
        topic: "state".parse().unwrap(),
        payload: "dead".into(),
        qos: Qos::AtLeastOnce,
        retain: false,
    };
    // A node that is closed leaves no will.
    let closed = Publisher::connect(
        &broker.options("closed"),
        Some(LastWill {
            payload: "no".into(),
            ..will.clone()
        }),
    );
    let closed = closed.unwrap();
    connected(&mut closed.states()).await;
    closed.close().await;

    let options = broker.options("dying");
    let (ready, wait) = tokio::sync::oneshot::channel();
    let dying = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    dying.spawn(async move {
        let publisher = Publisher::connect(&options, Some(will)).unwrap();
        connected(&mut publisher.states()).await;
        ready.send(()).unwrap();
        std::future::pending::<()>().await;
    });
    wait.await.unwrap();
    dying.shutdown_background();
    assert_eq!(receive_texts(&mut subscriber, 1).await, ["dead"]);
}

async fn a_close_sends_what_was_taken(broker: Broker) {
    let mut subscriber = broker
        .subscriber("reader", SessionKind::Clean, &[("number", Qos::AtLeastOnce)])
        .await;
    let publisher = broker.publisher("writer").await;
    for number in 0..150 {
        let payload = number.to_string().into();
        publisher
            .publish(&"number".parse().unwrap(), payload, Qos::AtLeastOnce, false)
            .await
            .unwrap();
    }
    publisher.close().await;
    let expected: Vec<_> = (0..150).map(|number| number.to_string()).collect();
    assert_eq!(receive_texts(&mut subscriber, 150).await, expected);
}
