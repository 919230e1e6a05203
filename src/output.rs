//! Text to standard output.

use std::io::{ErrorKind, Write};

use crate::exit::Stop;

/// Writes all of it. A reader that has seen enough, such as `head`, is no failure.
pub fn write(text: &str) -> Result<(), Stop> {
    write_open(text).map(|_| ())
}

/// Writes likewise, and tells whether there is still a reader.
pub fn write_open(text: &str) -> Result<bool, Stop> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Stop::failure(format!(
            "standard output cannot be written: {error}"
        ))),
    }
}
