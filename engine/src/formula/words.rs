//! The words of a formula with their places, for whoever points at one.

use std::ops::Range;

use super::lexer::{Token, tokens};
use crate::unit::Unit;

/// A word of a formula.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// A field.
    Field(String),
    /// A function, which an opening bracket follows.
    Function(String),
    /// A unit behind a number or behind `in`.
    Unit(Unit),
}

/// The words of a formula; none where it cannot be read.
#[must_use]
pub fn words(text: &str) -> Vec<(Word, Range<usize>)> {
    let tokens = tokens(text).unwrap_or_default();
    let followers = tokens.iter().skip(1).map(|next| &next.token);
    let mut words = Vec::new();
    for (placed, next) in tokens.iter().zip(followers) {
        let word = match &placed.token {
            Token::Name(name) if *next == Token::Symbol("(") => Word::Function(name.clone()),
            Token::Name(name) => Word::Field(name.clone()),
            Token::Number(_, Some(unit)) | Token::In(unit) => {
                // The unit ends the token.
                let start = placed.range.end.saturating_sub(unit.symbol().len());
                words.push((Word::Unit(unit.clone()), start..placed.range.end));
                continue;
            }
            Token::Number(_, None) | Token::Text(_) | Token::Symbol(_) | Token::End => continue,
        };
        words.push((word, placed.range.clone()));
    }
    words
}
