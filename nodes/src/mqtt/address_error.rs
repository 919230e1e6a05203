//! What can be wrong with the address of a broker.

/// Why a text is not the address of a broker. No variant carries a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no text.
    #[error("the broker's address is empty: write `embedded`, or an address like `mqtt://host:1883`")]
    Empty,
    /// No `scheme://` at the start.
    #[error("`{found}` does not say how to connect: write `embedded`, `mqtt://{found}` or `mqtts://{found}`")]
    SchemeMissing {
        /// The text, without what stands before an `@`.
        found: String,
    },
    /// A scheme other than the three known ones.
    #[error("`{found}://` is not a kind of broker: use `embedded://`, `mqtt://` or `mqtts://` (TLS)")]
    SchemeUnknown {
        /// The scheme.
        found: String,
    },
    /// Nothing stands where the host should.
    #[error("the address names no host: write it as `mqtt://host:1883`")]
    HostMissing,
    /// The host has a character no host name has, or brackets without an IPv6 address in them.
    #[error("`{found}` is not a host: expected a host name, an IPv4 address or an IPv6 address in brackets")]
    HostInvalid {
        /// The host.
        found: String,
    },
    /// The embedded broker listens on addresses of this machine, not on names.
    #[error(
        "the embedded broker cannot listen on `{found}`: write an IP address of this machine, \
         127.0.0.1 for this machine alone or 0.0.0.0 for the network"
    )]
    ListenHostNotIp {
        /// The host.
        found: String,
    },
    /// Certificates are checked against a host name.
    #[error("`mqtts://` needs the broker's host name, as in its certificate; found the IPv6 address {found}")]
    TlsHostIsIpv6 {
        /// The address in brackets.
        found: String,
    },
    /// What stands behind the last colon is no number. It is not repeated, as it may be a password.
    #[error("the port is not a number: write the address as `mqtt://user:password@host:1883`")]
    PortNotNumber,
    /// The port is a number that no port has.
    #[error("port {found} does not exist: ports go from 1 to 65535")]
    PortOutOfRange {
        /// The number.
        found: String,
    },
    /// Something stands behind the port.
    #[error("a broker's address has no path, found `/{found}`: topics are given by the nodes")]
    PathGiven {
        /// The path without its leading slash.
        found: String,
    },
    /// A password, or an `@`, without a user name before it.
    #[error("there is no user name before the `@`: write `user:password@`, or leave it out with the `@`")]
    UserMissing,
    /// The embedded broker is told to ask for a user but not for a password.
    #[error("the embedded broker needs a password for user `{user}`: write `{user}:password@`")]
    PasswordMissing {
        /// The user name.
        user: String,
    },
    /// A `%` that does not start the code of a byte, or bytes that are no text.
    #[error(
        "`%` in a user name or password has to be followed by two hexadecimal digits: write `%25` for a percent sign"
    )]
    PercentInvalid,
}
