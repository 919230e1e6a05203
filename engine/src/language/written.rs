//! How far a scalar goes in the text. The parser's spans go on to the next token, over spaces and a comment.

use saphyr_parser::ScalarStyle;

/// How many bytes of `covered`, the text from a scalar to the next token, belong to the scalar.
pub(crate) fn written_length(covered: &str, style: ScalarStyle) -> usize {
    match style {
        ScalarStyle::SingleQuoted => single_quoted(covered),
        ScalarStyle::DoubleQuoted => double_quoted(covered),
        ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => covered.trim_end().len(),
    }
}

/// How long `'text'` is, in which two quotation marks stand for one.
fn single_quoted(text: &str) -> usize {
    let mut from = 1;
    loop {
        let rest = text.get(from..).unwrap_or_default();
        match rest.find('\'') {
            Some(at) if rest.get(at + 1..).is_some_and(|rest| rest.starts_with('\'')) => from += at + 2,
            Some(at) => return from + at + 1,
            None => return text.len(),
        }
    }
}

/// How long `"text"` is, in which a backslash takes the next character along.
fn double_quoted(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
