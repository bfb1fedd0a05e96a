//! Validation of the output.
//!
//! The original was validated when it was decoded, before anything was appended whose index is one past its
//! own. Of its function bodies the output differs by the edits alone, so that they stay valid if every
//! edit takes and gives what was there before. Everything else is validated as it is in the output, in a
//! skeleton of it: the same module with the original's bodies and the contents of data segments left out.

use super::edits::Edit;
use super::output::{CODE, Code, Output, Piece};
use super::sections::DATA;
use crate::decode::{self, CallOp, Module};
use crate::error::{Error, Result};
use std::borrow::Cow;
use wasm_encoder::Encode;
use wasmparser::{
    BinaryReader, BinaryReaderError, Data, DataKind, FuncType, FuncValidatorAllocations, HeapType,
    RefType, UnpackedIndex, ValType, ValidPayload, ValidatorResources, WasmModuleResources,
};

/// Validates `output`, which was made of `module`.
pub(super) fn validate_output(module: &Module<'_>, output: &Output<'_>) -> Result<()> {
    let checked = validate_skeleton(module, output);
    if checked.is_err() || cfg!(debug_assertions) {
        // Says where in the output.
        validate_all(&output.to_bytes())?;
    }
    checked
}

/// Validates an output of which nothing is known to be the original's.
pub(super) fn validate_all(output: &[u8]) -> Result<()> {
    decode::validate(output).map_err(|error| invalid(error.offset(), error.message()))
}

fn invalid(offset: u64, message: &str) -> Error {
    Error::InvalidOutput {
        offset,
        message: message.to_owned(),
    }
}

fn validate_skeleton(module: &Module<'_>, output: &Output<'_>) -> Result<()> {
    let in_skeleton = |error: BinaryReaderError| invalid(error.offset(), error.message());
    let code = output.pieces.iter().find_map(|piece| match piece {
        Piece::Code(code) => Some(code),
        Piece::Bytes(_) | Piece::Section { .. } => None,
    });
    let skeleton = skeleton(module, output).map_err(in_skeleton)?;
    let (mut validator, parser) = decode::validator();
    let mut resources = None;
    let mut appended = Vec::new();
    for payload in parser.parse_all(&skeleton) {
        let payload = payload.map_err(in_skeleton)?;
        if let ValidPayload::Func(function, body) =
            validator.payload(&payload).map_err(in_skeleton)?
        {
            if (function.index as usize) < module.function_types.len() {
                resources = Some(function.resources);
            } else {
                appended.push((function, body));
            }
        }
    }
    let mut allocations = FuncValidatorAllocations::default();
    for (function, body) in appended {
        let mut validator = function.into_validator(allocations);
        validator.validate(&body).map_err(in_skeleton)?;
        allocations = validator.into_allocations();
    }
    match (code, resources) {
        (Some(code), Some(resources)) => validate_edits(module, code, &resources),
        _ => Ok(()),
    }
}

/// The module with nothing in the original's function bodies, and nothing in data segments.
fn skeleton(
    module: &Module<'_>,
    output: &Output<'_>,
) -> std::result::Result<Vec<u8>, BinaryReaderError> {
    /// No locals, `unreachable`, `end`: of every type.
    const BODY: [u8; 3] = [0x00, 0x00, 0x0b];
    const CUSTOM: u8 = 0;
    let mut bytes = Vec::new();
    let mut section = Vec::new();
    for piece in &output.pieces {
        section.clear();
        let id = match piece {
            Piece::Bytes(preamble) => {
                bytes.extend_from_slice(preamble);
                continue;
            }
            Piece::Section { id: CUSTOM, .. } => continue,
            Piece::Section { id: DATA, payload } => {
                without_contents(payload, &mut section)?;
                DATA
            }
            Piece::Section { id, payload } => {
                payload
                    .iter()
                    .for_each(|part| section.extend_from_slice(part));
                *id
            }
            Piece::Code(code) => {
                code.count.encode(&mut section);
                for _ in &module.bodies {
                    BODY.as_slice().encode(&mut section);
                }
                section.extend_from_slice(&code.appended);
                CODE
            }
        };
        bytes.push(id);
        section.as_slice().encode(&mut bytes);
    }
    Ok(bytes)
}

/// Data segments without their contents.
fn without_contents(
    payload: &[Cow<'_, [u8]>],
    section: &mut Vec<u8>,
) -> std::result::Result<(), BinaryReaderError> {
    const PASSIVE: u8 = 1;
    const ACTIVE: u8 = 2;
    for (at, part) in payload.iter().enumerate() {
        let mut reader = BinaryReader::new(part, 0);
        if at == 0 {
            reader.read_var_u32()?.encode(section);
        }
        while !reader.eof() {
            match reader.read::<Data<'_>>()?.kind {
                DataKind::Passive => section.push(PASSIVE),
                DataKind::Active {
                    memory_index,
                    offset_expr,
                } => {
                    section.push(ACTIVE);
                    memory_index.encode(section);
                    let mut offset = offset_expr.get_binary_reader();
                    section.extend_from_slice(offset.read_bytes(offset.bytes_remaining())?);
                }
            }
            0u32.encode(section);
        }
    }
    Ok(())
}

/// Every edit takes and gives what it replaces does, and every function that code refers to is declared.
fn validate_edits(
    module: &Module<'_>,
    code: &Code<'_>,
    resources: &ValidatorResources,
) -> Result<()> {
    let mut references = module.references.iter().peekable();
    for edit in &code.edits.code {
        let at = edit.range.start;
        // Those before this edit stay as they are.
        while let Some((_, function)) = references.next_if(|(range, _)| range.start < at) {
            check(resources.is_function_referenced(*function), at)?;
        }
        match references.next_if(|(range, _)| *range == edit.range) {
            Some((_, function)) => check_reference(edit, *function, resources)?,
            None => check_call(edit, resources)?,
        }
    }
    references.try_for_each(|(range, function)| {
        check(resources.is_function_referenced(*function), range.start)
    })
}

fn check(holds: bool, at: usize) -> Result<()> {
    match holds {
        true => Ok(()),
        false => Err(invalid(
            at as u64,
            "what stands for an instruction of the original is of another type",
        )),
    }
}

fn check_reference(edit: &Edit, function: u32, resources: &ValidatorResources) -> Result<()> {
    const REF_FUNC: u8 = 0xd2;
    let mut reader = BinaryReader::new(edit.with(), 0);
    let is_one = reader.read_u8()? == REF_FUNC;
    let pool = reader.read_var_u32()?;
    let ty = |function| resources.type_index_of_function(function);
    let holds = is_one
        && reader.eof()
        && ty(pool).is_some()
        && ty(pool) == ty(function)
        && resources.is_function_referenced(pool);
    check(holds, edit.range.start)
}

fn check_call(edit: &Edit, resources: &ValidatorResources) -> Result<()> {
    const I32_CONST: u8 = 0x41;
    let at = edit.range.start;
    let Some(original) = edit.call else {
        return check(false, at);
    };
    let mut reader = BinaryReader::new(edit.with(), 0);
    let passes_site = edit.with().first() == Some(&I32_CONST);
    if passes_site {
        reader.read_u8()?;
        reader.read_var_i32()?;
    }
    let Ok(call) = CallOp::read(&mut reader) else {
        return check(false, at);
    };
    let (Some((was, is_given)), Some((is, beside))) =
        (operands(original, resources), operands(call, resources))
    else {
        return check(false, at);
    };
    let taken = was.params().iter().copied().chain(is_given);
    let taken = taken.chain(passes_site.then_some(ValType::I32));
    let holds = reader.eof()
        && original.is_tail() == call.is_tail()
        && taken.eq(is.params().iter().copied().chain(beside))
        && was.results() == is.results();
    check(holds, at)
}

/// The type of what `call` calls, and what it takes on top of the arguments.
fn operands(call: CallOp, resources: &ValidatorResources) -> Option<(&FuncType, Option<ValType>)> {
    let function_type = |ty: u32| match &resources.sub_type_at(ty)?.composite_type.inner {
        wasmparser::CompositeInnerType::Func(ty) => Some(ty),
        _ => None,
    };
    Some(match call {
        CallOp::Call(f) | CallOp::ReturnCall(f) => {
            (function_type(resources.type_index_of_function(f)?)?, None)
        }
        CallOp::CallIndirect { ty, table } | CallOp::ReturnCallIndirect { ty, table } => {
            let index = match resources.table_at(table)?.table64 {
                true => ValType::I64,
                false => ValType::I32,
            };
            (function_type(ty)?, Some(index))
        }
        CallOp::CallRef { ty } | CallOp::ReturnCallRef { ty } => {
            let mut to = HeapType::Concrete(UnpackedIndex::Module(ty));
            resources.check_heap_type(&mut to, 0).ok()?;
            (
                function_type(ty)?,
                Some(ValType::Ref(RefType::new(true, to)?)),
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::edits::Edits;
    use super::*;
    use std::collections::BTreeMap;
    use std::rc::Rc;
    use wasm_encoder::Instruction;

    /// What is said of a module in which `instructions` stand for the call of `$malloc`.
    fn with_edit(instructions: &[Instruction<'_>]) -> Result<()> {
        // (module
        //   (func $malloc (param i32) (result i32) local.get 0)
        //   (func $site (param i32 i32) (result i32) local.get 0)
        //   (func $other (param i64) (result i32) i32.const 0)
        //   (func (result i32) i32.const 8 call $malloc))
        let bytes = [
            &b"\0asm\x01\0\0\0"[..],
            b"\x01\x15\x04\x60\x01\x7f\x01\x7f\x60\x02\x7f\x7f\x01\x7f\x60\x01\x7e\x01\x7f\x60\0\x01\x7f",
            b"\x03\x05\x04\0\x01\x02\x03",
            b"\x0a\x17\x04\x04\0\x20\0\x0b\x04\0\x20\0\x0b\x04\0\x41\0\x0b\x06\0\x41\x08\x10\0\x0b",
        ]
        .concat();
        let module = decode::decode(&bytes, None)?;
        let offset = module.program.calls[0].offset as usize;
        let (call, range) = module.call_at(offset)?;
        let edit = Edit::new(range, Some(call), instructions, &mut Vec::new());
        let edits = Rc::new(Edits {
            code: vec![edit],
            exposed: BTreeMap::new(),
        });
        let mut pieces = vec![Piece::Bytes(bytes[..8].into())];
        pieces.extend(module.sections.iter().map(|section| match section.id {
            CODE => Piece::Code(Code::new(&module, edits.clone(), &[])),
            id => Piece::Section {
                id,
                payload: vec![bytes[section.range.clone()].into()],
            },
        }));
        let output = Output { pieces };
        let checked = validate_skeleton(&module, &output);
        assert_eq!(checked.is_ok(), validate_all(&output.to_bytes()).is_ok());
        checked
    }

    #[test]
    fn an_edit_takes_and_gives_what_it_replaces_does() {
        use Instruction::{Call, I32Const};
        const MALLOC: u32 = 0;
        const SITE: u32 = 1;
        const OTHER: u32 = 2;
        with_edit(&[Call(MALLOC)]).unwrap();
        with_edit(&[I32Const(-1), Call(SITE)]).unwrap();
        for wrong in [
            &[Call(SITE)][..],
            &[I32Const(7), Call(MALLOC)],
            &[Call(OTHER)],
            &[Call(99)],
            &[I32Const(7)],
        ] {
            let error = with_edit(wrong).unwrap_err();
            assert!(matches!(error, Error::InvalidOutput { .. }), "{error}");
        }
    }
}
