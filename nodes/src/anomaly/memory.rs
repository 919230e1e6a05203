//! What `anomaly` remembers over restarts: what is normal for each machine, or how far it has learnt that, and what is told.
//! They are apart, because one is long and never changes again, the other changes with every reading.

use twinflow_engine::node::{Extent, Memory, Restored};
use twinflow_engine::record::{EventTime, Key};

use super::learning::{Learning, Seen};
use super::normal::Normal;
use super::run::{ABNORMAL, Machine, NORMAL, Scoring};
use crate::number_field::NumberField;
use crate::steady::{Rising, Standing};

const LEARNT: &str = "normal";
const STANDING: &str = "state";
const VERSION: u8 = 1;

impl Memory for Scoring {
    fn save(&mut self, extent: Extent, save: &mut dyn FnMut(&str, Key, Vec<u8>)) {
        let is_everything = extent == Extent::All;
        for (key, machine) in &mut self.machines {
            if is_everything || std::mem::take(&mut machine.is_learning_changed) {
                let mut bytes = self.meaning.clone();
                bytes.extend(learning_bytes(&machine.learning, machine.normal.is_some()));
                save(LEARNT, *key, bytes);
            }
            if (is_everything || std::mem::take(&mut machine.is_standing_changed))
                && let Some(standing) = &machine.standing
            {
                save(STANDING, *key, standing_bytes(standing));
            }
        }
    }

    fn restore(&mut self, part: &str, key: Key, bytes: &[u8]) -> Restored {
        let width = self.scales.len();
        let machine = || Machine::new(width, EventTime(0));
        match part {
            LEARNT => {
                let bytes = bytes.strip_prefix(&*self.meaning);
                let Some((learning, is_learnt)) = bytes.and_then(|bytes| learning(bytes, width)) else {
                    return Restored::Unknown;
                };
                let normal = is_learnt.then(|| Normal::of(&learning, &self.scales));
                if normal.as_ref().is_some_and(Option::is_none) {
                    return Restored::Unknown;
                }
                let machine = self.machines.entry(key).or_insert_with(machine);
                machine.learning = learning;
                machine.normal = normal.flatten();
            }
            STANDING => match standing(bytes) {
                Some(standing) => {
                    self.machines.entry(key).or_insert_with(machine).standing = Some(standing);
                }
                None => return Restored::Unknown,
            },
            _ => return Restored::Unknown,
        }
        Restored::Kept
    }
}

/// What stands before what was learnt: it says nothing to a node with other fields, units or another time to learn.
pub(super) fn meaning(fields: &[NumberField], learn_s: f64) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(learn_s.to_le_bytes());
    for field in fields {
        for text in [&*field.name, field.unit.symbol()] {
            bytes.extend(text.as_bytes());
            bytes.push(0);
        }
    }
    bytes
}

/// Whether it is done, the times, the count; four numbers of each value, then the products row by row. All little-endian.
fn learning_bytes(learning: &Learning, is_learnt: bool) -> Vec<u8> {
    let mut bytes = vec![u8::from(is_learnt)];
    bytes.extend(learning.first.0.to_le_bytes());
    bytes.extend(learning.newest.0.to_le_bytes());
    bytes.extend(learning.count.to_le_bytes());
    let seen = learning
        .seen
        .iter()
        .flat_map(|seen| [seen.mean, seen.last, seen.steps, seen.digit]);
    for number in seen.chain(learning.products.iter().flatten().copied()) {
        bytes.extend(number.to_le_bytes());
    }
    bytes
}

/// Nothing for what was not saved of so many values.
fn learning(bytes: &[u8], width: usize) -> Option<(Learning, bool)> {
    let (is_learnt, bytes) = bytes.split_first()?;
    let (first, bytes) = bytes.split_first_chunk::<8>()?;
    let (newest, bytes) = bytes.split_first_chunk::<8>()?;
    let (count, bytes) = bytes.split_first_chunk::<8>()?;
    let (numbers, torn) = bytes.as_chunks::<8>();
    if *is_learnt > 1 || !torn.is_empty() || numbers.len() != 4 * width + width * (width + 1) / 2 {
        return None;
    }
    let mut numbers = numbers.iter().copied().map(f64::from_le_bytes);
    let (first, newest) = (i64::from_le_bytes(*first), i64::from_le_bytes(*newest));
    let mut learning = Learning::new(width, EventTime(first));
    for place in &mut learning.seen {
        let seen = Seen {
            mean: numbers.next()?,
            last: numbers.next()?,
            steps: numbers.next()?,
            digit: numbers.next()?,
        };
        let is_right =
            seen.mean.is_finite() && seen.last.is_finite() && seen.steps >= 0.0 && seen.digit >= 0.0;
        *place = is_right.then_some(seen)?;
    }
    for place in learning.products.iter_mut().flatten() {
        *place = numbers.next().filter(|product| product.is_finite())?;
    }
    let squares = learning.products.iter().filter_map(|row| row.last());
    if first > newest || squares.into_iter().any(|square| *square < 0.0) {
        return None;
    }
    learning.newest = EventTime(newest);
    learning.count = u64::from_le_bytes(*count);
    Some((learning, *is_learnt == 1))
}

/// Bits of the first byte: whether abnormal is told, and whether the other one rises. Behind it stand the newest time, and since
/// when it rises.
const IS_ABNORMAL: u8 = 1;
const RISES: u8 = 2;

fn standing_bytes(standing: &Standing) -> Vec<u8> {
    let told = u8::from(standing.told == Some(ABNORMAL)) * IS_ABNORMAL;
    let rises = standing.rising.map_or(0, |_| RISES);
    let since = standing.rising.map_or(0, |rising| rising.since.0);
    let mut bytes = vec![told | rises];
    bytes.extend(standing.newest.0.to_le_bytes());
    bytes.extend(since.to_le_bytes());
    bytes
}

fn standing(bytes: &[u8]) -> Option<Standing> {
    let (flags, bytes) = bytes.split_first()?;
    let (newest, bytes) = bytes.split_first_chunk::<8>()?;
    let since: &[u8; 8] = bytes.try_into().ok()?;
    if *flags > IS_ABNORMAL | RISES {
        return None;
    }
    let (told, other) = match flags & IS_ABNORMAL {
        0 => (NORMAL, ABNORMAL),
        _ => (ABNORMAL, NORMAL),
    };
    Some(Standing {
        newest: EventTime(i64::from_le_bytes(*newest)),
        told: Some(told),
        rising: (flags & RISES != 0).then(|| Rising {
            // Only the one that is not told can rise.
            class: other,
            since: EventTime(i64::from_le_bytes(*since)),
        }),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::anomaly::learning::LearnTime;

    #[test]
    fn memories_survive_their_bytes() {
        let learn = LearnTime::new(60.0);
        let mut known = Learning::new(2, EventTime(5));
        for (second, values) in [[1.5, 0.0], [2.5, 0.0], [0.25, 0.0]].iter().enumerate() {
            known.take(&learn, EventTime(second as i64 * 1_000_000), values);
        }
        for is_learnt in [false, true] {
            let bytes = learning_bytes(&known, is_learnt);
            assert_eq!(learning(&bytes, 2), Some((known.clone(), is_learnt)));
            assert_eq!(learning(&bytes, 3), None);
        }
        for told in [NORMAL, ABNORMAL] {
            for rising in [
                None,
                Some(Rising {
                    class: 1 - told,
                    since: EventTime(-5),
                }),
            ] {
                let known = Standing {
                    newest: EventTime(9),
                    told: Some(told),
                    rising,
                };
                assert_eq!(standing(&standing_bytes(&known)), Some(known));
            }
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_refused_or_make_sense(bytes in prop::collection::vec(any::<u8>(), 25 + 8 * 5)) {
            if let Some((learning, _)) = learning(&bytes, 1) {
                prop_assert!(learning.worth() >= 0.0 && learning.first <= learning.newest);
            }
            prop_assert!(standing(&bytes[..17]).is_none_or(|standing| standing.told < Some(2)));
        }
    }
}
