//! The report as tables for the terminal.

use std::fmt;

use crate::evaluate::{JudgedBy, Report};
use crate::judge::{Detection, FalseAlarms};

impl fmt::Display for JudgedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JudgedBy::Folds { folds, runs } => write!(
                f,
                "cross-validation: {runs} runs in {folds} parts, each judged by a model that has seen none of its runs"
            ),
            JudgedBy::LatestRuns { runs, training_rows } => write!(
                f,
                "the latest {runs} runs, judged by a model trained on the {training_rows} rows before them"
            ),
            JudgedBy::LatestRows { training_rows } => write!(
                f,
                "the latest quarter of the rows, judged by a model trained on the {training_rows} rows before it"
            ),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.classes.iter().map(|class| &class.label);
        let rules = self.baselines.iter().map(|baseline| &baseline.rule);
        let width = labels.chain(rules).map(|text| text.chars().count()).max();
        let width = width.unwrap_or(0).max("this model".len());
        writeln!(f, "Judged by {} rows; {}.", self.judged_rows, self.judged_by)?;
        for label in &self.unjudged_classes {
            writeln!(
                f,
                "{label} is in one run only: whoever was judged by it had never seen it."
            )?;
        }
        self.write_classes(f, width)?;
        self.write_comparison(f, width)?;
        self.write_confusion(f, width)?;
        self.write_calibration(f)?;
        self.write_detections(f, width)?;
        self.write_importance(f)
    }
}

impl Report {
    fn write_classes(&self, f: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        writeln!(f, "\ncode  {:width$}  precision  recall      F1    rows", "class")?;
        for class in &self.classes {
            writeln!(
                f,
                "{:4}  {:width$}  {:9.4}  {:6.4}  {:6.4}  {:6}",
                class.code, class.label, class.precision, class.recall, class.f1, class.support
            )?;
        }
        let fault = &self.fault;
        writeln!(
            f,
            "      {:width$}  {:9.4}  {:6.4}  {:6.4}",
            "any fault", fault.precision, fault.recall, fault.f1
        )
    }

    fn write_comparison(&self, f: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        writeln!(
            f,
            "\n      {:width$}  accuracy  macro-F1  fault F1  faults named  false alarms a day: all  lasting",
            ""
        )?;
        let faults: u64 = self.detections.iter().map(|detection| detection.faults).sum();
        let named: u64 = self.detections.iter().map(|detection| detection.named).sum();
        let detected = (faults > 0).then(|| named as f64 / faults as f64);
        let mut line = |rule: &str, scores: [f64; 3], detected: Option<f64>, alarms: Option<FalseAlarms>| {
            let [accuracy, macro_f1, fault_f1] = scores;
            let detected = detected.map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0));
            let alarms = alarms.map_or(["-".to_owned(), "-".to_owned()], |alarms| {
                [alarms.every_a_day(), alarms.persistent_a_day()].map(|rate| format!("{rate:.1}"))
            });
            let [every, lasting] = alarms;
            writeln!(
                f,
                "      {rule:width$}  {accuracy:8.4}  {macro_f1:8.4}  {fault_f1:8.4}  {detected:>12}  {every:>23}  {lasting:>7}"
            )
        };
        let scores = [self.accuracy, self.macro_f1, self.fault.f1];
        line("this model", scores, detected, self.false_alarms)?;
        for baseline in &self.baselines {
            let scores = [baseline.accuracy, baseline.macro_f1, baseline.fault.f1];
            line(&baseline.rule, scores, baseline.detected, baseline.false_alarms)?;
        }
        if let Some(alarms) = self.false_alarms {
            writeln!(
                f,
                "      A false alarm is a fault named in normal operation ({:.1} h of it, the time after a fault included); one that \
                 lasts, in three readings in a row.",
                alarms.normal_days * 24.0
            )?;
        }
        Ok(())
    }

    fn write_confusion(&self, f: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        write!(
            f,
            "\nConfusion (rows: true class, columns: answer)\n      {:width$}",
            ""
        )?;
        for class in &self.classes {
            write!(f, "  {:>6}", class.code)?;
        }
        for (class, row) in self.classes.iter().zip(&self.confusion) {
            write!(f, "\n{:4}  {:width$}", class.code, class.label)?;
            for rows in row {
                write!(f, "  {rows:6}")?;
            }
        }
        writeln!(f)
    }

    fn write_calibration(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calibration = &self.calibration;
        writeln!(
            f,
            "\nCalibration: expected error {:.4}, Brier score {:.4}\n      confidence  hit rate    rows",
            calibration.expected_error, calibration.brier
        )?;
        for bin in &calibration.bins {
            writeln!(
                f,
                "      {:10.3}  {:8.3}  {:6}",
                bin.confidence, bin.hit_rate, bin.rows
            )?;
        }
        Ok(())
    }

    fn write_detections(&self, f: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        if self.detections.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "\nSeconds from a fault's begin until three readings in a row name it\ncode  {:width$}  severity  faults  \
             never named   median      90 %",
            "class"
        )?;
        let seconds =
            |seconds: Option<f64>| seconds.map_or("never".to_owned(), |seconds| format!("{seconds:.1}"));
        for detection in &self.detections {
            let severity = detection
                .severity
                .map_or("-".to_owned(), |severity| format!("{severity:.1}"));
            writeln!(
                f,
                "{:4}  {:width$}  {severity:>8}  {:6}  {:9.1} %  {:>7}  {:>8}",
                detection.code,
                detection.label,
                detection.faults,
                detection.never_named() * 100.0,
                seconds(detection.median_s),
                seconds(detection.p90_s)
            )?;
        }
        Ok(())
    }

    fn write_importance(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\nWhat macro-F1 loses without the feature")?;
        let width = self
            .importance
            .iter()
            .map(|feature| feature.feature.chars().count());
        let width = width.max().unwrap_or(0);
        let mut features: Vec<_> = self.importance.iter().collect();
        features.sort_by(|a, b| b.macro_f1_loss.total_cmp(&a.macro_f1_loss));
        for feature in features {
            write!(
                f,
                "\n      {:width$}  {:7.4}",
                feature.feature, feature.macro_f1_loss
            )?;
        }
        Ok(())
    }
}

impl Detection {
    /// The share of the faults that are never named.
    pub fn never_named(&self) -> f64 {
        1.0 - self.named as f64 / self.faults.max(1) as f64
    }
}
