//! Machines that are not there, on a real broker: simulated ones, or those of a recorded log.
//!
//! [`VirtualPlant`] has the connections and the clock; what its machines say comes from a [`Machines`]: a [`Fleet`] of
//! simulated ones, or a [`Recording`](crate::recording::Recording). The nodes `virtual-fan` and `playback` and the command
//! `twinflow simulate` all drive this one.

mod fleet;
mod link;
mod machines;
mod observer;
mod topics;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

pub use crate::machine::{Answer, Behaviour};
pub use fleet::Fleet;
pub use machines::{Act, Machines};
pub use observer::{Loss, Observer};
pub use topics::{MACHINE, TopicPattern, Topics};

use crate::mqtt::BrokerAddress;
use link::{Incoming, Link, LinkSettings, Member, Wish};
use topics::MachineTopics;

/// So many machines have a connection each, as boards do: the broker itself tells when one is gone, by its last will.
pub const OWN_CONNECTIONS: usize = 20;
/// Of more machines, so many share a connection: a thousand sockets would tell a broker nothing new.
const MACHINES_A_CONNECTION: usize = 500;
/// Commands that wait while the machines are busy.
const COMMANDS_WAITING: usize = 64;
/// How long the machines wait for their connections before they begin: what they say before is lost.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
/// How long an answer to a command may take: whoever asked sees by the readings what became of it.
const ANSWER_PATIENCE: Duration = Duration::from_millis(200);

/// What a virtual plant needs beside its machines.
pub struct PlantSettings {
    /// The broker.
    pub address: BrokerAddress,
    /// What its clients are called; those of several connections get a number behind it.
    pub client_id: String,
    /// Where it publishes and listens.
    pub topics: Topics,
    /// Who is told what happens.
    pub observer: Arc<dyn Observer>,
}

/// Machines with their connections.
pub struct VirtualPlant {
    machines: Box<dyn Machines>,
    topics: Vec<MachineTopics>,
    links: Vec<Link>,
    /// By the number of a machine: its link, and its place there.
    places: Vec<(usize, usize)>,
    has_network: Vec<bool>,
    incoming: mpsc::Receiver<Incoming>,
    observer: Arc<dyn Observer>,
    made: Instant,
    /// When the machines began; nothing while they wait for their connections.
    began: Option<Instant>,
}

impl VirtualPlant {
    /// Starts to connect, and returns at once. The machines' time begins when all are connected, or a little later.
    ///
    /// # Errors
    /// A name that no topic can hold, or options that work with no broker.
    pub fn start(machines: Box<dyn Machines>, settings: &PlantSettings) -> Result<Self, String> {
        let names = machines.names();
        let topics = names.iter().map(|name| settings.topics.of(name));
        let topics: Vec<MachineTopics> = topics.collect::<Result<_, _>>()?;
        let a_link = if names.len() <= OWN_CONNECTIONS {
            1
        } else {
            MACHINES_A_CONNECTION
        };
        let (commands, incoming) = mpsc::channel(COMMANDS_WAITING);
        let mut links = Vec::new();
        let mut places = Vec::with_capacity(names.len());
        let numbered: Vec<(usize, &MachineTopics)> = topics.iter().enumerate().collect();
        for members in numbered.chunks(a_link) {
            let client_id = match links.len() {
                0 => settings.client_id.clone(),
                // No node is called so: its own client id has no such letter.
                number => format!("{}_{}", settings.client_id, number + 1),
            };
            places.extend((0..members.len()).map(|place| (links.len(), place)));
            let members = members.iter().map(|(number, topics)| Member {
                number: *number,
                commands: topics.commands.clone(),
                status: topics.status.clone(),
            });
            let link = LinkSettings {
                address: settings.address.clone(),
                client_id,
                members: members.collect(),
                observer: Arc::clone(&settings.observer),
            };
            links.push(Link::start(link, commands.clone()).map_err(|error| error.to_string())?);
        }
        Ok(Self {
            has_network: vec![true; names.len()],
            machines,
            topics,
            links,
            places,
            incoming,
            observer: Arc::clone(&settings.observer),
            made: Instant::now(),
            began: None,
        })
    }

    /// Lets the machines act, each in its time, until none has anything more to do. May be dropped and called again.
    ///
    /// # Errors
    /// When a log cannot be read any further.
    pub async fn run(&mut self) -> Result<(), String> {
        let began = match self.began {
            Some(began) => began,
            None => {
                let connected = connected(&mut self.links);
                // A broker that is away is tried for ever; the machines run meanwhile, as boards would.
                let _ = timeout_at(self.made + CONNECT_PATIENCE, connected).await;
                *self.began.insert(Instant::now())
            }
        };
        while let Some(due) = self.machines.due() {
            tokio::select! {
                biased;
                Some(command) = self.incoming.recv() => self.obey(&command).await,
                () = sleep_until(began + due) => self.act(began.elapsed()).await?,
            }
        }
        Ok(())
    }

    /// Says good-bye for all machines, and disconnects.
    pub async fn close(self) {
        // All at once: each may have to wait for the broker.
        let closing: Vec<_> = self.links.into_iter().map(Link::close).collect();
        for link in closing {
            if let Err(error) = link.await {
                tracing::error!(%error, "a connection of the virtual plant failed");
            }
        }
    }

    async fn act(&mut self, now: Duration) -> Result<(), String> {
        let act = self.machines.act(now)?;
        if act.missed > 0 {
            self.observer.lost(Loss::NotMade, act.missed);
        }
        let had_network = self.has_network.get_mut(act.machine);
        let is_there = act.has_network;
        let has_changed = had_network.is_some_and(|had| std::mem::replace(had, is_there) != is_there);
        let Some((link, place)) = self.link(act.machine) else {
            return Ok(());
        };
        if has_changed {
            // The link looks at this before anything else, and so has it soon.
            link.send(Wish::Network { place, is_there }, Duration::MAX).await;
        }
        let topic = self.topics.get(act.machine).map(|topics| topics.data.clone());
        match (act.payload, topic) {
            (Some(payload), Some(topic)) => {
                let payload = payload.into();
                if !link.send(Wish::Reading { topic, payload }, act.patience).await {
                    self.observer.lost(Loss::NotTaken, 1);
                }
            }
            _ => self.observer.lost(Loss::Scenario, 1),
        }
        Ok(())
    }

    async fn obey(&mut self, command: &Incoming) {
        let machine = command.machine;
        // What has no network hears nothing.
        if self.has_network.get(machine) != Some(&true) {
            return;
        }
        let Some(answer) = self.machines.obey(machine, &command.payload) else {
            return;
        };
        self.observer.commanded(answer.refused.as_deref());
        let topic = self.topics.get(machine).and_then(|topics| topics.answers.clone());
        if let (Some(topic), Some((link, _))) = (topic, self.link(machine)) {
            let payload = answer.payload.into();
            link.send(Wish::Answer { topic, payload }, ANSWER_PATIENCE).await;
        }
    }

    /// The link of a machine, and the machine's place there.
    fn link(&self, machine: usize) -> Option<(&Link, usize)> {
        let (link, place) = self.places.get(machine)?;
        Some((self.links.get(*link)?, *place))
    }
}

/// Waits until all links have been connected once.
async fn connected(links: &mut [Link]) {
    for link in links {
        link.connected().await;
    }
}
