//! What can be wrong with a users file.

use std::fmt;
use std::path::PathBuf;

/// A mistake in a users file. It never shows a hash, and not what stands where a hash should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The field, if it is about one.
    pub field: Option<&'static str>,
    /// What was found.
    pub found: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if let Some(field) = self.field {
            write!(f, "`{field}`: ")?;
        }
        write!(f, "{}; {}", self.found, self.fix)
    }
}

/// Why a users file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// There is none.
    #[error("{} is not there; `twinflow user add NAME --role engineer --users {}` makes it", .0.display(), .0.display())]
    Missing(PathBuf),
    /// It cannot be read or written.
    #[error("{} cannot be {done}: {source}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// `read` or `written`.
        done: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Something in it is wrong.
    #[error("{} has {}{}", .path.display(), counted(.mistakes.len()), listed(.mistakes))]
    Mistakes {
        /// Which.
        path: PathBuf,
        /// Everything that was found.
        mistakes: Vec<Mistake>,
    },
    /// Nobody could log in.
    #[error("{} names nobody; `twinflow user add NAME --role engineer --users {}` adds someone", .0.display(), .0.display())]
    Empty(PathBuf),
    /// A name that cannot be one.
    #[error(
        "`{0}` is no name; it has letters, digits, spaces and `-_.@+`, 64 at most, and no space at its ends"
    )]
    Name(String),
    /// The name is there already.
    #[error("{} has `{name}` already; `twinflow user remove {name}` removes it", .path.display())]
    Taken {
        /// Which file.
        path: PathBuf,
        /// Whose name.
        name: String,
    },
    /// The name is not there.
    #[error("{} has no `{name}`; it has {}", .path.display(), .others)]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// Whose name.
        name: String,
        /// The names that it has.
        others: String,
    },
    /// A password that cannot be taken.
    #[error(transparent)]
    Password(#[from] crate::access::PasswordError),
    /// There is no randomness for a token.
    #[error("the machine has no randomness to give: {0}")]
    Randomness(String),
}

fn counted(mistakes: usize) -> String {
    match mistakes {
        1 => "a mistake".to_owned(),
        more => format!("{more} mistakes"),
    }
}

fn listed(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect()
}
