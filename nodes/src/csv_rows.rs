//! Records as the rows of a CSV log: the time, the machine, the fields, and what else a log tells of each.

use twinflow_engine::record::{Batch, Keys, Value};

use crate::field_selection::SelectedField;

/// The columns of a log.
#[derive(Clone, Debug)]
pub struct CsvRows {
    fields: Vec<SelectedField>,
    /// Names of the columns behind the fields.
    more: &'static [&'static str],
}

impl CsvRows {
    /// The columns `time` and `key`, and then these fields.
    pub fn of(fields: Vec<SelectedField>) -> Self {
        Self { fields, more: &[] }
    }

    /// The same, and further columns behind them. A field of the name of one makes room for it.
    pub fn with(mut self, more: &'static [&'static str]) -> Self {
        self.fields.retain(|field| !more.contains(&&*field.name));
        self.more = more;
        self
    }

    /// The first line: the names, and the units in brackets.
    pub fn header(&self) -> Vec<u8> {
        let fields = self
            .fields
            .iter()
            .map(|field| match field.field.field_type.unit() {
                Some(unit) => format!("{} [{unit}]", field.name),
                None => field.name.to_string(),
            });
        let names = ["time".to_owned(), "key".to_owned()].into_iter();
        let more = self.more.iter().map(|name| (*name).to_owned());
        let mut header = Vec::new();
        write(names.chain(fields).chain(more), &mut header);
        header
    }

    /// Adds a row of the batch, with the cells of the further columns.
    pub fn write(&self, batch: &Batch, row: usize, keys: &Keys, more: &[&str], out: &mut Vec<u8>) {
        let time = batch.times().get(row).map(|time| time.to_iso());
        let key = batch.keys().get(row).map(|key| keys.name(*key).to_string());
        let first = [time.unwrap_or_default(), key.unwrap_or_default()].into_iter();
        let values = self
            .fields
            .iter()
            .map(|field| cell(&batch.value(row, field.slot)));
        let more = more.iter().map(|cell| (*cell).to_owned());
        write(first.chain(values).chain(more).map(on_one_line), out);
    }
}

fn write(cells: impl Iterator<Item = String>, out: &mut Vec<u8>) {
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    // Writing into memory does not fail.
    let _ = writer.write_record(cells);
    let _ = writer.flush();
}

fn cell(value: &Value) -> String {
    match value {
        Value::Missing => String::new(),
        Value::Number(number) => decimal(*number),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Time(time) => time.to_iso(),
        Value::Json(json) => json.to_string(),
    }
}

/// Without line breaks: a row is a line, so that the end of the last whole one can be found after a power cut.
fn on_one_line(cell: String) -> String {
    if cell.contains(['\n', '\r']) {
        cell.replace(['\n', '\r'], " ")
    } else {
        cell
    }
}

/// Twelve significant digits: more than any sensor has, and 158.01 does not become 158.01000000000002.
fn decimal(number: f64) -> String {
    let rounded: f64 = format!("{number:.11e}").parse().unwrap_or(number);
    rounded.to_string()
}
