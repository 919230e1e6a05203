//! What is told of the findings: each mistake once, no consequences, no secrets.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Code, Diagnostic, without_secrets};
use crate::language::{Instance, Span};

/// A mistake in a template is one mistake, however often its nodes are made.
pub(super) fn tell_once(instances: &HashMap<String, Instance>, diagnostics: &mut Vec<Diagnostic>) {
    if instances.is_empty() {
        return;
    }
    let templates: HashSet<Span> = instances.values().map(|instance| instance.template).collect();
    let mut seen = HashSet::new();
    diagnostics.retain_mut(|diagnostic| {
        let Some(span) = diagnostic.span else { return true };
        // `fans.fan-1.in` in a message is `in` of any of them.
        let mut common = String::with_capacity(diagnostic.message.len());
        let mut made_by = None;
        for (number, word) in diagnostic.message.split('`').enumerate() {
            let name = word.rfind('.').and_then(|dot| word.split_at_checked(dot + 1));
            match name.and_then(|(prefix, name)| Some((instances.get(prefix)?, name))) {
                Some((instance, name)) if number % 2 == 1 => {
                    made_by = Some(instance).filter(|instance| contains(instance.template, span));
                    common.push_str(name);
                }
                _ => common.push_str(word),
            }
            common.push('`');
        }
        if let Some(instance) = made_by {
            instance.point_out(diagnostic);
        }
        let is_common = common.len() != diagnostic.message.len() + 1;
        let is_in_template = templates.iter().any(|template| contains(*template, span));
        !(is_common || is_in_template) || seen.insert((diagnostic.code, span, common))
    });
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.source == inner.source && outer.start <= inner.start && inner.end <= outer.end
}

/// Takes secrets out of the messages.
pub(super) fn conceal(secrets: &[String], diagnostics: &mut [Diagnostic]) {
    if secrets.is_empty() {
        return;
    }
    for diagnostic in diagnostics {
        let related = diagnostic.related.iter_mut().map(|(_, label)| label);
        let texts = [&mut diagnostic.message]
            .into_iter()
            .chain(&mut diagnostic.label)
            .chain(related)
            .chain(&mut diagnostic.help)
            .chain(diagnostic.fix.as_mut().map(|fix| &mut fix.replacement));
        for text in texts {
            *text = without_secrets(text, secrets);
        }
    }
}

/// A value with a missing environment variable in it is not what its writer means: nothing else is said about it.
pub(super) fn forget_consequences(diagnostics: &mut Vec<Diagnostic>) {
    let is_missing = |diagnostic: &Diagnostic| diagnostic.code == Code::MissingEnvironment;
    let missing: Vec<Span> = diagnostics
        .iter()
        .filter(|d| is_missing(d))
        .filter_map(|d| d.span)
        .collect();
    diagnostics.retain(|diagnostic| {
        let holds = |span: Span| {
            // The places are in the order of the text: the first that begins within the span decides.
            let before = |place: &Span| (place.source, place.start) < (span.source, span.start);
            let next = missing.partition_point(before);
            missing
                .get(next)
                .is_some_and(|place| place.source == span.source && place.end <= span.end)
        };
        is_missing(diagnostic) || !diagnostic.span.is_some_and(holds)
    });
}
