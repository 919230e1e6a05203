//! How the command ends.

use std::fmt::Display;
use std::process::ExitCode;

use anstream::eprintln;

/// The exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: it did what was asked.
    Success,
    /// 1: something failed.
    Failure,
    /// 2: the command line or the flow is wrong.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Failure => Self::from(1),
            Exit::Usage => Self::from(2),
        }
    }
}

/// Why a command ends early.
#[derive(Debug)]
pub struct Stop {
    /// The exit code.
    pub exit: Exit,
    /// What to tell; empty when it was told already.
    message: String,
}

impl Stop {
    /// Something failed.
    pub fn failure(message: impl Display) -> Self {
        Self {
            exit: Exit::Failure,
            message: message.to_string(),
        }
    }

    /// The command line or the flow is wrong.
    pub fn usage(message: impl Display) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.to_string(),
        }
    }

    /// What there is to tell.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The diagnostics have said it.
    pub fn told(exit: Exit) -> Self {
        Self {
            exit,
            message: String::new(),
        }
    }

    /// Tells it on standard error.
    pub fn print(&self) {
        if !self.message.is_empty() {
            let style = anstyle::AnsiColor::Red.on_default().bold();
            eprintln!("{style}error{style:#}: {}", self.message);
        }
    }
}
