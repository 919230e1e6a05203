//! Secrets that the server makes: the tokens of programs and the keys of sessions.

use std::fmt::{self, Write};

use sha2::{Digest as _, Sha256};

/// Bytes of a secret: 256 bits cannot be guessed, so that a plain hash of it is enough to keep.
const BYTES: usize = 32;

/// What stands before a token, so that one that strayed into a repository is found.
const TOKEN_MARK: &str = "twinflow_";

/// A new secret, as text of hexadecimal digits.
///
/// # Errors
/// When the machine has no randomness to give.
pub(crate) fn make() -> Result<String, getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// A new token of a program.
///
/// # Errors
/// When the machine has no randomness to give.
pub(crate) fn make_token() -> Result<String, getrandom::Error> {
    Ok(format!("{TOKEN_MARK}{}", make()?))
}

/// The SHA-256 of a secret: what is kept of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Hash([u8; 32]);

impl Hash {
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// For the users file; everywhere else it is not shown.
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash(…)")
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
