//! Carries out a plan.
//!
//! ```llvm
//! ; a call of an allocator that gives null, or never does        ; and one that is no site
//! %p = call ptr @malloc(i64 24)                                  %p = call ptr @malloc(i64 24)
//! call void @allocinstr.logUnlessNull(i32 7, i64 24, ptr %p)     call void @allocinstr.logUnlessNull(i32 -1, i64 24, ptr %p)
//!
//! %p = call nonnull ptr @_Znwm(i64 24)
//! call void asm sideeffect "", "r"(ptr %p)
//! call void @logAlloc(i32 7, i64 24)
//!
//! ; a call whose callee allocates: what it adds to the pool moves to the site
//! %saved = call %allocinstr.saved @allocinstr.save()
//! call void @f()
//! call void @allocinstr.logGrowth(i32 9, %allocinstr.saved %saved)
//! ```
//!
//! A failed allocation counts nothing, so that sites and pool sum up to what was allocated: where the result may be null,
//! the function that is called looks at it. That leaves blocks and debug data as they are, and does as well
//! with a logging function of the program, which has no parameter for it. Either way the result is used by
//! something that the optimiser cannot see into: it would remove an allocation that is only freed, and the call that
//! counts it would stay.
//!
//! A tail call that must be one becomes a plain call: nothing can stand between it and the return, and before it nobody
//! knows the result. The frame stays while the allocator runs, no longer.

mod counting;

use crate::decode::Decoded;
use crate::error::Error;
use crate::ir::{self, Builder, Place, TypeKind, Value};
use allocinstr_sites::{Action, Allocator, FunctionId, Plan, SizeRule, Success, Target};
use counting::{Counting, Log, POOL};
use inkwell::module::Module;

/// What becomes of calls that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// They stay calls, for whoever looks at the program.
    Call,
    /// The optimiser that comes next is to put what they do in their place.
    Inline,
}

/// Whether nothing in the program would be counted, so that it is best left as it is.
pub(crate) fn is_empty(decoded: &Decoded<'_>, plan: &Plan) -> bool {
    plan.actions.is_empty() && pointed_at(decoded, plan).next().is_none()
}

/// Carries out `plan`; `json` is the site table as the program is to hold it.
pub(crate) fn rewrite<'m>(
    module: &'m Module<'_>,
    decoded: &Decoded<'m>,
    plan: &Plan,
    json: &str,
    shape: Shape,
) -> Result<(), Error> {
    let rewriter = Rewriter {
        decoded,
        plan,
        builder: Builder::new(module),
        counting: Counting::link(module, decoded, &plan.table, json, shape)?,
    };
    for function in pointed_at(decoded, plan) {
        rewriter.count_by_pointer(module, function);
    }
    for &(call, action) in &plan.actions {
        rewriter.call(call, action);
    }
    forget_promises(decoded, plan);
    Ok(())
}

/// Allocators that are called by pointers, too.
fn pointed_at(decoded: &Decoded<'_>, plan: &Plan) -> impl Iterator<Item = FunctionId> {
    let functions = &decoded.program.functions;
    plan.allocators
        .keys()
        .copied()
        .filter(|&f| functions[f as usize].address_taken)
}

struct Rewriter<'a, 'm> {
    decoded: &'a Decoded<'m>,
    plan: &'a Plan,
    builder: Builder<'m>,
    counting: Counting<'m>,
}

impl<'m> Rewriter<'_, 'm> {
    fn call(&self, id: u32, action: Action) {
        let call = self.decoded.calls[id as usize];
        let allocator = match self.decoded.program.calls[id as usize].target {
            Target::Direct(callee) => self.plan.allocators.get(&callee),
            Target::Indirect(_) => None,
        };
        let saves = match action {
            Action::Measured { .. } | Action::Shield => true,
            Action::Direct { .. } | Action::Pool => allocator.is_some_and(|a| a.drops),
        };
        call.make_plain_call();
        let saved = self.save_before(call, saves);
        self.go_after(call);
        self.builder.locate(call);
        let slot = |slot: u32| self.counting.site.integer(slot.into());
        match (action, allocator) {
            (Action::Direct { slot: id }, Some(allocator)) => {
                self.allocated(allocator, call, call, saved, slot(id), self.counting.log);
            }
            (Action::Pool, Some(allocator)) => {
                let pool = self.counting.site.integer(POOL);
                self.allocated(allocator, call, call, saved, pool, self.counting.pool);
            }
            (Action::Direct { .. } | Action::Pool, None) => {
                unreachable!("these are calls of allocators")
            }
            (Action::Measured { slot: id }, _) => {
                let arguments: Vec<_> = [slot(id)].into_iter().chain(saved).collect();
                self.builder
                    .call(self.counting.growth, &arguments, Some(call));
            }
            (Action::Shield, _) => {
                let saved: Vec<_> = saved.into_iter().collect();
                self.builder.call(self.counting.keep, &saved, Some(call));
            }
        }
    }

    fn save_before(&self, call: Value<'m>, saves: bool) -> Option<Value<'m>> {
        if !saves {
            return None;
        }
        self.builder.before(call);
        self.builder.locate(call);
        Some(self.builder.call(self.counting.save, &[], Some(call)))
    }

    /// What comes next stands after `call`, where that has returned.
    fn go_after(&self, call: Value<'m>) {
        match (call.next(), call.normal_destination()) {
            (Some(next), _) => self.builder.before(next),
            (None, Some(block)) => {
                self.builder.locate(call);
                let branch = self.builder.split_edge(call, block);
                self.builder.before(branch);
            }
            (None, None) => {
                unreachable!("a block ends with a terminator, and no other call is one")
            }
        }
    }

    /// An allocator has returned `result`, for arguments that `call` has, or the function that calls it.
    fn allocated(
        &self,
        allocator: &Allocator,
        call: Value<'m>,
        arguments: Value<'m>,
        saved: Option<Value<'m>>,
        site: Value<'m>,
        log: Log<'m>,
    ) {
        let (builder, beside) = (&self.builder, Some(call));
        if let Some(saved) = saved {
            builder.call(self.counting.drop, &[saved], beside);
        }
        let requested = self.requested(allocator, arguments);
        let mut made = self.made(allocator, call);
        if !self.plan.rounding.zero && allocator.size.is_known() {
            made = self.unless_zero(requested, made);
        }
        if made.is_none() && call.ty().kind() == TypeKind::Pointer {
            builder.keep(call, beside);
        }
        log.call(
            builder,
            site,
            self.counted(allocator, requested),
            made,
            beside,
        );
    }

    /// Bytes asked for; 0 where they are not known.
    fn requested(&self, allocator: &Allocator, call: Value<'m>) -> Value<'m> {
        let arguments = match call.is_function() {
            true => (0..call.function_type().parameters().len() as u32)
                .map(|at| call.parameter(at))
                .collect(),
            false => call.arguments(),
        };
        let size = self.counting.size;
        let argument = |at: u32| self.builder.to_integer(arguments[at as usize], size);
        match allocator.size {
            SizeRule::Parameter(a) => argument(a),
            SizeRule::Product(a, b) => self.builder.multiply(argument(a), argument(b)),
            SizeRule::Unknown => size.integer(0),
        }
    }

    /// A pointer that is null where nothing was allocated, unless that never happens.
    fn made(&self, allocator: &Allocator, call: Value<'m>) -> Option<Value<'m>> {
        let builder = &self.builder;
        let never_null = call.call_has(Place::Return, "nonnull")
            || self.decoded.functions[allocator.function as usize]
                .attribute(Place::Return, "nonnull")
                .is_some();
        match (allocator.success, call.ty().kind()) {
            (Success::NonNull, TypeKind::Pointer) => (!never_null).then_some(call),
            (Success::NonNull, TypeKind::Integer(_)) => Some(builder.to_pointer(call)),
            (Success::Zero, TypeKind::Integer(_)) => {
                let pointer = builder.pointer_type();
                let some = builder.to_pointer(self.counting.size.integer(1));
                Some(builder.select(builder.is_zero(call), some, pointer.null()))
            }
            (Success::Always, _) | (Success::NonNull | Success::Zero, _) => None,
        }
    }

    /// Null as well where nothing was asked for, which is no allocation on this heap.
    fn unless_zero(&self, requested: Value<'m>, made: Option<Value<'m>>) -> Option<Value<'m>> {
        let builder = &self.builder;
        if requested.constant().is_some_and(|size| size > 0) {
            return made;
        }
        let pointer = builder.pointer_type();
        let some = made.unwrap_or_else(|| builder.to_pointer(self.counting.size.integer(1)));
        Some(builder.select(builder.is_zero(requested), pointer.null(), some))
    }

    /// Bytes that count: requested, plus header, rounded up.
    fn counted(&self, allocator: &Allocator, requested: Value<'m>) -> Value<'m> {
        let (builder, size) = (&self.builder, self.counting.size);
        let granule = u64::from(self.plan.rounding.granule);
        let add = u64::from(self.plan.rounding.header) + granule - 1;
        if add == 0 || !allocator.size.is_known() {
            return requested;
        }
        let granule = size.integer(granule);
        let grown = builder.add(requested, size.integer(add));
        builder.multiply(builder.divide(grown, granule), granule)
    }

    /// Whoever has a pointer to the allocator gets one to a function that counts in the pool and calls it:
    ///
    /// ```llvm
    /// define internal ptr @malloc@pool(i64 %0) {
    ///   %p = call ptr @malloc(i64 %0)
    ///   call void @allocinstr.logUnlessNull(i32 -1, i64 %0, ptr %p)
    ///   ret ptr %p
    /// }
    /// ```
    fn count_by_pointer(&self, module: &'m Module<'_>, id: FunctionId) {
        let function = self.decoded.functions[id as usize];
        let ty = function.function_type();
        // The arguments of a variadic function cannot be passed on, and an address in a function is that function's.
        if ty.is_variadic()
            || function
                .uses()
                .iter()
                .any(|(user, _)| user.is_block_address())
        {
            return;
        }
        let calls: Vec<_> = function.uses().into_iter().filter(|used| used.1).collect();
        let calls = calls.into_iter().map(|(call, _)| call);
        let calls = calls.filter(|call| call.callee().is_some_and(|(_, of)| of == ty));
        let calls: Vec<_> = calls.collect();
        let aliases: Vec<_> = ir::aliases(module)
            .filter(|alias| alias.resolved() == function)
            .collect();
        let (counted, block) = self
            .builder
            .add_function_like(function, &format!("{}@pool", function.name()));
        function.replace_uses(counted);
        for call in calls {
            call.set_callee(function);
        }
        for alias in aliases {
            alias.set_aliasee(function);
        }

        self.builder.at_end(block);
        self.builder.unlocate();
        let arguments: Vec<_> = (0..ty.parameters().len() as u32)
            .map(|at| counted.parameter(at))
            .collect();
        let allocator = &self.plan.allocators[&id];
        let saved = allocator
            .drops
            .then(|| self.builder.call(self.counting.save, &[], None));
        let call = self.builder.call(function, &arguments, None);
        let pool = self.counting.site.integer(POOL);
        self.allocated(allocator, call, counted, saved, pool, self.counting.pool);
        self.builder
            .give_back((ty.result().kind() != TypeKind::Void).then_some(call));
    }
}

/// Takes back what functions that count, and those that call them, promise of memory and of other threads: counters
/// are memory. Optimisers that believe it drop or merge counts (4 instead of 220 were seen).
fn forget_promises(decoded: &Decoded<'_>, plan: &Plan) {
    const PROMISES: [&str; 3] = ["memory", "nosync", "speculatable"];
    let program = &decoded.program;
    let count = program.functions.len();
    let mut counts = vec![false; count];
    let mut callers = vec![Vec::new(); count];
    for (caller, function) in program.functions.iter().enumerate() {
        for call in function.calls.clone() {
            let is_action = plan.actions.binary_search_by_key(&call, |&(call, _)| call);
            counts[caller] |= is_action.is_ok();
            if let Target::Direct(callee) = program.calls[call as usize].target {
                callers[callee as usize].push(caller);
            }
        }
    }
    // What a pointer leads to may be an allocator.
    for function in pointed_at(decoded, plan) {
        counts[function as usize] = true;
    }
    let mut stack: Vec<usize> = (0..count).filter(|&f| counts[f]).collect();
    while let Some(callee) = stack.pop() {
        for &caller in &callers[callee] {
            if !std::mem::replace(&mut counts[caller], true) {
                stack.push(caller);
            }
        }
    }
    for (function, counts) in decoded.functions.iter().zip(&counts) {
        if *counts && !function.is_declaration() {
            PROMISES
                .iter()
                .for_each(|name| function.remove_attribute(name));
        }
    }
    for (call, instruction) in program.calls.iter().zip(&decoded.calls) {
        let may_count = match call.target {
            Target::Direct(callee) => counts[callee as usize],
            Target::Indirect(_) => true,
        };
        if may_count {
            PROMISES
                .iter()
                .for_each(|name| instruction.remove_attribute(name));
        }
    }
}
