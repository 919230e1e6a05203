//! What a flow keeps on disk for people: the history of what its dashboard shows.

pub mod history;
pub mod log;
pub mod sqlite_file;
