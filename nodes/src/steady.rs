//! `steady`: a class is told when it has been on top long enough, and is sure enough.

use twinflow_engine::record::EventTime;

use crate::lapse::Lapse;

/// The setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    micros: i64,
    confidence: f32,
    lapse: Lapse,
}

impl Hold {
    /// For so long on top, and so sure then.
    pub fn new(micros: i64, confidence: f32) -> Self {
        Self {
            micros,
            confidence,
            lapse: Lapse::of(micros),
        }
    }
}

/// A class that is on top and not told yet, and since when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rising {
    pub class: usize,
    pub since: EventTime,
}

/// What is told of one machine, and what may be next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Standing {
    pub newest: EventTime,
    /// Nothing before the first class has held.
    pub told: Option<usize>,
    pub rising: Option<Rising>,
}

impl Standing {
    /// Takes in which class is on top, and gives the one to tell.
    ///
    /// A reading that comes late changes nothing. After a lapse, what was told stands until another class has held.
    pub fn take(
        known: &mut Option<Standing>,
        hold: &Hold,
        time: EventTime,
        top: usize,
        confidence: f32,
    ) -> Option<usize> {
        let standing = known.get_or_insert(Standing {
            newest: time,
            told: None,
            rising: None,
        });
        if hold.lapse.has_passed(standing.newest, time) {
            standing.rising = None;
        } else if time < standing.newest {
            return standing.told;
        }
        standing.newest = time;
        if standing.told == Some(top) {
            standing.rising = None;
            return standing.told;
        }
        let rising = match standing.rising {
            Some(rising) if rising.class == top => rising,
            _ => Rising {
                class: top,
                since: time,
            },
        };
        if time.0.saturating_sub(rising.since.0) >= hold.micros && confidence >= hold.confidence {
            standing.told = Some(top);
            standing.rising = None;
        } else {
            standing.rising = Some(rising);
        }
        standing.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    /// What is told after each of these: milliseconds, class on top, its confidence.
    fn told(hold: &Hold, readings: &[(i64, usize, f32)]) -> Vec<Option<usize>> {
        let mut known = None;
        let tell = |(millis, top, confidence): &(i64, usize, f32)| {
            Standing::take(&mut known, hold, EventTime(millis * 1000), *top, *confidence)
        };
        readings.iter().map(tell).collect()
    }

    #[test]
    fn a_class_is_told_when_it_has_held() {
        let hold = Hold::new(SECOND, 0.6);
        let readings = [
            (0, 0, 0.9),
            (500, 0, 0.9),
            (1000, 0, 0.9),
            // A knock.
            (1200, 3, 0.9),
            (1400, 0, 0.9),
            // A fault, not sure at first.
            (2000, 3, 0.9),
            (3000, 3, 0.5),
            (3200, 3, 0.6),
            (3400, 3, 0.4),
        ];
        let told = told(&hold, &readings);
        let none = None;
        assert_eq!(
            told,
            [
                none,
                none,
                Some(0),
                Some(0),
                Some(0),
                Some(0),
                Some(0),
                Some(3),
                Some(3)
            ]
        );
    }

    #[test]
    fn two_faults_that_take_turns_are_not_told() {
        let hold = Hold::new(SECOND, 0.5);
        let readings: Vec<_> = (0..20).map(|at| (at * 400, at as usize % 2, 0.9)).collect();
        assert_eq!(told(&hold, &readings), vec![None; 20]);
    }

    #[test]
    fn late_readings_change_nothing() {
        let hold = Hold::new(SECOND, 0.5);
        let readings = [
            (0, 0, 0.9),
            (1000, 0, 0.9),
            (2000, 1, 0.9),
            (1500, 0, 0.9),
            (3000, 1, 0.9),
        ];
        assert_eq!(told(&hold, &readings), [None, Some(0), Some(0), Some(0), Some(1)]);
    }

    #[test]
    fn slow_readings_are_told_and_long_silence_proves_nothing() {
        let hold = Hold::new(SECOND, 0.5);
        // Every ten seconds: two in a row are enough.
        assert_eq!(told(&hold, &[(0, 1, 0.9), (10_000, 1, 0.9)]), [None, Some(1)]);
        assert_eq!(
            told(&hold, &[(0, 1, 0.9), (3_600_000, 1, 0.9), (3_601_000, 1, 0.9)]),
            [None, None, Some(1)]
        );
        // The clock was an hour ahead.
        let readings = [
            (3_600_000, 0, 0.9),
            (3_601_000, 0, 0.9),
            (0, 1, 0.9),
            (1000, 1, 0.9),
        ];
        assert_eq!(told(&hold, &readings), [None, Some(0), Some(0), Some(1)]);
    }
}
