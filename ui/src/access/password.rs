//! Passwords, of which only argon2id hashes are kept.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// A shorter one can be guessed from a stolen users file.
const SHORTEST: usize = 10;
/// The longest that is looked at, in bytes.
const LONGEST: usize = 1024;

/// The most memory that a hash of the users file may ask for, in KiB: on a small computer more stops the flow.
const MOST_MEMORY_KIB: u32 = 256 * 1024;

/// How many passwords are checked at the same time: each takes 19 MiB and a processor.
const AT_ONCE: usize = 2;
/// How many may wait for that. Whoever comes later is told to try again.
const WAITING: usize = 16;

/// An argon2id hash in the PHC form, which tells how it was made.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PasswordHash(Arc<str>);

impl PasswordHash {
    /// Reads one of a users file. The error says what is wrong without showing it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let Ok(hash) = phc::PasswordHash::new(text) else {
            return Err("no hash in the PHC form");
        };
        if hash.algorithm.as_str() != "argon2id" {
            return Err("a hash by another method");
        }
        match Params::try_from(&hash) {
            Ok(params) if params.m_cost() <= MOST_MEMORY_KIB => {}
            Ok(_) => return Err("a hash that needs more than 256 MiB of memory to check"),
            Err(_) => return Err("an argon2id hash whose settings are out of range"),
        }
        if hash.salt.is_none() || hash.hash.is_none() {
            return Err("an argon2id hash that is cut off");
        }
        Ok(Self(text.into()))
    }

    /// Makes one. Takes a tenth of a second by design.
    ///
    /// # Errors
    /// When the password is too short or too long, or the machine has no randomness to give.
    pub fn of(password: &str) -> Result<Self, PasswordError> {
        if password.chars().count() < SHORTEST {
            return Err(PasswordError::Short);
        }
        if password.len() > LONGEST {
            return Err(PasswordError::Long);
        }
        hashed(password)
    }

    /// For the users file; everywhere else it is not shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_of(&self, password: &str) -> bool {
        Argon2::default()
            .verify_password(password.as_bytes(), &*self.0)
            .is_ok()
    }
}

fn hashed(password: &str) -> Result<PasswordHash, PasswordError> {
    let hash: phc::PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|error| PasswordError::Hashing(error.to_string()))?;
    Ok(PasswordHash(hash.to_string().into()))
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Why a password cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It is quickly guessed.
    #[error("the password is too short: take at least {SHORTEST} characters, such as four words")]
    Short,
    /// It is longer than what is looked at.
    #[error("the password is longer than {LONGEST} bytes")]
    Long,
    /// It cannot be hashed.
    #[error("the password cannot be hashed: {0}")]
    Hashing(String),
}

/// Checks passwords, two at a time at most.
pub(crate) struct PasswordCheck {
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// What a password is checked against for a name that does not exist, so that the answer takes as long.
    nobody: PasswordHash,
}

/// Too many passwords wait to be checked.
pub(crate) struct Busy;

impl PasswordCheck {
    pub fn new() -> Result<Self, PasswordError> {
        Ok(Self {
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            nobody: hashed("the password of nobody")?,
        })
    }

    /// Whether this is the password; for nobody's it never is, and that takes as long to tell.
    pub async fn check(&self, password: String, hash: Option<PasswordHash>) -> Result<bool, Busy> {
        let waits = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Busy)?;
        let permit = Arc::clone(&self.at_once)
            .acquire_owned()
            .await
            .map_err(|_| Busy)?;
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        // The permits go along: whoever hangs up does not make room for another one while this one still computes.
        let checked = tokio::task::spawn_blocking(move || {
            let is_right = password.len() <= LONGEST && hash.is_of(&password);
            drop((permit, waits));
            is_right
        });
        Ok(checked.await.unwrap_or(false) && exists)
    }
}
