//! Counters as a host of wasmtime reads them, by docs/formats.md §1.

use allocinstr_sites::{SiteTable, Storage};
use std::ops::{Add, AddAssign};
use wasmtime::{AsContextMut, Extern, Instance};

/// What one counter says, or several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocated {
    /// Allocations.
    pub count: u64,
    /// What they asked for.
    pub bytes: u64,
}

impl Add for Allocated {
    type Output = Allocated;

    fn add(self, other: Allocated) -> Allocated {
        Allocated {
            count: self.count + other.count,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl AddAssign for Allocated {
    fn add_assign(&mut self, other: Allocated) {
        *self = *self + other;
    }
}

/// All counters of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// What no site explains.
    pub pool: Allocated,
    /// By site id, overflow last.
    pub slots: Vec<Allocated>,
}

impl Counters {
    /// Reads the counters of `instance`, whose site table is `table`.
    ///
    /// # Panics
    ///
    /// When they are not there, or not what the site table says.
    pub fn read(mut store: impl AsContextMut, instance: &Instance, table: &SiteTable) -> Counters {
        let export = instance.get_export(&mut store, "allocinstr");
        let export = export.expect("an instrumented module exports its counters");
        let slots = table.slots as usize;
        match (table.storage, export) {
            (Storage::Memory, Extern::Memory(memory)) => {
                let data = memory.data(&store);
                let word = |at: usize| {
                    let bytes = data[at..at + 8].try_into().expect("they are 8");
                    u64::from_le_bytes(bytes)
                };
                assert_eq!(&data[..8], b"allocins");
                assert_eq!(word(8), 1 | (slots as u64) << 32, "version and slots");
                assert_eq!(word(16), 16, "the size of a record");
                let record = |at| Allocated {
                    count: word(at),
                    bytes: word(at + 8),
                };
                Counters {
                    pool: record(32),
                    slots: (0..slots).map(|slot| record(48 + 16 * slot)).collect(),
                }
            }
            (Storage::Globals, Extern::Func(reader)) => {
                let reader = reader.typed::<(i32, i32), i64>(&store);
                let reader = reader.expect("it takes a slot and a field");
                let mut field = |slot, field| {
                    let value = reader.call(&mut store, (slot, field));
                    value.expect("the slot is there") as u64
                };
                let mut record = |slot| Allocated {
                    count: field(slot, 0),
                    bytes: field(slot, 1),
                };
                Counters {
                    pool: record(-1),
                    slots: (0..slots as i32).map(record).collect(),
                }
            }
            (storage, export) => panic!("{storage:?} with {:?}", export.ty(&store)),
        }
    }

    /// Everything that was allocated.
    pub fn total(&self) -> Allocated {
        self.slots.iter().fold(self.pool, |sum, slot| sum + *slot)
    }
}
