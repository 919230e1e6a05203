//! The report as one page: everything in it, nothing fetched, light or dark as the reader's system is.

mod confusion;
mod delay;
mod importance;
mod reliability;
mod scale;
mod separation;
mod svg;
mod tables;

use std::fmt::Write;

use crate::cleaning::CleaningReport;
use crate::evaluate::Report;
use crate::spread::FeatureSpread;
use crate::train::TrainConfig;

/// What stands on the page.
#[derive(Debug, Clone, Copy)]
pub struct ReportPage<'r> {
    /// What the model is for: the flow's name.
    pub title: &'r str,
    /// Name of the log that it learnt from.
    pub log: &'r str,
    /// The settings of the forest.
    pub config: &'r TrainConfig,
    /// What was left out of the log.
    pub cleaning: &'r CleaningReport,
    /// Features that were left out, in words.
    pub left_out: &'r [String],
    /// How good the model is.
    pub report: &'r Report,
    /// How the features are spread in each class.
    pub features: &'r [FeatureSpread],
}

/// A part of the page: a heading, how to read what stands below, and that.
struct Section {
    heading: &'static str,
    how_to_read: String,
    content: String,
}

impl ReportPage<'_> {
    /// The page.
    pub fn html(&self) -> String {
        let mut page = String::new();
        let title = escaped(self.title);
        let _ = write!(
            page,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>Fault model: {title}</title>\n\
             <style>\n{}</style>\n</head>\n<body>\n<header>\n<h1>Fault model: {title}</h1>\n<p>{}</p>\n</header>\n<main>\n",
            include_str!("page.css"),
            self.introduction(),
        );
        page.push_str(&tables::figures(self.report));
        for section in self.sections() {
            let _ = write!(
                page,
                "<section>\n<h2>{}</h2>\n<p class=\"how\">{}</p>\n{}\n</section>\n",
                section.heading, section.how_to_read, section.content
            );
        }
        page.push_str("</main>\n</body>\n</html>\n");
        page
    }

    fn introduction(&self) -> String {
        let TrainConfig {
            trees,
            max_depth,
            min_samples_leaf,
            seed,
            ..
        } = self.config;
        format!(
            "A forest of {trees} trees of depth {max_depth}, {min_samples_leaf} or more rows a leaf, seed {seed}, learnt from \
             {}. Judged by {} rows; {}. The model itself is trained on all rows afterwards.",
            escaped(self.log),
            self.report.judged_rows,
            self.report.judged_by
        )
    }

    fn sections(&self) -> Vec<Section> {
        let report = self.report;
        let mut sections = vec![
            Section {
                heading: "Classes",
                how_to_read: "Precision: how many of the readings that were given this class are of it. Recall: how many \
                              readings of the class were found. F1 is high only when both are."
                    .to_owned(),
                content: tables::classes(report),
            },
            Section {
                heading: "Beside simple rules",
                how_to_read: "The model is worth its place only as far as it beats the rules below it, which anybody could \
                              write down. A false alarm is a fault named in normal operation, the time after a fault \
                              included; one that lasts, in three readings in a row."
                    .to_owned(),
                content: tables::comparison(report),
            },
            Section {
                heading: "What is taken for what",
                how_to_read: "Each row is what the machine really had, each column what the model answered: a good model fills \
                              the diagonal with colour; colour beside it is a mix-up."
                    .to_owned(),
                content: confusion::plot(report),
            },
            Section {
                heading: "Whether a confidence can be trusted",
                how_to_read: format!(
                    "A point on the dashed line means that what is said with 80 % confidence is right in 80 of 100 cases; below \
                     the line the model is too sure of itself, above it too modest. Larger points are more readings. On average \
                     it is {:.1} points off; Brier score {:.3} (0 is perfect).",
                    report.calibration.expected_error * 100.0,
                    report.calibration.brier
                ),
                content: reliability::plot(&report.calibration),
            },
        ];
        if !report.detections.is_empty() {
            sections.push(Section {
                heading: "How soon a fault is named",
                how_to_read: "The dot is when half of the faults had been named, the end of the bar when nine of ten had: three \
                              readings in a row of the right class. A bar that fades out has no such end; the share on the right \
                              was never named."
                    .to_owned(),
                content: delay::plot(&report.detections),
            });
        }
        sections.push(Section {
            heading: "What the model looks at",
            how_to_read: "How much macro-F1 falls when a feature's values are dealt out at random: a long bar is a feature that \
                          the model cannot do without. Features that say the same can stand in for each other, and look small."
                .to_owned(),
            content: importance::plot(&report.importance),
        });
        sections.push(Section {
            heading: "How the classes differ in each feature",
            how_to_read: "The box holds the middle half of a class's readings, the line nine of ten, the tick is the median: where \
                          a class's box lies apart from that of normal operation, this feature alone shows the fault."
                .to_owned(),
            content: separation::plots(self.features),
        });
        sections.push(Section {
            heading: "What was learnt from, and what was not",
            how_to_read: "Rows that cannot be true, and features that tell something else than the fault, were left out.".to_owned(),
            content: tables::cleaning(self.cleaning, self.left_out),
        });
        sections
    }
}

/// A text that is safe between tags and in attributes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
