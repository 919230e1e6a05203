//! `note`: a text on the dashboard.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{
    Check, Checked, NodeContext, NodeType, Part, Place, Role, Shown, Source, SourceError, View,
};
use twinflow_engine::record::Batch;

/// The node type.
pub struct Note;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The text, in Markdown: headings, lists, emphasis, code, links.
    text: Spanned<String>,
    /// Its own heading.
    title: Option<String>,
    /// The page on which it stands, by its title.
    page: Option<String>,
    /// The heading under which it stands.
    group: Option<String>,
    /// Columns of a grid of twelve.
    #[schemars(range(min = 1, max = 12))]
    width: Option<u8>,
    /// Those of lower order stand earlier in their group.
    #[serde(default)]
    order: i32,
}

impl NodeType for Note {
    const NAME: &'static str = "note";
    const ROLE: Role = Role::Source;
    const DOC: &'static str = r#"A text on the dashboard: what to do when an alarm comes, whom to call, what a page shows. No records come of it.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  show: { type: dashboard-widget, from: fan, widget: value, fields: [temp] }
  help:
    type: note
    title: When it gets hot
    text: |
      1. Look at the **filter**.
      2. Call Ada, 555-0101.
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        if config.text.trim().is_empty() {
            check.report(Diagnostic::new(
                Code::WrongValue,
                config.text.span,
                "a note needs a text",
            ));
            return None;
        }
        let view = View {
            place: Place {
                page: config.page,
                group: config.group,
                order: config.order,
                width: config.width,
            },
            title: config.title,
            shown: Shown::Note(config.text.value),
            columns: Vec::new(),
            alert: None,
            popup: false,
            span_seconds: None,
            bands: Vec::new(),
            files: None,
        };
        Some(Checked {
            outputs: Vec::new(),
            part: Part::source(|_: &NodeContext| Ok(Silent)),
            view: Some(view),
            decode: None,
        })
    }
}

/// Nothing ever comes of it.
struct Silent;

#[async_trait]
impl Source for Silent {
    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        std::future::pending().await
    }
}
