//! What an unquoted word of YAML means: a number, true or false, nothing, or text.

use saphyr_parser::ScalarStyle;

use super::yaml::YamlValue;

/// The YAML 1.2 core schema: only plain scalars can be other than text.
pub(super) fn scalar(text: &str, style: ScalarStyle) -> YamlValue {
    if style == ScalarStyle::Plain {
        plain(text)
    } else {
        YamlValue::Text(text.to_owned())
    }
}

/// What an unquoted scalar means.
fn plain(text: &str) -> YamlValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => YamlValue::Null,
        "true" | "True" | "TRUE" => YamlValue::Boolean(true),
        "false" | "False" | "FALSE" => YamlValue::Boolean(false),
        ".inf" | "+.inf" | ".Inf" => YamlValue::Number(f64::INFINITY, text.to_owned()),
        "-.inf" | "-.Inf" => YamlValue::Number(f64::NEG_INFINITY, text.to_owned()),
        ".nan" | ".NaN" | ".NAN" => YamlValue::Number(f64::NAN, text.to_owned()),
        _ => number(text).unwrap_or_else(|| YamlValue::Text(text.to_owned())),
    }
}

fn number(text: &str) -> Option<YamlValue> {
    // `f64::from_str` also reads "inf", "nan" and "infinity", which are names in YAML.
    let starts_like_one = text
        .trim_start_matches(['+', '-'])
        .starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if !starts_like_one {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(YamlValue::Integer(whole, text.to_owned()));
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16)
            .ok()
            .map(|whole| YamlValue::Integer(whole, text.to_owned()));
    }
    text.parse::<f64>()
        .ok()
        .map(|number| YamlValue::Number(number, text.to_owned()))
}
