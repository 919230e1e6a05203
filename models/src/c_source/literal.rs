//! Numbers, names and texts as C reads them.

use std::fmt::Write;

/// A number that every compiler reads back as this very one: nine digits, without zeros at their end.
pub(super) fn float(value: f32) -> String {
    let nine = format!("{value:.8e}");
    let (digits, exponent) = nine.split_once('e').unwrap_or((&nine, "0"));
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    if exponent == "0" && digits.contains('.') {
        format!("{digits}f")
    } else {
        format!("{digits}e{exponent}f")
    }
}

/// What a name gives of a constant's: capitals, digits and underscores.
pub(super) fn constant(name: &str) -> String {
    name.chars()
        .map(|letter| match letter.to_ascii_uppercase() {
            letter @ ('A'..='Z' | '0'..='9') => letter,
            _ => '_',
        })
        .collect()
}

/// A text in quotes. What is not plain ASCII is told byte by byte, so that the compiler's idea of the file's
/// encoding does not matter; so is `?`, as two of them begin a trigraph.
pub(super) fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b'?' => quoted.push_str("\\077"),
            b' '..=b'~' => quoted.push(char::from(byte)),
            _ => {
                // Three digits: one that follows in the text is not taken for a fourth. Writing into a text does not fail.
                let _ = write!(quoted, "\\{byte:03o}");
            }
        }
    }
    quoted.push('"');
    quoted
}

/// A text inside a comment, which it cannot end, nor make look like something else.
pub(super) fn comment(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|letter| if is_unseen(letter) { ' ' } else { letter })
        .collect();
    plain
        .replace("*/", "* /")
        .replace("/*", "/ *")
        .replace("??", "? ?")
}

/// Control characters, and those that change the direction of writing.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
