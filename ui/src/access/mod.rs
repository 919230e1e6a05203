//! Who may do what over HTTP: roles, log-in, sessions, tokens, and the protection of the line.
//!
//! [`table`] says which role a route needs, [`gate`] sees to it. Where only this machine reaches the server nobody is asked, unless
//! there is a users file.

mod clock;
mod cookie;
pub(crate) mod gate;
mod hosts;
mod limits;
pub(crate) mod login;
mod password;
mod peer;
mod private_file;
mod role;
mod routes;
mod secret;
mod sessions;
mod setup;
pub(crate) mod table;
#[cfg(test)]
mod tests;
mod tls;
mod tls_listener;
mod users_file;
mod who;

pub(crate) use self::clock::Clock;
pub use self::hosts::host_name;
pub use self::password::PasswordError;
pub(crate) use self::peer::Peer;
pub use self::role::Role;
pub(crate) use self::routes::Routes;
pub(crate) use self::setup::Access;
pub use self::setup::AccessSetup;
pub use self::tls::{Tls, TlsError};
pub(crate) use self::tls_listener::TlsListener;
pub use self::users_file::{Mistake, Shows, Users, UsersError, UsersFile};
pub(crate) use self::who::Known;
pub use self::who::Who;
