//! What `classify` remembers over restarts: classes by their codes, because another model may have them in another order.

use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::{EventTime, Key};
use twinflow_models::Classes;

use super::run::Classifying;
use super::smooth::Smoothed;
use crate::steady::{Rising, Standing};

const SMOOTH: &str = "smooth";
const STEADY: &str = "steady";

impl Memory for Classifying {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        let is_everything = extent == Extent::All;
        let classes = self.model.classes();
        for (key, machine) in &mut self.machines {
            if !(is_everything || machine.is_changed) {
                continue;
            }
            if !is_everything {
                machine.is_changed = false;
            }
            if let Some(smoothed) = &machine.smoothed {
                save(SMOOTH, *key, smoothed_bytes(smoothed, classes));
            }
            if let Some(standing) = &machine.standing {
                save(STEADY, *key, standing_bytes(standing, classes));
            }
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let classes = self.model.classes();
        // Of a model with other classes, or a node without the setting, it says nothing.
        match part {
            SMOOTH if self.calm.smoothing.is_some() => match smoothed(bytes, classes) {
                Some(smoothed) => self.machines.entry(key).or_default().smoothed = Some(smoothed),
                None => return Restored::Unknown,
            },
            STEADY if self.calm.hold.is_some() => match standing(bytes, classes) {
                Some(standing) => self.machines.entry(key).or_default().standing = Some(standing),
                None => return Restored::Unknown,
            },
            _ => return Restored::Unknown,
        }
        Restored::Kept
    }
}

fn code(class: usize, classes: &Classes) -> u32 {
    classes.get(class).map_or(0, |class| class.code)
}

/// Time and weight, then code and sum of each class; all little-endian.
fn smoothed_bytes(smoothed: &Smoothed, classes: &Classes) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 + 12 * smoothed.sums.len());
    bytes.extend(smoothed.newest.0.to_le_bytes());
    bytes.extend(smoothed.weight.to_le_bytes());
    for (class, sum) in smoothed.sums.iter().enumerate() {
        bytes.extend(code(class, classes).to_le_bytes());
        bytes.extend(sum.to_le_bytes());
    }
    bytes
}

fn smoothed(bytes: &[u8], classes: &Classes) -> Option<Smoothed> {
    let (newest, rest) = bytes.split_first_chunk::<8>()?;
    let (weight, rest) = rest.split_first_chunk::<8>()?;
    let weight = f64::from_le_bytes(*weight);
    let (entries, torn) = rest.as_chunks::<12>();
    if !torn.is_empty() || entries.len() != classes.count() || !(weight.is_finite() && weight > 0.0) {
        return None;
    }
    let mut sums = vec![None; classes.count()];
    for entry in entries {
        let (code, sum) = entry.split_first_chunk::<4>()?;
        let sum = f64::from_le_bytes(*sum.first_chunk()?);
        if !(0.0..=weight * 1.001).contains(&sum) {
            return None;
        }
        *sums.get_mut(classes.index_of_code(u32::from_le_bytes(*code))?)? = Some(sum);
    }
    Some(Smoothed {
        newest: EventTime(i64::from_le_bytes(*newest)),
        weight,
        sums: sums.into_iter().collect::<Option<_>>()?,
    })
}

/// Which of the two classes there are, as bits; the time, the class told, the class rising and since when.
const TOLD: u8 = 1;
const RISING: u8 = 2;
const STANDING_BYTES: usize = 1 + 8 + 4 + 4 + 8;

fn standing_bytes(standing: &Standing, classes: &Classes) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(STANDING_BYTES);
    let told = standing.told.map_or(0, |_| TOLD);
    bytes.push(told | standing.rising.map_or(0, |_| RISING));
    let rising = standing.rising.unwrap_or(Rising {
        class: 0,
        since: EventTime(0),
    });
    bytes.extend(standing.newest.0.to_le_bytes());
    bytes.extend(code(standing.told.unwrap_or(0), classes).to_le_bytes());
    bytes.extend(code(rising.class, classes).to_le_bytes());
    bytes.extend(rising.since.0.to_le_bytes());
    bytes
}

fn standing(bytes: &[u8], classes: &Classes) -> Option<Standing> {
    let bytes: &[u8; STANDING_BYTES] = bytes.try_into().ok()?;
    let (flags, rest) = bytes.split_first()?;
    let (newest, rest) = rest.split_first_chunk::<8>()?;
    let (told, rest) = rest.split_first_chunk::<4>()?;
    let (rising, rest) = rest.split_first_chunk::<4>()?;
    let since = rest.first_chunk::<8>()?;
    if *flags > TOLD | RISING {
        return None;
    }
    let class = |code: &[u8; 4]| classes.index_of_code(u32::from_le_bytes(*code));
    Some(Standing {
        newest: EventTime(i64::from_le_bytes(*newest)),
        told: match flags & TOLD {
            0 => None,
            _ => Some(class(told)?),
        },
        rising: match flags & RISING {
            0 => None,
            _ => Some(Rising {
                class: class(rising)?,
                since: EventTime(i64::from_le_bytes(*since)),
            }),
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn memories_survive_their_bytes() {
        let classes = Classes::fan();
        let known = Smoothed {
            newest: EventTime(7),
            weight: 2.5,
            sums: vec![1.0, 0.5, 0.0, 1.0, 0.0],
        };
        assert_eq!(smoothed(&smoothed_bytes(&known, &classes), &classes), Some(known));
        for told in [None, Some(3)] {
            for rising in [
                None,
                Some(Rising {
                    class: 1,
                    since: EventTime(-5),
                }),
            ] {
                let known = Standing {
                    newest: EventTime(9),
                    told,
                    rising,
                };
                assert_eq!(standing(&standing_bytes(&known, &classes), &classes), Some(known));
            }
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_refused_or_make_sense(bytes in prop::collection::vec(any::<u8>(), 0..90)) {
            let classes = Classes::fan();
            if let Some(smoothed) = smoothed(&bytes, &classes) {
                prop_assert!(smoothed.weight > 0.0 && smoothed.sums.iter().all(|sum| sum.is_finite()));
            }
            if let Some(standing) = standing(&bytes, &classes) {
                prop_assert!(standing.told.is_none_or(|class| class < 5));
            }
        }
    }
}
