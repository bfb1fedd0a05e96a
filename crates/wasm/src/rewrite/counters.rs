//! Code that reads and writes counters in the memory `allocinstr` (`docs/formats.md` §1).

use allocinstr_sites::{Action, Plan};
use wasm_encoder::{BlockType, InstructionSink, MemArg, MemArgTarget, ValType};

/// Bytes before the pool: magic, version, slots, record size.
pub(super) const HEADER: u64 = 32;
/// Bytes of a record: count and bytes, each u64.
pub(super) const RECORD: u64 = 16;
/// The first site record; the pool's is the one before it.
pub(super) const SITES: u64 = HEADER + RECORD;
/// What `$logAlloc` is called with for the pool.
const POOL_ID: i32 = -1;

/// Site records in memory: none where the program keeps the counters.
pub(super) fn slots(plan: &Plan) -> u32 {
    if plan.table.log_fn.is_some() {
        0
    } else {
        plan.table.slots
    }
}

/// The address after the site records, of the record that shields need, if there are any.
pub(super) fn kept_record(plan: &Plan) -> Option<u64> {
    let shields = plan
        .actions
        .iter()
        .any(|(_, action)| *action == Action::Shield);
    shields.then(|| SITES + RECORD * u64::from(slots(plan)))
}

/// The counter that a trampoline counts at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counter {
    /// The site whose id is in this local.
    Site(u32),
    /// The pool.
    Pool,
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

/// Where the counters are and how they are reached.
#[derive(Clone, Debug)]
pub(super) struct Counters {
    pub(super) memory: u32,
    /// Address of the record of growth kept from being dropped, where there are shields.
    pub(super) kept: Option<u64>,
    pub(super) log_fn: Option<LogFunction>,
    /// `$logAlloc (site i32) (size i64)`, unless it is inlined. 64 bits whatever the pointer's width:
    /// a product or a rounded size may need them.
    pub(super) log_alloc: Option<u32>,
    /// `$logGrowth (site i32) (count before i64) (bytes before i64)`.
    pub(super) log_growth: Option<u32>,
}

impl Counters {
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
            (_, _, Some(log_alloc)) => {
                match counter {
                    Counter::Site(site) => code.local_get(site),
                    Counter::Pool => code.i32_const(POOL_ID),
                };
                size(code, ValType::I64);
                code.call(log_alloc);
            }
            (_, _, None) => self.count(code, counter, address, size),
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
        if let Counter::Site(site) = counter {
            record_address(code, site);
            code.local_set(address);
        }
        let (count, bytes) = match counter {
            Counter::Site(_) => (self.at(0), self.at(8)),
            Counter::Pool => (self.at(HEADER), self.at(HEADER + 8)),
        };
        let record = |code: &mut InstructionSink<'_>| {
            match counter {
                Counter::Site(_) => code.local_get(address),
                Counter::Pool => code.i32_const(0),
            };
        };
        record(code);
        record(code);
        code.i64_load(count).i64_const(1).i64_add().i64_store(count);
        record(code);
        record(code);
        code.i64_load(bytes);
        size(code, ValType::I64);
        code.i64_add().i64_store(bytes);
    }

    /// Saves the pool's count and bytes in i64 locals.
    pub(super) fn save_pool(&self, code: &mut InstructionSink<'_>, saved: [u32; 2]) {
        for (field, local) in saved.into_iter().enumerate() {
            code.i32_const(0)
                .i64_load(self.pool(field))
                .local_set(local);
        }
    }

    /// Saves how much growth was kept so far.
    pub(super) fn save_kept(&self, code: &mut InstructionSink<'_>, saved: [u32; 2]) {
        for (field, local) in saved.into_iter().enumerate() {
            code.i32_const(0)
                .i64_load(self.kept(field))
                .local_set(local);
        }
    }

    /// Keeps what the pool gained since it was saved: no more, should what was called have kept some.
    pub(super) fn keep_growth(
        &self,
        code: &mut InstructionSink<'_>,
        saved: [u32; 2],
        kept: [u32; 2],
    ) {
        for field in 0..2 {
            let (pool, saved) = (self.pool(field), saved[field]);
            code.i32_const(0).local_get(kept[field]);
            code.i32_const(0).i64_load(pool).local_get(saved).i64_sub();
            code.i64_const(0);
            code.i32_const(0).i64_load(pool).local_get(saved).i64_gt_u();
            code.select().i64_add().i64_store(self.kept(field));
        }
    }

    /// Adds to the saved pool what was kept since that was saved.
    pub(super) fn add_kept(&self, code: &mut InstructionSink<'_>, saved: [u32; 2], kept: [u32; 2]) {
        for field in 0..2 {
            code.local_get(saved[field]);
            code.i32_const(0)
                .i64_load(self.kept(field))
                .local_get(kept[field])
                .i64_sub();
            code.i64_add().local_set(saved[field]);
        }
    }

    /// Pushes the pool's count.
    pub(super) fn pool_count(&self, code: &mut InstructionSink<'_>) {
        code.i32_const(0).i64_load(self.at(HEADER));
    }

    /// Takes back what the pool gained since it was saved; never more, should it have shrunk.
    pub(super) fn restore_pool(&self, code: &mut InstructionSink<'_>, saved: [u32; 2]) {
        for (field, saved) in saved.into_iter().enumerate() {
            let pool = self.pool(field);
            code.i32_const(0)
                .i64_load(pool)
                .local_get(saved)
                .i64_gt_u()
                .if_(BlockType::Empty);
            code.i32_const(0).local_get(saved).i64_store(pool);
            code.end();
        }
    }

    /// Moves what the pool gained to the site; the caller has seen that its count changed.
    pub(super) fn log_growth(&self, code: &mut InstructionSink<'_>, site: u32, saved: [u32; 2]) {
        match (&self.log_fn, self.log_growth) {
            (Some(log_fn), _) => {
                // The growth stays on the stack while it is dropped: what the log function itself
                // allocates is added to the pool after that.
                code.local_get(site);
                code.i32_const(0)
                    .i64_load(self.pool(1))
                    .local_get(saved[1])
                    .i64_sub();
                if log_fn.size == ValType::I32 {
                    code.i32_wrap_i64();
                }
                self.restore_pool(code, saved);
                log_fn.call(code);
            }
            (None, Some(function)) => {
                code.local_get(site)
                    .local_get(saved[0])
                    .local_get(saved[1])
                    .call(function);
            }
            (None, None) => unreachable!("$logGrowth is appended whenever a site is measured"),
        }
    }

    /// The body of `$logGrowth`: what the pool gained, if it did, goes to the site's record.
    pub(super) fn move_growth(
        &self,
        code: &mut InstructionSink<'_>,
        site: u32,
        saved: [u32; 2],
        address: u32,
    ) {
        record_address(code, site);
        code.local_set(address);
        for (field, saved) in [(0, saved[0]), (8, saved[1])] {
            let (pool, record) = (self.at(HEADER + field), self.at(field));
            code.i32_const(0)
                .i64_load(pool)
                .local_get(saved)
                .i64_gt_u()
                .if_(BlockType::Empty);
            code.local_get(address).local_get(address).i64_load(record);
            code.i32_const(0)
                .i64_load(pool)
                .local_get(saved)
                .i64_sub()
                .i64_add();
            code.i64_store(record);
            code.i32_const(0).local_get(saved).i64_store(pool);
            code.end();
        }
    }

    /// The pool's count (0) or bytes (1).
    fn pool(&self, field: usize) -> MemArg {
        self.at(HEADER + 8 * field as u64)
    }

    /// Growth kept, count (0) or bytes (1).
    fn kept(&self, field: usize) -> MemArg {
        let record = self
            .kept
            .expect("shields are appended only where there is a record for them");
        self.at(record + 8 * field as u64)
    }

    fn at(&self, offset: u64) -> MemArg {
        let target = MemArgTarget::Memory(self.memory);
        MemArg {
            offset,
            align: 3,
            target,
            ordering: None,
        }
    }
}

/// Pushes the address of a site's record; the pool's id -1 gives the pool's.
fn record_address(code: &mut InstructionSink<'_>, site: u32) {
    code.local_get(site)
        .i32_const(RECORD.trailing_zeros() as i32)
        .i32_shl();
    code.i32_const(SITES as i32).i32_add();
}
