//! The flow language: from the text to a [`Document`], every value with its place.

mod deserialize;
mod document;
mod environment;
mod nearest;
mod ordered;
mod scalar;
mod shape;
mod source_text;
mod span;
mod yaml;

pub use deserialize::{Mismatch, from_yaml};
pub use document::{Document, NodeEntry, read};
pub(crate) use document::{WIRING_KEYS, top_level_schema};
pub use environment::{Environment, ProcessEnvironment};
pub use nearest::{listed, nearest};
pub use ordered::Ordered;
pub use shape::check as check_shape;
pub use source_text::{LineColumn, SourceText, Sources};
pub use span::{SourceId, Span, Spanned};
pub use yaml::{Entry, Yaml, YamlValue, parse as parse_yaml};
