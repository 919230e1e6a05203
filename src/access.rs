//! What the command line says of access, made ready for the server.

use std::net::SocketAddr;
use std::path::Path;

use twinflow_ui::{AccessSetup, Tls, TlsError, Users};

use crate::cli::{AccessOptions, TlsKind};
use crate::exit::Stop;

/// Reads the users and the certificate of a server that will listen at `listen` and show `flow`.
pub fn setup(options: &AccessOptions, listen: SocketAddr, flow: &Path) -> Result<AccessSetup, Stop> {
    let users = match &options.users {
        Some(path) => Some(Users::read(path).map_err(Stop::usage)?),
        None => None,
    };
    Ok(AccessSetup {
        users,
        hosts: options.hosts.clone(),
        insecure: options.insecure,
        tls: tls(options, listen, flow).map_err(Stop::usage)?,
    })
}

fn tls(options: &AccessOptions, listen: SocketAddr, flow: &Path) -> Result<Option<Tls>, TlsError> {
    if let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) {
        return Tls::from_files(certificate, key).map(Some);
    }
    match options.tls {
        None => Ok(None),
        Some(TlsKind::SelfSigned) => {
            let beside = |path: &Path| path.parent().unwrap_or(Path::new("")).to_owned();
            let folder = match &options.users {
                Some(users) => beside(users),
                None => beside(flow).join("data"),
            };
            let mut names = options.hosts.clone();
            if !listen.ip().is_unspecified() {
                names.push(listen.ip().to_string());
            }
            Tls::self_signed(&folder, &names).map(Some)
        }
    }
}
