//! Tables: the values of fields, formulas and constants that stand one below the other begin in one column.

use super::edit::{Edit, apply};
use super::lines::Lines;
use super::meaning::tree;
use crate::language::{Entry, Yaml, YamlValue};

/// What is written as a table.
const TABLES: [&str; 5] = ["fields", "values", "constants", "inputs", "outputs"];
/// What holds names of the writer's choice as well: a node called `fields` is no table.
const NAMES: [&str; 4] = ["brokers", "nodes", "templates", "tests"];

/// The text with its tables aligned.
pub(super) fn align(text: &str) -> String {
    let Some(root) = tree(text) else {
        return text.to_owned();
    };
    let lines = Lines::new(text);
    let mut edits = Vec::new();
    let mut open: Vec<(&Yaml, bool)> = vec![(&root, false)];
    while let Some((value, has_names)) = open.pop() {
        match &value.value {
            YamlValue::Sequence(items) => open.extend(items.iter().map(|item| (item, false))),
            YamlValue::Mapping(entries) => {
                for entry in entries.iter().filter(|entry| !is_alias(entry)) {
                    let key = entry.key.value.as_str();
                    let is_table = !has_names && TABLES.contains(&key);
                    if is_table {
                        edits.extend(table(text, &lines, &entry.value));
                    }
                    open.push((&entry.value, is_table || !has_names && NAMES.contains(&key)));
                }
            }
            _ => {}
        }
    }
    apply(text, edits)
}

/// The value of an alias is its anchor's, and so is its place.
fn is_alias(entry: &Entry) -> bool {
    entry.value.span.start < entry.key.span.end
}

/// A row: the bytes between colon and value, and how wide the key is.
struct Row {
    gap: std::ops::Range<usize>,
    width: usize,
}

/// The edits that align a block mapping each of whose entries stands on one line.
fn table(text: &str, lines: &Lines<'_>, value: &Yaml) -> Vec<Edit> {
    let is_in_braces = text
        .get(value.span.range())
        .is_some_and(|text| text.starts_with('{'));
    let rows: Option<Vec<Row>> = value
        .entries()
        .iter()
        .map(|entry| row(text, lines, entry))
        .collect();
    let rows = rows.filter(|_| !is_in_braces).unwrap_or_default();
    let widest = rows.iter().map(|row| row.width).max().unwrap_or_default();
    rows.into_iter()
        .filter(|row| !row.gap.is_empty())
        .map(|row| Edit {
            range: row.gap,
            replacement: " ".repeat(widest - row.width + 1),
        })
        .collect()
}

fn row(text: &str, lines: &Lines<'_>, entry: &Entry) -> Option<Row> {
    let key = entry.key.span.range();
    let line = lines.of(key.start);
    let colon = key.end + text.get(key.end..)?.find(':')? + 1;
    let end = if is_alias(entry) {
        colon
    } else {
        let covered = text.get(..entry.value.span.end as usize)?;
        covered.trim_end().len().max(colon)
    };
    if lines.of(end - 1) != line {
        return None;
    }
    let rest = text.get(colon..lines.start(line) + lines.get(line).len())?;
    let value = rest.trim_start_matches(' ');
    let is_block = value.starts_with(['|', '>']);
    let is_empty = value.is_empty() || value.starts_with('#');
    let spaces = rest.len() - value.len();
    (!is_block).then(|| Row {
        gap: if is_empty {
            colon..colon
        } else {
            colon..colon + spaces
        },
        width: text.get(key.start..colon).unwrap_or_default().chars().count(),
    })
}
