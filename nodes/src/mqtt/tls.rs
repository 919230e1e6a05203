//! Which certificates a client trusts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Why the certificates to trust could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of certificates could not be read.
    #[error("cannot read the certificates in {}: {detail}; expected a PEM file", file.display())]
    CaFile {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The file holds no certificate.
    #[error("{} holds no certificate: expected a PEM file with `-----BEGIN CERTIFICATE-----`", file.display())]
    CaFileEmpty {
        /// The file.
        file: PathBuf,
    },
    /// The system has no certificates, and no file was given.
    #[error(
        "this system trusts no certificate authority: install its certificates (Debian: ca-certificates) or give a CA file"
    )]
    NothingTrusted,
    /// The TLS library refused its own defaults.
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

/// Trusts the authorities the system trusts, and those in `ca_file`.
pub(super) fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = ca_file {
        let certificates = read_pem(file)?;
        for certificate in certificates {
            trusted.add(certificate).map_err(|error| TlsError::CaFile {
                file: file.to_owned(),
                detail: error.to_string(),
            })?;
        }
    }
    if trusted.is_empty() {
        return Err(TlsError::NothingTrusted);
    }
    // The provider is named, as the process-wide default is not ours to set.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trusted)
        .with_no_client_auth())
}

fn read_pem(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fault = |detail: String| TlsError::CaFile {
        file: file.to_owned(),
        detail,
    };
    let certificates = CertificateDer::pem_file_iter(file)
        .map_err(|error| fault(error.to_string()))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| fault(error.to_string()))?;
    if certificates.is_empty() {
        return Err(TlsError::CaFileEmpty {
            file: file.to_owned(),
        });
    }
    Ok(certificates)
}
