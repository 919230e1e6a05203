//! Some members of a JSON object, read without building the rest of it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// Which members of an object are wanted. Payloads often carry much that a flow does not look at.
#[derive(Clone, Debug, Default)]
pub struct WantedMembers {
    names: Vec<String>,
}

impl WantedMembers {
    /// Wants one more member, if it is not wanted yet; its position among the values that [`read`](Self::read) gives.
    pub fn want(&mut self, name: &str) -> usize {
        match self.position(name) {
            Some(position) => position,
            None => {
                self.names.push(name.to_owned());
                self.names.len() - 1
            }
        }
    }

    /// The values of the wanted members of a payload; of a member that stands there twice, the last.
    ///
    /// # Errors
    /// When the payload is not a JSON object.
    pub fn read(&self, payload: &[u8]) -> Result<Vec<Option<Value>>, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_slice(payload);
        let values = json.deserialize_map(Members { wanted: self })?;
        json.end()?;
        Ok(values)
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|wanted| wanted == name)
    }
}

struct Members<'w> {
    wanted: &'w WantedMembers,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Vec<Option<Value>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = vec![None; self.wanted.names.len()];
        while let Some(position) = map.next_key_seed(Name { wanted: self.wanted })? {
            match position.and_then(|position| values.get_mut(position)) {
                Some(value) => *value = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(values)
    }
}

/// A member's name, of which nothing is kept but its position among the wanted ones.
struct Name<'w> {
    wanted: &'w WantedMembers,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.wanted.position(name))
    }
}
