//! What the call graph says, before anything is selected: which functions allocate, which of their
//! calls are counted, and which calls could be sites.

use crate::model::{AllocatorRule, Heap, Model, SizeRule, Success};
use crate::program::{
    CallId, Function, FunctionId, PointerWidth, Program, Target, TypeId, ValueType,
};
use crate::symbol::printable;
use std::collections::BTreeMap;

/// Most parameters of a callee: wasm functions have at most 1000, and a site's trampoline takes the
/// callee's, a table index or reference, and the site.
const MAX_PARAMETERS: usize = 998;

/// How a site's numbers come about; each level includes those before it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Attribution {
    /// The call is an allocator's: counted with its arguments.
    Direct,
    /// The callee reaches an allocator over direct calls: measured.
    Through,
    /// An indirect call that may reach an allocator, or a call of a function that makes one, as a
    /// factory with a table does: measured.
    Dispatch,
    /// An import through which the host may call back into an allocator: measured.
    Host,
}

impl Attribution {
    /// All of them, in order.
    pub const ALL: [Attribution; 4] = [
        Attribution::Direct,
        Attribution::Through,
        Attribution::Dispatch,
        Attribution::Host,
    ];

    /// The name in reports, formats and options.
    pub fn name(self) -> &'static str {
        match self {
            Attribution::Direct => "direct",
            Attribution::Through => "through",
            Attribution::Dispatch => "dispatch",
            Attribution::Host => "host",
        }
    }
}

/// An allocator found in the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocator {
    /// The function.
    pub function: FunctionId,
    /// Where the requested size is.
    pub size: SizeRule,
    /// When a call has allocated.
    pub success: Success,
    /// It reaches another allocator through functions that others call too, so what is counted
    /// beneath it is dropped.
    pub drops: bool,
}

/// The call graph's answers for one program and model.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Allocators by function.
    pub allocators: BTreeMap<FunctionId, Allocator>,
    /// Index into [`Model::heaps`] of the heap the program uses.
    pub heap: usize,
    /// Whether a function is an allocator, or is called by nothing but allocators: its calls are
    /// left alone.
    pub inner: Vec<bool>,
    /// Whether an allocator is reached from a function over direct calls.
    pub allocates: Vec<bool>,
    /// Whether allocators reach a function that others call too: its calls are never sites.
    pub shared: Vec<bool>,
    /// Types with an address-taken function that allocates.
    pub dispatch_types: Vec<bool>,
    /// Whether a function itself makes an indirect call of such a type.
    pub dispatches: Vec<bool>,
    /// Whether a function reaches an allocator whose bytes cannot be known.
    pub count_only: Vec<bool>,
    /// Types with an address-taken function of that kind.
    pub count_only_types: Vec<bool>,
    /// The host can allocate: an exported function allocates.
    pub host_allocates: bool,
    /// Rules the user gave that match no function, by their pattern.
    pub unmatched: Vec<String>,
    /// Calls that may become sites, by id.
    pub candidates: Vec<CallId>,
}

/// Why a program cannot be surveyed.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// None of the model's allocators is in the program.
    #[error("no allocator of model {model} found: looked for {example}; {advice}")]
    NoAllocator {
        /// The model.
        model: String,
        /// An allocator's name.
        example: String,
        /// What to do.
        advice: String,
    },
    /// A `--allocator` rule names a parameter that the function does not have.
    #[error(
        "--allocator: {function} has no integer parameter {parameter}; \
         choose another, or `?` to count without bytes"
    )]
    NoParameter {
        /// The function, by display name.
        function: String,
        /// The parameter the rule reads.
        parameter: u32,
    },
}

impl Survey {
    /// Finds the allocators of `model` in `program` and what the call graph says about them.
    ///
    /// Candidates are the calls that sites of `attribute` may be made of; of through sites some
    /// kinds belong to [`Attribution::Direct`] already.
    pub fn new(
        program: &Program,
        model: &Model,
        attribute: Attribution,
    ) -> Result<Survey, SurveyError> {
        let graph = Graph::new(program);
        let allocators = find_allocators(program, model, &graph)?;
        if allocators.is_empty() {
            return Err(SurveyError::NoAllocator {
                model: model.name.clone(),
                example: model.example.clone(),
                advice: model.advice.clone(),
            });
        }
        let is_allocator = mark(program.functions.len(), allocators.keys().copied());
        let allocates = graph.reaching(&is_allocator);
        let inner = inner_functions(program, &graph, &is_allocator);
        let unknown = allocators.values().filter(|a| a.size == SizeRule::Unknown);
        let count_only =
            graph.reaching(&mark(program.functions.len(), unknown.map(|a| a.function)));
        let dispatch_types = indirect_types(program, &allocates);
        let mut survey = Survey {
            heap: find_heap(program, &model.heaps),
            dispatches: callers_of_types(program, &dispatch_types),
            dispatch_types,
            count_only_types: indirect_types(program, &count_only),
            count_only,
            host_allocates: program
                .functions
                .iter()
                .zip(&allocates)
                .any(|(function, allocates)| *allocates && !function.exports.is_empty()),
            shared: vec![false; program.functions.len()],
            unmatched: unmatched_rules(program, model),
            candidates: Vec::new(),
            allocators,
            inner,
            allocates,
        };
        survey.find_shared(&graph);
        survey.find_indirect_drops(program);
        survey.candidates = survey.find_candidates(program, attribute.max(Attribution::Through));
        Ok(survey)
    }

    /// Marks allocators that drop, and the functions beneath them that are not theirs alone.
    fn find_shared(&mut self, graph: &Graph) {
        for root in self.allocators.keys().copied().collect::<Vec<_>>() {
            let mut seen = vec![false; self.inner.len()];
            let mut stack = vec![root];
            let mut border = Vec::new();
            while let Some(function) = stack.pop() {
                for &callee in graph.callees(function) {
                    if std::mem::replace(&mut seen[callee as usize], true) {
                        continue;
                    }
                    if self.inner[callee as usize] {
                        stack.push(callee);
                    } else if self.allocates[callee as usize] {
                        border.push(callee);
                    }
                }
            }
            if border.is_empty() {
                continue;
            }
            if let Some(allocator) = self.allocators.get_mut(&root) {
                allocator.drops = true;
            }
            while let Some(function) = border.pop() {
                let index = function as usize;
                if self.inner[index]
                    || !self.allocates[index]
                    || std::mem::replace(&mut self.shared[index], true)
                {
                    continue;
                }
                border.extend(graph.callees(function));
            }
        }
    }

    /// An allocator may also reach another by an indirect call, or by an import through which the
    /// host calls back. Where nothing but allocators can be reached so, all of it is in the pool,
    /// and dropped as well. Where other functions can, whose calls may be sites, it is not: what
    /// they allocate then counts for itself, whatever is selected.
    fn find_indirect_drops(&mut self, program: &Program) {
        let only_allocators = |of: &dyn Fn(&Function) -> bool| {
            let mut reached = (0..self.inner.len())
                .filter(|&f| self.allocates[f] && of(&program.functions[f]))
                .map(|f| self.allocators.contains_key(&(f as FunctionId)))
                .peekable();
            reached.peek().is_some() && reached.all(|is_allocator| is_allocator)
        };
        let by_host = only_allocators(&|function| !function.exports.is_empty());
        let mut dropping = Vec::new();
        for &root in self.allocators.keys() {
            let mut seen = vec![false; self.inner.len()];
            let mut stack = vec![root];
            while let Some(function) = stack.pop() {
                if std::mem::replace(&mut seen[function as usize], true)
                    || !self.inner[function as usize]
                {
                    continue;
                }
                let is_import = |f: FunctionId| program.functions[f as usize].import.is_some();
                let calls = program.functions[function as usize].calls.clone();
                for call in &program.calls[calls.start as usize..calls.end as usize] {
                    let drops = match call.target {
                        Target::Direct(callee) => {
                            stack.push(callee);
                            by_host && is_import(callee) && !self.allocators.contains_key(&callee)
                        }
                        Target::Indirect(ty) => {
                            only_allocators(&|function| function.address_taken && function.ty == ty)
                        }
                    };
                    if drops && !call.diverges {
                        dropping.push(root);
                    }
                }
            }
        }
        for root in dropping {
            if let Some(allocator) = self.allocators.get_mut(&root) {
                allocator.drops = true;
            }
        }
    }

    /// What a site at `call` would be, if it may be one at all.
    pub fn attribution(&self, program: &Program, call: CallId) -> Option<Attribution> {
        let call = &program.calls[call as usize];
        if call.diverges {
            return None;
        }
        if program.parameters(call.target) > MAX_PARAMETERS {
            return None;
        }
        match call.target {
            Target::Direct(f) if self.allocators.contains_key(&f) => Some(Attribution::Direct),
            // A tail call leaves nothing behind that could look at the pool afterwards.
            _ if call.tail => None,
            Target::Direct(f) if self.allocates[f as usize] => Some(Attribution::Through),
            Target::Direct(f) if self.dispatches[f as usize] => Some(Attribution::Dispatch),
            Target::Direct(f) if program.functions[f as usize].import.is_some() => {
                self.host_allocates.then_some(Attribution::Host)
            }
            Target::Direct(_) => None,
            Target::Indirect(ty) => {
                self.dispatch_types[ty as usize].then_some(Attribution::Dispatch)
            }
        }
    }

    fn find_candidates(&self, program: &Program, attribute: Attribution) -> Vec<CallId> {
        let mut candidates = Vec::new();
        for (index, function) in program.functions.iter().enumerate() {
            if self.inner[index] || self.shared[index] {
                continue;
            }
            candidates.extend(function.calls.clone().filter(|&call| {
                self.attribution(program, call)
                    .is_some_and(|found| found <= attribute)
            }));
        }
        candidates
    }
}

/// Direct calls that return, by caller.
struct Graph {
    callees: Vec<FunctionId>,
    ranges: Vec<std::ops::Range<usize>>,
    /// Callers by callee, of every direct call, whether it returns or not.
    callers: Vec<Vec<FunctionId>>,
}

impl Graph {
    fn new(program: &Program) -> Graph {
        let mut callees = Vec::new();
        let mut ranges = Vec::with_capacity(program.functions.len());
        let mut callers = vec![Vec::new(); program.functions.len()];
        for (caller, function) in program.functions.iter().enumerate() {
            let start = callees.len();
            for call in &program.calls[function.calls.start as usize..function.calls.end as usize] {
                if let Target::Direct(callee) = call.target {
                    callers[callee as usize].push(caller as FunctionId);
                    if !call.diverges {
                        callees.push(callee);
                    }
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
        for list in &mut callers {
            list.dedup();
        }
        Graph {
            callees,
            ranges,
            callers,
        }
    }

    fn callees(&self, function: FunctionId) -> &[FunctionId] {
        &self.callees[self.ranges[function as usize].clone()]
    }

    /// All functions from which one of `goals` is reached over calls that return, goals included.
    fn reaching(&self, goals: &[bool]) -> Vec<bool> {
        let mut reaching = goals.to_vec();
        let mut stack: Vec<FunctionId> = (0..goals.len() as FunctionId)
            .filter(|&f| goals[f as usize])
            .collect();
        while let Some(callee) = stack.pop() {
            for &caller in &self.callers[callee as usize] {
                if !reaching[caller as usize] && self.callees(caller).binary_search(&callee).is_ok()
                {
                    reaching[caller as usize] = true;
                    stack.push(caller);
                }
            }
        }
        reaching
    }
}

fn mark(len: usize, ids: impl Iterator<Item = FunctionId>) -> Vec<bool> {
    let mut marks = vec![false; len];
    ids.for_each(|id| marks[id as usize] = true);
    marks
}

fn find_allocators(
    program: &Program,
    model: &Model,
    graph: &Graph,
) -> Result<BTreeMap<FunctionId, Allocator>, SurveyError> {
    let mut trusted = BTreeMap::new();
    let mut doubtful = Vec::new();
    for function in 0..program.functions.len() as FunctionId {
        let Some(rule) = model
            .allocators
            .iter()
            .find(|rule| names_function(program, function, rule))
        else {
            continue;
        };
        let signature = program.signature(function);
        let allocator = |size, success| Allocator {
            function,
            size,
            success,
            drops: false,
        };
        let integer = |t: Option<&ValueType>| matches!(t, Some(ValueType::I32 | ValueType::I64));
        let returns_integer = integer(signature.results.first());
        match &rule.shapes {
            None => {
                if let Some(parameter) = rule
                    .size
                    .parameters()
                    .find(|&p| !integer(signature.params.get(p as usize)))
                {
                    let function = printable(&program.display_name(function));
                    return Err(SurveyError::NoParameter {
                        function,
                        parameter,
                    });
                }
                let success = if returns_integer {
                    rule.success
                } else {
                    Success::Always
                };
                trusted.insert(function, allocator(rule.size, success));
            }
            Some(shapes) => {
                if shapes
                    .iter()
                    .any(|shape| shape.matches(signature, program.pointer))
                {
                    trusted.insert(function, allocator(rule.size, rule.success));
                } else if returns_pointer(signature.results.first(), program.pointer)
                    && rule.success == Success::NonNull
                {
                    doubtful.push(allocator(SizeRule::Unknown, rule.success));
                }
            }
        }
    }
    // A doubtful allocator over a trusted one gives way to it: the inner one knows the bytes.
    let covered = graph.reaching(&mark(program.functions.len(), trusted.keys().copied()));
    for allocator in doubtful {
        if !covered[allocator.function as usize] {
            trusted.insert(allocator.function, allocator);
        }
    }
    Ok(trusted)
}

fn returns_pointer(result: Option<&ValueType>, pointer: PointerWidth) -> bool {
    result == Some(&pointer.value_type())
}

/// The symbol decides; import and export names speak only for a function without one, because
/// an export may be a wrapper around the symbol of that name.
fn names_function(program: &Program, function: FunctionId, rule: &AllocatorRule) -> bool {
    let function = &program.functions[function as usize];
    if let Some((_, field)) = &function.import {
        return rule.name.is_match(field);
    }
    match &function.symbol {
        Some(symbol) => rule.name.is_match(symbol),
        None => function.exports.iter().any(|name| rule.name.is_match(name)),
    }
}

fn unmatched_rules(program: &Program, model: &Model) -> Vec<String> {
    let functions = 0..program.functions.len() as FunctionId;
    let by_user = model.allocators.iter().filter(|rule| rule.shapes.is_none());
    by_user
        .filter(|rule| !functions.clone().any(|f| names_function(program, f, rule)))
        .map(|rule| rule.name.as_str().to_owned())
        .collect()
}

fn find_heap(program: &Program, heaps: &[Heap]) -> usize {
    let holds = |heap: &Heap| match &heap.when {
        None => true,
        Some(when) => program
            .functions
            .iter()
            .filter_map(|f| f.symbol.as_deref())
            .any(|s| when.is_match(s)),
    };
    heaps.iter().position(holds).unwrap_or(heaps.len() - 1)
}

/// Allocators, and the functions that only they call: the greatest set whose members are not
/// reachable from outside it, so that recursion among helpers does not expose them.
fn inner_functions(program: &Program, graph: &Graph, is_allocator: &[bool]) -> Vec<bool> {
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
            || graph.callers[f as usize]
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
fn callers_of_types(program: &Program, types: &[bool]) -> Vec<bool> {
    let calls = |function: &Function| {
        let range = function.calls.start as usize..function.calls.end as usize;
        program.calls[range].iter().any(|call| {
            !call.diverges && matches!(call.target, Target::Indirect(ty) if types[ty as usize])
        })
    };
    program.functions.iter().map(calls).collect()
}

/// By type, whether an address-taken function of that type is one of `functions`.
fn indirect_types(program: &Program, functions: &[bool]) -> Vec<bool> {
    let mut types = vec![false; program.types.len()];
    for (function, is_one) in program.functions.iter().zip(functions) {
        let ty: TypeId = function.ty;
        types[ty as usize] |= function.address_taken && *is_one;
    }
    types
}
