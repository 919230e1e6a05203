//! How long to wait before the next try to connect.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// First wait. A broker that restarts is back soon.
const FIRST: Duration = Duration::from_millis(250);
/// Longest wait. Someone who mends the broker does not want to wait longer for the plant to come back.
const LONGEST: Duration = Duration::from_secs(30);
/// Share of the wait that is random, so that all nodes of a plant do not come back at the same moment.
const JITTER: f64 = 0.2;
/// A connection that lived for this long was a success: the waits start anew after it.
const STABLE_AFTER: Duration = Duration::from_secs(5);

/// Waits that double from 250 ms up to 30 s.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { next: FIRST }
    }

    /// The wait before the next try, after a connection that was up for `up` (zero if it never was).
    pub(super) fn wait_after(&mut self, up: Duration) -> Duration {
        if up >= STABLE_AFTER {
            self.next = FIRST;
        }
        let wait = self.next.mul_f64(1.0 - JITTER * random_share());
        self.next = (self.next * 2).min(LONGEST);
        wait
    }
}

/// A random number from 0 to 1, from the random keys that the standard library makes for its hash maps.
fn random_share() -> f64 {
    f64::from(u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_a_quarter_second_to_half_a_minute() {
        let mut backoff = Backoff::new();
        let mut expected_ms = 250;
        for _ in 0..20 {
            let wait_ms = backoff.wait_after(Duration::ZERO).as_millis();
            assert!(
                wait_ms <= expected_ms && wait_ms * 10 >= expected_ms * 8,
                "{wait_ms} of {expected_ms} ms"
            );
            expected_ms = (expected_ms * 2).min(30_000);
        }
        assert_eq!(expected_ms, 30_000);
    }

    #[test]
    fn a_connection_that_lasted_starts_the_waits_anew() {
        let mut backoff = Backoff::new();
        for _ in 0..10 {
            backoff.wait_after(Duration::from_secs(1));
        }
        assert!(backoff.wait_after(STABLE_AFTER) <= FIRST);
    }

    #[test]
    fn two_nodes_do_not_wait_equally_long() {
        let waits: std::collections::HashSet<_> = (0..10)
            .map(|_| Backoff::new().wait_after(Duration::ZERO))
            .collect();
        assert!(waits.len() > 1);
    }
}
