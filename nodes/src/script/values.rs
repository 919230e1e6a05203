//! Values of records and values of scripts.

use std::sync::Arc;

use rhai::Dynamic;
use twinflow_engine::record::{EventTime, Value};
use twinflow_engine::schema::FieldType;

/// A record's value as a script sees it; a missing one is `()`.
pub(super) fn dynamic(value: Value) -> Dynamic {
    match value {
        Value::Missing => Dynamic::UNIT,
        Value::Number(number) => number.into(),
        Value::Integer(number) => number.into(),
        Value::Boolean(value) => value.into(),
        Value::Text(text) => text.to_string().into(),
        Value::Time(time) => (time.0 as f64 / 1e6).into(),
        Value::Json(json) => rhai::serde::to_dynamic(&*json).unwrap_or_default(),
    }
}

/// A script's value as the field's type; nothing when it is of another.
pub(super) fn value(assigned: Dynamic, field_type: &FieldType) -> Option<Value> {
    match field_type {
        FieldType::Number(_) => {
            let number = assigned
                .as_float()
                .ok()
                .or_else(|| assigned.as_int().ok().map(|whole| whole as f64))?;
            // 1.0 / 0.0 is infinite in a script, and a missing value everywhere else.
            Some(Value::number(number))
        }
        FieldType::Integer => assigned.as_int().ok().map(Value::Integer),
        FieldType::Boolean => assigned.as_bool().ok().map(Value::Boolean),
        FieldType::Text => assigned.into_string().ok().map(|text| Value::Text(text.into())),
        FieldType::Time => assigned
            .as_float()
            .ok()
            .map(|seconds| Value::Time(EventTime((seconds * 1e6) as i64))),
        FieldType::Json => rhai::serde::from_dynamic(&assigned)
            .ok()
            .map(|json| Value::Json(Arc::new(json))),
    }
}

/// How deep values can lie within each other. Copying and dropping them goes down a level at a time, on the thread's stack.
const MAX_DEPTH: usize = 64;

/// Whether a value and those within it are at most `left`, which becomes what is left, and not too deep.
pub(super) fn count_down(value: &Dynamic, left: &mut usize) -> bool {
    count_level(value, left, MAX_DEPTH)
}

fn count_level(value: &Dynamic, left: &mut usize, depth: usize) -> bool {
    let (Some(rest), Some(below)) = (left.checked_sub(1), depth.checked_sub(1)) else {
        return false;
    };
    *left = rest;
    if let Ok(list) = value.as_array_ref() {
        return list.iter().all(|value| count_level(value, left, below));
    }
    match value.as_map_ref() {
        Ok(map) => map.values().all(|value| count_level(value, left, below)),
        Err(_) => true,
    }
}
