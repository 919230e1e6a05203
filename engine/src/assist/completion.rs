//! What may be written at the cursor.

use std::ops::Range;

use super::context::{Context, Place, Step};
use super::{Assistant, config_completion, word_completion};

/// What a completion is, for its icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// A key.
    Key,
    /// A node type.
    NodeType,
    /// A node.
    Node,
    /// A broker.
    Broker,
    /// A field of the record.
    Field,
    /// A function of formulas.
    Function,
    /// A unit.
    Unit,
    /// A word that the schema or the formula language knows.
    Word,
}

/// One thing that may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What the list shows.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// A few words beside the label.
    pub detail: Option<String>,
    /// More about it, as Markdown.
    pub about: Option<String>,
    /// What to write.
    pub insert: String,
    /// Where in `insert` the cursor goes, in bytes.
    pub caret: usize,
    /// The bytes of the text that `insert` replaces.
    pub replace: Range<usize>,
}

impl Completion {
    /// One that writes its label.
    pub(super) fn plain(label: &str, kind: CompletionKind, replace: &Range<usize>) -> Self {
        Self {
            label: label.to_owned(),
            kind,
            detail: None,
            about: None,
            insert: label.to_owned(),
            caret: label.len(),
            replace: replace.clone(),
        }
    }

    pub(super) fn with_detail(mut self, detail: impl Into<Option<String>>) -> Self {
        self.detail = detail.into();
        self
    }

    pub(super) fn with_about(mut self, about: impl Into<Option<String>>) -> Self {
        self.about = about.into();
        self
    }

    /// Writes `before` the cursor and `behind` it.
    pub(super) fn inserting(mut self, before: String, behind: &str) -> Self {
        self.caret = before.len();
        self.insert = before + behind;
        self
    }
}

pub(super) fn complete(assistant: &Assistant<'_>, at: usize) -> Option<Vec<Completion>> {
    let context = assistant.context(at)?;
    let mut completions = match (context.path.as_slice(), context.place) {
        ([], Place::Key) => config_completion::top_level(assistant, &context),
        ([Step::Key(nodes), Step::Key(_), ..], Place::Key) if nodes == "nodes" => {
            config_completion::keys(assistant, &context)
        }
        (_, Place::Value) => word_completion::values(assistant, &context, at),
        _ => None,
    }?;
    // Behind a colon goes a space.
    let sketch = &assistant.sketch;
    let needs_space = |start: usize| {
        context.place == Place::Value
            && sketch
                .text
                .get(..start)
                .is_some_and(|before| before.ends_with(':'))
            && is_value_start(assistant, &context, start)
    };
    for completion in &mut completions {
        if needs_space(completion.replace.start) {
            completion.insert.insert(0, ' ');
            completion.caret += 1;
        }
    }
    Some(completions)
}

fn is_value_start(assistant: &Assistant<'_>, context: &Context, start: usize) -> bool {
    let item = context.item.and_then(|item| assistant.sketch.get(item));
    item.is_some_and(|item| item.key.is_some() && item.region.start == start)
}
