//! `type: ./nodes/name.rhai`: a node type of the user's own, a script with a header.

mod fields;
mod header;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use rhai::{AST, Dynamic};
use serde_json::{Map, Value as Json, json};
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::{Span, Spanned, Yaml, listed};
use twinflow_engine::node::{
    AnyNodeType, Check, Checked, NodeContext, NodeFile, NodeFiles, Output, Part, Role,
};
use twinflow_engine::schema::{Field, FieldType, Schema};
use twinflow_engine::unit::{Conversion, Unit};

use self::header::{Header, InputSpec, OutputSpec, Setting};
use self::settings::given_value;
use crate::field_spec::check_field_name;
use crate::script::{Assigned, Input, Layout, Scripted, compile, ports, tick_interval};

/// Node types that are rhai files.
pub struct RhaiFiles;

impl NodeFiles for RhaiFiles {
    fn extension(&self) -> &'static str {
        ".rhai"
    }

    fn load(&self, file: &NodeFile<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Box<dyn AnyNodeType>> {
        let before = diagnostics.len();
        let header = header::read(file.source, file.text, diagnostics)?;
        let ports = ports(&header.ports, Code::NodeFile, &mut |found| {
            diagnostics.push(found)
        });
        let tick = header.tick.as_ref().map(|tick| {
            let interval = tick_interval(tick);
            interval.map_err(|reason| {
                diagnostics.push(Diagnostic::new(Code::NodeFile, tick.span, reason));
            })
        });
        if diagnostics.len() > before {
            return None;
        }
        let tick = tick.and_then(Result::ok);
        // Against the names alone: what they stand for is known at each node, the names are the file's own.
        let layout = layout_of_names(&header, ports?, tick);
        let place = &mut |at: std::ops::Range<usize>| Span::new(file.source, at.start, at.end);
        match compile(&layout, place, file.text) {
            Ok(ast) => Some(Box::new(RhaiFile {
                name: file.name.to_owned(),
                header,
                ports: layout.ports,
                tick,
                ast,
            })),
            Err(error) => {
                diagnostics.extend(error.map(|found| *found));
                None
            }
        }
    }
}

/// A file that could be read.
struct RhaiFile {
    name: String,
    header: Header,
    ports: Arc<[Arc<str>]>,
    tick: Option<Duration>,
    ast: AST,
}

fn layout_of_names(header: &Header, ports: Arc<[Arc<str>]>, tick: Option<Duration>) -> Layout {
    let input = |(name, _): &(Spanned<String>, InputSpec)| Input {
        name: name.as_str().into(),
        slot: 0,
        conversion: Conversion::IDENTITY,
    };
    let output = |(name, _): &(Spanned<String>, OutputSpec)| Assigned {
        name: name.as_str().into(),
        field: Field::new(name.as_str(), FieldType::Json),
    };
    let setting = |(name, _): &(Spanned<String>, Setting)| (name.as_str().into(), Dynamic::UNIT);
    Layout {
        inputs: header.inputs.iter().map(input).collect(),
        has_more_inputs: false,
        settings: header.config.iter().map(setting).collect(),
        outputs: header.outputs.iter().map(output).collect(),
        ports,
        tick,
    }
}

impl AnyNodeType for RhaiFile {
    fn name(&self) -> &str {
        &self.name
    }

    fn role(&self) -> Role {
        Role::Transform
    }

    fn doc(&self) -> &str {
        &self.header.doc
    }

    fn config_schema(&self) -> Json {
        let names = |entries: Vec<(&Spanned<String>, &str)>, about: &str| {
            let entries = entries.into_iter().map(|(name, doc)| {
                (
                    name.value.clone(),
                    json!({ "type": "string", "description": doc }),
                )
            });
            let properties: Map<String, Json> = entries.collect();
            json!({ "type": "object", "description": about, "properties": properties, "additionalProperties": false })
        };
        let inputs = self
            .header
            .inputs
            .iter()
            .map(|(name, input)| (name, input.doc.as_str()));
        let outputs = self
            .header
            .outputs
            .iter()
            .map(|(name, output)| (name, output.doc.as_str()));
        let mut properties = Map::new();
        properties.insert(
            "inputs".to_owned(),
            names(
                inputs.collect(),
                "which field of the record each input is; the one of the same name by default",
            ),
        );
        properties.insert(
            "outputs".to_owned(),
            names(
                outputs.collect(),
                "what the record calls each field that is added; its own name by default",
            ),
        );
        let mut required = Vec::new();
        for (name, setting) in self.header.config.iter() {
            properties.insert(name.value.clone(), setting.schema());
            if setting.default.is_none() {
                required.push(name.value.clone());
            }
        }
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }

    fn check_any(&self, config: &Yaml, check: &mut Check<'_>) -> Option<Checked> {
        let bound = self.bind(config, check);
        let settings = self.settings(config, &bound, check);
        let outputs = self.outputs(config, &bound, check);
        let is_whole = bound.len() == self.header.inputs.iter().count();
        let (settings, (schema, outputs)) = (settings?, outputs?);
        if !is_whole {
            return None;
        }
        let layout = Layout {
            inputs: bound.into_iter().map(|(_, bound)| bound.input).collect(),
            has_more_inputs: false,
            settings,
            outputs,
            ports: Arc::clone(&self.ports),
            tick: self.tick,
        };
        let extended = Arc::new(schema);
        let outputs = self.ports.iter().map(|port| Output {
            name: Arc::clone(port),
            schema: Arc::clone(&extended),
        });
        let outputs = outputs.collect();
        let ast = self.ast.clone();
        let make =
            move |context: &NodeContext| Ok(Scripted::new(layout.clone(), ast.clone(), &extended, context));
        Some(Checked {
            outputs,
            part: Part::transform(make),
            view: None,
            decode: None,
        })
    }
}

/// An input and the field that it is at a node.
struct Bound {
    input: Input,
    /// As the script gets it.
    field: Field,
}

type Bindings<'h> = Vec<(&'h str, Bound)>;

impl RhaiFile {
    /// The name that the flow gives an input or output; its own by default, which stands at the node's type.
    fn chosen(
        &self,
        config: &Yaml,
        section: &str,
        name: &Spanned<String>,
        check: &Check<'_>,
    ) -> Spanned<String> {
        let chosen = config.get(section).and_then(|section| section.get(name));
        match chosen.and_then(|chosen| Some((chosen.scalar_text()?, chosen.span))) {
            Some((text, span)) => Spanned::new(text.to_owned(), span),
            None => Spanned::new(name.value.clone(), check.span()),
        }
    }

    /// The fields of the record that the inputs are. Those that are none were reported and are missing.
    fn bind(&self, config: &Yaml, check: &mut Check<'_>) -> Bindings<'_> {
        let mut bindings = Vec::new();
        for (name, spec) in self.header.inputs.iter() {
            let field = self.chosen(config, "inputs", name, check);
            let is_given = field.span != check.span();
            if !is_given && check.input().field(&field).is_none() {
                if !check.input().is_partial() {
                    check.report(self.unbound(name, check));
                }
                continue;
            }
            let Some((slot, found)) = check.field(&field) else {
                continue;
            };
            match spec.accepted(&found) {
                Ok((conversion, field_type)) => bindings.push((
                    name.value.as_str(),
                    Bound {
                        input: Input {
                            name: name.value.as_str().into(),
                            slot,
                            conversion,
                        },
                        field: Field { field_type, ..found },
                    },
                )),
                Err((code, expected)) => {
                    let message = format!(
                        "`{}` is {}, but the input `{}` of `{}` is {expected}",
                        found.name, found.field_type, name.value, self.name
                    );
                    check.report(
                        Diagnostic::new(code, field.span, message).with_related(name.span, "the input"),
                    );
                }
            }
        }
        bindings
    }

    fn unbound(&self, name: &Spanned<String>, check: &Check<'_>) -> Diagnostic {
        let message = format!(
            "`{}` reads `{}`, which the records that arrive at `{}` do not have",
            self.name,
            name.value,
            check.id().value
        );
        let input = check.input();
        let first = input.names().next().unwrap_or("field");
        Diagnostic::new(Code::UnknownRecordField, check.span(), message)
            .with_related(name.span, "the input")
            .with_help(format!(
                "say which field it is: `inputs: {{ {}: {first} }}`; the fields are {}",
                name.value,
                listed(input.names())
            ))
    }

    fn settings(
        &self,
        config: &Yaml,
        bound: &Bindings<'_>,
        check: &mut Check<'_>,
    ) -> Option<Vec<(Arc<str>, Dynamic)>> {
        let mut settings = Vec::new();
        let mut whole = true;
        for (name, setting) in self.header.config.iter() {
            let unit = match (&setting.unit, &setting.like) {
                (Some(unit), _) => Unit::parse(unit).ok(),
                (None, Some(like)) => {
                    let input = bound.iter().find(|(name, _)| *name == like.value);
                    let Some((_, input)) = input else {
                        whole = false;
                        continue;
                    };
                    match &input.field.field_type {
                        FieldType::Number(unit) => Some(unit.clone()),
                        _ => None,
                    }
                }
                (None, None) => None,
            };
            let unit = unit.unwrap_or_else(Unit::none);
            let given = match config.get(name) {
                Some(given) => given_value(given),
                None => setting
                    .default
                    .as_ref()
                    .map(|default| (default.value.clone(), default.span)),
            };
            let Some((given, span)) = given else { continue };
            match setting.value(&given, &unit) {
                Ok(value) => settings.push((Arc::from(name.as_str()), value)),
                Err(reason) => {
                    let message = format!("`{}`: {reason}", name.value);
                    check.report(Diagnostic::new(Code::WrongValue, span, message));
                    whole = false;
                }
            }
        }
        whole.then_some(settings)
    }

    fn outputs(
        &self,
        config: &Yaml,
        bound: &Bindings<'_>,
        check: &mut Check<'_>,
    ) -> Option<(Schema, Vec<Assigned>)> {
        let mut schema = (*check.input()).clone();
        let mut outputs = Vec::new();
        let mut whole = true;
        for (name, spec) in self.header.outputs.iter() {
            let chosen = self.chosen(config, "outputs", name, check);
            let like = spec.like.as_ref();
            let like = like.and_then(|like| bound.iter().find(|(name, _)| *name == like.value));
            let Some(field) = spec.field(&chosen, like.map(|(_, bound)| &bound.field), check) else {
                whole = false;
                continue;
            };
            whole &= check_field_name(&chosen, check).is_some();
            whole &= check.extend(&mut schema, field.clone(), chosen.span).is_some();
            outputs.push(Assigned {
                name: name.value.as_str().into(),
                field,
            });
        }
        whole.then_some((schema, outputs))
    }
}
