//! Text to standard output.

use std::io::{ErrorKind, Write};

use crate::exit::Stop;

/// Writes all of it. A reader that has seen enough, such as `head`, is no failure.
pub fn write(text: &str) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Stop::failure(format!(
            "standard output cannot be written: {error}"
        ))),
        _ => Ok(()),
    }
}
