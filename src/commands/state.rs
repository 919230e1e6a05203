//! `twinflow state`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use twinflow_engine::runtime::StateStore;
use twinflow_nodes::{StateFile, state_path};

use crate::cli::StateOptions;
use crate::exit::Stop;
use crate::output;

/// Tells what a flow's nodes remember over restarts, or makes them forget.
pub fn state(options: &StateOptions) -> Result<(), Stop> {
    let path = state_path(&options.flow);
    if !path.exists() {
        return output::write(
            "nothing is remembered: the flow has not run, or none of its nodes remembers anything\n",
        );
    }
    let file = StateFile::open(&path).map_err(Stop::failure)?;
    let remembered = file.load().map_err(Stop::failure)?;
    let mut keys: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for one in &remembered {
        *keys.entry((&one.node, &one.part)).or_default() += 1;
    }
    if let Some(node) = &options.forget {
        let nodes: BTreeSet<&str> = keys.keys().map(|(node, _)| *node).collect();
        if !nodes.contains(node.as_str()) {
            let known: Vec<&str> = nodes.into_iter().collect();
            return Err(Stop::usage(format!(
                "`{node}` remembers nothing; those that do are {}",
                known.join(", ")
            )));
        }
        let forgotten = file.forget(node).map_err(Stop::failure)?;
        return output::write(&format!(
            "`{node}` begins anew: {forgotten} memories are deleted\n"
        ));
    }
    let mut text = String::new();
    for ((node, part), keys) in keys {
        // Writing into a string does not fail.
        let _ = writeln!(
            text,
            "{node:24} {part:28} {keys} machine{}",
            if keys == 1 { "" } else { "s" }
        );
    }
    output::write(&text)
}
