//! Confidence against hit rate.

use super::scale::Scale;
use super::svg::Svg;
use crate::judge::Calibration;

const SIZE: f64 = 400.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 12.0;
/// Points of fewer readings say too little for a line to go through them.
const JOINED_ROWS: u64 = 20;

pub(super) fn plot(calibration: &Calibration) -> String {
    let mut svg = Svg::new(
        "square",
        LEFT + SIZE + 20.0,
        TOP + SIZE + 50.0,
        "Reliability diagram",
    );
    let x = Scale::new((0.0, 1.0), (LEFT, LEFT + SIZE));
    let y = Scale::new((0.0, 1.0), (TOP + SIZE, TOP));
    for mark in x.marks(5) {
        let label = format!("{:.0} %", mark * 100.0);
        svg.line("grid", (x.place(mark), TOP), (x.place(mark), TOP + SIZE));
        svg.line("grid", (LEFT, y.place(mark)), (LEFT + SIZE, y.place(mark)));
        svg.text("quiet small middle", (x.place(mark), TOP + SIZE + 18.0), &label);
        svg.text("quiet small end", (LEFT - 8.0, y.place(mark) + 4.0), &label);
    }
    svg.line(
        "ideal",
        (x.place(0.0), y.place(0.0)),
        (x.place(1.0), y.place(1.0)),
    );
    svg.text(
        "middle",
        (LEFT + SIZE / 2.0, TOP + SIZE + 40.0),
        "confidence of the answer",
    );
    svg.upright("middle", (14.0, TOP + SIZE / 2.0), "answers that are right");
    let most = calibration
        .bins
        .iter()
        .map(|bin| bin.rows)
        .max()
        .unwrap_or(1)
        .max(1) as f64;
    let point = |confidence: f64, hits: f64| (x.place(confidence), y.place(hits));
    let bins = &calibration.bins;
    let joined: Vec<_> = bins.iter().filter(|bin| bin.rows >= JOINED_ROWS).collect();
    for (bin, next) in joined.iter().zip(joined.iter().skip(1)) {
        svg.line(
            "whisker",
            point(bin.confidence, bin.hit_rate),
            point(next.confidence, next.hit_rate),
        );
    }
    for bin in bins {
        let radius = 3.0 + 9.0 * (bin.rows as f64 / most).sqrt();
        let told = format!(
            "{} readings of {:.1} % confidence: {:.1} % right",
            bin.rows,
            bin.confidence * 100.0,
            bin.hit_rate * 100.0
        );
        svg.circle("mark", point(bin.confidence, bin.hit_rate), radius, &told);
    }
    svg.finish()
}
