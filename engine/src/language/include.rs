//! `include:` - the texts that make up a flow.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use super::environment::Environment;
use super::source_text::Sources;
use super::span::{SourceId, Span};
use super::yaml::{self, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic};

/// More files than this are a mistake.
const MAX_FILES: usize = 256;

/// Reads the first of `sources`, then every file that it or an included one includes, each once. Nothing comes back when
/// the first is no mapping; of the others, those that are none are reported and left out.
pub(super) fn gather(
    sources: &mut Sources,
    environment: &dyn Environment,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<Yaml>> {
    let first = sources.get(SourceId(0))?;
    let mut seen: HashMap<PathBuf, Span> = HashMap::from([(plain(&first.path), Span::default())]);
    let text = first.text.clone();
    let root = mapping(SourceId(0), &text, environment, diagnostics)?;
    let mut texts = vec![root];
    let mut next = 0;
    while let Some(root) = texts.get(next) {
        next += 1;
        let included = root.get("include").map(included).unwrap_or_default();
        for (name, span) in included {
            let folder = sources.path(span).and_then(Path::parent).unwrap_or(Path::new(""));
            let path = folder.join(&name);
            if let Some(before) = seen.get(&plain(&path)).copied() {
                diagnostics.push(twice(&name, span, before));
                continue;
            }
            if seen.len() > MAX_FILES {
                let message = format!("a flow includes at most {MAX_FILES} files");
                diagnostics.push(Diagnostic::new(Code::Include, span, message));
                return Some(texts);
            }
            seen.insert(plain(&path), span);
            match environment.read(&path) {
                Ok(text) => {
                    let source = sources.add(&path, text.clone());
                    texts.extend(mapping(source, &text, environment, diagnostics));
                }
                Err(reason) => {
                    let message = format!("the included file {} cannot be read: {reason}", path.display());
                    diagnostics.push(
                        Diagnostic::new(Code::Include, span, message)
                            .with_help("paths are relative to the file that includes"),
                    );
                }
            }
        }
    }
    Some(texts)
}

fn mapping(
    source: SourceId,
    text: &str,
    environment: &dyn Environment,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Yaml> {
    let root = yaml::parse(source, text, environment, diagnostics)?;
    if matches!(root.value, YamlValue::Mapping(_)) {
        return Some(root);
    }
    diagnostics.push(
        Diagnostic::new(
            Code::WrongKind,
            root.span,
            format!("a flow file is a mapping, found {}", root.kind()),
        )
        .with_help("begin with `twinflow: 1`, then `nodes:`"),
    );
    None
}

/// What `include:` names; of what is no name the shape check tells.
fn included(list: &Yaml) -> Vec<(String, Span)> {
    let YamlValue::Sequence(items) = &list.value else {
        return Vec::new();
    };
    let names = items
        .iter()
        .filter_map(|item| Some((item.scalar_text()?.to_owned(), item.span)));
    names.collect()
}

fn twice(name: &str, span: Span, before: Span) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        Code::Include,
        span,
        format!("`{name}` is part of this flow already"),
    );
    if before == Span::default() {
        return diagnostic.with_help("it is the flow file itself: remove this line");
    }
    diagnostic
        .with_related(before, "included here")
        .with_help("remove this line: a file is included once for the whole flow")
}

/// The path without `.` and `a/..`, so that two spellings of one file are one.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}
