//! Bytes to [`Program`]: one pass over the module, which validates it and notes where everything stands
//! that a rewrite may have to touch.

mod body;
mod sections;

use crate::error::{Error, Result};
use crate::names::NameSection;
use crate::symbolize::DebugFile;
use allocinstr_sites::{
    DebugData, Frames, FunctionId, Names, PointerWidth, Program, Signature, TypeId,
};
use std::collections::HashMap;
use std::ops::Range;
use wasmparser::{
    BinaryReader, BinaryReaderError, Encoding, FuncType, FuncValidatorAllocations, Parser, Payload,
    ValidPayload, Validator, WasmFeatures,
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
    pub(crate) data_segments: u32,
    pub(crate) imported_functions: u32,
    pub(crate) bodies: Vec<Range<usize>>,
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

/// An instruction that calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallOp {
    Call(FunctionId),
    ReturnCall(FunctionId),
    CallIndirect { ty: u32, table: u32 },
    CallRef { ty: u32 },
    ReturnCallIndirect { ty: u32, table: u32 },
    ReturnCallRef { ty: u32 },
}

impl CallOp {
    /// Reads one; anything else is an error.
    pub(crate) fn read(reader: &mut BinaryReader<'_>) -> Result<CallOp> {
        let offset = reader.original_position();
        Ok(match reader.read_u8()? {
            0x10 => CallOp::Call(reader.read_var_u32()?),
            0x11 => CallOp::CallIndirect {
                ty: reader.read_var_u32()?,
                table: reader.read_var_u32()?,
            },
            0x12 => CallOp::ReturnCall(reader.read_var_u32()?),
            0x13 => CallOp::ReturnCallIndirect {
                ty: reader.read_var_u32()?,
                table: reader.read_var_u32()?,
            },
            0x14 => CallOp::CallRef {
                ty: reader.read_var_u32()?,
            },
            0x15 => CallOp::ReturnCallRef {
                ty: reader.read_var_u32()?,
            },
            opcode => {
                let message = format!("{opcode:#x} is no opcode of a call");
                return Err(Error::Malformed { offset, message });
            }
        })
    }

    /// Whether control does not come back to the caller.
    pub(crate) fn is_tail(self) -> bool {
        match self {
            CallOp::Call(_) | CallOp::CallIndirect { .. } | CallOp::CallRef { .. } => false,
            CallOp::ReturnCall(_)
            | CallOp::ReturnCallIndirect { .. }
            | CallOp::ReturnCallRef { .. } => true,
        }
    }
}

impl Module<'_> {
    /// The call that the original has at `offset`, and where it stands.
    pub(crate) fn call_at(&self, offset: usize) -> Result<(CallOp, Range<usize>)> {
        let mut reader = BinaryReader::new(&self.bytes[offset..], offset as u64);
        let op = CallOp::read(&mut reader)?;
        Ok((op, offset..reader.original_position() as usize))
    }
}

/// All proposals but those whose instructions may call in ways that the decoder does not know.
fn features() -> WasmFeatures {
    let mut features = WasmFeatures::all();
    for unknown in [
        WasmFeatures::STACK_SWITCHING,
        WasmFeatures::SHARED_EVERYTHING_THREADS,
        WasmFeatures::COMPONENT_MODEL,
    ] {
        features.remove(unknown);
    }
    features
}

/// A validator for modules as they are supported, and a parser to go with it.
pub(crate) fn validator() -> (Validator, Parser) {
    let mut parser = Parser::new(0);
    parser.set_features(features());
    (Validator::new_with_features(features()), parser)
}

/// Validates a whole module.
pub(crate) fn validate(bytes: &[u8]) -> std::result::Result<(), BinaryReaderError> {
    let (mut validator, _) = validator();
    validator.validate_all(bytes).map(|_| ())
}

/// Reads and validates a module; `debug_file` gives the function names of a module that was stripped of them.
pub fn decode<'a>(bytes: &'a [u8], debug_file: Option<&DebugFile<'_>>) -> Result<Module<'a>> {
    if bytes.len() > u32::MAX as usize {
        return Err(Error::Unsupported {
            kind: "a module of 4 GiB or more",
            advice: "code offsets have 32 bits; strip its debug data first",
        });
    }
    let mut decoder = Decoder::new(bytes);
    let (mut validator, parser) = validator();
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        if let Payload::Version {
            encoding: Encoding::Component,
            ..
        } = payload
        {
            return Err(Error::Unsupported {
                kind: "a component",
                advice: "instrument the core module inside before it is wrapped \
                         (wasm-tools component new)",
            });
        }
        match validator.payload(&payload)? {
            ValidPayload::Func(function, body) => decoder.body(function, &body)?,
            _ => decoder.section(payload)?,
        }
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
    symbols: Option<NameSection>,
    memory64: Option<bool>,
    /// The module exports something by the name that the counters' memory needs.
    name_taken: bool,
    /// What validation leaves for the next body.
    allocations: FuncValidatorAllocations,
    /// What the operands of a call push; kept for its room.
    pushed: Vec<Option<u64>>,
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
                data_segments: 0,
                imported_functions: 0,
                bodies: Vec::new(),
                references: Vec::new(),
                notes: Vec::new(),
            },
            type_ids: HashMap::new(),
            types: Vec::new(),
            symbols: None,
            memory64: None,
            name_taken: false,
            allocations: FuncValidatorAllocations::default(),
            pushed: Vec::new(),
        }
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
