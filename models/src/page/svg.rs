//! The little SVG that plots need: what is drawn gets classes, the page's style gives it colours.

use std::fmt::Write;

use super::escaped;

/// A drawing.
pub(super) struct Svg {
    class: &'static str,
    width: f64,
    height: f64,
    title: String,
    body: String,
}

/// A point in the drawing.
pub(super) type Point = (f64, f64);

impl Svg {
    /// An empty drawing; `title` says to a screen reader what it shows.
    pub fn new(class: &'static str, width: f64, height: f64, title: &str) -> Self {
        Self {
            class,
            width,
            height,
            title: escaped(title),
            body: String::new(),
        }
    }

    pub fn line(&mut self, class: &str, from: Point, to: Point) {
        let _ = writeln!(
            self.body,
            r#"<line class="{class}" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}"/>"#,
            from.0, from.1, to.0, to.1
        );
    }

    /// A rectangle of an opacity from 0 to 1.
    pub fn rect(&mut self, class: &str, corner: Point, size: Point, opacity: f64) {
        let _ = writeln!(
            self.body,
            r#"<rect class="{class}" x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" fill-opacity="{opacity:.3}"/>"#,
            corner.0,
            corner.1,
            size.0.max(0.0),
            size.1.max(0.0)
        );
    }

    pub fn circle(&mut self, class: &str, centre: Point, radius: f64, told: &str) {
        let _ = writeln!(
            self.body,
            r#"<circle class="{class}" cx="{:.1}" cy="{:.1}" r="{radius:.1}"><title>{}</title></circle>"#,
            centre.0,
            centre.1,
            escaped(told)
        );
    }

    pub fn text(&mut self, class: &str, at: Point, text: &str) {
        let _ = writeln!(
            self.body,
            r#"<text class="{class}" x="{:.1}" y="{:.1}">{}</text>"#,
            at.0,
            at.1,
            escaped(text)
        );
    }

    /// A text that is read from below.
    pub fn upright(&mut self, class: &str, at: Point, text: &str) {
        let _ = writeln!(
            self.body,
            r#"<text class="{class}" transform="translate({:.1} {:.1}) rotate(-90)">{}</text>"#,
            at.0,
            at.1,
            escaped(text)
        );
    }

    pub fn finish(self) -> String {
        format!(
            "<svg class=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n{}</svg>",
            self.class, self.width, self.height, self.title, self.body
        )
    }
}
