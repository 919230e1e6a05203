//! Addresses of brokers, as a flow writes them.

use proptest::prelude::*;
use twinflow_nodes::mqtt::{AddressError, BrokerAddress, Credentials, Security};

fn parse(text: &str) -> Result<BrokerAddress, AddressError> {
    text.parse()
}

/// The canonical text of an address.
fn shown(text: &str) -> String {
    parse(text).unwrap().to_string()
}

#[test]
fn an_address_is_completed_with_the_usual_port() {
    assert_eq!(shown("embedded"), "embedded://127.0.0.1:1883");
    assert_eq!(shown("embedded://localhost:1884"), "embedded://127.0.0.1:1884");
    assert_eq!(
        shown("embedded://plant:secret@0.0.0.0"),
        "embedded://plant:***@0.0.0.0:1883"
    );
    assert_eq!(shown("embedded://[::1]:0"), "embedded://[::1]:0");
    assert_eq!(shown(" mqtt://broker.plant/ "), "mqtt://broker.plant:1883");
    assert_eq!(shown("mqtt://[::1]"), "mqtt://[::1]:1883");
    assert_eq!(shown("mqtt://[::1]:1884"), "mqtt://[::1]:1884");
    assert_eq!(
        shown("mqtts://user:secret@10.0.0.7"),
        "mqtts://user:***@10.0.0.7:8883"
    );
    assert_eq!(shown("mqtts://token@cloud:443"), "mqtts://token@cloud:443");
}

#[test]
fn a_password_may_hold_any_character() {
    let address = parse("mqtt://us%40er:a:b@c/d%25%C3%A9@host").unwrap();
    assert_eq!(
        address.credentials(),
        Some(&Credentials::new("us@er", "a:b@c/d%é"))
    );
    assert_eq!(address.to_string(), "mqtt://us%40er:***@host:1883");
}

#[test]
fn an_embedded_broker_on_all_interfaces_is_reached_by_loopback() {
    let remote = parse("embedded://u:p@0.0.0.0:1884").unwrap().remote();
    assert_eq!(
        (remote.host.as_str(), remote.port, remote.security),
        ("127.0.0.1", 1884, Security::Plain)
    );
    assert_eq!(remote.credentials, Some(Credentials::new("u", "p")));
    assert_eq!(parse("embedded://u:p@[::]").unwrap().remote().host, "[::1]");
}

#[test]
fn every_fault_has_its_error() {
    let found = |text: &str| text.to_owned();
    for (text, error) in [
        ("", AddressError::Empty),
        ("  ", AddressError::Empty),
        (
            "broker:1883",
            AddressError::SchemeMissing {
                found: found("broker:1883"),
            },
        ),
        (
            "http://broker",
            AddressError::SchemeUnknown { found: found("http") },
        ),
        (
            "MQTT://broker",
            AddressError::SchemeUnknown { found: found("MQTT") },
        ),
        ("mqtt://", AddressError::HostMissing),
        ("mqtt://:1883", AddressError::HostMissing),
        ("mqtt://a b", AddressError::HostInvalid { found: found("a b") }),
        ("mqtt://[::1", AddressError::HostInvalid { found: found("[::1") }),
        ("mqtt://[::x]", AddressError::HostInvalid { found: found("::x") }),
        (
            "mqtt://[::1]1883",
            AddressError::HostInvalid {
                found: found("[::1]1883"),
            },
        ),
        ("mqtt://host:", AddressError::PortNotNumber),
        ("mqtt://user:secret", AddressError::PortNotNumber),
        ("mqtt://host:-1", AddressError::PortNotNumber),
        (
            "mqtt://host:65536",
            AddressError::PortOutOfRange {
                found: found("65536"),
            },
        ),
        (
            "mqtt://host:0",
            AddressError::PortOutOfRange { found: found("0") },
        ),
        (
            "mqtt://host:1883/plant",
            AddressError::PathGiven {
                found: found("plant"),
            },
        ),
        ("mqtt://:secret@host", AddressError::UserMissing),
        ("mqtt://@host", AddressError::UserMissing),
        ("mqtt://user:50%@host", AddressError::PercentInvalid),
        ("mqtt://user:%FF@host", AddressError::PercentInvalid),
        (
            "mqtts://[::1]",
            AddressError::TlsHostIsIpv6 {
                found: found("[::1]"),
            },
        ),
        (
            "embedded://broker",
            AddressError::ListenHostNotIp {
                found: found("broker"),
            },
        ),
        (
            "embedded://plant@127.0.0.1",
            AddressError::PasswordMissing { user: found("plant") },
        ),
    ] {
        assert_eq!(parse(text), Err(error), "{text}");
    }
    let text = parse("http://broker").unwrap_err().to_string();
    assert_eq!(
        text,
        "`http://` is not a kind of broker: use `embedded://`, `mqtt://` or `mqtts://` (TLS)"
    );
}

/// Writes every byte as a percent sequence.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".*") {
        let _ = parse(&text);
        let _ = parse(&format!("mqtt://{text}"));
    }

    #[test]
    fn what_is_shown_means_the_same(
        scheme in "mqtts?",
        host in "[a-z0-9][a-z0-9.-]{0,20}",
        port in 1..=u16::MAX,
    ) {
        let text = format!("{scheme}://{host}:{port}");
        prop_assert_eq!(shown(&text), text);
    }

    #[test]
    fn credentials_survive_and_the_password_is_never_shown(user in "\\PC{1,12}", password in "[A-Z]{8,16}") {
        let address = parse(&format!("mqtt://{}:{}@host", encoded(&user), encoded(&password))).unwrap();
        prop_assert_eq!(address.credentials(), Some(&Credentials::new(user.clone(), password.clone())));
        prop_assume!(!user.contains(&password));
        prop_assert!(!address.to_string().contains(&password));
        let debugged = format!("{address:?}");
        prop_assert!(!debugged.contains(&password));
    }

    #[test]
    fn no_error_shows_a_password(password in "[A-Z]{8,16}", fault in 0..7usize) {
        let text = [
            format!("http://user:{password}@host"),
            format!("user:{password}@host"),
            format!("mqtt://user:{password}"),
            format!("mqtt://user:{password}@host:x"),
            format!("mqtt://user:{password}@host/path"),
            format!("mqtt://:{password}@host"),
            format!("mqtt://user:{password}%@host"),
        ][fault].clone();
        let error = parse(&text).unwrap_err();
        prop_assert!(!format!("{error} {error:?}").contains(&password), "{}", error);
    }
}
