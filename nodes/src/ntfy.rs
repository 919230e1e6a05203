//! `ntfy`: messages to telephones, by a server of ntfy.

use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Part, Role};
use ureq::Agent;

use crate::notification::{
    Courier, Delivery, Message, MessageText, Notifying, Undelivered, agent, check_url, fields_of, post,
};
use crate::time_span::seconds;

/// The node type.
pub struct Ntfy;

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The server; `https://ntfy.sh` by default. Whoever knows a topic there can read it: a server of your own is better.
    #[serde(default = "public_server")]
    server: Spanned<String>,
    /// The topic, to which the telephones subscribe.
    topic: Spanned<String>,
    /// Who may publish, such as `${NTFY_TOKEN}`.
    token: Option<Spanned<String>>,
    /// What it says of each record: `{temp}` stands for a field, `{key}` for the machine.
    message: Option<Spanned<String>>,
    /// At most one message in this time; what comes meanwhile goes out with the next. 10 s by default.
    every: Option<Spanned<String>>,
}

fn public_server() -> Spanned<String> {
    Spanned::new(
        "https://ntfy.sh".to_owned(),
        twinflow_engine::language::Span::default(),
    )
}

impl NodeType for Ntfy {
    const NAME: &'static str = "ntfy";
    const ROLE: Role = Role::Sink;
    const DOC: &'static str = r#"Sends messages to telephones by [ntfy](https://ntfy.sh), on a server of your own or the public one. The priority is that of
the alarm. It never holds the flow up: what cannot be delivered waits in memory and is tried again.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  heat: { type: alarm, from: fan, field: temp, high: 45 °C }
  phone: { type: ntfy, from: heat, server: http://127.0.0.1:8080, topic: press-shop }
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let server = check_url(&config.server, check);
        let parts = fields_of(config.message.as_ref(), check);
        let every = match &config.every {
            Some(every) => Some(seconds(every, 0..=86_400, "such as `every: 10 s`", check)?),
            None => Some(10.0),
        };
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
        if config.topic.is_empty() || config.topic.len() > 64 || !config.topic.chars().all(is_name) {
            check.report(
                Diagnostic::new(Code::BadTopic, config.topic.span, "this is no topic of ntfy")
                    .with_help("letters, digits, `_` and `-`, 64 at most"),
            );
            return None;
        }
        let (parts, every, ()) = (parts?, every?, server?);
        let schema = check.input();
        let url = format!("{}/{}", config.server.trim_end_matches('/'), config.topic.value);
        let token = config.token.map(|token| token.value);
        let make = move |context: &NodeContext| {
            let delivery = Ringing {
                agent: agent(),
                url: url.clone(),
                token: token.clone(),
                title: context.flow.to_string(),
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

struct Ringing {
    agent: Agent,
    url: String,
    token: Option<String>,
    title: String,
}

/// ntfy counts from 1 to 5, 3 is usual.
fn urgency(priority: &str) -> u8 {
    match priority {
        "low" => 2,
        "high" => 4,
        "critical" => 5,
        _ => 3,
    }
}

#[async_trait]
impl Delivery for Ringing {
    async fn deliver(&mut self, messages: &[Message]) -> Result<(), Undelivered> {
        let texts: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
        let urgencies = messages
            .iter()
            .filter_map(|message| message.priority.as_deref())
            .map(urgency);
        let mut headers = vec![
            // Headers are ASCII: ntfy undoes this encoding (RFC 2047).
            ("Title".to_owned(), encoded_word(&self.title)),
            ("Priority".to_owned(), urgencies.max().unwrap_or(3).to_string()),
        ];
        if let Some(token) = &self.token {
            headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
        }
        post(&self.agent, &self.url, headers, texts.join("\n").into_bytes()).await
    }
}

fn encoded_word(text: &str) -> String {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    let quoted = text.bytes().map(|byte| format!("={byte:02X}"));
    format!("=?utf-8?Q?{}?=", quoted.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_ascii() {
        assert_eq!(encoded_word("Fan cooling"), "Fan cooling");
        assert_eq!(encoded_word("Lüfter"), "=?utf-8?Q?=4C=C3=BC=66=74=65=72?=");
    }
}
