//! A formula's text into tokens.

use std::ops::Range;

use super::FormulaError;
use crate::diagnostic::Code;
use crate::unit::{KNOWN_UNITS, Unit, longest_unit_prefix};

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64, Option<Unit>),
    Text(String),
    Name(String),
    /// A unit behind `in`.
    In(Unit),
    Symbol(&'static str),
    End,
}

/// A token and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub token: Token,
    pub range: Range<usize>,
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [(&str, &str); 20] = [
    ("<=", "<="),
    (">=", ">="),
    ("==", "=="),
    ("!=", "!="),
    ("&&", "and"),
    ("||", "or"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("<", "<"),
    (">", ">"),
    ("+", "+"),
    ("-", "-"),
    ("−", "-"),
    ("*", "*"),
    ("·", "*"),
    ("/", "/"),
    ("^", "^"),
    ("(", "("),
    (")", ")"),
];

pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, FormulaError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let Some(first) = trimmed.chars().next() else {
            tokens.push(Placed {
                token: Token::End,
                range: at..at,
            });
            return Ok(tokens);
        };
        let (token, length) = if first.is_ascii_digit() || (first == '.' && second_is_digit(trimmed)) {
            number(trimmed, at)?
        } else if first == '"' || first == '\'' {
            quoted(trimmed, at, first)?
        } else if first.is_alphabetic() || first == '_' {
            name(trimmed, at)?
        } else if first == ',' {
            (Token::Symbol(","), 1)
        } else if let Some((written, symbol)) =
            SYMBOLS.iter().find(|(written, _)| trimmed.starts_with(written))
        {
            (Token::Symbol(symbol), written.len())
        } else {
            return Err(unexpected(first, at));
        };
        tokens.push(Placed {
            token,
            range: at..at + length,
        });
        at += length;
    }
}

fn unexpected(found: char, at: usize) -> FormulaError {
    let error = FormulaError::new(
        Code::FormulaSyntax,
        at..at + found.len_utf8(),
        format!("`{found}` has no meaning in a formula"),
    );
    match found {
        '=' => error.with_help("compare with `==`"),
        '!' => error.with_help("write `not`"),
        '?' => error.with_help("write `if(condition, then, otherwise)`"),
        _ => error,
    }
}

fn second_is_digit(text: &str) -> bool {
    text.chars().nth(1).is_some_and(|c| c.is_ascii_digit())
}

/// A number and, behind it, its unit: `230 V`, `2.5e-3`, `0.233 g/Wh`, `50%`.
fn number(text: &str, at: usize) -> Result<(Token, usize), FormulaError> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len()
    };
    let mut end = digits(0);
    if text.get(end..).is_some_and(|rest| rest.starts_with('.')) {
        end += 1 + digits(end + 1);
    }
    if let Some(exponent) = text.get(end..).and_then(|rest| rest.strip_prefix(['e', 'E'])) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let power = digits(end + 1 + sign);
        // `2 eV`-like units are not known, so an `e` without digits can only be a unit or a mistake: leave it.
        if power > 0 {
            end += 1 + sign + power;
        }
    }
    let written = text.get(..end).unwrap_or_default();
    let value: f64 = written.parse().map_err(|_| {
        FormulaError::new(
            Code::FormulaSyntax,
            at..at + end,
            format!("`{written}` is not a number"),
        )
    })?;
    if !value.is_finite() {
        return Err(FormulaError::new(
            Code::FormulaSyntax,
            at..at + end,
            format!("`{written}` is too large"),
        ));
    }
    let behind = text.get(end..).unwrap_or_default();
    let spaces = behind.len() - behind.trim_start_matches(' ').len();
    let unit_text = behind.get(spaces..).unwrap_or_default();
    let is_keyword = ["in", "and", "or"].contains(&word(unit_text));
    let length = if is_keyword {
        0
    } else {
        longest_unit_prefix(unit_text)
    };
    if length == 0 {
        return Ok((Token::Number(value, None), end));
    }
    let unit = unit(unit_text, length, at + end + spaces)?;
    Ok((Token::Number(value, Some(unit)), end + spaces + length))
}

fn unit(text: &str, length: usize, at: usize) -> Result<Unit, FormulaError> {
    Unit::parse(text.get(..length).unwrap_or_default()).map_err(|error| {
        FormulaError::new(Code::UnknownUnit, at..at + length, error.to_string()).with_help(KNOWN_UNITS)
    })
}

fn word(text: &str) -> &str {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn name(text: &str, at: usize) -> Result<(Token, usize), FormulaError> {
    let name = word(text);
    let token = match name {
        "and" => Token::Symbol("and"),
        "or" => Token::Symbol("or"),
        "not" => Token::Symbol("not"),
        "in" => return conversion(text, at),
        _ => Token::Name(name.to_owned()),
    };
    Ok((token, name.len()))
}

/// `in kWh`: one token, since what follows `in` is a unit and nothing else.
fn conversion(text: &str, at: usize) -> Result<(Token, usize), FormulaError> {
    let behind = text.get(2..).unwrap_or_default();
    let spaces = behind.len() - behind.trim_start().len();
    let unit_text = behind.get(spaces..).unwrap_or_default();
    let end = unit_text
        .find(|c: char| c.is_whitespace() || c == ')' || c == ',')
        .unwrap_or(unit_text.len());
    if end == 0 {
        let range = at..at + 2;
        return Err(
            FormulaError::new(Code::FormulaSyntax, range, "`in` needs a unit behind it")
                .with_help("such as `in kWh`"),
        );
    }
    let unit = unit(unit_text, end, at + 2 + spaces)?;
    Ok((Token::In(unit), 2 + spaces + end))
}

fn quoted(text: &str, at: usize, quote: char) -> Result<(Token, usize), FormulaError> {
    let inner = text.get(1..).unwrap_or_default();
    match inner.find(quote) {
        Some(end) => Ok((
            Token::Text(inner.get(..end).unwrap_or_default().to_owned()),
            end + 2,
        )),
        None => Err(FormulaError::new(
            Code::FormulaSyntax,
            at..at + 1,
            "this quotation mark is never closed",
        )),
    }
}
