//! Windows while records run through.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::time::Instant;
use twinflow_engine::node::{Emitter, Memory, NodeContext, Transform};
use twinflow_engine::record::{Batch, Column, EventTime, Key};
use twinflow_engine::schema::Schema;

use super::layout::Layout;
use super::series::{MOST_VALUES, Series};
use super::sliding::Sample;

/// A record that is older than the newest by no more than this, or than the longest window, came late. One that is older
/// than that comes of a clock that was set back.
const LATE: i64 = 60_000_000;

/// What is kept of one machine.
pub(super) struct Machine {
    pub newest: Option<EventTime>,
    /// By field of the layout.
    pub fields: Vec<Series>,
    /// Whether it differs from what was saved.
    pub is_changed: bool,
    /// Whether it was told that a window holds no more.
    is_told_full: bool,
}

impl Machine {
    fn new(layout: &Layout) -> Self {
        let fields = layout.fields.iter();
        Self {
            newest: None,
            fields: fields.map(|field| Series::new(&field.windows)).collect(),
            is_changed: false,
            is_told_full: false,
        }
    }

    /// Takes note of a record's time; false when it is late. What was kept before a clock was set back goes.
    fn is_in_order(&mut self, time: EventTime, layout: &Layout) -> bool {
        if let Some(newest) = self.newest
            && time < newest
        {
            let age = newest.0.saturating_sub(time.0);
            if age <= LATE.max(layout.longest()) {
                return false;
            }
            *self = Self::new(layout);
        }
        self.newest = Some(time);
        true
    }
}

/// The run-time part.
pub(super) struct Windowing {
    pub layout: Arc<Layout>,
    schema: Arc<Schema>,
    context: NodeContext,
    /// By key, whose numbers are dense.
    pub machines: Vec<Option<Machine>>,
    /// When its memory may be saved next.
    pub due: Option<Instant>,
}

impl Windowing {
    /// One that has seen nothing; its records leave with `schema`.
    pub fn new(layout: &Arc<Layout>, schema: &Arc<Schema>, context: &NodeContext) -> Self {
        Self {
            layout: Arc::clone(layout),
            schema: Arc::clone(schema),
            context: context.clone(),
            machines: Vec::new(),
            due: None,
        }
    }

    /// What is kept of a machine.
    pub fn machine(&mut self, key: Key) -> Option<&mut Machine> {
        let at = key.0 as usize;
        if self.machines.len() <= at {
            self.machines.resize_with(at + 1, || None);
        }
        let machine = self.machines.get_mut(at)?;
        Some(machine.get_or_insert_with(|| Machine::new(&self.layout)))
    }

    /// Takes a record with a number for each field, NaN where it has none.
    fn take(&mut self, key: Key, time: EventTime, values: impl Iterator<Item = f64>) {
        let layout = Arc::clone(&self.layout);
        let Some(machine) = self.machine(key) else {
            return;
        };
        let is_in_order = machine.is_in_order(time, &layout);
        let now = machine.newest.unwrap_or(time);
        let mut is_whole = true;
        for (series, value) in machine.fields.iter_mut().zip(values) {
            series.advance(now);
            if is_in_order && value.is_finite() {
                is_whole &= series.push(Sample { time, value });
            }
        }
        machine.is_changed |= is_in_order;
        if !is_whole && !std::mem::replace(&mut machine.is_told_full, true) {
            self.tell_full(key);
        }
    }

    fn tell_full(&self, key: Key) {
        let name = self.context.keys.name(key);
        let of = if name.is_empty() {
            String::new()
        } else {
            format!(" of `{name}`")
        };
        self.context.problems.report(
            "window full",
            format!(
                "a window{of} holds {MOST_VALUES} values and looks back less far than it should: make `over` shorter, \
                 or let fewer records arrive"
            ),
        );
    }

    /// Adds what the windows of a machine give now to the columns.
    fn give(&self, key: Key, columns: &mut [Vec<f64>]) {
        let machine = self.machines.get(key.0 as usize).and_then(Option::as_ref);
        for (output, column) in self.layout.outputs.iter().zip(columns) {
            let value = machine.and_then(|machine| {
                let series = machine.fields.get(output.field)?;
                Some(series.value(output.function, output.window, machine.newest?))
            });
            let value = value.map_or(f64::NAN, |value| output.conversion.apply(value));
            column.push(if value.is_finite() { value } else { f64::NAN });
        }
    }
}

impl Transform for Windowing {
    fn process(&mut self, batch: Batch, out: &mut Emitter) {
        let layout = Arc::clone(&self.layout);
        let inputs: Vec<Cow<'_, [f64]>> = layout
            .fields
            .iter()
            .map(|field| numbers(&batch, field.slot))
            .collect();
        let mut columns: Vec<Vec<f64>> = layout
            .outputs
            .iter()
            .map(|_| Vec::with_capacity(batch.len()))
            .collect();
        for (row, (time, key)) in batch.times().iter().zip(batch.keys()).enumerate() {
            let values = inputs
                .iter()
                .map(|input| input.get(row).copied().unwrap_or(f64::NAN));
            self.take(*key, *time, values);
            self.give(*key, &mut columns);
        }
        drop(inputs);
        out.emit(
            0,
            batch.extended(&self.schema, columns.into_iter().map(Column::Number)),
        );
    }

    fn memory(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }
}

/// A field as numbers; without one, 1 for every record. What is no number counts as 1 where it is there.
fn numbers(batch: &Batch, slot: Option<usize>) -> Cow<'_, [f64]> {
    fn present<T>(rows: &[Option<T>]) -> Cow<'static, [f64]> {
        let number = |value: &Option<T>| if value.is_some() { 1.0 } else { f64::NAN };
        rows.iter().map(number).collect()
    }
    let Some(slot) = slot else {
        return vec![1.0; batch.len()].into();
    };
    match batch.column(slot).map(|column| &**column) {
        Some(Column::Number(rows)) => rows.into(),
        Some(Column::Integer(rows)) => rows
            .iter()
            .map(|value| value.map_or(f64::NAN, |value| value as f64))
            .collect(),
        Some(Column::Boolean(rows)) => rows
            .iter()
            .map(|value| value.map_or(f64::NAN, |value| f64::from(u8::from(value))))
            .collect(),
        Some(Column::Text(rows)) => present(rows),
        Some(Column::Time(rows)) => present(rows),
        Some(Column::Json(rows)) => present(rows),
        None => Cow::Borrowed(&[]),
    }
}
