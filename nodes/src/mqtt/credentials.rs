//! A user name with its password.

use std::fmt;

/// The user name and password a client logs in with.
///
/// `Debug` and `Display` show the user name only, so a value of this type is safe in logs and error texts.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: String,
}

impl Credentials {
    /// Credentials of `user`. Brokers that take a token for the user name want an empty `password`.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            user: user.into(),
            password: password.into(),
        }
    }

    /// The user name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The password, in clear. Never put it in a log or an error text.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Whether `user` and `password` are these ones, in a time that does not depend on how much of them is right.
    pub(crate) fn accept(&self, user: &[u8], password: &[u8]) -> bool {
        // Both are compared, whatever the first comparison says, so that the time does not tell which one is wrong.
        equal_in_constant_time(self.user.as_bytes(), user)
            & equal_in_constant_time(self.password.as_bytes(), password)
    }
}

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:***", self.user)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({self})")
    }
}

fn equal_in_constant_time(expected: &[u8], found: &[u8]) -> bool {
    expected.len() == found.len()
        && expected
            .iter()
            .zip(found)
            .fold(0, |difference, (a, b)| difference | (a ^ b))
            == 0
}
