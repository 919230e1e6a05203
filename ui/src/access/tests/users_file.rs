//! The users file: its mistakes, and how it is changed.

use std::path::Path;

use super::plant::users;
use crate::access::users_file::readable_by_others;
use crate::access::{AccessSetup, Role, Users, UsersError, UsersFile};

const HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b1dWRWJTmaaJObGz0mn4Zl3wgQ";

fn told(text: &str) -> String {
    let text = text.replace("HASH", HASH);
    let error = Users::parse(&text, Path::new("users.toml"))
        .unwrap_err()
        .to_string();
    assert!(
        !error.contains("c29tZXNhbHQ") && !error.contains("hunter2"),
        "a secret is shown: {error}"
    );
    error
}

#[test]
fn every_mistake_is_told_with_its_line_its_field_and_what_to_do() {
    insta::assert_snapshot!(told(
        r#"[[users]]
name = "anna"
role = "operater"
password = "HASH"

[[users]]
name = "anna"
role = "viewer"
password = "hunter2 hunter2"

[[users]]
name = "a\nb"
role = 3
token = "HASH"

[[tokens]]
name = "mes"
role = "viewer"
token = "twinflow_hunter2"

[[tokens]]
role = "viewer"
token = ["hunter2"]

[guests]
"#
    ));
}

#[test]
fn hashes_that_cannot_be_used_are_told_and_not_shown() {
    let of = |hash: &str| {
        told(&format!(
            "[[users]]\nname = \"a\"\nrole = \"viewer\"\npassword = \"{hash}\"\n"
        ))
    };
    let all = [
        of("$2b$12$c29tZXNhbHQhunter2hunter2hunter2hunter2hunter2hunter2"),
        of(&HASH.replace("argon2id", "argon2i")),
        of(&HASH.replace("m=19456", "m=4194304")),
        of("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA"),
        of("$argon2id$v=19$m=1,t=2,p=9$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b1dWRWJTmaaJObGz0mn4Zl3wgQ"),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn text_that_is_no_toml_is_told_without_showing_it() {
    let all = [
        told("[[users]]\nname = \"anna\"\npassword = \"HASH\nrole = \"viewer\"\n"),
        told("[[users]]\nname: hunter2\n"),
        told("[[users]]\nname = \"a\"\nname = \"hunter2\"\n"),
        told("users = \"hunter2\"\ntokens = [\"hunter2\"]\n"),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn secrets_are_not_in_what_is_written_for_developers() {
    let shown = format!(
        "{:?}",
        AccessSetup {
            users: Some(users()),
            ..AccessSetup::default()
        }
    );
    assert!(
        shown.contains("engineer program") && !shown.contains("argon2"),
        "{shown}"
    );
    let users = users();
    let user = users.user("viewer").unwrap();
    assert!(!format!("{user:?}").contains("argon2"));
}

#[test]
fn people_and_programs_are_added_and_removed_and_comments_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.toml");
    let file = UsersFile::at(&path);
    assert!(matches!(file.read(), Err(UsersError::Missing(_))));
    file.add("anna", Role::Operator, "correct horse battery").unwrap();
    let token = file.add_token("mes", Role::Viewer).unwrap();
    file.add("Jörg B.", Role::Engineer, "staple staple staple")
        .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("correct horse") && !text.contains(&token));
    std::fs::write(
        &path,
        text.replace("[[tokens]]", "# The line's own computer.\n[[tokens]]"),
    )
    .unwrap();

    let users = Users::read(&path).unwrap();
    assert_eq!(users.by_token(&token).unwrap().role, Role::Viewer);
    let list = |users: &Users| {
        users
            .list()
            .map(|(name, role, by)| format!("{name} {role} {by}"))
            .collect::<Vec<_>>()
    };
    let wanted = [
        "anna operator password",
        "Jörg B. engineer password",
        "mes viewer token",
    ];
    assert_eq!(list(&users), wanted);

    assert!(matches!(
        file.add("mes", Role::Viewer, "correct horse battery"),
        Err(UsersError::Taken { .. })
    ));
    assert!(matches!(
        file.add("a\"b", Role::Viewer, "correct horse battery"),
        Err(UsersError::Name(_))
    ));
    assert!(matches!(
        file.add("bob", Role::Viewer, "short"),
        Err(UsersError::Password(_))
    ));
    let unknown = file.remove("bob").unwrap_err().to_string();
    assert!(
        unknown.ends_with("has no `bob`; it has `anna`, `Jörg B.`, `mes`"),
        "{unknown}"
    );

    file.remove("anna").unwrap();
    assert_eq!(list(&Users::read(&path).unwrap()), &wanted[1..]);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("# The line's own computer.\n[[tokens]]"), "{text}");
    file.remove("mes").unwrap();
    file.remove("Jörg B.").unwrap();
    assert!(matches!(Users::read(&path), Err(UsersError::Empty(_))));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        // What was written is for its owner alone.
        assert_eq!(readable_by_others(&path), None);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(readable_by_others(&path), Some(0o640));
    }
}
