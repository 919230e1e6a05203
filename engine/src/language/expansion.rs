//! Making the nodes of templates.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::definitions::{Definitions, Parameters, suggested};
use super::name;
use super::shape;
use super::span::{Span, Spanned};
use super::template::{Instance, Template, template_use_schema};
use super::yaml::{Entry, Yaml, YamlValue};
use crate::diagnostic::{Code, Diagnostic, shortened};

/// Templates within templates, further than this, are a ring.
const MAX_NESTING: usize = 4;
/// More nodes than this are a mistake.
const MAX_NODES: usize = 50_000;

/// All nodes, those of templates made.
pub(super) struct Expansion {
    pub nodes: Vec<Entry>,
    /// By the beginning of their nodes' names, `fans.fan-1.`.
    pub instances: HashMap<String, Instance>,
    /// `fans.in` is all of `fans.fan-1.in`, `fans.fan-2.in`, …
    pub groups: HashMap<String, Vec<String>>,
    /// What was reported, so that wires from there are not to blame.
    pub unread: HashSet<String>,
}

/// Makes all nodes of `entries`.
pub(super) fn expand(
    entries: &[&Entry],
    definitions: &mut Definitions<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Expansion {
    let mut expander = Expander {
        definitions,
        diagnostics,
        expansion: Expansion {
            nodes: Vec::with_capacity(entries.len()),
            instances: HashMap::new(),
            groups: HashMap::new(),
            unread: HashSet::new(),
        },
        is_full: false,
    };
    for entry in entries {
        expander.entry(entry, &Place::default());
    }
    expander.expansion
}

/// Where nodes are being made.
#[derive(Default)]
struct Place {
    /// What their names begin with: `fans.fan-1.`, and nothing at the top.
    prefix: String,
    /// The same without some of the names that it was made for, such as `fans.`: what means several nodes.
    groups: Vec<String>,
    parameters: Option<Parameters>,
    /// The nodes of the template, which its wires mean first.
    own: HashSet<String>,
    nesting: usize,
}

struct Expander<'e, 't> {
    definitions: &'e mut Definitions<'t>,
    diagnostics: &'e mut Vec<Diagnostic>,
    expansion: Expansion,
    /// Whether there are too many nodes already.
    is_full: bool,
}

impl Expander<'_, '_> {
    fn entry(&mut self, entry: &Entry, place: &Place) {
        if self.is_full {
            return;
        }
        name::check(&entry.key, "a node", self.diagnostics);
        let id = format!("{}{}", place.prefix, entry.key.value);
        if entry.value.get("template").is_some() && entry.value.get("type").is_none() {
            if self.template(&entry.key, &entry.value, &id, place).is_none() {
                self.expansion.unread.insert(id);
            }
            return;
        }
        let before = self.diagnostics.len();
        let mut value = self
            .definitions
            .fill(&entry.value, place.parameters.as_ref(), self.diagnostics);
        let is_filled = self.diagnostics.len() == before;
        if !is_filled {
            self.expansion.unread.insert(id);
            return;
        }
        if self.expansion.nodes.len() >= MAX_NODES {
            self.is_full = true;
            let message = format!("the flow has more than {MAX_NODES} nodes");
            self.diagnostics
                .push(Diagnostic::new(Code::TooLarge, entry.key.span, message));
            return;
        }
        place.wire(&mut value);
        for group in &place.groups {
            let alias = format!("{group}{}", entry.key.value);
            self.expansion.groups.entry(alias).or_default().push(id.clone());
        }
        self.expansion.nodes.push(Entry {
            key: Spanned::new(id, entry.key.span),
            value,
        });
    }

    /// Makes the nodes of an entry with `template:`; nothing when it was reported.
    fn template(&mut self, key: &Spanned<String>, written: &Yaml, id: &str, place: &Place) -> Option<()> {
        let value = &self.filled_but_arguments(written, place)?;
        let before = self.diagnostics.len();
        let owner = format!("`{}`", shortened(key));
        shape::check(value, &template_use_schema(), &owner, self.diagnostics);
        if self.diagnostics.len() > before {
            return None;
        }
        let name = value.get("template")?;
        let name = Spanned::new(name.scalar_text()?.to_owned(), name.span);
        let template = self.definitions.template(&name, self.diagnostics)?;
        if place.nesting >= MAX_NESTING {
            let message = format!("templates within templates go deeper than {MAX_NESTING}");
            self.diagnostics.push(
                Diagnostic::new(Code::Template, name.span, message)
                    .with_related(template.name.span, "this template")
                    .with_help("does it use itself?"),
            );
            return None;
        }
        let for_each = value.get("for_each");
        let mut whole = Some(());
        for (item, own) in items(key, for_each, self.diagnostics)? {
            if self.is_full {
                return None;
            }
            // Among several, `$(name)` is the one at hand; otherwise it is what the template around is made for.
            let mut scope = place.parameters.clone().unwrap_or_default();
            let name = Rc::new(name_of(&item));
            match for_each {
                Some(_) => drop(scope.insert("name".to_owned(), name)),
                None => drop(scope.entry("name".to_owned()).or_insert(name)),
            }
            let with = written.get("with").map(|with| self.filled(with, Some(&scope)));
            if with == Some(None) {
                whole = None;
                continue;
            }
            let with = with.flatten();
            let with = with.as_ref().map(Yaml::entries).unwrap_or_default();
            let arguments: Vec<&Entry> = own.iter().chain(with).collect();
            let Some(parameters) = self.parameters(&template, &item, &arguments) else {
                whole = None;
                continue;
            };
            let inner = place.within(id, key, for_each.map(|_| &item), &template, parameters);
            let instance = Instance {
                template: template.span,
                made_for: item.span,
            };
            self.expansion.instances.insert(inner.prefix.clone(), instance);
            for node in template.nodes {
                self.entry(node, &inner);
            }
        }
        whole
    }

    /// An entry with its references filled in, but for its arguments: those differ by what it is made for.
    fn filled_but_arguments(&mut self, written: &Yaml, place: &Place) -> Option<Yaml> {
        let mut entries = Vec::new();
        for entry in written.entries() {
            let is_reference = entry.value.scalar_text().is_some();
            let value = match entry.key.value.as_str() {
                "with" if is_reference => continue,
                "with" => entry.value.clone(),
                _ => self.filled(&entry.value, place.parameters.as_ref())?,
            };
            entries.push(Entry {
                key: entry.key.clone(),
                value,
            });
        }
        Some(Yaml {
            span: written.span,
            value: YamlValue::Mapping(entries),
        })
    }

    /// `yaml` with what stands behind its references; nothing when that was reported.
    fn filled(&mut self, yaml: &Yaml, parameters: Option<&Parameters>) -> Option<Yaml> {
        let before = self.diagnostics.len();
        let filled = self.definitions.fill(yaml, parameters, self.diagnostics);
        (self.diagnostics.len() == before).then_some(filled)
    }

    /// What the parameters of a template are for `item`; the first of two arguments with one name holds.
    fn parameters(
        &mut self,
        template: &Template<'_>,
        item: &Spanned<String>,
        arguments: &[&Entry],
    ) -> Option<Parameters> {
        let mut parameters = Parameters::from([("name".to_owned(), Rc::new(name_of(item)))]);
        let mut whole = Some(());
        for argument in arguments {
            let is_known = template
                .parameters
                .iter()
                .any(|(name, _)| name.value == argument.key.value);
            if !is_known {
                let message = format!(
                    "the template `{}` has no parameter `{}`",
                    template.name.value,
                    shortened(&argument.key)
                );
                let known = template.parameters.iter().map(|(name, _)| name.value.as_str());
                let diagnostic = Diagnostic::new(Code::Template, argument.key.span, message)
                    .with_related(template.name.span, "this template");
                self.diagnostics
                    .push(suggested(diagnostic, &argument.key, argument.key.span, known));
                whole = None;
            }
            parameters
                .entry(argument.key.value.clone())
                .or_insert_with(|| Rc::new(argument.value.clone()));
        }
        for (name, default) in &template.parameters {
            if parameters.contains_key(&name.value) {
                continue;
            }
            let Some(default) = default else {
                let message = format!(
                    "the template `{}` needs the parameter `{}` for `{}`",
                    template.name.value,
                    name.value,
                    shortened(item)
                );
                self.diagnostics.push(
                    Diagnostic::new(Code::Template, item.span, message)
                        .with_related(name.span, "it has no default")
                        .with_help(format!("add `with: {{ {}: … }}`", name.value)),
                );
                whole = None;
                continue;
            };
            // A default can use the parameters before it: `topic: factory/$(name)/data`.
            let value = self
                .definitions
                .fill(default, Some(&parameters), self.diagnostics);
            parameters.insert(name.value.clone(), Rc::new(value));
        }
        whole.map(|()| parameters)
    }
}

fn name_of(item: &Spanned<String>) -> Yaml {
    Yaml {
        span: item.span,
        value: YamlValue::Text(item.value.clone()),
    }
}

impl Place {
    /// The place of a template's nodes; `item` is the name among several that it is made for.
    fn within(
        &self,
        id: &str,
        key: &Spanned<String>,
        item: Option<&Spanned<String>>,
        template: &Template<'_>,
        parameters: Parameters,
    ) -> Self {
        let of = |group: &String| format!("{group}{}.", key.value);
        let mut groups: Vec<String> = self.groups.iter().map(of).collect();
        let mut prefix = format!("{id}.");
        if let Some(item) = item {
            let each: Vec<String> = groups
                .iter()
                .map(|group| format!("{group}{}.", item.value))
                .collect();
            groups.push(prefix.clone());
            groups.extend(each);
            prefix = format!("{prefix}{}.", item.value);
        }
        Self {
            prefix,
            groups,
            parameters: Some(parameters),
            own: template.nodes.iter().map(|node| node.key.value.clone()).collect(),
            nesting: self.nesting + 1,
        }
    }

    /// Lets the wires of a node mean the nodes beside it.
    fn wire(&self, node: &mut Yaml) {
        if self.prefix.is_empty() {
            return;
        }
        let YamlValue::Mapping(entries) = &mut node.value else {
            return;
        };
        let Some(from) = entries.iter_mut().find(|entry| entry.key.value == "from") else {
            return;
        };
        let wires = match &mut from.value.value {
            YamlValue::Sequence(items) => items.as_mut_slice(),
            _ => std::slice::from_mut(&mut from.value),
        };
        for wire in wires {
            if let YamlValue::Text(text) = &mut wire.value
                && self.own.contains(text.split('.').next().unwrap_or_default())
            {
                text.insert_str(0, &self.prefix);
            }
        }
    }
}

/// The names that a template is made for, each with its own arguments.
fn items<'y>(
    key: &Spanned<String>,
    for_each: Option<&'y Yaml>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<(Spanned<String>, &'y [Entry])>> {
    let Some(for_each) = for_each else {
        return Some(vec![(key.clone(), &[])]);
    };
    let items: Vec<(Spanned<String>, &[Entry])> = match &for_each.value {
        YamlValue::Sequence(items) => {
            let names = items.iter().filter_map(|item| {
                let name = Spanned::new(item.scalar_text()?.to_owned(), item.span);
                Some((name, [].as_slice()))
            });
            names.collect()
        }
        _ => {
            let entries = for_each.entries().iter();
            entries
                .map(|entry| (entry.key.clone(), entry.value.entries()))
                .collect()
        }
    };
    let mut seen: HashMap<&str, Span> = HashMap::new();
    let mut whole = true;
    for (item, _) in &items {
        let before = diagnostics.len();
        name::check(item, "a machine", diagnostics);
        if let Some(first) = seen.insert(&item.value, item.span) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DuplicateKey,
                    item.span,
                    format!("`{}` stands here twice", shortened(item)),
                )
                .with_related(first, "the first one")
                .with_help("remove one of them"),
            );
        }
        whole &= diagnostics.len() == before;
    }
    whole.then_some(items)
}
