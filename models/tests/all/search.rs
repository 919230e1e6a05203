use std::cell::RefCell;

use twinflow_models::search;

use crate::small_model;

#[test]
fn settings_are_tried_and_the_best_comes_first() {
    let dataset = small_model::dataset();
    let config = small_model::config();
    let seen = RefCell::new(Vec::new());
    let trials = search(&dataset, &config, 4, &|progress| {
        seen.borrow_mut().push((progress.trials_done, progress.trials));
    })
    .unwrap();
    assert_eq!(trials.len(), 5);
    assert_eq!(seen.borrow().last(), Some(&(4, 5)));
    let reached: Vec<f64> = trials
        .iter()
        .map(|trial| trial.scores.unwrap().macro_f1)
        .collect();
    assert!(reached.is_sorted_by(|a, b| a >= b), "{reached:?}");
    assert!(
        trials.iter().any(|trial| trial.config == config),
        "the setting given is tried as well"
    );
    assert!(trials.iter().all(|trial| trial.config.seed == config.seed));
    assert!(trials.iter().all(|trial| {
        trial
            .config
            .features_a_split
            .is_none_or(|features| (1..=2).contains(&features))
    }));
    assert_eq!(search(&dataset, &config, 4, &|_| {}).unwrap(), trials);
}
