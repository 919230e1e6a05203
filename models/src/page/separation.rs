//! The spread of each feature, class by class.

use std::fmt::Write;

use super::escaped;
use super::scale::{Scale, told};
use super::svg::Svg;
use crate::spread::FeatureSpread;

const WIDTH: f64 = 400.0;
const LEFT: f64 = 150.0;
const ROW: f64 = 24.0;

pub(super) fn plots(features: &[FeatureSpread]) -> String {
    let mut html = "<div class=\"multiples\">\n".to_owned();
    for feature in features {
        let unit = feature
            .unit
            .as_deref()
            .map(|unit| format!(" [{unit}]"))
            .unwrap_or_default();
        let name = escaped(&format!("{}{unit}", feature.feature));
        let _ = writeln!(html, "<div><h3>{name}</h3>\n{}</div>", plot(feature));
    }
    html.push_str("</div>");
    html
}

fn plot(feature: &FeatureSpread) -> String {
    let bottom = ROW * feature.classes.len() as f64;
    let title = format!("{} by class", feature.feature);
    let mut svg = Svg::new("small-plot", WIDTH, bottom + 22.0, &title);
    let least = feature
        .classes
        .iter()
        .map(|class| class.p5)
        .fold(f32::MAX, f32::min);
    let greatest = feature
        .classes
        .iter()
        .map(|class| class.p95)
        .fold(f32::MIN, f32::max);
    let x = Scale::new((f64::from(least), f64::from(greatest)), (LEFT, WIDTH - 14.0));
    for mark in x.marks(4) {
        svg.line("grid", (x.place(mark), 0.0), (x.place(mark), bottom));
        svg.text("quiet small middle", (x.place(mark), bottom + 16.0), &told(mark));
    }
    for (place, class) in feature.classes.iter().enumerate() {
        let y = ROW * (place as f64 + 0.5);
        let at = |value: f32| x.place(f64::from(value));
        svg.text("small end", (LEFT - 10.0, y + 4.0), &class.class);
        svg.line("whisker", (at(class.p5), y), (at(class.p95), y));
        let width = (at(class.p75) - at(class.p25)).max(2.0);
        svg.rect("soft", (at(class.p25), y - 7.0), (width, 14.0), 1.0);
        svg.line("median", (at(class.median), y - 8.0), (at(class.median), y + 8.0));
    }
    svg.finish()
}
