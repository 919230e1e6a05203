//! YAML as a tree in which every value knows its place.
//!
//! The parser is `saphyr-parser`; this file turns its events into a tree, resolves plain scalars by the YAML 1.2 core
//! schema, refuses what a flow has no use for (several documents, foreign tags), and bounds what a hostile file can ask.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::environment::{self, Environment};
use super::scalar::scalar;
use super::span::{SourceId, Span, Spanned};
use super::written::written_length;
use crate::diagnostic::{Code, Diagnostic};

/// Deeper nesting is refused: no flow needs it, and it keeps every later recursion shallow.
pub(super) const MAX_DEPTH: usize = 64;
/// More values than this are refused, counted after aliases are expanded: the answer to alias bombs.
pub(super) const MAX_VALUES: usize = 2_000_000;

/// A value of the text and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Yaml {
    /// Its place.
    pub span: Span,
    /// What it is.
    pub value: YamlValue,
}

/// What a [`Yaml`] holds.
#[derive(Clone, Debug, PartialEq)]
pub enum YamlValue {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number, and as it was written.
    Integer(i64, String),
    /// Any other number, and as it was written.
    Number(f64, String),
    /// Text.
    Text(String),
    /// `[a, b]` or lines with dashes.
    Sequence(Vec<Yaml>),
    /// `{a: b}` or lines `a: b`, in the order of the text.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// The value.
    pub value: Yaml,
}

impl Yaml {
    /// The entries of a mapping; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            YamlValue::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The value under `key` of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        self.entries()
            .iter()
            .find(|e| e.key.value == key)
            .map(|e| &e.value)
    }

    /// A scalar as it was written, numbers included; nothing for sequences, mappings and null.
    #[must_use]
    pub fn scalar_text(&self) -> Option<&str> {
        match &self.value {
            YamlValue::Text(text) | YamlValue::Integer(_, text) | YamlValue::Number(_, text) => Some(text),
            YamlValue::Boolean(true) => Some("true"),
            YamlValue::Boolean(false) => Some("false"),
            YamlValue::Null | YamlValue::Sequence(_) | YamlValue::Mapping(_) => None,
        }
    }

    /// What it is, in a user's words: `a number`, `text`, `a list`, …
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.value {
            YamlValue::Null => "nothing",
            YamlValue::Boolean(_) => "true or false",
            YamlValue::Integer(..) => "a whole number",
            YamlValue::Number(..) => "a number",
            YamlValue::Text(_) => "text",
            YamlValue::Sequence(_) => "a list",
            YamlValue::Mapping(_) => "a mapping",
        }
    }
}

/// Reads `text` into a tree. Nothing but errors comes back when the text is not YAML; duplicate keys are reported and
/// the first is kept, so that the checks after this one still run.
///
/// `${NAME}` in a value becomes what `environment` holds for it.
pub fn parse(
    source: SourceId,
    text: &str,
    environment: &dyn Environment,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Yaml> {
    let bytes = ByteOffsets::new(text);
    let mut builder = Builder {
        source,
        text,
        bytes,
        environment,
        anchors: HashMap::new(),
        values: 0,
        diagnostics,
    };
    let mut parser = Parser::new_from_str(text);
    match builder.document(&mut parser) {
        Ok(root) => root,
        Err(diagnostic) => {
            builder.diagnostics.push(*diagnostic);
            None
        }
    }
}

/// The parser counts characters, spans count bytes.
struct ByteOffsets {
    /// Byte offset of every character; empty for ASCII text, where both are equal.
    offsets: Vec<usize>,
    length: usize,
}

impl ByteOffsets {
    fn new(text: &str) -> Self {
        let offsets = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(at, _)| at).collect()
        };
        Self {
            offsets,
            length: text.len(),
        }
    }

    fn byte(&self, character: usize) -> usize {
        if self.offsets.is_empty() {
            character.min(self.length)
        } else {
            self.offsets.get(character).copied().unwrap_or(self.length)
        }
    }
}

type Failure = Box<Diagnostic>;

struct Builder<'a> {
    source: SourceId,
    text: &'a str,
    bytes: ByteOffsets,
    environment: &'a dyn Environment,
    anchors: HashMap<usize, (Yaml, usize)>,
    values: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

type Events<'t> = Parser<'t, saphyr_parser::StrInput<'t>>;

impl Builder<'_> {
    fn document(&mut self, parser: &mut Events<'_>) -> Result<Option<Yaml>, Failure> {
        let mut root = None;
        loop {
            let (event, span) = self.next(parser)?;
            match event {
                Event::StreamEnd if root.is_none() => {
                    let nothing = Diagnostic::new(Code::Syntax, span, "there is nothing in this file");
                    return Err(Box::new(
                        nothing.with_help("begin with `twinflow: 1`, then `nodes:`"),
                    ));
                }
                Event::StreamEnd => return Ok(root),
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                _ if root.is_some() => {
                    return Err(Box::new(
                        Diagnostic::new(Code::Syntax, span, "a flow file holds one document").with_help(
                            "remove the `---` line and what follows it, or put it into a file of its own",
                        ),
                    ));
                }
                event => root = Some(self.value(event, span, parser, 0)?),
            }
        }
    }

    fn next<'t>(&self, parser: &mut Events<'t>) -> Result<(Event<'t>, Span), Failure> {
        match parser.next_event() {
            Some(Ok((event, span))) => {
                let start = self.bytes.byte(span.start.index());
                Ok((
                    event,
                    Span::new(self.source, start, self.bytes.byte(span.end.index())),
                ))
            }
            Some(Err(error)) => {
                let at = self.bytes.byte(error.marker().index());
                let span = Span::new(self.source, at, at + 1);
                let mut diagnostic =
                    Diagnostic::new(Code::Syntax, span, format!("this is not YAML: {}", error.info()));
                if let Some(help) = syntax_help(error.info(), self.text, at) {
                    diagnostic = diagnostic.with_help(help);
                }
                Err(Box::new(diagnostic))
            }
            None => Ok((
                Event::StreamEnd,
                Span::new(self.source, self.bytes.length, self.bytes.length),
            )),
        }
    }

    fn count(&mut self, values: usize, span: Span) -> Result<(), Failure> {
        self.values = self.values.saturating_add(values);
        if self.values > MAX_VALUES {
            let message =
                format!("the file holds more than {MAX_VALUES} values once its aliases are expanded");
            return Err(Box::new(Diagnostic::new(Code::TooLarge, span, message)));
        }
        Ok(())
    }

    fn value(
        &mut self,
        event: Event<'_>,
        span: Span,
        parser: &mut Events<'_>,
        depth: usize,
    ) -> Result<Yaml, Failure> {
        if depth > MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(Box::new(Diagnostic::new(Code::TooLarge, span, message)));
        }
        self.count(1, span)?;
        let before = self.values;
        let (anchor, yaml) = match event {
            Event::Alias(anchor) => {
                let Some(size) = self.anchors.get(&anchor).map(|(_, size)| *size) else {
                    return Err(Box::new(Diagnostic::new(
                        Code::Syntax,
                        span,
                        "this alias stands inside its own anchor",
                    )));
                };
                self.count(size, span)?;
                let target = self.anchors.get(&anchor).map(|(target, _)| target.clone());
                let nothing = Yaml {
                    span,
                    value: YamlValue::Null,
                };
                (0, target.unwrap_or(nothing))
            }
            Event::Scalar(text, style, anchor, tag) => {
                refuse_tag(tag.as_deref(), span)?;
                let covered = self.text.get(span.range()).unwrap_or_default();
                let raw = covered.get(..written_length(covered, style)).unwrap_or(covered);
                let start = span.start as usize;
                let span = Span::new(span.source, start, start + raw.len());
                let is_text = tag.is_some_and(|tag| tag.suffix == "str");
                let style = if is_text { ScalarStyle::DoubleQuoted } else { style };
                let text = environment::substitute(&text, raw, self.environment, span, self.diagnostics);
                (
                    anchor,
                    Yaml {
                        span,
                        value: scalar(&text, style),
                    },
                )
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), span)?;
                (anchor, self.sequence(span, parser, depth)?)
            }
            Event::MappingStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), span)?;
                (anchor, self.mapping(span, parser, depth)?)
            }
            _ => {
                return Err(Box::new(Diagnostic::new(
                    Code::Syntax,
                    span,
                    "the file ends in the middle of a value",
                )));
            }
        };
        if anchor != 0 {
            // The copy counts as well: anchors within anchors would multiply a large file.
            let size = self.values - before;
            self.count(size, span)?;
            self.anchors.insert(anchor, (yaml.clone(), size));
        }
        Ok(yaml)
    }

    fn sequence(&mut self, start: Span, parser: &mut Events<'_>, depth: usize) -> Result<Yaml, Failure> {
        let mut items: Vec<Yaml> = Vec::new();
        loop {
            let (event, span) = self.next(parser)?;
            if event == Event::SequenceEnd {
                let span = whole(start, span, items.last().map(|item| item.span));
                return Ok(Yaml {
                    span,
                    value: YamlValue::Sequence(items),
                });
            }
            items.push(self.value(event, span, parser, depth + 1)?);
        }
    }

    fn mapping(&mut self, start: Span, parser: &mut Events<'_>, depth: usize) -> Result<Yaml, Failure> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        loop {
            let (event, span) = self.next(parser)?;
            if event == Event::MappingEnd {
                let span = whole(start, span, entries.last().map(|entry| entry.value.span));
                return Ok(Yaml {
                    span,
                    value: YamlValue::Mapping(entries),
                });
            }
            let key = self.value(event, span, parser, depth + 1)?;
            let (event, span) = self.next(parser)?;
            let value = self.value(event, span, parser, depth + 1)?;
            let Some(name) = key.scalar_text().map(str::to_owned) else {
                let diagnostic = Diagnostic::new(
                    Code::Syntax,
                    key.span,
                    format!("a key must be a name, found {}", key.kind()),
                );
                self.diagnostics.push(diagnostic);
                continue;
            };
            if let Some(first) = seen.get(&name) {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::DuplicateKey,
                        key.span,
                        format!("`{name}` stands here twice"),
                    )
                    .with_label("the second one")
                    .with_related(*first, "the first one")
                    .with_help("rename or remove one of them"),
                );
                continue;
            }
            seen.insert(name.clone(), key.span);
            entries.push(Entry {
                key: Spanned::new(name, key.span),
                value,
            });
        }
    }
}

/// What the parser's words mean for the writer of a flow.
fn syntax_help(info: &str, text: &str, at: usize) -> Option<&'static str> {
    let before = text.get(..at + 1).or(text.get(..at)).unwrap_or_default();
    let helps = [
        ("tab", "indent with spaces: YAML does not allow tabs there"),
        (
            "mapping values are not allowed",
            "text with `: ` in it needs quotes, and keys of one level the same indentation",
        ),
        (
            "quoted scalar",
            "close the text with the quotation mark that it begins with",
        ),
        (
            "flow mapping",
            "a `,` or a closing `}` is missing here or in a line before",
        ),
        (
            "flow sequence",
            "a `,` or a closing `]` is missing here or in a line before",
        ),
        (
            "block mapping",
            "the keys of one mapping begin in the same column",
        ),
        (
            "anchor",
            "`*name` repeats what was marked `&name` before; text that begins with `*` needs quotes",
        ),
    ];
    if before.ends_with("${") {
        return Some(
            "between `{` and `}` or `[` and `]`, text with an environment variable needs quotes: \"${NAME}\"",
        );
    }
    helps
        .iter()
        .find(|(words, _)| info.contains(words))
        .map(|(_, help)| *help)
}

/// `!!str` and the like are YAML's own; a flow has no others.
fn refuse_tag(tag: Option<&Tag>, span: Span) -> Result<(), Failure> {
    let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) else {
        return Ok(());
    };
    let message = format!("the tag `{}{}` has no meaning here", tag.handle, tag.suffix);
    Err(Box::new(
        Diagnostic::new(Code::Syntax, span, message)
            .with_help("remove it; text that starts with `!` needs quotes"),
    ))
}

/// The parser marks a block collection's end where the next token starts, lines below: end with the last value instead.
fn whole(start: Span, end: Span, last: Option<Span>) -> Span {
    let end = match last {
        Some(last) if end.start == end.end => last.end,
        // The bracket; its span goes on to the next token.
        _ => (end.start + 1).min(end.end),
    };
    Span {
        end: end.max(start.start),
        ..start
    }
}
