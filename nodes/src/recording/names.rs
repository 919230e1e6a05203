//! What the columns of a log are called in a payload.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A column's place in the payload, such as `inputs.process_heat_load_w`: a member in an object for each dot.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place(Vec<String>);

/// Where columns stand in the payload, by their names. One that is not named stands there under its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PayloadNames(BTreeMap<String, Place>);

impl PayloadNames {
    /// Gives a column its place; with a dot in it, an object within the payload.
    ///
    /// # Errors
    /// A place with an empty part.
    pub fn add(&mut self, column: &str, place: &str) -> Result<(), String> {
        let steps: Vec<String> = place.split('.').map(|step| step.trim().to_owned()).collect();
        if steps.iter().any(String::is_empty) {
            return Err(format!("the place `{place}` has an empty part"));
        }
        self.0.insert(column.to_owned(), Place(steps));
        Ok(())
    }

    /// The columns that have a place of their own.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The steps to the place of a column.
    pub(super) fn steps(&self, column: &str) -> Vec<String> {
        match self.0.get(column) {
            Some(Place(steps)) => steps.clone(),
            None => vec![column.to_owned()],
        }
    }
}

/// Puts a value at its place; where another value is in the way, it goes.
pub(super) fn put(payload: &mut Map<String, Value>, steps: &[String], value: Value) {
    match steps {
        [] => {}
        [last] => {
            payload.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let inner = payload
                .entry(first.clone())
                .or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}
