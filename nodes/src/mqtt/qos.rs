//! The quality of service of a message.

/// How hard client and broker try to deliver a message.
///
/// QoS 2 is left out: readings carry a sequence number or a time, so a repeated one is recognised, and the two extra
/// packets a message would halve the throughput.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Qos {
    /// QoS 0: sent once, lost if the connection breaks.
    AtMostOnce,
    /// QoS 1: sent again until it is acknowledged, so it may come more than once.
    AtLeastOnce,
}

impl Qos {
    pub(crate) fn to_rumqttc(self) -> rumqttc::QoS {
        match self {
            Self::AtMostOnce => rumqttc::QoS::AtMostOnce,
            Self::AtLeastOnce => rumqttc::QoS::AtLeastOnce,
        }
    }
}

/// A quality of service other than 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("QoS {0} is not available: use 0 (sent once) or 1 (sent until acknowledged)")]
pub struct QosError(pub u8);

impl TryFrom<u8> for Qos {
    type Error = QosError;

    fn try_from(level: u8) -> Result<Self, QosError> {
        match level {
            0 => Ok(Self::AtMostOnce),
            1 => Ok(Self::AtLeastOnce),
            _ => Err(QosError(level)),
        }
    }
}
