//! What can be written in a flow, told from the node types themselves: for editors ([`json_schema`]) and for readers
//! ([`markdown`]).

mod json_schema;
mod markdown;

pub use json_schema::json_schema;
pub use markdown::markdown;

/// The first sentence of a node type's reference page on one line, without its full stop.
#[must_use]
pub fn first_sentence(doc: &str) -> String {
    let paragraph = doc.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let sentence = paragraph.split(". ").next().unwrap_or_default();
    sentence.trim_end_matches('.').to_owned()
}
