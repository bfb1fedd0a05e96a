//! The sites that allocate most.

use crate::snapshot::{Snapshot, SnapshotError};
use allocinstr_sites::{Kind, SiteTable, own_path};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One line of the top table: a source allocation, its copies added up.
#[derive(Clone, Debug, PartialEq)]
pub struct TopRow {
    /// Allocations.
    pub alloc_count: u64,
    /// Bytes.
    pub alloc_bytes: u64,
    /// What it allocates; `None` for the overflow slot.
    pub kind: Option<Kind>,
    /// Where: function, place and callee.
    pub site: String,
    /// Bytes of this site cannot be known.
    pub count_only: bool,
}

/// The sites of a snapshot by bytes, then by count, most first.
///
/// # Errors
/// When the table is another build's, or a row names a site that it does not have.
pub fn top(snapshot: &Snapshot, table: &SiteTable) -> Result<Vec<TopRow>, SnapshotError> {
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
    let mut rows: BTreeMap<Option<&str>, TopRow> = BTreeMap::new();
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
        let row = rows
            .entry(site.map(|site| site.key.as_str()))
            .or_insert_with(|| TopRow {
                alloc_count: 0,
                alloc_bytes: 0,
                kind: site.map(|site| site.kind),
                site: match site {
                    Some(site) => place(table, site.frame, table.callee(site)),
                    None => format!("<overflow> ({} sites)", table.overflow.sites),
                },
                count_only: site.is_some_and(|site| site.count_only),
            });
        row.alloc_count += count;
        row.alloc_bytes += bytes;
    }
    let mut rows: Vec<TopRow> = rows.into_values().collect();
    rows.sort_by(|a, b| {
        (b.alloc_bytes, b.alloc_count, &a.site).cmp(&(a.alloc_bytes, a.alloc_count, &b.site))
    });
    Ok(rows)
}

/// Most characters of a name in a table; whole names are in the site table.
const NAME_WIDTH: usize = 100;

/// A name that fits a line: without type arguments and parameters if it must, else cut.
fn short(name: &str) -> Cow<'_, str> {
    if name.chars().count() <= NAME_WIDTH {
        return Cow::Borrowed(name);
    }
    let path = own_path(name);
    if path.chars().count() <= NAME_WIDTH {
        return path;
    }
    Cow::Owned(path.chars().take(NAME_WIDTH - 1).chain(['…']).collect())
}

/// `function (file:line:column) → callee`, as far as it is known, for people: long names are shortened.
pub fn place(table: &SiteTable, frame: u32, callee: &str) -> String {
    let (function, file, line, column) = table.frame(frame);
    let (function, callee) = (function.map(short), short(callee));
    let position = match (file, line, column) {
        (None, ..) => String::new(),
        (Some(file), 0, _) => file.to_owned(),
        (Some(file), line, 0) => format!("{file}:{line}"),
        (Some(file), line, column) => format!("{file}:{line}:{column}"),
    };
    let from = match (function, position.as_str()) {
        (Some(function), "") => function.into_owned(),
        (Some(function), position) => format!("{function} ({position})"),
        (None, position) => position.to_owned(),
    };
    format!("{from} → {callee}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_arguments_and_then_their_end() {
        let arguments = format!("f<{}>(int)", "a, ".repeat(50));
        assert_eq!(short(&arguments), "f");
        let endless = "a".repeat(200);
        assert_eq!(short(&endless), format!("{}…", "a".repeat(99)));
        assert_eq!(short("f<int>(int)"), "f<int>(int)");
    }
}
