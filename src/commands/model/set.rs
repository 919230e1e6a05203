//! `twinflow model set`.

use std::path::Path;

use twinflow_engine::diagnostic::{Warnings, verdict};
use twinflow_engine::language::{Sources, read_text};
use twinflow_models::Model;

use super::texts_file;
use crate::exit::{Exit, Stop};
use crate::{flow_file, output, whole_file};

/// Writes edited texts into a model file.
pub fn set(path: &Path, texts: &Path) -> Result<(), Stop> {
    let (model, _) = super::read(path)?;
    if let [_, card] = Model::files(path).as_slice() {
        let message = format!(
            "the texts of an ONNX model stand in {}: edit that file",
            card.display()
        );
        return Err(Stop::usage(message));
    }
    let text = read_text(texts).map_err(|reason| {
        let way = format!("`twinflow model texts {}` writes such a file", path.display());
        Stop::usage(format!("{} cannot be read: {reason}; {way}", texts.display()))
    })?;
    let changed = texts_file::apply(&model, &text).map_err(|found| {
        flow_file::print_rendered(&found, &Sources::single(texts, text.as_str()));
        if let Some(verdict) = verdict(&found, Warnings::Allowed) {
            anstream::eprintln!("{verdict}");
        }
        Stop::told(Exit::Usage)
    })?;
    let changes = changes(&model, &changed);
    if changes.is_empty() {
        return output::write(&format!("{} has these texts already\n", path.display()));
    }
    whole_file::write(&changed.to_json().map_err(Stop::failure)?, path)?;
    output::write(&format!("{} written: {}\n", path.display(), changes.join("; ")))
}

/// What differs, in words.
fn changes(old: &Model, new: &Model) -> Vec<String> {
    let mut changes = Vec::new();
    for (old, new) in old.classes().iter().zip(new.classes().iter()) {
        if old.label != new.label {
            changes.push(format!("class {} is called {}", new.code, new.label));
        }
        if old.advice != new.advice {
            changes.push(format!("class {} has another advice", new.code));
        }
    }
    if old.severity_rule() != new.severity_rule() {
        changes.push("severity has other limits".to_owned());
    }
    changes
}
