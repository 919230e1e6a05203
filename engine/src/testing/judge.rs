//! What was seen against what was expected.

use std::sync::Arc;

use super::captured::{Row, rows};
use super::run::later;
use super::wanted::shown;
use super::{Condition, Expectation, Expected, ExpectedRecord, FlowTest, Problems};
use crate::diagnostic::{Code, Diagnostic};
use crate::formula::Evaluator;
use crate::graph::Graph;
use crate::language::Span;
use crate::record::{Batch, Column, Keys};
use crate::runtime::{Offline, Problem};

/// Messages show this many of the records that were seen.
const SHOWN_RECORDS: usize = 8;

/// Everything that is not as expected.
pub(super) fn judge(
    test: &FlowTest,
    graph: &Graph,
    captured: &[Vec<Batch>],
    offline: &Offline,
) -> Vec<Diagnostic> {
    let mut failures = Vec::new();
    for (expected, batches) in test.expected.iter().zip(captured) {
        let place = Place {
            test,
            expected,
            rows: rows(batches),
            batches,
            keys: offline.keys(),
        };
        for expectation in &expected.expectations {
            place.judge(expectation, &mut failures);
        }
    }
    let mut problems = offline.problems().all();
    problems.reverse();
    for expected in &test.expected {
        let Some(node) = graph.nodes.get(expected.node) else {
            continue;
        };
        if let Some(wanted) = &expected.problems {
            let (own, others) = problems
                .into_iter()
                .partition(|problem| *problem.node == *node.id.value);
            problems = others;
            judge_problems(wanted, &own, expected, &mut failures);
        }
    }
    for problem in problems {
        let message = format!(
            "`{}` had a problem that the test does not expect: {}",
            problem.node,
            told(&problem)
        );
        failures.push(
            Diagnostic::new(Code::TestFailed, test.name.span, message).with_help(format!(
                "expect it with `{}: {{ errors: 1 }}`, or mend it",
                problem.node
            )),
        );
    }
    failures
}

fn told(problem: &Problem) -> String {
    match problem.count {
        1 => format!("{}: {}", problem.kind, problem.message),
        count => format!("{} ({count} times): {}", problem.kind, problem.message),
    }
}

fn judge_problems(wanted: &Problems, found: &[Problem], expected: &Expected, failures: &mut Vec<Diagnostic>) {
    let all: Vec<String> = found.iter().map(told).collect();
    let seen = match all.as_slice() {
        [] => "there was none".to_owned(),
        all => format!("there were:\n{}", all.join("\n")),
    };
    let mut fail = |span: Span, message: String| {
        failures.push(Diagnostic::new(Code::TestFailed, span, message).with_help(seen.clone()));
    };
    match wanted {
        Problems::Count(wanted, span) => {
            let count: u64 = found.iter().map(|problem| problem.count).sum();
            if i64::try_from(count) != Ok(*wanted) {
                let message = format!("`{}` had {count} problems, expected {wanted}", expected.id.value);
                fail(*span, message);
            }
        }
        Problems::Texts(texts) => {
            for text in texts {
                if !all.iter().any(|told| told.contains(&text.value)) {
                    let message = format!("`{}` had no problem with `{}`", expected.id.value, text.value);
                    fail(text.span, message);
                }
            }
        }
    }
}

/// A place at which a test expects something, and what was seen there.
struct Place<'p> {
    test: &'p FlowTest,
    expected: &'p Expected,
    rows: Vec<Row<'p>>,
    batches: &'p [Batch],
    keys: Arc<Keys>,
}

impl Place<'_> {
    fn judge(&self, expectation: &Expectation, failures: &mut Vec<Diagnostic>) {
        match expectation {
            Expectation::Records(wanted, span) => self.records(wanted, *span, failures),
            Expectation::Count(wanted, span) => {
                if i64::try_from(self.rows.len()) != Ok(*wanted) {
                    failures.push(self.count(*wanted, *span));
                }
            }
            Expectation::First(wanted) => self.one(wanted, self.rows.first(), "the first record", failures),
            Expectation::Last(wanted) => self.one(wanted, self.rows.last(), "the last record", failures),
            Expectation::Any(condition) => {
                if !self.truths(condition).contains(&Some(true)) {
                    failures.push(self.condition(condition, "no record", "meets"));
                }
            }
            Expectation::Every(condition) => {
                let truths = self.truths(condition);
                let first = truths.iter().position(|truth| *truth != Some(true));
                failures.extend(first.map(|row| self.condition_at(condition, row, "does not meet")));
            }
            Expectation::Never(condition) => {
                let truths = self.truths(condition);
                let first = truths.iter().position(|truth| *truth == Some(true));
                failures.extend(first.map(|row| self.condition_at(condition, row, "meets")));
            }
        }
    }

    fn records(&self, wanted: &[ExpectedRecord], span: Span, failures: &mut Vec<Diagnostic>) {
        for (number, wanted) in wanted.iter().enumerate() {
            if let Some(row) = self.rows.get(number) {
                self.one(wanted, Some(row), &format!("record {}", number + 1), failures);
            }
        }
        if self.rows.len() != wanted.len() {
            let span = wanted.get(self.rows.len()).map_or(span, |first| first.span);
            failures.push(self.count(wanted.len() as i64, span));
        }
    }

    /// What was seen, for help.
    fn seen(&self) -> String {
        if self.rows.is_empty() {
            return "nothing came".to_owned();
        }
        let shown = self.rows.iter().take(SHOWN_RECORDS).enumerate();
        let mut lines: Vec<String> = shown
            .map(|(number, row)| format!("{}. {}", number + 1, row.shown(&self.expected.schema, &self.keys)))
            .collect();
        if self.rows.len() > SHOWN_RECORDS {
            lines.push(format!("… {} more", self.rows.len() - SHOWN_RECORDS));
        }
        format!("there came:\n{}", lines.join("\n"))
    }

    fn count(&self, wanted: i64, span: Span) -> Diagnostic {
        let plural = if self.rows.len() == 1 { "" } else { "s" };
        let message = format!(
            "`{}` gave {} record{plural}, expected {wanted}",
            self.expected.id.value,
            self.rows.len()
        );
        Diagnostic::new(Code::TestFailed, span, message).with_help(self.seen())
    }

    /// A record against the one expected: every field that differs, at its place.
    fn one(
        &self,
        wanted: &ExpectedRecord,
        found: Option<&Row<'_>>,
        called: &str,
        failures: &mut Vec<Diagnostic>,
    ) {
        let id = &self.expected.id.value;
        let Some(row) = found else {
            let message = format!("{called} of `{id}` is not there");
            failures.push(Diagnostic::new(Code::TestFailed, wanted.span, message).with_help("nothing came"));
            return;
        };
        let mut differing: Vec<(Span, String)> = Vec::new();
        if let Some(at) = &wanted.at
            && row.time != later(self.test.start, at.value)
        {
            let seconds = row.time.seconds_since(self.test.start);
            differing.push((
                at.span,
                format!("came at {seconds} s, expected at {} s", at.value.as_secs_f64()),
            ));
        }
        if let Some(key) = &wanted.key
            && *self.keys.name(row.key) != *key.value
        {
            let found = self.keys.name(row.key);
            differing.push((
                key.span,
                format!("is of the machine `{found}`, expected `{}`", key.value),
            ));
        }
        for (slot, wanted) in &wanted.values {
            let (value, field) = (row.value(*slot), self.expected.schema.get(*slot));
            if let (false, Some(field)) = (wanted.value.is_met_by(&value), field) {
                let found = shown(&value, &field.field_type);
                let expected = wanted.value.shown(&field.field_type);
                differing.push((
                    wanted.span,
                    format!("has `{}` = {found}, expected {expected}", field.name),
                ));
            }
        }
        let all = row.shown(&self.expected.schema, &self.keys);
        failures.extend(differing.into_iter().map(|(span, difference)| {
            let message = format!("{called} of `{id}` {difference}");
            Diagnostic::new(Code::TestFailed, span, message).with_help(format!("all of it: {all}"))
        }));
    }

    /// Whether each record meets a condition; nothing where it cannot be told.
    fn truths(&self, condition: &Condition) -> Vec<Option<bool>> {
        let mut evaluator = Evaluator::new(condition.program.clone());
        let columns = self
            .batches
            .iter()
            .map(|batch| (evaluator.evaluate(batch), batch.len()));
        let truths = columns.flat_map(|(columns, rows)| match columns.into_iter().next() {
            Some(Column::Boolean(truths)) => truths,
            _ => vec![None; rows],
        });
        truths.collect()
    }

    fn condition(&self, condition: &Condition, who: &str, does: &str) -> Diagnostic {
        let message = format!(
            "{who} of `{}` {does} `{}`",
            self.expected.id.value, condition.text.value
        );
        Diagnostic::new(Code::TestFailed, condition.text.span, message).with_help(self.seen())
    }

    fn condition_at(&self, condition: &Condition, row: usize, does: &str) -> Diagnostic {
        let message = format!(
            "record {} of `{}` {does} `{}`",
            row + 1,
            self.expected.id.value,
            condition.text.value
        );
        let shown = self
            .rows
            .get(row)
            .map(|row| row.shown(&self.expected.schema, &self.keys));
        Diagnostic::new(Code::TestFailed, condition.text.span, message)
            .with_help(format!("it is {}", shown.unwrap_or_default()))
    }
}
