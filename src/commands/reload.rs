//! `twinflow reload`: makes a running flow what its file says now.

use anstream::eprint;

use crate::cli::ReloadOptions;
use crate::client::{Client, ClientError};
use crate::exit::{Exit, Stop};
use crate::output;

/// Asks the flow to read its file again; prints what that changed, or why it changed nothing.
pub fn reload(options: &ReloadOptions) -> Result<(), Stop> {
    let report = match Client::new(&options.running.url).reload() {
        Ok(report) => report,
        Err(ClientError::Unfit(report)) => {
            eprint!("not reloaded, the flow runs on as it was\n{report}");
            if !report.ends_with('\n') {
                eprint!("\n");
            }
            return Err(Stop::told(Exit::Usage));
        }
        Err(error) => return Err(Stop::failure(error)),
    };
    let mut text = format!("reloaded: {report}\n");
    for sentence in &report.state {
        text.push_str(&format!("  state  {sentence}\n"));
    }
    output::write(&text)
}
