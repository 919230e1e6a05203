//! The address of a broker, as a flow names it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use super::address_error::AddressError;
use super::credentials::Credentials;

/// Port of MQTT without TLS, as registered with IANA.
pub const PORT_PLAIN: u16 = 1883;
/// Port of MQTT over TLS, as registered with IANA.
pub const PORT_TLS: u16 = 8883;

/// Which broker a flow talks to.
///
/// | text | meaning |
/// | --- | --- |
/// | `embedded` | the broker inside twinflow, on 127.0.0.1:1883 |
/// | `embedded://[user:password@]ip[:port]` | the same, listening elsewhere |
/// | `mqtt://[user[:password]@]host[:port]` | a broker that runs already; port 1883 unless given |
/// | `mqtts://[user[:password]@]host[:port]` | the same over TLS; port 8883 unless given |
///
/// The last `@` ends the password, and `%` with two hexadecimal digits stands for a byte, as in every URL.
/// `Display` writes the address back with `***` for the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokerAddress {
    /// The broker inside twinflow.
    Embedded(EmbeddedAddress),
    /// A broker that runs already.
    Remote(RemoteAddress),
}

/// Where the embedded broker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedAddress {
    /// The address to listen on. Port 0 stands for any free port.
    pub listen: SocketAddr,
    /// What clients have to log in with; `None` lets everyone in.
    pub credentials: Option<Credentials>,
}

/// How to reach a broker that runs already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteAddress {
    /// Whether the connection is encrypted.
    pub security: Security,
    /// Host name or IP address, an IPv6 address in brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What to log in with.
    pub credentials: Option<Credentials>,
}

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TCP, readable by everyone on the way.
    Plain,
    /// TLS, with the broker's certificate checked.
    Tls,
}

impl BrokerAddress {
    /// The broker inside twinflow on its usual address, 127.0.0.1:1883, open to programs of this machine.
    pub fn embedded() -> Self {
        let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT_PLAIN);
        Self::Embedded(EmbeddedAddress {
            listen,
            credentials: None,
        })
    }

    /// What a client has to log in with.
    pub fn credentials(&self) -> Option<&Credentials> {
        match self {
            Self::Embedded(embedded) => embedded.credentials.as_ref(),
            Self::Remote(remote) => remote.credentials.as_ref(),
        }
    }

    /// How a client of this machine reaches the broker.
    ///
    /// An embedded broker that listens on every interface (0.0.0.0 or ::) is reached by the loopback address.
    pub fn remote(&self) -> RemoteAddress {
        match self {
            Self::Remote(remote) => remote.clone(),
            Self::Embedded(EmbeddedAddress { listen, credentials }) => {
                let host = match listen.ip() {
                    IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
                    IpAddr::V4(ip) => ip.to_string(),
                    IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
                    IpAddr::V6(ip) => format!("[{ip}]"),
                };
                RemoteAddress {
                    security: Security::Plain,
                    host,
                    port: listen.port(),
                    credentials: credentials.clone(),
                }
            }
        }
    }
}

impl FromStr for BrokerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text == "embedded" {
            return Ok(Self::embedded());
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(AddressError::SchemeMissing {
                found: after_credentials(text).to_owned(),
            });
        };
        match scheme {
            "embedded" => parse_embedded(rest).map(Self::Embedded),
            "mqtt" => parse_remote(Security::Plain, rest).map(Self::Remote),
            "mqtts" => parse_remote(Security::Tls, rest).map(Self::Remote),
            _ => Err(AddressError::SchemeUnknown {
                found: scheme.to_owned(),
            }),
        }
    }
}

fn parse_embedded(rest: &str) -> Result<EmbeddedAddress, AddressError> {
    let parts = Parts::split(rest)?;
    let ip = match parts.host {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        host => host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .map_err(|_| AddressError::ListenHostNotIp {
                found: host.to_owned(),
            })?,
    };
    if let Some(credentials) = parts
        .credentials
        .as_ref()
        .filter(|given| given.password().is_empty())
    {
        return Err(AddressError::PasswordMissing {
            user: credentials.user().to_owned(),
        });
    }
    let listen = SocketAddr::new(ip, parts.port.unwrap_or(PORT_PLAIN));
    Ok(EmbeddedAddress {
        listen,
        credentials: parts.credentials,
    })
}

fn parse_remote(security: Security, rest: &str) -> Result<RemoteAddress, AddressError> {
    let parts = Parts::split(rest)?;
    let port = match (parts.port, security) {
        (Some(0), _) => {
            return Err(AddressError::PortOutOfRange {
                found: "0".to_owned(),
            });
        }
        (Some(port), _) => port,
        (None, Security::Plain) => PORT_PLAIN,
        (None, Security::Tls) => PORT_TLS,
    };
    if security == Security::Tls && parts.host.starts_with('[') {
        return Err(AddressError::TlsHostIsIpv6 {
            found: parts.host.to_owned(),
        });
    }
    Ok(RemoteAddress {
        security,
        host: parts.host.to_owned(),
        port,
        credentials: parts.credentials,
    })
}

/// What stands behind `scheme://`.
struct Parts<'a> {
    credentials: Option<Credentials>,
    /// Checked for its characters; an IPv6 address is in brackets.
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Parts<'a> {
    fn split(rest: &'a str) -> Result<Self, AddressError> {
        let (credentials, location) = match rest.rsplit_once('@') {
            Some((login, location)) => (Some(parse_credentials(login)?), location),
            None => (None, rest),
        };
        let location = location.strip_suffix('/').unwrap_or(location);
        if let Some((_, path)) = location.split_once('/') {
            return Err(AddressError::PathGiven {
                found: path.to_owned(),
            });
        }
        let (host, port) = split_host_and_port(location)?;
        Ok(Self {
            credentials,
            host,
            port: port.map(parse_port).transpose()?,
        })
    }
}

fn split_host_and_port(location: &str) -> Result<(&str, Option<&str>), AddressError> {
    let bad_host = |host: &str| AddressError::HostInvalid {
        found: host.to_owned(),
    };
    if let Some(inner) = location.strip_prefix('[') {
        let (ip, after) = inner.split_once(']').ok_or_else(|| bad_host(location))?;
        ip.parse::<std::net::Ipv6Addr>().map_err(|_| bad_host(ip))?;
        let host = location.strip_suffix(after).unwrap_or(location);
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(bad_host(location)),
        };
    }
    let (host, port) = match location.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (location, None),
    };
    if host.is_empty() {
        return Err(AddressError::HostMissing);
    }
    if !host
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    {
        return Err(bad_host(host));
    }
    Ok((host, port))
}

fn parse_port(text: &str) -> Result<u16, AddressError> {
    // The text is repeated in the error only if it is a number: `mqtt://user:password` without a host ends up here.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AddressError::PortNotNumber);
    }
    text.parse().map_err(|_| AddressError::PortOutOfRange {
        found: text.to_owned(),
    })
}

fn parse_credentials(login: &str) -> Result<Credentials, AddressError> {
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let user = decode_percent(user)?;
    if user.is_empty() {
        return Err(AddressError::UserMissing);
    }
    Ok(Credentials::new(user, decode_percent(password)?))
}

fn decode_percent(text: &str) -> Result<String, AddressError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match (digit(rest.next()), digit(rest.next())) {
            // Two hexadecimal digits make at most 255.
            (Some(high), Some(low)) => bytes.extend(u8::try_from(high * 16 + low)),
            _ => return Err(AddressError::PercentInvalid),
        }
    }
    String::from_utf8(bytes).map_err(|_| AddressError::PercentInvalid)
}

fn encode_percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// What may be shown of a text that is not an address: a password would stand before the last `@`.
fn after_credentials(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, location)| location)
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(embedded) => embedded.fmt(f),
            Self::Remote(remote) => remote.fmt(f),
        }
    }
}

impl fmt::Display for EmbeddedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("embedded://")?;
        write_login(f, self.credentials.as_ref())?;
        self.listen.fmt(f)
    }
}

impl fmt::Display for RemoteAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.security {
            Security::Plain => "mqtt://",
            Security::Tls => "mqtts://",
        })?;
        write_login(f, self.credentials.as_ref())?;
        write!(f, "{}:{}", self.host, self.port)
    }
}

fn write_login(f: &mut fmt::Formatter<'_>, credentials: Option<&Credentials>) -> fmt::Result {
    match credentials {
        None => Ok(()),
        Some(given) if given.password().is_empty() => write!(f, "{}@", encode_percent(given.user())),
        Some(given) => write!(f, "{}:***@", encode_percent(given.user())),
    }
}
