//! `email`: messages by e-mail.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::diagnostic::{Code, Diagnostic};
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, Checked, NodeContext, NodeType, Part, Role, StartError};

use crate::notification::{Courier, Delivery, Message, MessageText, Notifying, Undelivered, fields_of};
use crate::time_span::seconds;

/// The node type.
pub struct Email;

/// How the connection to the mail server is kept from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Security {
    /// TLS after a greeting, on port 587.
    #[default]
    Starttls,
    /// TLS from the start, on port 465.
    Tls,
    /// None, on port 25: for a server on this machine.
    None,
}

/// What the flow file can set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The mail server's name.
    server: Spanned<String>,
    /// Its port; that of `security` by default.
    port: Option<u16>,
    /// How the connection is kept from others.
    #[serde(default)]
    security: Security,
    /// Who logs in there.
    user: Option<String>,
    /// The password, such as `${MAIL_PASSWORD}`.
    password: Option<String>,
    /// The sender, such as `Press shop <press@example.com>`.
    sender: Spanned<String>,
    /// Who gets it.
    to: Vec<Spanned<String>>,
    /// The subject; the flow's name and the first message by default.
    subject: Option<String>,
    /// What it says of each record: `{temp}` stands for a field, `{key}` for the machine.
    message: Option<Spanned<String>>,
    /// At most one e-mail in this time; what comes meanwhile goes out with the next. 1 min by default.
    every: Option<Spanned<String>>,
}

impl NodeType for Email {
    const NAME: &'static str = "email";
    const ROLE: Role = Role::Sink;
    const DOC: &'static str = r#"Sends messages by e-mail. It never holds the flow up: what cannot be delivered waits in memory and is tried again.

```yaml
twinflow: 1
brokers: { plant: embedded }
nodes:
  fan: { type: mqtt-in, broker: plant, topic: fan, fields: { temp: { unit: °C } } }
  heat: { type: alarm, from: fan, field: temp, high: 45 °C }
  mail:
    type: email
    from: heat
    server: mail.example.com
    user: press
    password: ${MAIL_PASSWORD:-none}
    sender: Press shop <press@example.com>
    to: [ada@example.com]
    every: 5 min
```"#;
    type Config = Config;

    fn check(&self, config: Config, check: &mut Check<'_>) -> Option<Checked> {
        let sender = mailbox(&config.sender, check);
        let to: Vec<Option<Mailbox>> = config.to.iter().map(|to| mailbox(to, check)).collect();
        let to: Option<Vec<Mailbox>> = to.into_iter().collect();
        let parts = fields_of(config.message.as_ref(), check);
        let every = match &config.every {
            Some(every) => Some(seconds(every, 0..=86_400, "such as `every: 5 min`", check)?),
            None => Some(60.0),
        };
        if config.to.is_empty() {
            check.report(
                Diagnostic::new(
                    Code::MissingField,
                    check.span(),
                    "an e-mail needs somebody who gets it",
                )
                .with_help("such as `to: [ada@example.com]`"),
            );
            return None;
        }
        let (sender, to, parts, every) = (sender?, to?, parts?, every?);
        let schema = check.input();
        let server = Server {
            name: config.server.value,
            port: config.port,
            security: config.security,
            credentials: config
                .user
                .zip(config.password)
                .map(|(user, password)| Credentials::new(user, password)),
        };
        let subject = config.subject;
        let make = move |context: &NodeContext| {
            let delivery = Mailing {
                transport: server.transport()?,
                sender: sender.clone(),
                to: to.clone(),
                subject: subject.clone(),
                flow: context.flow.to_string(),
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

fn mailbox(text: &Spanned<String>, check: &mut Check<'_>) -> Option<Mailbox> {
    match text.parse() {
        Ok(mailbox) => Some(mailbox),
        Err(error) => {
            let message = format!("this is no e-mail address: {error}");
            check.report(
                Diagnostic::new(Code::WrongValue, text.span, message)
                    .with_help("such as `ada@example.com` or `Ada <ada@example.com>`"),
            );
            None
        }
    }
}

#[derive(Clone)]
struct Server {
    name: String,
    port: Option<u16>,
    security: Security,
    credentials: Option<Credentials>,
}

type Transport = AsyncSmtpTransport<Tokio1Executor>;

impl Server {
    fn transport(&self) -> Result<Transport, StartError> {
        let builder = match self.security {
            Security::Starttls => Transport::starttls_relay(&self.name),
            Security::Tls => Transport::relay(&self.name),
            Security::None => Ok(Transport::builder_dangerous(&self.name)),
        };
        let mut builder = builder.map_err(|error| StartError(format!("{}: {error}", self.name)))?;
        if let Some(port) = self.port {
            builder = builder.port(port);
        }
        if let Some(credentials) = &self.credentials {
            builder = builder.credentials(credentials.clone());
        }
        Ok(builder.build())
    }
}

struct Mailing {
    transport: Transport,
    sender: Mailbox,
    to: Vec<Mailbox>,
    subject: Option<String>,
    flow: String,
}

#[async_trait]
impl Delivery for Mailing {
    async fn deliver(&mut self, messages: &[Message]) -> Result<(), Undelivered> {
        let lines = messages.iter().map(|message| {
            let time = message.record.get("time").and_then(|time| time.as_str());
            format!("{}  {}", time.unwrap_or_default(), message.text)
        });
        let body = lines.collect::<Vec<_>>().join("\r\n");
        let first = messages.first().map_or("", |message| message.text.as_str());
        let subject = self
            .subject
            .clone()
            .unwrap_or_else(|| format!("{}: {first}", self.flow));
        let mut mail = lettre::Message::builder()
            .from(self.sender.clone())
            .subject(subject.replace(['\r', '\n'], " "))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            mail = mail.to(to.clone());
        }
        let mail = mail
            .body(body)
            .map_err(|error| Undelivered::Never(error.to_string()))?;
        match self.transport.send(mail).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(Undelivered::Never(error.to_string())),
            Err(error) => Err(Undelivered::Later(error.to_string())),
        }
    }
}
