//! `twinflow export`.

use twinflow_models::{CSource, ExportError, ForestSize};

use super::model;
use crate::cli::ExportOptions;
use crate::exit::Stop;
use crate::{output, whole_file};

/// Writes a model as a C header, and tells how large it is.
pub fn export(options: &ExportOptions) -> Result<(), Stop> {
    let (model, _) = model::read(&options.model)?;
    let refused = |error: ExportError| Stop::usage(format!("{}: {error}", options.model.display()));
    let whole = model
        .forest_size()
        .ok_or_else(|| refused(ExportError::NotAForest))?;
    let most = ForestSize {
        trees: options.trees.map_or(whole.trees, usize::from),
        depth: options.depth.map_or(whole.depth, u32::from),
    };
    let source = match options.flash {
        Some(flash) => CSource::fitting(&model, most, flash).map_err(|error| match error {
            ExportError::NoRoom { .. } => Stop::usage(format!(
                "--flash {flash}: {error}; give it more, or train a model of fewer classes"
            )),
            ExportError::NotAForest => refused(error),
        })?,
        None => CSource::new(&model, most).map_err(refused)?,
    };
    whole_file::write(source.text().as_bytes(), &options.header)?;
    output::write(&told(options, whole, &source))
}

fn told(options: &ExportOptions, whole: ForestSize, source: &CSource) -> String {
    let size = source.size();
    let cut = if size == whole {
        "the whole forest".to_owned()
    } else {
        format!("of {} trees of depth {}", whole.trees, whole.depth)
    };
    format!(
        "{} written
forest  {} trees of depth {}, {cut}; {} splits, {} different leaves
flash   {} bytes of tables, and the code, some hundred bytes
RAM     no variables; `benches/device/size` measures the stack\n",
        options.header.display(),
        size.trees,
        size.depth,
        source.splits(),
        source.leaves(),
        source.table_bytes()
    )
}
