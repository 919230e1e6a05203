//! Between bytes of a text and the lines and columns of the protocol, which count UTF-16 units.

use std::ops;

use tower_lsp_server::ls_types::{Position, Range};

/// The lines of a text.
pub struct Lines<'t> {
    text: &'t str,
    /// Where each begins, in bytes.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Finds the lines of `text`. A line ends with `\n`, `\r\n` or `\r`.
    pub fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let ends = |at: usize| match bytes.get(at) {
            Some(b'\n') => true,
            Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let starts = (0..bytes.len()).filter(|at| ends(*at)).map(|at| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(starts).collect(),
        }
    }

    /// The position of byte `at`; within a character, that of the character.
    pub fn position(&self, at: usize) -> Position {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self
            .starts
            .partition_point(|start| *start <= at)
            .saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = self.text.get(start..at).unwrap_or_default();
        let column: usize = before.chars().map(char::len_utf16).sum();
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            character: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }

    /// The range of some bytes.
    pub fn range(&self, bytes: &ops::Range<usize>) -> Range {
        Range {
            start: self.position(bytes.start),
            end: self.position(bytes.end),
        }
    }

    /// The byte at `position`; the end of the line or of the text where it lies beyond.
    pub fn byte(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(start) = self.starts.get(line).copied() else {
            return self.text.len();
        };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or_default();
        let mut units = 0;
        for (at, c) in text.trim_end_matches(['\r', '\n']).char_indices() {
            units += c.len_utf16();
            if units > position.character as usize {
                return start + at;
            }
        }
        start + text.trim_end_matches(['\r', '\n']).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_are_utf16_units() {
        // `°` and `₂` are one unit, of two and three bytes; `🌡` is two units of four bytes.
        let text = "a: °C\nCO₂: ü\n🌡: x\n";
        let lines = Lines::new(text);
        for (piece, position) in [
            ("a", at(0, 0)),
            ("C\n", at(0, 4)),
            ("O₂", at(1, 1)),
            (": ü", at(1, 3)),
            ("🌡", at(2, 0)),
            (": x", at(2, 2)),
            ("x\n", at(2, 4)),
        ] {
            let byte = text.find(piece).unwrap_or_default();
            assert_eq!(lines.position(byte), position, "{piece}");
            assert_eq!(lines.byte(position), byte, "{piece}");
        }
        assert_eq!(lines.position(text.len()), at(3, 0));
        assert_eq!(lines.byte(at(3, 0)), text.len());
    }

    #[test]
    fn places_that_do_not_exist_become_near_ones() {
        let text = "🌡\r\nab\rc";
        let lines = Lines::new(text);
        assert_eq!(lines.byte(at(0, 1)), 0);
        assert_eq!(lines.byte(at(0, 99)), 4);
        assert_eq!(lines.byte(at(1, 99)), 8);
        assert_eq!(lines.byte(at(2, 1)), text.len());
        assert_eq!(lines.byte(at(9, 0)), text.len());
        assert_eq!(lines.position(2), at(0, 0));
        assert_eq!(lines.position(999), at(2, 1));
        assert_eq!(Lines::new("").position(0), at(0, 0));
    }
}
