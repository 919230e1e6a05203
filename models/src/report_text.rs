//! The report as a table for the terminal.

use std::fmt;

use crate::evaluate::Report;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.classes.iter().map(|class| class.label.chars().count());
        let width = labels
            .max()
            .unwrap_or(0)
            .max("always ".len() + self.baseline.label.chars().count());
        let held_out: u64 = self.classes.iter().map(|class| class.support).sum();

        writeln!(
            f,
            "Trained on {} rows of {} runs, judged by {held_out} rows of {} other runs.\n",
            self.training_rows,
            self.training_runs,
            self.held_out_runs.len()
        )?;
        writeln!(f, "code  {:width$}  precision  recall      F1    rows", "class")?;
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
            "      {:width$}  {:9.4}  {:6.4}  {:6.4}\n",
            "any fault", fault.precision, fault.recall, fault.f1
        )?;
        writeln!(f, "      {:width$}   accuracy  macro-F1", "")?;
        writeln!(
            f,
            "      {:width$}  {:9.4}  {:8.4}",
            "this model", self.accuracy, self.macro_f1
        )?;
        let always = format!("always {}", self.baseline.label);
        writeln!(
            f,
            "      {always:width$}  {:9.4}  {:8.4}\n",
            self.baseline.accuracy, self.baseline.macro_f1
        )?;

        write!(
            f,
            "Confusion (rows: true class, columns: answer)\n      {:width$}",
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
        Ok(())
    }
}
