//! The site table and its codec (`docs/formats.md`): what a counter means.

use crate::model::{AllocatorClass, Kind};
use crate::survey::Attribution;
use serde::{Deserialize, Serialize};

/// Version of the format; a reader refuses others.
const VERSION: u32 = 1;
const FORMAT: &str = "allocinstr-sites";
/// Most rows that a table may hold.
const MAX_ROWS: usize = 1 << 24;

/// Bytes counted: as requested, or as the heap spends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Bytes {
    /// What the program asked for.
    #[default]
    Requested,
    /// Rounded up and with headers, by the model.
    Heap,
}

/// Where the counters are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// A memory of their own.
    #[default]
    Memory,
    /// Two globals a counter, for engines without multi-memory.
    Globals,
    /// The runtime that a program instrumented as LLVM IR is linked with.
    Native,
}

impl Storage {
    /// Its name in site tables.
    pub fn name(self) -> &'static str {
        match self {
            Storage::Memory => "memory",
            Storage::Globals => "globals",
            Storage::Native => "native",
        }
    }
}

/// The slot that everything past the cap shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overflow {
    /// Its id, the last one.
    pub id: u32,
    /// How many sites share it.
    pub sites: u32,
}

/// One site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Counter index.
    pub id: u32,
    /// Identity across builds, 16 hex digits.
    pub key: String,
    /// The reported frame, an index into [`SiteTable::frames`].
    pub frame: u32,
    /// Inline chain, innermost first.
    pub chain: Vec<u32>,
    /// What it allocates.
    pub kind: Kind,
    /// What it calls, an index into [`SiteTable::names`].
    pub callee: u32,
    /// How it is counted.
    pub attribution: Attribution,
    /// Requested size in bytes, where it is constant.
    pub size: Option<u64>,
    /// Some or all of its bytes cannot be known and are counted as 0.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub count_only: bool,
    /// Where the call is in the original, as [`Call::offset`](crate::Call::offset).
    pub offset: u64,
}

/// `[function, file, line, column]`: indices into the names or null; 0 for unknown.
pub type FrameRow = (Option<u32>, Option<u32>, u32, u32);

/// The whole table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteTable {
    format: String,
    version: u32,
    /// Hash of the input and of the options that change counting, 32 hex digits.
    pub build_id: String,
    /// Allocator model.
    pub model: String,
    /// Whether the program's memory is ever freed.
    pub allocator_class: AllocatorClass,
    /// What the byte counters count.
    pub bytes: Bytes,
    /// The selection.
    pub regex: String,
    /// The highest level of attribution.
    pub attribute: Attribution,
    /// Where the counters are.
    pub storage: Storage,
    /// The program's own logging function, where it keeps the counters.
    pub log_fn: Option<String>,
    /// Counters, overflow included; with `log_fn` the ids that function is called with.
    pub slots: u32,
    /// The overflow slot.
    pub overflow: Overflow,
    /// Every string once.
    pub names: Vec<String>,
    /// Every frame once.
    pub frames: Vec<FrameRow>,
    /// Sites, by id and then by offset.
    pub sites: Vec<Site>,
}

/// What is left of a table with `--no-names`: enough to find the table kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stub {
    format: String,
    version: u32,
    /// As in [`SiteTable::build_id`].
    pub build_id: String,
    /// As in [`SiteTable::allocator_class`].
    pub allocator_class: AllocatorClass,
    /// As in [`SiteTable::storage`].
    pub storage: Storage,
    /// As in [`SiteTable::slots`].
    pub slots: u32,
}

/// A JSON document is not of the format wanted.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// Not JSON, or without format and version.
    #[error("not {expected} JSON")]
    Syntax {
        /// The format wanted.
        expected: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Another format.
    #[error("the format is {found:?}, expected {expected:?}")]
    Format {
        /// The format named.
        found: String,
        /// The format wanted.
        expected: &'static str,
    },
    /// A version that this program does not know.
    #[error("{format} version {found} is not supported; this program reads version {expected}")]
    Version {
        /// The format.
        format: &'static str,
        /// The version named.
        found: u32,
        /// The version known.
        expected: u32,
    },
}

/// Checks the fields `format` and `version`, with which every JSON format of this project begins.
pub fn check_format(bytes: &[u8], format: &'static str, version: u32) -> Result<(), FormatError> {
    #[derive(Deserialize)]
    #[serde(expecting = "an object")]
    struct Head {
        format: String,
        version: u32,
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|source| FormatError::Syntax {
        expected: format,
        source,
    })?;
    if head.format != format {
        return Err(FormatError::Format {
            found: head.format,
            expected: format,
        });
    }
    if head.version != version {
        return Err(FormatError::Version {
            format,
            found: head.version,
            expected: version,
        });
    }
    Ok(())
}

/// A site table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Another format or version.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Not the fields of a site table.
    #[error("not a site table")]
    Syntax(#[from] serde_json::Error),
    /// The names were left out.
    #[error(
        "the site table of build {build_id} was left out of the module (--no-names); \
         pass the file written by --sites"
    )]
    Stub {
        /// Which build's table to look for.
        build_id: String,
    },
    /// An index that points outside its list, or a list that is too long.
    #[error("corrupt site table: {0}")]
    Corrupt(String),
}

impl SiteTable {
    /// An empty table.
    pub fn new(build_id: String, model: String, allocator_class: AllocatorClass) -> SiteTable {
        SiteTable {
            format: FORMAT.to_owned(),
            version: VERSION,
            build_id,
            model,
            allocator_class,
            bytes: Bytes::Requested,
            regex: String::new(),
            attribute: Attribution::Dispatch,
            storage: Storage::Memory,
            log_fn: None,
            slots: 1,
            overflow: Overflow { id: 0, sites: 0 },
            names: Vec::new(),
            frames: Vec::new(),
            sites: Vec::new(),
        }
    }

    /// The table as JSON, in one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a table has string keys and finite numbers only")
    }

    /// The table without names and sites, as JSON.
    pub fn to_stub_json(&self) -> String {
        let stub = Stub {
            format: self.format.clone(),
            version: self.version,
            build_id: self.build_id.clone(),
            allocator_class: self.allocator_class,
            storage: self.storage,
            slots: self.slots,
        };
        serde_json::to_string(&stub).expect("a stub has string keys and finite numbers only")
    }

    /// Reads a table; every index is checked.
    pub fn from_json(bytes: &[u8]) -> Result<SiteTable, TableError> {
        check_format(bytes, FORMAT, VERSION)?;
        if let Ok(stub) = serde_json::from_slice::<Stub>(bytes) {
            return Err(TableError::Stub {
                build_id: stub.build_id,
            });
        }
        let table: SiteTable = serde_json::from_slice(bytes)?;
        table.check(MAX_ROWS)?;
        Ok(table)
    }

    fn check(&self, most: usize) -> Result<(), TableError> {
        let corrupt = |what: String| Err(TableError::Corrupt(what));
        for (what, len) in [
            ("names", self.names.len()),
            ("frames", self.frames.len()),
            ("sites", self.sites.len()),
        ] {
            if len > most {
                return corrupt(format!("{len} {what} exceed the maximum of {most}"));
            }
        }
        let name = |id: u32| (id as usize) < self.names.len();
        for (row, frame) in self.frames.iter().enumerate() {
            if !frame.0.is_none_or(name) || !frame.1.is_none_or(name) {
                return corrupt(format!("frame {row} names a string that is not there"));
            }
        }
        let frame = |id: &u32| (*id as usize) < self.frames.len();
        for (row, site) in self.sites.iter().enumerate() {
            if !frame(&site.frame) || !site.chain.iter().all(frame) || !name(site.callee) {
                return corrupt(format!(
                    "site {row} names a frame or string that is not there"
                ));
            }
            if site.id >= self.slots {
                return corrupt(format!(
                    "site {row} has id {}, slots are {}",
                    site.id, self.slots
                ));
            }
        }
        if self.overflow.id.checked_add(1) != Some(self.slots) {
            return corrupt(format!(
                "overflow slot {} is not the last",
                self.overflow.id
            ));
        }
        Ok(())
    }

    /// Function, file, line and column of a frame.
    pub fn frame(&self, id: u32) -> (Option<&str>, Option<&str>, u32, u32) {
        let (function, file, line, column) = self.frames[id as usize];
        let name = |id: Option<u32>| id.map(|id| self.names[id as usize].as_str());
        (name(function), name(file), line, column)
    }

    /// The name of what a site calls.
    pub fn callee(&self, site: &Site) -> &str {
        &self.names[site.callee as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> SiteTable {
        let mut table = SiteTable::new(
            "00".repeat(16),
            "tinygo".to_owned(),
            AllocatorClass::NeverFrees,
        );
        table.names = vec!["main.f".to_owned(), "runtime.alloc".to_owned()];
        table.frames = vec![(Some(0), None, 0, 0)];
        table.slots = 2;
        table.overflow.id = 1;
        table.sites = vec![Site {
            id: 0,
            key: "0123456789abcdef".to_owned(),
            frame: 0,
            chain: vec![0],
            kind: Kind::Alloc,
            callee: 1,
            attribution: Attribution::Direct,
            size: Some(16),
            count_only: false,
            offset: 99,
        }];
        table
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(
            SiteTable::from_json(table().to_json().as_bytes()).unwrap(),
            table()
        );
    }

    #[test]
    fn an_index_outside_its_list_is_refused_with_its_place() {
        type Spoil = fn(&mut SiteTable);
        let cases: [(&str, Spoil); 6] = [
            ("frame 0 names a string", |t| t.frames[0].0 = Some(2)),
            ("frame 0 names a string", |t| t.frames[0].1 = Some(9)),
            ("site 0 names a frame", |t| t.sites[0].chain = vec![1]),
            ("site 0 names a frame", |t| t.sites[0].callee = 2),
            ("site 0 has id 2, slots are 2", |t| t.sites[0].id = 2),
            ("overflow slot 0 is not the last", |t| t.overflow.id = 0),
        ];
        for (message, spoil) in cases {
            let mut table = table();
            spoil(&mut table);
            let error = SiteTable::from_json(table.to_json().as_bytes())
                .unwrap_err()
                .to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn a_stub_says_which_table_to_look_for() {
        let error = SiteTable::from_json(table().to_stub_json().as_bytes()).unwrap_err();
        assert!(error.to_string().contains(&"00".repeat(16)), "{error}");
    }

    #[test]
    fn another_version_or_format_is_refused() {
        for (from, to, message) in [
            (
                "\"version\":1",
                "\"version\":2",
                "version 2 is not supported",
            ),
            (
                "allocinstr-sites",
                "allocinstr-x",
                "the format is \"allocinstr-x\"",
            ),
        ] {
            let json = table().to_json().replacen(from, to, 1);
            let error = SiteTable::from_json(json.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn rows_are_limited() {
        let table = table();
        table.check(2).unwrap();
        let error = table.check(1).unwrap_err().to_string();
        assert_eq!(error, "corrupt site table: 2 names exceed the maximum of 1");
        let (frames, sites) = (vec![table.frames[0]; 3], vec![table.sites[0].clone(); 3]);
        let error = SiteTable {
            frames,
            ..table.clone()
        }
        .check(2)
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "corrupt site table: 3 frames exceed the maximum of 2"
        );
        let error = SiteTable { sites, ..table }.check(2).unwrap_err();
        assert_eq!(
            error.to_string(),
            "corrupt site table: 3 sites exceed the maximum of 2"
        );
    }
}
