//! TLS: the server's certificate, and its key.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

use super::private_file;

/// The files of a certificate that the server made for itself.
const OWN_CERTIFICATE: &str = "tls-cert.pem";
const OWN_KEY: &str = "tls-key.pem";

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{} cannot be {done}: {source}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// `read` or `written`.
        done: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("{} has no {wanted} in it; expected PEM with a line `-----BEGIN {}-----`", .path.display(), .wanted.to_uppercase())]
    Content {
        /// Which.
        path: PathBuf,
        /// What should be in it.
        wanted: &'static str,
    },
    /// The key is that of another certificate.
    #[error("the key in {} is not that of the certificate in {}; give the two that were made together, the server's own certificate first", .key.display(), .certificate.display())]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// They cannot be used for another reason.
    #[error("the certificate in {} cannot be used: {reason}", .certificate.display())]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// Why.
        reason: String,
    },
    /// Only one of the two files of an own certificate is there.
    #[error("{} is there, but {} is not; put it back, or remove the former to have both made anew", .there.display(), .missing.display())]
    Half {
        /// The one that is there.
        there: PathBuf,
        /// The other.
        missing: PathBuf,
    },
    /// A certificate cannot be made.
    #[error("no certificate can be made: {0}")]
    Making(String),
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    fingerprint: String,
}

impl Tls {
    /// Reads the certificate, with those between it and its root, and its key.
    ///
    /// # Errors
    /// When a file cannot be read or holds something else, or when the two do not belong together.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_file_iter(certificate);
        let chain: Result<Vec<_>, _> = chain.and_then(Iterator::collect);
        let chain = chain.map_err(|error| unread(error, certificate, "certificate"))?;
        let Some(first) = chain.first() else {
            return Err(unread(pem::Error::NoItemsFound, certificate, "certificate"));
        };
        let fingerprint = fingerprint(first);
        let private = PrivateKeyDer::from_pem_file(key);
        let private = private.map_err(|error| unread(error, key, "private key"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let unusable = |reason: rustls::Error| match reason {
            rustls::Error::InconsistentKeys(_) => TlsError::Mismatch {
                certificate: certificate.to_owned(),
                key: key.to_owned(),
            },
            other => TlsError::Unusable {
                certificate: certificate.to_owned(),
                reason: other.to_string(),
            },
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            fingerprint,
        })
    }

    /// Reads the certificate that the server made for itself in `folder`, or makes one for these names and addresses.
    ///
    /// # Errors
    /// When the files cannot be read or written.
    pub fn self_signed(folder: &Path, names: &[String]) -> Result<Self, TlsError> {
        let (certificate, key) = (folder.join(OWN_CERTIFICATE), folder.join(OWN_KEY));
        match (certificate.exists(), key.exists()) {
            (true, true) => {}
            (false, false) => make(&certificate, &key, names)?,
            (has_certificate, _) => {
                let (there, missing) = if has_certificate {
                    (certificate, key)
                } else {
                    (key, certificate)
                };
                return Err(TlsError::Half { there, missing });
            }
        }
        Self::from_files(&certificate, &key)
    }

    /// The SHA-256 of the certificate, as browsers show it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

fn make(certificate: &Path, key: &Path, names: &[String]) -> Result<(), TlsError> {
    let mut all = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    all.extend(
        names
            .iter()
            .filter(|name| !all.contains(name))
            .cloned()
            .collect::<Vec<_>>(),
    );
    let making = |error: rcgen::Error| TlsError::Making(error.to_string());
    let own_key = rcgen::KeyPair::generate().map_err(making)?;
    let mut params = rcgen::CertificateParams::new(all).map_err(making)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "twinflow");
    let own = params.self_signed(&own_key).map_err(making)?;
    let write = |path: &Path, text: String| {
        private_file::write(path, text.as_bytes()).map_err(|source| TlsError::Io {
            path: path.to_owned(),
            done: "written",
            source,
        })
    };
    // The key first: a certificate without its key would be of no use to anybody.
    write(key, own_key.serialize_pem())?;
    write(certificate, own.pem())
}

fn unread(error: pem::Error, path: &Path, wanted: &'static str) -> TlsError {
    let path = path.to_owned();
    match error {
        pem::Error::Io(source) if source.kind() != ErrorKind::InvalidData => TlsError::Io {
            path,
            done: "read",
            source,
        },
        _ => TlsError::Content { path, wanted },
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let hash = Sha256::digest(certificate);
    let bytes: Vec<String> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}
