//! How often someone may try to log in.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::clock::Clock;

/// So many tries in a [`WINDOW`], from an address and for a name.
const TRIES: usize = 5;
const WINDOW: Duration = Duration::from_secs(60);

/// So many addresses and names are kept at most. Beyond that nobody new may try: memory is not given to whoever asks often.
const KEPT: usize = 20_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Of {
    Address(IpAddr),
    Name(String),
}

/// The tries of the last minute.
pub(crate) struct Tries {
    clock: Clock,
    tries: Mutex<HashMap<Of, VecDeque<Instant>>>,
}

impl Tries {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            tries: Mutex::default(),
        }
    }

    /// Counts a try, or tells after which time another one is allowed.
    pub fn take(&self, address: IpAddr, name: &str) -> Result<(), Duration> {
        let now = self.clock.now();
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= KEPT {
            tries.retain(|_, times| {
                forget_old(times, now);
                !times.is_empty()
            });
            if tries.len() >= KEPT {
                return Err(WINDOW);
            }
        }
        let both = [Of::Address(network(address)), Of::Name(name.to_owned())];
        let mut wait = None;
        for of in &both {
            let Some(times) = tries.get_mut(of) else { continue };
            forget_old(times, now);
            if times.len() >= TRIES
                && let Some(first) = times.front()
            {
                let left = WINDOW.saturating_sub(now.saturating_duration_since(*first));
                wait = wait.max(Some(left));
            }
        }
        // A refused try is not counted: the time that is told would not be true.
        if let Some(wait) = wait {
            return Err(wait);
        }
        for of in both {
            tries.entry(of).or_default().push_back(now);
        }
        Ok(())
    }

    /// The password was right: the name begins anew, and the address gets this one try back. The others of the address stay counted,
    /// or whoever has one password could try those of others without end.
    pub fn succeeded(&self, address: IpAddr, name: &str) {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.remove(&Of::Name(name.to_owned()));
        if let Some(times) = tries.get_mut(&Of::Address(network(address))) {
            times.pop_back();
        }
    }
}

fn forget_old(times: &mut VecDeque<Instant>, now: Instant) {
    while times
        .front()
        .is_some_and(|time| now.saturating_duration_since(*time) >= WINDOW)
    {
        times.pop_front();
    }
}

/// A machine has one address of version 4, but a whole network of addresses of version 6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (!0 << 64)).into(),
        v4 => v4,
    }
}
