//! HTTPS with a certificate that the server made for itself.

use std::path::Path;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::plant::{Ask, PASSWORD, Plant, credentials, users};
use crate::access::{AccessSetup, Tls};

/// Connects as someone who trusts this certificate alone.
async fn connect(plant: &Plant, folder: &Path) -> TlsStream<TcpStream> {
    let mut trusted = RootCertStore::empty();
    trusted
        .add(CertificateDer::from_pem_file(folder.join("tls-cert.pem")).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, plant.connect().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_page_the_log_in_and_the_web_socket_go_by_tls() {
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::self_signed(folder.path(), &["plant-pc".to_owned()]).unwrap();
    let plant = Plant::open(AccessSetup {
        users: Some(users()),
        tls: Some(tls),
        ..AccessSetup::default()
    });
    assert!(plant.server.url().starts_with("https://127.0.0.1:"));
    // Whoever connects and says nothing holds up nobody.
    let _silent = plant.connect().await;
    let host = format!("localhost:{}", plant.port());
    let page = Ask::get("/")
        .send(connect(&plant, folder.path()).await, &host)
        .await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("strict-transport-security"), Some("max-age=2592000"));
    let log_in = Ask::post("/api/login").body(&credentials("viewer", PASSWORD));
    let answer = log_in.send(connect(&plant, folder.path()).await, &host).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-twinflow-"), "{cookie}");
    assert!(
        cookie.ends_with("HttpOnly; SameSite=Strict; Path=/; Secure"),
        "{cookie}"
    );

    let mut request = format!("wss://{host}/ws").into_client_request().unwrap();
    request
        .headers_mut()
        .insert("cookie", answer.cookie().parse().unwrap());
    request
        .headers_mut()
        .insert("origin", format!("https://{host}").parse().unwrap());
    let (mut socket, _) = client_async(request, connect(&plant, folder.path()).await)
        .await
        .unwrap();
    socket
        .send(Message::text("{\"type\": \"subscribe\"}"))
        .await
        .unwrap();
    let hello = socket.next().await.unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("\"type\":\"hello\""));
}

#[test]
fn a_certificate_is_made_once_and_its_key_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let first = Tls::self_signed(folder.path(), &[]).unwrap();
    let second = Tls::self_signed(folder.path(), &[]).unwrap();
    assert_eq!(first.fingerprint(), second.fingerprint());
    assert_eq!(first.fingerprint().len(), 32 * 3 - 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("tls-key.pem"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn what_is_wrong_with_the_files_is_told() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    Tls::self_signed(one.path(), &[]).unwrap();
    Tls::self_signed(other.path(), &[]).unwrap();
    let (certificate, key) = (one.path().join("tls-cert.pem"), one.path().join("tls-key.pem"));
    let told = |certificate: &Path, key: &Path| {
        let error = Tls::from_files(certificate, key).unwrap_err().to_string();
        let error = error.replace(&*one.path().to_string_lossy(), "ONE");
        error.replace(&*other.path().to_string_lossy(), "OTHER")
    };
    let mut all = vec![
        told(&certificate, &other.path().join("tls-key.pem")),
        told(&key, &key),
        told(&certificate, &certificate),
        told(&one.path().join("nowhere.pem"), &key),
    ];
    std::fs::write(one.path().join("junk.pem"), b"\xff\xfe no PEM").unwrap();
    all.push(told(&one.path().join("junk.pem"), &key));
    std::fs::remove_file(&key).unwrap();
    let half = Tls::self_signed(one.path(), &[]).unwrap_err().to_string();
    all.push(half.replace(&*one.path().to_string_lossy(), "ONE"));
    insta::assert_snapshot!(all.join("\n"));
}
