//! `twinflow user`: who may use the dashboard.

use std::fmt::Write;
use std::io::{BufRead, IsTerminal};

use anstream::eprintln;
use twinflow_ui::UsersFile;

use crate::cli::{UserOptions, UsersOptions};
use crate::exit::Stop;
use crate::output;

/// Changes or lists a users file.
pub fn user(options: &UserOptions) -> Result<(), Stop> {
    match options {
        UserOptions::Add { name, role, file } => {
            let users = UsersFile::at(&file.users);
            users.check_new(name).map_err(Stop::usage)?;
            users.add(name, *role, &password(name)?).map_err(Stop::usage)?;
            tell(&format!("`{name}` is {role} in {}", file.users.display()));
        }
        UserOptions::Token { name, role, file } => {
            let token = UsersFile::at(&file.users)
                .add_token(name, *role)
                .map_err(Stop::usage)?;
            output::write(&format!("{token}\n"))?;
            tell(&format!(
                "`{name}` is {role} in {}; the token above is shown this one time, and sent as `Authorization: Bearer TOKEN`",
                file.users.display()
            ));
        }
        UserOptions::List { file } => list(file)?,
        UserOptions::Remove { name, file } => {
            UsersFile::at(&file.users).remove(name).map_err(Stop::usage)?;
            tell(&format!("`{name}` is gone from {}", file.users.display()));
        }
    }
    Ok(())
}

/// Standard output is for the token, which a script may read.
fn tell(what: &str) {
    eprintln!("{what}");
    eprintln!("a flow that runs knows of it when it is started again");
}

fn list(file: &UsersOptions) -> Result<(), Stop> {
    let users = UsersFile::at(&file.users).read().map_err(Stop::usage)?;
    let width = users
        .list()
        .map(|(name, ..)| name.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (name, role, shows) in users.list() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:width$}  {:8}  {shows}", role.as_str());
    }
    output::write(&text)
}

/// Asks twice, without showing what is typed. A program gives it as a line on standard input.
fn password(name: &str) -> Result<String, Stop> {
    let unread = |error: std::io::Error| Stop::failure(format!("the password cannot be read: {error}"));
    let mut input = std::io::stdin().lock();
    if !input.is_terminal() {
        let mut line = String::new();
        input.read_line(&mut line).map_err(unread)?;
        let line = line.strip_suffix('\n').unwrap_or(&line);
        return Ok(line.strip_suffix('\r').unwrap_or(line).to_owned());
    }
    drop(input);
    let first = rpassword::prompt_password(format!("Password of {name}: ")).map_err(unread)?;
    let again = rpassword::prompt_password("The same again: ").map_err(unread)?;
    if first != again {
        return Err(Stop::usage("the two are not the same; nothing was changed"));
    }
    Ok(first)
}
