//! Who may reach the dashboard, and how.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use twinflow_ui::{Role, host_name};

/// The users file that `twinflow user` changes when none is named.
const DEFAULT_USERS: &str = "users.toml";

/// How the dashboard is opened to other machines.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Access")]
pub struct AccessOptions {
    /// Ask everyone to log in: those that this file names may, see `twinflow user`
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,

    /// Also answer under this name, such as plant-pc.local; once for each name
    #[arg(long = "host", value_name = "NAME", value_parser = host_name)]
    pub hosts: Vec<String>,

    /// Serve HTTPS with a certificate that is made once, beside the users file or in the flow's data folder
    #[arg(long, value_enum, conflicts_with_all = ["tls_cert", "tls_key"])]
    pub tls: Option<TlsKind>,

    /// Serve HTTPS with this certificate (PEM, with those between it and its root behind it)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Let everyone on the network operate the plant without log-in
    #[arg(long, conflicts_with = "users")]
    pub insecure: bool,
}

/// Where the certificate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TlsKind {
    /// Made and signed by twinflow itself
    SelfSigned,
}

#[derive(Debug, Subcommand)]
pub enum UserOptions {
    /// Add someone; the password is asked for, or read from standard input
    Add {
        /// Their name
        name: String,

        /// What they may do: viewer, operator or engineer
        #[arg(long)]
        role: Role,

        #[command(flatten)]
        file: UsersOptions,
    },
    /// Add a program, and print its token: this one time
    Token {
        /// The program's name
        name: String,

        /// What it may do: viewer, operator or engineer
        #[arg(long)]
        role: Role,

        #[command(flatten)]
        file: UsersOptions,
    },
    /// List people and programs
    List {
        #[command(flatten)]
        file: UsersOptions,
    },
    /// Remove someone, or a program
    Remove {
        /// The name
        name: String,

        #[command(flatten)]
        file: UsersOptions,
    },
}

/// Which users file.
#[derive(Debug, Args)]
pub struct UsersOptions {
    /// The users file
    #[arg(long, value_name = "FILE", default_value = DEFAULT_USERS)]
    pub users: PathBuf,
}
