//! Tokens into a syntax tree, by precedence climbing.

use super::FormulaError;
use super::lexer::{Placed, Token, tokens};
use super::syntax::{Binary, Expression, Kind, Unary};
use crate::diagnostic::Code;

/// Longer formulas and deeper brackets are refused: the checks recurse.
const MAX_LENGTH: usize = 8_000;
const MAX_DEPTH: usize = 32;
/// So are more operators: `a + a + …` makes a tree as deep as it is long.
const MAX_OPERATORS: usize = 200;

/// Reads a formula.
///
/// # Errors
/// The first thing that cannot be read, with its place.
pub fn parse(text: &str) -> Result<Expression, FormulaError> {
    if text.len() > MAX_LENGTH {
        let message = format!("the formula is longer than {MAX_LENGTH} bytes");
        let first = text.chars().next().map_or(0, char::len_utf8);
        return Err(FormulaError::new(Code::FormulaSyntax, 0..first, message));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
        operators: 0,
    };
    let expression = parser.whole()?;
    let rest = parser.peek();
    if rest.token != Token::End {
        let message = format!("the formula should end before {}", shown(&rest.token));
        let help = match (&expression.kind, &rest.token) {
            (Kind::Number(_, None), Token::Name(name)) => Some(format!("`{name}` is not a unit")),
            (Kind::Convert(..), Token::Symbol(_)) => Some(
                "`in` converts all that stands before it: put `(… in unit)` into brackets to go on"
                    .to_owned(),
            ),
            _ => None,
        };
        let error = FormulaError::new(Code::FormulaSyntax, rest.range.clone(), message);
        return Err(match help {
            Some(help) => error.with_help(help),
            None => error,
        });
    }
    Ok(expression)
}

struct Parser {
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
    operators: usize,
}

static END: Placed = Placed {
    token: Token::End,
    range: 0..0,
};

/// Left-associative levels, the loosest first.
const LEVELS: [&[(&str, Binary)]; 5] = [
    &[("or", Binary::Or)],
    &[("and", Binary::And)],
    &[
        ("<", Binary::Less),
        ("<=", Binary::LessOrEqual),
        (">", Binary::Greater),
        (">=", Binary::GreaterOrEqual),
        ("==", Binary::Equal),
        ("!=", Binary::NotEqual),
    ],
    &[("+", Binary::Add), ("-", Binary::Subtract)],
    &[("*", Binary::Multiply), ("/", Binary::Divide)],
];
/// `not` binds tighter than `and`, looser than a comparison.
const NOT_LEVEL: usize = 2;

impl Parser {
    fn peek(&self) -> &Placed {
        self.tokens.get(self.next).unwrap_or(&END)
    }

    fn take(&mut self) -> Placed {
        let placed = self.peek().clone();
        self.next += 1;
        placed
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek().token, Token::Symbol(s) if s == symbol);
        self.next += usize::from(found);
        found
    }

    /// An expression and any conversions behind it.
    fn whole(&mut self) -> Result<Expression, FormulaError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("brackets nested deeper than {MAX_DEPTH} levels");
            return Err(FormulaError::new(
                Code::FormulaSyntax,
                self.peek().range.clone(),
                message,
            ));
        }
        let mut expression = self.level(0)?;
        while let Token::In(unit) = &self.peek().token {
            let unit = unit.clone();
            let range = expression.range.start..self.peek().range.end;
            self.take_operator()?;
            expression = Expression {
                kind: Kind::Convert(Box::new(expression), unit),
                range,
            };
        }
        self.depth -= 1;
        Ok(expression)
    }

    fn level(&mut self, level: usize) -> Result<Expression, FormulaError> {
        if level == NOT_LEVEL && matches!(self.peek().token, Token::Symbol("not")) {
            return self.prefix(Unary::Not, |parser| parser.level(NOT_LEVEL));
        }
        let Some(operators) = LEVELS.get(level) else {
            return self.negated();
        };
        let mut left = self.level(level + 1)?;
        loop {
            let found = operators
                .iter()
                .find(|(symbol, _)| matches!(self.peek().token, Token::Symbol(s) if s == *symbol));
            let Some((_, operator)) = found else {
                return Ok(left);
            };
            self.take_operator()?;
            let right = self.level(level + 1)?;
            left = binary(*operator, left, right);
        }
    }

    fn take_operator(&mut self) -> Result<(), FormulaError> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            let message = format!("the formula has more than {MAX_OPERATORS} operators");
            return Err(
                FormulaError::new(Code::FormulaSyntax, self.peek().range.clone(), message)
                    .with_help("split it into several values"),
            );
        }
        self.next += 1;
        Ok(())
    }

    fn prefix(
        &mut self,
        operator: Unary,
        operand: impl FnOnce(&mut Self) -> Result<Expression, FormulaError>,
    ) -> Result<Expression, FormulaError> {
        let start = self.take().range.start;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} operators in a row");
            return Err(FormulaError::new(
                Code::FormulaSyntax,
                self.peek().range.clone(),
                message,
            ));
        }
        let operand = operand(self)?;
        self.depth -= 1;
        let range = start..operand.range.end;
        Ok(Expression {
            kind: Kind::Unary(operator, Box::new(operand)),
            range,
        })
    }

    fn negated(&mut self) -> Result<Expression, FormulaError> {
        while self.take_symbol("+") {}
        if matches!(self.peek().token, Token::Symbol("-")) {
            return self.prefix(Unary::Negate, Self::negated);
        }
        self.power()
    }

    /// `^` binds tightest and from the right: `2 ^ -1`, `a ^ b ^ c` is `a ^ (b ^ c)`.
    fn power(&mut self) -> Result<Expression, FormulaError> {
        let base = self.primary()?;
        if !self.take_symbol("^") {
            return Ok(base);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} operators in a row");
            return Err(FormulaError::new(
                Code::FormulaSyntax,
                self.peek().range.clone(),
                message,
            ));
        }
        let exponent = self.negated()?;
        self.depth -= 1;
        Ok(binary(Binary::Power, base, exponent))
    }

    fn primary(&mut self) -> Result<Expression, FormulaError> {
        let Placed { token, range } = self.take();
        let kind = match token {
            Token::Number(value, unit) => Kind::Number(value, unit),
            Token::Text(text) => Kind::Text(text),
            Token::Name(name) if matches!(self.peek().token, Token::Symbol("(")) => {
                let (arguments, end) = self.arguments()?;
                return Ok(Expression {
                    kind: Kind::Call(name, arguments),
                    range: range.start..end,
                });
            }
            Token::Name(name) => match name.as_str() {
                "true" => Kind::Boolean(true),
                "false" => Kind::Boolean(false),
                _ => Kind::Name(name),
            },
            Token::Symbol("(") => {
                let inner = self.whole()?;
                let end = self.close(range.start)?;
                return Ok(Expression {
                    kind: inner.kind,
                    range: range.start..end,
                });
            }
            Token::End => {
                let last = self.next.checked_sub(2).and_then(|last| self.tokens.get(last));
                let range = last.map_or(range, |last| last.range.clone());
                let message = "the formula ends where a value is due";
                return Err(FormulaError::new(Code::FormulaSyntax, range, message));
            }
            other => {
                let message = format!("expected a value before {}", shown(&other));
                return Err(FormulaError::new(Code::FormulaSyntax, range, message));
            }
        };
        Ok(Expression { kind, range })
    }

    fn arguments(&mut self) -> Result<(Vec<Expression>, usize), FormulaError> {
        let open = self.take().range.start;
        let mut arguments = Vec::new();
        if matches!(self.peek().token, Token::Symbol(")")) {
            return Ok((arguments, self.take().range.end));
        }
        loop {
            arguments.push(self.whole()?);
            if !self.take_symbol(",") {
                return Ok((arguments, self.close(open)?));
            }
        }
    }

    fn close(&mut self, open: usize) -> Result<usize, FormulaError> {
        let placed = self.take();
        if placed.token == Token::Symbol(")") {
            return Ok(placed.range.end);
        }
        if placed.token == Token::End {
            return Err(FormulaError::new(
                Code::FormulaSyntax,
                open..open + 1,
                "this bracket is never closed",
            ));
        }
        let message = format!("expected `)` or an operator before {}", shown(&placed.token));
        Err(FormulaError::new(Code::FormulaSyntax, placed.range, message))
    }
}

fn binary(operator: Binary, left: Expression, right: Expression) -> Expression {
    let range = left.range.start..right.range.end;
    Expression {
        kind: Kind::Binary(operator, Box::new(left), Box::new(right)),
        range,
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Number(value, _) => format!("`{value}`"),
        Token::Text(_) => "a text".to_owned(),
        Token::Name(name) => format!("`{}`", crate::diagnostic::shortened(name)),
        Token::In(unit) => format!("`in {unit}`"),
        Token::Symbol(symbol) => format!("`{symbol}`"),
        Token::End => "its end".to_owned(),
    }
}
