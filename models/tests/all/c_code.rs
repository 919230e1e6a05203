//! The C that a model gives, compiled and asked the same questions as the model.

#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "shared steps of tests fail as loudly as the tests"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use twinflow_models::{CSource, ForestSize, Model};

const C: &[&str] = &["cc", "-std=c99"];
const CXX: &[&str] = &["g++", "-std=c++11", "-x", "c++"];

/// Reads rows, and prints for each the class, the bits of all probabilities, and what the class is called. With an argument,
/// prints the bytes of all tables, of which a pointer is to have four.
const ASKING: &str = r#"
#include <stdio.h>
#include <string.h>
#include "model.h"

int main(int argc, char **argv) {
  float row[TWINFLOW_FEATURES];
  unsigned i;
  (void)argv;
  if (argc > 1) {
    unsigned long bytes = sizeof twinflow_first_split + sizeof twinflow_split_feature + sizeof twinflow_threshold +
                          sizeof twinflow_link + sizeof twinflow_share + sizeof twinflow_fault_code;
    for (i = 0; i < TWINFLOW_CLASSES; ++i) bytes += 4 + strlen(twinflow_label[i]) + 1;
    printf("%lu\n", bytes);
    return 0;
  }
  while (fread(row, sizeof row, 1, stdin) == 1) {
    twinflow_sum sums[TWINFLOW_CLASSES];
    unsigned found = twinflow_classify(row, sums);
    printf("%u", found);
    for (i = 0; i < TWINFLOW_CLASSES; ++i) {
      float probability = twinflow_confidence(sums, (uint8_t)i);
      uint32_t bits;
      memcpy(&bits, &probability, sizeof bits);
      printf(" %lu", (unsigned long)bits);
    }
    if (found != TWINFLOW_NOT_FINITE)
      printf(" %lu %s", (unsigned long)twinflow_fault_code[found], twinflow_label[found]);
    printf("\n");
  }
  return 0;
}
"#;

fn shipped(name: &str) -> Vec<u8> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read(models.join(name)).unwrap()
}

fn read(name: &str) -> Model {
    Model::from_json(&shipped(name)).unwrap()
}

/// Compiles the header together with [`ASKING`].
fn compile(source: &CSource, folder: &Path, compiler: &[&str]) {
    fs::write(folder.join("model.h"), source.text()).unwrap();
    fs::write(folder.join("main.c"), ASKING).unwrap();
    let warnings = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-O1"];
    let output = Command::new(compiler[0])
        .current_dir(folder)
        .args(&compiler[1..])
        .args(warnings)
        .args(["-o", "ask", "main.c"])
        .output()
        .unwrap_or_else(|error| panic!("{} does not run: {error}; scripts/test installs it", compiler[0]));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What the compiled program says to each row.
fn asked(folder: &Path, rows: &[Vec<f32>]) -> Vec<String> {
    let mut child = Command::new(folder.join("ask"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes: Vec<u8> = rows
        .concat()
        .iter()
        .flat_map(|value| value.to_ne_bytes())
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What the compiled program has to say to a row.
fn due(model: &Model, row: &[f32]) -> String {
    let mut probabilities = vec![0.0; model.classes().count()];
    let verdict = model.classify(row, &mut probabilities).unwrap();
    let answer = model.answer(&verdict);
    let bits: Vec<String> = probabilities.iter().map(|p| p.to_bits().to_string()).collect();
    format!(
        "{} {} {} {}",
        verdict.class,
        bits.join(" "),
        answer.fault_code,
        answer.fault_label
    )
}

/// The values of a table of the header.
fn table<T: std::str::FromStr<Err: std::fmt::Debug>>(header: &str, name: &str) -> Vec<T> {
    let start = header.find(&format!(" twinflow_{name}[")).unwrap();
    let body = header[start..].split(['{', '}']).nth(1).unwrap();
    let values = body.split(',').map(|value| value.trim().trim_end_matches('f'));
    values
        .filter(|value| !value.is_empty())
        .map(|value| value.parse().unwrap())
        .collect()
}

/// Numbers that look like chance, the same each time (xorshift, Marsaglia 2003).
struct Chance(u64);

impl Chance {
    fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.draw() % end as u64) as usize
    }

    /// 0 to 1.
    fn share(&mut self) -> f32 {
        (self.draw() >> 40) as f32 / (1 << 24) as f32
    }
}

/// Rows spread over the ranges of the features and a little beyond. In every row but the first ones, half of the values
/// stand on a threshold of their feature, or on a number next to one.
fn rows(model: &Model, header: &str, count: usize) -> Vec<Vec<f32>> {
    let mut chance = Chance(20_261_127);
    let mut thresholds = vec![Vec::new(); model.features().len()];
    let values: Vec<f32> = table(header, "threshold");
    for (feature, value) in table::<usize>(header, "split_feature").into_iter().zip(values) {
        thresholds[feature].push(value);
    }
    let row = |index: usize| {
        let values = model
            .features()
            .iter()
            .zip(&thresholds)
            .map(|(feature, thresholds)| {
                let (min, max) = feature.range().unwrap();
                let spread = (max - min) * 1.2;
                let anywhere = min - spread / 12.0 + spread * chance.share();
                if index < count / 4 || thresholds.is_empty() || chance.below(2) == 0 {
                    return anywhere;
                }
                let threshold = thresholds[chance.below(thresholds.len())];
                [threshold, threshold.next_up(), threshold.next_down()][chance.below(3)]
            });
        values.collect()
    };
    (0..count).map(row).collect()
}

/// Holds the compiled C against the model that it was made of.
fn agrees(source: &CSource, compiler: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    compile(source, folder.path(), compiler);
    let model = source.model();
    let rows = rows(model, &source.text(), 4000);
    let answers = asked(folder.path(), &rows);
    assert_eq!(answers.len(), rows.len());
    let mut found = BTreeSet::new();
    for (row, answer) in rows.iter().zip(answers) {
        assert_eq!(answer, due(model, row), "for {row:?}");
        found.insert(answer.chars().next());
    }
    assert!(
        found.len() > 2,
        "the rows ask for too little: only classes {found:?}"
    );
    let sizes = Command::new(folder.path().join("ask"))
        .arg("sizes")
        .output()
        .unwrap();
    let bytes: usize = String::from_utf8(sizes.stdout).unwrap().trim().parse().unwrap();
    assert_eq!(source.table_bytes(), bytes);
}

fn cut(name: &str, trees: usize, depth: u32) -> CSource {
    CSource::new(&read(name), ForestSize { trees, depth }).unwrap()
}

#[test]
fn c_answers_to_the_last_bit_as_the_model_does() {
    let whole = cut("fan-twin.json", 160, 14);
    assert_eq!(*whole.model(), read("fan-twin.json"));
    agrees(&whole, C);
    agrees(&cut("fan-twin.json", 40, 8), C);
}

#[test]
fn a_forest_of_more_leaves_than_two_bytes_count_is_exact_as_well() {
    let whole = cut("fan-faults.json", 160, 14);
    assert!(whole.leaves() > 1 << 15);
    agrees(&whole, C);
    agrees(&cut("fan-faults.json", 160, 5), C);
}

#[test]
fn the_header_is_c_plus_plus_as_well() {
    agrees(&cut("fan-twin.json", 30, 14), CXX);
}

#[test]
fn more_trees_than_two_bytes_can_sum_are_exact_as_well() {
    let mut file: Value = serde_json::from_slice(&crate::small_model::FILE).unwrap();
    // 320 lone leaves, each of them sure: their sum is beyond 65,535.
    file["forest"] = serde_json::json!({
        "trees": 320,
        "nodes": STANDARD.encode([255; 320]),
        "thresholds": "",
        "shares": STANDARD.encode([0, 0, 0, 255, 0].repeat(320)),
        "covers": STANDARD.encode([1, 0].repeat(320)),
    });
    let model = Model::from_json(&serde_json::to_vec(&file).unwrap()).unwrap();
    let source = CSource::new(&model, model.forest_size().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    compile(&source, folder.path(), C);
    let row = vec![0.5, 0.5];
    assert_eq!(
        asked(folder.path(), std::slice::from_ref(&row)),
        [due(&model, &row)]
    );
}

#[test]
fn a_row_with_a_nan_or_an_infinity_has_no_class() {
    let folder = tempfile::tempdir().unwrap();
    let source = cut("fan-twin.json", 3, 14);
    compile(&source, folder.path(), C);
    let sound = vec![0.0_f32; source.model().features().len()];
    let mut rows = Vec::new();
    for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for at in 0..sound.len() {
            let mut row = sound.clone();
            row[at] = wrong;
            rows.push(row);
        }
    }
    assert!(
        asked(folder.path(), &rows)
            .iter()
            .all(|said| said == "255 0 0 0 0 0")
    );
    let largest = vec![f32::MAX; sound.len()];
    assert_ne!(asked(folder.path(), &[largest])[0], "255 0 0 0 0 0");
}

#[test]
fn names_and_labels_of_any_kind_stay_what_they_are() {
    let mut file: Value = serde_json::from_slice(&shipped("fan-twin.json")).unwrap();
    let names = [
        "a*/b /*",
        "temp.x",
        "temp-x",
        "Größe ??/",
        "end\\",
        "two\nlines",
        "temp x",
    ];
    for (at, name) in names.iter().enumerate() {
        file["features"][at]["name"] = (*name).into();
        file["features"][at]["unit"] = "*/ °C".into();
    }
    let labels = [
        "\"quoted\" \\n 7",
        "what??/ is ??= this",
        "Lüfter1",
        "50 %d %s",
        "*/",
    ];
    for (at, label) in labels.iter().enumerate() {
        file["classes"][at]["label"] = (*label).into();
    }
    let model = Model::from_json(&serde_json::to_vec(&file).unwrap()).unwrap();
    let source = CSource::new(&model, ForestSize { trees: 20, depth: 14 }).unwrap();
    for compiler in [C, CXX] {
        agrees(&source, compiler);
    }
    let header = source.text();
    for part in [
        "TWINFLOW_FEATURE_TEMP_X = 1, /* temp.x, -178.36816 to 44.034668 * / °C */",
        "TWINFLOW_FEATURE_TEMP_X_2 = 2,",
        "TWINFLOW_FEATURE_TEMP_X_6 = 6,",
    ] {
        assert!(header.contains(part), "`{part}` is not in:\n{header}");
    }
}
