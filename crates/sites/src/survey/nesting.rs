//! Allocators beneath allocators: the outermost counts, so what is counted beneath it is dropped.
//!
//! Functions that only allocators call are left alone and count nothing. Beneath an allocator there may
//! be others: functions that the rest of the program calls, too, and what indirect calls and
//! imports lead to. An allocator that reaches such *drops* what the pool gained while it ran. That is all of it
//! as long as nothing beneath is a site: calls in functions reached over direct calls are never
//! sites, and an indirect call that leads to allocators only is in the pool by nature. Other
//! indirect calls, and imports through which the host may call anything, are *shielded*: what they add to
//! the pool is not dropped, as it would not be if it had a site. Tail calls are shielded, too, and
//! return to the shield first.

use super::graph::Graph;
use crate::program::{Call, CallId, Program, Target};

/// What is known about who allocates.
pub(super) struct Reach<'a> {
    pub(super) program: &'a Program,
    pub(super) graph: &'a Graph,
    pub(super) is_allocator: &'a [bool],
    pub(super) inner: &'a [bool],
    pub(super) allocates: &'a [bool],
    pub(super) dispatch_types: &'a [bool],
    pub(super) host_allocates: bool,
}

/// How allocators nest, by function.
pub(super) struct Nesting {
    /// Allocators that drop what is counted beneath them.
    pub(super) drops: Vec<bool>,
    /// Functions beneath those that are not theirs alone, and whose calls are never sites.
    pub(super) shared: Vec<bool>,
    /// Calls beneath those whose allocations count for themselves.
    pub(super) shields: Vec<CallId>,
}

/// What may be allocated by a call whose callee is not known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    /// Nothing.
    Nothing,
    /// Only what allocators give: it is in the pool.
    Allocators,
    /// Whatever other functions allocate, which may have sites.
    Anything,
}

impl Nesting {
    pub(super) fn new(reach: &Reach<'_>) -> Nesting {
        let program = reach.program;
        let by_type = unknown_by_type(reach);
        let by_host = unknown_by_host(reach);
        let unknown = |call: &Call| match call.target {
            _ if call.diverges => Unknown::Nothing,
            Target::Indirect(ty) => by_type[ty as usize],
            Target::Direct(f) if reach.is_allocator[f as usize] => Unknown::Nothing,
            Target::Direct(f) if program.functions[f as usize].import.is_some() => by_host,
            Target::Direct(_) => Unknown::Nothing,
        };
        let calls = |f: usize| {
            let range = program.functions[f].calls.clone();
            range.zip(&program.calls[program.functions[f].calls.start as usize..])
        };
        let has = |f: usize, what: Unknown| calls(f).any(|(_, call)| unknown(call) == what);

        let functions = 0..program.functions.len();
        let counted: Vec<bool> = functions
            .clone()
            .map(|f| !reach.inner[f] && reach.allocates[f] || has(f, Unknown::Allocators))
            .collect();
        let above = reach.graph.reaching(&counted, |_| true);
        let drops: Vec<bool> = functions
            .clone()
            .map(|f| reach.is_allocator[f] && above[f])
            .collect();

        let beneath = reach.graph.reached(&drops);
        let shields = functions
            .clone()
            .filter(|&f| beneath[f])
            .flat_map(calls)
            .filter(|(_, call)| unknown(call) == Unknown::Anything)
            .map(|(id, _)| id)
            .collect();
        let unsafe_for_sites: Vec<bool> = functions
            .clone()
            .map(|f| counted[f] || has(f, Unknown::Anything))
            .collect();
        let above = reach.graph.reaching(&unsafe_for_sites, |_| true);
        let shared = functions
            .map(|f| beneath[f] && !reach.inner[f] && above[f])
            .collect();
        Nesting {
            drops,
            shared,
            shields,
        }
    }
}

fn unknown_by_type(reach: &Reach<'_>) -> Vec<Unknown> {
    let mut types: Vec<Unknown> = reach
        .dispatch_types
        .iter()
        .map(|allocates| {
            if *allocates {
                Unknown::Allocators
            } else {
                Unknown::Nothing
            }
        })
        .collect();
    for (f, function) in reach.program.functions.iter().enumerate() {
        if function.address_taken && reach.allocates[f] && !reach.is_allocator[f] {
            types[function.ty as usize] = Unknown::Anything;
        }
    }
    types
}

fn unknown_by_host(reach: &Reach<'_>) -> Unknown {
    let mut exported = (0..)
        .zip(&reach.program.functions)
        .filter(|(_, f)| !f.exports.is_empty());
    if !reach.host_allocates {
        Unknown::Nothing
    } else if exported.any(|(f, _): (usize, _)| reach.allocates[f] && !reach.is_allocator[f]) {
        Unknown::Anything
    } else {
        Unknown::Allocators
    }
}
