//! Virtual machines on real brokers: what others see of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use twinflow_engine::language::SourceId;
use twinflow_nodes::mqtt::{ConnectionState, Message, Qos, SessionKind, Subscriber};
use twinflow_nodes::scenario::Scenario;
use twinflow_nodes::virtual_plant::{
    Behaviour, Fleet, Loss, OWN_CONNECTIONS, Observer, PlantSettings, Topics, VirtualPlant,
};

use crate::support::brokers::{self, Broker, test_with_each_broker};

test_with_each_broker!(
    the_status_follows_the_network,
    many_machines_share_a_connection,
    commands_reach_the_machine_that_is_meant,
    machines_go_on_when_the_broker_is_back,
);

#[derive(Default)]
struct Counting {
    sent: AtomicU64,
    lost: AtomicU64,
    lost_by_scenario: AtomicU64,
}

impl Observer for Counting {
    fn connecting(&self, _: watch::Receiver<ConnectionState>) {}

    fn sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    fn lost(&self, loss: Loss, readings: u32) {
        let counter = match loss {
            Loss::Scenario => &self.lost_by_scenario,
            Loss::NoConnection | Loss::NotTaken | Loss::NotMade => &self.lost,
        };
        counter.fetch_add(readings.into(), Ordering::Relaxed);
    }

    fn commanded(&self, _: Option<&str>) {}
}

/// A plant that runs until it is stopped.
struct Running {
    counts: Arc<Counting>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(broker: &Broker, machines: usize, scenario: &str) -> Self {
        let mut found = Vec::new();
        let text = format!("twinflow-scenario: 1\n{scenario}\n");
        let scenario = Scenario::read(SourceId(0), &text, &mut found);
        let names = (1..=machines)
            .map(|number| format!("fan-{number}").into())
            .collect();
        let behaviour = Behaviour::Scenario(Arc::new(scenario.unwrap()));
        let fleet = Fleet::new(names, Duration::from_millis(100), &behaviour).unwrap();
        let counts = Arc::new(Counting::default());
        let settings = PlantSettings {
            address: brokers::address(broker.port()),
            client_id: "plant".to_owned(),
            topics: Topics {
                data: "hall/{machine}/data".parse().unwrap(),
                commands: Some("hall/{machine}/command".parse().unwrap()),
                status: Some("hall/{machine}/status".parse().unwrap()),
            },
            observer: Arc::clone(&counts) as _,
        };
        let mut plant = VirtualPlant::start(Box::new(fleet), &settings).unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            tokio::select! {
                ended = plant.run() => panic!("simulated machines never end: {ended:?}"),
                _ = stopped => {}
            }
            plant.close().await;
        });
        Self { counts, stop, task }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

fn text(message: &Message) -> String {
    String::from_utf8(message.payload.to_vec()).unwrap()
}

fn json(message: &Message) -> Value {
    serde_json::from_slice(&message.payload).unwrap()
}

async fn next(subscriber: &mut Subscriber) -> Message {
    let message = subscriber.next_batch(1).await.remove(0);
    assert!(message.payload.len() < 10_000);
    message
}

/// The next message that is like this.
async fn next_like(subscriber: &mut Subscriber, wanted: impl Fn(&Message) -> bool) -> Message {
    loop {
        let message = next(subscriber).await;
        if wanted(&message) {
            return message;
        }
    }
}

async fn the_status_follows_the_network(broker: Broker) {
    let filters = [
        ("hall/+/status", Qos::AtMostOnce),
        ("hall/+/data", Qos::AtMostOnce),
    ];
    let mut seen = broker.subscriber("seen", SessionKind::Clean, &filters).await;
    let plant = Running::start(&broker, 1, "timeline: [{ at: 1 s, network: lost, for: 1 s }]");
    // As the board: first that it is there, then what it measures.
    let first = next(&mut seen).await;
    assert_eq!(
        (first.topic.as_str(), text(&first).as_str()),
        ("hall/fan-1/status", "online")
    );
    let mut last_number = 0;
    let offline = loop {
        let message = next(&mut seen).await;
        if message.topic.ends_with("/status") {
            break message;
        }
        last_number = json(&message)["sequence_id"].as_u64().unwrap();
    };
    // The broker says it by itself: the connection broke without a word.
    assert_eq!(text(&offline), "offline");
    let online = next(&mut seen).await;
    assert_eq!(
        (online.topic.as_str(), text(&online).as_str()),
        ("hall/fan-1/status", "online")
    );
    let next_number = json(&next(&mut seen).await)["sequence_id"].as_u64().unwrap();
    assert!(next_number >= last_number + 9, "{last_number} and {next_number}");
    assert!(plant.counts.lost_by_scenario.load(Ordering::Relaxed) >= 8);
    plant.stop().await;
    let last = next_like(&mut seen, |message| message.topic.ends_with("/status")).await;
    assert_eq!(text(&last), "offline");
    // Whoever comes later learns it from what the broker keeps.
    let mut later = broker
        .subscriber("later", SessionKind::Clean, &filters[..1])
        .await;
    let kept = next(&mut later).await;
    assert_eq!((text(&kept).as_str(), kept.retain), ("offline", true));
}

async fn many_machines_share_a_connection(broker: Broker) {
    let count = OWN_CONNECTIONS + 5;
    let filters = [("hall/+/status", Qos::AtMostOnce)];
    let mut seen = broker.subscriber("seen", SessionKind::Clean, &filters).await;
    let lost = "machines: { 7: { timeline: [{ at: 0.5 s, network: lost, for: 0.5 s }] } }";
    let plant = Running::start(&broker, count, lost);
    let mut history: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let is_back = |history: &BTreeMap<String, Vec<String>>| {
        history.len() == count
            && history
                .get("hall/fan-7/status")
                .is_some_and(|said| said.len() >= 3)
    };
    while !is_back(&history) {
        let message = next(&mut seen).await;
        history
            .entry(message.topic.clone())
            .or_default()
            .push(text(&message));
    }
    plant.stop().await;
    while history.values().any(|said| said.last().unwrap() != "offline") {
        let message = next(&mut seen).await;
        history
            .entry(message.topic.clone())
            .or_default()
            .push(text(&message));
    }
    for (topic, said) in &history {
        let due: &[&str] = match topic.as_str() {
            "hall/fan-7/status" => &["online", "offline", "online", "offline"],
            _ => &["online", "offline"],
        };
        assert_eq!(said, due, "{topic}");
    }
}

async fn commands_reach_the_machine_that_is_meant(broker: Broker) {
    let filters = [
        ("hall/+/command/ack", Qos::AtMostOnce),
        ("hall/+/status", Qos::AtMostOnce),
    ];
    for count in [2, OWN_CONNECTIONS + 2] {
        let mut seen = broker.subscriber("seen", SessionKind::Clean, &filters).await;
        let plant = Running::start(&broker, count, "timeline: []");
        let operator = broker.publisher("operator").await;
        let topic = "hall/fan-2/command".parse().unwrap();
        let mut ask = async |command: Value| {
            // A machine subscribes when it is there, and nobody hears when that is: the command is given until it is heard.
            loop {
                let payload = command.to_string().into_bytes();
                operator
                    .publish(&topic, payload.into(), Qos::AtLeastOnce, false)
                    .await
                    .unwrap();
                let answer = next_like(&mut seen, |message| message.topic.ends_with("/ack"));
                if let Ok(answer) = tokio::time::timeout(Duration::from_millis(500), answer).await {
                    return (answer.topic.clone(), json(&answer));
                }
            }
        };
        let (topic, answer) = ask(json!({ "mechanical_load": 0.7 })).await;
        assert_eq!(topic, "hall/fan-2/command/ack");
        assert_eq!(answer, json!({ "asset_id": "fan-2", "accepted": true }));
        plant.stop().await;
    }
}

async fn machines_go_on_when_the_broker_is_back(mut broker: Broker) {
    let filters = [("hall/+/data", Qos::AtMostOnce)];
    let mut seen = broker.subscriber("seen", SessionKind::Clean, &filters).await;
    let plant = Running::start(&broker, 3, "timeline: []");
    let before = json(&next(&mut seen).await)["sequence_id"].as_u64().unwrap();
    broker.kill().await;
    let lost = |plant: &Running| plant.counts.lost.load(Ordering::Relaxed);
    let was_lost = lost(&plant);
    while lost(&plant) < was_lost + 10 {
        // The loss is counted, not announced: there is no event to wait for.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    broker.restart().await;
    let after = next_like(&mut seen, |message| {
        json(message)["sequence_id"].as_u64().unwrap() > before + 3
    })
    .await;
    let timestamp = json(&after)["timestamp"].as_i64().unwrap();
    // It is news, and nothing that waited for the broker.
    let age_ms = twinflow_engine::record::EventTime::now().as_millis() - timestamp;
    assert!(age_ms < 20_000, "{age_ms} ms");
    plant.stop().await;
}
