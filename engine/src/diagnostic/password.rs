//! Passwords stay where they are.

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
                // What comes from the environment is not in the text.
                if password.starts_with("${") && password.find('}') == Some(password.len() - 1) {
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
