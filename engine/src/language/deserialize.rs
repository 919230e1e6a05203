//! From the tree of a flow's text into typed configurations, by serde.

use std::fmt;

use serde::de::value::{StrDeserializer, U32Deserializer};
use serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::span::{SPANNED, Span};
use super::yaml::{Entry, Yaml, YamlValue};

/// A value that does not fit its type, and the place.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// The innermost value that was being read.
    pub span: Option<Span>,
    /// What serde or the type's own `Deserialize` says.
    pub message: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mismatch {}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            span: None,
            message: message.to_string(),
        }
    }
}

/// Reads `yaml` as a `T`.
///
/// # Errors
/// The first value that does not fit; run the shape check before, which finds them all.
pub fn from_yaml<T: de::DeserializeOwned>(yaml: &Yaml) -> Result<T, Mismatch> {
    T::deserialize(Node(yaml))
}

#[derive(Clone, Copy)]
struct Node<'a>(&'a Yaml);

impl Node<'_> {
    /// The innermost value wins: an error that knows its place already keeps it.
    fn at<T>(self, result: Result<T, Mismatch>) -> Result<T, Mismatch> {
        result.map_err(|error| Mismatch {
            span: error.span.or(Some(self.0.span)),
            ..error
        })
    }
}

impl<'de, 'a: 'de> de::Deserializer<'de> for Node<'a> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let result = match &self.0.value {
            YamlValue::Null => visitor.visit_unit(),
            YamlValue::Boolean(value) => visitor.visit_bool(*value),
            YamlValue::Integer(value, _) => visitor.visit_i64(*value),
            YamlValue::Number(value, _) => visitor.visit_f64(*value),
            YamlValue::Text(text) => visitor.visit_borrowed_str(text),
            YamlValue::Sequence(items) => visitor.visit_seq(Items(items.iter())),
            YamlValue::Mapping(entries) => visitor.visit_map(Entries {
                rest: entries.iter(),
                value: None,
            }),
        };
        self.at(result)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.0.value {
            YamlValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.at(visitor.visit_newtype_struct(self))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        if name == SPANNED {
            return visitor.visit_map(WithSpan { node: self, step: 0 });
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let result = match &self.0.value {
            YamlValue::Text(name) => visitor.visit_enum(de::value::BorrowedStrDeserializer::new(name)),
            YamlValue::Mapping(entries) => match entries.as_slice() {
                [entry] => visitor.visit_enum(Variant(entry)),
                _ => Err(de::Error::custom("expected a mapping with one key")),
            },
            _ => Err(de::Error::custom(format!(
                "expected a name, found {}",
                self.0.kind()
            ))),
        };
        self.at(result)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'a>(std::slice::Iter<'a, Yaml>);

impl<'de, 'a: 'de> SeqAccess<'de> for Items<'a> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        self.0.next().map(|item| seed.deserialize(Node(item))).transpose()
    }
}

struct Entries<'a> {
    rest: std::slice::Iter<'a, Entry>,
    value: Option<&'a Yaml>,
}

impl<'de, 'a: 'de> MapAccess<'de> for Entries<'a> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        let Some(entry) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some(&entry.value);
        seed.deserialize(Key(entry)).map(Some).map_err(|error| Mismatch {
            span: error.span.or(Some(entry.key.span)),
            ..error
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        match self.value.take() {
            Some(value) => seed.deserialize(Node(value)),
            None => Err(de::Error::custom("a value was asked for before its key")),
        }
    }
}

/// A key is text to serde, or `Spanned` text when the map's key type asks for its place.
struct Key<'a>(&'a Entry);

impl<'de, 'a: 'de> de::Deserializer<'de> for Key<'a> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_borrowed_str(&self.0.key.value)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0.key.value.parse() {
            Ok(number) => visitor.visit_i64(number),
            Err(_) => Err(de::Error::custom(format!(
                "expected a whole number, found `{}`",
                self.0.key.value
            ))),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        if name == SPANNED {
            return visitor.visit_map(KeyWithSpan {
                entry: self.0,
                step: 0,
            });
        }
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any option enum
    }
}

/// The four fields of [`super::Spanned`], one after the other.
struct WithSpan<'a> {
    node: Node<'a>,
    step: u8,
}

/// What [`WithSpan`] and [`KeyWithSpan`] share: the numbers of a span by step, then nothing.
fn span_number(span: Span, step: u8) -> Option<u32> {
    match step {
        1 => Some(span.source.0),
        2 => Some(span.start),
        3 => Some(span.end),
        _ => None,
    }
}

impl<'de, 'a: 'de> MapAccess<'de> for WithSpan<'a> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        self.step += 1;
        seed.deserialize(StrDeserializer::new("")).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        match span_number(self.node.0.span, self.step) {
            Some(number) => seed.deserialize(U32Deserializer::new(number)),
            None => seed.deserialize(self.node),
        }
    }
}

struct KeyWithSpan<'a> {
    entry: &'a Entry,
    step: u8,
}

impl<'de, 'a: 'de> MapAccess<'de> for KeyWithSpan<'a> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        self.step += 1;
        seed.deserialize(StrDeserializer::new("")).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        match span_number(self.entry.key.span, self.step) {
            Some(number) => seed.deserialize(U32Deserializer::new(number)),
            None => seed.deserialize(Key(self.entry)),
        }
    }
}

/// `{ name: content }` as the enum variant `name`.
struct Variant<'a>(&'a Entry);

impl<'de, 'a: 'de> EnumAccess<'de> for Variant<'a> {
    type Error = Mismatch;
    type Variant = Node<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Node<'a>), Mismatch> {
        let name: StrDeserializer<'_, Mismatch> = self.0.key.value.as_str().into_deserializer();
        Ok((seed.deserialize(name)?, Node(&self.0.value)))
    }
}

impl<'de, 'a: 'de> VariantAccess<'de> for Node<'a> {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        match self.0.value {
            YamlValue::Null => Ok(()),
            _ => Err(de::Error::custom(format!(
                "expected nothing after this name, found {}",
                self.0.kind()
            ))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mismatch> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        de::Deserializer::deserialize_any(self, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        de::Deserializer::deserialize_any(self, visitor)
    }
}
