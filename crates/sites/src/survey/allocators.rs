//! Which functions are allocators, and which heap they allocate on.

use super::SurveyError;
use super::graph::{Graph, mark};
use crate::model::{AllocatorRule, Heap, Kind, Model, Patterns, Shape, SizeRule, Success};
use crate::program::{FunctionId, PointerWidth, Program, ValueType};
use crate::symbol::printable;
use std::collections::BTreeMap;

/// An allocator found in the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocator {
    /// The function.
    pub function: FunctionId,
    /// Where the requested size is.
    pub size: SizeRule,
    /// When a call has allocated.
    pub success: Success,
    /// The kind of a call with a size that is not constant.
    pub dynamic_kind: Kind,
    /// It reaches another allocator through functions that others call too, so what is counted
    /// beneath it is dropped.
    pub drops: bool,
    /// Compilers inline it, and no allocator beneath it sees what was inlined.
    pub may_hide: bool,
}

/// What a rule's name is matched with, apart from import names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NamedBy {
    /// The symbol, or the export names of a function without one: an export may be a wrapper around
    /// the symbol of that name.
    Symbol,
    /// The export names, of functions whose symbols say nothing.
    Export,
}

pub(super) fn find_allocators(
    program: &Program,
    model: &Model,
    graph: &Graph,
) -> Result<BTreeMap<FunctionId, Allocator>, SurveyError> {
    let names = model.allocators.iter().map(|rule| rule.name.clone());
    let any_name = names.collect();
    let found = find_named(program, model, &any_name, graph, NamedBy::Symbol)?;
    if found.is_empty() {
        find_named(program, model, &any_name, graph, NamedBy::Export)
    } else {
        Ok(found)
    }
}

fn find_named(
    program: &Program,
    model: &Model,
    any_name: &Patterns,
    graph: &Graph,
    by: NamedBy,
) -> Result<BTreeMap<FunctionId, Allocator>, SurveyError> {
    let mut trusted = BTreeMap::new();
    let mut doubtful = Vec::new();
    for function in 0..program.functions.len() as FunctionId {
        let declared = program.functions[function as usize].declared;
        if declared.is_none()
            && !is_named(program, function, by, true, &|name| any_name.is_match(name))
        {
            continue;
        }
        let signature = program.signature(function);
        let trusts = |rule: &AllocatorRule| {
            let matches = |shape: &Shape| shape.matches(signature, program.pointer);
            rule.shapes
                .as_ref()
                .is_none_or(|shapes| shapes.iter().any(matches))
        };
        // One function has different parameters left in different programs: `malloc(self, size)`.
        let named = |rule: &&AllocatorRule| names_function(program, function, rule, by);
        let mut rules = model.allocators.iter().filter(named);
        let rule = match (rules.next(), declared) {
            (Some(first), _) if trusts(first) => first,
            (Some(first), None) => rules.find(|rule| trusts(rule)).unwrap_or(first),
            (Some(_), Some(declared)) | (None, Some(declared)) => {
                let rule = rules.find(|rule| trusts(rule));
                let by_declaration = Allocator {
                    function,
                    size: rule.map_or(declared.size, |rule| rule.size),
                    success: rule.map_or(Success::NonNull, |rule| rule.success),
                    dynamic_kind: rule.map_or(model.dynamic_kind, |rule| rule.dynamic_kind),
                    drops: false,
                    may_hide: rule.is_some_and(|rule| rule.wraps),
                };
                trusted.insert(function, by_declaration);
                continue;
            }
            (None, None) => continue,
        };
        let allocator = |size, success| Allocator {
            function,
            size,
            success,
            dynamic_kind: rule.dynamic_kind,
            drops: false,
            may_hide: rule.wraps,
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
            Some(_) => {
                if trusts(rule) {
                    trusted.insert(function, allocator(rule.size, rule.success));
                } else if returns_pointer(signature.results.first(), program.pointer)
                    && rule.success == Success::NonNull
                {
                    doubtful.push((allocator(SizeRule::Unknown, rule.success), rule.resizes));
                }
            }
        }
    }
    // A doubtful allocator over a trusted one gives way to it: the inner one knows the bytes. But what is
    // resized in place never gets there.
    let covered = graph.reaching(
        &mark(program.functions.len(), trusted.keys().copied()),
        |_| true,
    );
    for (allocator, resizes) in doubtful {
        if resizes || !covered[allocator.function as usize] {
            trusted.insert(allocator.function, allocator);
        }
    }
    let beneath = graph.reaching(
        &mark(program.functions.len(), trusted.keys().copied()),
        |_| true,
    );
    for allocator in trusted.values_mut() {
        let callees = graph.callees(allocator.function);
        // What another module defines is inlined nowhere here.
        let is_import = program.functions[allocator.function as usize]
            .import
            .is_some();
        allocator.may_hide &= !is_import && !callees.iter().any(|&callee| beneath[callee as usize]);
    }
    Ok(trusted)
}

fn returns_pointer(result: Option<&ValueType>, pointer: PointerWidth) -> bool {
    result == Some(&pointer.value_type())
}

fn names_function(
    program: &Program,
    function: FunctionId,
    rule: &AllocatorRule,
    by: NamedBy,
) -> bool {
    // A user's rule may also name `func[N]`.
    let by_index = rule.shapes.is_none();
    is_named(program, function, by, by_index, &|name| {
        rule.name.is_match(name)
    })
}

/// Whether `is_match` holds for one of the names of `function`; its index is one for a function without a
/// symbol if `by_index`.
fn is_named(
    program: &Program,
    function: FunctionId,
    by: NamedBy,
    by_index: bool,
    is_match: &dyn Fn(&str) -> bool,
) -> bool {
    let named = &program.functions[function as usize];
    if let Some((_, field)) = &named.import {
        return is_match(field);
    }
    match &named.symbol {
        Some(symbol) if by == NamedBy::Symbol => is_match(symbol),
        symbol => {
            named.exports.iter().any(|name| is_match(name))
                || by_index && symbol.is_none() && is_match(&format!("func[{function}]"))
        }
    }
}

pub(super) fn unmatched_rules(program: &Program, model: &Model) -> Vec<String> {
    let functions = 0..program.functions.len() as FunctionId;
    let by_user = model.allocators.iter().filter(|rule| rule.shapes.is_none());
    by_user
        .filter(|rule| {
            let named = |f, by| names_function(program, f, rule, by);
            !functions
                .clone()
                .any(|f| named(f, NamedBy::Symbol) || named(f, NamedBy::Export))
        })
        .map(|rule| rule.name.as_str().to_owned())
        .collect()
}

pub(super) fn find_heap(program: &Program, heaps: &[Heap]) -> usize {
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
