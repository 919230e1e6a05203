//! `twinflow tap`: what leaves a node of a running flow, one JSON object a line.

use crate::cli::TapOptions;
use crate::client::Client;
use crate::exit::Stop;
use crate::output;

/// Writes the records as they come, until there were enough, the reader has enough, or the flow ends.
pub fn tap(options: &TapOptions) -> Result<(), Stop> {
    let client = Client::new(&options.running.url);
    let lines = client
        .tap(&options.node, options.records, options.key.as_deref())
        .map_err(Stop::failure)?;
    let mut left = options.records;
    for line in lines {
        let line =
            line.map_err(|error| Stop::failure(format!("the flow at {} ended ({error})", client.url())))?;
        if !output::write_open(&format!("{line}\n"))? {
            return Ok(());
        }
        if !line.starts_with("{\"missed\"") {
            left = left.map(|left| left.saturating_sub(1));
        }
    }
    match left {
        Some(0) => Ok(()),
        _ => Err(Stop::failure(format!("the flow at {} ended", client.url()))),
    }
}
