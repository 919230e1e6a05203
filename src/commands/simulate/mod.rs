//! `twinflow simulate`.

mod data_set;
mod flaws;
mod live;
mod tally;

use crate::cli::SimulateOptions;
use crate::exit::Stop;

/// Lets machines publish on a broker, or writes a data set.
pub fn simulate(options: &SimulateOptions) -> Result<(), Stop> {
    match &options.live.mqtt {
        Some(address) => live::run(options, address),
        None => data_set::write(options),
    }
}
