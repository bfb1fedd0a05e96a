//! The sites that allocate most.

use crate::group::{Granularity, Groups};
use crate::snapshot::{Snapshot, SnapshotError};
use allocinstr_sites::{Kind, SiteTable};
use std::collections::{BTreeMap, BTreeSet};

/// One line of the top table: a source allocation, its copies added up, or what is larger.
#[derive(Clone, Debug, PartialEq)]
pub struct TopRow {
    /// Allocations.
    pub alloc_count: u64,
    /// Bytes.
    pub alloc_bytes: u64,
    /// What it allocates; `None` for the overflow slot, and where sites are added up.
    pub kind: Option<Kind>,
    /// Source allocations with a count.
    pub sites: u64,
    /// Where: function, place and callee, or the group's name, which is empty where it is not known.
    pub name: String,
    /// Bytes of none of its sites can be known.
    pub count_only: bool,
}

/// The sites of a snapshot, added up by `granularity`, by bytes, then by count, most first.
///
/// # Errors
/// When the table is another build's, or a row names a site that it does not have.
pub fn top(
    snapshot: &Snapshot,
    table: &SiteTable,
    granularity: Granularity,
) -> Result<Vec<TopRow>, SnapshotError> {
    if snapshot.build_id != table.build_id {
        let (snapshot, table) = (snapshot.build_id.clone(), table.build_id.clone());
        return Err(SnapshotError::Build { snapshot, table });
    }
    // Copies of one source allocation share a key; the overflow slot has none.
    let mut sites = vec![None; table.slots as usize];
    for (index, site) in table.sites.iter().enumerate() {
        if site.id != table.overflow.id {
            sites[site.id as usize] = Some(index);
        }
    }
    let groups = Groups::new(table);
    let mut rows: BTreeMap<Option<String>, (TopRow, BTreeSet<&str>)> = BTreeMap::new();
    for &(id, count, bytes, ..) in &snapshot.rows {
        let site = match sites.get(id as usize) {
            Some(Some(index)) => Some(&table.sites[*index]),
            Some(None) if id == table.overflow.id => None,
            _ => {
                return Err(SnapshotError::Corrupt(format!(
                    "site {id} is not in the site table"
                )));
            }
        };
        let group = site.map(|site| groups.of(site, granularity));
        let (key, name) = match group {
            Some(group) => (Some(group.key), group.name),
            None => (None, format!("<overflow> ({} sites)", table.overflow.sites)),
        };
        let (row, keys) = rows.entry(key).or_insert_with(|| {
            let row = TopRow {
                alloc_count: 0,
                alloc_bytes: 0,
                kind: site
                    .filter(|_| granularity == Granularity::Site)
                    .map(|site| site.kind),
                sites: 0,
                name,
                count_only: site.is_some(),
            };
            (row, BTreeSet::new())
        });
        row.alloc_count += count;
        row.alloc_bytes += bytes;
        row.count_only &= site.is_some_and(|site| site.count_only);
        keys.extend(site.map(|site| site.key.as_str()));
    }
    let mut rows: Vec<TopRow> = rows
        .into_values()
        .map(|(row, keys)| TopRow {
            sites: if keys.is_empty() {
                table.overflow.sites.into()
            } else {
                keys.len() as u64
            },
            ..row
        })
        .collect();
    rows.sort_by(|a, b| {
        (b.alloc_bytes, b.alloc_count, &a.name).cmp(&(a.alloc_bytes, a.alloc_count, &b.name))
    });
    Ok(rows)
}
