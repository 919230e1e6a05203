//! Keeps passwords out of what is shown: of source lines, and of messages that quote them.

use super::Diagnostic;

/// The diagnostic without passwords. A replacement that would hold one is dropped: with stars in it, it would break what it
/// mends.
pub(super) fn masked(diagnostic: &Diagnostic) -> Diagnostic {
    let fix = diagnostic.fix.clone();
    let related = diagnostic.related.iter();
    Diagnostic {
        code: diagnostic.code,
        span: diagnostic.span,
        message: without_passwords(&diagnostic.message),
        label: diagnostic.label.as_deref().map(without_passwords),
        related: related
            .map(|(span, label)| (*span, without_passwords(label)))
            .collect(),
        help: diagnostic
            .help
            .iter()
            .map(|help| without_passwords(help))
            .collect(),
        fix: fix.filter(|fix| without_passwords(&fix.replacement) == fix.replacement),
    }
}

/// The text with stars in place of secrets, the longest of which come first.
#[must_use]
pub fn without_secrets(text: &str, secrets: &[String]) -> String {
    let mut masked = text.to_owned();
    for secret in secrets.iter().filter(|secret| text.contains(*secret)) {
        masked = masked.replace(secret, "***");
    }
    masked
}

/// How messages show the form of an address.
const EXAMPLE: &str = "user:password@";

/// The text with stars in place of the passwords in addresses such as `mqtt://user:secret@host`, as long as it was.
pub(crate) fn without_passwords(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at + 3);
        masked.push_str(before);
        let end = behind.find(|c: char| c.is_whitespace()).unwrap_or(behind.len());
        let (address, after) = behind.split_at(end);
        match (address.find(':'), address.rfind('@')) {
            (Some(colon), Some(host)) if colon < host => {
                let (user, password) = (address.get(..=colon), address.get(colon + 1..host));
                let password = password.unwrap_or_default();
                masked.push_str(user.unwrap_or_default());
                // What comes from the environment is not in the text, and our own messages show how an address is written.
                let is_named = password.starts_with("${") && password.find('}') == Some(password.len() - 1);
                if is_named || address.trim_start_matches('[').starts_with(EXAMPLE) {
                    masked.push_str(password);
                } else {
                    masked.extend(std::iter::repeat_n('*', password.len()));
                }
                masked.push_str(address.get(host..).unwrap_or_default());
            }
            _ => masked.push_str(address),
        }
        rest = after;
    }
    masked.push_str(rest);
    masked
}
