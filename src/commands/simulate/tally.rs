//! What happened so far, in figures.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;
use twinflow_nodes::mqtt::ConnectionState;
use twinflow_nodes::virtual_plant::{Loss, Observer};

/// Counts what a virtual plant does.
#[derive(Default)]
pub struct Tally {
    sent: AtomicU64,
    lost: AtomicU64,
    lost_by_scenario: AtomicU64,
    obeyed: AtomicU64,
    refused: AtomicU64,
    last_loss: Mutex<Option<Loss>>,
}

/// The figures of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Readings that went out.
    pub sent: u64,
    /// Readings that should have, and did not.
    pub lost: u64,
    /// Readings that the scenario lost.
    pub lost_by_scenario: u64,
    /// Commands that machines obeyed.
    pub obeyed: u64,
    /// Commands that they refused.
    pub refused: u64,
}

impl Tally {
    /// The figures now.
    pub fn counts(&self) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            sent: of(&self.sent),
            lost: of(&self.lost),
            lost_by_scenario: of(&self.lost_by_scenario),
            obeyed: of(&self.obeyed),
            refused: of(&self.refused),
        }
    }

    /// Why a reading was lost, the last time.
    pub fn last_loss(&self) -> Option<Loss> {
        *self.last_loss.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Tally {
    // The log tells of lost connections.
    fn connecting(&self, _: watch::Receiver<ConnectionState>) {}

    fn sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    fn lost(&self, loss: Loss, readings: u32) {
        let readings = u64::from(readings);
        if loss == Loss::Scenario {
            self.lost_by_scenario.fetch_add(readings, Ordering::Relaxed);
            return;
        }
        self.lost.fetch_add(readings, Ordering::Relaxed);
        *self.last_loss.lock().unwrap_or_else(PoisonError::into_inner) = Some(loss);
    }

    fn commanded(&self, refused: Option<&str>) {
        let counter = match refused {
            None => &self.obeyed,
            Some(_) => &self.refused,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lost", self.lost)?;
        if self.lost_by_scenario > 0 {
            write!(f, " (and {} by the scenario)", self.lost_by_scenario)?;
        }
        write!(f, ", {} commands", self.obeyed)?;
        if self.refused > 0 {
            write!(f, " (and {} refused)", self.refused)?;
        }
        Ok(())
    }
}
