use proptest::prelude::*;
use twinflow_models::{CSource, ForestSize};

use crate::small_model::MODEL;

#[test]
fn cutting_makes_tables_smaller() {
    let whole = MODEL.forest_size();
    let bytes = |trees, depth| CSource::new(&MODEL, ForestSize { trees, depth }).table_bytes();
    assert!(bytes(whole.trees, whole.depth) > bytes(whole.trees, 3));
    assert!(bytes(whole.trees, 3) > bytes(whole.trees - 1, 3));
}

#[test]
fn a_flash_that_holds_nothing_is_refused_with_what_is_needed() {
    let whole = MODEL.forest_size();
    let least = CSource::fitting(&MODEL, whole, 0).unwrap_err().least;
    let smallest = CSource::fitting(&MODEL, whole, least).unwrap();
    assert_eq!(smallest.model().forest_size(), ForestSize { trees: 1, depth: 1 });
    assert_eq!(smallest.table_bytes(), least);
    assert!(CSource::fitting(&MODEL, whole, least - 1).is_err());
}

proptest! {
    #[test]
    fn what_fits_is_within_all_limits_and_no_tree_too_small(trees in 1_usize..30, depth in 1_u32..12, flash in 250_usize..12_000) {
        let whole = MODEL.forest_size();
        let most = ForestSize { trees, depth };
        let source = CSource::fitting(&MODEL, most, flash).unwrap();
        let size = source.model().forest_size();
        prop_assert!(source.table_bytes() <= flash);
        prop_assert!(size.trees <= trees && size.depth <= depth);
        if size.trees < trees.min(whole.trees) {
            let more = CSource::new(&MODEL, ForestSize { trees: size.trees + 1, ..size });
            prop_assert!(more.table_bytes() > flash, "one tree more would have fitted");
        }
    }
}
