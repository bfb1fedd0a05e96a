//! A compiled program as the planner sees it: functions, calls and where they come from.
//!
//! A front end fills it in two steps. Decoding gives functions and calls; frames are added
//! afterwards and only for the calls and functions a [`Survey`](crate::Survey) asks for, because resolving
//! inline chains costs more than everything else together.

use crate::model::SizeRule;
use crate::symbol::demangle;
use foldhash::fast::RandomState;
use indexmap::IndexSet;
use std::ops::Range;

/// Index of a function: imported functions first, then defined ones.
pub type FunctionId = u32;
/// Index into [`Program::calls`].
pub type CallId = u32;
/// Index into [`Program::types`].
pub type TypeId = u32;
/// Index of an interned string.
pub type NameId = u32;
/// Index of an interned frame.
pub type FrameId = u32;

/// Width of a pointer, and so of a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerWidth {
    /// 32 bits: `i32`.
    P32,
    /// 64 bits: `i64`.
    P64,
}

impl PointerWidth {
    /// The integer type that holds a pointer.
    pub fn value_type(self) -> ValueType {
        match self {
            PointerWidth::P32 => ValueType::I32,
            PointerWidth::P64 => ValueType::I64,
        }
    }
}

/// Type of a parameter or result, as far as counting cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// A vector or a reference.
    Other,
}

/// Signature of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Signature {
    /// Parameter types, in order.
    pub params: Vec<ValueType>,
    /// Result types, in order.
    pub results: Vec<ValueType>,
}

impl std::fmt::Display for Signature {
    /// As in `(i32, i64) -> i32`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |types: &[ValueType]| {
            let names = types.iter().map(|t| match t {
                ValueType::I32 => "i32",
                ValueType::I64 => "i64",
                ValueType::F32 => "f32",
                ValueType::F64 => "f64",
                ValueType::Other => "ref",
            });
            names.collect::<Vec<_>>().join(", ")
        };
        write!(out, "({})", list(&self.params))?;
        match self.results.as_slice() {
            [] => Ok(()),
            [_] => write!(out, " -> {}", list(&self.results)),
            _ => write!(out, " -> ({})", list(&self.results)),
        }
    }
}

/// What debug data the program carries, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DebugData {
    /// Lines and inline chains (DWARF).
    InlineFrames,
    /// Lines without inline chains (a source map).
    Lines,
    /// Function names only.
    Names,
    /// Not even names.
    None,
}

/// One function.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// Linker-level name, as written in the program.
    pub symbol: Option<String>,
    /// Module and field of an imported function.
    pub import: Option<(String, String)>,
    /// Names under which the host can call it.
    pub exports: Vec<String>,
    /// Signature, an index into [`Program::types`].
    pub ty: TypeId,
    /// Its address is taken: it may be called indirectly.
    pub address_taken: bool,
    /// Runs when the program is instantiated.
    pub start: bool,
    /// What its declaration says of it, where it says that it allocates.
    pub declared: Option<Declared>,
    /// Its calls: a range of [`Program::calls`].
    pub calls: Range<CallId>,
    /// Its own name and file, where a front end was asked for them.
    pub definition: Option<Frame>,
}

/// An allocator by its declaration, whatever its name: LLVM's `allocsize`, `allockind` and `alloc-family`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Where the requested size is.
    pub size: SizeRule,
    /// It may allocate without the allocator beneath it, as a reallocation in place does.
    pub resizes: bool,
}

/// What a call calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A function known by index.
    Direct(FunctionId),
    /// Any address-taken function of this type.
    Indirect(TypeId),
}

/// One reachable call.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Where the call instruction is: in wasm its code offset, in bytes from the start of the file; in LLVM
    /// IR how many calls and invokes stand before it in the module, intrinsics included.
    pub offset: u32,
    /// What is called.
    pub target: Target,
    /// A tail call: control does not come back to the caller.
    pub tail: bool,
    /// Directly followed by an instruction that never completes: the callee does not return.
    pub diverges: bool,
}

/// A source position within an inline chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// Function name, demangled.
    pub function: Option<NameId>,
    /// Source path as the compiler wrote it.
    pub file: Option<NameId>,
    /// Line from 1, or 0 when unknown.
    pub line: u32,
    /// Column from 1, or 0 when unknown.
    pub column: u32,
}

/// Strings stored once.
#[derive(Clone, Debug, Default)]
pub struct Names(IndexSet<String, RandomState>);

impl Names {
    /// The id of `name`, which is added when new.
    pub fn intern(&mut self, name: &str) -> NameId {
        let at = match self.0.get_index_of(name) {
            Some(at) => at,
            None => self.0.insert_full(name.to_owned()).0,
        };
        at as NameId
    }

    /// The string of `id`.
    pub fn get(&self, id: NameId) -> &str {
        &self.0[id as usize]
    }

    /// How many there are; ids are less.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The strings by id.
    pub fn into_list(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}

/// Inline chains of calls, each frame stored once.
#[derive(Clone, Debug, Default)]
pub struct Frames {
    list: IndexSet<Frame, RandomState>,
    /// All chains, one after the other.
    chains: Vec<FrameId>,
    /// Where a call's chain ends among them, by call; it begins where the one before it ends.
    ends: Vec<(CallId, u32)>,
}

impl Frames {
    /// Adds the chain of `call`, innermost frame first, the enclosing function last. Calls ascend.
    pub fn push_chain(&mut self, call: CallId, chain: impl IntoIterator<Item = Frame>) {
        debug_assert!(self.ends.last().is_none_or(|&(last, _)| last < call));
        for frame in chain {
            // Without lines, calls of one function have one frame.
            let id = match self.chains.last() {
                Some(&last) if self.get(last) == frame => last,
                _ => self.list.insert_full(frame).0 as FrameId,
            };
            self.chains.push(id);
        }
        self.ends.push((call, self.chains.len() as u32));
    }

    /// All calls that have a chain, in order, and their chains, innermost frame first.
    pub fn chains(&self) -> impl Iterator<Item = (CallId, &[FrameId])> {
        let mut start = 0;
        self.ends.iter().map(move |&(call, end)| {
            let chain = &self.chains[start as usize..end as usize];
            start = end;
            (call, chain)
        })
    }

    /// The frame of `id`.
    pub fn get(&self, id: FrameId) -> Frame {
        self.list[id as usize]
    }
}

/// A compiled program, decoded.
#[derive(Clone, Debug)]
pub struct Program {
    /// Width of the allocator's sizes and pointers.
    pub pointer: PointerWidth,
    /// All functions, imports first.
    pub functions: Vec<Function>,
    /// Function types; types that are equal have one id.
    pub types: Vec<Signature>,
    /// Reachable calls by function, by code offset within each.
    pub calls: Vec<Call>,
    /// Constant integer arguments `(call, parameter, value)`, sorted.
    pub constants: Vec<(CallId, u32, u64)>,
    /// Producers the program names, such as `TinyGo 0.38`.
    pub producers: Vec<String>,
    /// It has objects in the engine's heap (wasm GC), which no allocator gives.
    pub managed: bool,
    /// What debug data there is.
    pub debug: DebugData,
    /// Interned strings.
    pub names: Names,
    /// Inline chains, where they were asked for.
    pub frames: Frames,
}

impl Program {
    /// The signature of `function`.
    pub fn signature(&self, function: FunctionId) -> &Signature {
        &self.types[self.functions[function as usize].ty as usize]
    }

    /// How many parameters `target` takes.
    pub fn parameters(&self, target: Target) -> usize {
        let signature = match target {
            Target::Direct(function) => self.signature(function),
            Target::Indirect(ty) => &self.types[ty as usize],
        };
        signature.params.len()
    }

    /// The value of parameter `parameter` of `call`, where the program passes a constant.
    pub fn constant(&self, call: CallId, parameter: u32) -> Option<u64> {
        let key = (call, parameter);
        let at = self
            .constants
            .binary_search_by_key(&key, |&(c, p, _)| (c, p));
        at.ok().map(|at| self.constants[at].2)
    }

    /// Whether any function has a symbol.
    pub fn has_names(&self) -> bool {
        self.functions
            .iter()
            .any(|function| function.symbol.is_some())
    }

    /// Whether `name` is the symbol of `function`, or its import or export name.
    pub fn is_named(&self, function: FunctionId, name: &str) -> bool {
        let f = &self.functions[function as usize];
        f.symbol.as_deref() == Some(name)
            || f.import.as_ref().is_some_and(|(_, field)| field == name)
            || f.exports.iter().any(|export| export == name)
    }

    /// A name a person can use, demangled: symbol, else import or export name, else `func[N]`.
    pub fn display_name(&self, function: FunctionId) -> String {
        let f = &self.functions[function as usize];
        if let Some(symbol) = &f.symbol {
            return demangle(symbol).into_owned();
        }
        if let Some((module, field)) = &f.import {
            return format!("{module}.{}", demangle(field));
        }
        match f.exports.first() {
            Some(export) => demangle(export).into_owned(),
            None => format!("func[{function}]"),
        }
    }
}
