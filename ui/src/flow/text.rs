//! What the dashboard needs to let people change the flow's text.

use serde::Serialize;
use serde_json::Value;

/// The texts of a running flow.
pub trait FlowText: Send + Sync {
    /// All of them, the flow file first.
    fn files(&self) -> Vec<FlowTextFile>;

    /// What would be wrong if the file at `path` had this text: `severity`, `code`, `message`, `help`, `path`, `line`, `column`,
    /// `endLine`, `endColumn` (from 1, in characters) and `label` of each.
    fn check(&self, path: &str, text: &str) -> Vec<Value>;

    /// What could be written at a place, from 0 in lines and UTF-16 units.
    fn complete(&self, path: &str, text: &str, line: usize, column: usize) -> Vec<Suggestion>;

    /// What there is to say of the thing at a place, as Markdown.
    fn hover(&self, path: &str, text: &str, line: usize, column: usize) -> Option<String>;

    /// Writes the file at `path`, if it is still that of `revision` and the new text is good.
    ///
    /// # Errors
    /// Why it was not written.
    fn save(&self, path: &str, text: &str, revision: &str) -> Result<Saved, NotSaved>;
}

/// A text of the flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FlowTextFile {
    /// Where it is, as the flow names it.
    pub path: String,
    /// What it says.
    pub text: String,
    /// Another one when the text is another.
    pub revision: String,
}

/// Something that could be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What the list shows.
    pub label: String,
    /// A few words beside it.
    pub detail: Option<String>,
    /// More about it, as Markdown.
    pub documentation: Option<String>,
    /// What is written.
    pub insert: String,
    /// So many UTF-16 units before the place are replaced by it.
    #[serde(rename = "replaceBefore")]
    pub replace_before: usize,
}

/// A text that was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Saved {
    /// Its revision.
    pub revision: String,
    /// Warnings.
    pub diagnostics: Vec<Value>,
}

/// Why a text was not written.
#[derive(Clone, Debug, PartialEq)]
pub enum NotSaved {
    /// The file is another one by now.
    Changed {
        /// What it says.
        text: String,
    },
    /// The text has mistakes.
    Mistakes {
        /// Which.
        diagnostics: Vec<Value>,
    },
    /// There is no such file, or it cannot be written.
    Failed {
        /// Why.
        error: String,
    },
}
