//! `twinflow export`: a model as a C header. What the C answers is tested with the models: `models/tests/all/c_code.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{Ended, run_in};

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name)
}

/// Exports a model into `model.h` of a folder, with options.
fn export(folder: &Path, model: &Path, options: &[&str]) -> Ended {
    let arguments = ["export", model.to_str().unwrap(), "--c", "model.h"];
    run_in(folder, &[&arguments, options].concat())
}

/// The number before a word of a text.
fn number_before(text: &str, word: &str) -> usize {
    let before = text.split(word).next().unwrap().trim_end();
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_forest_is_cut_until_it_fits_the_flash() {
    for (name, flash, bytes) in [
        ("fan-twin.json", "128KiB", 131_072),
        ("fan-twin.json", "20 kB", 20_000),
        ("fan-faults.json", "131072", 131_072),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let cut = |options: &[&str]| {
            let ended = export(folder.path(), &shipped(name), options);
            assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
            ended.stdout
        };
        let told = cut(&["--flash", flash]);
        let trees = number_before(&told, "trees of depth");
        let depth = number_before(&told, ",").to_string();
        assert!(number_before(&told, "bytes of tables") <= bytes, "{told}");
        assert_eq!(cut(&["--trees", &trees.to_string(), "--depth", &depth]), told);
        let more = cut(&["--trees", &(trees + 1).to_string(), "--depth", &depth]);
        assert!(
            number_before(&more, "bytes of tables") > bytes,
            "one tree more would have fitted as well: {told}{more}"
        );
    }
}

#[test]
fn the_header_tells_where_it_comes_from_and_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let written = || {
        let ended = export(
            folder.path(),
            &shipped("fan-twin.json"),
            &["--trees", "2", "--depth", "3"],
        );
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert_eq!(
            ended.stdout,
            "model.h written
forest  2 trees of depth 3, of 160 trees of depth 14; 13 splits, 15 different leaves
flash   329 bytes of tables, and the code, some hundred bytes
RAM     no variables; `benches/device/size` measures the stack\n"
        );
        fs::read_to_string(folder.path().join("model.h")).unwrap()
    };
    let header = written();
    for part in [
        "trained on  data of fingerprint 09d0a23b95eb0807, with seed 42\n",
        "macro-F1    0.982, of the whole forest,",
        "forest      2 trees of depth 3, of 160 trees of depth 14; 13 splits, 15 different leaves\n",
        "flash       329 bytes of tables",
        "TWINFLOW_FEATURE_RPM_RESIDUAL_2S = 5, /* rpm_residual_2s, -158.96428 to 22.017334 rpm */\n",
        "#define TWINFLOW_NORMAL 0\n",
        "\"Normal Operation\", \"Overcurrent Fault\",",
    ] {
        assert!(header.contains(part), "`{part}` is not in:\n{header}");
    }
    assert_eq!(written(), header);
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "nothing is left beside the header");
}

#[test]
fn what_cannot_be_exported_is_told_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.h"), "as it was").unwrap();
    fs::write(
        folder.path().join("damaged.json"),
        "{\"format\": \"twinflow-model\"",
    )
    .unwrap();
    let model = shipped("fan-twin.json");
    for (model, options, part) in [
        (
            Path::new("no.json"),
            &[][..],
            "no.json: there is no such file; `twinflow train` makes models",
        ),
        (
            Path::new("damaged.json"),
            &[],
            "damaged.json: the model file is damaged",
        ),
        (
            model.as_path(),
            &["--flash", "100"],
            "--flash 100: the smallest forest, a tree of one split, needs ",
        ),
        (
            model.as_path(),
            &["--flash", "lots"],
            "expected a number of bytes such as 131072, 128KiB or 131kB",
        ),
        (model.as_path(), &["--trees", "0"], "0 is not in 1.."),
    ] {
        let ended = export(folder.path(), model, options);
        assert_eq!(ended.code, Some(2), "{}", ended.stdout);
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
        assert_eq!(
            fs::read_to_string(folder.path().join("model.h")).unwrap(),
            "as it was"
        );
    }
}
