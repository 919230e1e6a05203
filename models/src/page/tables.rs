//! The tables of the page.

use std::fmt::Write;

use super::escaped;
use crate::cleaning::CleaningReport;
use crate::evaluate::{Baseline, Report};
use crate::judge::FalseAlarms;

/// The figures at the head of the page.
pub(super) fn figures(report: &Report) -> String {
    let mut figures = vec![
        (
            format!("{:.3}", report.macro_f1),
            "macro-F1: all classes alike".to_owned(),
        ),
        (
            percent(report.accuracy),
            "of the readings named rightly".to_owned(),
        ),
        (
            percent(report.fault.recall),
            "of faulty readings noticed".to_owned(),
        ),
        (
            percent(report.fault.precision),
            "of fault verdicts are right".to_owned(),
        ),
    ];
    if let Some(share) = named(report) {
        figures.push((percent(share), "of the faults named in time".to_owned()));
    }
    if let Some(alarms) = report.false_alarms {
        let rate = format!("{:.0}", alarms.persistent_a_day());
        let hours = alarms.normal_days * 24.0;
        figures.push((
            rate,
            format!("lasting false alarms a day, from {hours:.1} h of normal operation"),
        ));
    }
    let mut html = "<div class=\"figures\">\n".to_owned();
    for (figure, what) in figures {
        let _ = writeln!(html, "<div><b>{figure}</b><span>{what}</span></div>");
    }
    html.push_str("</div>\n");
    html
}

pub(super) fn classes(report: &Report) -> String {
    let mut rows: Vec<Vec<String>> = report
        .classes
        .iter()
        .map(|class| {
            let scores = [class.precision, class.recall, class.f1];
            let scores = scores.map(|score| format!("{score:.3}"));
            let name = format!("{} {}", class.code, class.label);
            [name]
                .into_iter()
                .chain(scores)
                .chain([class.support.to_string()])
                .collect()
        })
        .collect();
    let fault = &report.fault;
    let scores = [fault.precision, fault.recall, fault.f1].map(|score| format!("{score:.3}"));
    let any = ["any fault, whichever".to_owned()].into_iter().chain(scores);
    rows.push(any.chain([String::new()]).collect());
    let mut html = table(&["class", "precision", "recall", "F1", "readings"], &rows, None);
    for label in &report.unjudged_classes {
        let _ = write!(
            html,
            "<p class=\"how\">{} is in one run only: whoever was judged by it had never seen it.</p>",
            escaped(label)
        );
    }
    html
}

pub(super) fn comparison(report: &Report) -> String {
    let line =
        |rule: &str, scores: [f64; 3], share: Option<f64>, alarms: Option<FalseAlarms>| -> Vec<String> {
            let alarms = alarms.map_or(["-".to_owned(), "-".to_owned()], |alarms| {
                [alarms.every_a_day(), alarms.persistent_a_day()].map(|rate| format!("{rate:.0}"))
            });
            [rule.to_owned()]
                .into_iter()
                .chain(scores.map(|score| format!("{score:.3}")))
                .chain([share.map_or("-".to_owned(), percent)])
                .chain(alarms)
                .collect()
        };
    let model = [report.accuracy, report.macro_f1, report.fault.f1];
    let mut rows = vec![line("this model", model, named(report), report.false_alarms)];
    rows.extend(report.baselines.iter().map(|baseline: &Baseline| {
        let scores = [baseline.accuracy, baseline.macro_f1, baseline.fault.f1];
        line(&baseline.rule, scores, baseline.detected, baseline.false_alarms)
    }));
    let head = [
        "rule",
        "accuracy",
        "macro-F1",
        "fault F1",
        "faults named",
        "false alarms a day",
        "lasting ones",
    ];
    table(&head, &rows, Some(0))
}

pub(super) fn cleaning(cleaning: &CleaningReport, left_out: &[String]) -> String {
    let mut html = "<ul>\n".to_owned();
    for line in cleaning
        .to_string()
        .lines()
        .chain(left_out.iter().map(String::as_str))
    {
        let _ = writeln!(html, "<li>{}</li>", escaped(line.trim()));
    }
    html.push_str("</ul>");
    html
}

/// The share of the faults that were named; nothing without times.
fn named(report: &Report) -> Option<f64> {
    let faults: u64 = report.detections.iter().map(|detection| detection.faults).sum();
    let named: u64 = report.detections.iter().map(|detection| detection.named).sum();
    (faults > 0).then(|| named as f64 / faults as f64)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn table(head: &[&str], rows: &[Vec<String>], main: Option<usize>) -> String {
    let mut html = "<div class=\"wide\"><table>\n<tr>".to_owned();
    for cell in head {
        let _ = write!(html, "<th>{cell}</th>");
    }
    html.push_str("</tr>\n");
    for (index, row) in rows.iter().enumerate() {
        html.push_str(if main == Some(index) {
            "<tr class=\"main\">"
        } else {
            "<tr>"
        });
        for cell in row {
            let _ = write!(html, "<td>{}</td>", escaped(cell));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table></div>");
    html
}
