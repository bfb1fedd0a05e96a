//! Trampolines and counters, as instructions of walrus.
//!
//! A counter is a cell, which is in a memory or is a global; what a trampoline does with one is the same:
//!
//! ```wat
//! (func $malloc@site (param $size i32) (param $site i32) (result i32)
//!   local.get $size  call $malloc  local.set $result
//!   local.get $result  if  local.get $site  local.get $size  i64.extend_i32_u  call $logAlloc  end
//!   local.get $result)
//! ```

use allocinstr_sites::{Allocator, Plan, Rounding, SizeRule, Storage, Success};
use std::collections::HashMap;
use walrus::ir::{BinaryOp, LoadKind, MemArg, StoreKind, UnaryOp};
use walrus::{
    ConstExpr, DataKind, ExportItem, FunctionBuilder, FunctionId, GlobalId, InstrSeqBuilder,
    LocalId, MemoryId, Module, RefType, TableId, TypeId, ValType,
};

/// What a call calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Callee {
    Function(FunctionId),
    Table { ty: TypeId, table: TableId },
    Reference { ty: TypeId },
}

/// What a trampoline does beside the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Task {
    /// Counts an allocation at a site.
    Site(Slot),
    /// Counts an allocation in the pool.
    Pool,
    /// Moves to a site what the call adds to the pool.
    Measure(Slot),
    /// Keeps what the call adds to the pool from being dropped.
    Shield,
}

impl Task {
    /// Whether the trampoline's last parameter is its site.
    pub(super) fn takes_site(self) -> bool {
        match self {
            Task::Site(slot) | Task::Measure(slot) => slot == Slot::Argument,
            Task::Pool | Task::Shield => false,
        }
    }
}

/// The site at which a trampoline counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    /// The last argument tells.
    Argument,
    /// One trampoline a site.
    Own(u32),
}

/// The program's own logging function.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) function: FunctionId,
    /// The size, and what follows it.
    pub(super) integers: Vec<ValType>,
}

/// Where one u64 is.
#[derive(Clone, Copy)]
enum Cell {
    /// At an address, 0 where there is none, plus an offset.
    Memory(MemoryId, Option<LocalId>, u64),
    Global(GlobalId),
}

/// Count and bytes.
#[derive(Clone, Copy)]
struct Record {
    cells: [Cell; 2],
}

impl Cell {
    fn get(self, code: &mut InstrSeqBuilder) {
        match self {
            Cell::Memory(memory, base, offset) => {
                push_base(code, base);
                let arg = MemArg { align: 8, offset };
                code.load(memory, LoadKind::I64 { atomic: false }, arg);
            }
            Cell::Global(global) => {
                code.global_get(global);
            }
        }
    }

    fn set(self, code: &mut InstrSeqBuilder, value: impl FnOnce(&mut InstrSeqBuilder)) {
        match self {
            Cell::Memory(memory, base, offset) => {
                push_base(code, base);
                value(code);
                let arg = MemArg { align: 8, offset };
                code.store(memory, StoreKind::I64 { atomic: false }, arg);
            }
            Cell::Global(global) => {
                value(code);
                code.global_set(global);
            }
        }
    }

    fn add(self, code: &mut InstrSeqBuilder, value: impl FnOnce(&mut InstrSeqBuilder)) {
        self.set(code, |code| {
            self.get(code);
            value(code);
            code.binop(BinaryOp::I64Add);
        });
    }

    /// Pushes by how much it is above `before`.
    fn growth(self, code: &mut InstrSeqBuilder, before: LocalId) {
        self.get(code);
        code.local_get(before).binop(BinaryOp::I64Sub);
    }

    /// Does `then` if it is above `before`: it may be below, where a callee gave some to another.
    fn if_grown(
        self,
        code: &mut InstrSeqBuilder,
        before: LocalId,
        then: impl FnOnce(&mut InstrSeqBuilder),
    ) {
        self.get(code);
        code.local_get(before).binop(BinaryOp::I64GtU);
        code.if_else(None, then, |_| {});
    }
}

fn push_base(code: &mut InstrSeqBuilder, base: Option<LocalId>) {
    match base {
        Some(local) => code.local_get(local),
        None => code.i32_const(0),
    };
}

const COUNT: usize = 0;
const BYTES: usize = 1;
/// docs/formats.md §1.
const POOL_ADDRESS: u64 = 32;
const SITES_ADDRESS: u64 = 48;
const RECORD_BYTES: u64 = 16;
const PAGE: u64 = 65536;

/// The counters and the trampolines, added to a module.
pub(super) struct Trampolines<'a> {
    pub(super) module: &'a mut Module,
    plan: &'a Plan,
    log: Option<Log>,
    pool: Record,
    /// What shields kept. Nobody but the trampolines reads it, so it is in globals whatever the storage.
    kept: Option<Record>,
    sites: Sites,
    /// `$logAlloc (site i32) (size i64)`.
    log_alloc: Option<FunctionId>,
    made: HashMap<(Callee, Task), FunctionId>,
}

enum Sites {
    Memory(MemoryId),
    Globals(Vec<Record>),
    /// The program's own.
    None,
}

impl<'a> Trampolines<'a> {
    /// Adds the counters, and exports them.
    pub(super) fn new(
        module: &'a mut Module,
        plan: &'a Plan,
        log: Option<Log>,
        inline: bool,
        shields: bool,
    ) -> Trampolines<'a> {
        let slots = if log.is_some() { 0 } else { plan.table.slots };
        let (pool, sites) = match plan.table.storage {
            Storage::Memory => {
                let memory = add_memory(module, slots);
                module
                    .exports
                    .add(crate::COUNTERS_EXPORT, ExportItem::Memory(memory));
                let cell = |at| Cell::Memory(memory, None, POOL_ADDRESS + at);
                let cells = [cell(0), cell(8)];
                (Record { cells }, Sites::Memory(memory))
            }
            Storage::Native => unreachable!("`rewrite` has refused it"),
            Storage::Globals => {
                let pool = add_globals(module);
                let sites: Vec<Record> = (0..slots).map(|_| add_globals(module)).collect();
                let reader = add_reader(module, pool, &sites);
                module
                    .exports
                    .add(crate::COUNTERS_EXPORT, ExportItem::Function(reader));
                (pool, Sites::Globals(sites))
            }
        };
        let sites = match (&log, sites) {
            (None, sites) | (Some(_), sites @ Sites::Memory(_)) => sites,
            (Some(_), _) => Sites::None,
        };
        let kept = shields.then(|| add_globals(module));
        let mut trampolines = Trampolines {
            module,
            plan,
            log,
            pool,
            kept,
            sites,
            log_alloc: None,
            made: HashMap::new(),
        };
        if let (Sites::Memory(memory), false) = (&trampolines.sites, inline) {
            trampolines.log_alloc = Some(trampolines.add_log_alloc(*memory));
        }
        trampolines
    }

    /// How a site's trampoline knows which site it is.
    pub(super) fn slot(&self, slot: u32) -> Slot {
        match self.sites {
            Sites::Globals(_) => Slot::Own(slot),
            Sites::Memory(_) | Sites::None => Slot::Argument,
        }
    }

    /// The trampoline for `callee`, whose name `name` tells; it is made when first asked for.
    /// `allocator` is what the plan says about it, if it is one.
    pub(super) fn get(
        &mut self,
        callee: Callee,
        task: Task,
        allocator: Option<&Allocator>,
        name: impl FnOnce() -> String,
    ) -> FunctionId {
        if let Some(&made) = self.made.get(&(callee, task)) {
            return made;
        }
        let (params, results) = self.signature(callee);
        let args: Vec<LocalId> = params.iter().map(|ty| self.local(*ty)).collect();
        let mut all_params = params.clone();
        let mut all_args = args.clone();
        let site = task.takes_site().then(|| self.local(ValType::I32));
        if let Some(site) = site {
            all_params.push(ValType::I32);
            all_args.push(site);
        }
        let mut builder = FunctionBuilder::new(&mut self.module.types, &all_params, &results);
        let mut body = builder.func_body();
        let code = &mut body;
        let operands = Operands {
            callee,
            args: &args,
            params: &params,
            results: &results,
        };
        let suffix = match (task, callee, allocator) {
            (Task::Site(slot), _, Some(allocator)) => {
                self.allocation(code, &operands, allocator, Some((slot, site)));
                suffix_of(slot, "site")
            }
            (Task::Pool, _, Some(allocator)) => {
                self.allocation(code, &operands, allocator, None);
                "pool".to_owned()
            }
            (Task::Measure(slot), callee, _) => {
                self.measured(code, &operands, slot, site);
                let is_function = matches!(callee, Callee::Function(_));
                suffix_of(slot, if is_function { "site" } else { "dispatch" })
            }
            (Task::Shield, ..) => {
                self.shielded(code, &operands);
                "kept".to_owned()
            }
            (Task::Site(_) | Task::Pool, _, None) => {
                unreachable!("only calls of allocators are planned as allocations")
            }
        };
        builder.name(format!("{}@{suffix}", name()));
        let function = builder.finish(all_args, &mut self.module.funcs);
        self.made.insert((callee, task), function);
        function
    }

    fn local(&mut self, ty: ValType) -> LocalId {
        self.module.locals.add(ty)
    }

    fn locals(&mut self) -> [LocalId; 2] {
        [self.local(ValType::I64), self.local(ValType::I64)]
    }

    /// What a call takes from the stack, and what it leaves there.
    fn signature(&self, callee: Callee) -> (Vec<ValType>, Vec<ValType>) {
        let (ty, last) = match callee {
            Callee::Function(function) => (self.module.funcs.get(function).ty(), None),
            Callee::Table { ty, table } => match self.module.tables.get(table).table64 {
                true => (ty, Some(ValType::I64)),
                false => (ty, Some(ValType::I32)),
            },
            Callee::Reference { ty } => {
                let reference = RefType {
                    nullable: true,
                    heap_type: walrus::HeapType::Concrete(ty),
                };
                (ty, Some(ValType::Ref(reference)))
            }
        };
        let (params, results) = self.module.types.params_results(ty);
        let params = params.iter().copied().chain(last).collect();
        (params, results.to_vec())
    }

    /// A call of an allocator, counted at a site or in the pool.
    fn allocation(
        &mut self,
        code: &mut InstrSeqBuilder,
        operands: &Operands<'_>,
        allocator: &Allocator,
        site: Option<(Slot, Option<LocalId>)>,
    ) {
        let before = allocator.drops.then(|| self.save(code, self.pool));
        let kept_before = match self.kept {
            Some(kept) if allocator.drops => Some((kept, self.save(code, kept))),
            _ => None,
        };
        operands.call(code);
        let results: Vec<LocalId> = operands.results.iter().map(|ty| self.local(*ty)).collect();
        for result in results.iter().rev() {
            code.local_set(*result);
        }
        if let Some(before) = before {
            if let Some((kept, kept_before)) = kept_before {
                for field in [COUNT, BYTES] {
                    code.local_get(before[field]);
                    kept.cells[field].growth(code, kept_before[field]);
                    code.binop(BinaryOp::I64Add).local_set(before[field]);
                }
            }
            self.drop_growth(code, before);
        }
        let size = Size {
            rule: allocator.size,
            args: operands.args,
            params: operands.params,
            rounding: self.plan.rounding,
        };
        let mut counting = |code: &mut InstrSeqBuilder| match size.is_ignored_if_zero() {
            true => {
                size.push_requested(code);
                code.i64_const(0).binop(BinaryOp::I64Ne);
                code.if_else(None, |code| self.count(code, site, &size), |_| {});
            }
            false => self.count(code, site, &size),
        };
        let first = operands.results.first().zip(results.first());
        match (allocator.success, first) {
            (Success::Always, _) | (_, None) => counting(code),
            (Success::NonNull, Some((ty, result))) => {
                push_is_zero(code, *ty, *result);
                code.if_else(None, |_| {}, counting);
            }
            (Success::Zero, Some((ty, result))) => {
                push_is_zero(code, *ty, *result);
                code.if_else(None, counting, |_| {});
            }
        }
        for result in &results {
            code.local_get(*result);
        }
    }

    fn count(
        &mut self,
        code: &mut InstrSeqBuilder,
        site: Option<(Slot, Option<LocalId>)>,
        size: &Size<'_>,
    ) {
        if let (Some((Slot::Argument, Some(site))), Some(log)) = (site, &self.log) {
            code.local_get(site);
            size.push_counted(code);
            return log.call(code);
        }
        if let Some(log_alloc) = self.log_alloc {
            match site {
                Some((_, Some(site))) => code.local_get(site),
                _ => code.i32_const(-1),
            };
            size.push_counted(code);
            code.call(log_alloc);
            return;
        }
        let record = match site {
            Some((slot, site)) => self.site(code, slot, site),
            None => self.pool,
        };
        add_to(record, code, |code| size.push_counted(code));
    }

    /// A site's record.
    fn site(&mut self, code: &mut InstrSeqBuilder, slot: Slot, site: Option<LocalId>) -> Record {
        match (&self.sites, slot, site) {
            (Sites::Memory(memory), Slot::Argument, Some(site)) => {
                let memory = *memory;
                let address = self.local(ValType::I32);
                record_of(code, memory, site, address)
            }
            (Sites::Globals(sites), Slot::Own(slot), None) => sites[slot as usize],
            _ => unreachable!("sites in memory are arguments, those in globals are not"),
        }
    }

    /// A call whose growth of the pool is its site's.
    fn measured(
        &mut self,
        code: &mut InstrSeqBuilder,
        operands: &Operands<'_>,
        slot: Slot,
        site: Option<LocalId>,
    ) {
        let pool = self.pool;
        let before = self.save(code, pool);
        operands.call(code);
        pool.cells[COUNT].get(code);
        code.local_get(before[COUNT]).binop(BinaryOp::I64Ne);
        code.if_else(
            None,
            |code| match (self.log.clone(), site) {
                (Some(log), Some(site)) => {
                    // The bytes stay on the stack while they are dropped: what the log function itself
                    // allocates comes on top of that.
                    code.local_get(site);
                    pool.cells[BYTES].growth(code, before[BYTES]);
                    self.drop_growth(code, before);
                    log.call(code);
                }
                _ => {
                    let record = self.site(code, slot, site);
                    for field in [COUNT, BYTES] {
                        let cell = pool.cells[field];
                        cell.if_grown(code, before[field], |code| {
                            record.cells[field].add(code, |code| cell.growth(code, before[field]));
                            cell.set(code, |code| {
                                code.local_get(before[field]);
                            });
                        });
                    }
                }
            },
            |_| {},
        );
    }

    /// A call whose growth of the pool no allocator above is to drop.
    fn shielded(&mut self, code: &mut InstrSeqBuilder, operands: &Operands<'_>) {
        let kept = self
            .kept
            .expect("made in `new` where the plan has a shield");
        let before = self.save(code, self.pool);
        let kept_before = self.save(code, kept);
        operands.call(code);
        for field in [COUNT, BYTES] {
            // Set, not added: what a callee kept is a part of this growth.
            kept.cells[field].set(code, |code| {
                code.local_get(kept_before[field]);
            });
            let cell = self.pool.cells[field];
            cell.if_grown(code, before[field], |code| {
                kept.cells[field].add(code, |code| cell.growth(code, before[field]));
            });
        }
    }

    fn save(&mut self, code: &mut InstrSeqBuilder, record: Record) -> [LocalId; 2] {
        let saved = self.locals();
        for (cell, local) in record.cells.iter().zip(saved) {
            cell.get(code);
            code.local_set(local);
        }
        saved
    }

    /// Sets the pool back to what it was.
    fn drop_growth(&self, code: &mut InstrSeqBuilder, before: [LocalId; 2]) {
        for (cell, before) in self.pool.cells.iter().zip(before) {
            cell.if_grown(code, before, |code| {
                cell.set(code, |code| {
                    code.local_get(before);
                });
            });
        }
    }

    fn add_log_alloc(&mut self, memory: MemoryId) -> FunctionId {
        let [site, address] = [self.local(ValType::I32), self.local(ValType::I32)];
        let size = self.local(ValType::I64);
        let params = [ValType::I32, ValType::I64];
        let mut builder = FunctionBuilder::new(&mut self.module.types, &params, &[]);
        let mut code = builder.func_body();
        let record = record_of(&mut code, memory, site, address);
        add_to(record, &mut code, |code| {
            code.local_get(size);
        });
        builder.name("logAlloc".to_owned());
        builder.finish(vec![site, size], &mut self.module.funcs)
    }
}

fn suffix_of(slot: Slot, passed: &str) -> String {
    match slot {
        Slot::Argument => passed.to_owned(),
        Slot::Own(slot) => slot.to_string(),
    }
}

/// The record of the site whose id is in a local, or the pool's where that is -1. `address` is a spare local.
fn record_of(
    code: &mut InstrSeqBuilder,
    memory: MemoryId,
    site: LocalId,
    address: LocalId,
) -> Record {
    code.local_get(site)
        .i32_const(1)
        .binop(BinaryOp::I32Add)
        .i32_const(RECORD_BYTES as i32)
        .binop(BinaryOp::I32Mul)
        .local_set(address);
    Record {
        cells: [0, 8].map(|at| Cell::Memory(memory, Some(address), POOL_ADDRESS + at)),
    }
}

/// Adds one allocation.
fn add_to(record: Record, code: &mut InstrSeqBuilder, size: impl FnOnce(&mut InstrSeqBuilder)) {
    record.cells[COUNT].add(code, |code| {
        code.i64_const(1);
    });
    record.cells[BYTES].add(code, size);
}

fn push_is_zero(code: &mut InstrSeqBuilder, ty: ValType, local: LocalId) {
    code.local_get(local).unop(match ty {
        ValType::I64 => UnaryOp::I64Eqz,
        _ => UnaryOp::I32Eqz,
    });
}

/// The private memory, with its header.
fn add_memory(module: &mut Module, slots: u32) -> MemoryId {
    let pages = (SITES_ADDRESS + RECORD_BYTES * u64::from(slots)).div_ceil(PAGE);
    let memory = module
        .memories
        .add_local(false, false, pages, Some(pages), None);
    let mut header = b"allocins".to_vec();
    for word in [1, slots, RECORD_BYTES as u32] {
        header.extend(word.to_le_bytes());
    }
    let offset = ConstExpr::Value(walrus::ir::Value::I32(0));
    let data = module.data.add(DataKind::Active { memory, offset }, header);
    module.memories.get_mut(memory).data_segments.insert(data);
    memory
}

fn add_globals(module: &mut Module) -> Record {
    let cells = [(); 2].map(|()| {
        let zero = ConstExpr::Value(walrus::ir::Value::I64(0));
        Cell::Global(module.globals.add_local(ValType::I64, true, false, zero))
    });
    Record { cells }
}

/// `(slot i32) (field i32) -> i64`: a search by halves among the pool, which is slot -1, and the sites.
fn add_reader(module: &mut Module, pool: Record, sites: &[Record]) -> FunctionId {
    let [slot, field] = [(); 2].map(|()| module.locals.add(ValType::I32));
    let params = [ValType::I32, ValType::I32];
    let mut builder = FunctionBuilder::new(&mut module.types, &params, &[ValType::I64]);
    let mut code = builder.func_body();
    code.local_get(slot).i32_const(-1).binop(BinaryOp::I32Eq);
    code.if_else(
        ValType::I64,
        |code| push_field(code, pool, field),
        |code| search(code, sites, 0, slot, field),
    );
    builder.name("readCounter".to_owned());
    builder.finish(vec![slot, field], &mut module.funcs)
}

/// Pushes a field of the slot, which is to be among `sites`, whose first is slot `first`.
fn search(code: &mut InstrSeqBuilder, sites: &[Record], first: i32, slot: LocalId, field: LocalId) {
    match sites {
        [] => {
            code.unreachable();
        }
        [site] => {
            code.local_get(slot).i32_const(first).binop(BinaryOp::I32Eq);
            code.if_else(
                ValType::I64,
                |code| push_field(code, *site, field),
                |code| {
                    code.unreachable();
                },
            );
        }
        _ => {
            let (low, high) = sites.split_at(sites.len() / 2);
            let middle = first + low.len() as i32;
            code.local_get(slot)
                .i32_const(middle)
                .binop(BinaryOp::I32LtS);
            code.if_else(
                ValType::I64,
                |code| search(code, low, first, slot, field),
                |code| search(code, high, middle, slot, field),
            );
        }
    }
}

fn push_field(code: &mut InstrSeqBuilder, record: Record, field: LocalId) {
    record.cells[BYTES].get(code);
    record.cells[COUNT].get(code);
    code.local_get(field).select(None);
}

impl Log {
    /// Calls it with the site and the size as i64 on the stack; what follows gets zero.
    fn call(&self, code: &mut InstrSeqBuilder) {
        if self.integers.first() == Some(&ValType::I32) {
            code.unop(UnaryOp::I32WrapI64);
        }
        for ty in self.integers.iter().skip(1) {
            match ty {
                ValType::I64 => code.i64_const(0),
                _ => code.i32_const(0),
            };
        }
        code.call(self.function);
    }
}

/// A call, and the locals it takes its operands from.
struct Operands<'a> {
    callee: Callee,
    args: &'a [LocalId],
    params: &'a [ValType],
    results: &'a [ValType],
}

impl Operands<'_> {
    fn call(&self, code: &mut InstrSeqBuilder) {
        for arg in self.args {
            code.local_get(*arg);
        }
        match self.callee {
            Callee::Function(function) => code.call(function),
            Callee::Table { ty, table } => code.call_indirect(ty, table),
            Callee::Reference { ty } => code.call_ref(ty),
        };
    }
}

/// The bytes of an allocation, in 64 bits, where neither a product nor rounding overflows.
struct Size<'a> {
    rule: SizeRule,
    args: &'a [LocalId],
    params: &'a [ValType],
    rounding: Rounding,
}

impl Size<'_> {
    fn is_ignored_if_zero(&self) -> bool {
        !self.rounding.zero && self.rule.is_known()
    }

    fn push_argument(&self, code: &mut InstrSeqBuilder, index: u32) {
        code.local_get(self.args[index as usize]);
        if self.params[index as usize] == ValType::I32 {
            code.unop(UnaryOp::I64ExtendUI32);
        }
    }

    fn push_requested(&self, code: &mut InstrSeqBuilder) {
        match self.rule {
            SizeRule::Parameter(a) => self.push_argument(code, a),
            SizeRule::Product(a, b) => {
                self.push_argument(code, a);
                self.push_argument(code, b);
                code.binop(BinaryOp::I64Mul);
            }
            SizeRule::Unknown => {
                code.i64_const(0);
            }
        }
    }

    fn push_counted(&self, code: &mut InstrSeqBuilder) {
        self.push_requested(code);
        let Rounding {
            granule, header, ..
        } = self.rounding;
        if !self.rule.is_known() || (granule, header) == (1, 0) {
            return;
        }
        let granule = i64::from(granule);
        code.i64_const(i64::from(header) + granule - 1)
            .binop(BinaryOp::I64Add)
            .i64_const(granule)
            .binop(BinaryOp::I64DivU)
            .i64_const(granule)
            .binop(BinaryOp::I64Mul);
    }
}
