//! How the server is opened: to whom, under which names, and with which protection of the line.

use std::net::SocketAddr;
use std::time::Duration;

use super::clock::Clock;
use super::cookie::SessionCookie;
use super::hosts::Hosts;
use super::limits::Tries;
use super::password::PasswordCheck;
use super::sessions::Sessions;
use super::tls::Tls;
use super::users_file::Users;
use super::who::{Known, Proof, Who};
use crate::server::ServeError;

/// How the server is opened. As it is by default, it is only to be reached from this machine, and asks nobody.
#[derive(Clone, Debug, Default)]
pub struct AccessSetup {
    /// Who may log in. Without, nobody is asked.
    pub users: Option<Users>,
    /// The names under which it answers beside those of this machine.
    pub hosts: Vec<String>,
    /// Whether other machines may reach it although nobody has to log in.
    pub insecure: bool,
    /// The certificate and its key, for HTTPS.
    pub tls: Option<Tls>,
}

impl AccessSetup {
    /// Refuses what would open the plant to everybody unasked.
    ///
    /// # Errors
    /// When other machines reach `listen`, nobody has to log in, and that was not asked for.
    pub(crate) fn check(&self, listen: SocketAddr) -> Result<(), ServeError> {
        let is_local = listen.ip().is_loopback();
        let is_proxied = is_local && !self.hosts.is_empty();
        if self.users.is_none() && !self.insecure {
            if !is_local {
                return Err(ServeError::OpenToAll(listen));
            }
            if is_proxied {
                return Err(ServeError::OpenThroughProxy);
            }
        }
        if self.users.is_none() && (!is_local || is_proxied) {
            tracing::warn!(
                "NOBODY HAS TO LOG IN: everyone who reaches {listen} can operate the plant and change its flow; `--users FILE` asks them"
            );
        } else if !is_local && self.tls.is_none() {
            tracing::warn!(
                "PASSWORDS ARE READABLE ON THE NETWORK: {listen} is served without TLS; `--tls self-signed`, or `--tls-cert FILE --tls-key FILE`, encrypts the line"
            );
        }
        Ok(())
    }
}

/// Decides who may do what.
pub(crate) struct Access {
    pub users: Option<Users>,
    pub hosts: Hosts,
    pub has_tls: bool,
    pub sessions: Sessions,
    pub tries: Tries,
    /// Where there are users: preparing it takes a moment.
    pub passwords: Option<PasswordCheck>,
    pub cookie: SessionCookie,
    /// Who everybody is when nobody is asked.
    pub unasked: Who,
}

impl Access {
    /// For a server that listens at `address`.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn new(setup: AccessSetup, address: SocketAddr, clock: Clock) -> Result<Self, ServeError> {
        let is_local = address.ip().is_loopback();
        let is_opened = !is_local || !setup.hosts.is_empty();
        let has_tls = setup.tls.is_some();
        let passwords = match &setup.users {
            Some(_) => Some(PasswordCheck::new().map_err(|error| ServeError::LogIn(error.to_string()))?),
            None => None,
        };
        Ok(Self {
            hosts: Hosts::new(setup.hosts, is_local, setup.users.is_some()),
            users: setup.users,
            has_tls,
            sessions: Sessions::new(clock.clone()),
            tries: Tries::new(clock),
            passwords,
            cookie: SessionCookie::new(address.port(), has_tls),
            unasked: if is_opened { Who::anyone() } else { Who::local() },
        })
    }

    /// Waits until someone's session is over. That of whoever is not asked, and that of a program, lasts.
    pub async fn end_of(&self, known: Known) {
        let Proof::Session(mut end) = known.proof else {
            return std::future::pending().await;
        };
        let mut minute = tokio::time::interval(Duration::from_secs(60));
        loop {
            tokio::select! {
                () = end.ended() => return,
                _ = minute.tick() => if !self.sessions.goes_on(end.key()) {
                    return;
                },
            }
        }
    }
}
