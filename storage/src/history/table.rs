//! A part of the history as a table for other programs: CSV or Parquet. A row for each time; of sums, the columns are mean, least
//! and greatest.

use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use twinflow_engine::record::EventTime;

use super::reading::Excerpt;

impl Excerpt {
    /// The columns of numbers beside `time`.
    fn columns(&self) -> impl Iterator<Item = (String, &[Option<f64>])> {
        let is_summed = self.step_ms > 0;
        self.fields.iter().flat_map(move |(name, curve)| {
            let named = |what: &str| {
                if is_summed {
                    format!("{name}_{what}")
                } else {
                    name.clone()
                }
            };
            let columns = [
                (named("mean"), curve.mean.as_slice()),
                (named("min"), curve.min.as_slice()),
                (named("max"), curve.max.as_slice()),
            ];
            columns.into_iter().take(if is_summed { 3 } else { 1 })
        })
    }

    /// As CSV: times in ISO 8601, numbers with points.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = "time".to_owned();
        let (names, columns): (Vec<String>, Vec<&[Option<f64>]>) = self.columns().unzip();
        for name in names {
            text.push(',');
            text.push_str(&name);
        }
        text.push('\n');
        for (at, time) in self.times.iter().enumerate() {
            text.push_str(&EventTime::from_millis(*time).to_iso());
            for column in &columns {
                let value = column.get(at).copied().flatten();
                text.push_str(&value.map_or_else(|| ",".to_owned(), |value| format!(",{value}")));
            }
            text.push('\n');
        }
        text
    }

    /// As a Parquet file: `time` in milliseconds of UTC, the rest as optional doubles.
    ///
    /// # Errors
    /// What the writer says; a span that can be read can be written.
    pub fn parquet(&self) -> Result<Vec<u8>, String> {
        self.write_parquet().map_err(|error| error.to_string())
    }

    fn write_parquet(&self) -> Result<Vec<u8>, ParquetError> {
        let (names, columns): (Vec<String>, Vec<&[Option<f64>]>) = self.columns().unzip();
        let time = Type::primitive_type_builder("time", Physical::INT64)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::MILLIS)))
            .build()?;
        let number = |name: &String| {
            Type::primitive_type_builder(name, Physical::DOUBLE)
                .with_repetition(Repetition::OPTIONAL)
                .with_converted_type(ConvertedType::NONE)
                .build()
                .map(Arc::new)
        };
        let mut members = vec![Arc::new(time)];
        for name in &names {
            members.push(number(name)?);
        }
        let schema = Arc::new(Type::group_type_builder("history").with_fields(members).build()?);
        let properties = Arc::new(WriterProperties::builder().build());
        let mut file = SerializedFileWriter::new(Vec::new(), schema, properties)?;
        let mut rows = file.next_row_group()?;
        if let Some(mut column) = rows.next_column()? {
            column.typed::<Int64Type>().write_batch(&self.times, None, None)?;
            column.close()?;
        }
        for values in columns {
            let Some(mut column) = rows.next_column()? else {
                break;
            };
            // Whether each row has a value, then the values that there are.
            let is_there: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
            let there: Vec<f64> = values.iter().copied().flatten().collect();
            column
                .typed::<DoubleType>()
                .write_batch(&there, Some(&is_there), None)?;
            column.close()?;
        }
        rows.close()?;
        file.into_inner()
    }
}
