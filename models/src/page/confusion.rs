//! The confusion matrix as a heat map.

use super::svg::Svg;
use crate::evaluate::Report;

const LEFT: f64 = 190.0;
const TOP: f64 = 46.0;
const ROW: f64 = 44.0;
/// From this share of a row on, a field is dark enough for light letters.
const DARK: f64 = 0.5;

pub(super) fn plot(report: &Report) -> String {
    let shown: Vec<usize> = (0..report.classes.len())
        .filter(|class| is_shown(report, *class))
        .collect();
    let column = ((720.0 - LEFT) / shown.len().max(1) as f64).min(106.0);
    let width = LEFT + column * shown.len() as f64 + 1.0;
    let height = TOP + ROW * shown.len() as f64 + 1.0;
    let mut svg = Svg::new("plot", width, height, "Confusion matrix");
    svg.text("quiet small start", (0.0, TOP - 8.0), "really ↓   answered →");
    for (place, class) in shown.iter().enumerate() {
        let Some(score) = report.classes.get(*class) else {
            continue;
        };
        let x = LEFT + column * place as f64;
        let y = TOP + ROW * place as f64;
        for (line, words) in broken(&score.label).into_iter().enumerate() {
            svg.text(
                "small middle",
                (x + column / 2.0, TOP - 24.0 + 14.0 * line as f64),
                &words,
            );
        }
        svg.text("end", (LEFT - 10.0, y + ROW / 2.0 + 4.0), &score.label);
        let Some(row) = report.confusion.get(*class) else {
            continue;
        };
        let total: u64 = row.iter().sum();
        for (place, answer) in shown.iter().enumerate() {
            let rows = row.get(*answer).copied().unwrap_or_default();
            let share = rows as f64 / total.max(1) as f64;
            let x = LEFT + column * place as f64;
            svg.rect("field", (x, y), (column, ROW), share);
            svg.rect("frame", (x, y), (column, ROW), 0.0);
            let ink = if share >= DARK { "on-mark" } else { "" };
            let middle = x + column / 2.0;
            svg.text(
                &format!("middle {ink}"),
                (middle, y + 19.0),
                &format!("{:.1} %", share * 100.0),
            );
            svg.text(
                &format!("small middle {ink}"),
                (middle, y + 35.0),
                &rows.to_string(),
            );
        }
    }
    svg.finish()
}

/// Classes that nobody had and nobody was given take no room.
fn is_shown(report: &Report, class: usize) -> bool {
    let answered = report
        .confusion
        .iter()
        .filter_map(|row| row.get(class))
        .any(|rows| *rows > 0);
    answered || report.classes.get(class).is_some_and(|class| class.support > 0)
}

/// Two lines at most, broken at the first space.
fn broken(label: &str) -> Vec<String> {
    match label.split_once(' ') {
        Some((first, rest)) => vec![first.to_owned(), rest.to_owned()],
        None => vec![String::new(), label.to_owned()],
    }
}
