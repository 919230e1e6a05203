//! TLS: the broker's certificate is checked, and what is wrong with it is said in plain words.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use twinflow_nodes::mqtt::{
    ConnectError, ConnectOptions, LossReason, Publisher, Qos, SessionKind, Subscriber, TlsError,
};

use crate::support::brokers::{self, connected, in_time, lost, receive_texts, subscriptions};
use crate::support::mosquitto::Mosquitto;

/// Makes an authority, and a certificate it signed for the name `localhost`, valid for so many days.
fn make_certificates(folder: &Path, days: &str) {
    let openssl = |arguments: &[&str]| {
        let made = Command::new("openssl")
            .args(arguments)
            .current_dir(folder)
            .stderr(Stdio::null())
            .status();
        let made =
            made.expect("OpenSSL is needed for this test: install it (Debian: apt-get install openssl)");
        assert!(made.success(), "openssl {arguments:?} failed");
    };
    let key = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ];
    let request = [&["req"][..], &key].concat();
    openssl(
        &[
            &request[..],
            &[
                "-x509",
                "-subj",
                "/CN=Plant authority",
                "-keyout",
                "ca.key",
                "-out",
                "ca.pem",
            ],
        ]
        .concat(),
    );
    openssl(
        &[
            &request[..],
            &[
                "-subj",
                "/CN=localhost",
                "-keyout",
                "broker.key",
                "-out",
                "broker.csr",
            ],
        ]
        .concat(),
    );
    std::fs::write(folder.join("name"), "subjectAltName=DNS:localhost\n").unwrap();
    openssl(&[
        "x509",
        "-req",
        "-in",
        "broker.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        days,
        "-extfile",
        "name",
        "-out",
        "broker.pem",
    ]);
}

/// A broker with TLS, and the folder with its authority's certificate, `ca.pem`.
fn broker_with_tls(days: &str) -> (Mosquitto, TempDir) {
    let authority = TempDir::new().unwrap();
    let configuration = "allow_anonymous true\ncertfile broker.pem\nkeyfile broker.key\n";
    let broker = Mosquitto::start_with(configuration, |folder| {
        make_certificates(folder, days);
        std::fs::copy(folder.join("ca.pem"), authority.path().join("ca.pem")).unwrap();
    });
    (broker, authority)
}

fn options(host: &str, broker: &Mosquitto, authority: Option<&TempDir>) -> ConnectOptions {
    let address = format!("mqtts://{host}:{}", broker.port()).parse().unwrap();
    let mut options = ConnectOptions::new(address, "client");
    options.ca_file = authority.map(|folder| folder.path().join("ca.pem"));
    options
}

async fn tls_fault(options: &ConnectOptions) -> String {
    let publisher = Publisher::connect(options, None).unwrap();
    match in_time(lost(&mut publisher.states())).await {
        LossReason::Tls { detail, .. } => detail,
        reason => panic!("lost for another reason: {reason}"),
    }
}

#[tokio::test]
async fn messages_go_over_tls_when_the_authority_is_given() {
    let (broker, authority) = broker_with_tls("1");
    let options = options("localhost", &broker, Some(&authority));
    let filters = subscriptions(&[("plant", Qos::AtLeastOnce)]);
    let mut subscriber = Subscriber::connect(&options, SessionKind::Clean, filters).unwrap();
    in_time(connected(&mut subscriber.states())).await;
    let publisher = Publisher::connect(
        &ConnectOptions {
            client_id: "writer".to_owned(),
            ..options
        },
        None,
    )
    .unwrap();
    publisher
        .publish(
            &"plant".parse().unwrap(),
            "secret".into(),
            Qos::AtLeastOnce,
            false,
        )
        .await
        .unwrap();
    assert_eq!(in_time(receive_texts(&mut subscriber, 1)).await, ["secret"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said() {
    let (broker, authority) = broker_with_tls("1");
    let unknown = tls_fault(&options("localhost", &broker, None)).await;
    assert!(
        unknown.contains("authority this machine does not trust"),
        "{unknown}"
    );
    let other_name = tls_fault(&options("127.0.0.1", &broker, Some(&authority))).await;
    assert!(other_name.contains("for another host name"), "{other_name}");
    let (broker, authority) = broker_with_tls("-1");
    let expired = tls_fault(&options("localhost", &broker, Some(&authority))).await;
    assert!(expired.contains("expired"), "{expired}");
}

#[tokio::test]
async fn tls_to_a_port_without_it_and_the_other_way_round_are_named() {
    let plain = Mosquitto::start();
    let publisher = Publisher::connect(&options("localhost", &plain, None), None).unwrap();
    let reason = in_time(lost(&mut publisher.states())).await;
    assert!(
        matches!(reason, LossReason::NotMqtt { .. } | LossReason::Tls { .. }),
        "{reason:?}"
    );
    let (tls, _authority) = broker_with_tls("1");
    let options = ConnectOptions::new(brokers::address(tls.port()), "client");
    let publisher = Publisher::connect(&options, None).unwrap();
    let reason = in_time(lost(&mut publisher.states())).await;
    assert!(matches!(reason, LossReason::NotMqtt { .. }), "{reason:?}");
}

#[tokio::test]
async fn a_file_without_certificates_is_refused_at_once() {
    let folder = TempDir::new().unwrap();
    let mut options = ConnectOptions::new("mqtts://broker".parse().unwrap(), "client");
    options.ca_file = Some(folder.path().join("ca.pem"));
    let refused = Publisher::connect(&options, None).unwrap_err();
    assert!(
        matches!(refused, ConnectError::Tls(TlsError::CaFile { .. })),
        "{refused}"
    );
    std::fs::write(folder.path().join("ca.pem"), "not a certificate").unwrap();
    let refused = Publisher::connect(&options, None).unwrap_err();
    assert!(
        matches!(refused, ConnectError::Tls(TlsError::CaFileEmpty { .. })),
        "{refused}"
    );
}
