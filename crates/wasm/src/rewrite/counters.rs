//! Code that reads and writes counters, in the memory `allocinstr` or in globals (`docs/formats.md` §1).

use allocinstr_sites::{Action, Plan, Storage};
use wasm_encoder::{BlockType, InstructionSink, MemArg, MemArgTarget, ValType};

/// Bytes before the pool: magic, version, slots, record size.
pub(super) const HEADER: u64 = 32;
/// Bytes of a record: count and bytes, each u64.
pub(super) const RECORD: u64 = 16;
/// The pool's record; a site's is the one of its id after it.
const POOL: u32 = 0;
pub(super) const FIRST_SITE: u32 = POOL + 1;
/// What `$logAlloc` and the reader are called with for the pool.
pub(super) const POOL_ID: i32 = -1;
/// The fields of a record.
pub(super) const COUNT: u32 = 0;
pub(super) const BYTES: u32 = 1;

/// Site records: none where the program keeps the counters.
pub(super) fn slots(plan: &Plan) -> u32 {
    if plan.table.log_fn.is_some() {
        0
    } else {
        plan.table.slots
    }
}

/// The site that a trampoline counts at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SiteId {
    /// Every call passes its id.
    Passed,
    /// Globals have no index: a trampoline of its own.
    Fixed(u32),
}

/// The counter that a trampoline counts at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counter {
    /// The site whose id is in this local.
    Site(u32),
    /// The site with this id, in globals.
    Slot(u32),
    /// The pool.
    Pool,
}

/// A count and its bytes.
#[derive(Clone, Copy)]
pub(super) enum Record {
    /// In memory, at the address in this local.
    At(u32),
    /// Pool, sites and what is kept, in this order.
    Number(u32),
}

/// The program's own logging function.
#[derive(Clone, Debug)]
pub(super) struct LogFunction {
    pub(super) index: u32,
    /// Type of its size parameter.
    pub(super) size: ValType,
    /// Parameters after the size, which get zero.
    pub(super) trailing: Vec<ValType>,
}

impl LogFunction {
    fn call(&self, code: &mut InstructionSink<'_>) {
        for ty in &self.trailing {
            if *ty == ValType::I64 {
                code.i64_const(0)
            } else {
                code.i32_const(0)
            };
        }
        code.call(self.index);
    }
}

/// Where records are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// In the memory of this index.
    Memory(u32),
    /// In two globals each, from this index on.
    Globals(u32),
}

/// Where the counters are and how they are reached.
#[derive(Clone, Debug)]
pub(super) struct Counters {
    pub(super) place: Place,
    pub(super) slots: u32,
    /// Whether there is a record, after those of the sites, of growth kept from being dropped: for shields.
    pub(super) has_kept: bool,
    pub(super) log_fn: Option<LogFunction>,
    /// `$logAlloc (site i32) (size i64)`, unless it is inlined. 64 bits whatever the pointer's width:
    /// a product or a rounded size may need them.
    pub(super) log_alloc: Option<u32>,
    /// `$logGrowth (site i32) (count before i64) (bytes before i64)`.
    pub(super) log_growth: Option<u32>,
}

impl Counters {
    /// The counters of `plan`, in a module that has so many memories and globals.
    pub(super) fn new(
        plan: &Plan,
        log_fn: Option<LogFunction>,
        memories: u32,
        globals: u32,
    ) -> Counters {
        Counters {
            place: match plan.table.storage {
                Storage::Memory => Place::Memory(memories),
                Storage::Globals => Place::Globals(globals),
                Storage::Native => unreachable!("`rewrite` has refused it"),
            },
            slots: slots(plan),
            has_kept: plan
                .actions
                .iter()
                .any(|(_, action)| *action == Action::Shield),
            log_fn,
            log_alloc: None,
            log_growth: None,
        }
    }

    /// How many records there are.
    pub(super) fn records(&self) -> u32 {
        FIRST_SITE + self.slots + u32::from(self.has_kept)
    }

    /// How the trampolines know at which site to count.
    pub(super) fn site_id(&self, slot: u32) -> SiteId {
        match (self.place, &self.log_fn) {
            (Place::Globals(_), None) => SiteId::Fixed(slot),
            (Place::Globals(_), Some(_)) | (Place::Memory(_), _) => SiteId::Passed,
        }
    }

    /// Counts one allocation; `size` pushes its bytes as the type asked for, `address` is a spare i32 local.
    pub(super) fn log(
        &self,
        code: &mut InstructionSink<'_>,
        counter: Counter,
        address: u32,
        size: impl Fn(&mut InstructionSink<'_>, ValType),
    ) {
        match (counter, &self.log_fn, self.log_alloc) {
            (Counter::Site(site), Some(log_fn), _) => {
                code.local_get(site);
                size(code, log_fn.size);
                log_fn.call(code);
            }
            (Counter::Site(site), None, Some(log_alloc)) => {
                code.local_get(site);
                size(code, ValType::I64);
                code.call(log_alloc);
            }
            (Counter::Pool, _, Some(log_alloc)) => {
                code.i32_const(POOL_ID);
                size(code, ValType::I64);
                code.call(log_alloc);
            }
            (Counter::Slot(_), ..) | (_, _, None) => self.count(code, counter, address, size),
        }
    }

    /// Adds 1 and what `size` pushes to a record.
    pub(super) fn count(
        &self,
        code: &mut InstructionSink<'_>,
        counter: Counter,
        address: u32,
        size: impl Fn(&mut InstructionSink<'_>, ValType),
    ) {
        let record = record(code, counter, address);
        self.set(code, record, COUNT, |code| {
            self.get(code, record, COUNT);
            code.i64_const(1).i64_add();
        });
        self.set(code, record, BYTES, |code| {
            self.get(code, record, BYTES);
            size(code, ValType::I64);
            code.i64_add();
        });
    }

    /// Saves the pool's count and bytes in i64 locals.
    pub(super) fn save_pool(&self, code: &mut InstructionSink<'_>, saved: [u32; 2]) {
        for (field, local) in (COUNT..).zip(saved) {
            self.get(code, Record::Number(POOL), field);
            code.local_set(local);
        }
    }

    /// Saves how much growth was kept so far.
    pub(super) fn save_kept(&self, code: &mut InstructionSink<'_>, saved: [u32; 2]) {
        for (field, local) in (COUNT..).zip(saved) {
            self.get(code, self.kept(), field);
            code.local_set(local);
        }
    }

    /// Keeps what the pool gained since it was saved: no more, should what was called have kept some.
    pub(super) fn keep_growth(
        &self,
        code: &mut InstructionSink<'_>,
        saved: [u32; 2],
        kept: [u32; 2],
    ) {
        for (field, (saved, kept)) in (COUNT..).zip(saved.into_iter().zip(kept)) {
            self.set(code, self.kept(), field, |code| {
                code.local_get(kept);
                self.growth(code, field, saved);
                code.i64_const(0);
                self.get(code, Record::Number(POOL), field);
                code.local_get(saved).i64_gt_u();
                code.select().i64_add();
            });
        }
    }

    /// Adds to the saved pool what was kept since that was saved.
    pub(super) fn add_kept(&self, code: &mut InstructionSink<'_>, saved: [u32; 2], kept: [u32; 2]) {
        for (field, (saved, kept)) in (COUNT..).zip(saved.into_iter().zip(kept)) {
            code.local_get(saved);
            self.get(code, self.kept(), field);
            code.local_get(kept).i64_sub();
            code.i64_add().local_set(saved);
        }
    }

    /// Pushes the pool's count.
    pub(super) fn pool_count(&self, code: &mut InstructionSink<'_>) {
        self.get(code, Record::Number(POOL), COUNT);
    }

    /// Takes back what the pool gained since it was saved; never more, should it have shrunk.
    pub(super) fn restore_pool(&self, code: &mut InstructionSink<'_>, saved: [u32; 2]) {
        for (field, saved) in (COUNT..).zip(saved) {
            self.if_grown(code, field, saved, |code| {
                self.set(code, Record::Number(POOL), field, |code| {
                    code.local_get(saved);
                });
            });
        }
    }

    /// Moves what the pool gained to the site; the caller has seen that its count changed.
    pub(super) fn log_growth(
        &self,
        code: &mut InstructionSink<'_>,
        counter: Counter,
        saved: [u32; 2],
    ) {
        match (counter, &self.log_fn, self.log_growth) {
            (Counter::Site(site), Some(log_fn), _) => {
                // The growth stays on the stack while it is dropped: what the log function itself
                // allocates is added to the pool after that.
                code.local_get(site);
                self.growth(code, BYTES, saved[1]);
                if log_fn.size == ValType::I32 {
                    code.i32_wrap_i64();
                }
                self.restore_pool(code, saved);
                log_fn.call(code);
            }
            (Counter::Site(site), None, Some(function)) => {
                code.local_get(site)
                    .local_get(saved[0])
                    .local_get(saved[1])
                    .call(function);
            }
            (Counter::Slot(slot), ..) => {
                self.move_growth(code, Record::Number(FIRST_SITE + slot), saved);
            }
            (Counter::Site(_), None, None) | (Counter::Pool, ..) => {
                unreachable!("$logGrowth is appended whenever a site in memory is measured")
            }
        }
    }

    /// The body of `$logGrowth`: what the pool gained, if it did, goes to the record of the site.
    pub(super) fn log_growth_body(
        &self,
        code: &mut InstructionSink<'_>,
        site: u32,
        saved: [u32; 2],
        address: u32,
    ) {
        let record = record(code, Counter::Site(site), address);
        self.move_growth(code, record, saved);
    }

    fn move_growth(&self, code: &mut InstructionSink<'_>, record: Record, saved: [u32; 2]) {
        for (field, saved) in (COUNT..).zip(saved) {
            self.if_grown(code, field, saved, |code| {
                self.set(code, record, field, |code| {
                    self.get(code, record, field);
                    self.growth(code, field, saved);
                    code.i64_add();
                });
                self.set(code, Record::Number(POOL), field, |code| {
                    code.local_get(saved);
                });
            });
        }
    }

    /// Pushes what the pool gained since `saved`.
    fn growth(&self, code: &mut InstructionSink<'_>, field: u32, saved: u32) {
        self.get(code, Record::Number(POOL), field);
        code.local_get(saved).i64_sub();
    }

    fn if_grown(
        &self,
        code: &mut InstructionSink<'_>,
        field: u32,
        saved: u32,
        then: impl FnOnce(&mut InstructionSink<'_>),
    ) {
        self.get(code, Record::Number(POOL), field);
        code.local_get(saved).i64_gt_u().if_(BlockType::Empty);
        then(code);
        code.end();
    }

    /// Growth kept.
    fn kept(&self) -> Record {
        Record::Number(FIRST_SITE + self.slots)
    }

    /// Pushes a field of a record.
    pub(super) fn get(&self, code: &mut InstructionSink<'_>, record: Record, field: u32) {
        match self.place {
            Place::Memory(memory) => {
                let offset = base(code, record);
                code.i64_load(field_at(memory, offset, field));
            }
            Place::Globals(first) => {
                code.global_get(global(first, record, field));
            }
        }
    }

    /// Sets a field of a record to what `value` pushes.
    fn set(
        &self,
        code: &mut InstructionSink<'_>,
        record: Record,
        field: u32,
        value: impl FnOnce(&mut InstructionSink<'_>),
    ) {
        match self.place {
            Place::Memory(memory) => {
                let offset = base(code, record);
                value(code);
                code.i64_store(field_at(memory, offset, field));
            }
            Place::Globals(first) => {
                value(code);
                code.global_set(global(first, record, field));
            }
        }
    }
}

/// The record of a counter; the address of one that is known at run time only goes to the local `address`.
fn record(code: &mut InstructionSink<'_>, counter: Counter, address: u32) -> Record {
    match counter {
        Counter::Pool => Record::Number(POOL),
        Counter::Slot(slot) => Record::Number(FIRST_SITE + slot),
        Counter::Site(site) => {
            // The pool's id -1 gives the pool's.
            code.local_get(site)
                .i32_const(RECORD.trailing_zeros() as i32)
                .i32_shl();
            code.i32_const(record_offset(FIRST_SITE) as i32).i32_add();
            code.local_set(address);
            Record::At(address)
        }
    }
}

/// Pushes the base address of a record; returns the offset to it.
fn base(code: &mut InstructionSink<'_>, record: Record) -> u64 {
    match record {
        Record::At(address) => {
            code.local_get(address);
            0
        }
        Record::Number(number) => {
            code.i32_const(0);
            record_offset(number)
        }
    }
}

/// Where a record stands in memory; also where one after the last would.
pub(super) fn record_offset(number: u32) -> u64 {
    HEADER + RECORD * u64::from(number)
}

fn field_at(memory: u32, offset: u64, field: u32) -> MemArg {
    MemArg {
        offset: offset + 8 * u64::from(field),
        align: 3,
        target: MemArgTarget::Memory(memory),
        ordering: None,
    }
}

fn global(first: u32, record: Record, field: u32) -> u32 {
    match record {
        Record::Number(number) => first + 2 * number + field,
        Record::At(_) => unreachable!("globals are counted at by trampolines that know their slot"),
    }
}
