//! The comparison as people read it.

use std::fmt::{self, Display, Formatter};

use super::{Comparison, EdgeChange, FieldChange, NodeChange, ValueChange};
use crate::language::listed;

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        section(f, "flow", &self.flow)?;
        section(f, "brokers", &self.brokers)?;
        section(f, "nodes", &self.nodes)?;
        if let Some(order) = &self.widgets {
            let order = listed(order.iter().map(String::as_str));
            writeln!(f, "dashboard\n  ~ the widgets stand in another order: {order}")?;
        }
        section(f, "edges", &self.edges)
    }
}

fn section(f: &mut Formatter<'_>, heading: &str, changes: &[impl Display]) -> fmt::Result {
    if !changes.is_empty() {
        writeln!(f, "{heading}")?;
    }
    changes.iter().try_for_each(|change| writeln!(f, "  {change}"))
}

impl Display for ValueChange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "~ {}: {old} → {new}", self.path),
            (Some(old), None) => write!(f, "- {}: {old}", self.path),
            (None, Some(new)) => write!(f, "+ {}: {new}", self.path),
            (None, None) => Ok(()),
        }
    }
}

impl Display for NodeChange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { id, node_type } => write!(f, "+ {id} ({node_type})"),
            Self::Removed { id, node_type } => write!(f, "- {id} ({node_type})"),
            Self::Renamed { old, new } => write!(f, "~ {old} is now called {new}"),
            Self::Changed { id, values } => {
                write!(f, "~ {id}")?;
                values.iter().try_for_each(|value| write!(f, "\n      {value}"))
            }
        }
    }
}

impl Display for EdgeChange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.change {
            FieldChange::Added { field, is } => write!(f, "+ {field}: {is}")?,
            FieldChange::Removed { field, was } => write!(f, "- {field}: {was}")?,
            FieldChange::Retyped { field, was, is } => write!(f, "~ {field}: {was} → {is}")?,
            FieldChange::Presence {
                field,
                is_optional: true,
            } => write!(f, "~ {field}: may be missing now")?,
            FieldChange::Presence { field, .. } => write!(f, "~ {field}: is never missing now")?,
            FieldChange::Reordered => f.write_str("~ the fields stand in another order")?,
        }
        write!(f, ", behind {}", listed(self.behind.iter().map(String::as_str)))
    }
}
