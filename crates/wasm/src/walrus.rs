//! The plan carried out through the intermediate representation of walrus.
//!
//! Slower and larger than the rewriter over the original bytes, and it loses more; but it shares nothing with
//! that except the plan, so that each can be checked with the other. Calls are found by their code
//! offsets, which walrus keeps with every instruction; every planned call has to be found exactly once.

mod trampolines;

use crate::decode::Module as Decoded;
use crate::error::{Error, Result};
use crate::rewrite::RewriteOptions;
use allocinstr_sites::{Action, CallId, Plan, Storage, Target, ValueType};
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, Once, PoisonError};
use trampolines::{Callee, Log, Task, Trampolines};
use walrus::ir::{self, Instr, InstrLocId, InstrSeq, Visitor, VisitorMut};
use walrus::{
    ConstExpr, ConstOp, ElementItems, ExportItem, FunctionId, GlobalKind, IndicesToIds, Module,
    ModuleConfig, RawCustomSection, TableId, TypeId, ValType,
};
use wasmparser::BinaryReader;

/// What walrus does to every module, beside what is asked of it.
const LOSSES: &str = "walrus renumbers functions and types, puts custom sections last and itself among the \
    producers, and leaves out unreachable code, unused locals, and the names of labels, fields and \
    unused parameters";

/// The instrumented module, and what the user should know.
pub(crate) fn rewrite(
    decoded: &Decoded<'_>,
    plan: &Plan,
    options: &RewriteOptions<'_>,
) -> Result<(Vec<u8>, Vec<String>)> {
    refuse(decoded, plan)?;
    let bytes = catch_panic(|| carry_out(decoded, plan, options))?;
    refuse_beyond_limits(&bytes)?;
    let mut notes = decoded.notes.clone();
    notes.push(LOSSES.to_owned());
    let customs = decoded.sections.iter().filter_map(|section| section.custom);
    let mut dropped: BTreeSet<&str> = customs.filter_map(stale).collect();
    if options.source_map.is_some() {
        dropped.insert(crate::SOURCE_MAPPING_URL);
    }
    if !dropped.is_empty() {
        let dropped = Vec::from_iter(dropped).join(", ");
        notes.push(format!("dropped, because code offsets moved: {dropped}"));
    }
    Ok((bytes, notes))
}

fn failed(message: impl Into<String>) -> Error {
    let message = message.into();
    Error::Walrus { message }
}

fn refuse(decoded: &Decoded<'_>, plan: &Plan) -> Result<()> {
    const MEMORIES: u32 = 100;
    const GLOBALS: u64 = 1_000_000;
    const DATA_SEGMENTS: u32 = 100_000;
    let mut customs = decoded.sections.iter().filter_map(|section| section.custom);
    if customs.any(|name| name == "linking" || name.starts_with("reloc.")) {
        return Err(Error::Unsupported {
            kind: "a module with relocations",
            advice: "walrus renumbers what they point at: link without --emit-relocs, or use --engine stream",
        });
    }
    // Pool, sites and what is kept.
    let records = u64::from(plan.table.slots) + 2;
    match plan.table.storage {
        Storage::Memory if decoded.memories >= MEMORIES => Err(Error::Unsupported {
            kind: "a module with 100 memories",
            advice: "engines allow no more, and the counters need one: use --storage globals",
        }),
        Storage::Memory if decoded.data_segments >= DATA_SEGMENTS => Err(Error::Unsupported {
            kind: "a module with 100000 data segments",
            advice: "engines allow no more, and the counters need one: use --storage globals",
        }),
        Storage::Globals if u64::from(decoded.globals) + 2 * records > GLOBALS => {
            Err(Error::Unsupported {
                kind: "a module with counters in more than the engines' limit of 1000000 globals",
                advice: "narrow -print-allocs, lower -print-allocs-max-sites, or use --storage memory",
            })
        }
        Storage::Memory | Storage::Globals | Storage::Native => Ok(()),
    }
}

/// Limits on which engines agree, and which the additions can exceed.
fn refuse_beyond_limits(output: &[u8]) -> Result<()> {
    const FUNCTIONS: u32 = 1_000_000;
    for payload in wasmparser::Parser::new(0).parse_all(output) {
        let kind = match payload? {
            wasmparser::Payload::CodeSectionStart { count, .. } if count > FUNCTIONS => {
                "a module so close to the engines' limit of 1000000 functions"
            }
            wasmparser::Payload::CodeSectionEntry(body)
                if body.range().end - body.range().start > crate::MOST_BODY_BYTES as u64 =>
            {
                "a function so close to the engines' limit of 7654321 bytes"
            }
            _ => continue,
        };
        let advice = "narrow -print-allocs";
        return Err(Error::Unsupported { kind, advice });
    }
    Ok(())
}

/// What a custom section is, if it holds offsets of code that moves.
fn stale(name: &str) -> Option<&str> {
    match name {
        crate::SOURCE_MAPPING_URL | "external_debug_info" => Some(name),
        _ if name.starts_with(".debug_") => Some("DWARF"),
        _ if name.starts_with("metadata.code.") => Some("branch hints and other code metadata"),
        _ => None,
    }
}

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// walrus panics where it meets what it does not know; that is not reported twice.
fn catch_panic<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    static QUIET_HOOK: Once = Once::new();
    QUIET_HOOK.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IS_QUIET.get() {
                others(info);
            }
        }));
    });
    IS_QUIET.set(true);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    IS_QUIET.set(false);
    outcome.unwrap_or_else(|panic| {
        let message = (panic.downcast_ref::<String>().map(String::as_str))
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(failed(message.unwrap_or("it panicked")))
    })
}

fn carry_out(decoded: &Decoded<'_>, plan: &Plan, options: &RewriteOptions<'_>) -> Result<Vec<u8>> {
    let program = &decoded.program;
    let (mut module, original) = parse(decoded)?;
    let calls = find_calls(decoded, plan, &module, &original)?;
    let log = log_function(decoded, plan, &original)?;
    let shields = plan.actions.iter().any(|(_, a)| *a == Action::Shield);
    let mut trampolines = Trampolines::new(&mut module, plan, log, options.inline, shields);

    let mut edits = Edits::default();
    for (&(call, action), found) in plan.actions.iter().zip(&calls) {
        let (task, argument) = match action {
            Action::Direct { slot } => (Task::Site(trampolines.slot(slot)), Some(slot)),
            Action::Measured { slot } => (Task::Measure(trampolines.slot(slot)), Some(slot)),
            Action::Pool => (Task::Pool, None),
            Action::Shield => (Task::Shield, None),
        };
        let target = program.calls[call as usize].target;
        let allocator = match target {
            Target::Direct(f) => plan.allocators.get(&f),
            Target::Indirect(_) => None,
        };
        let function = trampolines.get(found.callee, task, allocator, || match target {
            Target::Direct(f) => program.display_name(f),
            Target::Indirect(_) => original.name_of(found.callee),
        });
        let edit = Edit {
            function,
            site: argument.filter(|_| task.takes_site()),
            is_tail: found.is_tail,
        };
        edits.calls.insert(found.offset, edit);
    }
    for (&f, allocator) in &plan.allocators {
        if plan.is_exposed(program, f) {
            let function = original.functions[f as usize];
            let callee = Callee::Function(function);
            let name = || program.display_name(f);
            let pool = trampolines.get(callee, Task::Pool, Some(allocator), name);
            let module = &trampolines.module;
            if module.funcs.get(pool).ty() != module.funcs.get(function).ty() {
                return Err(failed(format!(
                    "references to {} are of a type that is not final, or one of a recursion group, and it \
                     makes no functions of such types",
                    name()
                )));
            }
            edits.exposed.insert(function, pool);
        }
    }
    edits.make(&mut module)?;
    edit_customs(&mut module, plan, options);
    Ok(module.emit_wasm())
}

/// What the indices of the original became.
#[derive(Default)]
struct Original {
    functions: Vec<FunctionId>,
    types: Vec<TypeId>,
    tables: Vec<TableId>,
}

impl Original {
    fn new(indices: &IndicesToIds) -> Original {
        Original {
            functions: (0..).map_while(|i| indices.get_func(i).ok()).collect(),
            types: (0..).map_while(|i| indices.get_type(i).ok()).collect(),
            tables: (0..).map_while(|i| indices.get_table(i).ok()).collect(),
        }
    }

    /// `type[N]`, with the table where it is not the first. Types that are equal have the first one's index.
    fn name_of(&self, callee: Callee) -> String {
        let index = |ty| self.types.iter().position(|t| *t == ty).unwrap_or_default();
        match callee {
            Callee::Function(function) => format!("func[{}]", function.index()),
            Callee::Table { ty, table } => match self.tables.iter().position(|t| *t == table) {
                None | Some(0) => format!("type[{}]", index(ty)),
                Some(table) => format!("type[{}],table[{table}]", index(ty)),
            },
            Callee::Reference { ty } => format!("type[{}],ref", index(ty)),
        }
    }
}

fn parse(decoded: &Decoded<'_>) -> Result<(Module, Original)> {
    let name_section = decoded.sections.iter().find(|s| s.custom == Some("name"));
    let names = name_section.map_or(&[][..], |s| &decoded.bytes[s.range.clone()]);
    let names = names.to_vec();
    let original = Arc::new(Mutex::new(Original::default()));
    let filled = Arc::clone(&original);
    let mut config = ModuleConfig::new();
    config.on_parse(move |module, indices| {
        // A malformed section keeps the names before the fault; decoding has noted it.
        let _ = set_names(module, indices, &names);
        *filled.lock().unwrap_or_else(PoisonError::into_inner) = Original::new(indices);
        Ok(())
    });
    let mut module = config
        .parse(decoded.bytes)
        .map_err(|error| failed(format!("{error:#}")))?;
    // It is never written.
    module.debug = walrus::ModuleDebugData::default();
    let original = std::mem::take(&mut *original.lock().unwrap_or_else(PoisonError::into_inner));
    refuse_merged_types(&module, &original)?;
    Ok((module, original))
}

/// walrus takes a type for an equal one of a recursion group, from which it differs: casts would tell.
fn refuse_merged_types(module: &Module, original: &Original) -> Result<()> {
    let mut first = HashMap::new();
    for (index, ty) in original.types.iter().enumerate() {
        let same = first.insert(*ty, index);
        let group = module.types.rec_group_for_type(*ty);
        if let (Some(same), true) = (same, group.is_some_and(|group| group.types.len() > 1)) {
            return Err(failed(format!(
                "it takes type {index} for type {same}, which is one of a recursion group"
            )));
        }
    }
    Ok(())
}

/// Names functions and locals as the name section does. walrus reads that before it knows locals, and not to the end
/// where a name is not UTF-8.
fn set_names(module: &mut Module, indices: &IndicesToIds, section: &[u8]) -> Result<()> {
    const FUNCTIONS: u8 = 1;
    const LOCALS: u8 = 2;
    if section.is_empty() {
        return Ok(());
    }
    let mut reader = BinaryReader::new(section, 0);
    reader.skip_string()?;
    while !reader.eof() {
        let id = reader.read_u8()?;
        let mut names = reader.read_reader()?;
        if id == FUNCTIONS {
            for _ in 0..names.read_var_u32()? {
                let (index, name) = (names.read_var_u32()?, name(&mut names)?);
                if let Ok(function) = indices.get_func(index) {
                    module.funcs.get_mut(function).name = Some(name);
                }
            }
        } else if id == LOCALS {
            for _ in 0..names.read_var_u32()? {
                let function = indices.get_func(names.read_var_u32()?);
                for _ in 0..names.read_var_u32()? {
                    let (index, name) = (names.read_var_u32()?, name(&mut names)?);
                    if let Ok(function) = function
                        && let Ok(local) = indices.get_local(function, index)
                    {
                        module.locals.get_mut(local).name = Some(name);
                    }
                }
            }
        }
    }
    Ok(())
}

fn name(reader: &mut BinaryReader<'_>) -> Result<String> {
    let len = reader.read_var_u32()? as usize;
    Ok(String::from_utf8_lossy(reader.read_bytes(len)?).into_owned())
}

/// A planned call, where walrus has it.
#[derive(Clone, Copy)]
struct FoundCall {
    offset: u32,
    callee: Callee,
    is_tail: bool,
}

impl FoundCall {
    fn new(instr: &Instr, offset: u32) -> Option<FoundCall> {
        let (callee, is_tail) = match instr {
            Instr::Call(call) => (Callee::Function(call.func), false),
            Instr::ReturnCall(call) => (Callee::Function(call.func), true),
            Instr::CallIndirect(ir::CallIndirect { ty, table }) => {
                let (ty, table) = (*ty, *table);
                (Callee::Table { ty, table }, false)
            }
            Instr::ReturnCallIndirect(ir::ReturnCallIndirect { ty, table }) => {
                let (ty, table) = (*ty, *table);
                (Callee::Table { ty, table }, true)
            }
            Instr::CallRef(call) => (Callee::Reference { ty: call.ty }, false),
            Instr::ReturnCallRef(call) => (Callee::Reference { ty: call.ty }, true),
            _ => return None,
        };
        Some(FoundCall {
            offset,
            callee,
            is_tail,
        })
    }
}

fn offset_of(location: InstrLocId) -> Option<u32> {
    (!location.is_default()).then(|| location.data())
}

/// The planned calls, in the order of the plan.
fn find_calls(
    decoded: &Decoded<'_>,
    plan: &Plan,
    module: &Module,
    original: &Original,
) -> Result<Vec<FoundCall>> {
    struct Finder {
        /// How often the planned call at an offset was found, and the last that was.
        planned: HashMap<u32, (u32, Option<FoundCall>)>,
    }
    impl<'instr> Visitor<'instr> for Finder {
        fn start_instr_seq(&mut self, sequence: &'instr InstrSeq) {
            for (instr, location) in &sequence.instrs {
                if let Some(offset) = offset_of(*location)
                    && let Some((times, call)) = self.planned.get_mut(&offset)
                {
                    *times += 1;
                    *call = FoundCall::new(instr, offset);
                }
            }
        }
    }

    let calls = &decoded.program.calls;
    let offset = |call: CallId| calls[call as usize].offset;
    let planned = plan.actions.iter().map(|(c, _)| (offset(*c), (0, None)));
    let mut finder = Finder {
        planned: planned.collect(),
    };
    for (_, function) in module.funcs.iter_local() {
        ir::dfs_in_order(&mut finder, function, function.entry_block());
    }
    let mut found = Vec::with_capacity(plan.actions.len());
    for &(id, _) in &plan.actions {
        let call = &calls[id as usize];
        let place = format!("the call at offset {:#x}", call.offset);
        let here = match finder.planned.get(&offset(id)) {
            Some((1, Some(here))) => *here,
            Some((0, _)) | None => return Err(failed(format!("it has lost {place}"))),
            Some((1, None)) => return Err(failed(format!("it has something else for {place}"))),
            Some((times, _)) => return Err(failed(format!("it has {place} {times} times"))),
        };
        let is_the_same = match (call.target, here.callee) {
            (Target::Direct(f), Callee::Function(g)) => original.functions[f as usize] == g,
            (Target::Indirect(_), Callee::Table { .. } | Callee::Reference { .. }) => true,
            _ => false,
        };
        if !is_the_same || here.is_tail != call.tail {
            return Err(failed(format!("it has another call for {place}")));
        }
        found.push(here);
    }
    Ok(found)
}

/// The function that `--log-fn` names: `(site i32, size i32 or i64, integers…)`.
fn log_function(decoded: &Decoded<'_>, plan: &Plan, original: &Original) -> Result<Option<Log>> {
    let Some(name) = &plan.table.log_fn else {
        return Ok(None);
    };
    let program = &decoded.program;
    let error = |problem: String| Error::LogFunction {
        name: name.clone(),
        problem,
    };
    let all = 0..program.functions.len() as u32;
    let named: Vec<u32> = all.filter(|&f| program.is_named(f, name)).collect();
    let function = match named[..] {
        [function] => function,
        [] => {
            return Err(error(
                "no function or import of this name in the module".to_owned(),
            ));
        }
        _ => return Err(error("more than one function has this name".to_owned())),
    };
    let signature = program.signature(function);
    let integers: Option<Vec<ValType>> = signature
        .params
        .iter()
        .map(|ty| match ty {
            ValueType::I32 => Some(ValType::I32),
            ValueType::I64 => Some(ValType::I64),
            _ => None,
        })
        .collect();
    match integers.as_deref() {
        Some([ValType::I32, integers @ ..])
            if !integers.is_empty() && signature.results.is_empty() =>
        {
            Ok(Some(Log {
                function: original.functions[function as usize],
                integers: integers.to_vec(),
            }))
        }
        _ => Err(error(format!(
            "its type is {signature}; expected (i32 site, i32 or i64 size, integers…) without results"
        ))),
    }
}

/// What changes in the original's functions and references.
#[derive(Default)]
struct Edits {
    /// By code offset.
    calls: HashMap<u32, Edit>,
    /// The pool trampolines of allocators that are named from outside.
    exposed: HashMap<FunctionId, FunctionId>,
}

/// What stands in for a call.
struct Edit {
    function: FunctionId,
    /// What it is told: its site.
    site: Option<u32>,
    is_tail: bool,
}

impl Edits {
    fn make(&self, module: &mut Module) -> Result<()> {
        let mut editor = Editor {
            edits: self,
            made: 0,
        };
        for (_, function) in module.funcs.iter_local_mut() {
            let entry = function.entry_block();
            ir::dfs_pre_order_mut(&mut editor, function, entry);
        }
        if editor.made != self.calls.len() {
            let (made, planned) = (editor.made, self.calls.len());
            return Err(failed(format!("{made} of {planned} calls were rewritten")));
        }
        for export in module.exports.iter_mut() {
            if let ExportItem::Function(function) = &mut export.item {
                self.retarget(function);
            }
        }
        if let Some(start) = &mut module.start {
            self.retarget(start);
        }
        for element in module.elements.iter_mut() {
            match &mut element.items {
                ElementItems::Functions(functions) => {
                    functions.iter_mut().for_each(|f| self.retarget(f));
                }
                ElementItems::Expressions(_, expressions) => {
                    expressions
                        .iter_mut()
                        .for_each(|e| self.retarget_expression(e));
                }
            }
        }
        let globals: Vec<_> = module.globals.iter().map(walrus::Global::id).collect();
        for global in globals {
            if let GlobalKind::Local(value) = &mut module.globals.get_mut(global).kind {
                self.retarget_expression(value);
            }
        }
        for table in module.tables.iter_mut() {
            if let Some(value) = &mut table.init {
                self.retarget_expression(value);
            }
        }
        Ok(())
    }

    fn retarget(&self, function: &mut FunctionId) {
        if let Some(&pool) = self.exposed.get(function) {
            *function = pool;
        }
    }

    fn retarget_expression(&self, expression: &mut ConstExpr) {
        match expression {
            ConstExpr::RefFunc(function) => self.retarget(function),
            ConstExpr::Extended(ops) => {
                for op in ops {
                    if let ConstOp::RefFunc(function) = op {
                        self.retarget(function);
                    }
                }
            }
            ConstExpr::Value(_) | ConstExpr::Global(_) | ConstExpr::RefNull(_) => {}
        }
    }
}

/// Makes the edits in one function after the other.
struct Editor<'a> {
    edits: &'a Edits,
    made: usize,
}

impl VisitorMut for Editor<'_> {
    fn start_instr_seq_mut(&mut self, sequence: &mut InstrSeq) {
        let is_edited = |(_, location): &(Instr, InstrLocId)| {
            offset_of(*location).is_some_and(|offset| self.edits.calls.contains_key(&offset))
        };
        if !sequence.instrs.iter().any(is_edited) {
            return;
        }
        let before = std::mem::take(&mut sequence.instrs);
        for (instr, location) in before {
            let edit = offset_of(location).and_then(|offset| self.edits.calls.get(&offset));
            let Some(edit) = edit else {
                sequence.instrs.push((instr, location));
                continue;
            };
            if let Some(site) = edit.site {
                let value = ir::Value::I32(site as i32);
                let site = Instr::Const(ir::Const { value });
                sequence.instrs.push((site, InstrLocId::default()));
            }
            let func = edit.function;
            let call = match edit.is_tail {
                true => Instr::ReturnCall(ir::ReturnCall { func }),
                false => Instr::Call(ir::Call { func }),
            };
            sequence.instrs.push((call, location));
            self.made += 1;
        }
    }

    fn visit_ref_func_mut(&mut self, reference: &mut ir::RefFunc) {
        self.edits.retarget(&mut reference.func);
    }
}

/// Takes out the sections that are stale, says what the output needs, and adds the site table.
fn edit_customs(module: &mut Module, plan: &Plan, options: &RewriteOptions<'_>) {
    let ids = module.customs.iter().map(|(id, section)| {
        let is_stale = stale(section.name()).is_some();
        (id, is_stale)
    });
    for (id, is_stale) in Vec::from_iter(ids) {
        if is_stale {
            module.customs.delete(id);
        }
    }
    const FEATURES: &str = "target_features";
    if plan.table.storage == Storage::Memory
        && let Some(mut features) = module.customs.remove_raw(FEATURES)
    {
        if let Some(data) = with_multi_memory(&features.data) {
            features.data = data;
        }
        module.customs.add(features);
    }
    let json = match options.no_names {
        true => plan.table.to_stub_json(),
        false => plan.table.to_json(),
    };
    module.customs.add(RawCustomSection {
        name: crate::SECTION.to_owned(),
        data: json.into_bytes(),
    });
}

/// The section with `+multimemory`; `None` where it is there, or the section is malformed.
fn with_multi_memory(section: &[u8]) -> Option<Vec<u8>> {
    use wasm_encoder::Encode;
    const FEATURE: &str = "multimemory";
    let mut reader = BinaryReader::new(section, 0);
    let count = reader.read_var_u32().ok()?;
    let entries = reader.current_position();
    for _ in 0..count {
        reader.read_u8().ok()?;
        if reader.read_string().ok()? == FEATURE {
            return None;
        }
    }
    let mut data = Vec::new();
    (count + 1).encode(&mut data);
    data.extend_from_slice(&section[entries..]);
    data.push(b'+');
    FEATURE.encode(&mut data);
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_says_what_to_do() {
        let error = catch_panic(|| -> Result<()> { panic!("no {}", "index") });
        assert_eq!(
            error.map_err(|e| e.to_string()),
            Err("walrus cannot rewrite this module: no index; use --engine stream".to_owned())
        );
        assert!(catch_panic(|| Ok(7)).is_ok_and(|seven| seven == 7));
    }
}
