//! Changes a users file, and leaves alone what someone wrote beside the entries.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::mistake::UsersError;
use super::{Users, is_name};
use crate::access::password::PasswordHash;
use crate::access::private_file;
use crate::access::role::Role;
use crate::access::secret::{self, Hash};

const HEAD: &str = "# Who may use the dashboard: `twinflow user` writes it, docs/security.md explains it.\n\
     # Passwords and tokens stand here as hashes only. Still, nobody else needs to read it.\n";

/// A users file on disk.
#[derive(Clone, Debug)]
pub struct UsersFile {
    path: PathBuf,
}

impl UsersFile {
    /// The file at `path`, which may not be there yet.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// When it is not there, cannot be read, or has mistakes.
    pub fn read(&self) -> Result<Users, UsersError> {
        let text = self
            .text()?
            .ok_or_else(|| UsersError::Missing(self.path.clone()))?;
        Users::parse(&text, &self.path)
    }

    /// Whether a name can be added: before someone is asked for a password in vain.
    ///
    /// # Errors
    /// When the file cannot be read or has mistakes, or when the name cannot be one or is there already.
    pub fn check_new(&self, name: &str) -> Result<(), UsersError> {
        self.text_without(name).map(drop)
    }

    /// Adds a person.
    ///
    /// # Errors
    /// When the file cannot be read or written or has mistakes, when the name cannot be one or is there already, or when the
    /// password is too short.
    pub fn add(&self, name: &str, role: Role, password: &str) -> Result<(), UsersError> {
        let text = self.text_without(name)?;
        let hash = PasswordHash::of(password)?;
        self.append(
            text,
            &format!(
                "[[users]]\nname = \"{name}\"\nrole = \"{role}\"\npassword = \"{}\"\n",
                hash.as_str()
            ),
        )
    }

    /// Adds a program, and answers its token, which is kept nowhere.
    ///
    /// # Errors
    /// When the file cannot be read or written or has mistakes, or when the name cannot be one or is there already.
    pub fn add_token(&self, name: &str, role: Role) -> Result<String, UsersError> {
        let text = self.text_without(name)?;
        let token = secret::make_token().map_err(|error| UsersError::Randomness(error.to_string()))?;
        let hash = Hash::of(&token).to_hex();
        self.append(
            text,
            &format!("[[tokens]]\nname = \"{name}\"\nrole = \"{role}\"\ntoken = \"{hash}\"\n"),
        )?;
        Ok(token)
    }

    /// Removes a person or a program.
    ///
    /// # Errors
    /// When the file cannot be read or written or has mistakes, or when it does not have the name.
    pub fn remove(&self, name: &str) -> Result<(), UsersError> {
        let text = self
            .text()?
            .ok_or_else(|| UsersError::Missing(self.path.clone()))?;
        let users = Users::parse(&text, &self.path)?;
        let unknown = |others: String| UsersError::Unknown {
            path: self.path.clone(),
            name: name.to_owned(),
            others,
        };
        if !users.list().any(|(other, ..)| other == name) {
            let others: Vec<String> = users.list().map(|(other, ..)| format!("`{other}`")).collect();
            return Err(unknown(if others.is_empty() {
                "nobody".to_owned()
            } else {
                others.join(", ")
            }));
        }
        let left =
            without_entry(&text, name).ok_or_else(|| unknown("the name in another form".to_owned()))?;
        let now = Users::parse(&left, &self.path)?;
        // An entry may be written in a way that cannot be cut out; nobody else may go with it.
        let others = |users: &Users| users.list().filter(|(other, ..)| *other != name).count();
        if now.list().count() != others(&users) || now.list().count() != others(&now) {
            return Err(unknown(
                "the name in a form that has to be removed by hand".to_owned(),
            ));
        }
        self.write(&left)
    }

    /// Nothing when the file is not there.
    fn text(&self) -> Result<Option<String>, UsersError> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(UsersError::Io {
                path: self.path.clone(),
                done: "read",
                source,
            }),
        }
    }

    /// The text as it is, in which a name is still free.
    fn text_without(&self, name: &str) -> Result<String, UsersError> {
        if !is_name(name) {
            return Err(UsersError::Name(name.to_owned()));
        }
        let text = self.text()?.unwrap_or_else(|| HEAD.to_owned());
        let users = Users::parse(&text, &self.path)?;
        if users.list().any(|(other, ..)| other == name) {
            return Err(UsersError::Taken {
                path: self.path.clone(),
                name: name.to_owned(),
            });
        }
        Ok(text)
    }

    fn append(&self, mut text: String, entry: &str) -> Result<(), UsersError> {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(entry);
        // A list in another form, such as `users = []`, cannot be appended to: that is found before anything is written.
        Users::parse(&text, &self.path)?;
        self.write(&text)
    }

    fn write(&self, text: &str) -> Result<(), UsersError> {
        private_file::write(&self.path, text.as_bytes()).map_err(|source| UsersError::Io {
            path: self.path.clone(),
            done: "written",
            source,
        })
    }
}

/// The text without the `[[…]]` entry whose name this is, and without the empty line before it.
fn without_entry(text: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_head = |line: &&str| line.trim_start().starts_with('[');
    let heads: Vec<usize> = (0..lines.len())
        .filter(|at| lines.get(*at).is_some_and(is_head))
        .collect();
    let ends = heads.iter().skip(1).copied().chain([lines.len()]);
    for (begin, end) in heads.iter().copied().zip(ends) {
        let entry: String = lines.get(begin..end)?.concat();
        let Ok(users) = Users::parse(&entry, Path::new("")) else {
            continue;
        };
        if !users.list().any(|(other, ..)| other == name) {
            continue;
        }
        // What stands above the next head belongs to that one.
        let is_own = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        let last = (begin..end).rev().find(|at| lines.get(*at).is_some_and(is_own))?;
        let mut before = lines.get(..begin)?.concat();
        if before.ends_with("\n\n") {
            before.pop();
        }
        return Some(before + &lines.get(last + 1..)?.concat());
    }
    None
}
