//! What the MQTT nodes share in their configuration.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use twinflow_engine::language::Spanned;
use twinflow_engine::node::{Check, NodeContext};

use crate::mqtt::{BrokerAddress, Qos};

/// `qos: 0` or `qos: 1`; 1 by default, since a reading that matters must not get lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub enum QosLevel {
    /// At most once.
    AtMostOnce,
    /// At least once.
    #[default]
    AtLeastOnce,
}

impl TryFrom<i64> for QosLevel {
    type Error = String;

    fn try_from(level: i64) -> Result<Self, String> {
        match level {
            0 => Ok(Self::AtMostOnce),
            1 => Ok(Self::AtLeastOnce),
            other => Err(format!("`qos` is 0 or 1, found {other}")),
        }
    }
}

impl JsonSchema for QosLevel {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Qos".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 0, "maximum": 1 })
    }
}

impl From<QosLevel> for Qos {
    fn from(level: QosLevel) -> Self {
        match level {
            QosLevel::AtMostOnce => Self::AtMostOnce,
            QosLevel::AtLeastOnce => Self::AtLeastOnce,
        }
    }
}

/// The address behind a broker's name. A bad address was reported where `brokers:` has it, and no flow with an error
/// starts: any address will do then, so that what follows in the flow is checked all the same.
pub fn broker_address(name: &Spanned<String>, check: &mut Check<'_>) -> Option<BrokerAddress> {
    let address = check.broker(name)?;
    Some(BrokerAddress::from_str(&address).unwrap_or_else(|_| BrokerAddress::embedded()))
}

/// A client id that stays the same over restarts, so that the broker keeps the session, and is unlike those of other
/// nodes and flows.
pub fn client_id(context: &NodeContext) -> String {
    let word = |text: &str| -> String {
        text.chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '-' {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .collect()
    };
    format!("twinflow-{}-{}", word(&context.flow), word(&context.id))
}
