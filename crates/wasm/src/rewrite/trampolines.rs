//! The functions that are appended: trampolines, and what they call to count.
//!
//! ```wat
//! ;; a call of an allocator that is a site         ;; and one that is none
//! i32.const 7  call $malloc@site                   call $malloc@pool
//!
//! (func $malloc@site (param $size i32) (param $site i32) (result i32) (local $result i32)
//!   local.get $size  call $malloc  local.tee $result
//!   if  local.get $site  local.get $size  i64.extend_i32_u  call $logAlloc  end
//!   local.get $result)
//!
//! ;; a call whose callee allocates: what it adds to the pool moves to the site
//! (func $f@site (param …) (param $site i32) (result …) (local $count i64) (local $bytes i64)
//!   …pool count… local.set $count  …pool bytes… local.set $bytes
//!   local.get …  call $f
//!   …pool count… local.get $count  i64.ne
//!   if  local.get $site  local.get $count  local.get $bytes  call $logGrowth  end)
//! ```

use super::counters::{Counter, Counters, Place, SiteId};
use crate::decode::Module;
use allocinstr_sites::{Action, FunctionId, Plan, Rounding, SizeRule, Success};
use std::collections::BTreeMap;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// What a trampoline stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trampoline {
    /// An allocator call that is a site.
    Site(FunctionId, SiteId),
    /// An allocator call that is none.
    Pool(FunctionId),
    /// A call whose pool growth moves to its site.
    Measured(Callee, SiteId),
    /// A call beneath an allocator that drops, whose pool growth stays.
    Shielded(Callee),
}

/// What a call calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Callee {
    Function(FunctionId),
    Table { ty: u32, table: u32 },
    Reference { ty: u32 },
}

/// The types and functions that a rewrite appends.
pub(super) struct Appended<'a> {
    module: &'a Module<'a>,
    plan: &'a Plan,
    pub(super) counters: Counters,
    /// Signatures of appended types, from the first new type index on.
    pub(super) types: Vec<(Vec<ValType>, Vec<ValType>)>,
    /// Appended functions: type index, body and name.
    pub(super) functions: Vec<(u32, Function, String)>,
    /// The exported function that reads counters in globals.
    pub(super) reader: Option<u32>,
    trampolines: BTreeMap<Trampoline, u32>,
    inline: bool,
}

/// A type of the module that cannot be encoded again.
pub(super) type EncodeError = wasm_encoder::reencode::Error;

impl<'a> Appended<'a> {
    pub(super) fn new(
        module: &'a Module<'a>,
        plan: &'a Plan,
        counters: Counters,
        inline: bool,
    ) -> Appended<'a> {
        let mut appended = Appended {
            module,
            plan,
            counters,
            types: Vec::new(),
            functions: Vec::new(),
            reader: None,
            trampolines: BTreeMap::new(),
            inline,
        };
        appended.add_counting_functions();
        appended
    }

    /// `$logAlloc` and `$logGrowth`, where the trampolines are to call them.
    fn add_counting_functions(&mut self) {
        if matches!(self.counters.place, Place::Globals(_)) {
            let reader = self.counters.reader();
            let params = vec![ValType::I32, ValType::I32];
            let name = "readCounter".to_owned();
            self.reader = Some(self.push(params, vec![ValType::I64], reader, name));
        } else if !self.inline {
            let (site, size, address) = (0, 1, 2);
            let mut body = Function::new([(1, ValType::I32)]);
            let mut code = body.instructions();
            self.counters
                .count(&mut code, Counter::Site(site), address, |code, _| {
                    code.local_get(size);
                });
            code.end();
            let params = vec![ValType::I32, ValType::I64];
            self.counters.log_alloc = Some(self.push(params, vec![], body, "logAlloc".to_owned()));
        }
        let measures_in_memory = |action: &Action| match action {
            Action::Measured { slot } => self.counters.site_id(*slot) == SiteId::Passed,
            Action::Direct { .. } | Action::Pool | Action::Shield => false,
        };
        if self.counters.log_fn.is_none()
            && self.plan.actions.iter().any(|(_, a)| measures_in_memory(a))
        {
            let (site, saved, address) = (0, [1, 2], 3);
            let mut body = Function::new([(1, ValType::I32)]);
            let mut code = body.instructions();
            self.counters
                .log_growth_body(&mut code, site, saved, address);
            code.end();
            let params = vec![ValType::I32, ValType::I64, ValType::I64];
            self.counters.log_growth =
                Some(self.push(params, vec![], body, "logGrowth".to_owned()));
        }
    }

    fn push(
        &mut self,
        params: Vec<ValType>,
        results: Vec<ValType>,
        body: Function,
        name: String,
    ) -> u32 {
        let signature = (params, results);
        let known = self.types.iter().position(|ty| *ty == signature);
        let ty = known.unwrap_or_else(|| {
            self.types.push(signature);
            self.types.len() - 1
        });
        self.push_typed((self.module.types.len() + ty) as u32, body, name)
    }

    fn push_typed(&mut self, ty: u32, body: Function, name: String) -> u32 {
        let index = self.module.function_types.len() + self.functions.len();
        self.functions.push((ty, body, name));
        index as u32
    }

    /// The function index of a trampoline, which is made when first asked for.
    pub(super) fn index(&mut self, trampoline: Trampoline) -> Result<u32, EncodeError> {
        if let Some(&index) = self.trampolines.get(&trampoline) {
            return Ok(index);
        }
        let index = match trampoline {
            Trampoline::Site(function, site) => self.allocator(function, Some(site))?,
            Trampoline::Pool(function) => self.allocator(function, None)?,
            Trampoline::Measured(callee, site) => self.measured(callee, site)?,
            Trampoline::Shielded(callee) => self.shielded(callee)?,
        };
        self.trampolines.insert(trampoline, index);
        Ok(index)
    }

    fn signature(&self, ty: u32) -> Result<(Vec<ValType>, Vec<ValType>), EncodeError> {
        let ty = self.module.types.get(ty as usize).and_then(Option::as_ref);
        let (params, results) = ty.map_or((&[][..], &[][..]), |ty| (ty.params(), ty.results()));
        let encode = |types: &[wasmparser::ValType]| {
            types
                .iter()
                .map(|&t| RoundtripReencoder.val_type(t))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok((encode(params)?, encode(results)?))
    }

    /// The operands of a call and its results.
    fn operands(&self, callee: Callee) -> Result<(Vec<ValType>, Vec<ValType>), EncodeError> {
        match callee {
            Callee::Function(f) => self.signature(self.module.function_types[f as usize]),
            Callee::Table { ty, table } => {
                let (mut params, results) = self.signature(ty)?;
                let table64 = self.module.table64.get(table as usize) == Some(&true);
                params.push(if table64 { ValType::I64 } else { ValType::I32 });
                Ok((params, results))
            }
            Callee::Reference { ty } => {
                let (mut params, results) = self.signature(ty)?;
                params.push(ValType::Ref(wasm_encoder::RefType {
                    nullable: true,
                    heap_type: wasm_encoder::HeapType::Concrete(ty),
                }));
                Ok((params, results))
            }
        }
    }

    /// `f@what` for a function; what is called otherwise is `type[N]`.
    fn name(&self, callee: Callee, what: &str) -> String {
        match callee {
            Callee::Function(f) => format!("{}@{what}", self.module.program.display_name(f)),
            Callee::Table { ty, table: 0 } => format!("type[{ty}]@{what}"),
            Callee::Table { ty, table } => format!("type[{ty}],table[{table}]@{what}"),
            Callee::Reference { ty } => format!("type[{ty}],ref@{what}"),
        }
    }

    /// A call that allocates somewhere beneath.
    fn measured(&mut self, callee: Callee, site: SiteId) -> Result<u32, EncodeError> {
        let (mut params, results) = self.operands(callee)?;
        let operands = params.len() as u32;
        let (counter, what) = match (site, callee) {
            (SiteId::Passed, Callee::Function(_)) => (Counter::Site(operands), "site".to_owned()),
            (SiteId::Passed, _) => (Counter::Site(operands), "dispatch".to_owned()),
            (SiteId::Fixed(slot), _) => (Counter::Slot(slot), slot.to_string()),
        };
        if site == SiteId::Passed {
            params.push(ValType::I32);
        }
        let first = params.len() as u32;
        let saved = [first, first + 1];
        let mut body = Function::new([(2, ValType::I64)]);
        let mut code = body.instructions();
        self.counters.save_pool(&mut code, saved);
        call(&mut code, callee, operands);
        self.counters.pool_count(&mut code);
        code.local_get(saved[0]).i64_ne().if_(BlockType::Empty);
        self.counters.log_growth(&mut code, counter, saved);
        code.end().end();
        let name = self.name(callee, &what);
        Ok(self.push(params, results, body, name))
    }

    /// A call beneath an allocator that drops what is counted beneath it, except for this:
    ///
    /// ```wat
    /// (func $t@kept (param …) (result …) (local $count i64) … (local $kept_count i64) …
    ///   …save the pool and what was kept…
    ///   local.get …  call_indirect (type $t)
    ///   …kept = $kept_count + growth of the pool…)
    /// ```
    fn shielded(&mut self, callee: Callee) -> Result<u32, EncodeError> {
        let (params, results) = self.operands(callee)?;
        let first = params.len() as u32;
        let (saved, kept) = ([first, first + 1], [first + 2, first + 3]);
        let mut body = Function::new([(4, ValType::I64)]);
        let mut code = body.instructions();
        self.counters.save_pool(&mut code, saved);
        self.counters.save_kept(&mut code, kept);
        call(&mut code, callee, first);
        self.counters.keep_growth(&mut code, saved, kept);
        code.end();
        let name = self.name(callee, "kept");
        Ok(self.push(params, results, body, name))
    }

    /// A call of an allocator: a site, or none.
    fn allocator(
        &mut self,
        function: FunctionId,
        site: Option<SiteId>,
    ) -> Result<u32, EncodeError> {
        let allocator = &self.plan.allocators[&function];
        let ty = self.module.function_types[function as usize];
        let (mut params, results) = self.signature(ty)?;
        let parameters = params.len() as u32;
        let counter = match site {
            Some(SiteId::Passed) => Counter::Site(parameters),
            Some(SiteId::Fixed(slot)) => Counter::Slot(slot),
            None => Counter::Pool,
        };
        let is_passed = site == Some(SiteId::Passed);

        // Locals: the results, the saved pool where growth is dropped, an address where counting is inlined.
        let first_result = parameters + u32::from(is_passed);
        let mut locals: Vec<(u32, ValType)> = results.iter().map(|&ty| (1, ty)).collect();
        let mut next = first_result + results.len() as u32;
        let saved = allocator.drops.then_some([next, next + 1]);
        let kept = (allocator.drops && self.counters.has_kept).then_some([next + 2, next + 3]);
        if saved.is_some() {
            let number = if kept.is_some() { 4 } else { 2 };
            locals.push((number, ValType::I64));
            next += number;
        }
        let address = next;
        if self.counters.log_alloc.is_none() && is_passed {
            locals.push((1, ValType::I32));
        }

        let mut body = Function::new(locals);
        let mut code = body.instructions();
        if let Some(saved) = saved {
            self.counters.save_pool(&mut code, saved);
        }
        if let Some(kept) = kept {
            self.counters.save_kept(&mut code, kept);
        }
        for parameter in 0..parameters {
            code.local_get(parameter);
        }
        code.call(function);
        for result in (0..results.len() as u32).rev() {
            code.local_set(first_result + result);
        }
        if let (Some(saved), Some(kept)) = (saved, kept) {
            self.counters.add_kept(&mut code, saved, kept);
        }
        if let Some(saved) = saved {
            self.counters.restore_pool(&mut code, saved);
        }
        let size = Size {
            rule: allocator.size,
            params: &params,
            rounding: self.plan.rounding,
        };
        let blocks = open_conditions(&mut code, allocator.success, &size, &results, first_result);
        self.counters.log(&mut code, counter, address, |code, ty| {
            size.push_counted(code, ty)
        });
        for _ in 0..blocks {
            code.end();
        }
        for result in 0..results.len() as u32 {
            code.local_get(first_result + result);
        }
        code.end();

        let callee = Callee::Function(function);
        match site {
            Some(SiteId::Passed) => {
                params.push(ValType::I32);
                let name = self.name(callee, "site");
                Ok(self.push(params, results, body, name))
            }
            // The allocator's own type: a reference to it may be of exactly that type.
            Some(SiteId::Fixed(slot)) => {
                let name = self.name(callee, &slot.to_string());
                Ok(self.push_typed(ty, body, name))
            }
            None => {
                let name = self.name(callee, "pool");
                Ok(self.push_typed(ty, body, name))
            }
        }
    }
}

/// Makes the call, its operands being the parameters before `end`.
fn call(code: &mut InstructionSink<'_>, callee: Callee, end: u32) {
    for parameter in 0..end {
        code.local_get(parameter);
    }
    match callee {
        Callee::Function(function) => code.call(function),
        Callee::Table { ty, table } => code.call_indirect(table, ty),
        Callee::Reference { ty } => code.call_ref(ty),
    };
}

/// Opens an `if` for each condition without which nothing was allocated; returns how many.
fn open_conditions(
    code: &mut InstructionSink<'_>,
    success: Success,
    size: &Size<'_>,
    results: &[ValType],
    first_result: u32,
) -> u32 {
    let mut blocks = 0;
    if let (Success::NonNull | Success::Zero, Some(ty)) = (success, results.first()) {
        code.local_get(first_result);
        match (success == Success::NonNull, *ty == ValType::I64) {
            (true, true) => {
                code.i64_const(0).i64_ne();
            }
            (true, false) => {}
            (false, true) => {
                code.i64_eqz();
            }
            (false, false) => {
                code.i32_eqz();
            }
        }
        code.if_(BlockType::Empty);
        blocks += 1;
    }
    if !size.rounding.zero && size.rule != SizeRule::Unknown {
        size.push_requested(code, ValType::I64);
        code.i64_const(0).i64_ne().if_(BlockType::Empty);
        blocks += 1;
    }
    blocks
}

/// The size of an allocation, out of the parameters of its allocator.
struct Size<'a> {
    rule: SizeRule,
    params: &'a [ValType],
    rounding: Rounding,
}

impl Size<'_> {
    /// Pushes the requested bytes as `ty`.
    fn push_requested(&self, code: &mut InstructionSink<'_>, ty: ValType) {
        let push = |code: &mut InstructionSink<'_>, parameter: u32| {
            code.local_get(parameter);
            convert(code, self.params[parameter as usize], ty);
        };
        match self.rule {
            SizeRule::Parameter(a) => push(code, a),
            SizeRule::Product(a, b) => {
                push(code, a);
                push(code, b);
                if ty == ValType::I64 {
                    code.i64_mul()
                } else {
                    code.i32_mul()
                };
            }
            SizeRule::Unknown => push_constant(code, ty, 0),
        }
    }

    /// Pushes the bytes to count as `ty`: requested, plus header, rounded up.
    fn push_counted(&self, code: &mut InstructionSink<'_>, ty: ValType) {
        let Rounding {
            granule, header, ..
        } = self.rounding;
        let granule = i64::from(granule);
        let add = i64::from(header) + granule - 1;
        if add == 0 || self.rule == SizeRule::Unknown {
            return self.push_requested(code, ty);
        }
        // In 64 bits, where rounding cannot overflow.
        self.push_requested(code, ValType::I64);
        code.i64_const(add).i64_add();
        if granule.count_ones() == 1 {
            code.i64_const(-granule).i64_and();
        } else {
            code.i64_const(granule)
                .i64_div_u()
                .i64_const(granule)
                .i64_mul();
        }
        convert(code, ValType::I64, ty);
    }
}

fn push_constant(code: &mut InstructionSink<'_>, ty: ValType, value: i32) {
    if ty == ValType::I64 {
        code.i64_const(value.into())
    } else {
        code.i32_const(value)
    };
}

/// Converts an unsigned size on the stack.
fn convert(code: &mut InstructionSink<'_>, from: ValType, to: ValType) {
    match (from, to) {
        (ValType::I32, ValType::I64) => code.i64_extend_i32_u(),
        (ValType::I64, ValType::I32) => code.i32_wrap_i64(),
        _ => code,
    };
}
