//! `webhook`: records to a program on the web.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Part, Role};
use ureq::Agent;

use crate::notification::{
    Courier, Delivery, Message, MessageText, Notifying, Undelivered, agent, check_url, fields_of, post,
};
use crate::time_span::seconds;

/// The node type.
pub struct Webhook;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to post.
    url: Spanned<String>,
    /// Headers to send, such as `Authorization: Bearer ${HOOK_TOKEN}`.
    #[serde(default)]
    headers: BTreeMap<String, Spanned<String>>,
    /// What `text` says of each record: `{temp}` stands for a field, `{key}` for the machine.
    message: Option<Spanned<String>>,
    /// At most one message in this time; what comes meanwhile goes out with the next. At once by default.
    every: Option<Spanned<String>>,
}

impl NodeType for Webhook {
    const NAME: &'static str = "webhook";
    const ROLE: Role = Role::Sink;
    const DOC: &'static str = r#"Posts records as JSON to a web address: `{"flow": …, "node": …, "records": [{"time": …, "key": …, …}], "text": …}`. It never
holds the flow up: what cannot be delivered waits in memory, up to 1,000 records, and is tried again. A client's error (4xx) is
final.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  heat: { type: alarm, from: fan, field: temp, high: 45 °C }
  hook:
    type: webhook
    from: heat
    url: http://127.0.0.1:9000/alarms
    message: "{key}: {message} ({state})"
    every: 1 s
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let url = check_url(&config.url, check);
        let parts = fields_of(config.message.as_ref(), check);
        let every = match &config.every {
            Some(every) => Some(seconds(every, 0..=86_400, "such as `every: 10 s`", check)?),
            None => Some(0.0),
        };
        let mut headers = Vec::new();
        for (name, value) in config.headers {
            if !is_token(&name) || value.contains(['\r', '\n']) {
                let message = format!("`{name}` is no header that can be sent");
                check.report(Diagnostic::new(Code::WrongValue, value.span, message));
                return None;
            }
            headers.push((name, value.value));
        }
        let (parts, every, ()) = (parts?, every?, url?);
        let (schema, url) = (check.input(), config.url.value);
        let make = move |context: &NodeContext| {
            let delivery = Posting {
                agent: agent(),
                url: url.clone(),
                headers: headers.clone(),
                flow: context.flow.to_string(),
                node: context.id.to_string(),
            };
            Ok(Notifying {
                text: MessageText::new(parts.clone(), schema.clone(), context.keys.clone()),
                courier: Courier::start(context, Duration::from_secs_f64(every), delivery),
            })
        };
        Some(Checked {
            outputs: Vec::new(),
            part: Part::sink(make),
            view: None,
            decode: None,
        })
    }
}

/// What HTTP allows as a header's name (RFC 9110, 5.6.2).
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

struct Posting {
    agent: Agent,
    url: String,
    headers: Vec<(String, String)>,
    flow: String,
    node: String,
}

#[async_trait]
impl Delivery for Posting {
    async fn deliver(&mut self, messages: &[Message]) -> Result<(), Undelivered> {
        let texts: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
        let records: Vec<_> = messages.iter().map(|message| &message.record).collect();
        let body = json!({
            "flow": self.flow,
            "node": self.node,
            "text": texts.join("\n"),
            "records": records,
        });
        let mut headers = self.headers.clone();
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        post(&self.agent, &self.url, headers, body.to_string().into_bytes()).await
    }
}
