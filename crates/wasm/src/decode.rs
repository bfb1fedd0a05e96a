//! Bytes to [`Program`]: one pass over the module, which also notes where everything stands that a
//! rewrite may have to touch.

mod body;

use crate::error::{Error, Result};
use crate::names::{self, NameSection};
use crate::symbolize::DebugFile;
use allocinstr_sites::{
    Call, DebugData, Frames, Function, FunctionId, Names, PointerWidth, Program, Signature, Target,
    TypeId, ValueType,
};
use body::{Noted, Scan};
use std::collections::HashMap;
use std::ops::Range;
use wasmparser::{
    CompositeInnerType, DataKind, ElementItems, ExternalKind, FuncType, HeapType, Operator, Parser,
    Payload, TypeRef, ValType,
};

/// A decoded module: the program for the planner, and its places for the rewriter.
pub struct Module<'a> {
    /// The original file.
    pub(crate) bytes: &'a [u8],
    /// What the planner sees.
    pub program: Program,
    pub(crate) sections: Vec<Section<'a>>,
    /// Function types by type index; `None` for struct, array and other types.
    pub(crate) types: Vec<Option<FuncType>>,
    /// Type index by function.
    pub(crate) function_types: Vec<u32>,
    /// Whether the index type of a table is 64-bit, by table.
    pub(crate) table64: Vec<bool>,
    pub(crate) memories: u32,
    pub(crate) globals: u32,
    /// How many data segments the module says it has, if it does.
    pub(crate) data_count: Option<u32>,
    pub(crate) data_segments: u32,
    pub(crate) imported_functions: u32,
    pub(crate) bodies: Vec<Range<usize>>,
    /// By [`allocinstr_sites::CallId`].
    pub(crate) instructions: Vec<CallInstruction>,
    /// `ref.func` in code, by position.
    pub(crate) references: Vec<(Range<usize>, FunctionId)>,
    /// What was noticed on the way and concerns the user.
    pub(crate) notes: Vec<String>,
}

/// A section: its id, payload, and for custom sections its name.
pub(crate) struct Section<'a> {
    pub(crate) id: u8,
    pub(crate) range: Range<usize>,
    pub(crate) custom: Option<&'a str>,
}

/// Where a call stands and what it is.
pub(crate) struct CallInstruction {
    pub(crate) range: Range<usize>,
    pub(crate) op: CallOp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CallOp {
    Call,
    ReturnCall,
    CallIndirect { ty: u32, table: u32 },
    CallRef { ty: u32 },
    ReturnCallIndirect { ty: u32, table: u32 },
    ReturnCallRef { ty: u32 },
}

impl CallOp {
    /// Whether control does not come back to the caller.
    pub(crate) fn is_tail(self) -> bool {
        match self {
            CallOp::Call | CallOp::CallIndirect { .. } | CallOp::CallRef { .. } => false,
            CallOp::ReturnCall
            | CallOp::ReturnCallIndirect { .. }
            | CallOp::ReturnCallRef { .. } => true,
        }
    }
}

/// Reads a module; `debug_file` gives the function names of a module that was stripped of them.
pub fn decode<'a>(bytes: &'a [u8], debug_file: Option<&DebugFile<'_>>) -> Result<Module<'a>> {
    if bytes.len() > u32::MAX as usize {
        return Err(Error::Unsupported {
            kind: "a module of 4 GiB or more",
            advice: "code offsets have 32 bits; strip its debug data first",
        });
    }
    let mut decoder = Decoder::new(bytes);
    for payload in Parser::new(0).parse_all(bytes) {
        decoder.payload(payload?)?;
    }
    if decoder.name_taken {
        return Err(Error::Unsupported {
            kind: "a module that exports something named `allocinstr`",
            advice: "that name is the counters': rename the export",
        });
    }
    if let (None, Some(file)) = (&decoder.symbols, debug_file) {
        decoder.symbols = Some(NameSection {
            functions: file.symbols.clone(),
        });
    }
    Ok(decoder.finish())
}

struct Decoder<'a> {
    module: Module<'a>,
    type_ids: HashMap<Signature, TypeId>,
    /// Planner's type by type index.
    types: Vec<TypeId>,
    defined: u32,
    symbols: Option<NameSection>,
    memory64: Option<bool>,
    /// The module exports something by the name that the counters' memory needs.
    name_taken: bool,
    scan: Scan,
}

impl<'a> Decoder<'a> {
    fn new(bytes: &'a [u8]) -> Decoder<'a> {
        Decoder {
            module: Module {
                bytes,
                program: Program {
                    pointer: PointerWidth::P32,
                    functions: Vec::new(),
                    types: Vec::new(),
                    calls: Vec::new(),
                    constants: Vec::new(),
                    producers: Vec::new(),
                    managed: false,
                    debug: DebugData::None,
                    names: Names::default(),
                    frames: Frames::default(),
                },
                sections: Vec::new(),
                types: Vec::new(),
                function_types: Vec::new(),
                table64: Vec::new(),
                memories: 0,
                globals: 0,
                data_count: None,
                data_segments: 0,
                imported_functions: 0,
                bodies: Vec::new(),
                instructions: Vec::new(),
                references: Vec::new(),
                notes: Vec::new(),
            },
            type_ids: HashMap::new(),
            types: Vec::new(),
            defined: 0,
            symbols: None,
            memory64: None,
            name_taken: false,
            scan: Scan::default(),
        }
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<()> {
        if let Some((id, range)) = payload.as_section() {
            let custom = match &payload {
                Payload::CustomSection(section) => Some(section.name()),
                _ => None,
            };
            // The payload's range; of a custom section without its name.
            let range = range.start as usize..range.end as usize;
            self.module.sections.push(Section { id, range, custom });
        }
        match payload {
            Payload::Version {
                encoding: wasmparser::Encoding::Component,
                ..
            } => {
                return Err(Error::Unsupported {
                    kind: "a component",
                    advice: "instrument the core module inside before it is wrapped \
                             (wasm-tools component new)",
                });
            }
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        self.add_type(&ty.composite_type.inner);
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            let from = (import.module.to_owned(), import.name.to_owned());
                            self.add_function(ty, Some(from))?;
                            self.module.imported_functions += 1;
                        }
                        TypeRef::Memory(ty) => self.add_memory(ty.memory64),
                        TypeRef::Table(ty) => {
                            self.check_value_type(ValType::Ref(ty.element_type))?;
                            self.module.table64.push(ty.table64);
                        }
                        TypeRef::Global(ty) => {
                            self.check_value_type(ty.content_type)?;
                            self.module.globals += 1;
                        }
                        TypeRef::Tag(ty) => {
                            self.type_id(ty.func_type_idx)?;
                        }
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.add_function(ty?, None)?;
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let table = table?;
                    self.check_value_type(ValType::Ref(table.ty.element_type))?;
                    self.module.table64.push(table.ty.table64);
                    if let wasmparser::TableInit::Expr(init) = table.init {
                        self.take_addresses(&init)?;
                    }
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.add_memory(memory?.memory64);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    self.module.globals += 1;
                    self.check_value_type(global.ty.content_type)?;
                    self.take_addresses(&global.init_expr)?;
                }
            }
            Payload::TagSection(section) => {
                for tag in section {
                    self.type_id(tag?.func_type_idx)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.name_taken |= export.name == crate::COUNTERS_EXPORT;
                    match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => self
                            .function(export.index)?
                            .exports
                            .push(export.name.to_owned()),
                        ExternalKind::Memory => {
                            self.in_range(
                                "memory",
                                "memories",
                                export.index,
                                self.module.memories,
                            )?;
                        }
                        ExternalKind::Global => {
                            self.in_range("global", "globals", export.index, self.module.globals)?;
                        }
                        ExternalKind::Table | ExternalKind::Tag => {}
                    }
                }
            }
            Payload::StartSection { func, .. } => self.function(func)?.start = true,
            Payload::ElementSection(section) => {
                for element in section {
                    match element?.items {
                        ElementItems::Functions(functions) => {
                            for function in functions {
                                self.function(function?)?.address_taken = true;
                            }
                        }
                        ElementItems::Expressions(ty, expressions) => {
                            self.check_value_type(ValType::Ref(ty))?;
                            for expression in expressions {
                                self.take_addresses(&expression?)?;
                            }
                        }
                    }
                }
            }
            Payload::DataCountSection { count, .. } => self.module.data_count = Some(count),
            Payload::DataSection(section) => {
                self.module.data_segments = section.count();
                for data in section {
                    if let DataKind::Active { memory_index, .. } = data?.kind {
                        self.in_range("memory", "memories", memory_index, self.module.memories)?;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.body(&body)?,
            Payload::CustomSection(section) => self.custom(section.name(), section.data())?,
            _ => {}
        }
        Ok(())
    }

    fn add_type(&mut self, ty: &CompositeInnerType) {
        let function = match ty {
            CompositeInnerType::Func(function) => Some(function.clone()),
            CompositeInnerType::Array(_) | CompositeInnerType::Struct(_) => {
                self.module.program.managed = true;
                None
            }
            CompositeInnerType::Cont(_) => None,
        };
        let signature = function
            .as_ref()
            .map_or_else(Signature::default, |f| Signature {
                params: f.params().iter().map(|t| value_type(*t)).collect(),
                results: f.results().iter().map(|t| value_type(*t)).collect(),
            });
        let program = &mut self.module.program;
        let id = *self.type_ids.entry(signature.clone()).or_insert_with(|| {
            program.types.push(signature);
            (program.types.len() - 1) as TypeId
        });
        self.types.push(id);
        self.module.types.push(function);
    }

    fn add_function(&mut self, ty: u32, import: Option<(String, String)>) -> Result<()> {
        let id = self.type_id(ty)?;
        self.module.function_types.push(ty);
        let function = Function {
            ty: id,
            import,
            ..Function::default()
        };
        self.module.program.functions.push(function);
        Ok(())
    }

    /// The planner's type of a type index.
    fn type_id(&self, ty: u32) -> Result<TypeId> {
        self.types
            .get(ty as usize)
            .copied()
            .ok_or_else(|| Error::Malformed {
                offset: self
                    .module
                    .sections
                    .last()
                    .map_or(0, |s| s.range.start as u64),
                message: format!(
                    "type index {ty} out of range, there are {} types",
                    self.types.len()
                ),
            })
    }

    /// Refuses a type index that is out of range. In the output, which has more types, it might not be;
    /// the same holds for memories and globals. Code is checked when the output is validated.
    fn check_value_type(&self, ty: ValType) -> Result<()> {
        match ty {
            ValType::Ref(ty) => self.check_heap_type(ty.heap_type()),
            ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 | ValType::V128 => Ok(()),
        }
    }

    fn check_heap_type(&self, ty: HeapType) -> Result<()> {
        match ty {
            HeapType::Concrete(index) | HeapType::Exact(index) => match index.as_module_index() {
                Some(index) => self.type_id(index).map(|_| ()),
                None => Ok(()),
            },
            HeapType::Abstract { .. } => Ok(()),
        }
    }

    fn in_range(&self, what: &str, many: &str, index: u32, count: u32) -> Result<()> {
        if index < count {
            return Ok(());
        }
        Err(Error::Malformed {
            offset: self
                .module
                .sections
                .last()
                .map_or(0, |s| s.range.start as u64),
            message: format!("{what} index {index} out of range, there are {count} {many}"),
        })
    }

    fn add_memory(&mut self, memory64: bool) {
        self.memory64.get_or_insert(memory64);
        self.module.memories += 1;
    }

    fn function(&mut self, index: u32) -> Result<&mut Function> {
        let count = self.module.program.functions.len();
        self.module
            .program
            .functions
            .get_mut(index as usize)
            .ok_or_else(|| Error::Malformed {
                offset: self
                    .module
                    .sections
                    .last()
                    .map_or(0, |s| s.range.start as u64),
                message: format!(
                    "function index {index} out of range, there are {count} functions"
                ),
            })
    }

    fn take_addresses(&mut self, init: &wasmparser::ConstExpr<'_>) -> Result<()> {
        let mut reader = init.get_operators_reader();
        while !reader.eof() {
            match reader.read()? {
                Operator::RefFunc { function_index } => {
                    self.function(function_index)?.address_taken = true;
                }
                Operator::RefNull { hty } => self.check_heap_type(hty)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn custom(&mut self, name: &'a str, data: &'a [u8]) -> Result<()> {
        match name {
            "name" => match NameSection::parse(data) {
                Ok(symbols) => self.symbols = Some(symbols),
                Err(_) => self.module.notes.push(
                    "the name section is malformed and was ignored, as engines do".to_owned(),
                ),
            },
            "producers" => self.module.program.producers = names::producers(data),
            crate::SECTION => {
                return Err(Error::Unsupported {
                    kind: "an already instrumented module",
                    advice: "instrument the original, or read its sites with `allocinstr sites`",
                });
            }
            "linking" => {
                return Err(Error::Unsupported {
                    kind: "a relocatable object",
                    advice: "link it first and instrument the linked module",
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn body(&mut self, body: &wasmparser::FunctionBody<'a>) -> Result<()> {
        let function = self.module.imported_functions + self.defined;
        self.defined += 1;
        let range = body.range();
        let length = range.end - range.start;
        if length > crate::MOST_BODY_BYTES as u64 {
            return Err(Error::Malformed {
                offset: range.start,
                message: format!(
                    "a function body of {length} bytes exceeds the engines' limit of {}",
                    crate::MOST_BODY_BYTES
                ),
            });
        }
        self.module
            .bodies
            .push(range.start as usize..range.end as usize);
        let first = self.module.program.calls.len() as u32;
        let code = &self.module.bytes[..range.end as usize];
        let mut reader = body.get_binary_reader_for_operators()?;
        self.scan.reset(reader.original_position() as usize);
        while !reader.eof() {
            let start = reader.original_position() as usize;
            let end = self.scan.skim(code, start);
            if end > start {
                reader.read_bytes(end - start)?;
                continue;
            }
            let noted = reader.visit_operator(&mut self.scan)?;
            let end = reader.original_position() as usize;
            if noted {
                self.noted(start..end)?;
            }
            self.scan.operands = end;
        }
        reader.finish_expression(&self.scan)?;
        let calls = first..self.module.program.calls.len() as u32;
        self.function(function)?.calls = calls;
        Ok(())
    }

    /// What the scan noted at an instruction, which stands at `range` in the file.
    fn noted(&mut self, range: Range<usize>) -> Result<()> {
        match self.scan.noted.take() {
            Some(Noted::Reference(function)) => {
                self.function(function)?.address_taken = true;
                self.module.references.push((range, function));
            }
            Some(Noted::Dead(function)) => {
                self.function(function)?;
            }
            Some(Noted::Diverges) => {
                let call = self.module.program.calls.last_mut();
                call.expect("it follows a call").diverges = true;
            }
            Some(Noted::Direct(op, function)) => {
                self.constants(function, range.start)?;
                self.call(op, Target::Direct(function), range);
            }
            Some(Noted::Indirect(op, ty)) => {
                let target = Target::Indirect(self.type_id(ty)?);
                self.call(op, target, range);
            }
            None => {}
        }
        Ok(())
    }

    fn call(&mut self, op: CallOp, target: Target, range: Range<usize>) {
        self.module.program.calls.push(Call {
            offset: range.start as u64,
            target,
            tail: op.is_tail(),
            diverges: false,
        });
        self.module.instructions.push(CallInstruction { range, op });
    }

    /// Keeps the constant arguments of the call of `function` at `offset` that comes next.
    fn constants(&mut self, function: FunctionId, offset: usize) -> Result<()> {
        let module = &mut self.module;
        let count = module.function_types.len();
        let Some(&ty) = module.function_types.get(function as usize) else {
            return Err(Error::Malformed {
                offset: offset as u64,
                message: format!("call of function {function}, there are {count}"),
            });
        };
        let parameters = module.types.get(ty as usize).and_then(Option::as_ref);
        let parameters = parameters.map_or(0, |ty| ty.params().len());
        if parameters == 0 || self.scan.operands == offset {
            return Ok(());
        }
        let arguments = body::operands(module.bytes, self.scan.operands..offset)?;
        let first = arguments.len().saturating_sub(parameters);
        let unknown = parameters.saturating_sub(arguments.len());
        let call = module.program.calls.len() as u32;
        for (at, value) in arguments[first..].iter().enumerate() {
            if let Some(value) = value {
                let constant = (call, (unknown + at) as u32, *value);
                module.program.constants.push(constant);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Module<'a> {
        if self.memory64 == Some(true) {
            self.module.program.pointer = PointerWidth::P64;
        }
        if let Some(symbols) = self.symbols {
            self.module.program.debug = DebugData::Names;
            for (index, name) in symbols.functions {
                if let Some(function) = self.module.program.functions.get_mut(index as usize) {
                    function.symbol = Some(name);
                }
            }
        }
        self.module
    }
}

fn value_type(ty: ValType) -> ValueType {
    match ty {
        ValType::I32 => ValueType::I32,
        ValType::I64 => ValueType::I64,
        ValType::F32 => ValueType::F32,
        ValType::F64 => ValueType::F64,
        ValType::V128 | ValType::Ref(_) => ValueType::Other,
    }
}
