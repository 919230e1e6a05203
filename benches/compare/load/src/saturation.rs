//! The highest rate that is sustained.

use std::io;
use std::thread;
use std::time::Duration;

use crate::trial::{self, Load};

/// Doubles the rate until a trial fails, then halves the distance until it is known to a twelfth.
pub fn search(load: Load, from: f64) -> io::Result<f64> {
    let (mut good, mut bad) = (0.0, f64::INFINITY);
    let mut rate = from;
    while bad / 1.09 > good && rate >= 1.0 {
        let mut outcome = trial::run(Load { rate, ..load })?;
        if !outcome.is_sustained(rate) {
            // Once more: something else on the machine may have been in the way.
            settle(load)?;
            outcome = trial::run(Load { rate, ..load })?;
        }
        let is_sustained = outcome.is_sustained(rate);
        eprintln!(
            "  {rate:.0}/s: {}, {} of {} answered, {:.0}/s sent, p99 {:.1} ms",
            if is_sustained {
                "sustained"
            } else {
                "not sustained"
            },
            outcome.answered,
            outcome.sent,
            outcome.achieved,
            outcome.latency(0.99).unwrap_or(f64::NAN)
        );
        if is_sustained {
            good = rate;
        } else {
            bad = rate;
            settle(load)?;
        }
        rate = match (good, bad) {
            (good, f64::INFINITY) => 2.0 * good,
            (0.0, bad) => bad / 2.0,
            (good, bad) => (good + bad) / 2.0,
        };
    }
    Ok(good)
}

/// Waits until a lone reading is answered at once: what an overload has left in queues is no part of the next trial.
pub fn settle(load: Load) -> io::Result<()> {
    for _ in 0..60 {
        let outcome = trial::run(Load {
            rate: 10.0,
            seconds: 0.3,
            at_least_once: false,
            ..load
        })?;
        if outcome.sent == outcome.answered && outcome.latency(1.0).is_some_and(|ms| ms < 100.0) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(500));
    }
    eprintln!("  it did not come to rest within a minute");
    Ok(())
}
