//! Which machine an operation means.

use serde_json::Value as Json;
use twinflow_engine::record::{Key, Keys};

/// The machine that an operation names by its `key`, of those that have reported. It need not be named as long as there is
/// only one; nothing when none is named and none has reported.
///
/// # Errors
/// For a person: there is no such machine, or several and none was named.
pub(crate) fn meant_machine(
    named: Option<&Json>,
    mut machines: impl Iterator<Item = Key> + Clone,
    keys: &Keys,
) -> Result<Option<Key>, String> {
    let all = machines.clone();
    let known = || {
        let names = all.map(|key| format!("`{}`", keys.name(key)));
        names.collect::<Vec<_>>().join(", ")
    };
    match named {
        Some(Json::String(name)) => match machines.find(|key| *keys.name(*key) == **name) {
            Some(key) => Ok(Some(key)),
            None => Err(match known() {
                none if none.is_empty() => format!("no machine has reported yet, `{name}` neither"),
                known => format!("there is no machine `{name}`; there is {known}"),
            }),
        },
        Some(Json::Null) | None => match (machines.next(), machines.next()) {
            (_, Some(_)) => Err(format!("say which machine is meant: {}", known())),
            (only, None) => Ok(only),
        },
        Some(other) => Err(format!("`key` is the name of a machine, found `{other}`")),
    }
}
