//! `twinflow new`: something to begin with.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anstream::println;

use crate::cli::NewOptions;
use crate::exit::Stop;

const FLOW: &str = include_str!("new/flow.yaml");
const NODE: &str = include_str!("new/node.rhai");
const NODE_TEST: &str = include_str!("new/node-test.yaml");

/// Writes a flow, or a node type with its test.
pub fn new(options: &NewOptions) -> Result<(), Stop> {
    match options {
        NewOptions::Flow { file } => {
            let title = file
                .file_stem()
                .map(|stem| stem.to_string_lossy().replace(['-', '_'], " "));
            // In quotes, which JSON and YAML share: a file can be called `12.yaml` or `oven: left.yaml`.
            let title = serde_json::Value::String(title.unwrap_or_default());
            write(file, &FLOW.replace("TITLE", &title.to_string()))?;
            println!(
                "`twinflow run {0}` runs it, `twinflow test {0}` tests it",
                file.display()
            );
        }
        NewOptions::Node { name, folder } => {
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            if !is_name {
                return Err(Stop::usage(format!(
                    "`{name}` is no name for a node type; it begins with a letter and goes on with letters, digits, `-` or `_`"
                )));
            }
            let script = folder.join(format!("{name}.rhai"));
            let test = folder.join(format!("{name}.test.yaml"));
            // Half a node type would stand in the way of the next attempt.
            refuse_taken(&test)?;
            write(&script, &NODE.replace("NAME", name))?;
            write(&test, &NODE_TEST.replace("NAME", name))?;
            println!("`twinflow test {}` tests it", test.display());
            let prefix = if script.is_absolute() { "" } else { "./" };
            println!(
                "use it in a flow beside that folder: `type: {prefix}{}`",
                script.display()
            );
        }
    }
    Ok(())
}

fn taken(path: &Path) -> Stop {
    Stop::usage(format!("{} is there already; give another name", path.display()))
}

fn refuse_taken(path: &Path) -> Result<(), Stop> {
    if path.exists() { Err(taken(path)) } else { Ok(()) }
}

/// Writes a file that is not there yet.
fn write(path: &Path, text: &str) -> Result<(), Stop> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => taken(path),
        _ => Stop::failure(format!("{} cannot be written: {error}", path.display())),
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    println!("{} written", path.display());
    Ok(())
}
