//! Waiting longer after every failure.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Doubles from the first delay to the longest. Up to half of each delay is left out at random: what failed at the same
/// moment does not come back at the same moment.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Begins at `first` and never waits longer than `longest`.
    #[must_use]
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// How long to wait now.
    pub fn next_delay(&mut self) -> Duration {
        self.delay_at(random_share())
    }

    /// How long to wait now, of between half a delay (0) and a whole one (1).
    fn delay_at(&mut self, share: f64) -> Duration {
        let delay = self.next;
        self.next = delay.saturating_mul(2).min(self.longest);
        delay.mul_f64(0.5 + share / 2.0)
    }

    /// After a success.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

/// From 0 to 1, of the random keys that the standard library makes for its hash maps.
fn random_share() -> f64 {
    f64::from(u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(backoff: &mut Backoff, share: f64, tries: usize) -> Vec<u128> {
        (0..tries).map(|_| backoff.delay_at(share).as_millis()).collect()
    }

    #[test]
    fn delays_double_up_to_the_longest_and_begin_anew() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(500));
        assert_eq!(millis(&mut backoff, 1.0, 5), [100, 200, 400, 500, 500]);
        backoff.reset();
        assert_eq!(millis(&mut backoff, 0.0, 4), [50, 100, 200, 250]);
    }

    #[test]
    fn no_two_wait_equally_long() {
        let delay = || Backoff::new(Duration::from_secs(60), Duration::from_secs(60)).next_delay();
        let delays: std::collections::HashSet<Duration> = (0..32).map(|_| delay()).collect();
        assert!(delays.len() > 16);
        assert!(
            delays
                .iter()
                .all(|delay| (30.0..=60.0).contains(&delay.as_secs_f64()))
        );
    }
}
