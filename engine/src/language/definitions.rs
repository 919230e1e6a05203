//! What a flow defines once and uses many times: constants and templates, from all its texts.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::expansion::{self, Expansion};
use super::name;
use super::nearest::{listed, nearest};
use super::source_text::Sources;
use super::span::{SourceId, Span, Spanned};
use super::substitution::Substitution;
use super::template::Template;
use super::yaml::{Entry, MAX_VALUES, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, shortened};

/// A constant that names another one, and so on, further than this is taken for a ring.
const MAX_CHAIN: usize = 16;

/// The definitions of a flow, and how far they were used.
pub(super) struct Definitions<'t> {
    texts: &'t [Yaml],
    /// The texts in which `$(` stands at all: only they need a second look.
    referring: HashSet<SourceId>,
    constants: HashMap<&'t str, Constant<'t>>,
    templates: HashMap<&'t str, Template<'t>>,
    used: HashSet<String>,
    values_left: usize,
}

struct Constant<'t> {
    name: &'t Spanned<String>,
    state: State<'t>,
}

#[derive(Clone)]
enum State<'t> {
    Unread(&'t Yaml),
    /// On the way: who asks for it now is part of a ring.
    Open,
    Known(Rc<Yaml>),
    Reported,
}

/// Values by name that hold in one place only: the parameters of a template.
pub(super) type Parameters = HashMap<String, Rc<Yaml>>;

impl<'t> Definitions<'t> {
    /// Reads `constants:` and `templates:` of all texts.
    pub fn read(texts: &'t [Yaml], sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let refers = |root: &&Yaml| {
            let source = sources.get(root.span.source);
            source.is_some_and(|source| source.text.contains("$("))
        };
        let referring = texts.iter().filter(refers).map(|root| root.span.source);
        let mut definitions = Self {
            texts,
            referring: referring.collect(),
            constants: HashMap::new(),
            templates: HashMap::new(),
            used: HashSet::new(),
            values_left: MAX_VALUES,
        };
        for entry in distinct(texts, "constants", diagnostics) {
            name::check(&entry.key, "a constant", diagnostics);
            let constant = Constant {
                name: &entry.key,
                state: State::Unread(&entry.value),
            };
            definitions.constants.insert(&entry.key.value, constant);
        }
        for entry in distinct(texts, "templates", diagnostics) {
            name::check(&entry.key, "a template", diagnostics);
            if let Some(template) = Template::read(entry, diagnostics) {
                definitions.templates.insert(&entry.key.value, template);
            }
        }
        definitions
    }

    /// The entries under `key` of all texts, with constants filled in.
    pub fn section(&mut self, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<Entry> {
        let entries = distinct(self.texts, key, diagnostics);
        let filled = entries.into_iter().map(|entry| Entry {
            key: entry.key.clone(),
            value: self.fill(&entry.value, None, diagnostics),
        });
        filled.collect()
    }

    /// The nodes of all texts, those of templates included.
    pub fn expand(&mut self, diagnostics: &mut Vec<Diagnostic>) -> Expansion {
        let entries = distinct(self.texts, "nodes", diagnostics);
        expansion::expand(&entries, self, diagnostics)
    }

    /// The template called `name`, or a report of those that there are.
    pub fn template(
        &mut self,
        name: &Spanned<String>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Template<'t>> {
        if let Some(template) = self.templates.get(name.as_str()) {
            self.used.insert(format!("template {}", name.value));
            return Some(template.clone());
        }
        let known = || self.templates.keys().copied();
        let message = format!("there is no template `{}`", shortened(name));
        let diagnostic = Diagnostic::new(Code::Template, name.span, message);
        diagnostics.push(suggested(diagnostic, name, name.span, known()));
        None
    }

    /// `yaml` with constants and `parameters` filled in.
    pub fn fill(
        &mut self,
        yaml: &Yaml,
        parameters: Option<&Parameters>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Yaml {
        self.fill_within(yaml, parameters, 0, diagnostics)
    }

    fn fill_within(
        &mut self,
        yaml: &Yaml,
        parameters: Option<&Parameters>,
        chain: usize,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Yaml {
        if !self.referring.contains(&yaml.span.source) {
            return yaml.clone();
        }
        let mut values_left = self.values_left;
        let mut lookup = |name: &str, span: Span, diagnostics: &mut Vec<Diagnostic>| match parameters
            .and_then(|parameters| parameters.get(name))
        {
            Some(value) => Some(Rc::clone(value)),
            None => self.constant(name, span, parameters, chain, diagnostics),
        };
        let filled = Substitution {
            lookup: &mut lookup,
            values_left: &mut values_left,
            diagnostics,
        }
        .fill(yaml, 0);
        self.values_left = values_left.min(self.values_left);
        filled
    }

    fn constant(
        &mut self,
        name: &str,
        span: Span,
        parameters: Option<&Parameters>,
        chain: usize,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Rc<Yaml>> {
        let Some(constant) = self.constants.get_mut(name) else {
            let mut known: Vec<&str> = self.constants.keys().copied().collect();
            known.extend(parameters.into_iter().flatten().map(|(name, _)| name.as_str()));
            known.sort_unstable();
            let what = match parameters {
                Some(_) => "constant or parameter",
                None => "constant",
            };
            let message = format!("there is no {what} `{}`", shortened(name));
            let diagnostic = Diagnostic::new(Code::Template, span, message);
            let diagnostic = match known.as_slice() {
                [] => diagnostic.with_help(format!(
                    "define it: `constants: {{ {}: … }}` at the top of the file; `$$(` means the two characters themselves",
                    shortened(name)
                )),
                _ => match nearest(name, known.iter().copied()) {
                    Some(meant) => diagnostic.with_label(format!("did you mean `$({meant})`?")),
                    None => diagnostic,
                }
                .with_help(format!("there are {}", listed(known.iter().copied()))),
            };
            diagnostics.push(diagnostic);
            return None;
        };
        self.used.insert(format!("constant {name}"));
        let yaml = match constant.state.clone() {
            State::Known(value) => return Some(value),
            State::Reported => return None,
            State::Open => {
                constant.state = State::Reported;
                let message = format!("the constant `{}` needs itself", shortened(name));
                diagnostics.push(
                    Diagnostic::new(Code::Template, span, message)
                        .with_related(constant.name.span, "defined here"),
                );
                return None;
            }
            State::Unread(yaml) => yaml,
        };
        constant.state = State::Open;
        let place = constant.name;
        let known = if chain < MAX_CHAIN {
            let before = diagnostics.len();
            let filled = self.fill_within(yaml, None, chain + 1, diagnostics);
            (diagnostics.len() == before).then(|| Rc::new(filled))
        } else {
            let message = format!("constants that name each other go deeper than {MAX_CHAIN}");
            diagnostics.push(Diagnostic::new(Code::Template, place.span, message));
            None
        };
        if let Some(constant) = self.constants.get_mut(name) {
            constant.state = known.clone().map_or(State::Reported, State::Known);
        }
        known
    }

    /// What is defined and nowhere used.
    pub fn warn_of_unused(&self, diagnostics: &mut Vec<Diagnostic>) {
        if diagnostics.iter().any(Diagnostic::is_error) {
            // What uses it may be what was not understood.
            return;
        }
        let constants = self
            .constants
            .values()
            .map(|constant| ("constant", constant.name));
        let templates = self
            .templates
            .values()
            .map(|template| ("template", template.name));
        for (kind, name) in constants.chain(templates) {
            if !self.used.contains(&format!("{kind} {}", name.value)) {
                let message = format!("the {kind} `{}` is not used", name.value);
                let help = match kind {
                    "constant" => format!("write `$({})` where it is meant, or remove it", name.value),
                    _ => format!("make nodes of it with `template: {}`, or remove it", name.value),
                };
                diagnostics.push(Diagnostic::new(Code::UnusedDefinition, name.span, message).with_help(help));
            }
        }
    }
}

/// Adds what was meant, or what there is.
pub(super) fn suggested<'n>(
    diagnostic: Diagnostic,
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    let diagnostic = match nearest(name, known.iter().copied()) {
        Some(meant) => diagnostic
            .with_label(format!("did you mean `{meant}`?"))
            .with_fix(span, meant),
        None => diagnostic,
    };
    diagnostic.with_help(format!("there are {}", listed(known)))
}

/// The entries under `key` of all texts. One whose name another text has is reported and left out.
fn distinct<'t>(texts: &'t [Yaml], key: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<&'t Entry> {
    let sections = texts.iter().filter_map(|root| root.get(key));
    let sections = sections.filter(|section| matches!(section.value, YamlValue::Mapping(_)));
    let mut seen: HashMap<&str, Span> = HashMap::new();
    let mut entries = Vec::new();
    for entry in sections.flat_map(Yaml::entries) {
        match seen.insert(&entry.key.value, entry.key.span) {
            None => entries.push(entry),
            Some(first) => diagnostics.push(
                Diagnostic::new(
                    Code::DuplicateKey,
                    entry.key.span,
                    format!("`{}` stands in `{key}` of two files", shortened(&entry.key)),
                )
                .with_related(first, "the first one")
                .with_help("rename or remove one of them"),
            ),
        }
    }
    entries
}
