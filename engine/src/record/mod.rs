//! Records as they travel: columns of a batch, event times, keys and receipts.

mod batch;
mod column;
mod key;
mod passage;
mod receipt;
mod value;

pub use batch::{Batch, BatchBuilder};
pub use column::Column;
pub use key::{Key, Keys};
pub(crate) use passage::OpenBatches;
pub use passage::OpenRecords;
pub use receipt::{Delivery, Receipt};
pub use value::{EventTime, Value};
