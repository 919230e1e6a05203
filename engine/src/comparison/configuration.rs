//! Configurations, value by value.

use std::collections::HashMap;
use std::fmt::Write;

use crate::diagnostic::{shortened, without_passwords};
use crate::language::{Yaml, YamlValue};

/// A value that differs, as it is shown: on one line, without passwords.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueChange {
    /// Where: `fields.temp.unit`.
    pub path: String,
    /// What it was; nothing when it was not there.
    pub old: Option<String>,
    /// What it is; nothing when it is no longer there.
    pub new: Option<String>,
}

impl ValueChange {
    pub(super) fn of_texts(path: &str, old: Option<&str>, new: Option<&str>) -> Option<Self> {
        if old == new {
            return None;
        }
        let (Some(before), Some(now)) = (old, new) else {
            let shown = |text: Option<&str>| text.map(|text| shortened(&without_passwords(text)));
            return Some(Self {
                path: path.to_owned(),
                old: shown(old),
                new: shown(new),
            });
        };
        Some(Self::of_two(path.to_owned(), before, now))
    }

    /// Two texts, shown from where they begin to differ if they are long: of a script, the line.
    fn of_two(mut path: String, old: &str, new: &str) -> Self {
        let (mut old, mut new) = (old, new);
        if old.contains('\n') || new.contains('\n') {
            let (mut old_lines, mut new_lines) = (old.lines(), new.lines());
            let mut line = 1;
            loop {
                match (old_lines.next(), new_lines.next()) {
                    (Some(before), Some(now)) if before == now => line += 1,
                    // Only the line breaks at the end differ.
                    (None, None) => break,
                    (before, now) => {
                        let _ = write!(path, " (line {line})");
                        (old, new) = (before.unwrap_or_default(), now.unwrap_or_default());
                        break;
                    }
                }
            }
        }
        let (masked_old, masked_new) = (without_passwords(old), without_passwords(new));
        if masked_old == masked_new && old != new {
            return Self {
                path,
                old: Some(shortened(&masked_old)),
                new: Some(format!("{} with another password", shortened(&masked_new))),
            };
        }
        let (old, new) = from_difference(&masked_old, &masked_new);
        Self {
            path,
            old: Some(old),
            new: Some(new),
        }
    }
}

/// Both shortened; when that would hide the difference, from a little before it.
fn from_difference(old: &str, new: &str) -> (String, String) {
    const BEFORE: usize = 12;
    let (short_old, short_new) = (shortened(old), shortened(new));
    if short_old != short_new {
        return (short_old, short_new);
    }
    let same = old
        .chars()
        .zip(new.chars())
        .take_while(|(old, new)| old == new)
        .count();
    let tail = |text: &str| -> String {
        let rest: String = text.chars().skip(same.saturating_sub(BEFORE)).collect();
        format!("…{}", shortened(&rest))
    };
    (tail(old), tail(new))
}

/// Everything in which two configurations differ, in the order of the old one, then of the new one.
pub(super) fn differences(old: &Yaml, new: &Yaml) -> Vec<ValueChange> {
    let mut changes = Vec::new();
    let mut pending = vec![(String::new(), Some(old), Some(new))];
    while let Some((path, old, new)) = pending.pop() {
        let (Some(before), Some(now)) = (old, new) else {
            let shown =
                |value: Option<&Yaml>| value.map(|value| shortened(&without_passwords(&written(value))));
            let (old, new) = (shown(old), shown(new));
            changes.push(ValueChange { path, old, new });
            continue;
        };
        match (&before.value, &now.value) {
            (YamlValue::Mapping(_), YamlValue::Mapping(_)) => push_entries(&path, before, now, &mut pending),
            (YamlValue::Sequence(old), YamlValue::Sequence(new)) if !(is_flat(old) && is_flat(new)) => {
                let (mut old, mut new) = (old.iter(), new.iter());
                let mut items = Vec::new();
                loop {
                    match (old.next(), new.next()) {
                        (None, None) => break,
                        (old, new) => items.push((format!("{path}[{}]", items.len()), old, new)),
                    }
                }
                pending.extend(items.into_iter().rev());
            }
            (YamlValue::Text(old), YamlValue::Text(new)) => {
                if old != new {
                    changes.push(ValueChange::of_two(path, old, new));
                }
            }
            _ => {
                let (before, now) = (written(before), written(now));
                if before != now {
                    changes.push(ValueChange::of_two(path, &before, &now));
                }
            }
        }
    }
    changes
}

type Pending<'y> = (String, Option<&'y Yaml>, Option<&'y Yaml>);

fn push_entries<'y>(path: &str, old: &'y Yaml, new: &'y Yaml, pending: &mut Vec<Pending<'y>>) {
    // A key with nothing behind it is a key that is not there.
    let entries = |yaml: &'y Yaml| {
        let entries = yaml.entries().iter();
        entries.filter(|entry| entry.value.value != YamlValue::Null)
    };
    let by_key = |yaml: &'y Yaml| -> HashMap<&'y str, &'y Yaml> {
        entries(yaml)
            .map(|entry| (entry.key.as_str(), &entry.value))
            .collect()
    };
    let (before, now) = (by_key(old), by_key(new));
    let inner = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    let kept = entries(old).map(|entry| {
        let new = now.get(entry.key.as_str()).copied();
        (inner(&entry.key), Some(&entry.value), new)
    });
    let added = entries(new).filter(|entry| !before.contains_key(entry.key.as_str()));
    let added = added.map(|entry| (inner(&entry.key), None, Some(&entry.value)));
    let all: Vec<Pending<'y>> = kept.chain(added).collect();
    pending.extend(all.into_iter().rev());
}

fn is_flat(items: &[Yaml]) -> bool {
    items
        .iter()
        .all(|item| !matches!(item.value, YamlValue::Sequence(_) | YamlValue::Mapping(_)))
}

/// A value on one line, the same for all ways to write it. The parser bounds how deep it nests.
pub(crate) fn written(yaml: &Yaml) -> String {
    let mut text = String::new();
    write_value(yaml, &mut text);
    text
}

fn write_value(yaml: &Yaml, text: &mut String) {
    // Writing to a string cannot fail.
    let _ = match &yaml.value {
        YamlValue::Null => text.write_str("null"),
        YamlValue::Boolean(value) => write!(text, "{value}"),
        YamlValue::Integer(value, _) => write!(text, "{value}"),
        YamlValue::Number(value, _) => write!(text, "{value}"),
        // Quoted where it would read as something else.
        YamlValue::Text(value) if is_plain(value) => text.write_str(value),
        YamlValue::Text(value) => write!(text, "{value:?}"),
        YamlValue::Sequence(items) => {
            text.push('[');
            for (number, item) in items.iter().enumerate() {
                text.push_str(if number == 0 { "" } else { ", " });
                write_value(item, text);
            }
            text.write_str("]")
        }
        YamlValue::Mapping(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .filter(|entry| entry.value.value != YamlValue::Null)
                .collect();
            entries.sort_unstable_by_key(|entry| entry.key.as_str());
            text.push('{');
            for (number, entry) in entries.iter().enumerate() {
                let _ = write!(
                    text,
                    "{}{}: ",
                    if number == 0 { " " } else { ", " },
                    entry.key.value
                );
                write_value(&entry.value, text);
            }
            text.write_str(" }")
        }
    };
}

fn is_plain(text: &str) -> bool {
    text.starts_with(char::is_alphabetic)
        && !matches!(text, "true" | "false" | "null")
        && !text.contains([',', '{', '}', '[', ']', '"', '\n'])
        && !text.contains(": ")
}
