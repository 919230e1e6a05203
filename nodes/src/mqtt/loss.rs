//! Why a connection is down, in words for the people who run the plant.

use std::io;

use rumqttc::{ConnectReturnCode, ConnectionError, StateError, TlsError, mqttbytes};
use rustls::CertificateError;

/// Why a connection is down. `Display` says what happened and what to look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LossReason {
    /// Nothing listens on the address.
    #[error("connection refused by {broker}: is the broker running?")]
    Refused {
        /// Host and port.
        broker: String,
    },
    /// The name of the host is unknown.
    #[error("host not found: {broker}; check the name, and that this machine can look names up")]
    HostNotFound {
        /// Host and port.
        broker: String,
    },
    /// No way to the host, or no answer from it.
    #[error("no answer from {broker}: is it switched on, and on the same network?")]
    NoAnswer {
        /// Host and port.
        broker: String,
    },
    /// The broker did not accept user name and password.
    #[error("bad user name or password for {broker}")]
    BadCredentials {
        /// Host and port.
        broker: String,
    },
    /// The broker does not let this client in.
    #[error("not authorised by {broker}: it wants another user, or does not let this one in")]
    NotAuthorised {
        /// Host and port.
        broker: String,
    },
    /// The broker does not accept the client id.
    #[error("{broker} does not accept the client id `{client_id}`")]
    ClientIdRejected {
        /// Host and port.
        broker: String,
        /// The client id.
        client_id: String,
    },
    /// The broker does not take new clients now.
    #[error("{broker} is up but takes no clients now")]
    Unavailable {
        /// Host and port.
        broker: String,
    },
    /// What listens there speaks no MQTT 3.1.1, or only behind TLS.
    #[error(
        "{broker} does not answer in MQTT 3.1.1: is it a broker, and is this its port without (`mqtt://`) or with TLS (`mqtts://`)?"
    )]
    NotMqtt {
        /// Host and port.
        broker: String,
    },
    /// The certificate of the broker is not trusted, or TLS failed otherwise.
    #[error("the TLS connection to {broker} failed: {detail}")]
    Tls {
        /// Host and port.
        broker: String,
        /// What is wrong.
        detail: String,
    },
    /// The broker closed a connection that was up.
    #[error(
        "{broker} closed the connection: was it stopped, or does another client use the client id `{client_id}`?"
    )]
    Closed {
        /// Host and port.
        broker: String,
        /// The client id.
        client_id: String,
    },
    /// The broker stopped answering on a connection that was up.
    #[error("{broker} no longer answers: is the network up?")]
    Silent {
        /// Host and port.
        broker: String,
    },
    /// The broker does not let this client subscribe.
    #[error("{broker} does not allow the subscription to `{filter}`")]
    SubscriptionRefused {
        /// Host and port.
        broker: String,
        /// The topic filter.
        filter: String,
    },
    /// Anything else.
    #[error("the connection to {broker} failed: {detail}")]
    Other {
        /// Host and port.
        broker: String,
        /// What the library says.
        detail: String,
    },
}

/// Who is at the two ends of a connection.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    /// Host and port of the broker.
    pub(super) broker: String,
    pub(super) client_id: String,
}

impl Ends {
    /// What `error` means for people; `up` tells whether the broker had accepted the connection.
    pub(super) fn loss(&self, error: &ConnectionError, up: bool) -> LossReason {
        let broker = self.broker.clone();
        match error {
            ConnectionError::Io(error) => self.io_loss(error, up),
            ConnectionError::MqttState(error) => self.state_loss(error, up),
            ConnectionError::Tls(TlsError::Io(error)) => self.io_loss(error, up),
            ConnectionError::Tls(TlsError::TLS(error)) => self.tls_loss(error),
            ConnectionError::Tls(error) => LossReason::Tls {
                broker,
                detail: error.to_string(),
            },
            ConnectionError::NetworkTimeout => LossReason::NoAnswer { broker },
            ConnectionError::FlushTimeout => LossReason::Silent { broker },
            ConnectionError::ConnectionRefused(code) => self.refusal(*code),
            ConnectionError::NotConnAck(_) => LossReason::NotMqtt { broker },
            ConnectionError::RequestsDone => LossReason::Other {
                broker,
                detail: error.to_string(),
            },
        }
    }

    fn refusal(&self, code: ConnectReturnCode) -> LossReason {
        let broker = self.broker.clone();
        match code {
            ConnectReturnCode::BadUserNamePassword => LossReason::BadCredentials { broker },
            ConnectReturnCode::NotAuthorized => LossReason::NotAuthorised { broker },
            ConnectReturnCode::BadClientId => LossReason::ClientIdRejected {
                broker,
                client_id: self.client_id.clone(),
            },
            ConnectReturnCode::ServiceUnavailable => LossReason::Unavailable { broker },
            ConnectReturnCode::RefusedProtocolVersion => LossReason::NotMqtt { broker },
            ConnectReturnCode::Success => LossReason::Other {
                broker,
                detail: format!("{code:?}"),
            },
        }
    }

    fn state_loss(&self, error: &StateError, up: bool) -> LossReason {
        let broker = self.broker.clone();
        match error {
            // The stream ended in the middle of what could have been a packet.
            StateError::Deserialization(mqttbytes::Error::Io(error))
                if !up && error.kind() == io::ErrorKind::Other =>
            {
                LossReason::NotMqtt { broker }
            }
            StateError::Io(error) | StateError::Deserialization(mqttbytes::Error::Io(error)) => {
                self.io_loss(error, up)
            }
            StateError::ConnectionAborted => self.closed(up),
            StateError::AwaitPingResp | StateError::CollisionTimeout => LossReason::Silent { broker },
            StateError::Deserialization(_) if !up => LossReason::NotMqtt { broker },
            _ => LossReason::Other {
                broker,
                detail: error.to_string(),
            },
        }
    }

    fn io_loss(&self, error: &io::Error, up: bool) -> LossReason {
        let broker = self.broker.clone();
        if let Some(error) = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        {
            return self.tls_loss(error);
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => LossReason::Refused { broker },
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => self.closed(up),
            io::ErrorKind::TimedOut if up => LossReason::Silent { broker },
            io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                LossReason::NoAnswer { broker }
            }
            // The standard library has no kind of its own for a name that cannot be looked up.
            _ if error.to_string().starts_with("failed to lookup address") => {
                LossReason::HostNotFound { broker }
            }
            _ => LossReason::Other {
                broker,
                detail: error.to_string(),
            },
        }
    }

    fn closed(&self, up: bool) -> LossReason {
        let broker = self.broker.clone();
        if up {
            LossReason::Closed {
                broker,
                client_id: self.client_id.clone(),
            }
        } else {
            LossReason::NotMqtt { broker }
        }
    }

    fn tls_loss(&self, error: &rustls::Error) -> LossReason {
        let detail = match error {
            rustls::Error::InvalidCertificate(fault) => match fault {
                CertificateError::UnknownIssuer => {
                    "its certificate is signed by an authority this machine does not trust; \
                     give the authority's certificate as the CA file"
                        .to_owned()
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "its certificate has expired (or the clock of this machine is wrong)".to_owned()
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "its certificate is not valid yet (or the clock of this machine is wrong)".to_owned()
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    "its certificate is for another host name; use the name in the certificate".to_owned()
                }
                other => format!("its certificate is not valid: {other}"),
            },
            rustls::Error::InvalidMessage(_) => "it does not answer in TLS; is this its TLS port?".to_owned(),
            other => other.to_string(),
        };
        LossReason::Tls {
            broker: self.broker.clone(),
            detail,
        }
    }
}
