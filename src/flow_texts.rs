//! The texts of a running flow, for those who change them on the dashboard.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use twinflow_engine::assist::Assistant;
use twinflow_engine::diagnostic::{Warnings, json as findings};
use twinflow_engine::graph::{Compiled, compile_text};
use twinflow_engine::language::{Environment, read_text};
use twinflow_engine::node::Level;
use twinflow_nodes::{Shared, registry};
use twinflow_ui::{FlowText, FlowTextFile, NotSaved, Saved, Suggestion};

use crate::cli::FlowOptions;
use crate::flow_file::WithBroker;
use crate::whole_file;

/// The texts of a flow.
pub struct FlowTexts {
    options: FlowOptions,
    shared: Shared,
    /// Their paths, the flow file first.
    paths: Vec<PathBuf>,
}

/// An environment in which one file has another text.
struct WithDraft<'d> {
    under: WithBroker<'d>,
    path: &'d Path,
    text: &'d str,
}

impl Environment for WithDraft<'_> {
    fn get(&self, name: &str) -> Option<String> {
        self.under.get(name)
    }

    fn read(&self, path: &Path) -> Result<String, String> {
        if path == self.path {
            return Ok(self.text.to_owned());
        }
        self.under.read(path)
    }
}

impl FlowTexts {
    /// Those of the flow of `options`.
    pub fn new(options: &FlowOptions, shared: &Shared, paths: Vec<PathBuf>) -> Self {
        Self {
            options: options.clone(),
            shared: shared.clone(),
            paths,
        }
    }

    /// The path that is meant, if it is one of the flow's: nothing else is read or written.
    fn path(&self, path: &str) -> Option<&Path> {
        let mut paths = self.paths.iter().map(PathBuf::as_path);
        paths.find(|known| known.display().to_string() == path)
    }

    fn compile(&self, path: &Path, text: &str) -> Result<Compiled, String> {
        let environment = WithDraft {
            under: WithBroker(self.options.broker.as_deref()),
            path,
            text,
        };
        let flow = &self.options.flow;
        let main = if path == flow {
            text.to_owned()
        } else {
            read_text(flow)?
        };
        Ok(compile_text(
            flow,
            &main,
            &registry(&self.shared),
            &environment,
            Level::Environment,
        ))
    }

    fn diagnostics(&self, path: &Path, text: &str) -> Vec<Value> {
        match self.compile(path, text) {
            Ok(compiled) => told(&self.options.flow, &compiled),
            Err(reason) => vec![json!({
                "severity": "error", "code": "", "message": reason, "help": "", "path": path.display().to_string(),
                "line": 1, "column": 1, "endLine": 1, "endColumn": 1, "label": null
            })],
        }
    }
}

/// The diagnostics in the dashboard's words.
fn told(flow: &Path, compiled: &Compiled) -> Vec<Value> {
    let report = findings(flow, &compiled.diagnostics, &compiled.sources, Warnings::Allowed);
    let report: Value = serde_json::from_str(&report).unwrap_or_default();
    let all = report.get("diagnostics").and_then(Value::as_array);
    let one = |finding: &Value| {
        let part = |name: &str| finding.get(name).cloned().unwrap_or_default();
        let help = finding.get("help").and_then(Value::as_array);
        let help: Vec<&str> = help.into_iter().flatten().filter_map(Value::as_str).collect();
        json!({
            "severity": part("severity"), "code": part("code"), "message": part("message"), "help": help.join("\n"),
            "path": part("file"), "line": part("line"), "column": part("column"),
            "endLine": part("end_line"), "endColumn": part("end_column"), "label": part("label")
        })
    };
    all.into_iter().flatten().map(one).collect()
}

fn is_error(diagnostic: &Value) -> bool {
    diagnostic
        .get("severity")
        .is_some_and(|severity| severity == "error")
}

fn revision(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The byte of a place that counts lines and UTF-16 units from 0; the end of the line, or of the text, where it is beyond.
fn byte_at(text: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for _ in 0..line {
        match text.get(start..).and_then(|rest| rest.find('\n')) {
            Some(end) => start += end + 1,
            None => return text.len(),
        }
    }
    let mut units = 0;
    for (at, letter) in text.get(start..).unwrap_or_default().char_indices() {
        if units >= column || letter == '\n' {
            return start + at;
        }
        units += letter.len_utf16();
    }
    text.len()
}

impl FlowText for FlowTexts {
    fn files(&self) -> Vec<FlowTextFile> {
        let files = self.paths.iter().filter_map(|path| {
            let text = read_text(path).ok()?;
            Some(FlowTextFile {
                path: path.display().to_string(),
                revision: revision(&text),
                text,
            })
        });
        files.collect()
    }

    fn check(&self, path: &str, text: &str) -> Vec<Value> {
        self.path(path)
            .map(|path| self.diagnostics(path, text))
            .unwrap_or_default()
    }

    fn complete(&self, path: &str, text: &str, line: usize, column: usize) -> Vec<Suggestion> {
        let Some(path) = self.path(path) else {
            return Vec::new();
        };
        // What is on the disk was good when the flow started: it tells which fields the records have.
        let last_good = read_text(path)
            .ok()
            .and_then(|saved| self.compile(path, &saved).ok()?.graph);
        let registry = registry(&self.shared);
        let at = byte_at(text, line, column);
        let completions = Assistant::new(text, &registry, last_good.as_ref()).completions(at);
        let suggestion = |completion: twinflow_engine::assist::Completion| Suggestion {
            replace_before: text
                .get(completion.replace.start..at)
                .map_or(0, |before| before.encode_utf16().count()),
            label: completion.label,
            detail: completion.detail,
            documentation: completion.about,
            insert: completion.insert,
        };
        completions.into_iter().map(suggestion).collect()
    }

    fn hover(&self, path: &str, text: &str, line: usize, column: usize) -> Option<String> {
        let path = self.path(path)?;
        let last_good = self.compile(path, text).ok().and_then(|compiled| compiled.graph);
        let registry = registry(&self.shared);
        let assistant = Assistant::new(text, &registry, last_good.as_ref());
        Some(assistant.hover(byte_at(text, line, column))?.text)
    }

    fn save(&self, path: &str, text: &str, expected: &str) -> Result<Saved, NotSaved> {
        let failed = |error: String| NotSaved::Failed { error };
        let Some(path) = self.path(path) else {
            return Err(failed(format!("`{path}` is no file of this flow")));
        };
        let now = read_text(path).map_err(|reason| failed(format!("{}: {reason}", path.display())))?;
        if revision(&now) != expected {
            return Err(NotSaved::Changed { text: now });
        }
        let diagnostics = self.diagnostics(path, text);
        if diagnostics.iter().any(is_error) {
            return Err(NotSaved::Mistakes { diagnostics });
        }
        whole_file::write(text.as_bytes(), path).map_err(|stop| failed(stop.message().to_owned()))?;
        Ok(Saved {
            revision: revision(text),
            diagnostics,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_as_browsers_do() {
        let text = "a°b\n😀x\n";
        assert_eq!(byte_at(text, 0, 2), 3);
        assert_eq!(byte_at(text, 0, 9), 4);
        assert_eq!(byte_at(text, 1, 2), 9);
        assert_eq!(byte_at(text, 2, 0), text.len());
        assert_eq!(byte_at(text, 7, 7), text.len());
    }
}
