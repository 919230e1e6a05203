//! The node types that a program knows.

use serde_json::Value;

use super::{Check, Checked, NodeType, Role};
use crate::diagnostic::{Code, Diagnostic};
use crate::language::{WIRING_KEYS, Yaml, check_shape, from_yaml};

/// A [`NodeType`] without its configuration's type, as the registry keeps it.
pub trait AnyNodeType: Send + Sync {
    /// What `type:` says.
    fn name(&self) -> &'static str;
    /// Where it stands.
    fn role(&self) -> Role;
    /// The reference page.
    fn doc(&self) -> &'static str;
    /// The JSON Schema of its configuration, without `type` and `from`.
    fn config_schema(&self) -> Value;
    /// Reads the configuration and checks it.
    fn check_any(&self, config: &Yaml, check: &mut Check<'_>) -> Option<Checked>;
}

impl<T: NodeType> AnyNodeType for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn role(&self) -> Role {
        T::ROLE
    }

    fn doc(&self) -> &'static str {
        T::DOC
    }

    fn config_schema(&self) -> Value {
        schemars::schema_for!(T::Config).to_value()
    }

    fn check_any(&self, config: &Yaml, check: &mut Check<'_>) -> Option<Checked> {
        match from_yaml::<T::Config>(config) {
            Ok(config) => NodeType::check(self, config, check),
            Err(mismatch) => {
                // The shape was found good before: what is left are rules of a type's own `Deserialize`.
                let span = mismatch.span.unwrap_or(config.span);
                check.report(Diagnostic::new(Code::WrongValue, span, mismatch.message));
                None
            }
        }
    }
}

/// Says what is wrong with a broker address, if anything.
pub type BrokerCheck = Box<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// All node types by name.
pub struct Registry {
    types: Vec<Entry>,
    broker_check: BrokerCheck,
}

struct Entry {
    node_type: Box<dyn AnyNodeType>,
    schema: Value,
}

impl Registry {
    /// An empty registry; `broker_check` judges the addresses under `brokers:`.
    #[must_use]
    pub fn new(broker_check: BrokerCheck) -> Self {
        Self {
            types: Vec::new(),
            broker_check,
        }
    }

    /// Adds a node type.
    #[must_use]
    pub fn with(mut self, node_type: impl NodeType) -> Self {
        let mut schema = node_type.config_schema();
        // The engine reads these two itself; here they are what a misspelt one may mean.
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            let is_source = node_type.role() == Role::Source;
            for key in WIRING_KEYS.into_iter().filter(|key| *key != "from" || !is_source) {
                properties.insert(key.to_owned(), Value::Bool(true));
            }
        }
        self.types.push(Entry {
            node_type: Box::new(node_type),
            schema,
        });
        self
    }

    /// The type called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&dyn AnyNodeType> {
        self.types
            .iter()
            .find(|entry| entry.node_type.name() == name)
            .map(|entry| &*entry.node_type)
    }

    /// All types in the order in which they were added.
    pub fn all(&self) -> impl Iterator<Item = &dyn AnyNodeType> {
        self.types.iter().map(|entry| &*entry.node_type)
    }

    /// Reports what the configuration of a node of type `name` has wrong in its shape.
    pub(crate) fn check_config(&self, name: &str, config: &Yaml, diagnostics: &mut Vec<Diagnostic>) {
        if let Some(entry) = self.types.iter().find(|entry| entry.node_type.name() == name) {
            check_shape(config, &entry.schema, &format!("`{name}`"), diagnostics);
        }
    }

    pub(crate) fn check_broker(&self, address: &str) -> Result<(), String> {
        (self.broker_check)(address)
    }
}
