//! The node types that a program knows.

use serde_json::Value;

use super::{Check, Checked, NodeType, Role};
use crate::diagnostic::{Code, Diagnostic};
use crate::language::{SourceId, Sources, WIRING_KEYS, Yaml, check_shape, from_yaml, is_wiring_key_of};

/// A [`NodeType`] without its configuration's type, as the registry keeps it.
pub trait AnyNodeType: Send + Sync {
    /// What `type:` says.
    fn name(&self) -> &str;
    /// Where it stands.
    fn role(&self) -> Role;
    /// The reference page.
    fn doc(&self) -> &str;
    /// The JSON Schema of its configuration, without `type` and `from`.
    fn config_schema(&self) -> Value;
    /// Reads the configuration and checks it.
    fn check_any(&self, config: &Yaml, check: &mut Check<'_>) -> Option<Checked>;
}

impl<T: NodeType> AnyNodeType for T {
    fn name(&self) -> &str {
        T::NAME
    }

    fn role(&self) -> Role {
        T::ROLE
    }

    fn doc(&self) -> &str {
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

/// A file that a flow names as the type of a node.
pub struct NodeFile<'f> {
    /// As `type:` names it.
    pub name: &'f str,
    /// Its text among the flow's.
    pub source: SourceId,
    /// Its text.
    pub text: &'f str,
}

/// Makes node types of files.
pub trait NodeFiles: Send + Sync {
    /// What the names of such files end with: `.rhai`.
    fn extension(&self) -> &'static str;

    /// Reads the file's own description of the type; reports what is wrong with it.
    fn load(&self, file: &NodeFile<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Box<dyn AnyNodeType>>;
}

/// All node types by name.
pub struct Registry {
    types: Vec<Registered>,
    files: Vec<Box<dyn NodeFiles>>,
    broker_check: BrokerCheck,
    broker_probe: Option<BrokerCheck>,
}

/// A node type with the shape of its configuration.
pub(crate) struct Registered {
    pub node_type: Box<dyn AnyNodeType>,
    schema: Value,
}

impl Registered {
    pub fn new(node_type: Box<dyn AnyNodeType>) -> Self {
        let mut schema = node_type.config_schema();
        // The engine reads these itself; here they are what a misspelt one may mean.
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            let role = node_type.role();
            for key in WIRING_KEYS.into_iter().filter(|key| is_wiring_key_of(role, key)) {
                properties.insert(key.to_owned(), Value::Bool(true));
            }
        }
        Self { node_type, schema }
    }

    /// Reports what a configuration has wrong in its shape.
    pub fn check_shape(&self, config: &Yaml, diagnostics: &mut Vec<Diagnostic>) {
        let owner = format!("`{}`", self.node_type.name());
        check_shape(config, &self.schema, &owner, diagnostics);
    }
}

/// What is known of the type that a node names.
pub(crate) enum Known<'r> {
    /// The type.
    Type(&'r Registered),
    /// A file, by the maker of its kind.
    File(&'r dyn NodeFiles),
    /// There is none of this name.
    Nothing,
}

impl Registry {
    /// An empty registry; `broker_check` judges the addresses under `brokers:`.
    #[must_use]
    pub fn new(broker_check: BrokerCheck) -> Self {
        Self {
            types: Vec::new(),
            files: Vec::new(),
            broker_check,
            broker_probe: None,
        }
    }

    /// Adds what finds out whether a broker answers at an address.
    #[must_use]
    pub fn with_broker_probe(mut self, probe: BrokerCheck) -> Self {
        self.broker_probe = Some(probe);
        self
    }

    /// Adds a node type.
    #[must_use]
    pub fn with(mut self, node_type: impl NodeType) -> Self {
        self.types.push(Registered::new(Box::new(node_type)));
        self
    }

    /// Adds a kind of files that are node types.
    #[must_use]
    pub fn with_files(mut self, files: impl NodeFiles + 'static) -> Self {
        self.files.push(Box::new(files));
        self
    }

    /// The type called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&dyn AnyNodeType> {
        match self.known(name) {
            Known::Type(registered) => Some(&*registered.node_type),
            Known::File(_) | Known::Nothing => None,
        }
    }

    pub(crate) fn known(&self, name: &str) -> Known<'_> {
        if let Some(registered) = self.types.iter().find(|known| known.node_type.name() == name) {
            return Known::Type(registered);
        }
        match self.files.iter().find(|files| name.ends_with(files.extension())) {
            Some(files) => Known::File(&**files),
            None => Known::Nothing,
        }
    }

    /// Whether a type of this name is a file.
    #[must_use]
    pub fn is_file(&self, name: &str) -> bool {
        matches!(self.known(name), Known::File(_))
    }

    /// The node type that the first of `sources` is; reports what is wrong with it.
    pub fn load_file(
        &self,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Box<dyn AnyNodeType>> {
        let source = sources.get(SourceId(0))?;
        let name = source.path.to_string_lossy();
        let Known::File(files) = self.known(&name) else {
            return None;
        };
        let file = NodeFile {
            name: &name,
            source: SourceId(0),
            text: &source.text,
        };
        files.load(&file, diagnostics)
    }

    /// All types in the order in which they were added.
    pub fn all(&self) -> impl Iterator<Item = &dyn AnyNodeType> {
        self.types.iter().map(|known| &*known.node_type)
    }

    /// Whether a broker answers, as far as that can be found out.
    pub(crate) fn probe_broker(&self, address: &str) -> Result<(), String> {
        self.broker_probe.as_ref().map_or(Ok(()), |probe| probe(address))
    }

    pub(crate) fn check_broker(&self, address: &str) -> Result<(), String> {
        (self.broker_check)(address)
    }
}
