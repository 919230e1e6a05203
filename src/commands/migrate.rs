//! `twinflow migrate`.

use std::io::Write;

use anstream::println;
use tempfile::NamedTempFile;
use twinflow_engine::language::{LANGUAGE_VERSION, MigrateError, migrate as migrate_text};

use crate::cli::MigrateOptions;
use crate::exit::{Exit, Stop};
use crate::flow_file;

/// Brings flow files to the present language version.
pub fn migrate(options: &MigrateOptions) -> Result<(), Stop> {
    for file in &options.flows {
        let text = flow_file::read(file)?;
        let migrated = migrate_text(file, &text).map_err(|error| match error {
            MigrateError::Unreadable { diagnostics, sources } => {
                flow_file::print_rendered(&diagnostics, &sources);
                Stop::told(Exit::Usage)
            }
            error => Stop::usage(format!("{}: {error}", file.display())),
        })?;
        if migrated == text {
            println!("{} is of version {LANGUAGE_VERSION} already", file.display());
            continue;
        }
        let failed =
            |error: std::io::Error| Stop::failure(format!("{} cannot be written: {error}", file.display()));
        // Written aside and moved into place: a failure leaves the old file whole.
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut aside = NamedTempFile::new_in(folder.unwrap_or(".".as_ref())).map_err(failed)?;
        aside.write_all(migrated.as_bytes()).map_err(failed)?;
        let permissions = std::fs::metadata(file).map_err(failed)?.permissions();
        std::fs::set_permissions(aside.path(), permissions).map_err(failed)?;
        aside.persist(file).map_err(|error| failed(error.error))?;
        println!("{} is of version {LANGUAGE_VERSION} now", file.display());
    }
    Ok(())
}
