//! The flow language: from the text to a [`Document`], every value with its place.

mod definitions;
mod deserialize;
mod document;
mod environment;
mod expansion;
mod include;
mod migrate;
mod name;
mod nearest;
mod ordered;
mod overflow;
mod scalar;
mod shape;
mod source_text;
mod span;
mod substitution;
mod template;
mod written;
mod yaml;

pub use deserialize::{Mismatch, from_yaml};
pub use document::LANGUAGE_VERSION;
pub use document::{Document, NodeEntry, read};
pub(crate) use document::{TOP_LEVEL_KEYS, WIRING_KEYS, top_level_schema};
pub(crate) use environment::Discreet;
pub use environment::{Environment, MAX_FLOW_BYTES, ProcessEnvironment, read_text};
pub use migrate::{MigrateError, migrate};
pub use nearest::{listed, nearest};
pub use ordered::Ordered;
pub use overflow::Overflow;
pub use shape::check as check_shape;
pub use source_text::{LineColumn, SourceText, Sources};
pub use span::{SourceId, Span, Spanned};
pub use template::Instance;
pub(crate) use template::{template_schema, template_use_schema};
pub(crate) use written::written_length;
pub use yaml::{Entry, Yaml, YamlValue, parse as parse_yaml};
