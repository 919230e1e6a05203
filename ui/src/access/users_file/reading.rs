//! Reads a users file and finds everything that is wrong with it.

use std::collections::HashMap;
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::mistake::Mistake;
use super::{LONGEST_NAME, Token, User, is_name};
use crate::access::password::PasswordHash;
use crate::access::role::Role;
use crate::access::secret::Hash;
use crate::access::who::Who;

/// The people and the programs of a text, and its mistakes. Those are lists of what could be read despite mistakes.
pub(super) fn read(text: &str) -> (Vec<User>, Vec<Token>, Vec<Mistake>) {
    let mut reading = Reading {
        text,
        names: HashMap::new(),
        mistakes: Vec::new(),
    };
    let (mut users, mut tokens) = (Vec::new(), Vec::new());
    match DeTable::parse(text) {
        Ok(table) => {
            for (key, value) in table.get_ref() {
                match &**key.get_ref() {
                    "users" => users = reading.list("users", value, Reading::user),
                    "tokens" => tokens = reading.list("tokens", value, Reading::token),
                    other => {
                        let found = format!("`{}` is nothing that a users file has", shortened(other));
                        reading.note(key.span(), None, found, "it has `[[users]]` and `[[tokens]]`");
                    }
                }
            }
        }
        Err(error) => {
            // Its own text shows the line, which may have a hash in it.
            let at = error.span().unwrap_or_default();
            reading.note(
                at,
                None,
                format!("not TOML ({})", error.message()),
                "see docs/security.md for an example",
            );
        }
    }
    let mut mistakes = reading.mistakes;
    mistakes.sort_by_key(|mistake| mistake.line);
    (users, tokens, mistakes)
}

struct Reading<'t> {
    text: &'t str,
    /// Each name with its line.
    names: HashMap<String, usize>,
    mistakes: Vec<Mistake>,
}

type Entry<'t> = Spanned<DeValue<'t>>;

impl<'t> Reading<'t> {
    fn list<T>(
        &mut self,
        kind: &'static str,
        value: &Entry<'t>,
        read: fn(&mut Self, &DeTable<'t>, Range<usize>) -> Option<T>,
    ) -> Vec<T> {
        let Some(entries) = value.get_ref().as_array() else {
            let found = format!("`{kind}` is {}", kind_of(value.get_ref()));
            self.note(
                value.span(),
                None,
                found,
                format!("write `[[{kind}]]` above each entry"),
            );
            return Vec::new();
        };
        let mut all = Vec::new();
        for entry in entries.iter() {
            match entry.get_ref().as_table() {
                Some(table) => all.extend(read(self, table, entry.span())),
                None => {
                    let found = format!("an entry of `{kind}` is {}", kind_of(entry.get_ref()));
                    self.note(
                        entry.span(),
                        None,
                        found,
                        format!("write `[[{kind}]]` above each entry"),
                    );
                }
            }
        }
        all
    }

    fn user(&mut self, table: &DeTable<'t>, at: Range<usize>) -> Option<User> {
        self.refuse_others(table, "password");
        let who = self.who(table, at.clone());
        let (hash, span) = self.text_of(table, "password", at, "`twinflow user add` writes it")?;
        match PasswordHash::parse(&hash) {
            Ok(password) => Some(User { who: who?, password }),
            Err(found) => {
                let fix = "expected an argon2id hash that begins with `$argon2id$`; remove the entry and let `twinflow user add` write it";
                self.note(span, Some("password"), found.to_owned(), fix);
                None
            }
        }
    }

    fn token(&mut self, table: &DeTable<'t>, at: Range<usize>) -> Option<Token> {
        self.refuse_others(table, "token");
        let who = self.who(table, at.clone());
        let (hash, span) = self.text_of(table, "token", at, "`twinflow user token` writes it")?;
        match Hash::parse(&hash) {
            Some(token) => Some(Token { who: who?, token }),
            None => {
                let fix = "expected the SHA-256 hash of a token, 64 hexadecimal digits; remove the entry and let `twinflow user token` write it";
                let found = match hash.starts_with("twinflow_") {
                    true => "the token itself, which nobody may read here".to_owned(),
                    false => format!("{} characters that are no hash", hash.chars().count()),
                };
                self.note(span, Some("token"), found, fix);
                None
            }
        }
    }

    /// Name and role. Both are looked at, also when one of them is wrong.
    fn who(&mut self, table: &DeTable<'t>, at: Range<usize>) -> Option<Who> {
        let name = self.name(table, at.clone());
        let role = self.role(table, at);
        Some(Who {
            name: name?.into(),
            role: role?,
        })
    }

    fn name(&mut self, table: &DeTable<'t>, at: Range<usize>) -> Option<String> {
        let (name, span) = self.text_of(table, "name", at, "say who it is: `name = \"anna\"`")?;
        if !is_name(&name) {
            let fix = format!(
                "expected letters, digits, spaces and `-_.@+`, {LONGEST_NAME} at most, and no space at its ends"
            );
            self.note(
                span,
                Some("name"),
                format!("`{}` is no name", shortened(&name)),
                fix,
            );
            return None;
        }
        let line = self.line(&span);
        if let Some(first) = self.names.insert(name.clone(), line) {
            let found = format!("`{name}` is in line {first} already");
            self.note(
                span,
                Some("name"),
                found,
                "remove one of the two, or give it another name",
            );
            return None;
        }
        Some(name)
    }

    fn role(&mut self, table: &DeTable<'t>, at: Range<usize>) -> Option<Role> {
        let (role, span) = self.text_of(table, "role", at, "say what they may do: `role = \"viewer\"`")?;
        match Role::from_str(&role) {
            Ok(role) => Some(role),
            Err(expected) => {
                self.note(
                    span,
                    Some("role"),
                    format!("`{}` is no role", shortened(&role)),
                    expected,
                );
                None
            }
        }
    }

    /// A field that is text, and where it stands.
    fn text_of(
        &mut self,
        table: &DeTable<'t>,
        field: &'static str,
        at: Range<usize>,
        fix: &str,
    ) -> Option<(String, Range<usize>)> {
        let Some(value) = table.get(field) else {
            self.note(at, Some(field), "is missing".to_owned(), fix);
            return None;
        };
        match value.get_ref().as_str() {
            Some(text) => Some((text.to_owned(), value.span())),
            None => {
                let found = kind_of(value.get_ref()).to_owned();
                self.note(value.span(), Some(field), found, "expected text in quotes");
                None
            }
        }
    }

    fn refuse_others(&mut self, table: &DeTable<'t>, own: &'static str) {
        let keys = table
            .keys()
            .filter(|key| !["name", "role", own].contains(&&**key.get_ref()));
        let unknown: Vec<&Spanned<DeString<'t>>> = keys.collect();
        for key in unknown {
            let found = format!("`{}` is no field of this entry", shortened(key.get_ref()));
            self.note(
                key.span(),
                None,
                found,
                format!("it has `name`, `role` and `{own}`"),
            );
        }
    }

    fn note(&mut self, at: Range<usize>, field: Option<&'static str>, found: String, fix: impl Into<String>) {
        let mistake = Mistake {
            line: self.line(&at),
            field,
            found,
            fix: fix.into(),
        };
        self.mistakes.push(mistake);
    }

    fn line(&self, at: &Range<usize>) -> usize {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }
}

/// What kind of value was found; its content may be a secret in the wrong place.
fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Enough to recognise it by. What is long may be a secret in the wrong place.
fn shortened(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let shown: String = text.chars().take(20).map(clean).collect();
    if text.chars().count() > 20 {
        format!("{shown}…")
    } else {
        shown
    }
}
