//! The model file: one JSON document, the same bytes for the same training, readable on every machine.
//!
//! Everything a person may want to read is plain JSON. The forest is packed, because as JSON numbers it would
//! be ten times larger: four byte arrays in base64, laid out as [`PackedForest`] says, thresholds as
//! little-endian `f32`, covers as little-endian `u16`.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::card::CardError;
use crate::classes::{Classes, SeverityRule};
use crate::dataset::{FeaturesError, check_features};
use crate::deciles::are_in_order;
use crate::forest::Forest;
use crate::model::{Feature, Model, Training};
use crate::onnx::OnnxError;
use crate::packed::{ForestError, PackedForest};

const FORMAT: &str = "twinflow-model";
/// 1 had no covers, and so no explanations.
const VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    format: String,
    version: u32,
    features: Vec<Feature>,
    classes: Classes,
    severity: SeverityRule,
    training: Training,
    forest: ForestFile,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ForestFile {
    trees: usize,
    nodes: String,
    thresholds: String,
    shares: String,
    covers: String,
}

/// What is read first: whether this is a model file at all, and of a version known here.
#[derive(Deserialize)]
struct Header {
    format: Option<String>,
    version: Option<u32>,
}

/// Why a model file could not be read.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The file could not be opened or read.
    #[error("cannot read the model file {}", path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The file is larger than any model.
    #[error("the model file has {found} bytes, allowed are {max}", max = Model::MAX_FILE_BYTES)]
    TooLarge {
        /// Size of the file in bytes.
        found: u64,
    },
    /// Not JSON, cut off, or not of the shape of a model file.
    #[error("the model file is damaged or not a model file: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON, but of something else.
    #[error(
        "this is not a model file: `format` is {found:?}, expected \"{FORMAT}\"; make one with `twinflow train`"
    )]
    Foreign {
        /// What stands at `format`.
        found: Option<String>,
    },
    /// A model file of another version.
    #[error(
        "the model file is of version {}, this program reads version {VERSION}; train the model again",
        found.map_or("0".to_owned(), |found| found.to_string())
    )]
    Version {
        /// What stands at `version`.
        found: Option<u32>,
    },
    /// The features make no sense.
    #[error("the model file's features are wrong: {0}")]
    Features(#[from] FeaturesError),
    /// A feature's range is upside down, or half given.
    #[error("feature `{feature}` needs `min` and `max`, the smaller first, or neither")]
    Range {
        /// Name of the feature.
        feature: String,
    },
    /// A feature's deciles make no sense.
    #[error("feature `{feature}` has deciles that do not rise, or hold more than all rows")]
    Deciles {
        /// Name of the feature.
        feature: String,
    },
    /// The limits of severity are not in order.
    #[error("severity must have 0 ≤ medium_from ≤ high_from ≤ 1")]
    Severity,
    /// A packed array is not base64, or not of whole numbers.
    #[error("`forest.{field}` is damaged")]
    Packed {
        /// The array.
        field: &'static str,
    },
    /// The forest makes no sense.
    #[error("the model file's forest is damaged: {0}")]
    Forest(#[from] ForestError),
    /// An ONNX model is to become a model file.
    #[error("an ONNX model stays in its own file; its texts stand in the card beside it")]
    NotAForest,
    /// An ONNX file without its card.
    #[error(
        "an ONNX file does not say what its numbers mean: this stands in {}, which cannot be read ({source}); \
         `twinflow model card` prints one to fill in",
        path.display()
    )]
    NoCard {
        /// Where the card is expected.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The text of an ONNX file's card makes no sense.
    #[error("the card of the ONNX file: {0}")]
    Card(#[from] CardError),
    /// An ONNX file's card makes no sense.
    #[error("{}: {source}", path.display())]
    CardOf {
        /// The card.
        path: PathBuf,
        /// The reason.
        source: CardError,
    },
    /// The ONNX file makes no sense, or not with this card.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
}

impl Model {
    /// Largest model file that is read.
    pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

    /// Reads a model file. Whatever the bytes are, the outcome is a model that works or an error, and the
    /// memory taken is bounded by the file's size.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn from_json(bytes: &[u8]) -> Result<Model, ModelError> {
        if bytes.len() as u64 > Self::MAX_FILE_BYTES {
            return Err(ModelError::TooLarge {
                found: bytes.len() as u64,
            });
        }
        let header: Header = serde_json::from_slice(bytes)?;
        if header.format.as_deref() != Some(FORMAT) {
            return Err(ModelError::Foreign { found: header.format });
        }
        if header.version != Some(VERSION) {
            return Err(ModelError::Version {
                found: header.version,
            });
        }
        let file: ModelFile = serde_json::from_slice(bytes)?;
        check_features(file.features.iter().map(|feature| feature.name.as_str()))?;
        for feature in &file.features {
            if !feature.has_sound_range() {
                return Err(ModelError::Range {
                    feature: feature.name.clone(),
                });
            }
            if !are_in_order(&feature.deciles) {
                return Err(ModelError::Deciles {
                    feature: feature.name.clone(),
                });
            }
        }
        if !file.severity.is_in_order() {
            return Err(ModelError::Severity);
        }
        let packed = unpack(&file.forest)?;
        let forest = Forest::compile(&packed, file.features.len(), file.classes.count())?;
        Ok(Model::new(
            file.features,
            file.classes,
            file.severity,
            file.training,
            forest,
        ))
    }

    /// The model as the bytes of a model file.
    ///
    /// # Errors
    /// [`ModelError::Json`] when a text cannot be written as JSON; those of a trained model always can.
    /// [`ModelError::NotAForest`] of an ONNX model, which has a file of its own.
    pub fn to_json(&self) -> Result<Vec<u8>, ModelError> {
        let (forest, training) = self.forest().ok_or(ModelError::NotAForest)?;
        let packed = forest.packed();
        let thresholds: Vec<u8> = packed
            .thresholds
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let covers: Vec<u8> = packed
            .covers
            .iter()
            .flat_map(|cover| cover.to_le_bytes())
            .collect();
        let file = ModelFile {
            format: FORMAT.to_owned(),
            version: VERSION,
            features: self.features().to_vec(),
            classes: self.classes().clone(),
            severity: self.severity_rule(),
            training: training.clone(),
            forest: ForestFile {
                trees: packed.trees,
                nodes: STANDARD.encode(&packed.nodes),
                thresholds: STANDARD.encode(thresholds),
                shares: STANDARD.encode(&packed.shares),
                covers: STANDARD.encode(covers),
            },
        };
        let mut bytes = serde_json::to_vec_pretty(&file)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

fn unpack(file: &ForestFile) -> Result<PackedForest, ModelError> {
    let decode = |field, text: &str| STANDARD.decode(text).map_err(|_| ModelError::Packed { field });
    let thresholds = decode("thresholds", &file.thresholds)?;
    let (whole, rest) = thresholds.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(ModelError::Packed { field: "thresholds" });
    }
    let covers = decode("covers", &file.covers)?;
    let (whole_covers, rest) = covers.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(ModelError::Packed { field: "covers" });
    }
    Ok(PackedForest {
        trees: file.trees,
        nodes: decode("nodes", &file.nodes)?,
        thresholds: whole.iter().copied().map(f32::from_le_bytes).collect(),
        shares: decode("shares", &file.shares)?,
        covers: whole_covers.iter().copied().map(u16::from_le_bytes).collect(),
    })
}
