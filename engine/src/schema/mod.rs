//! What a record looks like: its fields, their types, units, ranges and titles.

mod merge;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use merge::{Adapter, ColumnSource, Conflict, merge};

use crate::unit::Unit;

/// The kind of values that a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldType {
    /// A floating-point number in a unit.
    Number(Unit),
    /// A whole number, such as a count, a code or a sequence number.
    Integer,
    /// True or false.
    Boolean,
    /// Text.
    Text,
    /// A point in time.
    Time,
    /// Anything that JSON holds; only passed through.
    Json,
}

impl FieldType {
    /// A number without a unit.
    #[must_use]
    pub fn plain_number() -> Self {
        Self::Number(Unit::none())
    }

    /// The type's name in the flow language.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Text => "text",
            Self::Time => "time",
            Self::Json => "json",
        }
    }

    /// The unit of a number; nothing for other types and for plain numbers.
    #[must_use]
    pub fn unit(&self) -> Option<&Unit> {
        match self {
            Self::Number(unit) if !unit.is_none() => Some(unit),
            _ => None,
        }
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit() {
            Some(unit) => write!(f, "{} in {unit}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name in formulas, scripts, payloads and files.
    pub name: Arc<str>,
    /// What it holds.
    pub field_type: FieldType,
    /// What people call it; widgets show it.
    pub title: Option<String>,
    /// The least and the greatest value that the plant is meant to reach, in the field's unit.
    pub range: Option<(f64, f64)>,
    /// Names of the values of an integer, such as fault codes.
    pub labels: BTreeMap<i64, String>,
    /// Whether a record may lack it.
    pub optional: bool,
}

impl Field {
    /// A field that every record has.
    pub fn new(name: impl Into<Arc<str>>, field_type: FieldType) -> Self {
        Self {
            name: name.into(),
            field_type,
            title: None,
            range: None,
            labels: BTreeMap::new(),
            optional: false,
        }
    }

    /// The same field, but a record may lack it.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The same field with a title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The same field with a range.
    #[must_use]
    pub fn ranged(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// The title, or the name as a title: `cooling_rate` becomes `Cooling rate`.
    #[must_use]
    pub fn display_title(&self) -> String {
        if let Some(title) = &self.title {
            return title.clone();
        }
        let words = self.name.replace(['_', '-'], " ");
        let mut letters = words.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default()
    }
}

/// The fields of a record, by slot.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Schema {
    fields: Vec<Field>,
    is_partial: bool,
}

impl Schema {
    /// A schema of these fields; of two with one name the first stays.
    #[must_use]
    pub fn new(fields: impl IntoIterator<Item = Field>) -> Self {
        let mut schema = Self::default();
        for field in fields {
            schema.push(field);
        }
        schema
    }

    /// The same schema, of records that may well have further fields: an earlier mistake in the flow, reported already,
    /// keeps the checks from knowing them.
    #[must_use]
    pub fn partial(mut self) -> Self {
        self.is_partial = true;
        self
    }

    /// Whether a field that is not here may exist all the same.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Adds a field behind the others and tells its slot, or gives the field back when its name is taken.
    ///
    /// # Errors
    /// The field that is there already.
    pub fn try_push(&mut self, field: Field) -> Result<usize, &Field> {
        match self.slot(&field.name) {
            Some(slot) => self.fields.get(slot).map_or(Ok(slot), Err),
            None => {
                self.fields.push(field);
                Ok(self.fields.len() - 1)
            }
        }
    }

    fn push(&mut self, field: Field) {
        if self.slot(&field.name).is_none() {
            self.fields.push(field);
        }
    }

    /// All fields in slot order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// How many slots a record has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.fields.len()
    }

    /// The slot of the field `name`.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| &*field.name == name)
    }

    /// The field `name` with its slot.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields
            .iter()
            .enumerate()
            .find(|(_, field)| &*field.name == name)
    }

    /// The field in `slot`.
    #[must_use]
    pub fn get(&self, slot: usize) -> Option<&Field> {
        self.fields.get(slot)
    }

    /// The names in slot order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| &*field.name)
    }
}
