//! What was measured: snapshots, and the sites that allocate most.
//!
//! ```
//! use allocinstr_report::Snapshot;
//!
//! let error = Snapshot::from_json(b"{}").unwrap_err();
//! assert!(error.to_string().starts_with("not allocinstr-snapshot JSON"));
//! ```

mod group;
mod snapshot;
mod top;

pub use group::{Granularity, Group, Groups, place};
pub use snapshot::{Row, Snapshot, SnapshotError, Totals};
pub use top::{TopRow, top};
