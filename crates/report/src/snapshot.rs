//! Snapshots: the counters of one instance at one time (`docs/formats.md` §3).

use allocinstr_sites::{AllocatorClass, FormatError, check_format};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const FORMAT: &str = "allocinstr-snapshot";
const VERSION: u32 = 1;
/// Most rows a snapshot may hold.
const MAX_ROWS: usize = 1 << 24;

/// Sums over everything the instance allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Allocations, the pool included.
    pub alloc_count: u64,
    /// Bytes, the pool included.
    pub alloc_bytes: u64,
    /// Objects not freed yet; `None` where frees are not tracked.
    pub live_count: Option<u64>,
    /// Bytes not freed yet; `None` where frees are not tracked.
    pub live_bytes: Option<u64>,
    /// Allocations that no site explains.
    pub unattributed_count: u64,
    /// Bytes that no site explains.
    pub unattributed_bytes: u64,
}

/// `[id, alloc_count, alloc_bytes, live_count, live_bytes]` of one site.
pub type Row = (u32, u64, u64, Option<u64>, Option<u64>);

/// The counters of one instance at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    format: String,
    version: u32,
    /// Joins the snapshot to its site table.
    pub build_id: String,
    /// Name of the instance, unique within a series.
    pub instance: String,
    /// Restarts of the instance so far.
    pub generation: u32,
    /// Unix time in milliseconds.
    pub time_ms: u64,
    /// What the user called it.
    pub label: Option<String>,
    /// Whether the program's memory is ever freed.
    pub allocator_class: AllocatorClass,
    /// Sums.
    pub totals: Totals,
    /// Size of the program's own memory in bytes, where it has one.
    pub memory_bytes: Option<u64>,
    /// Other numbers watched, by name.
    pub gauges: BTreeMap<String, f64>,
    /// Sites with a count, by id.
    pub rows: Vec<Row>,
    /// Instance and generation of each that was summed; empty in the snapshot of one instance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<(String, u32)>,
}

/// A snapshot could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Another format or version.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Not the fields of a snapshot.
    #[error("not a snapshot")]
    Syntax(#[from] serde_json::Error),
    /// Rows and totals do not add up, or a row is out of place.
    #[error("corrupt snapshot: {0}")]
    Corrupt(String),
    /// The site table is another build's.
    #[error(
        "the snapshot is of build {snapshot}, the site table of build {table}: \
         pass the module that was running, or the table that was written with it"
    )]
    Build {
        /// The snapshot's build id.
        snapshot: String,
        /// The table's build id.
        table: String,
    },
}

impl Snapshot {
    /// Reads a snapshot and checks that its rows add up to its totals.
    pub fn from_json(bytes: &[u8]) -> Result<Snapshot, SnapshotError> {
        check_format(bytes, FORMAT, VERSION)?;
        let snapshot: Snapshot = serde_json::from_slice(bytes)?;
        snapshot.check(MAX_ROWS)?;
        Ok(snapshot)
    }

    fn check(&self, most: usize) -> Result<(), SnapshotError> {
        let corrupt = |what: String| Err(SnapshotError::Corrupt(what));
        if self.rows.len() > most {
            return corrupt(format!(
                "{} rows exceed the maximum of {most}",
                self.rows.len()
            ));
        }
        if let Some(pair) = self.rows.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            return corrupt(format!("row of site {} is not in order of ids", pair[1].0));
        }
        let totals = &self.totals;
        for (what, unattributed, total, column) in [
            (
                "alloc_count",
                totals.unattributed_count,
                totals.alloc_count,
                1,
            ),
            (
                "alloc_bytes",
                totals.unattributed_bytes,
                totals.alloc_bytes,
                2,
            ),
        ] {
            let sum = self.rows.iter().try_fold(unattributed, |sum, row| {
                sum.checked_add(if column == 1 { row.1 } else { row.2 })
            });
            if sum != Some(total) {
                return corrupt(format!("rows and pool do not add up to {what} {total}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"format":"allocinstr-snapshot","version":1,"build_id":"b","instance":"i",
        "generation":0,"time_ms":1,"label":null,"allocator_class":"never-frees",
        "totals":{"alloc_count":5,"alloc_bytes":80,"live_count":null,"live_bytes":null,
        "unattributed_count":1,"unattributed_bytes":16},"memory_bytes":65536,"gauges":{},
        "rows":[[0,3,48,null,null],[2,1,16,null,null]]}"#;

    #[test]
    fn a_snapshot_that_adds_up_is_read() {
        let snapshot = Snapshot::from_json(JSON.as_bytes()).unwrap();
        assert_eq!(
            snapshot.rows,
            [(0, 3, 48, None, None), (2, 1, 16, None, None)]
        );
    }

    #[test]
    fn rows_are_limited() {
        let snapshot = Snapshot::from_json(JSON.as_bytes()).unwrap();
        snapshot.check(2).unwrap();
        let error = snapshot.check(1).unwrap_err().to_string();
        assert_eq!(error, "corrupt snapshot: 2 rows exceed the maximum of 1");
    }

    #[test]
    fn what_does_not_add_up_is_refused() {
        for (from, to, message) in [
            (
                "\"alloc_count\":5",
                "\"alloc_count\":6",
                "do not add up to alloc_count 6",
            ),
            ("[0,3,48", "[0,3,49", "do not add up to alloc_bytes 80"),
            ("[0,3,48", "[2,3,48", "row of site 2 is not in order"),
            (
                "[0,3,48",
                "[0,18446744073709551615,48",
                "do not add up to alloc_count 5",
            ),
            ("\"version\":1", "\"version\":7", "version 7"),
            ("\"generation\":0,", "", "not a snapshot"),
        ] {
            let json = JSON.replacen(from, to, 1);
            let error = Snapshot::from_json(json.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
