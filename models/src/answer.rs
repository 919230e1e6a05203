//! The answer to "what is wrong with this machine?".

use serde::Serialize;

use crate::classes::Severity;

/// What the REST endpoint and the `classify` node answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Answer<'m> {
    /// The class's code; of normal operation too.
    pub fault_code: u32,
    /// The class's label.
    pub fault_label: &'m str,
    /// The mean share of the class over all trees, 0 to 1.
    pub confidence: f32,
    /// How grave it is.
    pub severity: Severity,
    /// What to do.
    pub advice: &'m str,
}
