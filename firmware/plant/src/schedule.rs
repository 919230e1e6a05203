//! When which fault is injected: the experiment's protocol, and random faults for a live demonstration.

use crate::fault::{Fault, FaultClass};
use crate::noise::Pcg32;
use crate::plant::STEP_MS;

/// The part of an experiment an episode belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Before a fault.
    Baseline,
    /// While the fault is injected.
    Fault,
    /// After it.
    Recovery,
}

/// A stretch of time with one fault, or none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Episode {
    /// The part of the experiment.
    pub phase: Phase,
    /// The fault to inject; [`Fault::NONE`] outside [`Phase::Fault`].
    pub fault: Fault,
    /// Length in steps of [`STEP_MS`].
    pub steps: u32,
}

/// One experiment: baseline, fault, recovery.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Protocol {
    /// The fault to inject.
    pub fault: Fault,
    /// Length of the baseline in s.
    pub baseline_s: u32,
    /// Length of the fault in s.
    pub fault_s: u32,
    /// Length of the recovery in s.
    pub recovery_s: u32,
}

impl Protocol {
    /// The original system's protocol: 60 s baseline, 480 s fault, 60 s recovery.
    pub const fn full(fault: Fault) -> Self {
        Protocol {
            fault,
            baseline_s: 60,
            fault_s: 480,
            recovery_s: 60,
        }
    }

    /// The three episodes in order.
    pub fn episodes(&self) -> [Episode; 3] {
        [
            Episode {
                phase: Phase::Baseline,
                fault: Fault::NONE,
                steps: steps_of(self.baseline_s),
            },
            Episode {
                phase: Phase::Fault,
                fault: self.fault,
                steps: steps_of(self.fault_s),
            },
            Episode {
                phase: Phase::Recovery,
                fault: Fault::NONE,
                steps: steps_of(self.recovery_s),
            },
        ]
    }

    /// The episode of every step, in order.
    pub fn schedule(&self) -> Schedule<core::array::IntoIter<Episode, 3>> {
        Schedule::new(self.episodes())
    }
}

/// Random episodes without end: 30 to 60 s of normal operation, then 20 to 60 s of a fault of severity 0.3 to
/// 0.9. The four classes come in random order, each once before any comes again, so that all are seen within
/// eight minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultInjector {
    rng: Pcg32,
    order: [FaultClass; 4],
    dealt: u32,
    fault_is_next: bool,
}

impl FaultInjector {
    /// An injector whose episodes follow from the seed alone.
    pub fn new(seed: u64) -> Self {
        FaultInjector {
            rng: Pcg32::new(seed, 2),
            order: [
                FaultClass::Overcurrent,
                FaultClass::CoolingDegradation,
                FaultClass::Imbalance,
                FaultClass::ThermalOverload,
            ],
            dealt: 0,
            fault_is_next: false,
        }
    }

    /// The episode of every step, in order, without end.
    pub fn schedule(self) -> Schedule<FaultInjector> {
        Schedule::new(self)
    }

    /// Whole seconds from `min` to `max`, as steps.
    fn steps_between(&mut self, min_s: u32, max_s: u32) -> u32 {
        steps_of(min_s + self.rng.next_u32() % (max_s - min_s + 1))
    }

    /// The next class of a shuffled round of four (Fisher-Yates, one swap a deal).
    fn deal(&mut self) -> FaultClass {
        let at = (self.dealt % 4) as usize;
        let left = 4 - self.dealt % 4;
        let pick = at + (self.rng.next_u32() % left) as usize;
        self.order.swap(at, pick);
        self.dealt = self.dealt.wrapping_add(1);
        self.order.get(at).copied().unwrap_or(FaultClass::None)
    }
}

impl Iterator for FaultInjector {
    type Item = Episode;

    fn next(&mut self) -> Option<Episode> {
        let episode = if self.fault_is_next {
            let class = self.deal();
            let severity = 0.3 + 0.6 * self.rng.uniform();
            Episode {
                phase: Phase::Fault,
                fault: Fault::clamped(class, severity),
                steps: self.steps_between(20, 60),
            }
        } else {
            Episode {
                phase: Phase::Baseline,
                fault: Fault::NONE,
                steps: self.steps_between(30, 60),
            }
        };
        self.fault_is_next = !self.fault_is_next;
        Some(episode)
    }
}

/// Lays episodes out over steps: gives, step by step, the episode the step belongs to.
#[derive(Debug, Clone)]
pub struct Schedule<I> {
    episodes: I,
    current: Option<Episode>,
    left: u32,
}

impl<I: Iterator<Item = Episode>> Schedule<I> {
    /// A schedule of the given episodes, from the first step of the first one.
    pub fn new(episodes: impl IntoIterator<IntoIter = I>) -> Self {
        Schedule {
            episodes: episodes.into_iter(),
            current: None,
            left: 0,
        }
    }
}

impl<I: Iterator<Item = Episode>> Iterator for Schedule<I> {
    type Item = Episode;

    fn next(&mut self) -> Option<Episode> {
        while self.left == 0 {
            let episode = self.episodes.next()?;
            self.left = episode.steps;
            self.current = Some(episode);
        }
        self.left -= 1;
        self.current
    }
}

fn steps_of(seconds: u32) -> u32 {
    seconds.saturating_mul(1000 / STEP_MS)
}
