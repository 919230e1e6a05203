//! One connection that is set up again for as long as its node lives, and the loop that serves it.

use std::future::Future;
use std::mem::{Discriminant, discriminant};
use std::pin::pin;
use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Outgoing};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;
use super::loss::{Ends, LossReason};
use super::options::{ConnectError, ConnectOptions};
use super::state::ConnectionState;

/// How long the broker may take for its last answers when a node ends.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// What a node does with its connection. All methods but the asynchronous ones return at once, so nothing holds up the
/// keep-alive.
pub(super) trait Role: Send + 'static {
    /// The broker accepted the connection; requests go out through `client`.
    fn opened(&mut self, client: AsyncClient) -> Verdict;

    /// Something came in or went out.
    fn event(&mut self, event: Event) -> Verdict;

    /// The connection is gone, and `client` with it.
    fn lost(&mut self);

    /// Completes when the next packet may be read.
    fn room(&self) -> impl Future<Output = ()> + Send;

    /// Waits for the node's next wish and serves it. Dropped and called again at any time, so it must not lose one.
    fn serve_next(&mut self) -> impl Future<Output = ()> + Send;

    /// Serves the wishes that are there already; there will be no others.
    fn finish(&mut self);

    /// Whether the broker has answered all it has to, after [`finish`](Self::finish). A DISCONNECT before that would make
    /// the broker drop what it has not looked at yet, as it cannot write its answers to a closed socket.
    fn is_settled(&self) -> bool;

    /// The client of the connection, if there is one.
    fn client(&self) -> Option<&AsyncClient>;
}

/// What an event means for the state of the connection.
pub(super) enum Verdict {
    /// Nothing.
    Continue,
    /// The connection does what it is for.
    Established,
    /// The broker does not allow the subscription to this filter, so the connection is useless: end it, try again later.
    SubscriptionRefused(String),
}

/// A connection in one of its phases.
pub(super) struct Connection {
    options: MqttOptions,
    /// How many requests a role may have under way to the event loop.
    requests_max: usize,
    ends: Ends,
    backoff: Backoff,
    phase: Phase,
    state: watch::Sender<ConnectionState>,
    /// The kind of loss that was logged last, since the connection was last up.
    logged: Option<Discriminant<LossReason>>,
}

enum Phase {
    Waiting {
        until: Instant,
    },
    // A fresh event loop for every try: rumqttc keeps events, requests and colliding packet ids of a lost connection.
    Opening {
        event_loop: Box<EventLoop>,
        client: AsyncClient,
    },
    Up {
        event_loop: Box<EventLoop>,
        since: Instant,
    },
}

enum Step {
    Opened(AsyncClient),
    Event(Event),
    /// With the events of the lost connection that were read but not told yet.
    Lost(Vec<Event>),
}

impl Connection {
    pub(super) fn new(
        options: &ConnectOptions,
        configure: impl FnOnce(&mut MqttOptions),
        requests_max: usize,
    ) -> Result<(Self, watch::Receiver<ConnectionState>), ConnectError> {
        let mut rumqttc_options = options.to_rumqttc()?;
        configure(&mut rumqttc_options);
        let remote = options.address.remote();
        let ends = Ends {
            broker: format!("{}:{}", remote.host, remote.port),
            client_id: options.client_id.clone(),
        };
        let (state, states) = watch::channel(ConnectionState::Connecting);
        let connection = Self {
            options: rumqttc_options,
            requests_max,
            ends,
            backoff: Backoff::new(),
            phase: Phase::Waiting {
                until: Instant::now(),
            },
            state,
            logged: None,
        };
        Ok((connection, states))
    }

    async fn step(&mut self) -> Step {
        loop {
            match &mut self.phase {
                Phase::Waiting { until } => {
                    sleep_until(*until).await;
                    let (client, mut event_loop) = AsyncClient::new(self.options.clone(), self.requests_max);
                    event_loop.network_options.set_tcp_nodelay(true);
                    self.phase = Phase::Opening {
                        event_loop: Box::new(event_loop),
                        client,
                    };
                    self.state.send_replace(ConnectionState::Connecting);
                }
                Phase::Opening { event_loop, client } => match event_loop.poll().await {
                    Ok(_) => {
                        let client = client.clone();
                        if let Phase::Opening { event_loop, .. } = std::mem::replace(
                            &mut self.phase,
                            Phase::Waiting {
                                until: Instant::now(),
                            },
                        ) {
                            self.phase = Phase::Up {
                                event_loop,
                                since: Instant::now(),
                            };
                        }
                        return Step::Opened(client);
                    }
                    Err(error) => self.lose(self.ends.loss(&error, false)),
                },
                Phase::Up { event_loop, .. } => match event_loop.poll().await {
                    Ok(event) => return Step::Event(event),
                    Err(error) => {
                        let untold = event_loop.state.events.drain(..).collect();
                        self.lose(self.ends.loss(&error, true));
                        return Step::Lost(untold);
                    }
                },
            }
        }
    }

    fn lose(&mut self, reason: LossReason) {
        let up = match &self.phase {
            Phase::Up { since, .. } => since.elapsed(),
            Phase::Waiting { .. } | Phase::Opening { .. } => Duration::ZERO,
        };
        let retry_in = self.backoff.wait_after(up);
        self.phase = Phase::Waiting {
            until: Instant::now() + retry_in,
        };
        let kind = discriminant(&reason);
        if self.logged.replace(kind) == Some(kind) {
            tracing::debug!(client = self.ends.client_id, ?retry_in, "{reason}");
        } else {
            tracing::warn!(client = self.ends.client_id, ?retry_in, "{reason}");
        }
        self.state
            .send_replace(ConnectionState::Lost { reason, retry_in });
    }

    fn established(&mut self) {
        if self.logged.take().is_some() {
            tracing::info!(client = self.ends.client_id, "connected to {}", self.ends.broker);
        }
        self.state.send_replace(ConnectionState::Connected);
    }

    /// Does what `verdict` says; `false` if that ended the connection.
    fn follow(&mut self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Continue => true,
            Verdict::Established => {
                self.established();
                true
            }
            Verdict::SubscriptionRefused(filter) => {
                self.lose(LossReason::SubscriptionRefused {
                    broker: self.ends.broker.clone(),
                    filter,
                });
                false
            }
        }
    }

    /// Serves `role` until `close` is told or dropped; then serves the wishes that are there and disconnects.
    pub(super) async fn run<R: Role>(mut self, mut role: R, mut close: oneshot::Receiver<()>) {
        self.serve(&mut role, &mut close).await;
        self.state.send_replace(ConnectionState::Closed);
    }

    async fn serve<R: Role>(&mut self, role: &mut R, close: &mut oneshot::Receiver<()>) {
        let mut closing = Closing::default();
        loop {
            if !closing.has_begun() {
                tokio::select! {
                    biased;
                    () = role.room() => {}
                    _ = &mut *close => closing.begin(role),
                }
            }
            if closing.has_begun() && !closing.go_on(role) {
                return;
            }
            let step = {
                // The event loop must not be dropped while it writes, as it counts a packet as sent before it is.
                let mut step = pin!(self.step());
                loop {
                    tokio::select! {
                        step = &mut step => break step,
                        () = role.serve_next(), if !closing.has_begun() => {}
                        _ = &mut *close, if !closing.has_begun() => {
                            closing.begin(role);
                            if !closing.go_on(role) {
                                return;
                            }
                        }
                        () = closing.timeout() => return,
                    }
                }
            };
            match step {
                Step::Event(Event::Outgoing(Outgoing::Disconnect)) => return,
                Step::Lost(untold) => {
                    for event in untold {
                        role.event(event);
                    }
                    role.lost();
                }
                Step::Opened(client) => {
                    let verdict = role.opened(client);
                    self.follow(verdict);
                }
                Step::Event(event) => {
                    let verdict = role.event(event);
                    if !self.follow(verdict) {
                        role.lost();
                    }
                }
            }
        }
    }
}

/// How far the end of a connection is.
#[derive(Default)]
struct Closing {
    /// When to stop waiting for the broker; `None` before the end has begun.
    until: Option<Instant>,
    disconnect_sent: bool,
}

impl Closing {
    fn has_begun(&self) -> bool {
        self.until.is_some()
    }

    fn begin<R: Role>(&mut self, role: &mut R) {
        role.finish();
        self.until = Some(Instant::now() + DISCONNECT_TIMEOUT);
    }

    /// Asks for the DISCONNECT once it is time; `false` if there is nothing more to wait for.
    fn go_on<R: Role>(&mut self, role: &R) -> bool {
        let Some(client) = role.client() else { return false };
        if !self.disconnect_sent && role.is_settled() {
            self.disconnect_sent = client.try_disconnect().is_ok();
            return self.disconnect_sent;
        }
        true
    }

    async fn timeout(&self) {
        match self.until {
            Some(until) => sleep_until(until).await,
            None => std::future::pending().await,
        }
    }
}
