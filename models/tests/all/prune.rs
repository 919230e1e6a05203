use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};
use twinflow_models::{ForestSize, Model};

use crate::small_model::{FILE, MODEL};

fn size(trees: usize, depth: u32) -> ForestSize {
    ForestSize { trees, depth }
}

/// A model of two trees: one of depth 2 over both features, and a lone leaf.
fn two_trees() -> Model {
    let mut file: Value = serde_json::from_slice(&FILE).unwrap();
    let thresholds: Vec<u8> = [0.5_f32, 0.25]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let covers: Vec<u8> = [100_u16, 300, 65535, 9]
        .iter()
        .flat_map(|cover| cover.to_le_bytes())
        .collect();
    let shares = [
        [0, 0, 0, 255, 0], // above 0.5
        [255, 0, 0, 0, 0], // up to 0.5, up to 0.25
        [5, 200, 50, 0, 0],
        [51, 51, 51, 51, 51],
    ]
    .concat();
    file["forest"] = json!({
        "trees": 2,
        // The root's low side is the split, its high side a leaf; then the leaves below the split; then the lone one.
        "nodes": STANDARD.encode([0_u8, 1, 255, 255, 255, 255]),
        "thresholds": STANDARD.encode(thresholds),
        "shares": STANDARD.encode(shares),
        "covers": STANDARD.encode(covers),
    });
    Model::from_json(&serde_json::to_vec(&file).unwrap()).unwrap()
}

/// Sums of shares over the trees.
fn sums(model: &Model, row: [f32; 2]) -> [u32; 5] {
    let mut probabilities = [0.0; 5];
    model.classify(&row, &mut probabilities).unwrap();
    let full = (model.forest_size().unwrap().trees * 255) as f32;
    probabilities.map(|probability| (probability * full).round() as u32)
}

#[test]
fn a_cut_split_gives_the_mean_of_its_leaves_by_their_rows() {
    let model = two_trees();
    assert_eq!(model.forest_size().unwrap(), size(2, 2));
    assert_eq!(
        sums(&model.pruned(size(1, 2)).unwrap(), [0.0, 0.0]),
        [255, 0, 0, 0, 0]
    );

    let cut = model.pruned(size(1, 1)).unwrap();
    assert_eq!(cut.forest_size().unwrap(), size(1, 1));
    // (300 × 255 + 65535 × 5) / 65835 is 6.14; 65535/65835 of 200 is 199.09, of 50 is 49.77: the last is rounded up.
    assert_eq!(sums(&cut, [0.0, 0.0]), [6, 199, 50, 0, 0]);
    assert_eq!(sums(&cut, [0.0, 9.0]), [6, 199, 50, 0, 0]);
    assert_eq!(sums(&cut, [0.6, 0.0]), [0, 0, 0, 255, 0]);

    // A third leaf of 100 rows takes 0.39 of the fourth class with it.
    let lone = model.pruned(size(2, 0)).unwrap();
    assert_eq!(lone.forest_size().unwrap(), size(2, 0));
    assert_eq!(sums(&lone, [0.6, 0.0]), [6 + 51, 199 + 51, 50 + 51, 51, 51]);
    let explanation = lone.explain(&[0.6, 0.0], 0).unwrap();
    assert!(
        explanation
            .contributions
            .iter()
            .all(|contribution| contribution.abs() < 1e-6),
        "a forest that asks nothing explains nothing by features"
    );
}

#[test]
fn a_tree_that_is_not_deeper_stays_as_it_is() {
    let model = two_trees();
    assert_eq!(model.pruned(size(2, 2)).unwrap(), model);
    assert_eq!(model.pruned(size(usize::MAX, u32::MAX)).unwrap(), model);
    assert_eq!(
        model.pruned(size(0, 2)).unwrap().forest_size().unwrap(),
        size(1, 2),
        "one tree is the least"
    );
}

proptest! {
    #[test]
    fn every_size_is_a_model_of_its_own(trees in 1_usize..30, depth in 0_u32..16, row in prop::array::uniform2(0.0_f32..1.5)) {
        let whole = MODEL.forest_size().unwrap();
        let cut = MODEL.pruned(size(trees, depth)).unwrap();
        prop_assert_eq!(cut.forest_size().unwrap().trees, trees.min(whole.trees));
        prop_assert!(cut.forest_size().unwrap().depth <= depth);
        if trees >= whole.trees && depth >= whole.depth {
            prop_assert_eq!(&cut, &*MODEL);
        }
        prop_assert_eq!(cut.features(), MODEL.features());
        prop_assert_eq!(cut.training(), MODEL.training());
        // Reading a file checks that every leaf's shares add up.
        let read = Model::from_json(&cut.to_json().unwrap()).unwrap();
        prop_assert_eq!(&read, &cut);
        prop_assert_eq!(sums(&cut, row).iter().sum::<u32>() as usize, 255 * cut.forest_size().unwrap().trees);
        // Cutting twice is cutting once, but for the rounding of what is cut: trees of the same depth are the same.
        prop_assert_eq!(&cut.pruned(size(trees, depth)).unwrap(), &cut);
    }
}
