//! A source that brings the rows that a test gives it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, oneshot};
use twinflow_engine::diagnostic::{Colour, render};
use twinflow_engine::graph::{Graph, compile_text};
use twinflow_engine::language::ProcessEnvironment;
use twinflow_engine::node::{
    Check, Checked, Level, NodeContext, NodeType, Output, Part, Role, Source, SourceError,
};
use twinflow_engine::record::{Batch, BatchBuilder, Delivery, EventTime, Receipt, Value};
use twinflow_engine::schema::{Field, Schema};
use twinflow_nodes::{Shared, registry};

/// A row: microseconds since 1970, the machine's name, the values.
pub type Row = (i64, &'static str, Vec<Value>);

type Given = (Vec<Row>, Receipt);

/// The test's side.
pub struct Inlet {
    sender: UnboundedSender<Given>,
}

impl Inlet {
    /// Gives rows as one batch; it settles when they are delivered.
    pub fn give(&self, rows: Vec<Row>) -> oneshot::Receiver<Delivery> {
        let (receipt, settled) = Receipt::issue();
        self.sender.send((rows, receipt)).unwrap();
        settled
    }
}

/// Compiles `nodes` beside a source `in` of the given fields; the paths in it are relative to `folder`.
pub fn compile(folder: &Path, fields: Vec<Field>, nodes: &str) -> (Graph, Inlet) {
    compile_with(&Shared::default(), folder, fields, nodes)
}

/// Compiles likewise, with what node types share.
pub fn compile_with(shared: &Shared, folder: &Path, fields: Vec<Field>, nodes: &str) -> (Graph, Inlet) {
    let (sender, receiver) = unbounded_channel();
    let inlet = NodeInlet {
        schema: Schema::new(fields),
        receiver: Arc::new(Mutex::new(receiver)),
    };
    let text = format!("twinflow: 1\nname: Test\nnodes:\n  in: {{ type: inlet }}\n{nodes}");
    let registry = registry(shared).with(inlet);
    let path = folder.join("flow.yaml");
    let compiled = compile_text(&path, &text, &registry, &ProcessEnvironment, Level::Environment);
    let shown = render(&compiled.diagnostics, &compiled.sources, Colour::Plain);
    (
        compiled.graph.unwrap_or_else(|| panic!("{shown}")),
        Inlet { sender },
    )
}

struct NodeInlet {
    schema: Schema,
    receiver: Arc<Mutex<UnboundedReceiver<Given>>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoConfig {}

impl NodeType for NodeInlet {
    const NAME: &'static str = "inlet";
    const ROLE: Role = Role::Source;
    const DOC: &'static str = "";
    type Config = NoConfig;

    fn check(&self, _: NoConfig, _: &mut Check<'_>) -> Option<Checked> {
        let output = Output::main(self.schema.clone());
        let (schema, receiver) = (Arc::clone(&output.schema), Arc::clone(&self.receiver));
        let make = move |context: &NodeContext| {
            Ok(Bringing {
                schema: Arc::clone(&schema),
                receiver: Arc::clone(&receiver),
                context: context.clone(),
            })
        };
        Some(Checked {
            outputs: vec![output],
            part: Part::source(make),
            view: None,
            decode: None,
        })
    }
}

struct Bringing {
    schema: Arc<Schema>,
    receiver: Arc<Mutex<UnboundedReceiver<Given>>>,
    context: NodeContext,
}

#[async_trait]
impl Source for Bringing {
    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        let Some((rows, receipt)) = self.receiver.lock().await.recv().await else {
            return Ok(None);
        };
        let mut builder = BatchBuilder::new(Arc::clone(&self.schema), rows.len());
        for (micros, key, values) in rows {
            let key = self.context.keys.intern(key).unwrap();
            builder.push(EventTime(micros), key, values);
        }
        Ok(Some(builder.finish(receipt)))
    }
}
