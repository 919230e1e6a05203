//! How soon faults are named, by class and severity.

use super::scale::{Scale, told};
use super::svg::Svg;
use crate::judge::Detection;

const LEFT: f64 = 230.0;
const RIGHT: f64 = 600.0;
const TOP: f64 = 26.0;
const ROW: f64 = 26.0;
const WIDTH: f64 = 720.0;

pub(super) fn plot(detections: &[Detection]) -> String {
    let bottom = TOP + ROW * detections.len() as f64;
    let mut svg = Svg::new("plot", WIDTH, bottom + 44.0, "Seconds until a fault is named");
    let ends = detections
        .iter()
        .flat_map(|detection| [detection.median_s, detection.p90_s]);
    let longest = ends.flatten().fold(1.0_f64, f64::max);
    let x = Scale::new((0.0, longest), (LEFT, RIGHT));
    for mark in x.marks(6) {
        svg.line("grid", (x.place(mark), TOP), (x.place(mark), bottom));
        svg.text("quiet small middle", (x.place(mark), bottom + 16.0), &told(mark));
    }
    svg.text("quiet small end", (WIDTH - 4.0, TOP - 8.0), "never named");
    svg.text("quiet small end", (LEFT - 10.0, TOP - 8.0), "severity");
    svg.text(
        "middle",
        ((LEFT + RIGHT) / 2.0, bottom + 36.0),
        "seconds since the fault began",
    );
    let mut last = None;
    for (place, detection) in detections.iter().enumerate() {
        let y = TOP + ROW * (place as f64 + 0.5);
        if last.replace(detection.code) != Some(detection.code) {
            svg.line("axis", (0.0, y - ROW / 2.0), (WIDTH, y - ROW / 2.0));
            svg.text("start", (0.0, y + 4.0), &detection.label);
        }
        let severity = detection
            .severity
            .map_or("-".to_owned(), |severity| format!("{severity:.1}"));
        svg.text("end", (LEFT - 10.0, y + 4.0), &severity);
        let begin = x.place(0.0);
        match detection.p90_s {
            Some(p90) => svg.rect("soft", (begin, y - 5.0), (x.place(p90) - begin, 10.0), 1.0),
            None => {
                // Steps that fade out: it goes on nobody knows how far.
                let from = x.place(detection.median_s.unwrap_or(0.0));
                svg.rect("soft", (begin, y - 5.0), (from - begin, 10.0), 1.0);
                for step in 0..8 {
                    let part = (RIGHT + 24.0 - from) / 8.0;
                    let opacity = 1.0 - f64::from(step) / 8.0;
                    svg.rect(
                        "soft",
                        (from + part * f64::from(step), y - 5.0),
                        (part, 10.0),
                        opacity,
                    );
                }
            }
        }
        if let Some(median) = detection.median_s {
            let told = format!(
                "{}: half of {} faults named within {} s",
                detection.label,
                detection.faults,
                told(median)
            );
            svg.circle("mark", (x.place(median), y), 5.5, &told);
        }
        let never = detection.never_named();
        let ink = if never > 0.0 { "end warn" } else { "end quiet" };
        svg.text(ink, (WIDTH - 4.0, y + 4.0), &format!("{:.0} %", never * 100.0));
    }
    svg.line("axis", (0.0, bottom), (WIDTH, bottom));
    svg.finish()
}
