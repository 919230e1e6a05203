//! What a checked node computes: which fields it keeps, over which windows, and what it gives.

use std::sync::Arc;

use twinflow_engine::unit::{Conversion, Unit};

use super::function::Function;
use super::statistic::Statistic;

/// What is kept and what is given.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub fields: Vec<FieldLayout>,
    /// In the order of the values in the flow.
    pub outputs: Vec<OutputLayout>,
}

/// A field whose values are kept once, however many windows and functions look at them.
#[derive(Clone, Debug)]
pub(super) struct FieldLayout {
    /// What its memory is saved as.
    pub part: Arc<str>,
    /// Nothing where records are counted.
    pub slot: Option<usize>,
    pub unit: Unit,
    pub windows: Vec<WindowLayout>,
}

/// A window on a field, and what its functions need.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowLayout {
    /// How long it is, in microseconds.
    pub over: i64,
    pub has_summary: bool,
    pub has_median: bool,
}

/// A value that is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutputLayout {
    pub function: Function,
    /// Which of the fields.
    pub field: usize,
    /// Which of its windows.
    pub window: usize,
    pub conversion: Conversion,
}

impl Layout {
    /// Adds a statistic over so many microseconds.
    pub fn add(&mut self, statistic: &Statistic, over: i64) {
        let slot = statistic.of.as_ref().map(|(slot, _)| *slot);
        let known = self.fields.iter().position(|field| field.slot == slot);
        let number = known.unwrap_or(self.fields.len());
        if known.is_none() {
            let name = statistic.of.as_ref().map(|(_, field)| &field.name);
            self.fields.push(FieldLayout {
                // No field has such a name.
                part: name.map_or_else(|| "count()".into(), Arc::clone),
                slot,
                unit: statistic.field_unit.clone(),
                windows: Vec::new(),
            });
        }
        let Some(field) = self.fields.get_mut(number) else {
            return;
        };
        let known = field.windows.iter().position(|window| window.over == over);
        let window = known.unwrap_or(field.windows.len());
        if known.is_none() {
            field.windows.push(WindowLayout {
                over,
                has_summary: false,
                has_median: false,
            });
        }
        if let Some(window) = field.windows.get_mut(window) {
            window.has_summary |= statistic.function.is_summary();
            window.has_median |= statistic.function == Function::Median;
        }
        self.outputs.push(OutputLayout {
            function: statistic.function,
            field: number,
            window,
            conversion: statistic.conversion(),
        });
    }

    /// The longest of all windows, in microseconds.
    pub fn longest(&self) -> i64 {
        let windows = self.fields.iter().flat_map(|field| &field.windows);
        windows.map(|window| window.over).max().unwrap_or_default()
    }
}
