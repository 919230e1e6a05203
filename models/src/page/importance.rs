//! What each feature is worth.

use super::scale::Scale;
use super::svg::Svg;
use crate::evaluate::FeatureImportance;

const LEFT: f64 = 200.0;
const RIGHT: f64 = 620.0;
const ROW: f64 = 28.0;

pub(super) fn plot(importance: &[FeatureImportance]) -> String {
    let mut features: Vec<&FeatureImportance> = importance.iter().collect();
    features.sort_by(|a, b| b.macro_f1_loss.total_cmp(&a.macro_f1_loss));
    let greatest = features
        .first()
        .map_or(0.0, |feature| feature.macro_f1_loss)
        .max(0.01);
    let x = Scale::new((0.0, greatest), (LEFT, RIGHT));
    let height = ROW * features.len() as f64;
    let mut svg = Svg::new("plot", 720.0, height + 4.0, "Importance of the features");
    for (place, feature) in features.iter().enumerate() {
        let y = ROW * place as f64;
        let end = x.place(feature.macro_f1_loss);
        svg.text("end", (LEFT - 10.0, y + 18.0), &feature.feature);
        svg.rect("mark", (LEFT, y + 5.0), (end - LEFT, ROW - 10.0), 1.0);
        let loss = format!("{:.3}", feature.macro_f1_loss);
        svg.text("quiet start", (end + 8.0, y + 18.0), &loss);
    }
    svg.line("axis", (LEFT, 0.0), (LEFT, height));
    svg.finish()
}
