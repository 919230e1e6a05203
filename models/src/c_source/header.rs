//! The text of the header.

use std::fmt::{Display, Write};

use super::CSource;
use super::literal::{comment, constant, float, string};
use super::tables::{Link, Width};
use crate::packed::FULL_SHARE;

/// How long a table's lines may be, in characters.
const LINE: usize = 110;

pub(super) fn text(source: &CSource) -> String {
    let mut text = String::new();
    // Writing into a text does not fail.
    let _ = [provenance, meaning, forest, code].map(|part| part(source, &mut text));
    text
}

type Written = Result<(), std::fmt::Error>;

fn provenance(source: &CSource, out: &mut String) -> Written {
    let training = &source.training;
    let size = source.size;
    let cut = if size == source.whole {
        "the whole forest".to_owned()
    } else {
        format!("of {} trees of depth {}", source.whole.trees, source.whole.depth)
    };
    writeln!(
        out,
        "/* A fault model of twinflow as C99, and C++11. `twinflow export` wrote it: do not edit it, write it anew.
 *
 *   twinflow    {version}
 *   trained on  data of fingerprint {fingerprint}, with seed {seed}
 *   macro-F1    {f1:.3}, of the whole forest, on rows that it had not seen
 *   forest      {trees} trees of depth {depth}, {cut}; {splits} splits, {leaves} different leaves
 *   flash       {flash} bytes of tables with the labels, where a pointer has 4 bytes; and the code
 *   RAM         no variables; the stack of one function
 *
 * Include it in one source file only, or each has tables of its own. -ffast-math would take the check for NaN away.
 *
 *   float features[TWINFLOW_FEATURES];               in the order of the constants TWINFLOW_FEATURE_...
 *   twinflow_sum sums[TWINFLOW_CLASSES];
 *   uint8_t found = twinflow_classify(features, sums);
 *   if (found != TWINFLOW_NOT_FINITE)
 *     report(twinflow_fault_code[found], twinflow_label[found], twinflow_confidence(sums, found));
 */
#ifndef TWINFLOW_MODEL_H
#define TWINFLOW_MODEL_H

#include <stdint.h>
",
        version = env!("CARGO_PKG_VERSION"),
        fingerprint = comment(&training.data_fingerprint),
        seed = training.seed,
        f1 = training.report.macro_f1,
        trees = size.trees,
        depth = size.depth,
        splits = source.splits(),
        leaves = source.leaves(),
        flash = source.table_bytes(),
    )
}

/// Features and classes.
fn meaning(source: &CSource, out: &mut String) -> Written {
    let model = &source.model;
    writeln!(
        out,
        "#define TWINFLOW_FEATURES {}
#define TWINFLOW_CLASSES {}

/* What the values of a row are, with the range that each had in training. */
enum {{",
        model.features().len(),
        model.classes().count()
    )?;
    let mut taken: Vec<String> = Vec::new();
    for (index, feature) in model.features().iter().enumerate() {
        let mut name = constant(&feature.name);
        while taken.contains(&name) {
            // Names that differ only in what C does not take.
            let _ = write!(name, "_{index}");
        }
        let unit = feature.unit.as_deref().unwrap_or("");
        let range = feature
            .range()
            .map_or_else(String::new, |(min, max)| format!("{min} to {max} "));
        let told = format!("{}, {range}{unit}", feature.name);
        let told = comment(told.trim_end());
        writeln!(out, "  TWINFLOW_FEATURE_{name} = {index}, /* {told} */")?;
        taken.push(name);
    }
    let codes = model.classes().iter().map(|class| format!("{}u", class.code));
    let labels = model.classes().iter().map(|class| string(&class.label));
    let severity = model.severity_rule();
    writeln!(
        out,
        "}};

/* The class of normal operation; every other one is a fault. */
#define TWINFLOW_NORMAL {}
/* A fault's severity is high from the first confidence on, medium from the second, else low. */
#define TWINFLOW_HIGH_FROM {}
#define TWINFLOW_MEDIUM_FROM {}

/* By the class. */",
        model.classes().normal_index(),
        float(severity.high_from),
        float(severity.medium_from),
    )?;
    table(out, "uint32_t", "fault_code", "TWINFLOW_CLASSES", codes)?;
    table(out, "char *const", "label", "TWINFLOW_CLASSES", labels)
}

/// The tables of the forest.
fn forest(source: &CSource, out: &mut String) -> Written {
    let tables = &source.tables;
    let mark = tables.leaf_mark();
    let sum = Width::of(source.size.trees as u32 * u32::from(FULL_SHARE));
    let splits = tables.splits.len();
    writeln!(
        out,
        "
#define TWINFLOW_TREES {}
/* What the sums of all classes add up to: each tree deals out {FULL_SHARE}. */
#define TWINFLOW_SUM_OF_SUMS {}
typedef {} twinflow_sum;

/* A value up to the threshold goes to the split's low side, its first link; any other to its second. A link from
 * TWINFLOW_LEAF on leads to a leaf, any other to a split of the same tree, counted from the tree's first. */
#define TWINFLOW_LEAF {mark}u",
        source.size.trees,
        source.size.trees * usize::from(FULL_SHARE),
        sum.c_type(),
    )?;
    let features = tables.splits.iter().map(|(feature, _)| *feature);
    let thresholds = tables.splits.iter().map(|(_, threshold)| float(*threshold));
    let links = tables.links.iter().map(|link| match link {
        Link::Split(split) => *split,
        Link::Leaf(leaf) => mark + leaf,
    });
    let first = tables.first_width().c_type();
    table(out, first, "first_split", "TWINFLOW_TREES", tables.firsts.iter())?;
    table(out, "uint8_t", "split_feature", splits, features)?;
    table(out, "float", "threshold", splits, thresholds)?;
    let link = tables.link_width().c_type();
    table(out, link, "link", 2 * splits, links)?;
    let shares = tables.shares.iter();
    table(
        out,
        "uint8_t",
        "share",
        format!("{} * TWINFLOW_CLASSES", tables.leaves),
        shares,
    )
}

fn code(_: &CSource, out: &mut String) -> Written {
    out.write_str(
        "
/* What twinflow_classify gives for a row that it cannot judge. */
#define TWINFLOW_NOT_FINITE 255

/* The class of a row, an index: that of the highest sum, the first of equals. A sum is how much the trees speak for a class.
 * If a value is NaN or infinite, TWINFLOW_NOT_FINITE, and all sums are 0. */
static inline uint8_t twinflow_classify(const float features[TWINFLOW_FEATURES],
                                        twinflow_sum sums[TWINFLOW_CLASSES]) {
  uint32_t tree, i;
  uint8_t best = 0;
  for (i = 0; i < TWINFLOW_CLASSES; ++i) sums[i] = 0;
  for (i = 0; i < TWINFLOW_FEATURES; ++i) {
    /* The difference of a NaN or an infinity to itself is NaN. */
    if (!(features[i] - features[i] == 0.0f)) return TWINFLOW_NOT_FINITE;
  }
  for (tree = 0; tree < TWINFLOW_TREES; ++tree) {
    const uint8_t *shares;
    uint32_t link = 0;
    do {
      const uint32_t split = twinflow_first_split[tree] + link;
      const uint32_t high = features[twinflow_split_feature[split]] > twinflow_threshold[split] ? 1u : 0u;
      link = twinflow_link[2u * split + high];
    } while (link < TWINFLOW_LEAF);
    shares = &twinflow_share[(link - TWINFLOW_LEAF) * TWINFLOW_CLASSES];
    for (i = 0; i < TWINFLOW_CLASSES; ++i) sums[i] = (twinflow_sum)(sums[i] + shares[i]);
  }
  for (i = 1; i < TWINFLOW_CLASSES; ++i) {
    if (sums[i] > sums[best]) best = (uint8_t)i;
  }
  return best;
}

/* The probability of a class, 0 to 1; that of the class found is the confidence. */
static inline float twinflow_confidence(const twinflow_sum sums[TWINFLOW_CLASSES], uint8_t class_index) {
  return (float)sums[class_index] / (float)TWINFLOW_SUM_OF_SUMS;
}

#endif
",
    )
}

/// One constant array.
fn table(
    out: &mut String,
    c_type: &str,
    name: &str,
    length: impl Display,
    values: impl Iterator<Item = impl Display>,
) -> Written {
    writeln!(out, "static const {c_type} twinflow_{name}[{length}] = {{")?;
    let mut line = String::new();
    for value in values {
        let value = value.to_string();
        if !line.is_empty() && line.len() + value.len() + 2 > LINE {
            writeln!(out, " {line}")?;
            line.clear();
        }
        write!(line, " {value},")?;
    }
    writeln!(out, " {line}\n}};")
}
