use std::fs;
use std::path::Path;
use std::sync::Arc;

use twinflow_models::{Model, ModelError, ModelStore};

use crate::small_model::{FILE, MODEL};

#[test]
fn a_model_is_loaded_once_and_shared_until_its_file_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fan.json");
    fs::write(&path, &*FILE).unwrap();
    let store = ModelStore::new();
    let first = store.load(&path).unwrap();
    assert_eq!(*first, *MODEL);
    let other_spelling = folder.path().join(".").join("fan.json");
    assert!(Arc::ptr_eq(&first, &store.load(&other_spelling).unwrap()));
    fs::write(&path, "changed").unwrap();
    assert!(matches!(store.load(&path), Err(ModelError::Json(_))));
}

#[test]
fn a_missing_file_is_named_and_can_be_delivered_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fan.json");
    let store = ModelStore::new();
    let error = store.load(&path).unwrap_err();
    assert!(error.to_string().contains("fan.json"), "{error}");
    fs::write(&path, &*FILE).unwrap();
    assert!(store.load(&path).is_ok());
    assert!(matches!(
        store.load(Path::new(folder.path())),
        Err(ModelError::Read { .. })
    ));
}

#[test]
fn a_file_too_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.json");
    fs::File::create(&path)
        .unwrap()
        .set_len(Model::MAX_FILE_BYTES + 1000)
        .unwrap();
    assert!(matches!(
        ModelStore::new().load(&path),
        Err(ModelError::TooLarge { .. })
    ));
}
