//! `twinflow explain`.

use anstream::println;
use anstyle::{AnsiColor, Style};
use twinflow_engine::diagnostic::Code;
use twinflow_engine::language::{listed, nearest};

use crate::cli::ExplainOptions;
use crate::exit::Stop;

/// Lists the codes of the diagnostics, or explains one.
pub fn explain(options: &ExplainOptions) -> Result<(), Stop> {
    let Some(id) = &options.code else {
        let bold = Style::new().bold();
        for code in Code::ALL {
            println!("{bold}{}{bold:#}  {}", code.id(), code.title());
        }
        println!("\n`twinflow explain CODE` explains one.");
        return Ok(());
    };
    let code = Code::named(id).ok_or_else(|| unknown(id))?;
    print_markdown(code.explanation());
    Ok(())
}

fn unknown(id: &str) -> Stop {
    const SUGGESTED: usize = 3;
    let wanted = id.to_ascii_uppercase();
    let mut near: Vec<&str> = Vec::new();
    while near.len() < SUGGESTED {
        let others = Code::ALL.iter().map(|code| code.id());
        match nearest(&wanted, others.filter(|other| !near.contains(other))) {
            Some(next) => near.push(next),
            None => break,
        }
    }
    let hint = if near.is_empty() {
        String::new()
    } else {
        format!("nearest to it: {}; ", listed(near))
    };
    Stop::usage(format!(
        "there is no code `{id}`; {hint}`twinflow explain` lists all"
    ))
}

/// Headings bold, the code of examples indented and coloured; the rest is readable as it is.
fn print_markdown(text: &str) {
    let bold = Style::new().bold();
    let code = AnsiColor::Cyan.on_default();
    let mut is_code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code && !line.is_empty() {
            println!("    {code}{line}{code:#}");
        } else if let Some(heading) = line.strip_prefix("# ") {
            println!("{bold}{heading}{bold:#}");
        } else {
            println!("{line}");
        }
    }
}
