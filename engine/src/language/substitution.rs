//! `$(name)` in the values of a flow: a constant, or a parameter of a template.
//!
//! A value that is nothing but a reference becomes what is behind it, a list or a mapping as well. Within a longer text it
//! becomes that text. `$$(` is the two characters `$(` themselves.

use std::borrow::Cow;
use std::rc::Rc;

use super::span::{Span, Spanned};
use super::yaml::{Entry, MAX_DEPTH, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic};

/// Finds what stands behind a name, or reports that nothing does.
pub(super) type Lookup<'l> = dyn FnMut(&str, Span, &mut Vec<Diagnostic>) -> Option<Rc<Yaml>> + 'l;

/// Fills references in. How many values may still be made that way is counted, against constants that multiply.
pub(super) struct Substitution<'s> {
    pub lookup: &'s mut Lookup<'s>,
    pub values_left: &'s mut usize,
    pub diagnostics: &'s mut Vec<Diagnostic>,
}

impl Substitution<'_> {
    /// `yaml` with its references filled in, which is to stand `depth` levels deep. What could not be filled in was
    /// reported, and nothing is there.
    pub fn fill(&mut self, yaml: &Yaml, depth: usize) -> Yaml {
        let value = match &yaml.value {
            YamlValue::Text(text) if text.contains("$(") => return self.text(text, yaml.span, depth),
            YamlValue::Sequence(items) => {
                YamlValue::Sequence(items.iter().map(|item| self.fill(item, depth + 1)).collect())
            }
            YamlValue::Mapping(entries) => YamlValue::Mapping(self.entries(entries, depth + 1)),
            other => other.clone(),
        };
        Yaml {
            span: yaml.span,
            value,
        }
    }

    /// The entries of a mapping likewise; references stand in keys, too.
    pub fn entries(&mut self, entries: &[Entry], depth: usize) -> Vec<Entry> {
        let filled = entries.iter().map(|entry| {
            let value = self.fill(&entry.value, depth);
            let key = match entry.key.contains("$(") {
                true => self.words(&entry.key, entry.key.span),
                false => Some(entry.key.value.clone()),
            };
            let key = Spanned::new(key.unwrap_or_default(), entry.key.span);
            Entry { key, value }
        });
        filled.collect()
    }

    fn text(&mut self, text: &str, span: Span, depth: usize) -> Yaml {
        let nothing = Yaml {
            span,
            value: YamlValue::Null,
        };
        if let Some(name) = only_reference(text) {
            let Some(found) = (self.lookup)(name, span, self.diagnostics) else {
                return nothing;
            };
            let (size, levels) = extent(&found);
            let fits = levels + depth <= MAX_DEPTH;
            match self.values_left.checked_sub(size).filter(|_| fits) {
                Some(left) => *self.values_left = left,
                None => {
                    let message = format!("with `{name}` filled in, the flow is larger than a flow may be");
                    self.diagnostics
                        .push(Diagnostic::new(Code::TooLarge, span, message));
                    return nothing;
                }
            }
            return (*found).clone();
        }
        match self.words(text, span) {
            Some(text) => Yaml {
                span,
                value: YamlValue::Text(text),
            },
            None => nothing,
        }
    }

    /// A text with references among its words.
    fn words(&mut self, text: &str, span: Span) -> Option<String> {
        let mut filled = String::new();
        let mut is_whole = true;
        for piece in pieces(text) {
            let name = match piece {
                Piece::Text(text) => {
                    filled.push_str(&text);
                    continue;
                }
                Piece::Reference(name) => name,
            };
            let Some(found) = (self.lookup)(name, span, self.diagnostics) else {
                is_whole = false;
                continue;
            };
            match found.scalar_text() {
                Some(text) if filled.len() + text.len() <= MAX_TEXT_BYTES => filled.push_str(text),
                Some(_) => {
                    let message = format!("with `{name}` filled in, the text is too long");
                    self.diagnostics
                        .push(Diagnostic::new(Code::TooLarge, span, message));
                    return None;
                }
                None => {
                    let message = format!("`{name}` is {}, which cannot stand within a text", found.kind());
                    self.diagnostics.push(
                        Diagnostic::new(Code::Template, span, message)
                            .with_related(found.span, "its value")
                            .with_help(format!("write `$({name})` alone to get all of it")),
                    );
                    is_whole = false;
                }
            }
        }
        is_whole.then_some(filled)
    }
}

const MAX_TEXT_BYTES: usize = 1024 * 1024;

enum Piece<'t> {
    Text(Cow<'t, str>),
    Reference(&'t str),
}

/// The name, when the text is a reference and nothing else.
fn only_reference(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix("$(")?.strip_suffix(')')?;
    is_reference(name).then_some(name)
}

fn is_reference(name: &str) -> bool {
    super::name::is_name(name)
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("$(") {
        let (before, behind) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            pieces.push(Piece::Text(format!("{before}$(").into()));
            rest = behind.get(2..).unwrap_or_default();
            continue;
        }
        pieces.push(Piece::Text(before.into()));
        let name = behind
            .get(2..)
            .and_then(|inner| Some(inner.split_once(')')?.0))
            .filter(|name| is_reference(name));
        match name {
            Some(name) => {
                pieces.push(Piece::Reference(name));
                rest = behind.get(name.len() + 3..).unwrap_or_default();
            }
            None => {
                pieces.push(Piece::Text("$(".into()));
                rest = behind.get(2..).unwrap_or_default();
            }
        }
    }
    pieces.push(Piece::Text(rest.into()));
    pieces
}

/// How many values a tree holds, and how deep it is.
fn extent(yaml: &Yaml) -> (usize, usize) {
    let inner: Vec<(usize, usize)> = match &yaml.value {
        YamlValue::Sequence(items) => items.iter().map(extent).collect(),
        YamlValue::Mapping(entries) => entries.iter().map(|entry| extent(&entry.value)).collect(),
        _ => Vec::new(),
    };
    let values = inner.iter().map(|(values, _)| values).sum::<usize>();
    let levels = inner.iter().map(|(_, levels)| *levels).max().unwrap_or(0);
    (values + 1, levels + 1)
}
