//! A text by its lines, which count from 0 here.

use std::ops::Range;

/// The lines of a text, without their ends.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub fn new(text: &'t str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(starts).collect(),
        }
    }

    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// The line that byte `at` is in.
    pub fn of(&self, at: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= at)
            .saturating_sub(1)
    }

    /// The first byte of a line; the end of the text behind the last one.
    pub fn start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// The bytes of some lines, the last one's end included.
    pub fn bytes(&self, lines: &Range<usize>) -> Range<usize> {
        self.start(lines.start)..self.start(lines.end)
    }

    pub fn get(&self, line: usize) -> &'t str {
        let text = self.text.get(self.start(line)..self.start(line + 1));
        text.unwrap_or_default().trim_end_matches('\n')
    }

    pub fn is_blank(&self, line: usize) -> bool {
        self.get(line).trim().is_empty()
    }

    /// How many spaces it begins with.
    pub fn indentation(&self, line: usize) -> usize {
        let text = self.get(line);
        text.len() - text.trim_start_matches(' ').len()
    }

    /// Whether there is nothing in it but a comment.
    pub fn is_comment(&self, line: usize) -> bool {
        self.get(line).trim_start().starts_with('#')
    }
}
