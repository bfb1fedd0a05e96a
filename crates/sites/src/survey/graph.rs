//! The call graph, and sets of functions that follow from it.

use crate::program::{Function, FunctionId, Program, Target, TypeId};

/// Direct calls that return, by caller.
pub(super) struct Graph {
    callees: Vec<FunctionId>,
    ranges: Vec<std::ops::Range<usize>>,
    /// Callers by callee, of every direct call, whether it returns or not.
    callers: Vec<FunctionId>,
    /// Where a callee's callers end among them; they begin where those of the callee before it end.
    callers_end: Vec<usize>,
}

impl Graph {
    pub(super) fn new(program: &Program) -> Graph {
        let mut callees = Vec::new();
        let mut ranges = Vec::with_capacity(program.functions.len());
        for function in &program.functions {
            let start = callees.len();
            for call in &program.calls[function.calls.start as usize..function.calls.end as usize] {
                if let Target::Direct(callee) = call.target
                    && !call.diverges
                {
                    callees.push(callee);
                }
            }
            callees[start..].sort_unstable();
            // Unique within this caller only.
            let mut kept = start;
            for at in start..callees.len() {
                if at == start || callees[at] != callees[kept - 1] {
                    callees[kept] = callees[at];
                    kept += 1;
                }
            }
            callees.truncate(kept);
            ranges.push(start..kept);
        }
        let (callers, callers_end) = callers(program);
        Graph {
            callees,
            ranges,
            callers,
            callers_end,
        }
    }

    /// May name one more than once.
    fn callers(&self, function: FunctionId) -> &[FunctionId] {
        let function = function as usize;
        let start = function.checked_sub(1).map_or(0, |f| self.callers_end[f]);
        &self.callers[start..self.callers_end[function]]
    }

    pub(super) fn callees(&self, function: FunctionId) -> &[FunctionId] {
        &self.callees[self.ranges[function as usize].clone()]
    }

    /// All functions from which one of `goals` is reached over calls that return, goals included;
    /// only those that `through` admits are passed or added.
    pub(super) fn reaching(
        &self,
        goals: &[bool],
        through: impl Fn(FunctionId) -> bool,
    ) -> Vec<bool> {
        let mut reaching = goals.to_vec();
        let mut stack: Vec<FunctionId> = (0..goals.len() as FunctionId)
            .filter(|&f| goals[f as usize])
            .collect();
        while let Some(callee) = stack.pop() {
            for &caller in self.callers(callee) {
                if !reaching[caller as usize]
                    && through(caller)
                    && self.callees(caller).binary_search(&callee).is_ok()
                {
                    reaching[caller as usize] = true;
                    stack.push(caller);
                }
            }
        }
        reaching
    }

    /// All functions that `roots` reach over calls that return, roots included.
    pub(super) fn reached(&self, roots: &[bool]) -> Vec<bool> {
        let mut reached = roots.to_vec();
        let mut stack: Vec<FunctionId> = (0..roots.len() as FunctionId)
            .filter(|&f| roots[f as usize])
            .collect();
        while let Some(caller) = stack.pop() {
            for &callee in self.callees(caller) {
                if !std::mem::replace(&mut reached[callee as usize], true) {
                    stack.push(callee);
                }
            }
        }
        reached
    }
}

/// The callers of all functions, by callee, and where each one's end.
fn callers(program: &Program) -> (Vec<FunctionId>, Vec<usize>) {
    let direct = || {
        (0..)
            .zip(&program.functions)
            .flat_map(|(caller, function)| {
                let calls = function.calls.start as usize..function.calls.end as usize;
                program.calls[calls]
                    .iter()
                    .filter_map(move |call| match call.target {
                        Target::Direct(callee) => Some((caller, callee as usize)),
                        Target::Indirect(_) => None,
                    })
            })
    };
    // Where the next caller of each goes, which is in the end where its callers end.
    let mut ends = vec![0; program.functions.len()];
    direct().for_each(|(_, callee): (FunctionId, _)| ends[callee] += 1);
    let mut total = 0;
    for end in &mut ends {
        total += std::mem::replace(end, total);
    }
    let mut callers = vec![0; total];
    for (caller, callee) in direct() {
        callers[ends[callee]] = caller;
        ends[callee] += 1;
    }
    (callers, ends)
}

/// A flag by function, set for `ids`.
pub(crate) fn mark(len: usize, ids: impl Iterator<Item = FunctionId>) -> Vec<bool> {
    let mut marks = vec![false; len];
    ids.for_each(|id| marks[id as usize] = true);
    marks
}

/// Allocators, and the functions that only they call: the greatest set whose members are not
/// reachable from outside it, so that recursion among helpers does not expose them.
pub(super) fn inner_functions(
    program: &Program,
    graph: &Graph,
    is_allocator: &[bool],
) -> Vec<bool> {
    // Only what allocators call at all is a candidate.
    let mut inner = is_allocator.to_vec();
    let mut stack: Vec<FunctionId> = (0..inner.len() as FunctionId)
        .filter(|&f| is_allocator[f as usize])
        .collect();
    while let Some(function) = stack.pop() {
        let calls = &program.functions[function as usize].calls;
        for call in &program.calls[calls.start as usize..calls.end as usize] {
            if let Target::Direct(callee) = call.target
                && !std::mem::replace(&mut inner[callee as usize], true)
            {
                stack.push(callee);
            }
        }
    }
    let exposed = |f: FunctionId, inner: &[bool]| {
        let function = &program.functions[f as usize];
        function.address_taken
            || function.start
            || !function.exports.is_empty()
            || graph
                .callers(f)
                .iter()
                .any(|&caller| !inner[caller as usize])
    };
    let mut stack: Vec<FunctionId> = (0..inner.len() as FunctionId)
        .filter(|&f| inner[f as usize] && !is_allocator[f as usize])
        .collect();
    while let Some(function) = stack.pop() {
        if inner[function as usize] && !is_allocator[function as usize] && exposed(function, &inner)
        {
            inner[function as usize] = false;
            let calls = &program.functions[function as usize].calls;
            for call in &program.calls[calls.start as usize..calls.end as usize] {
                if let Target::Direct(callee) = call.target {
                    stack.push(callee);
                }
            }
        }
    }
    inner
}

/// By function, whether it makes an indirect call of one of `types`, tail calls included.
pub(super) fn callers_of_types(program: &Program, types: &[bool]) -> Vec<bool> {
    let calls = |function: &Function| {
        let range = function.calls.start as usize..function.calls.end as usize;
        program.calls[range].iter().any(|call| {
            !call.diverges && matches!(call.target, Target::Indirect(ty) if types[ty as usize])
        })
    };
    program.functions.iter().map(calls).collect()
}

/// By type, whether an address-taken function of that type is one of `functions`.
pub(super) fn indirect_types(program: &Program, functions: &[bool]) -> Vec<bool> {
    let mut types = vec![false; program.types.len()];
    for (function, is_one) in program.functions.iter().zip(functions) {
        let ty: TypeId = function.ty;
        types[ty as usize] |= function.address_taken && *is_one;
    }
    types
}
