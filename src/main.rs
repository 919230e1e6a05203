//! The `twinflow` command.
fn main() {}
