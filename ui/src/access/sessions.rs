//! Who is logged in.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::clock::Clock;
use super::secret::{self, Hash};
use super::who::Who;

/// A session that nobody used for so long is over.
const IDLE: Duration = Duration::from_hours(12);
/// And any is, after so long.
const LONGEST: Duration = Duration::from_hours(7 * 24);
/// So many are kept; beyond that the one that was not used for the longest time ends.
const KEPT: usize = 1_000;

struct Session {
    who: Who,
    begun: Instant,
    used: Instant,
    /// Dropped at the end of the session: whoever holds the other end learns of it.
    alive: watch::Sender<()>,
}

impl Session {
    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.used) >= IDLE
            || now.saturating_duration_since(self.begun) >= LONGEST
    }
}

/// The sessions, by the hash of their keys: the keys themselves are only in the browsers.
pub(crate) struct Sessions {
    clock: Clock,
    sessions: Mutex<HashMap<Hash, Session>>,
}

/// By which the end of a session is noticed.
#[derive(Clone, Debug)]
pub(crate) struct SessionEnd {
    key: Hash,
    alive: watch::Receiver<()>,
}

impl SessionEnd {
    /// Waits until the session was ended.
    pub async fn ended(&mut self) {
        while self.alive.changed().await.is_ok() {}
    }

    /// Which session it is.
    pub fn key(&self) -> Hash {
        self.key
    }
}

impl Sessions {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            sessions: Mutex::default(),
        }
    }

    /// Begins one, and answers its key.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn begin(&self, who: Who) -> Result<String, getrandom::Error> {
        let key = secret::make()?;
        let now = self.clock.now();
        let session = Session {
            who,
            begun: now,
            used: now,
            alive: watch::Sender::new(()),
        };
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, session| !session.is_over(now));
        if sessions.len() >= KEPT {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.used);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                sessions.remove(&oldest);
            }
        }
        sessions.insert(Hash::of(&key), session);
        Ok(key)
    }

    /// Whose session has this key, if it is not over.
    pub fn find(&self, key: &str) -> Option<(Who, SessionEnd)> {
        self.use_of(Hash::of(key))
    }

    /// Whether the session is not over. An open page is a use of it: a screen on the wall would else go dark every night.
    pub fn goes_on(&self, key: Hash) -> bool {
        self.use_of(key).is_some()
    }

    fn use_of(&self, key: Hash) -> Option<(Who, SessionEnd)> {
        let now = self.clock.now();
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let session = sessions.get_mut(&key)?;
        if session.is_over(now) {
            sessions.remove(&key);
            return None;
        }
        session.used = now;
        let alive = session.alive.subscribe();
        Some((session.who.clone(), SessionEnd { key, alive }))
    }

    /// Ends one.
    pub fn end(&self, key: Hash) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.remove(&key);
    }
}
