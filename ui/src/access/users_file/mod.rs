//! The users file: who may use the dashboard, and the hashes of their passwords and tokens.

mod edit;
mod mistake;
mod reading;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

pub use self::edit::UsersFile;
pub use self::mistake::{Mistake, UsersError};
use super::password::PasswordHash;
use super::role::Role;
use super::secret::Hash;
use super::who::Who;

/// A name is a word or a few.
const LONGEST_NAME: usize = 64;

/// A person.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub who: Who,
    pub password: PasswordHash,
}

/// A program.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub who: Who,
    pub token: Hash,
}

/// Everyone who may use the dashboard.
#[derive(Clone, Default)]
pub struct Users {
    users: Vec<User>,
    tokens: Vec<Token>,
    by_token: HashMap<Hash, Who>,
}

impl Users {
    /// Reads a users file, and warns in the log of one that others can read.
    ///
    /// # Errors
    /// When it cannot be read, has mistakes, or names nobody.
    pub fn read(path: &Path) -> Result<Self, UsersError> {
        let users = UsersFile::at(path).read()?;
        if users.users.is_empty() && users.tokens.is_empty() {
            return Err(UsersError::Empty(path.to_owned()));
        }
        if let Some(mode) = readable_by_others(path) {
            tracing::warn!(
                "{} can be read by other accounts of this machine (mode {mode:o}); `chmod 600 {}` keeps it private",
                path.display(),
                path.display()
            );
        }
        Ok(users)
    }

    /// Reads the text of a users file; `path` is for the messages.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, UsersError> {
        let (users, tokens, mistakes) = reading::read(text);
        if !mistakes.is_empty() {
            return Err(UsersError::Mistakes {
                path: path.to_owned(),
                mistakes,
            });
        }
        let by_token = tokens.iter().map(|token| (token.token, token.who.clone()));
        Ok(Self {
            by_token: by_token.collect(),
            users,
            tokens,
        })
    }

    /// The people and programs, with what each shows: a password or a token.
    pub fn list(&self) -> impl Iterator<Item = (&str, Role, Shows)> {
        let users = self
            .users
            .iter()
            .map(|user| (&*user.who.name, user.who.role, Shows::Password));
        let tokens = self
            .tokens
            .iter()
            .map(|token| (&*token.who.name, token.who.role, Shows::Token));
        users.chain(tokens)
    }

    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| &*user.who.name == name)
    }

    /// Whose token this is. It is looked up by its hash: how long that takes tells nothing about the token.
    pub(crate) fn by_token(&self, token: &str) -> Option<&Who> {
        self.by_token.get(&Hash::of(token))
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list()).finish()
    }
}

/// By what someone shows who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// A person types a password.
    Password,
    /// A program sends a token.
    Token,
}

impl fmt::Display for Shows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password => "password",
            Self::Token => "token",
        })
    }
}

/// The file's mode, if accounts other than its owner can read it.
#[cfg(unix)]
pub(crate) fn readable_by_others(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
pub(crate) fn readable_by_others(_: &Path) -> Option<u32> {
    None
}

/// Whether this can be a name. Names stand in the log and in the audit trail: they have no quotes and no line breaks.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().count() <= LONGEST_NAME
        && name.trim() == name
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '@' | '+'))
}
