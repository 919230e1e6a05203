//! Changes to parts of a text.

use std::ops::Range;

/// Text to put in place of a range of bytes.
pub(super) struct Edit {
    pub range: Range<usize>,
    pub replacement: String,
}

/// The text with its edits, which do not overlap.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.range.start);
    let mut result = String::with_capacity(text.len());
    let mut from = 0;
    for edit in edits {
        result.push_str(text.get(from..edit.range.start).unwrap_or_default());
        result.push_str(&edit.replacement);
        from = edit.range.end;
    }
    result.push_str(text.get(from..).unwrap_or_default());
    result
}
