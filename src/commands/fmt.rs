//! `twinflow fmt`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anstream::{eprintln, print, println};
use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};
use tempfile::NamedTempFile;
use twinflow_engine::diagnostic::pointer;
use twinflow_engine::format::{FormatError, format};
use twinflow_engine::language::MAX_FLOW_BYTES;

use crate::cli::{DEFAULT_FLOW, FmtOptions};
use crate::exit::{Exit, Stop};
use crate::flow_file;

/// The file name that means standard input.
const STANDARD_INPUT: &str = "-";

/// Lays out flow files, or tells which ones it would change.
pub fn fmt(options: &FmtOptions) -> Result<(), Stop> {
    let default = [PathBuf::from(DEFAULT_FLOW)];
    let files = if options.files.is_empty() {
        default.as_slice()
    } else {
        options.files.as_slice()
    };
    let mut end = Exit::Success;
    for file in files {
        // One file that cannot be read keeps no other from being formatted.
        match fmt_file(file, options) {
            Ok(()) => {}
            Err(stop) => {
                stop.print();
                end = worse(end, stop.exit);
            }
        }
    }
    match end {
        Exit::Success => Ok(()),
        other => Err(Stop::told(other)),
    }
}

fn worse(a: Exit, b: Exit) -> Exit {
    if a == Exit::Success || b == Exit::Usage {
        b
    } else {
        a
    }
}

fn fmt_file(file: &Path, options: &FmtOptions) -> Result<(), Stop> {
    let is_stdin = file.as_os_str() == STANDARD_INPUT;
    let text = if is_stdin {
        read_stdin()?
    } else {
        flow_file::read(file)?
    };
    let formatted = format(file, &text).map_err(|error| refused(file, error))?;
    if options.check {
        if formatted == text {
            return Ok(());
        }
        println!("{} would change:", file.display());
        print_diff(&text, &formatted);
        return Err(Stop::told(Exit::Failure));
    }
    if options.stdout || is_stdin {
        print!("{formatted}");
        return Ok(());
    }
    if formatted != text {
        write(file, &formatted)
            .map_err(|error| Stop::failure(format!("{} cannot be written: {error}", file.display())))?;
        println!("{} is formatted", file.display());
    }
    Ok(())
}

fn read_stdin() -> Result<String, Stop> {
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_FLOW_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| Stop::usage(format!("standard input cannot be read: {error}")))?;
    Ok(text)
}

fn refused(file: &Path, error: FormatError) -> Stop {
    match error {
        FormatError::Unreadable { diagnostics, sources } => {
            flow_file::print_rendered(&diagnostics, &sources);
            if let Some(pointer) = pointer(&diagnostics) {
                eprintln!("{pointer}");
            }
            Stop::usage(format!("{} is left as it is", file.display()))
        }
        other => Stop::failure(format!("{}: {other}", file.display())),
    }
}

/// The changed lines with two of those around them.
fn print_diff(old: &str, new: &str) {
    const AROUND: usize = 2;
    let diff = TextDiff::from_lines(old, new);
    for hunk in diff.unified_diff().context_radius(AROUND).iter_hunks() {
        println!("{}", hunk.header());
        for change in hunk.iter_changes() {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', AnsiColor::Red.on_default()),
                ChangeTag::Insert => ('+', AnsiColor::Green.on_default()),
                ChangeTag::Equal => (' ', Style::new()),
            };
            // The end of a line that came from Windows is what may have changed.
            let line = change.value().trim_end_matches('\n').replace('\r', "␍");
            println!("{style}{sign}{line}{style:#}");
        }
    }
}

/// Written aside and moved into place, so that nobody ever reads half a flow.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    // A link stays a link: what it points at is replaced.
    let file = std::fs::canonicalize(file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut aside = NamedTempFile::new_in(folder)?;
    aside.write_all(text.as_bytes())?;
    aside
        .as_file()
        .set_permissions(std::fs::metadata(&file)?.permissions())?;
    aside.as_file().sync_all()?;
    aside.persist(&file)?;
    Ok(())
}
