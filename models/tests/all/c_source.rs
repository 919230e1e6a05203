use proptest::prelude::*;
use twinflow_models::{CSource, ExportError, ForestSize, Model};

use crate::small_model::MODEL;

#[test]
fn cutting_makes_tables_smaller() {
    let whole = MODEL.forest_size().unwrap();
    let bytes = |trees, depth| {
        CSource::new(&MODEL, ForestSize { trees, depth })
            .unwrap()
            .table_bytes()
    };
    assert!(bytes(whole.trees, whole.depth) > bytes(whole.trees, 3));
    assert!(bytes(whole.trees, 3) > bytes(whole.trees - 1, 3));
}

#[test]
fn a_flash_that_holds_nothing_is_refused_with_what_is_needed() {
    let whole = MODEL.forest_size().unwrap();
    let Err(ExportError::NoRoom { least }) = CSource::fitting(&MODEL, whole, 0) else {
        unreachable!("a forest in no bytes");
    };
    let smallest = CSource::fitting(&MODEL, whole, least).unwrap();
    assert_eq!(smallest.size(), ForestSize { trees: 1, depth: 1 });
    assert_eq!(smallest.table_bytes(), least);
    assert!(CSource::fitting(&MODEL, whole, least - 1).is_err());
}

proptest! {
    #[test]
    fn what_fits_is_within_all_limits_and_no_tree_too_small(trees in 1_usize..30, depth in 1_u32..12, flash in 250_usize..12_000) {
        let whole = MODEL.forest_size().unwrap();
        let most = ForestSize { trees, depth };
        let source = CSource::fitting(&MODEL, most, flash).unwrap();
        let size = source.size();
        prop_assert!(source.table_bytes() <= flash);
        prop_assert!(size.trees <= trees && size.depth <= depth);
        if size.trees < trees.min(whole.trees) {
            let more = CSource::new(&MODEL, ForestSize { trees: size.trees + 1, ..size }).unwrap();
            prop_assert!(more.table_bytes() > flash, "one tree more would have fitted");
        }
    }
}

#[test]
fn a_model_of_another_tool_has_no_forest_to_write() {
    let model = Model::from_onnx(&crate::onnx_file::tree(), crate::onnx_file::CARD).unwrap();
    let most = ForestSize { trees: 1, depth: 1 };
    assert_eq!(model.forest_size(), None);
    assert_eq!(CSource::new(&model, most).unwrap_err(), ExportError::NotAForest);
    assert_eq!(
        CSource::fitting(&model, most, 1000).unwrap_err(),
        ExportError::NotAForest
    );
}
