//! Under which names the server answers.

use std::net::IpAddr;

/// The names under which requests are taken. A page on the internet could otherwise let its own name point to the plant's machine and
/// read the plant through a visitor's browser ("DNS rebinding").
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    names: Vec<String>,
    /// Whether only this machine reaches the server.
    is_local: bool,
    /// Whether any name will do: who has no session gets nothing, and a session belongs to one name.
    is_any: bool,
}

impl Hosts {
    pub fn new(names: Vec<String>, is_local: bool, has_login: bool) -> Self {
        Self {
            is_any: !is_local && has_login && names.is_empty(),
            names,
            is_local,
        }
    }

    /// Whether the server answers to this `Host`. An address is no name, and cannot be pointed elsewhere.
    pub fn answers_to(&self, host: &str) -> bool {
        let name = without_port(host);
        let address = name.parse::<IpAddr>().ok();
        let is_here =
            name.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback());
        is_here
            || (self.is_any && !name.is_empty())
            || (!self.is_local && address.is_some())
            || self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Whether it has names that only a proxy on this machine can stand for.
    pub fn is_behind_proxy(&self) -> bool {
        self.is_local && !self.names.is_empty()
    }

    /// What to tell whoever came by another name.
    pub fn refusal(&self) -> String {
        match (self.names.as_slice(), self.is_local) {
            ([], true) => "this server answers under localhost and 127.0.0.1 only\n".to_owned(),
            ([], false) => {
                "this server answers under its address only; `--host NAME` lets it answer under a name\n"
                    .to_owned()
            }
            (names, _) => format!("this server answers under {} only\n", names.join(", ")),
        }
    }
}

fn without_port(host: &str) -> &str {
    let name = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    // `plant-pc.` is `plant-pc`, said in full.
    name.strip_suffix('.').unwrap_or(name)
}

/// Reads a name for `--host`.
///
/// # Errors
/// When it is not a bare name.
pub fn host_name(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'));
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("expected a name without `https://` and without a port, such as plant-pc.local".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(names: &[&str], is_local: bool, has_login: bool) -> Hosts {
        Hosts::new(
            names.iter().map(|name| (*name).to_owned()).collect(),
            is_local,
            has_login,
        )
    }

    #[test]
    fn on_this_machine_only_its_own_names_are_answered() {
        let local = hosts(&[], true, false);
        for host in [
            "localhost",
            "LOCALHOST:1880",
            "127.0.0.1:1880",
            "[::1]:1880",
            "localhost.",
        ] {
            assert!(local.answers_to(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "192.168.1.5",
            "127.0.0.1.evil.example",
        ] {
            assert!(!local.answers_to(host), "{host}");
        }
        let proxied = hosts(&["plant.example"], true, true);
        assert!(proxied.answers_to("Plant.example:443") && !proxied.answers_to("evil.example"));
    }

    #[test]
    fn on_the_network_a_foreign_name_is_refused_unless_everybody_has_to_log_in() {
        assert!(hosts(&[], false, true).answers_to("plant-pc:1880"));
        let open_to_all = hosts(&[], false, false);
        assert!(open_to_all.answers_to("192.168.1.5:1880") && !open_to_all.answers_to("evil.example"));
        let named = hosts(&["plant-pc"], false, true);
        assert!(named.answers_to("plant-pc:1880") && named.answers_to("192.168.1.5"));
        assert!(!named.answers_to("evil.example"));
    }
}
