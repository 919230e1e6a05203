//! Through HTTP, with the real router on a port of its own.

mod every_route;
mod log_in;
mod opening;
mod plant;
mod sessions;
mod tls;
mod tokens;
mod users_file;
